"""Billing (A3b): an Informix unload of invoices, ISO-8859-2, decimal comma, dates DD/MM/YYYY."""

from __future__ import annotations

import numpy as np

from estate.draw import Ints, chance, texts
from estate.life.clock import month_start, wall_day
from estate.life.invoices import Invoices
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import invoice_numbers, new_accounts, old_accounts, payment_accounts
from estate.systems.lines import amount, date_texts, encode, spaced_amount, spans

FILE = "faktury.unl"
_DATE = "{d:02d}/{m:02d}/{y:04d}"


def write(telling: Telling) -> WrittenEvents:
    """Invoices of one run after another, one line each."""
    life, rates = telling.life, telling.rates
    rows = telling.rows["invoices"]
    invoices: Invoices = life.invoices
    party, count = invoices.party[rows], len(rows)
    accounts = (new_accounts if telling.is_central else old_accounts)(life.book, party)
    banks = payment_accounts(life.book, party) if telling.is_central else texts([None] * count)
    numbers = invoice_numbers(invoices, rows)
    odd = chance(telling.draw, count, rates.defects.f17)
    money = invoices.amount_grosze[rows].tolist()
    columns = (
        numbers.tolist(),
        accounts.tolist(),
        banks.tolist(),
        _dates(wall_day(invoices.minute[rows])),
        _dates(invoices.due_day[rows]),
        _dates(month_start(invoices.month[rows])),
        [str(cycle) for cycle in invoices.cycle[rows].tolist()],
        [_odd_amount(m) if is_odd else amount(m) for m, is_odd in zip(money, odd.tolist(), strict=True)],
        [amount(m) for m in invoices.usage_grosze[rows].tolist()],
    )
    lines = ["|".join([value or "" for value in row]) + "|\n" for row in zip(*columns, strict=True)]
    shifted = chance(telling.draw, count, rates.defects.f15)
    for at in np.flatnonzero(shifted).tolist():
        lines[at] = lines[at][:-1] + "korekta|\n"
    encoded, _ = encode(lines, page="iso8859_2", other="iso8859_2", strays=np.zeros(count, dtype=bool))
    offset, length = spans(encoded)
    return WrittenEvents(
        files=((FILE, b"".join(encoded)),),
        keys=numbers,
        table=np.zeros(count, dtype=np.int64),
        row=rows,
        offset=offset,
        length=length,
        defects=(("F15", np.flatnonzero(shifted)), ("F17", np.flatnonzero(odd))),
        control={"amount_grosze": int(sum(money))},
    )


def _odd_amount(grosze: int) -> str:
    return spaced_amount(grosze) if grosze >= 100_000 else amount(grosze, comma=".")


def _dates(days: Ints) -> list[str | None]:
    nobody = texts(["0"] * len(days))
    dates: list[str | None] = date_texts(days, _DATE, bad=("",), accounts=nobody).tolist()
    return dates


WRITER = EventWriter("a3b", ("invoices",), write)
