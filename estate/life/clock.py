"""Minutes, and the clocks on the wall.

Simulated time is absolute: whole minutes since 1970-01-01 00:00 UTC. The systems of the time wrote what the clock on
the wall said: the hour from two to three does not exist on the last Sunday of March and comes twice on the last one of
October (the rule of the European Union, in force in Poland from 1996 on).
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np

from estate.draw import Flags, Ints

DAY = 24 * 60
_FIRST_YEAR, _LAST_YEAR = 1996, 2010


def day_number(date: dt.date) -> int:
    """Days since 1970."""
    return (date - dt.date(1970, 1, 1)).days


def _last_sunday(year: int, month: int) -> int:
    last = dt.date(year, month, 31)
    return day_number(last) - (last.weekday() + 1) % 7


@cache
def _changes() -> Ints:
    """Absolute minutes at which clocks change; at even positions summer begins."""
    pairs = [(_last_sunday(year, 3), _last_sunday(year, 10)) for year in range(_FIRST_YEAR, _LAST_YEAR + 1)]
    return np.array([day * DAY + 60 for pair in pairs for day in pair], dtype=np.int64)


def _is_summer(minute: Ints) -> Flags:
    return np.asarray(np.searchsorted(_changes(), minute, side="right") % 2 == 1)


def wall_minutes(minute: Ints) -> Ints:
    """What the clock on the wall shows, as minutes since 1970 of that clock."""
    return np.asarray(minute + 60 + 60 * _is_summer(minute))


def absolute_minutes(wall: Ints, *, second_time: Flags) -> Ints:
    """The minute at which the clock shows ``wall``; ``second_time`` chooses where it does so twice.

    A time that does not exist is taken an hour later.
    """
    summer, winter = wall - 120, wall - 60
    can_summer, can_winter = _is_summer(summer), ~_is_summer(winter)
    return np.where(can_summer & ~(can_winter & second_time), summer, winter)


def wall_day(minute: Ints) -> Ints:
    """Day on the calendar on the wall, in days since 1970."""
    return np.asarray(wall_minutes(minute) // DAY)


def weekday(day: Ints) -> Ints:
    """0 for Monday."""
    return np.asarray((day + 3) % 7)


def month_of(day: Ints) -> Ints:
    """Months since January 1970."""
    return np.asarray(np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64))


def month_start(month: Ints) -> Ints:
    """First day of a month."""
    return np.asarray(np.asarray(month).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))
