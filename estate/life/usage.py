"""A small sample of call records of the exchanges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Ints, chance
from estate.life.clock import day_number
from estate.life.events import PHONE, Events, in_order
from estate.life.masters import central
from estate.life.setting import Setting, blank, minutes_on
from estate.people import draw_phones

_IMPULSE_S = 180
_SPECIALS = (9393, 9226, 9497, 9491)

IMPULSES, SECONDS = range(2)
UNITS = ("impulses", "seconds")


@dataclass(frozen=True)
class Usage(Events):
    """Call records; source is ``zt99-cdr``."""

    second: Ints
    called: Ints
    """Nine digits, or a special number of four."""
    duration_s: Ints
    units: Ints
    """What was counted: impulses of three minutes until the tariff by the second came, seconds after it."""
    unit: Ints
    """One of UNITS."""
    exchange: Ints
    """Position of the collection point."""


def make_usage(setting: Setting) -> Usage:
    """Calls of some lines on a few days."""
    draw = setting.draw("usage")
    rule, book = setting.demand.usage, setting.book
    per_day = round(rule.per_million * float(setting.desks.millions[:, 1].sum()) * setting.scale)
    days = np.repeat(np.array([day_number(day) for day in rule.days]), per_day)
    row = setting.active[draw.integers(0, len(setting.active), len(days))]
    known = book.opened[row] <= days
    row, days = row[known], days[known]
    size = len(row)
    duration = np.round(5 + draw.exponential(170, size)).astype(np.int64)
    by_second = days >= day_number(rule.seconds_from)
    special = chance(draw, size, 0.03)
    near = draw_phones(draw, np.where(chance(draw, size, 0.7), book.line_point[row], draw.integers(0, 49, size)))
    return in_order(
        Usage(
            party=row,
            minute=minutes_on(draw, days, draw.integers(7 * 60, 24 * 60, size)),
            source=blank(size, central("cdr")),
            number=blank(size),
            named_by=blank(size, PHONE),
            second=draw.integers(0, 60, size),
            called=np.where(special, draw.choice(np.array(_SPECIALS), size), near),
            duration_s=duration,
            units=np.where(by_second, duration, -(-duration // _IMPULSE_S)),
            unit=np.where(by_second, SECONDS, IMPULSES),
            exchange=book.line_point[row],
        )
    )
