"""The values of MT940 fields: balances, ``:61:`` lines and ``:86:`` texts.

Fields are read as ISO-8859-1, where a character is a byte, so that what a pattern finds lies where it says; code pages
are the business of the cells. Patterns are those of the ``mt-940`` library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import mt940.tags

from connectors.mt940.tokens import Line, Token

Cell = tuple[bytes, int]
"""Stored bytes without line ends, and the first byte in the file."""

SUBFIELDS = ("00", "10", *(f"{tens}{ones}" for tens in "23" for ones in range(10)), *(f"6{ones}" for ones in range(6)))
"""Numbers of the subfields banks use in ``:86:``; others are found in the whole text only."""

_BALANCE = mt940.tags.FinalOpeningBalance().re
# The library's pattern for references longer than the standard's 16: the usual one would hand what is left of them, and
# anything damaged behind the amount, out as supplementary details.
_ENTRY = mt940.tags.StatementGLS().re
# The comma is mandatory. Without it "20?00" with a damaged comma would be 20, and the balance would agree.
_AMOUNT = re.compile(r"[0-9]+,[0-9]*")
_SIGNS = {"C": 1, "D": -1, "RC": -1, "RD": 1}
_STRUCTURED = re.compile(rb"([0-9]{3})?([~<?^])[0-9]{2}")
_SEPARATED = {mark: re.compile(re.escape(mark) + rb"([0-9]{2})") for mark in (b"~", b"<", b"?", b"^")}


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance of a statement."""

    amount: Decimal
    """Negative where the account is overdrawn."""
    currency: str
    text: Cell
    date: Cell


ENTRY_COLUMNS = (
    "DATA_WALUTY",
    "DATA_KSIEG",
    "ZNAK",
    "KOD_FUNDUSZU",
    "KWOTA",
    "TYP",
    "REF_KLIENTA",
    "REF_BANKU",
    "INFORMACJA",
)
_ENTRY_GROUPS = tuple(
    _ENTRY.groupindex[name]
    for name in ("status", "funds_code", "amount", "id", "customer_reference", "bank_reference", "extra_details")
)


def first_cell(token: Token) -> Cell:
    """The first line of a field."""
    line = token.lines()[0]
    return line.text, line.offset


def parse_balance(token: Token) -> Balance | None:
    """The balance a field states; None where it states none."""
    text, offset = first_cell(token)
    found = _BALANCE.match(text.decode("latin-1"))
    amount = _amount(found["amount"]) if found else None
    if found is None or amount is None or text[found.end() :].strip():
        return None
    sign = _SIGNS[found["status"].upper()]
    return Balance(sign * amount, found["currency"], (text, offset), (text[1:7], offset + 1))


def parse_amount(token: Token) -> Decimal | None:
    """What a ``:61:`` line adds to the balance; None where the line cannot be read."""
    found = _ENTRY.match(_entry_text(token.lines()))
    return _entry_amount(found) if found else None


def parse_entry(token: Token) -> tuple[Cell, ...] | None:
    """One cell of each of :data:`ENTRY_COLUMNS`; None where the line cannot be read.

    Dates that do not exist are read as they stand.
    """
    lines = token.lines()
    text = _entry_text(lines)
    found = _ENTRY.match(text)
    if found is None or not _is_entry(found):
        return None
    regs = found.regs
    spans = [(0, 6), _entry_date(found), *[regs[group] for group in _ENTRY_GROUPS]]
    stored = text.encode("latin-1")
    first = lines[0]
    if len(lines) == 1:
        at = first.offset
        return tuple([(stored[start:end], at + start if start > 0 else at) for start, end in spans])
    size = len(first.text.rstrip())
    return tuple(
        (stored[start:end], first.offset + max(start, 0) if start <= size else _offset(lines, start))
        for start, end in spans
    )


def _entry_text(lines: Sequence[Line]) -> str:
    """The lines as the library's pattern wants them: no blanks at their ends."""
    if len(lines) == 1:
        return lines[0].text.rstrip().decode("latin-1")
    return b"\n".join([line.text.rstrip() for line in lines]).decode("latin-1")


def _is_entry(found: re.Match[str]) -> bool:
    # Behind an amount stands a type: anything else is an amount of which the end is damaged.
    status, amount, sort, reference = found.group("status", "amount", "id", "customer_reference")
    return (bool(sort) or not reference) and _AMOUNT.fullmatch(amount) is not None and status.upper() in _SIGNS


def _entry_amount(found: re.Match[str]) -> Decimal | None:
    """Negative for debits and for reversals of credits."""
    if not _is_entry(found):
        return None
    return _SIGNS[found["status"].upper()] * Decimal(found["amount"].replace(",", "."))


def _entry_date(found: re.Match[str]) -> tuple[int, int]:
    # Some banks leave four blanks for a date they do not tell.
    end = max(found.end("entry_month"), found.end("entry_day"), 6)
    return (6, end) if found.string[6:end].strip() else (6, 6)


def _amount(text: str) -> Decimal | None:
    return Decimal(text.replace(",", ".")) if _AMOUNT.fullmatch(text) else None


def _offset(lines: Sequence[Line], at: int) -> int:
    """Where in the file a place of the joined text of a ``:61:`` lies; one line feed stands between two lines."""
    for line in lines[:-1]:
        size = len(line.text.rstrip())
        if at <= size:
            return line.offset + at
        at -= size + 1
    return lines[-1].offset + at


@dataclass(frozen=True, slots=True)
class Details:
    """A ``:86:`` text."""

    text: Cell
    """All of it, its lines parted by line feeds."""
    code: Cell
    """Three digits before the first subfield."""
    subfields: dict[str, Cell]
    """What stands behind ``~20`` and its like, without the line ends that fall into it; one that comes again is
    continued."""


NO_DETAILS = Details((b"", 0), (b"", 0), {})


def parse_details(tokens: Sequence[Token]) -> Details:
    """The texts of an entry, usually one; none is an empty text."""
    lines = [line for token in tokens for line in token.lines()]
    if not lines:
        return NO_DETAILS
    whole = (b"\n".join(line.text for line in lines), lines[0].offset)
    joined = b"".join(line.text for line in lines)
    opening = _STRUCTURED.match(joined)
    if opening is None:
        return Details(whole, (b"", lines[0].offset), {})
    marks = list(_SEPARATED[opening[2]].finditer(joined))
    subfields: dict[str, Cell] = {}
    for position, mark in enumerate(marks):
        end = marks[position + 1].start() if position + 1 < len(marks) else len(joined)
        number = mark[1].decode("ascii")
        before, offset = subfields.get(number, (b"", _joined_offset(lines, mark.end())))
        subfields[number] = (before + joined[mark.end() : end], offset)
    return Details(whole, (opening[1] or b"", lines[0].offset), subfields)


def _joined_offset(lines: Sequence[Line], at: int) -> int:
    """Where in the file a place of the joined lines of a text lies; nothing stands between two lines."""
    for line in lines[:-1]:
        if at < len(line.text):
            return line.offset + at
        at -= len(line.text)
    return lines[-1].offset + at
