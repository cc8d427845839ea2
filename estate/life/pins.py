"""PINs for the machine and the portal: issued, mistaken, locked, unlocked. The PIN itself is nowhere."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events

ISSUED, FAILED, LOCKED, UNLOCKED = range(4)
ACTIONS = ("issued", "failed", "locked", "unlocked")


@dataclass(frozen=True)
class PinEvents(Events):
    """Events of the PIN register; source is ``zt99-pin``."""

    action: Ints
    channel: Ints
    """One of orders.CHANNELS."""
