"""PINs for the machine and the portal: issued, mistaken, locked, unlocked. The PIN itself is nowhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Ints, chance
from estate.life.clock import DAY
from estate.life.events import NEW_ACCOUNT, Events, concatenate, in_order
from estate.life.masters import central
from estate.life.orders import AT_BOK, ON_9393
from estate.life.setting import Setting, blank, last_minute, office_minutes
from estate.people import NONE

_DAYS_OF_A_MONTH = 365.25 / 12

ISSUED, FAILED, LOCKED, UNLOCKED = range(4)
ACTIONS = ("issued", "failed", "locked", "unlocked")


@dataclass(frozen=True)
class PinEvents(Events):
    """Events of the PIN register; source is ``zt99-pin``."""

    action: Ints
    channel: Ints
    """One of orders.CHANNELS."""


def make_pins(setting: Setting) -> PinEvents:
    """Every PIN issued, and what its holders mistyped afterwards."""
    draw = setting.draw("pins")
    rule, last = setting.demand.pins, setting.first_and_last[1]
    rows = np.flatnonzero((setting.access.pin_day != NONE) & (setting.access.pin_day <= last))
    issued = setting.access.pin_day[rows]
    at_office = chance(draw, len(rows), 0.3)
    first = _events(rows, office_minutes(draw, issued), ISSUED, np.where(at_office, AT_BOK, ON_9393))
    times = draw.poisson((last - issued) / _DAYS_OF_A_MONTH * rule.wrong_a_month)
    who = np.repeat(np.arange(len(rows)), times)
    day = issued[who] + 1 + (draw.random(len(who)) * (last - issued[who])).astype(np.int64)
    when = office_minutes(draw, np.minimum(day, last))
    failed = _events(rows[who], when, FAILED, blank(len(who), ON_9393))
    locks = chance(draw, len(who), rule.locked)
    locked = _events(rows[who[locks]], when[locks] + 2, LOCKED, blank(int(locks.sum()), ON_9393))
    back = when[locks] + draw.integers(60, 3 * DAY, int(locks.sum()))
    soon = back < last_minute(setting)
    unlocked = _events(rows[who[locks]][soon], back[soon], UNLOCKED, blank(int(soon.sum()), ON_9393))
    return in_order(concatenate(first, failed, locked, unlocked))


def _events(party: Ints, minute: Ints, action: int, channel: Ints) -> PinEvents:
    size = len(party)
    return PinEvents(
        party=party,
        minute=minute,
        source=blank(size, central("pin")),
        number=blank(size),
        named_by=blank(size, NEW_ACCOUNT),
        action=blank(size, action),
        channel=channel,
    )
