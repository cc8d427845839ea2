"""Who has a PIN, who has a login, and the numbers that banks and central systems know people by.

One login of the portal may stand for several records of a customer, and for the mobile number at Orange as well.
Bank accounts are NRB of 26 digits with right check digits over invented units of banks, and each has its form of before
2004. All texts are made on demand, for the rows a writer asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.units import collection_points
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
_UNIT_WEIGHTS = np.array([7, 1, 3, 9, 7, 1, 3])


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
    points = [point.code[2:] for point in collection_points()]
    bodies = [
        f"{points[at]}{account:0>9}" for at, account in zip(book.point[rows].tolist(), book.account[rows], strict=True)
    ]
    digits = _digits(bodies, 11)
    check = (10 - digits @ np.array([3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10) % 10
    return texts([f"{body}{last}" for body, last in zip(bodies, check.tolist(), strict=True)])


def login_texts(access: Access, book: Book, logins: Ints) -> Texts:
    """Logins as their owners chose them: letters of the name and a number, all different."""
    names = book.name[access.login_row[logins]]
    found = []
    for number, name in zip(logins.tolist(), names.tolist(), strict=True):
        letters = "".join(c for c in ascii_letters(name or "klient").lower() if c.isascii() and c.isalpha())
        found.append(f"{letters[:8] or 'klient'}{number * 7 + 13}")
    return texts(found)


def payment_accounts(book: Book, rows: Ints) -> tuple[Texts, Texts]:
    """Where each row's invoices are paid to: as NRB, and in the form of before 2004."""
    return _both_forms(company_units(book.point[rows]), new_accounts(book, rows))


def old_payment_accounts(book: Book, rows: Ints) -> tuple[Texts, Texts]:
    """The same before the cutover, when the last twelve digits were three zeros and the number at the point."""
    numbers = texts([f"{account:0>12}" for account in book.account[rows].tolist()])
    return _both_forms(company_units(book.point[rows]), numbers)


def company_accounts(point: Ints) -> tuple[Texts, Texts]:
    """The company's own account at each point's bank: it names no customer."""
    every = np.arange(len(collection_points()))
    nrb, old = _both_forms(company_units(every), texts(["0" * 12] * len(every)))
    return nrb[point], old[point]


def company_units(point: Ints) -> Texts:
    """Unit of the company's bank at each point."""
    every = np.arange(len(collection_points()))
    return bank_units(np.full(len(every), _COMPANY_BANK), every + 100)[point]


def own_accounts(book: Book, rows: Ints) -> tuple[Texts, Texts]:
    """Bank accounts of the customers themselves: the same for all records of a customer."""
    entity = book.entity[rows].astype(np.uint64)
    mixed = (entity + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bank = np.array(_BANKS)[(mixed >> np.uint64(40)).astype(np.int64) % len(_BANKS)]
    unit = bank_units(bank, (mixed >> np.uint64(20)).astype(np.int64) % 1000)
    numbers = (mixed >> np.uint64(8)).astype(np.int64) % 10**12
    return _both_forms(unit, texts([f"{number:012d}" for number in numbers.tolist()]))


def bank_units(bank: Ints, branch: Ints) -> Texts:
    """Unit numbers of banks, eight digits with their check digit."""
    body = [f"{b:04d}{n:03d}" for b, n in zip(bank.tolist(), branch.tolist(), strict=True)]
    check = _digits(body, 7) @ _UNIT_WEIGHTS % 10
    return texts([f"{text}{last}" for text, last in zip(body, check.tolist(), strict=True)])


def _both_forms(unit: Texts, twelve: Texts) -> tuple[Texts, Texts]:
    pairs = list(zip(unit.tolist(), twelve.tolist(), strict=True))
    plain = [f"{u}0002{n}" for u, n in pairs]
    nrb = [f"{check:02d}{text}" for check, text in zip(nrb_checks(plain).tolist(), plain, strict=True)]
    return texts(nrb), texts([f"{u}-2{n[:3]}-{n[3:9]}-{n[9:]}" for u, n in pairs])


def nrb_checks(plain: list[str]) -> Ints:
    """Check numbers of accounts of 24 digits: 98 less the remainder of account and "252100" by 97."""
    powers = np.array([pow(10, 29 - at, 97) for at in range(24)])
    return np.asarray(98 - (_digits(plain, 24) @ powers + 252100) % 97)


def _digits(numbers: list[str], width: int) -> Ints:
    flat = np.frombuffer("".join(numbers).encode("ascii"), dtype=np.uint8)
    return (flat.reshape(len(numbers), width) - 48).astype(np.int64)


def has_pin(access: Access, row: Ints, day: Ints) -> Flags:
    """Which rows have a PIN on that day."""
    return np.asarray((row != NONE) & (access.pin_day[row] != NONE) & (access.pin_day[row] <= day))
