"""Payments (A6e): Elixir-0 files of the clearing house, CP852, amounts in grosze.

What is paid at a post office comes in the same files with another classification. A transfer that is taken back comes
as one of type 120 with the reference of the first in the field for complaints. Types, classifications and references
are invented; the sixteen fields and their quotes are those of Elixir-0.
"""

from __future__ import annotations

import numpy as np

from estate.digits import Bytes, digits, texts_of
from estate.draw import Flags, Ints, chance
from estate.life import access
from estate.life.events import NOTHING
from estate.life.payments import POSTAL
from estate.people import NONE
from estate.systems.events.blocks import constant, joined, mixed_column, plain
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.paying import Paid, amounts, dates, paid, payers, reversed_references, taken_back, titles

FILE = "ELIXIR.TXT"
_PAGE, _OTHER = "cp852", "cp1250"
_COMPANY = "TELEKOMUNIKACJA POLSKA S.A.|UL. TWARDA 18|00-105 WARSZAWA"
_LINE, _LINES = 35, 4
_NO_DAY = (0, 20030230, 20040230)


def write(telling: Telling) -> WrittenEvents:
    """Transfers in the order of time, a line each."""
    rates = telling.rates.payments
    file = paid(telling, twice=rates.f13, tests=rates.f22)
    count = len(file)
    written, _ = titles(telling, file)
    is_shifted = chance(telling.draw, count, rates.f15) & ~file.is_test & ~file.again
    is_bad_day = chance(telling.draw, count, rates.f05) & ~file.is_test & ~is_shifted & ~file.again
    strays = chance(telling.draw, count, rates.f03)
    # A title with quotes that the bank's program did not double.
    title = [_quoted(text) if not bad else 'ZA "STARY" TELEFON' for text, bad in zip(written, is_shifted, strict=True)]
    titles_block, mixed_title = mixed_column(title, _PAGE, other=_OTHER, strays=strays)
    names = [_quoted(name) for name in payers(telling, file).tolist()]
    names_block, mixed_name = mixed_column(names, _PAGE, other=_OTHER, strays=strays)
    money = amounts(telling, file)
    content, length = joined(
        _line(telling, file, money=money, is_bad_day=is_bad_day, names=names_block, titles=titles_block), count
    )
    nobody = file.is_test | (telling.life.payments.named_by[file.at] != NOTHING)
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts_of(digits(file.reference, 16)),
        table=np.zeros(count, dtype=np.int64),
        row=file.row,
        offset=np.cumsum(length) - length,
        length=length,
        defects=tuple(
            (code, np.flatnonzero(where))
            for code, where in (
                ("F03", mixed_title | mixed_name),
                ("F05", is_bad_day),
                ("F13", file.again),
                ("F15", is_shifted),
                ("F22", file.is_test),
                ("F24", ~nobody),
            )
        ),
        control={"amount_grosze": int(money.sum())},
    )


def _line(telling: Telling, file: Paid, *, money: Ints, is_bad_day: Flags, names: Bytes, titles: Bytes) -> list[Bytes]:
    """The fields of each line with what stands between them."""
    payments, count = telling.life.payments, len(file)
    back = taken_back(telling, file)
    day = np.where(is_bad_day, np.array(_NO_DAY)[file.reference % len(_NO_DAY)], dates(file.day))
    is_postal = (payments.way[file.at] == POSTAL) & ~file.is_test
    is_old = payments.old_form[file.at]
    own = access.own_accounts(telling.life.book, np.maximum(payments.payer[file.at], 0))
    unit = access.company_units(_points(telling, file))
    related = plain(reversed_references(telling, file), 16)
    related[~back] = 0

    def between(text: str) -> Bytes:
        return constant(text, count)

    return [
        *(digits(np.where(back, 120, 110), 3), between(","), digits(day, 8), between(","), plain(money)),
        *(between(","), own.unit, between(',0,"'), own.of_form(is_old), between('","')),
        *(_paid_to(telling, file).of_form(is_old), between('","'), names, between(f'","{_COMPANY}",0,'), unit),
        *(between(',"'), titles, between('","","'), related, between('","')),
        *(digits(np.where(is_postal, 53, 51), 2), between('","'), digits(file.reference, 16), between('"\r\n')),
    ]


def _points(telling: Telling, file: Paid) -> Ints:
    """Point whose bank account each payment goes to."""
    party, book = telling.life.payments.party[file.at], telling.life.book
    return np.where(party == NONE, 0, book.point[np.maximum(party, 0)])


def _paid_to(telling: Telling, file: Paid) -> access.BankAccounts:
    """The account each payment is paid to: the company's own where nobody's is known."""
    payments, book = telling.life.payments, telling.life.book
    kept = access.payment_accounts if telling.is_central else access.old_payment_accounts
    party = np.where(file.is_test, NONE, payments.party[file.at])
    paid_to = access.company_accounts(_points(telling, file))
    known = np.flatnonzero(party != NONE)
    of_customers = kept(book, party[known])
    paid_to.unit[known], paid_to.twelve[known] = of_customers.unit, of_customers.twelve
    return paid_to


def _quoted(text: str) -> str:
    """Lines of 35 letters with a bar between, and quotes doubled."""
    if len(text) > _LINE:
        text = "|".join(text[at : at + _LINE] for at in range(0, min(len(text), _LINE * _LINES), _LINE))
    return text.replace('"', '""')


WRITER = EventWriter("a6e", ("payments",), write)
