"""Visits to a customer office: a BOK of the point before the cutover, one of the POK after it."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Visits(Events):
    """Visits; source is ``ztNN-bok`` before the cutover of the customer's unit, ``zt99-bok`` after it."""

    office: Ints
    """Number of the office: of the point before, of the nation after; from 1."""
    topic: Ints
    queue_s: Ints
    """Waiting in line."""
    served_s: Ints
    travel_km: Ints
    is_solved: Flags
