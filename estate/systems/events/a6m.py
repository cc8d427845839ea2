"""Payments (A6m): MT940 statements of the bank of a point, CP1250, one statement for each day with payments.

Every bank has its habits: ``:86:`` in subfields with another mark each, or as free text; blocks around the messages or
none; long statements in several messages, with intermediate balances or without. The customer's number comes as the
customer's reference of ``:61:``, a payment that is taken back as ``RC`` with the reference of the first below it. The
bank takes its fees (``D``) and sometimes gives one back (``RD``). Which bank has which habit is invented.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from estate.draw import Draw, Flags, chance, texts
from estate.life import access
from estate.life.book import point_position
from estate.life.events import NOTHING
from estate.people import NONE
from estate.systems.events.a6m_statements import PAGE, Entry, File, Heading, write_statement
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import old_accounts
from estate.systems.events.paying import Paid, amounts, dates, paid, payers, reversed_references, taken_back, titles
from estate.systems.lines import amount, encode

FILE = "WYCIAGI.STA"
_OTHER = "iso8859_2"
_PIECE, _WRAP = 27, 65
_OPENING = 1_000_000_00
_MARKS = ("~", "?", "<", "")
"""What parts the subfields of ``:86:`` at each bank; nothing where the text is free."""


def write(telling: Telling) -> WrittenEvents:
    """Statements in the order of days."""
    file, rates = paid(telling), telling.rates.payments
    is_bad_day = chance(telling.draw, len(file), rates.f05)
    entries = _entries(telling, file, is_bad_day=is_bad_day)
    strays = chance(telling.draw, len(file), rates.f03)
    encoded, mixed = encode([entry.text for entry in entries], page=PAGE, other=_OTHER, strays=strays)
    written, fees = _statements(telling, file, entries=entries, encoded=encoded)
    record = np.array(written.records, dtype=np.int64)
    row = np.full(len(record), NONE)
    row[record != NONE] = file.row[record[record != NONE]]
    orphan = telling.life.payments.named_by[file.at] == NOTHING
    return WrittenEvents(
        files=((FILE, b"".join(written.parts)),),
        keys=texts(written.keys),
        table=np.zeros(len(row), dtype=np.int64),
        row=row,
        offset=np.array(written.offsets, dtype=np.int64),
        length=np.array(written.lengths, dtype=np.int64),
        defects=(
            ("F03", np.flatnonzero(np.isin(record, mixed))),
            ("F05", np.flatnonzero(np.isin(record, np.flatnonzero(is_bad_day)))),
            ("F10", np.array(written.unproven, dtype=np.int64)),
            ("F24", np.flatnonzero(np.isin(record, np.flatnonzero(orphan)))),
        ),
        control={"amount_grosze": int(amounts(telling, file).sum()) + fees},
    )


def _habit(telling: Telling) -> int:
    """Which bank the point has."""
    return point_position(telling.source.point_code)


def _entries(telling: Telling, file: Paid, *, is_bad_day: Flags) -> list[Entry]:
    """The entries of all payments, in the order of the file."""
    payments, book = telling.life.payments, telling.life.book
    mark = _MARKS[_habit(telling) % len(_MARKS)]
    numbers = old_accounts(book, payments.party[file.at]).tolist()
    own = access.own_accounts(book, np.maximum(payments.payer[file.at], 0)).texts()[1].tolist()
    day = dates(file.day)
    value_day = np.where(is_bad_day, day // 10_000 * 10_000 + 230, day) % 10**6
    columns = (
        *(value_day, day % 10_000, taken_back(telling, file), amounts(telling, file)),
        *(file.reference, reversed_references(telling, file)),
    )
    told = zip(*(column.tolist() for column in columns), strict=True)
    words = zip(numbers, own, titles(telling, file)[0].tolist(), payers(telling, file).tolist(), strict=True)
    found = []
    for record, ((value, booked, is_back, grosze, reference, first), (number, account, title, name)) in enumerate(
        zip(told, words, strict=True)
    ):
        customer = "NONREF" if number is None else f"KL{number:0>12}"
        line = (
            f":61:{value:06d}{booked:04d}{'RC' if is_back else 'C'}{amount(grosze)}NTRF{customer}//{reference:016d}\r\n"
        )
        more = f"{first:016d}\r\n" if is_back else ""
        details = _details(mark, title=title, name=name, account=account)
        found.append(Entry(record, -grosze if is_back else grosze, line + more + details))
    return found


def _details(mark: str, *, title: str, name: str, account: str) -> str:
    """The ``:86:`` of an entry, wrapped wherever the line ends."""
    if not mark:
        pieces = [f":86:{title or 'WPŁATA'}"[:_WRAP], name[:_WRAP], f"RACH. {account}"]
        return "".join([piece + "\r\n" for piece in pieces if piece])
    fields = [("00", "PRZELEW"), *_pieces(20, title), ("30", account[:8]), ("31", account), *_pieces(32, name)]
    whole = ":86:020" + "".join([f"{mark}{number}{text}" for number, text in fields])
    return "".join([whole[at : at + _WRAP] + "\r\n" for at in range(0, len(whole), _WRAP)])


def _pieces(first: int, text: str) -> list[tuple[str, str]]:
    """A text in subfields of 27 letters; what does not fit into two is lost."""
    pieces = [text[at : at + _PIECE] for at in range(0, min(len(text), 2 * _PIECE), _PIECE)]
    return [(f"{first + place}", piece) for place, piece in enumerate(pieces)]


def _statements(telling: Telling, file: Paid, *, entries: list[Entry], encoded: list[bytes]) -> tuple[File, int]:
    """The file, and what fees amount to."""
    written, habit, draw, rates = File(), _habit(telling), telling.draw, telling.rates.payments
    account = str(access.company_accounts(np.array([habit], dtype=np.int64)).texts()[1][0])
    balance, fees = _OPENING, 0
    starts = np.flatnonzero(np.diff(file.day, prepend=-1))
    ends = np.append(starts, len(file))[1:]
    opened = file.day[:1] - 1
    for number, (first, last) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True), 1):
        day = file.day[first : first + 1]
        dated = f"{int(dates(day)[0]) % 10**6:06d}"
        lines = [(entries[at], encoded[at]) for at in range(first, last)]
        for fee in _fees(draw, rates.fee, dated):
            lines.append((fee, fee.text.encode(PAGE)))
            fees += abs(fee.grosze)
        off = int(draw.integers(1, 10_000)) if draw.random() < rates.f10 else 0
        balance = write_statement(
            written,
            Heading(account, number, f"{int(dates(opened)[0]) % 10**6:06d}", dated, habit),
            lines,
            balance=balance,
            off=off,
        )
        opened = day
    if not len(file):
        # The bank of a quiet month sends a statement all the same.
        today = f"{telling.period.date:%y%m%d}"
        write_statement(written, Heading(account, 1, today, today, habit), [], balance=balance, off=0)
    return written, fees


def _fees(draw: Draw, share: float, dated: str) -> Iterator[Entry]:
    """What the bank takes on a day, and once in a while gives back."""
    if draw.random() < share:
        fee = int(draw.integers(100, 3000))
        is_given = draw.random() < 0.2
        line = f":61:{dated}{dated[2:]}{'RD' if is_given else 'D'}{amount(fee)}NCHGNONREF//OPLATA\r\n"
        yield Entry(NONE, fee if is_given else -fee, f"{line}:86:OPŁATA ZA PROWADZENIE RACHUNKU\r\n")


WRITER = EventWriter("a6m", ("payments",), write)
