"""What an order system knows when it delivers: five tables of the life as records of one report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import cast

import numpy as np

from estate.draw import Flags, Ints
from estate.life import Life
from estate.life.clock import DAY, absolute_minutes, wall_day
from estate.life.events import Events
from estate.life.orders import CANCELLED, REASONS, Enquiries, Orders, Resignations, WorkOrders
from estate.people import NONE
from estate.systems.events.model import Period, Telling

TABLES = ("orders", "work_orders", "resignations", "needs", "enquiries")
WORKS = 1
OPEN, DONE, GIVEN_UP = range(3)
OFFER = len(REASONS)
"""Beside the reasons of resignations: what an enquiry is about."""


@dataclass(frozen=True)
class OrderRecords:
    """Records by time; a column is NONE where a record has nothing there."""

    table: Ints
    """Position in TABLES."""
    row: Ints
    party: Ints
    minute: Ints
    named_by: Ints
    number: Ints
    related: Ints
    """Number of the order a work belongs to, else 0."""
    product: Ints
    channel: Ints
    reason: Ints
    status: Ints
    """OPEN, DONE or GIVEN_UP, as the system knew at the end of its period."""
    promised: Ints
    """Day."""
    closed: Ints
    """Day, NONE while open."""
    task: Ints
    shown: Ints
    """Telephone the exchange showed of somebody nobody knows, else 0."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, positions: Ints) -> OrderRecords:
        """The records at these positions."""
        return OrderRecords(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})


def order_records(telling: Telling) -> OrderRecords:
    """The records of a delivery, by time of receipt."""
    parts = [_part(telling, at, name) for at, name in enumerate(TABLES)]
    book = OrderRecords(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(OrderRecords)}
    )
    return book.take(np.lexsort((book.number, book.minute)))


def _part(telling: Telling, at: int, name: str) -> OrderRecords:
    rows = telling.rows[name]
    events, none, nought = telling.life.tables()[name], np.full(len(rows), NONE), np.zeros(len(rows), dtype=np.int64)
    blank = dict.fromkeys(("product", "channel", "reason", "status", "promised", "closed", "task"), none)
    common = {
        "table": np.full(len(rows), at),
        "row": rows,
        **{column: getattr(events, column)[rows] for column in ("party", "minute", "named_by", "number")},
        **{column: getattr(events, column)[rows] for column in ("product", "channel") if hasattr(events, column)},
    }
    own = _OWN[name](telling.life, events, rows, telling.period) if name in _OWN else {}
    return OrderRecords(**{**blank, "related": nought, "shown": nought, **common, **own})


def _of_orders(life: Life, events: Events, rows: Ints, period: Period) -> dict[str, Ints]:
    orders = cast(Orders, events)
    ended = np.where(orders.status[rows] == CANCELLED, GIVEN_UP, DONE)
    return {**_closing(orders.closed_minute[rows], period, ended=ended), "promised": orders.promised_day[rows]}


def _of_works(life: Life, events: Events, rows: Ints, period: Period) -> dict[str, Ints]:
    works = cast(WorkOrders, events)
    order = works.order[rows]
    return {
        **_closing(works.done_minute[rows], period),
        "task": works.task[rows],
        "product": life.orders.product[order],
        "related": life.orders.number[order],
    }


def _of_resignations(life: Life, events: Events, rows: Ints, period: Period) -> dict[str, Ints]:
    resignations = cast(Resignations, events)
    return {**_closing(_effective(resignations)[rows], period), "reason": resignations.reason[rows]}


def _of_enquiries(life: Life, events: Events, rows: Ints, period: Period) -> dict[str, Ints]:
    enquiries = cast(Enquiries, events)
    stranger = enquiries.party[rows] == NONE
    return {
        **_closing(enquiries.answered_minute[rows], period),
        "reason": np.full(len(rows), OFFER),
        "shown": np.where(stranger, life.contacts.ani[enquiries.contact[rows]], 0),
    }


_OWN: Mapping[str, Callable[[Life, Events, Ints, Period], dict[str, Ints]]] = {
    "orders": _of_orders,
    "work_orders": _of_works,
    "resignations": _of_resignations,
    "enquiries": _of_enquiries,
}


def _closing(minute: Ints, period: Period, *, ended: Ints | int = DONE) -> dict[str, Ints]:
    """Status and day of closing; what is closed later is still open."""
    known: Flags = (minute != NONE) & period.knows(minute)
    return {"status": np.where(known, ended, OPEN), "closed": np.where(known, wall_day(minute), NONE)}


def _effective(resignations: Resignations) -> Ints:
    """First minute of the day a resignation takes effect."""
    wall = resignations.effective_day * DAY
    return absolute_minutes(wall, second_time=np.zeros(len(wall), dtype=bool))


CHANGES: Mapping[str, Callable[[Events], Ints]] = {
    "orders": lambda events: cast(Orders, events).closed_minute,
    "work_orders": lambda events: cast(WorkOrders, events).done_minute,
    "resignations": lambda events: _effective(cast(Resignations, events)),
    "enquiries": lambda events: cast(Enquiries, events).answered_minute,
}
"""Table to the minute in which a record was closed."""
