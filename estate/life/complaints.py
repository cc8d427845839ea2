"""Complaints, and who decided them: an advisor while the customer was on the line, or the back office."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events

CATEGORIES = (
    "invoice amount",
    "calls not made",
    "internet fee",
    "fault not repaired",
    "late activation",
    "payment",
    "other",
)
ACCEPTED, PARTLY, REJECTED, OPEN = range(4)
DECISIONS = ("accepted", "partly", "rejected", "open")
ADVISOR, BACK_OFFICE = range(2)
DECIDERS = ("advisor", "back_office")


@dataclass(frozen=True)
class Complaints(Events):
    """Complaints; source is ``ztNN-complaints`` before the cutover, ``zt99-complaints`` after it."""

    category: Ints
    channel: Ints
    """One of orders.CHANNELS."""
    contact: Ints
    """Row of the contact it was made in, else NONE."""
    letter: Ints
    """Row of the letter it came by, else NONE."""
    amount_grosze: Ints
    """In dispute."""
    granted_grosze: Ints
    decision: Ints
    decided_day: Ints
    """Days since 1970, NONE while open."""
    decided_by: Ints
    """One of DECIDERS, NONE while open."""
    reopened_from: Ints
    """Row of the complaint it repeats under a new number, else NONE."""
