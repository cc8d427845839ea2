"""Customer and order system: what an operator spooled from Oracle 8, CP1250.

Pages with a heading and its dashes, blank lines between them, rows cut at LINESIZE and continued on the next line,
numbers like ``,5``, two-digit years, and the number of rows at the end in the language of the operator's client.
"""

from __future__ import annotations

import numpy as np

from config.kinds import kind_named
from estate.draw import Draw, Ints, Texts, chance, either, is_known
from estate.rates import DefectRates
from estate.sightings import BAD_DATE, NO_DATE, Sightings, Written
from estate.systems.lines import date_texts, encode, odd_phones, spaced_amount
from estate.writing import house_flat_text, luck_of, phone_text

FILE = "KLIENCI.LST"
LINESIZE = 160
_DAYS_1950 = -7305


def keys(seen: Sightings) -> Texts:
    """Raw keys: the customer number."""
    return seen.account


def oracle_number(grosze: int) -> str:
    """An amount as SQL*Plus prints it in Polish: no zero before the comma, none at the end."""
    sign = "-" if grosze < 0 else ""
    whole, part = divmod(abs(grosze), 100)
    decimals = f",{part:02d}".rstrip("0") if part else ""
    return f"{sign}{whole if whole or not part else ''}{decimals}"


def _address(seen: Sightings, luck: list[int]) -> list[str]:
    lines = []
    for at in range(len(seen)):
        number = house_flat_text(seen.house[at], seen.flat[at], luck[at])
        street = seen.street[at]
        if street is None and luck[at] // 9 % 5 < 3:
            street = seen.city[at]
        lines.append(f"{street} {number}" if street else number)
    return lines


def write(
    seen: Sightings, *, draw: Draw, rates: DefectRates, wrong_count: int = 0, is_national: bool = False
) -> Written:
    """The spool of these records in a random order; ``wrong_count`` is added to the number at the end."""
    order = draw.permutation(len(seen))
    rows = seen.take(order)
    count = len(rows)
    luck = luck_of(draw, count)
    local = chance(draw, count, 0.02 if is_national else 0.35).tolist()
    phones = [
        n and phone_text(n, k, width=20, is_local=here) for n, k, here in zip(rows.phone, luck, local, strict=True)
    ]
    others = [n and phone_text(n, k // 7, width=20, is_local=False) for n, k in zip(rows.phone_2, luck, strict=True)]
    is_firm = rows.is_firm & (~is_known(rows.family))
    odd = chance(draw, count, rates.f17) & (np.abs(rows.balance) >= 100_000)
    balance = [
        spaced_amount(money) if is_odd else oracle_number(money)
        for money, is_odd in zip(rows.balance.tolist(), odd.tolist(), strict=True)
    ]
    columns = [
        *(rows.account.tolist(), np.where(is_firm, "BIZ", "IND").tolist(), either(is_firm, rows.org, None).tolist()),
        *(rows.family.tolist(), rows.given.tolist(), rows.pesel.tolist(), rows.nip.tolist(), rows.regon.tolist()),
        date_texts(rows.birth, "{r:02d}/{m:02d}/{d:02d}", bad=("00/01/01", "99/99/99"), accounts=rows.account).tolist(),
        *(rows.document.tolist(), _address(rows, luck), rows.postal.tolist(), rows.city.tolist(), phones, others),
        *(rows.email.tolist(), _opened(rows).tolist(), balance),
    ]
    lines = [";".join([value or "" for value in row]) for row in zip(*columns, strict=True)]
    lines = [_uncuttable(line, email) for line, email in zip(lines, rows.email.tolist(), strict=True)]
    shifted = chance(draw, count, rates.f15) & (np.array([len(line) for line in lines], dtype=np.int64) < LINESIZE - 10)
    for at in np.flatnonzero(shifted).tolist():
        lines[at] = lines[at].replace(";", "; m;", 10).replace("; m;", ";", 9)
    encoded, mixed = encode(lines, page="cp1250", other="iso8859_2", strays=chance(draw, count, rates.f03))
    content, offset, length = _paged(encoded, draw=draw, announced=count + wrong_count)
    pivot = np.flatnonzero((rows.birth < _DAYS_1950) & (rows.birth != NO_DATE) & (rows.birth != BAD_DATE))
    return Written(
        name=FILE,
        content=content,
        rows=order,
        offset=offset,
        length=length,
        defects=(
            ("F03", mixed),
            ("F04", pivot),
            ("F15", np.flatnonzero(shifted)),
            ("F17", np.flatnonzero(odd)),
            ("F18", odd_phones(phones, others)),
        ),
        balance=int(rows.balance.sum()),
    )


def _opened(seen: Sightings) -> Texts:
    return date_texts(seen.opened, "{r:02d}/{m:02d}/{d:02d}", bad=("00/01/01", "99/12/31"), accounts=seen.account)


def _uncuttable(line: str, email: str | None) -> str:
    """Without its e-mail address where the cut would fall into the last field: such a row cannot be told from two."""
    if len(line) >= LINESIZE and line.rfind(";") < len(line) // LINESIZE * LINESIZE:
        shorter = line.replace(email, "", 1) if email else line
        if len(shorter) >= LINESIZE and shorter.rfind(";") < len(shorter) // LINESIZE * LINESIZE:
            cells = shorter.split(";")
            cells[10] = cells[10][: max(len(cells[10]) - 14, 3)]
            return ";".join(cells)
        return shorter
    return line


def _paged(lines: list[bytes], *, draw: Draw, announced: int) -> tuple[bytes, Ints, Ints]:
    feed = b"\r\n" if draw.random() < 0.5 else b"\n"
    page_rows = int(draw.choice(np.array([24, 50, 60])))
    heading = ";".join(kind_named("a4").columns).encode("ascii")
    page_head = feed + heading + feed + b"-" * len(heading) + feed
    parts: list[bytes] = []
    offsets, lengths, position = [], [], 0
    for at, line in enumerate(lines):
        if at % page_rows == 0:
            parts.append(page_head)
            position += len(page_head)
        cut = feed.join(line[start : start + LINESIZE] for start in range(0, len(line), LINESIZE)) + feed
        parts.append(cut)
        offsets.append(position)
        lengths.append(len(cut))
        position += len(cut)
    if not lines:
        parts.append(page_head)
    ending = f"{announced} rows selected." if draw.random() < 0.5 else f"wybrano {announced} wierszy."
    parts.append(feed + ending.encode("ascii") + feed)
    return b"".join(parts), np.array(offsets, dtype=np.int64), np.array(lengths, dtype=np.int64)
