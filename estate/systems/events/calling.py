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
from estate.draw import Draw, Flags, Ints, Texts, chance, stream, texts
from estate.life.clock import DAY, day_number, wall_day, wall_minutes

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


def shown_numbers(draw: Draw, site: Site, ani: Ints, minute: Ints) -> Texts:
    """Callers as the site writes them; nine digits, 0 where withheld, become texts, null where nothing is written."""
    own = (ani // _SUBSCRIBERS == site.area_code) & (wall_day(minute) < CLOSED_PLAN)
    local = own & chance(draw, len(ani), site.local_share)
    layout, withheld, rest = site.layout, site.withheld, (ani % _SUBSCRIBERS).tolist()
    return texts(
        [
            withheld if number == 0 else str(short) if is_local else layout.format(number)
            for number, short, is_local in zip(ani.tolist(), rest, local.tolist(), strict=True)
        ]
    )


def clock_minutes(site: Site, minute: Ints) -> Ints:
    """What the site's clock shows, in minutes since 1970 of that clock."""
    return wall_minutes(minute + site.skew)


def is_second_time(minute: Ints) -> Flags:
    """Which minutes show a time the clock has shown an hour before, in a night of October."""
    return np.asarray(wall_minutes(minute) == wall_minutes(minute - 60))


def call_numbers(source: SourceSystem, numbers: Ints, *, role: str = "", tests: Flags | None = None) -> Texts:
    """Twenty digits of calls: the exchange of the site, then a serial number; those of tests begin with 9.

    ``role`` chooses another system of the same point.
    """
    node = f"{int(source.point_code[2:]):03d}{_line_of(role or source.source_id.rpartition('-')[2]):02d}"
    nodes = (node, f"9{node[1:]}")
    is_test = np.zeros(len(numbers), dtype=bool) if tests is None else tests
    both = zip(numbers.tolist(), is_test.tolist(), strict=True)
    return texts([f"{nodes[test]}{number:015d}" for number, test in both])


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


def stamps(clock: Ints, *, date: str, time: str) -> list[str]:
    """Readings of a clock: ``date`` is a layout of ``strftime``, ``time`` a format of hour and minute."""
    days, place = np.unique(clock // DAY, return_inverse=True)
    dates = [day.strftime(date) for day in days.astype("datetime64[D]").tolist()]
    times = [time.format(at // 60, at % 60) for at in range(DAY)]
    return [dates[day] + times[at] for day, at in zip(place.tolist(), (clock % DAY).tolist(), strict=True)]
