"""What every part of the life needs to know: the book, who can call, the desks, the demand, the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Floats, Ints, chance, stream
from estate.life.access import Access
from estate.life.book import STILL_OPEN, Book, cutover_days
from estate.life.calls import Callers, spread
from estate.life.clock import DAY, absolute_minutes, day_number
from estate.life.demand import Change, Demand, Knots, at
from estate.life.desks import Desks
from estate.life.events import ACCOUNT, NEW_ACCOUNT, NOTHING, PHONE
from estate.life.masters import REGIONS
from estate.people import NONE, draw_phones
from estate.world import World


@dataclass(frozen=True)
class Setting:
    """The frame of one life."""

    seed: int
    book: Book
    callers: Callers
    access: Access
    desks: Desks
    demand: Demand
    scale: float
    """Part of the nation that is simulated."""
    mobile: Ints
    """Mobile number by entity, 0 where there is none."""
    active: Ints
    """Rows of customers who still have their line, in the order of the book."""

    def draw(self, part: str) -> Draw:
        """The random stream of a part of the life."""
        return stream(self.seed, "life", part)

    @property
    def first_and_last(self) -> tuple[int, int]:
        """First day of the pilot, last day of the life."""
        return int(cutover_days()[0]), day_number(self.demand.last_day)


def mobiles(world: World) -> Ints:
    """Mobile number by entity; firms have none."""
    known = [int(number) if number else 0 for number in world.people.mobile.tolist()]
    return np.array(known + [0] * len(world.firms), dtype=np.int64)


def active_rows(book: Book) -> Ints:
    """Rows of customers who still have their line."""
    return np.flatnonzero((book.entity != NONE) & (book.closed == STILL_OPEN))


def is_central(book: Book, row: Ints, day: Ints) -> Flags:
    """Whether the central systems are master of a row's events on that day; never for rows that are NONE."""
    return np.asarray((row != NONE) & (day >= book.live_day[row]))


def served_millions(setting: Setting, day: Ints) -> Floats:
    """Customers live on each day, the pilot's included, in millions at 1:1."""
    millions, days = setting.desks.millions, cutover_days()
    served = np.zeros(len(day))
    for region in range(1, REGIONS + 1):
        served += np.where(day >= days[region], millions[region, 1], np.where(day >= days[0], millions[region, 0], 0))
    return served


def live_rows_at(setting: Setting, draw: Draw, day: Ints, *, among: Ints | None = None) -> Ints:
    """A random row that central systems serve on that day for each, of the active ones or ``among`` some of them.

    NONE where they serve nobody.
    """
    rows = setting.active if among is None else among
    order = rows[np.argsort(setting.callers.live_day[rows], kind="stable")]
    known = np.searchsorted(setting.callers.live_day[order], day, side="right")
    place = (draw.random(len(day)) * known).astype(np.int64)
    return np.where(known > 0, order[np.minimum(place, max(0, len(order) - 1))], NONE)


def last_minute(setting: Setting) -> int:
    """The minute in which the life ends."""
    return (setting.first_and_last[1] + 1) * DAY - 61


def minutes_on(draw: Draw, day: Ints, minute_of_day: Ints) -> Ints:
    """Absolute minutes of wall clock times; of an hour that comes twice either is as likely."""
    return absolute_minutes(day * DAY + minute_of_day, second_time=chance(draw, len(day), 0.5))


def office_minutes(draw: Draw, day: Ints) -> Ints:
    """Absolute minutes during office hours."""
    return minutes_on(draw, day, draw.integers(8 * 60, 16 * 60, len(day)))


def days_along(draw: Draw, curve: Knots, first: int, last: int, *, factor: Floats | float) -> Ints:
    """A day for each event of a curve of events a day, by day; ``factor`` scales the curve."""
    days = np.arange(first, last + 1)
    return np.repeat(days, spread(draw, at(curve, days) * factor))


def shown(setting: Setting, draw: Draw, row: Ints, place: Ints) -> tuple[Ints, Ints]:
    """What the exchange shows of each caller, and whether that names the party."""
    size = len(row)
    luck = draw.random(size)
    entity = setting.book.entity[row]
    own = (row != NONE) & (luck >= setting.demand.shown.withheld + setting.demand.shown.other)
    strange = draw.integers(500_000_000, 519_000_000, size)
    mobile = np.where(row != NONE, setting.mobile[entity], 0)
    other = np.where((mobile > 0) & chance(draw, size, 0.6), mobile, strange)
    local = draw_phones(draw, place)
    number = np.where(own, setting.book.phone[row], np.where(row == NONE, local, other))
    number = np.where(luck < setting.demand.shown.withheld, 0, number)
    named = own | ((row != NONE) & (number == mobile) & (number > 0))
    return number, np.where(named, PHONE, NOTHING)


def named_in(draw: Draw, row: Ints, *, central: Flags) -> Ints:
    """How an office system names its party: by the number of the time, now and then by the old one or the telephone."""
    luck = draw.random(len(row))
    named = np.where(central & (luck >= 0.2), NEW_ACCOUNT, np.where(luck >= 0.12, ACCOUNT, PHONE))
    return np.where(row == NONE, NOTHING, named)


def mean_of(change: Change, central: Flags) -> Floats:
    """The quantity of each event, before or after the cutover."""
    return np.where(central, change.after, change.before)


def blank(size: int, value: int = 0) -> Ints:
    """A column of one value."""
    return np.full(size, value, dtype=np.int64)


def keyed_in(draw: Draw, named: Ints, row: Ints, *, share: float | Floats, by: int = NEW_ACCOUNT) -> Ints:
    """Some parties are named by a number somebody keyed in instead."""
    return np.where((row != NONE) & chance(draw, len(row), share), by, named)
