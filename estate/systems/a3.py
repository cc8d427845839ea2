"""Regional billing: Informix UNLOAD, ISO-8859-2, one line per customer with a pipe after every field.

NULL is nothing between pipes. A pipe, backslash or line feed in a value has a backslash before it, unless the clerk's
tool forgot (F15). The last line sometimes has no line feed.
"""

from __future__ import annotations

import numpy as np

from estate.draw import Draw, Texts, chance
from estate.rates import DefectRates
from estate.sightings import Sightings, Written
from estate.systems.lines import amount, date_texts, encode, odd_phones, raw_keys, spaced_amount, spans
from estate.writing import luck_of, phone_text

FILE = "klient.unl"
_REMARKS = (
    "dzwonić po 16-tej",
    "zaległość spłacona",
    "umowa w teczce A|3",
    "kopia: C:\\UMOWY\\2001",
    "klient prosi o\nfakturę na inny adres",
    "stary numer centrali",
    "lokal użytkowy",
)


def keys(seen: Sightings) -> Texts:
    """Raw keys: customer number and date of opening, as stored."""
    return raw_keys(seen.account, _opened(seen))


def _opened(seen: Sightings) -> Texts:
    return date_texts(seen.opened, "{d:02d}/{m:02d}/{y:04d}", bad=("01/01/1900", "31/12/2099"), accounts=seen.account)


def _names(seen: Sightings) -> tuple[list[str | None], list[str | None]]:
    """The name column and the given name column."""
    names: list[str | None] = []
    given: list[str | None] = []
    for at in range(len(seen)):
        if seen.is_firm[at] and seen.family[at] is None:
            names.append(seen.org[at])
            given.append(None)
        elif seen.co_holder[at]:
            names.append(f"{seen.family[at]} {seen.given[at]} i {seen.co_holder[at]}")
            given.append(None)
        else:
            names.append(seen.family[at])
            given.append(seen.given[at])
    return names, given


def _escaped(value: str | None) -> str:
    if value is None:
        return ""
    if "\\" in value or "|" in value or "\n" in value:
        return value.replace("\\", "\\\\").replace("|", "\\|").replace("\n", "\\\n")
    return value


def write(seen: Sightings, *, draw: Draw, rates: DefectRates, wrong_count: int = 0) -> Written:
    """The unload of these records in a random order."""
    seen_order = draw.permutation(len(seen))
    rows = seen.take(seen_order)
    count = len(rows)
    luck = luck_of(draw, count)
    local = chance(draw, count, 0.55).tolist()
    phones = [
        n and phone_text(n, k, width=20, is_local=here) for n, k, here in zip(rows.phone, luck, local, strict=True)
    ]
    others = [n and phone_text(n, k // 7, width=20, is_local=False) for n, k in zip(rows.phone_2, luck, strict=True)]
    flags = ["P" if firm and family is None else "F" for firm, family in zip(rows.is_firm, rows.family, strict=True)]
    names, given = _names(rows)
    odd = chance(draw, count, rates.f17) & (rows.balance != 0)
    balance = [
        (spaced_amount(money) if abs(money) >= 100_000 else amount(money, comma=".")) if is_odd else amount(money)
        for money, is_odd in zip(rows.balance.tolist(), odd.tolist(), strict=True)
    ]
    shifted = chance(draw, count, rates.f15)
    remarks = [_REMARKS[k // 11 % len(_REMARKS)] if k % 17 == 0 else None for k in luck]
    columns = [
        *(rows.account.tolist(), flags, names, given, rows.pesel.tolist(), rows.nip.tolist(), rows.regon.tolist()),
        date_texts(
            rows.birth, "{d:02d}/{m:02d}/{y:04d}", bad=("01/01/1900", "30/02/1950"), accounts=rows.account
        ).tolist(),
        *(rows.document.tolist(), rows.street.tolist(), rows.house.tolist(), rows.flat.tolist(), rows.postal.tolist()),
        *([None] * count, rows.city.tolist(), phones, others, rows.email.tolist()),
        *(_opened(rows).tolist(), balance, remarks),
    ]
    lines = ["|".join([_escaped(value) for value in row]) + "|\n" for row in zip(*columns, strict=True)]
    for at in np.flatnonzero(shifted).tolist():
        lines[at] = lines[at][:-2] + "aneks|nr 2|\n"
    strays = chance(draw, count, rates.f03)
    encoded, mixed = encode(lines, page="iso8859_2", other="cp1250", strays=strays)
    if encoded and draw.random() < 0.3:
        encoded[-1] = encoded[-1][:-1]
    offset, length = spans(encoded)
    return Written(
        name=FILE,
        content=b"".join(encoded),
        rows=seen_order,
        offset=offset,
        length=length,
        defects=(
            ("F03", mixed),
            ("F15", np.flatnonzero(shifted)),
            ("F17", np.flatnonzero(odd)),
            ("F18", odd_phones(phones, others)),
        ),
        balance=int(rows.balance.sum()),
    )
