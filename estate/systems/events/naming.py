"""How systems of events name customers: account numbers old and new, bank accounts, telephones.

Invented: at the cutover every account gets a new number of twelve digits, two of the point, nine of the old number,
a check digit; and a bank account of the company's bank whose last twelve digits are that number.
"""

from __future__ import annotations

import numpy as np

from config.units import collection_points
from estate.draw import Ints, Texts, texts
from estate.life import Book
from estate.people import NONE

COMPANY_UNIT = "10500086"
"""Unit of the company's bank, with its check digit."""
_ACCOUNT_PREFIX = "2003"


def old_accounts(book: Book, party: Ints) -> Texts:
    """Account number as the system of the point wrote it; null for nobody."""
    return texts([None if row == NONE else book.account[row] for row in party.tolist()])


def new_accounts(book: Book, party: Ints) -> Texts:
    """The twelve digits of the new number; null for nobody."""
    points = [point.code[2:] for point in collection_points()]
    return texts(
        [
            None if row == NONE else new_account(points[book.point[row]], str(book.account[row]))
            for row in party.tolist()
        ]
    )


def new_account(point: str, account: str) -> str:
    """New number of an account of a point."""
    digits = point + "".join(letter for letter in account if letter.isdigit()).zfill(9)[-9:]
    total = sum((3 if place % 2 == 0 else 1) * int(digit) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def payment_accounts(numbers: Texts) -> Texts:
    """The 26 digits customers of these new numbers pay to."""
    return texts([None if number is None else payment_account(number) for number in numbers.tolist()])


def payment_account(number: str) -> str:
    """Bank account of a new number, with its check digits."""
    body = COMPANY_UNIT + _ACCOUNT_PREFIX + number
    return f"{98 - int(body + '252100') % 97:02d}{body}"


def old_payment_account(number: str) -> str:
    """The same before July 2004: unit, then the bank's own form, without check digits."""
    return f"{COMPANY_UNIT}-{_ACCOUNT_PREFIX}-{number}"


def phones(book: Book, party: Ints) -> Ints:
    """Nine digits of the line; 0 for nobody."""
    return np.where(party == NONE, 0, book.phone[np.maximum(party, 0)])
