"""Orders, the work they make, resignations, registered needs and enquiries.

All five stand in the order system: ``ztNN-orders`` before the cutover, ``zt99-orders`` after it. From 1998 on every
line that was opened had an order; nothing older is left. An order that is not cancelled has one or more work orders,
and becomes active when the last of them is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Ints
from estate.life.events import Events

PRODUCTS = ("line", "isdn", "sdi", "neostrada", "tariff", "transfer", "voicemail", "clip")
AT_BOK, BY_HOTLINE, ON_9393, ON_PORTAL, BY_MAIL, BY_LETTER = range(6)
CHANNELS = ("bok", "hotline", "9393", "portal", "mail", "letter")
ACTIVE, CANCELLED, PENDING = range(3)
STATUSES = ("active", "cancelled", "pending")
TASKS = ("switch", "visit", "modem", "records")
REASONS = ("moved", "price", "competitor", "mobile", "died", "none given")


@dataclass(frozen=True)
class Orders(Events):
    """Orders."""

    product: Ints
    channel: Ints
    contact: Ints
    """Row of the contact in which it was placed, else NONE."""
    promised_day: Ints
    status: Ints
    closed_minute: Ints
    """When it became active or was cancelled, NONE while pending."""


@dataclass(frozen=True)
class WorkOrders(Events):
    """Work the orders made; source is the system that was master when the work was ordered."""

    order: Ints
    """Row of the order."""
    step: Ints
    """1 for the first work of an order."""
    task: Ints
    done_minute: Ints
    """NONE while open."""


@dataclass(frozen=True)
class Resignations(Events):
    """Customers giving up a line or a service."""

    product: Ints
    reason: Ints
    contact: Ints
    channel: Ints
    effective_day: Ints


@dataclass(frozen=True)
class Needs(Events):
    """What a customer would buy and cannot have here, registered for later."""

    product: Ints
    contact: Ints
    channel: Ints


@dataclass(frozen=True)
class Enquiries(Events):
    """Questions about an offer that led to no order."""

    product: Ints
    contact: Ints
    channel: Ints
    answered_minute: Ints
