"""Invoices: before the cutover the whole point on one day of the month, after it in cycles spread over the month."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Invoices(Events):
    """Invoices; source is ``ztNN-billing`` before the cutover, ``zt99-billing`` after it; ``minute`` is of issue."""

    month: Ints
    """Billed month: years since 1970 times twelve, plus the month from 0."""
    cycle: Ints
    """0 for the one day of a point of old, else 1 to k."""
    due_day: Ints
    amount_grosze: Ints
    """Gross."""
    usage_grosze: Ints
    """Part of it for calls, the rest is rent."""
