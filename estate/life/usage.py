"""A small sample of call records of the exchanges."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events

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
