"""Everything that stands in the order system: orders with their work, and what became no order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Ints
from estate.life.book import STILL_OPEN
from estate.life.clock import day_number, wall_day
from estate.life.contacts import ANSWERED, Contacts, ended
from estate.life.events import OFFER, RESIGNATION, in_order
from estate.life.masters import master, stranger_points
from estate.life.orders import (
    AT_BOK,
    ISDN,
    LINE,
    NEOSTRADA,
    ON_9393,
    PRODUCTS,
    REASONS,
    SDI,
    Enquiries,
    Needs,
    Orders,
    Resignations,
    WorkOrders,
    channel_of,
    make_orders,
    make_works,
)
from estate.life.setting import Setting, blank, is_central, named_in, office_minutes
from estate.people import NONE


@dataclass(frozen=True)
class Sales:
    """The five tables of the order system."""

    orders: Orders
    work_orders: WorkOrders
    resignations: Resignations
    needs: Needs
    enquiries: Enquiries


def make_sales(setting: Setting, contacts: Contacts) -> Sales:
    """What people ordered, gave up, would have liked and asked about."""
    draw = setting.draw("orders")
    orders = make_orders(setting, draw, contacts)
    needs, enquiries = make_wishes(setting, draw, contacts)
    return Sales(
        orders=orders,
        work_orders=make_works(setting, draw, orders),
        resignations=make_resignations(setting, draw, contacts),
        needs=needs,
        enquiries=enquiries,
    )


def make_resignations(setting: Setting, draw: Draw, contacts: Contacts) -> Resignations:
    """Movers giving up the old line in an office, and those who said so on the telephone."""
    book = setting.book
    since = day_number(setting.demand.orders.first_day)
    gone = np.flatnonzero((book.entity != NONE) & (book.closed != STILL_OPEN) & (book.closed > since + 40))
    told = _asked(contacts, RESIGNATION)
    told = told[contacts.party[told] != NONE]
    party = np.concatenate([gone, contacts.party[told]])
    size = len(party)
    day = book.closed[gone] - draw.integers(5, 40, len(gone))
    minute = np.concatenate([office_minutes(draw, day), ended(contacts, told)])
    central = is_central(book, party, wall_day(minute))
    moved = np.arange(size) < len(gone)
    effective = np.where(moved, book.closed[party], wall_day(minute) + draw.integers(14, 45, size))
    found = Resignations(
        party=party,
        minute=minute,
        source=master("orders", book.point[party], is_central=central),
        number=blank(size),
        named_by=named_in(draw, party, central=central),
        product=np.where(moved, LINE, draw.choice(np.array([LINE, LINE, ISDN, SDI, NEOSTRADA]), size)),
        reason=np.where(moved, 0, draw.integers(1, len(REASONS), size)),
        contact=np.concatenate([blank(len(gone), NONE), told]),
        channel=np.concatenate([blank(len(gone), AT_BOK), channel_of(contacts, told)]),
        effective_day=effective,
    )
    return in_order(found, first_number=40_000_001)


def _asked(contacts: Contacts, topic: int) -> Ints:
    """Answered contacts in which a case of that topic opened."""
    return np.flatnonzero((contacts.topic == topic) & (contacts.outcome == ANSWERED) & (contacts.attempt == 0))


def make_wishes(setting: Setting, draw: Draw, contacts: Contacts) -> tuple[Needs, Enquiries]:
    """What became of questions about an offer that no order followed."""
    rule = setting.demand.orders
    rows = _asked(contacts, OFFER)
    luck = draw.random(len(rows))
    needy = rows[(luck < rule.needs_share) & (contacts.party[rows] != NONE)]
    curious = rows[(luck >= rule.needs_share) & (luck < rule.needs_share + rule.enquiries_share)]
    needs = Needs(
        **_common(setting, draw, contacts, needy),
        product=draw.choice(np.array([ISDN, SDI, NEOSTRADA, NEOSTRADA]), len(needy)),
        contact=needy,
        channel=channel_of(contacts, needy),
    )
    enquiries = Enquiries(
        **_common(setting, draw, contacts, curious),
        product=draw.integers(0, len(PRODUCTS), len(curious)),
        contact=curious,
        channel=channel_of(contacts, curious),
        answered_minute=ended(contacts, curious) + draw.choice(np.array([0, 0, 0, 1440, 2880]), len(curious)),
    )
    return in_order(needs, first_number=60_000_001), in_order(enquiries, first_number=80_000_001)


def _common(setting: Setting, draw: Draw, contacts: Contacts, rows: Ints) -> dict[str, Ints]:
    party, minute = contacts.party[rows], ended(contacts, rows)
    on_9393 = channel_of(contacts, rows) == ON_9393
    central = np.where(party == NONE, on_9393, is_central(setting.book, party, wall_day(minute)))
    # Of a stranger only the telephone is known that the exchange showed, if it did.
    point = np.where(party == NONE, stranger_points(draw, contacts.source[rows]), setting.book.point[party])
    return {
        "party": party,
        "minute": minute,
        "source": master("orders", point, is_central=central),
        "number": blank(len(rows)),
        "named_by": named_in(draw, party, central=central),
    }
