"""Which system was master of an event: the point's own until the cutover, a central one from that day on."""

from __future__ import annotations

from functools import cache

import numpy as np

from config.sources import all_sources
from config.units import UNIT_NAMES, UNITS, collection_points
from estate.draw import Draw, Flags, Ints
from estate.life.book import point_position, source_position
from estate.people import NONE

CENTRE = len(collection_points()) - 1
REGIONS = len(UNITS) - 1
_LOCAL_NUMBERS = {"rachunki": 8_009_510, "naprawy": 8_009_520, "biznes": 8_009_530}
_PRODUCT_NUMBERS = 801_100_000


@cache
def by_point(suffix: str) -> Ints:
    """System ``ztNN-<suffix>`` of each point, NONE where it has none."""
    known = {source.source_id: at for at, source in enumerate(all_sources())}
    names = [f"{point.code.lower()}-{suffix}" for point in collection_points()]
    return np.array([known.get(name, NONE) for name in names], dtype=np.int64)


@cache
def by_region(suffix: str) -> Ints:
    """System of each region, by position in UNITS; NONE for the pilot, whose customers belong to regions."""
    found = np.full(len(UNITS), NONE)
    for at in np.flatnonzero((systems := by_point(suffix)) != NONE).tolist():
        found[UNIT_NAMES.index(collection_points()[at].unit)] = systems[at]
    return found


@cache
def product_lines() -> Ints:
    """The hotlines for single products."""
    return np.array([at for at, s in enumerate(all_sources()) if s.role == "hotline" and s.point_code == "ZT99"])


def central(source_id: str) -> int:
    """Position of ``zt99-<source_id>``."""
    return source_position(f"zt99-{source_id}")


def master(suffix: str, point: Ints, *, is_central: Flags) -> Ints:
    """The system of the point, or the central one of the same name."""
    systems = by_point(suffix)
    return np.where(is_central, systems[CENTRE], systems[point])


@cache
def regions_of_points() -> Ints:
    """Position in UNITS of each point's region; the central point is in Warszawa."""
    units = [UNIT_NAMES.index(point.unit) for point in collection_points()]
    units[CENTRE] = units[point_position("ZT01")]
    return np.array(units, dtype=np.int64)


@cache
def hotline_numbers() -> Ints:
    """Nine digits of each hotline, by position in the registry; 0 for other systems."""
    numbers = np.zeros(len(all_sources()), dtype=np.int64)
    for suffix, local in _LOCAL_NUMBERS.items():
        for point, at in zip(collection_points(), by_point(f"il-{suffix}").tolist(), strict=True):
            if at != NONE:
                numbers[at] = int(point.area_code) * 10_000_000 + local
    numbers[product_lines()] = _PRODUCT_NUMBERS + np.arange(1, len(product_lines()) + 1)
    return numbers


def stranger_points(draw: Draw, source: Ints) -> Ints:
    """Point whose order system notes what a stranger asked: that of the hotline, or any point for a product's line."""
    points = [point_position(system.point_code) for system in all_sources()]
    found = np.array(points, dtype=np.int64)[source]
    return np.where(found == CENTRE, draw.integers(0, CENTRE, len(source)), found)
