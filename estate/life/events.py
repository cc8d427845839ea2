"""What all tables of events share: columns of equal length, one element per event.

Codes are positions in the tuples of words beside them; a position in another table is :data:`~estate.people.NONE` where
there is none. Times are absolute minutes (:mod:`estate.life.clock`): two calls in the hour that a night in October has
twice are an hour apart here and show the same time on a clock. Every event stands once, in its master's system.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from estate.draw import Ints
from estate.people import NONE

NOTHING, PHONE, ACCOUNT, NEW_ACCOUNT, LOGIN, EMAIL, BARCODE = range(7)
NAMED_BY = ("nothing", "phone", "account", "new_account", "login", "email", "barcode")
"""How the event names its party. Who is named by nothing may still be known here: that is the truth, not in a file."""

INVOICE, PAYMENT, OFFER, FAULT, COMPLAINT, ORDER, INTERNET, CHANGE, RESIGNATION, OTHER = range(10)
TOPICS = (
    *("invoice", "payment", "offer", "fault", "complaint"),
    *("order", "internet", "change", "resignation", "other"),
)
"""Why people get in touch; one case has one topic."""


@dataclass(frozen=True)
class Events:
    """Any events, in columns; sorted by system, then by time."""

    party: Ints
    """Row of the book (:mod:`estate.life.book`), NONE for a stranger or somebody nobody can know."""
    minute: Ints
    """When, in minutes since 1970 UTC."""
    source: Ints
    """Master system at that minute: position in ``config.sources.all_sources()``."""
    number: Ints
    """Unique among all events of that system, growing with time within one kind of event."""
    named_by: Ints
    """One of NAMED_BY."""

    def __len__(self) -> int:
        return len(self.party)


E = TypeVar("E", bound=Events)


def take(events: E, positions: Ints) -> E:
    """Those at the positions."""
    return type(events)(**{f.name: getattr(events, f.name)[positions] for f in fields(events)})


def in_order(events: E, *, first_number: int = 1, own: str | None = None) -> E:
    """Sorted by system and time, and numbered within each system from ``first_number`` on.

    ``own`` names a column of positions in the table itself; it follows the rows it points at.
    """
    if not len(events):
        return events
    order = np.lexsort((events.minute, events.source))
    events = take(events, order)
    if own:
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        old = getattr(events, own)
        events = replace(events, **{own: np.where(old == NONE, NONE, place[old])})
    starts = np.flatnonzero(np.r_[True, events.source[1:] != events.source[:-1]])
    rank = np.arange(len(events)) - np.repeat(starts, np.diff(np.r_[starts, len(events)]))
    return replace(events, number=first_number + rank)


def concatenate(first: E, *others: E) -> E:
    """One after another; positions in other tables stay as they are."""
    parts = (first, *others)
    return type(first)(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(first)})
