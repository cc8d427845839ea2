"""Billing (A3b): an Informix unload of invoices, ISO-8859-2, decimal comma, dates DD/MM/YYYY."""

from __future__ import annotations

import numpy as np

from estate.digits import Bytes, digits, texts_of
from estate.draw import Flags, Ints, chance, texts
from estate.life import access
from estate.life.clock import month_start, wall_day
from estate.life.invoices import Invoices
from estate.people import NONE
from estate.systems.events.blocks import column, constant, joined, plain, where
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import invoice_number_blocks
from estate.systems.lines import amount, date_texts, spaced_amount

FILE = "faktury.unl"
_DATE = "{d:02d}/{m:02d}/{y:04d}"


def write(telling: Telling) -> WrittenEvents:
    """Invoices of one run after another, one line each."""
    invoices: Invoices = telling.life.invoices
    rows = telling.rows["invoices"]
    count = len(rows)
    odd = chance(telling.draw, count, telling.rates.defects.f17)
    shifted = chance(telling.draw, count, telling.rates.defects.f15)
    numbers = invoice_number_blocks(invoices, rows)
    bar = constant("|", count)
    account, bank = _accounts(telling, invoices.party[rows])
    money = invoices.amount_grosze[rows]
    content, length = joined(
        [
            *(*numbers, bar, account, bar, bank, bar, _dates(wall_day(invoices.minute[rows])), bar),
            *(_dates(invoices.due_day[rows]), bar, _dates(month_start(invoices.month[rows])), bar),
            *(plain(invoices.cycle[rows], 3), bar, _amounts(money, odd=odd), bar),
            *(_amounts(invoices.usage_grosze[rows], odd=np.zeros(count, dtype=bool)), bar),
            *(where(shifted, constant("korekta|", count)), constant("\n", count)),
        ],
        count,
    )
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts_of(*numbers),
        table=np.zeros(count, dtype=np.int64),
        row=rows,
        offset=np.cumsum(length) - length,
        length=length,
        defects=(("F15", np.flatnonzero(shifted)), ("F17", np.flatnonzero(odd))),
        control={"amount_grosze": int(money.sum())},
    )


def _accounts(telling: Telling, party: Ints) -> tuple[Bytes, Bytes]:
    """The customer's number, and where a central system has an account for him to pay to."""
    book, known = telling.life.book, party != NONE
    safe = np.maximum(party, 0)
    if not telling.is_central:
        return where(known, plain(book.account_number[safe], 9)), np.zeros((len(party), 0), dtype=np.uint8)
    paid_to = access.payment_accounts(book, safe)
    return where(known, paid_to.twelve), where(known, paid_to.nrb())


def _amounts(grosze: Ints, *, odd: Flags) -> Bytes:
    """Amounts with a decimal comma, odd ones in another layout."""
    whole, cents = np.divmod(np.abs(grosze), 100)
    minus = where(grosze < 0, constant("-", len(grosze)))
    block = np.hstack([minus, plain(whole, 13), constant(",", len(grosze)), digits(cents, 2)])
    for at in np.flatnonzero(odd).tolist():
        text = _odd_amount(int(grosze[at])).encode("ascii")
        block[at] = 0
        block[at, : len(text)] = np.frombuffer(text, dtype=np.uint8)
    return block


def _odd_amount(grosze: int) -> str:
    return spaced_amount(grosze) if grosze >= 100_000 else amount(grosze, comma=".")


def _dates(days: Ints) -> Bytes:
    each, place = np.unique(days, return_inverse=True)
    nobody = texts(["0"] * len(each))
    dates = [date or "" for date in date_texts(each, _DATE, bad=("",), accounts=nobody).tolist()]
    return np.asarray(column(dates)[place])


WRITER = EventWriter("a3b", ("invoices",), write)
