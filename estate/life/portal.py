"""Logins to the portal "Konto w TP", people's, machines' and repeated ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, weighted
from estate.life.clock import day_number
from estate.life.events import LOGIN, NOTHING, Events, concatenate, in_order, take
from estate.life.masters import central
from estate.life.setting import Setting, blank, days_along, minutes_on, served_millions
from estate.people import NONE

_NETWORKS = (0xC0000200, 0xC6336400, 0xCB007100)
"""192.0.2.0, 198.51.100.0 and 203.0.113.0 are for documentation."""
_EVENING = (6, 3, 2, 1, 1, 2, 8, 20, 42, 55, 60, 60, 58, 56, 55, 56, 58, 60, 66, 76, 84, 80, 56, 24)


@dataclass(frozen=True)
class Logins(Events):
    """Logins; source is ``zt99-portal``. ``party`` is the first row of the book that belongs to the login."""

    second: Ints
    login: Ints
    """Number of the login; its text is ``book.login_texts``; NONE for a name nobody has."""
    is_ok: Flags
    is_bot: Flags
    is_retry: Flags
    """A client repeating a request within seconds."""
    address: Ints
    """IPv4 address as a number, of a documentation network."""
    agent: Ints
    """Which of the usual browsers; 0 is a program."""


def make_logins(setting: Setting) -> Logins:
    """People's logins day by day; their mistakes and repeats, and machines trying names, come on top."""
    draw = setting.draw("portal")
    rule = setting.demand.portal
    first, last = day_number(rule.logins_per_million[0][0]), setting.first_and_last[1]
    factor = served_millions(setting, np.arange(first, last + 1)) * setting.scale
    day = days_along(draw, rule.logins_per_million, first, last, factor=factor)
    opened = setting.access.login_day
    order = np.argsort(opened, kind="stable")
    known = np.searchsorted(opened[order], day, side="right")
    day, known = day[known > 0], known[known > 0]
    people = _logins(setting, draw, order[(draw.random(len(day)) * known).astype(np.int64)], day)
    wrong = take(people, np.flatnonzero(chance(draw, len(people), rule.wrong)))
    wrong = replace(wrong, minute=wrong.minute - 1, is_ok=np.zeros(len(wrong), dtype=bool))
    again = take(people, np.flatnonzero(chance(draw, len(people), rule.retries)))
    again = replace(again, second=np.minimum(again.second + 1, 59), is_retry=np.ones(len(again), dtype=bool))
    bots = _logins(setting, draw, blank(0), day[chance(draw, len(day), rule.bots)])
    return in_order(concatenate(people, wrong, again, bots))


def _logins(setting: Setting, draw: Draw, login: Ints, day: Ints) -> Logins:
    """Logins on these days; without logins they are those of machines, who guess."""
    size, is_bot = len(day), len(login) == 0
    login = blank(size, NONE) if is_bot else login
    party = blank(size, NONE) if is_bot else setting.access.login_row[login]
    hour = draw.integers(0, 24, size) if is_bot else weighted(draw, np.array(_EVENING, dtype=np.float64), size)
    network = np.array(_NETWORKS, dtype=np.int64)[draw.integers(0, len(_NETWORKS), size)]
    host = blank(size, 66) if is_bot else draw.integers(1, 255, size)
    return Logins(
        party=party,
        minute=minutes_on(draw, day, hour * 60 + draw.integers(0, 60, size)),
        source=blank(size, central("portal")),
        number=blank(size),
        named_by=blank(size, NOTHING if is_bot else LOGIN),
        second=draw.integers(0, 60, size),
        login=login,
        is_ok=np.full(size, not is_bot),
        is_bot=np.full(size, is_bot),
        is_retry=np.zeros(size, dtype=bool),
        address=network + host,
        agent=blank(size, 0) if is_bot else draw.integers(1, 5, size),
    )
