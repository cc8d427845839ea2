"""What call-centre systems have in common: a clock of their own, numbers of calls, how a caller's number looks.

Invented: every site has a clock that is right or some minutes off, and writes callers in a layout of its own. A local
exchange gives a subscriber's number without the area code; the network of the nation, behind 9393 and 0-801, always
gives all nine digits, but the platform has trunks of the local exchange too. From 5 December 2005 on the plan is closed
and every number has nine digits everywhere.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from config.sources import SourceSystem
from estate.digits import Bytes, digits
from estate.draw import Draw, Flags, Ints, chance, stream
from estate.life.clock import DAY, day_number, wall_day, wall_minutes
from estate.systems.events.blocks import column, constant, plain, where

CLOSED_PLAN = day_number(dt.date(2005, 12, 5))
_LAYOUTS = ("0{:09d}", "{:09d}", "48{:09d}", "+48{:09d}", "0048{:09d}")
_WITHHELD = (None, "ANONIM", "0000000000")
_SUBSCRIBERS = 10_000_000
"""Numbers of an area code."""
_WORKSHOP = 8_009_500
_TO_LOCAL_TRUNKS = 0.3
"""Of calls to a platform from its own area code, those that come in from the local exchange."""


@dataclass(frozen=True)
class Site:
    """Habits of one system, the same in all its deliveries."""

    area_code: int
    skew: int
    """Minutes its clock is ahead."""
    layout: str
    withheld: str | None
    local_share: float
    """Of calls from its area code, those that show seven digits."""

    @property
    def workshop(self) -> int:
        """Nine digits of the technicians' own telephone."""
        return self.area_code * _SUBSCRIBERS + _WORKSHOP


def site_of(source: SourceSystem, *, skewed: float) -> Site:
    """The habits of a system; they are facts about it, whatever the seed."""
    draw = stream(0, "site", source.source_id)
    off = int(draw.integers(2, 10)) * int(draw.choice([-1, 1]))
    has_area = source.point_code != "ZT99"
    local = _TO_LOCAL_TRUNKS if source.role in ("cti", "ivr") else float(draw.random() < 0.6)
    return Site(
        area_code=int(source.point.area_code),
        skew=off if draw.random() < skewed else 0,
        layout=_LAYOUTS[int(draw.choice(len(_LAYOUTS), p=(0.4, 0.3, 0.1, 0.1, 0.1)))],
        withheld=_WITHHELD[int(draw.integers(len(_WITHHELD)))],
        local_share=local if has_area else 0.0,
    )


def shown_numbers(draw: Draw, site: Site, ani: Ints, minute: Ints) -> Bytes:
    """Callers as the site writes them, of nine digits, 0 where withheld; NULs stand between their letters."""
    own = (ani // _SUBSCRIBERS == site.area_code) & (wall_day(minute) < CLOSED_PLAN)
    local = own & chance(draw, len(ani), site.local_share)
    is_shown, count = ani != 0, len(ani)
    prefix, whole = site.layout.partition("{")[0], is_shown & ~local
    parts = (
        where(whole, np.hstack([constant(prefix, count), digits(ani, 9)])),
        where(is_shown & local, plain(ani % _SUBSCRIBERS, 7)),
        where(~is_shown, constant(site.withheld or "", count)),
    )
    return np.hstack(parts)


def clock_minutes(site: Site, minute: Ints) -> Ints:
    """What the site's clock shows, in minutes since 1970 of that clock."""
    return wall_minutes(minute + site.skew)


def is_second_time(minute: Ints) -> Flags:
    """Which minutes show a time the clock has shown an hour before, in a night of October."""
    return np.asarray(wall_minutes(minute) == wall_minutes(minute - 60))


def call_numbers(source: SourceSystem, numbers: Ints, *, role: str = "", tests: Flags | None = None) -> Bytes:
    """Twenty digits of calls: the exchange of the site, then a serial number; those of tests begin with 9.

    ``role`` chooses another system of the same point.
    """
    node = f"{int(source.point_code[2:]):03d}{_line_of(role or source.source_id.rpartition('-')[2]):02d}"
    block = np.hstack([constant(node, len(numbers)), digits(numbers, 15)])
    if tests is not None:
        block[tests, 0] = ord("9")
    return block


_LINES = {"rachunki": 51, "naprawy": 52, "biznes": 53, "cti": 90}


def _line_of(suffix: str) -> int:
    """Number of a system among those of its point."""
    return int(suffix) if suffix.isdecimal() else _LINES[suffix]


def with_tests(draw: Draw, rows: Ints, *, share: float) -> tuple[Ints, Flags]:
    """Rows to tell, behind some of them a test that looks like it, and which are tests."""
    tested = chance(draw, len(rows), share)
    is_test = np.zeros(len(rows) + int(tested.sum()), dtype=bool)
    is_test[np.flatnonzero(tested) + np.arange(1, int(tested.sum()) + 1)] = True
    return np.repeat(rows, 1 + tested), is_test


def stamps(clock: Ints, *, date: str, time: str) -> Bytes:
    """Readings of a clock: ``date`` is a layout of ``strftime``, ``time`` a format of hour and minute."""
    days, place = np.unique(clock // DAY, return_inverse=True)
    # One day more than there are, so that also no days at all have the width of a stamp.
    dates = [day.strftime(date) for day in np.append(days, 0).astype("datetime64[D]").tolist()]
    times = [time.format(at // 60, at % 60) for at in range(DAY)]
    return np.hstack([column(dates)[place], column(times)[clock % DAY]])


def write_stamp(block: Bytes, at: int, stamp: str) -> None:
    """Another stamp of the same length in one row."""
    block[at] = np.frombuffer(stamp.encode("ascii"), dtype=np.uint8)
