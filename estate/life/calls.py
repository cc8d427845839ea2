"""Calls to desks, and who can make them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from estate.draw import Draw, Flags, Floats, Ints
from estate.life.book import STILL_OPEN, Book, cutover_days
from estate.life.masters import regions_of_points
from estate.people import NONE


@dataclass(frozen=True)
class Calls:
    """Calls to desks, in columns."""

    row: Ints
    """Row of the book, NONE for strangers."""
    place: Ints
    """Point from which they call."""
    day: Ints
    """On the wall."""
    hour: Ints
    minute: Ints
    """Of the hour."""
    topic: Ints
    case: Ints
    attempt: Ints
    system: Ints
    """Hotline, NONE on a platform."""
    cell: Ints
    wait_s: Ints
    is_answered: Flags
    is_solved: Flags

    def __len__(self) -> int:
        return len(self.row)

    def take(self, positions: Ints) -> Calls:
        """Those at the positions."""
        return Calls(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})


@dataclass(frozen=True)
class Callers:
    """Who can call, and from when on they call a platform."""

    book: Book
    rows: Ints
    """Of customers who still have their line, shuffled."""
    live_day: Ints
    """By row of the book: first day on the platform of the region of the line."""
    order: Ints
    """Rows sorted by customer."""
    first: Ints
    """By row of the book: where the rows of its customer begin in ``order``."""
    count: Ints


def callers_of(book: Book, draw: Draw) -> Callers:
    """The callers of a book."""
    rows = draw.permutation(np.flatnonzero((book.entity != NONE) & (book.closed == STILL_OPEN)))
    days = cutover_days()
    live = np.where(book.is_pilot, days[0], days[regions_of_points()[book.line_point]])
    order = rows[np.argsort(book.entity[rows], kind="stable")]
    entities, start, size = np.unique(book.entity[order], return_index=True, return_counts=True)
    place = np.clip(np.searchsorted(entities, book.entity), 0, max(0, len(entities) - 1))
    return Callers(book, rows, live, order, start[place], size[place])


def spread(draw: Draw, expected: Floats) -> Ints:
    """Whole numbers of events per cell, whose sums follow the sums of what is expected to within one."""
    total = np.floor(np.cumsum(expected) + draw.random())
    return np.diff(np.concatenate([[0.0], total])).astype(np.int64)


def join_calls(*parts: Calls) -> Calls:
    """One after another."""
    return Calls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Calls)})
