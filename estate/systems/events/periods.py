"""When a system of events delivers, and of what time.

A system of a point delivers once, at the cutover of its unit, all it knows; from that day on another one is master.
Central systems and the platforms of the regions deliver at every cutover that follows their first day, then at the end
of each quarter until the life ends: what comes after the cutover is a feed. The product lines of old are called by
customers of every region until theirs is live: they deliver at each cutover, and end with the last.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from config.sources import SourceSystem
from config.units import UNITS, unit_named
from estate.life.clock import DAY, absolute_minutes, day_number
from estate.systems.events.model import Period

BEGINNING = 0
_PLATFORMS = ("cti", "ivr")


def is_master_later(source: SourceSystem) -> bool:
    """Whether a system goes on after the last cutover; the product lines of old do not."""
    return source.role in _PLATFORMS or (source.point_code == "ZT99" and source.role != "hotline")


def periods_of(source: SourceSystem, *, last_day: dt.date) -> Iterator[Period]:
    """The deliveries of a system, oldest first."""
    own = unit_named(source.unit).cutover_date
    if source.point_code != "ZT99" and source.role not in _PLATFORMS:
        yield Period(own, BEGINNING, _midnight(own))
        return
    since = BEGINNING
    cutovers = sorted({unit.cutover_date for unit in UNITS if unit.cutover_date >= own})
    if source.role in _PLATFORMS:
        cutovers = [own]
    for date in cutovers:
        yield Period(date, since, _midnight(date))
        since = _midnight(date)
    if not is_master_later(source):
        return
    for date in _quarter_ends(cutovers[-1], last_day):
        until = _midnight(date + dt.timedelta(days=1))
        yield Period(date, since, until)
        since = until


def _quarter_ends(after: dt.date, last: dt.date) -> Iterator[dt.date]:
    for year in range(after.year, last.year + 1):
        for month in (4, 7, 10, 13):
            date = dt.date(year + month // 13, month % 12 or 12, 1) - dt.timedelta(days=1)
            if after < date <= last:
                yield date


def _midnight(date: dt.date) -> int:
    wall = np.array([day_number(date) * DAY], dtype=np.int64)
    return int(absolute_minutes(wall, second_time=np.zeros(1, dtype=bool))[0])
