"""Writers of the legacy formats, one module per kind.

They share no code with :mod:`connectors`: what both sides understand alike is in the formats, not in common code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from config.errors import BugError
from config.sources import SourceSystem
from estate.draw import Draw, Texts
from estate.rates import DefectRates
from estate.sightings import Sightings, Written
from estate.systems import a1, a2d, a2m, a3, a4

FILE_KEYS: dict[str, Callable[[Sightings], Texts]] = {
    "a1": a1.keys,
    "a2m": a2m.keys,
    "a2d": a2d.keys,
    "a3": a3.keys,
    "a4": a4.keys,
}
"""By kind: raw keys of the records, as the file holds them."""


def write_system(
    source: SourceSystem, seen: Sightings, *, draw: Draw, rates: DefectRates, date: dt.date, wrong_count: int = 0
) -> Written:
    """The file of a system at a date."""
    if source.kind_name == "a1":
        return a1.write(seen, draw=draw, rates=rates, date=date, point_code=source.point_code, wrong_count=wrong_count)
    if source.kind_name == "a2m":
        return a2m.write(seen, draw=draw, rates=rates, date=date)
    if source.kind_name == "a2d":
        return a2d.write(seen, draw=draw, rates=rates, date=date)
    if source.kind_name == "a3":
        return a3.write(seen, draw=draw, rates=rates)
    if source.kind_name == "a4":
        is_national = source.unit == "pilot"
        return a4.write(seen, draw=draw, rates=rates, wrong_count=wrong_count, is_national=is_national)
    raise BugError(f"no writer for kind {source.kind_name}")
