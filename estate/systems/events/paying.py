"""What the three kinds of payment files share: which payments a file holds, their references, what people write.

A title is free text: the account number, the telephone, the number of the invoice, greetings, nothing. Payments name
the account that is paid to only where the bank keeps one for each customer; a postal order has its title.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.sources import all_sources
from config.units import point_with_code
from estate.draw import Flags, Ints, Texts, chance, texts
from estate.identifiers import civil
from estate.life import Book
from estate.life.clock import wall_day
from estate.life.payments import BY_ACCOUNT, BY_INVOICE, BY_PHONE, NAME_ONLY, NO_TITLE, REVERSAL, Payments
from estate.people import NONE
from estate.systems.events.model import Telling
from estate.systems.events.naming import invoice_numbers, new_accounts, old_accounts, phones
from estate.writing import phone_text

TEST = "TEST"
"""Title of a transfer of one grosz by which a bank tried the line."""
_FIRST_TEST = 99_000_000
_TITLES = {
    BY_ACCOUNT: ("NR KLIENTA {}", "konto {}", "Abonent {}", "ZA TELEFON KLIENT {}", "nr abon. {}"),
    BY_PHONE: ("ZA TELEFON {}", "TEL. {}", "Opłata za tel. {}", "telefon {}", "RACHUNEK TEL {}"),
    BY_INVOICE: ("FAKTURA {}", "fv {}", "Zapłata za fakturę {}", "rachunek nr {}"),
    NAME_ONLY: ("{}", "WPŁATA {}", "od {}"),
    NO_TITLE: (
        "",
        "",
        "wpłata",
        "ZA TELEFON",
        "Opłata za rozmowy",
        "POZDROWIENIA DLA PANI Z OKIENKA",
        "Wesołych Świąt",
    ),
}
_STRANGERS = ("KANTOR WYMIANY", "WSPÓLNOTA MIESZKANIOWA", "ZAKŁAD GOSPODARKI", "URZĄD GMINY", "SPÓŁDZIELNIA", "APTEKA")
_WIDTH = 20
"""Letters there is room for in a title when a telephone is written with blanks and dashes."""


@dataclass(frozen=True)
class Paid:
    """The records of one file in columns."""

    row: Ints
    """Row among the payments of the life, NONE for transfers that try the line."""
    at: Ints
    """The same, for those the payment before them: where they take their day from."""
    day: Ints
    """Day on the calendar."""
    reference: Ints
    """Sixteen digits: point, day, number; the same for a transfer that stands there twice."""
    again: Flags
    """Records that stand there a second time."""

    def __len__(self) -> int:
        return len(self.row)

    def part(self, at: slice) -> Paid:
        """Some of them."""
        return Paid(self.row[at], self.at[at], self.day[at], self.reference[at], self.again[at])

    @property
    def is_test(self) -> Flags:
        """Transfers that only try the line."""
        return np.asarray(self.row == NONE)


def paid(telling: Telling, *, twice: float = 0.0, tests: float = 0.0) -> Paid:
    """The payments of a delivery; a share of them stands there twice, behind another share the line is tried."""
    rows = telling.rows["payments"]
    again = np.flatnonzero(chance(telling.draw, len(rows), twice))
    tries = np.flatnonzero(chance(telling.draw, len(rows), tests))
    at = np.concatenate([rows, rows[again], rows[tries]])
    is_test = np.arange(len(at)) >= len(rows) + len(again)
    order = np.argsort(np.concatenate([np.arange(len(rows)), again, tries]), kind="stable")
    at, is_test, is_again = at[order], is_test[order], (order >= len(rows)) & ~is_test[order]
    reference = references(telling.life.payments, at)
    number = _FIRST_TEST + np.cumsum(is_test)
    return Paid(
        row=np.where(is_test, NONE, at),
        at=at,
        day=wall_day(telling.life.payments.minute[at]),
        reference=np.where(is_test, reference // 10**8 * 10**8 + number, reference),
        again=is_again,
    )


def references(payments: Payments, rows: Ints) -> Ints:
    """Bank's reference of each payment: two digits of the point, six of the day, eight of the number."""
    points = np.array([int(source.point_code[2:]) for source in all_sources()], dtype=np.int64)
    day = dates(wall_day(payments.minute[rows])) % 10**6
    return (points[payments.source[rows]] * 10**6 + day) * 10**8 + payments.number[rows]


def dates(days: Ints) -> Ints:
    """Days as numbers of eight digits: 20031013."""
    year, month, day = civil(days)
    return np.asarray(year * 10_000 + month * 100 + day)


def amounts(telling: Telling, file: Paid) -> Ints:
    """Amounts in grosze; one grosz tries a line."""
    return np.where(file.is_test, 1, telling.life.payments.amount_grosze[file.at])


def taken_back(telling: Telling, file: Paid) -> Flags:
    """Records that take a payment back."""
    return np.asarray((telling.life.payments.kind[file.at] == REVERSAL) & ~file.is_test)


def reversed_references(telling: Telling, file: Paid) -> Ints:
    """Reference of the payment each record takes back, 0 for the others."""
    payments = telling.life.payments
    reverses = np.where(file.is_test, NONE, payments.reverses[file.at])
    return np.where(reverses == NONE, 0, references(payments, np.maximum(reverses, 0)))


def payers(telling: Telling, file: Paid) -> Texts:
    """Name of who pays, as the bank knows it; of strangers one of a few."""
    payments, book = telling.life.payments, telling.life.book
    payer = np.where(file.is_test, NONE, payments.payer[file.at])
    names = book.name[np.maximum(payer, 0)]
    names[payer == NONE] = texts([_STRANGERS[n % len(_STRANGERS)] for n in file.reference[payer == NONE].tolist()])
    names[file.is_test] = "TEST TEST"
    return texts([name or "" for name in names.tolist()])


def titles(telling: Telling, file: Paid) -> tuple[Texts, Flags]:
    """What people write, and which of the records hold a telephone in another layout than nine plain digits."""
    payments: Payments = telling.life.payments
    rows, luck = file.at, telling.draw.integers(0, 1 << 30, len(file))
    found = texts([""] * len(file))
    odd = np.zeros(len(file), dtype=bool)
    for code, forms in _TITLES.items():
        chosen = np.flatnonzero(payments.title[rows] == code)
        words = _words(telling, code, rows[chosen], luck[chosen])
        odd[chosen] = [code == BY_PHONE and not (len(word) == 9 and word.isdigit()) for word in words]
        pairs = zip(words, luck[chosen].tolist(), strict=True)
        found[chosen] = texts([forms[number // 64 % len(forms)].format(word) for word, number in pairs])
    found[file.is_test] = TEST
    return found, odd & ~file.is_test


def _words(telling: Telling, code: int, rows: Ints, luck: Ints) -> list[str]:
    """What stands in a title, of these payments."""
    life, payments = telling.life, telling.life.payments
    party = payments.party[rows]
    words = texts([""] * len(rows))
    if code == BY_ACCOUNT:
        words = (new_accounts if telling.is_central else old_accounts)(life.book, party)
    elif code == BY_PHONE:
        words = _phones(telling, life.book, party, luck)
    elif code == BY_INVOICE:
        words = invoice_numbers(life.invoices, payments.invoice[rows])
    elif code == NAME_ONLY:
        words = life.book.name[np.maximum(party, 0)]
        words[party == NONE] = texts([_STRANGERS[n % len(_STRANGERS)] for n in luck[party == NONE].tolist()])
    return [word or "" for word in words.tolist()]


def _phones(telling: Telling, book: Book, party: Ints, luck: Ints) -> Texts:
    """Telephones as people write them; without area code only to the point it belongs to."""
    area = "" if telling.is_central else point_with_code(telling.source.point_code).area_code
    numbers = [f"{number:09d}" for number in phones(book, party).tolist()]
    told = zip(numbers, (luck // 4096).tolist(), strict=True)
    return texts([phone_text(n, k, width=_WIDTH, is_local=n[:2] == area and k % 5 < 3) for n, k in told])
