"""Orders, the work they make, resignations, registered needs and enquiries.

All five stand in the order system: ``ztNN-orders`` before the cutover, ``zt99-orders`` after it. From 1998 on every
line that was opened had an order; nothing older is left. An order that is not cancelled has one or more work orders,
and becomes active when the last of them is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estate.accounts import CENTRAL
from estate.draw import Draw, Flags, Ints, chance
from estate.life.clock import DAY, day_number, wall_day
from estate.life.contacts import ANSWERED, Contacts, ended
from estate.life.demand import at
from estate.life.events import (
    ACCOUNT,
    INTERNET,
    LOGIN,
    NEW_ACCOUNT,
    ORDER,
    Events,
    concatenate,
    in_order,
)
from estate.life.masters import master
from estate.life.setting import (
    Setting,
    blank,
    days_along,
    is_central,
    last_minute,
    mean_of,
    minutes_on,
    named_in,
    office_minutes,
    served_millions,
)
from estate.people import NONE

LINE, ISDN, SDI, NEOSTRADA, TARIFF, TRANSFER, VOICEMAIL, CLIP = range(8)
_OTHER_PRODUCTS = (LINE, ISDN, TARIFF, TARIFF, TRANSFER, VOICEMAIL, CLIP)
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


def channel_of(contacts: Contacts, rows: Ints) -> Ints:
    """By hotline or on 9393 (9330 included)."""
    return np.where(np.isin(contacts.line[rows], (9393, 9330)), ON_9393, BY_HOTLINE)


def make_orders(setting: Setting, draw: Draw, contacts: Contacts) -> Orders:
    """Orders of lines since 1998, and what people ordered by telephone and on the portal."""
    called = _called_orders(setting, draw, contacts)
    return in_order(concatenate(_first_orders(setting, draw), called, _portal(setting, draw)))


def _first_orders(setting: Setting, draw: Draw) -> Orders:
    """The orders of the lines themselves."""
    book = setting.book
    since = day_number(setting.demand.orders.first_day)
    rows = np.flatnonzero((book.entity != NONE) & (book.opened >= since + 60))
    size = len(rows)
    wait = draw.integers(3, 60, size)
    minute = office_minutes(draw, book.opened[rows] - wait)
    product = np.where(book.reason[rows] == CENTRAL, SDI, LINE)
    return Orders(
        party=rows,
        minute=minute,
        source=master("orders", book.point[rows], is_central=np.zeros(size, dtype=bool)),
        number=blank(size),
        named_by=blank(size, ACCOUNT),
        product=product,
        channel=blank(size, AT_BOK),
        contact=blank(size, NONE),
        promised_day=book.opened[rows] + draw.integers(-4, 20, size),
        status=blank(size, ACTIVE),
        closed_minute=office_minutes(draw, book.opened[rows]),
    )


def _called_orders(setting: Setting, draw: Draw, contacts: Contacts) -> Orders:
    rows = np.flatnonzero(
        np.isin(contacts.topic, (ORDER, INTERNET))
        & (contacts.outcome == ANSWERED)
        & (contacts.attempt == 0)
        & (contacts.party != NONE)
    )
    minute = ended(contacts, rows)
    internet = contacts.topic[rows] == INTERNET
    party, channel = contacts.party[rows], channel_of(contacts, rows)
    return _ordered(setting, draw, party, minute, internet, channel=channel, contact=rows)


def _portal(setting: Setting, draw: Draw) -> Orders:
    first, last = setting.first_and_last
    factor = served_millions(setting, np.arange(first, last + 1)) * setting.scale
    day = days_along(draw, setting.demand.orders.portal_per_million, first, last, factor=factor)
    logins = np.argsort(setting.access.login_day, kind="stable")
    known = np.searchsorted(setting.access.login_day[logins], day, side="right")
    day, known = day[known > 0], known[known > 0]
    login = logins[(draw.random(len(day)) * known).astype(np.int64)]
    minute = minutes_on(draw, day, draw.integers(0, 24 * 60, len(day)))
    internet = chance(draw, len(day), 0.6)
    none, channel = blank(len(day), NONE), blank(len(day), ON_PORTAL)
    found = _ordered(setting, draw, setting.access.login_row[login], minute, internet, channel=channel, contact=none)
    return replace(found, named_by=blank(len(day), LOGIN))


def _ordered(
    setting: Setting, draw: Draw, party: Ints, minute: Ints, internet: Flags, *, channel: Ints, contact: Ints
) -> Orders:
    rule = setting.demand.orders
    day, size = wall_day(minute), len(party)
    central = is_central(setting.book, party, day)
    adsl = np.where(chance(draw, size, at(rule.neostrada, day)), NEOSTRADA, SDI)
    other = draw.choice(np.array(_OTHER_PRODUCTS), size)
    days = draw.exponential(mean_of(rule.work_days, central))
    closed = minute + 60 + (days * DAY).astype(np.int64)
    cancelled = chance(draw, size, rule.cancelled)
    open_still = closed > last_minute(setting)
    return Orders(
        party=party,
        minute=minute,
        source=master("orders", setting.book.point[party], is_central=central),
        number=blank(size),
        named_by=named_in(draw, party, central=central),
        product=np.where(internet, adsl, other),
        channel=channel,
        contact=contact,
        promised_day=day + draw.integers(5, 30, size),
        status=np.where(open_still, PENDING, np.where(cancelled, CANCELLED, ACTIVE)),
        closed_minute=np.where(open_still, NONE, closed),
    )


def make_works(setting: Setting, draw: Draw, orders: Orders) -> WorkOrders:
    """One or two works for each order that is not cancelled; an active order was closed by its last work."""
    rows = np.flatnonzero(orders.status != CANCELLED)
    two = chance(draw, len(rows), setting.demand.orders.further_work)
    closed = orders.closed_minute[rows]
    end = np.where(closed == NONE, last_minute(setting), closed)
    start = orders.minute[rows] + np.minimum(draw.integers(10, 240, len(rows)), (end - orders.minute[rows]) // 3)
    middle = start + ((end - start) * draw.uniform(0.2, 0.8, len(rows))).astype(np.int64)
    first = _work(setting, draw, orders, rows, start, np.where(two, middle, closed), step=1)
    second = _work(setting, draw, orders, rows[two], middle[two], closed[two], step=2)
    return in_order(concatenate(first, second), first_number=20_000_001)


def _work(
    setting: Setting, draw: Draw, orders: Orders, rows: Ints, minute: Ints, done: Ints, *, step: int
) -> WorkOrders:
    party = orders.party[rows]
    central = is_central(setting.book, party, wall_day(minute))
    source = master("orders", setting.book.point[party], is_central=central)
    # The cutover came between the order and this work: the order system of the centre knows the new number.
    moved = source != orders.source[rows]
    return WorkOrders(
        party=party,
        minute=minute,
        source=source,
        number=blank(len(rows)),
        named_by=np.where(moved, NEW_ACCOUNT, orders.named_by[rows]),
        order=rows,
        step=blank(len(rows), step),
        task=draw.integers(0, len(TASKS), len(rows)),
        done_minute=done,
    )
