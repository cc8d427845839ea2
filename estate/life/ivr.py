"""What the talking machine told people: the invoice, the payment, the offer."""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events


@dataclass(frozen=True)
class IvrEvents(Events):
    """Informations by machine; source is one of the five ``ztNN-ivr``."""

    second: Ints
    ani: Ints
    """Nine digits, 0 where withheld."""
    topic: Ints
    """INVOICE, PAYMENT or OFFER where contained; any topic where handed over."""
    duration_s: Ints
    with_pin: Flags
    """The caller keyed in a PIN."""
    contact: Ints
    """Row of the contact it was handed over to, NONE where the machine's answer was enough."""
