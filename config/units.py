"""Units of cutover and the 50 collection points behind them.

The nation goes live in six units, in the order of the rollout the story tells. Forty-nine points are named after the
former voivodeship capitals, whose borders were the numbering zones; the fiftieth is the national one. Which
point belongs to which of the five regions is documented for nine of sixteen voivodeships; the rest is our invention
(``docs/explanation/what-is-invented.md``).
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.errors import UsageError

_POINTS_FILE = Path(__file__).with_name("points.csv")


@dataclass(frozen=True)
class Unit:
    """One unit of cutover: what goes live in one release."""

    name: str
    title: str
    ordinal: int
    wave: int
    cutover_date: dt.date


UNITS = (
    Unit("pilot", "Pilot", 0, 0, dt.date(2002, 10, 28)),
    Unit("poznan", "Poznań", 1, 1, dt.date(2003, 9, 22)),
    Unit("olsztyn", "Olsztyn", 2, 2, dt.date(2003, 10, 13)),
    Unit("warszawa", "Warszawa", 3, 2, dt.date(2003, 10, 13)),
    Unit("katowice", "Katowice", 4, 3, dt.date(2003, 11, 3)),
    Unit("krakow", "Kraków", 5, 3, dt.date(2003, 11, 3)),
)
UNIT_NAMES = tuple(unit.name for unit in UNITS)


def unit_named(name: str) -> Unit:
    """The unit of that name.

    Raises:
        UsageError: there is no such unit.
    """
    for unit in UNITS:
        if unit.name == name:
            return unit
    raise UsageError(f"no unit {name!r}", hint=f"Units: {', '.join(UNIT_NAMES)}")


def predecessors(unit: Unit) -> tuple[Unit, ...]:
    """The units of the wave before, all of which must be live."""
    return tuple(other for other in UNITS if other.wave == unit.wave - 1)


def elder_siblings(unit: Unit) -> tuple[Unit, ...]:
    """Units of the same wave that publish first; a recorded No-go of one does not block this unit."""
    return tuple(other for other in UNITS if other.wave == unit.wave and other.ordinal < unit.ordinal)


@dataclass(frozen=True)
class CollectionPoint:
    """One regional point of data collection."""

    code: str
    """``ZT`` and the two-digit code of the old voivodeship, ``ZT63``."""
    name: str
    unit: str
    area_code: str
    """Two digits a bare 7-digit telephone number of this point lacks."""
    voivodeship: str
    postal_prefixes: tuple[str, ...]
    """Two-digit postal prefixes, most frequent first."""
    kind: str
    """Kind of its subscriber system (``config/kinds``)."""


@cache
def collection_points() -> tuple[CollectionPoint, ...]:
    """All 50 points, in the order of ``points.csv``."""
    with _POINTS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            CollectionPoint(
                code=row["point_code"],
                name=row["name"],
                unit=row["unit"],
                area_code=row["area_code"],
                voivodeship=row["voivodeship"],
                postal_prefixes=tuple(row["postal_prefixes"].split()),
                kind=row["kind"],
            )
            for row in csv.DictReader(file)
        )


def point_with_code(code: str) -> CollectionPoint:
    """The point of that code.

    Raises:
        UsageError: there is no such point.
    """
    for point in collection_points():
        if point.code == code:
            return point
    raise UsageError(f"no collection point {code!r}", hint="Points: ZT01 … ZT97 (odd numbers) and ZT99")
