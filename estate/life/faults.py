"""Faults of lines: the repair desks (biuro napraw)."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events

CAUSES = ("cable", "exchange", "socket", "modem", "storm", "theft", "none found")


@dataclass(frozen=True)
class Faults(Events):
    """Faults; source is ``ztNN-faults`` before the cutover, ``zt99-faults`` after it."""

    cause: Ints
    contact: Ints
    """Row of the contact it was reported in, else NONE."""
    repaired_minute: Ints
    """NONE while open."""
    reopened_from: Ints
    """Row of the fault it repeats under a new number, else NONE."""
