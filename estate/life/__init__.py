"""What customers and the company did from 1998 to 2006, before any legacy system writes it down.

``make_life(world, book, demand)`` gives every event as columns in memory; writers turn them into the bytes of their
systems. Beside its own columns each table has those of :class:`~estate.life.events.Events`: ``party`` (row of the
book), ``minute`` (absolute; :mod:`estate.life.clock` tells what the clock showed), ``source`` (the system that was
master then, where the event stands, once), ``number`` (unique there), ``named_by`` (how that system names the party).
``NN`` is the point; until the customer's cutover an event stands in the system of the point, from that day on in the
platform or the central system. Rows are at demo size (1:1000).

==============  ==================================================  =========================================  =======
table           own columns                                         systems                                    rows
==============  ==================================================  =========================================  =======
contacts        second line ani topic wait_s talk_s outcome agent   ztNN-il-*, zt99-il-NN; zt63- zt51- zt01-   99 000
                from_ivr is_rerouted is_noted; case attempt         zt27- zt35-cti
                is_solved
ivr             second ani topic duration_s with_pin contact        zt63- zt51- zt01- zt27- zt35-ivr           61 000
visits          office topic queue_s served_s travel_km is_solved   ztNN-bok; zt99-bok                         12 000
messages        topic thread reply_minutes advisor is_spam          zt99-poczta, zt99-formularze                  110
orders          product channel contact promised_day status         ztNN-orders; zt99-orders                   19 000
                closed_minute
work_orders     order step task done_minute                         as the order                               24 000
resignations    product reason contact channel effective_day        ztNN-orders; zt99-orders                    2 900
needs           product contact channel                             ztNN-orders; zt99-orders                    2 200
enquiries       product contact channel answered_minute             ztNN-orders; zt99-orders                    4 800
complaints      category channel contact letter amount_grosze       ztNN-complaints; zt99-complaints            6 400
                granted_grosze decision decided_day decided_by
                reopened_from
faults          cause contact repaired_minute reopened_from         ztNN-faults; zt99-faults                    9 400
invoices        month cycle due_day amount_grosze usage_grosze      ztNN-billing; zt99-billing                111 000
payments        invoice payer way kind reverses amount_grosze       ztNN-payments; zt99-payments              106 000
                title old_form branch
letters         batch position pages barcode topic signed_day       zt99-skany                                  3 100
                routed_minute advisor
logins          second login is_ok is_bot is_retry address agent    zt99-portal                                14 000
pins            action channel                                      zt99-pin                                    1 900
surveys         contact score asked_minute mode                     zt99-ankiety                                1 700
usage           second called duration_s units unit exchange        zt99-cdr                                    2 000
==============  ==================================================  =========================================  =======

Columns that are positions in another table (``contact``, ``order``, ``invoice``, ``letter``, ``thread``,
``reopened_from``, ``reverses``) are truth where no system of the time kept them; a writer decides which of them its
format shows;
``case``, ``attempt`` and ``is_solved`` are never in a file. Texts come from :mod:`estate.life.access` on demand:
``new_accounts``, ``payment_accounts`` (of the company, for a subscriber), ``own_accounts`` (of a payer),
``login_texts``; telephones, account numbers, names and e-mail addresses are columns of the book. ``Access`` tells which
rows a login stands for, and which Orange mobile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from estate.draw import Flags, Ints, stream
from estate.life.access import Access, make_access
from estate.life.book import Book, book_part, join, make_book
from estate.life.calls import callers_of
from estate.life.cases import make_calls
from estate.life.clock import day_number, wall_day
from estate.life.complaints import Complaints, Grievances, make_complaints
from estate.life.contacts import ANSWERED, Contacts, ended, make_contacts
from estate.life.demand import Demand, load_demand
from estate.life.desks import make_desks
from estate.life.events import COMPLAINT, Events
from estate.life.faults import Faults, make_faults
from estate.life.invoices import Invoices, make_invoices
from estate.life.ivr import IvrEvents, make_ivr
from estate.life.letters import Letters, make_letters
from estate.life.messages import Messages, make_messages
from estate.life.offices import Visits, make_visits
from estate.life.orders import (
    AT_BOK,
    BY_LETTER,
    BY_MAIL,
    Enquiries,
    Needs,
    Orders,
    Resignations,
    WorkOrders,
    channel_of,
)
from estate.life.payments import Payments, make_payments
from estate.life.pins import PinEvents, make_pins
from estate.life.portal import Logins, make_logins
from estate.life.sales import make_sales
from estate.life.setting import Setting, active_rows, blank, last_minute, mobiles
from estate.life.surveys import Surveys, make_surveys
from estate.life.usage import Usage, make_usage
from estate.people import NONE
from estate.rates import Rates, load_rates
from estate.world import World

__all__ = ["Access", "Book", "Demand", "Life", "book_part", "join", "load_demand", "make_book", "make_life"]


@dataclass(frozen=True)
class Life:
    """Everything that happened."""

    book: Book
    access: Access
    contacts: Contacts
    ivr: IvrEvents
    visits: Visits
    messages: Messages
    orders: Orders
    work_orders: WorkOrders
    resignations: Resignations
    needs: Needs
    enquiries: Enquiries
    complaints: Complaints
    faults: Faults
    invoices: Invoices
    payments: Payments
    letters: Letters
    logins: Logins
    pins: PinEvents
    surveys: Surveys
    usage: Usage

    def tables(self) -> dict[str, Events]:
        """Tables of events by name."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: table for name, table in named.items() if isinstance(table, Events)}


def make_life(
    world: World,
    book: Book,
    demand: Demand,
    *,
    scale: float,
    rates: Rates | None = None,
    progress: Callable[[str], None] | None = None,
) -> Life:
    """What happened to the customers of a book; ``scale`` is the part of the nation they are, 0.001 for the demo."""
    tell = progress or (lambda _: None)
    setting = make_setting(world, book, demand, rates or load_rates(), scale=scale)
    calls = make_calls(setting.draw("cases"), setting.callers, setting.desks, demand, scale=scale)
    contacts = make_contacts(setting, calls)
    tell(f"life: {len(contacts):,} contacts")
    sales = make_sales(setting, contacts)
    visits, messages, letters = make_visits(setting), make_messages(setting), make_letters(setting)
    invoices = make_invoices(setting)
    life = Life(
        book=book,
        access=setting.access,
        contacts=contacts,
        ivr=make_ivr(setting, contacts),
        visits=visits,
        messages=messages,
        orders=sales.orders,
        work_orders=sales.work_orders,
        resignations=sales.resignations,
        needs=sales.needs,
        enquiries=sales.enquiries,
        complaints=make_complaints(setting, _grievances(setting, contacts, visits, messages, letters)),
        faults=make_faults(setting, contacts),
        invoices=invoices,
        payments=make_payments(setting, invoices),
        letters=letters,
        logins=make_logins(setting),
        pins=make_pins(setting),
        surveys=make_surveys(setting, contacts),
        usage=make_usage(setting),
    )
    tell(f"life: {sum(len(table) for table in life.tables().values()):,} events")
    return life


def make_setting(world: World, book: Book, demand: Demand, rates: Rates, *, scale: float) -> Setting:
    """The frame of a life."""
    mobile = mobiles(world)
    desks = make_desks(book, rates, demand)
    millions = float(desks.millions[:, 1].sum())
    return Setting(
        seed=world.seed,
        book=book,
        callers=callers_of(book, stream(world.seed, "life", "callers")),
        access=make_access(world.seed, book, demand, mobile=mobile, millions=millions, scale=scale),
        desks=desks,
        demand=demand,
        scale=scale,
        mobile=mobile,
        active=active_rows(book),
    )


def _grievances(
    setting: Setting, contacts: Contacts, visits: Visits, messages: Messages, letters: Letters
) -> Grievances:
    """Complaints made on the telephone, in an office, by mail and by letter."""
    called = _known(contacts, (contacts.outcome == ANSWERED) & (contacts.attempt == 0))
    came, wrote, posted = (
        _known(visits),
        _known(messages, messages.thread == NONE),
        _known(letters, letters.routed_minute < last_minute(setting)),
    )
    rights = day_number(setting.demand.solving.rights_from)
    on_line = ended(contacts, called)
    at_once = contacts.is_solved[called] & (wall_day(on_line) >= rights) & (contacts.line[called] < 10_000)
    parts = (len(called), len(came), len(wrote), len(posted))
    channels = (channel_of(contacts, called), *(blank(n, c) for n, c in zip(parts[1:], _CHANNELS, strict=True)))
    return Grievances(
        party=np.concatenate(
            [
                t.party[r]
                for t, r in zip((contacts, visits, messages, letters), (called, came, wrote, posted), strict=True)
            ]
        ),
        minute=np.concatenate([on_line, visits.minute[came], messages.minute[wrote], letters.routed_minute[posted]]),
        channel=np.concatenate(channels),
        contact=np.concatenate([called, blank(sum(parts[1:]), NONE)]),
        letter=np.concatenate([blank(sum(parts[:3]), NONE), posted]),
        has_barcode=np.concatenate([np.zeros(sum(parts[:3]), dtype=bool), letters.barcode[posted] > 0]),
        decided_at_once=np.concatenate([at_once, np.zeros(sum(parts[1:]), dtype=bool)]),
    )


_CHANNELS = (AT_BOK, BY_MAIL, BY_LETTER)


def _known(table: Contacts | Visits | Messages | Letters, where: Flags | bool = True) -> Ints:
    """Rows about a complaint of somebody who is known."""
    return np.flatnonzero((table.topic == COMPLAINT) & (table.party != NONE) & where)
