"""Who has a PIN, who has a login, and the numbers that banks and central systems know people by.

One login of the portal may stand for several records of a customer, and for the mobile number at Orange as well.
Bank accounts are NRB of 26 digits with right check digits over invented units of banks, and each has its form of before
2004. All texts are made on demand, for the rows a writer asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.units import collection_points
from estate.digits import Bytes, digits, texts_of, weighted
from estate.draw import Draw, Flags, Ints, Texts, chance, stream, texts
from estate.life.book import STILL_OPEN, Book, cutover_days
from estate.life.clock import day_number
from estate.life.demand import Demand
from estate.life.masters import regions_of_points
from estate.people import NONE
from estate.writing import ascii_letters

_BANKS = (1010, 1020, 1030, 1050, 1060, 1090, 1140, 1160, 1240, 1320, 1440, 1560, 1600, 1680, 1750, 2030)
"""First four digits of units; the other three are drawn and the eighth is a check digit."""
_COMPANY_BANK = 1240
_UNIT_WEIGHTS = (7, 1, 3, 9, 7, 1, 3)
_ACCOUNTS = 10**9
"""Account numbers of a point."""
_ACCOUNT_WEIGHTS = (3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3)
_KIND = np.frombuffer(b"0002", dtype=np.uint8)


@dataclass(frozen=True)
class Access:
    """PINs and logins."""

    pin_day: Ints
    """By row of the book: day the PIN was issued, NONE without one."""
    login: Ints
    """By row of the book: number of the login it belongs to, NONE without one."""
    login_day: Ints
    """By login: day it was opened."""
    login_row: Ints
    """By login: first row of the book that belongs to it."""
    orange: Ints
    """By login: mobile number joined with it, else 0."""


def make_access(seed: int, book: Book, demand: Demand, *, mobile: Ints, millions: float, scale: float) -> Access:
    """PINs as the curve of demand tells, and logins of some who have one."""
    draw = stream(seed, "life", "access")
    pin_day = _pin_days(draw, book, demand, millions=millions, scale=scale)
    holders = np.flatnonzero(pin_day != NONE)
    chosen = holders[chance(draw, len(holders), demand.portal.share)]
    first_row, number = np.unique(book.entity[chosen], return_index=True, return_inverse=True)[1:]
    login = np.full(len(book), NONE)
    login[chosen] = number
    login_row = chosen[first_row]
    _join_records(draw, book, login, login_row, demand)
    opened = np.maximum(pin_day[login_row], day_number(demand.portal.logins_per_million[0][0]))
    joint = chance(draw, len(login_row), demand.portal.joint)
    return Access(
        pin_day=pin_day,
        login=login,
        login_day=opened + draw.integers(0, 90, len(login_row)),
        login_row=login_row,
        orange=np.where(joint, mobile[book.entity[login_row]], 0),
    )


def _pin_days(draw: Draw, book: Book, demand: Demand, *, millions: float, scale: float) -> Ints:
    curve = demand.pins.issued_per_million
    total = np.array([value for _, value in curve]) * millions * scale
    days = np.array([day_number(day) for day, _ in curve])
    live = np.where(book.is_pilot, cutover_days()[0], cutover_days()[regions_of_points()[book.line_point]])
    able = draw.permutation(np.flatnonzero((book.entity != NONE) & (book.closed == STILL_OPEN)))
    count = min(round(float(total[-1])), len(able))
    issued = np.interp((np.arange(count) + 0.5), total, days).astype(np.int64)
    pin_day = np.full(len(book), NONE)
    # Who comes early must be live already: the days are dealt out to rows in the order of their cutover.
    rows = able[:count]
    rows = rows[np.argsort(live[rows], kind="stable")]
    pin_day[rows] = np.maximum(issued, live[rows] + 1)
    return pin_day


def _join_records(draw: Draw, book: Book, login: Ints, login_row: Ints, demand: Demand) -> None:
    """Let every record of a customer belong to the login, for some logins."""
    whole = np.flatnonzero(chance(draw, len(login_row), demand.portal.all_records))
    number_of = np.full(int(book.entity.max(initial=0)) + 1, NONE)
    number_of[book.entity[login_row[whole]]] = whole
    mine = np.where(book.entity != NONE, number_of[book.entity], NONE)
    login[:] = np.where((mine != NONE) & (book.closed == STILL_OPEN), mine, login)


def new_accounts(book: Book, rows: Ints) -> Texts:
    """Account numbers of the central systems: twelve digits."""
    return texts_of(new_account_digits(book, rows))


def new_account_digits(book: Book, rows: Ints) -> Bytes:
    """The same as rows of digits."""
    points = np.array([int(point.code[2:]) for point in collection_points()], dtype=np.int64)
    body = digits(points[book.point[rows]] * _ACCOUNTS + book.account_number[rows], 11)
    check = (10 - weighted(body, _ACCOUNT_WEIGHTS) % 10) % 10
    return np.hstack([body, digits(check, 1)])


def login_texts(access: Access, book: Book, logins: Ints) -> Texts:
    """Logins as their owners chose them: letters of the name and a number, all different."""
    names = book.name[access.login_row[logins]]
    found = []
    for number, name in zip(logins.tolist(), names.tolist(), strict=True):
        letters = "".join(c for c in ascii_letters(name or "klient").lower() if c.isascii() and c.isalpha())
        found.append(f"{letters[:8] or 'klient'}{number * 7 + 13}")
    return texts(found)


@dataclass(frozen=True)
class BankAccounts:
    """Bank accounts as rows of digits."""

    unit: Bytes
    """Eight digits of the bank's unit."""
    twelve: Bytes
    """The last twelve digits."""

    def nrb(self) -> Bytes:
        """The 26 digits of an account from 2004 on."""
        count = len(self.unit)
        plain = np.hstack([self.unit, np.broadcast_to(_KIND, (count, len(_KIND))), self.twelve])
        return np.hstack([digits(nrb_checks(plain), 2), plain])

    def old(self) -> Bytes:
        """The form of before 2004, 24 letters."""
        first, second, third = self.twelve[:, :3], self.twelve[:, 3:9], self.twelve[:, 9:]
        dash = np.full((len(self.unit), 1), ord("-"), dtype=np.uint8)
        two = np.full((len(self.unit), 1), ord("2"), dtype=np.uint8)
        return np.hstack([self.unit, dash, two, first, dash, second, dash, third])

    def of_form(self, is_old: Flags) -> Bytes:
        """Each in its form; NULs behind the shorter one."""
        written = self.nrb()
        written[is_old, :24] = self.old()[is_old]
        written[is_old, 24:] = 0
        return written

    def texts(self) -> tuple[Texts, Texts]:
        """As NRB, and in the form of before 2004."""
        return texts_of(self.nrb()), texts_of(self.old())


def payment_accounts(book: Book, rows: Ints) -> BankAccounts:
    """Where each row's invoices are paid to."""
    return BankAccounts(company_units(book.point[rows]), new_account_digits(book, rows))


def old_payment_accounts(book: Book, rows: Ints) -> BankAccounts:
    """The same before the cutover, when the last twelve digits were three zeros and the number at the point."""
    return BankAccounts(company_units(book.point[rows]), digits(book.account_number[rows], 12))


def company_accounts(point: Ints) -> BankAccounts:
    """The company's own account at each point's bank: it names no customer."""
    return BankAccounts(company_units(point), digits(np.zeros(len(point), dtype=np.int64), 12))


def company_units(point: Ints) -> Bytes:
    """Unit of the company's bank at each point."""
    every = np.arange(len(collection_points()))
    return np.asarray(bank_units(np.full(len(every), _COMPANY_BANK), every + 100)[point])


def own_accounts(book: Book, rows: Ints) -> BankAccounts:
    """Bank accounts of the customers themselves: the same for all records of a customer."""
    entity = book.entity[rows].astype(np.uint64)
    mixed = (entity + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bank = np.array(_BANKS)[(mixed >> np.uint64(40)).astype(np.int64) % len(_BANKS)]
    unit = bank_units(bank, (mixed >> np.uint64(20)).astype(np.int64) % 1000)
    return BankAccounts(unit, digits((mixed >> np.uint64(8)).astype(np.int64) % 10**12, 12))


def bank_units(bank: Ints, branch: Ints) -> Bytes:
    """Unit numbers of banks, eight digits with their check digit."""
    body = digits(bank * 1000 + branch, 7)
    return np.hstack([body, digits(weighted(body, _UNIT_WEIGHTS) % 10, 1)])


def nrb_checks(plain: Bytes) -> Ints:
    """Check numbers of accounts of 24 digits: 98 less the remainder of account and "252100" by 97."""
    powers = [pow(10, 29 - at, 97) for at in range(24)]
    return np.asarray(98 - (weighted(plain, powers) + 252100) % 97)


def has_pin(access: Access, row: Ints, day: Ints) -> Flags:
    """Which rows have a PIN on that day."""
    return np.asarray((row != NONE) & (access.pin_day[row] != NONE) & (access.pin_day[row] <= day))
