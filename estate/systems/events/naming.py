"""How systems of events name customers who may be nobody: null where there is none.

The numbers themselves are made in :mod:`estate.life.access`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from config.sources import all_sources
from config.units import collection_points
from estate.digits import Bytes, at_least, digits, texts_of
from estate.draw import Ints, Texts, either
from estate.life import Book, access
from estate.life.invoices import Invoices
from estate.people import NONE
from estate.systems.events.model import Telling


def old_accounts(book: Book, party: Ints) -> Texts:
    """Account number as the system of the point wrote it."""
    return _of_somebody(party, lambda rows: book.account[rows])


def new_accounts(book: Book, party: Ints) -> Texts:
    """The twelve digits of the number given at the cutover."""
    return _of_somebody(party, lambda rows: access.new_accounts(book, rows))


def points_of_old(telling: Telling, party: Ints) -> list[str | None]:
    """Point beside an old account number: where one system serves them all the number alone means nothing."""
    codes = np.array([point.code for point in collection_points()], dtype=object)
    is_told = (party != NONE) & telling.is_central
    points: list[str | None] = either(is_told, codes[telling.life.book.point[np.maximum(party, 0)]], None).tolist()
    return points


def phones(book: Book, party: Ints) -> Ints:
    """Nine digits of the line; 0 for nobody."""
    return np.where(party == NONE, 0, book.phone[np.maximum(party, 0)])


def invoice_numbers(invoices: Invoices, rows: Ints) -> Texts:
    """Number of an invoice: a letter and the point of the issuing system, the year, a serial number."""
    return texts_of(*invoice_number_blocks(invoices, rows))


def invoice_number_blocks(invoices: Invoices, rows: Ints) -> tuple[Bytes, ...]:
    """The same as rows of letters."""
    points = np.array([int(source.point_code[2:]) for source in all_sources()], dtype=np.int64)
    letter, slash = (np.full((len(rows), 1), ord(sign), dtype=np.uint8) for sign in "F/")
    year, serial = (1970 + invoices.month[rows] // 12) % 100, invoices.number[rows]
    return letter, digits(points[invoices.source[rows]], 2), slash, digits(year, 2), slash, at_least(serial, 7)


def _of_somebody(party: Ints, make: Callable[[Ints], Texts]) -> Texts:
    named = np.full(len(party), None, dtype=object)
    known = np.flatnonzero(party != NONE)
    if len(known):
        named[known] = make(party[known])
    return named
