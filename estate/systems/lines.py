"""Text files of lines: dates, amounts, code pages and where each record stands."""

from __future__ import annotations

import numpy as np

from estate.draw import Flags, Ints, Texts, texts
from estate.identifiers import civil
from estate.sightings import BAD_DATE, NO_DATE
from estate.writing import has_polish


def date_texts(days: Ints, form: str, *, bad: tuple[str, ...], accounts: Texts) -> Texts:
    """Dates as ``form`` (a format of year, month and day) says; bad ones become sentinels.

    Which sentinel depends on the account, not on the place in the file: dates are part of raw keys.
    """
    each, place = np.unique(days, return_inverse=True)
    known = np.where((each == NO_DATE) | (each == BAD_DATE), 0, each)
    rows = zip(*(part.tolist() for part in civil(known)), strict=True)
    words = texts([form.format(y=year, r=year % 100, m=month, d=day) for year, month, day in rows])
    words[each == NO_DATE] = None
    written: Texts = words[place]
    for at in np.flatnonzero(days == BAD_DATE).tolist():
        written[at] = bad[int(accounts[at]) // 7 % len(bad)]
    return written


def amount(grosze: int, *, comma: str = ",") -> str:
    """An amount with two decimals."""
    sign = "-" if grosze < 0 else ""
    return f"{sign}{abs(grosze) // 100}{comma}{abs(grosze) % 100:02d}"


def spaced_amount(grosze: int) -> str:
    """An amount with a blank between thousands."""
    sign = "-" if grosze < 0 else ""
    whole = f"{abs(grosze) // 100:,}".replace(",", " ")
    return f"{sign}{whole},{abs(grosze) % 100:02d}"


def encode(lines: list[str], *, page: str, other: str, strays: Flags) -> tuple[list[bytes], Ints]:
    """Lines as bytes, strays in the other code page; and which strays really differ."""
    encoded = [line.encode(page) for line in lines]
    really = []
    for at in np.flatnonzero(strays).tolist():
        if has_polish(lines[at]):
            stray = lines[at].encode(other)
            if stray != encoded[at]:
                encoded[at] = stray
                really.append(at)
    return encoded, np.array(really, dtype=np.int64)


def odd_phones(*columns: list[str | None]) -> Ints:
    """Records in which a telephone of one of these columns is not nine plain digits (F18)."""
    rows = zip(*columns, strict=True)
    odd = [at for at, phones in enumerate(rows) if any(p and not (p.isdigit() and len(p) == 9) for p in phones)]
    return np.array(odd, dtype=np.int64)


def spans(lines: list[bytes], *, start: int = 0) -> tuple[Ints, Ints]:
    """Offset and length of each of these neighbours."""
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    return start + np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)[:-1]])[: len(lines)], lengths


def raw_keys(*parts: Texts) -> Texts:
    """Raw keys: stored texts with a slash between."""
    return texts(["/".join(part or "" for part in row) for row in zip(*(p.tolist() for p in parts), strict=True)])
