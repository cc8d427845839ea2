"""Letters to the one post box, scanned in batches and routed to advisors."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events


@dataclass(frozen=True)
class Letters(Events):
    """Letters; source is ``zt99-skany``; ``minute`` is of the scan."""

    batch: Ints
    position: Ints
    """In its batch, from 1."""
    pages: Ints
    barcode: Ints
    """Twelve digits, the last one a check digit; 0 where the sheet has none."""
    topic: Ints
    signed_day: Ints
    """Written on the letter, days since 1970."""
    routed_minute: Ints
    """When an advisor had it on the screen."""
    advisor: Ints
