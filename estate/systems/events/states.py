"""Systems that keep every state of a case as a row of its own: one as it came in, one as it ended.

The repair and complaint desks had a small program on a database of its own. A row is never changed; a case that ended
is written once more under the same number, and the column ``zmieniono`` tells when. So whoever asks for the rows up to
a day sees what the desk knew on that day, however late he asks.

What happens to a case (a test row, an unreadable date, a telephone in an odd layout) depends on its number alone: told
again it says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from estate.draw import Flags, Floats, Ints, Texts, texts
from estate.life.clock import wall_minutes
from estate.life.events import ACCOUNT, BARCODE, NEW_ACCOUNT, PHONE, Events
from estate.people import NONE
from estate.services.tables import Table
from estate.systems.events.model import ServedEvents, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts, old_accounts, phones
from estate.systems.lines import spans
from estate.writing import phone_text

CENTRE = 3
_TEST_NUMBERS = 9_000_000
_PHONE_WIDTH = 20
_ZERO_DATE = "1900-01-01 00:00:00"
_ESCAPES = str.maketrans({"\\": "\\\\", "|": "\\|", "\n": "\\\n"})
Column = list[str | None]
E = TypeVar("E", bound=Events)


def family(telling: Telling) -> int:
    """Which code tables a desk uses: one of three a point chose from, or those of the centre."""
    return CENTRE if telling.is_central else int(telling.source.point_code[2:]) // 2 % 3


@dataclass(frozen=True)
class States:
    """States in the order of the table: by number, then as they came; test rows last."""

    row: Ints
    """Row of the life; of a test row the one it was copied from."""
    number: Ints
    version: Ints
    """1 as it came in, 2 as it ended."""
    changed: Ints
    """Absolute minute of the change."""
    is_ended: Flags
    is_test: Flags

    def __len__(self) -> int:
        return len(self.row)

    def luck(self, salt: int) -> Floats:
        """A number between 0 and 1 for each case, the same whenever it is told."""
        mixed = (self.number.astype(np.uint64) + np.uint64(salt * 1_000_003)) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
        mixed *= np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2.0**53)

    def pick(self, salt: int, count: int) -> list[int]:
        """One of ``count`` for each case."""
        return [int(at) for at in (self.luck(salt) * count).astype(np.int64).tolist()]


def states_of(telling: Telling, events: Events, rows: Ints, *, ended: Ints) -> States:
    """The states a delivery tells of.

    Args:
        telling: what is told.
        events: cases.
        rows: those that came in or ended in the period.
        ended: absolute minute at which each of the rows ended, NONE while open; at once where it is the minute it
            came in, which makes a single row.
    """
    opened, period = events.minute[rows], telling.period
    came_in = np.flatnonzero((opened >= period.since) & (opened < period.until))
    went_out = np.flatnonzero((ended > opened) & (ended >= period.since) & (ended < period.until))
    at = np.concatenate([came_in, went_out])
    version = np.repeat([1, 2], [len(came_in), len(went_out)])
    number = events.number[rows[at]]
    changed = np.where(version == 2, ended[at], opened[at])
    order = np.lexsort((version, number))
    at, version, number, changed = at[order], version[order], number[order], changed[order]
    is_ended = (version == 2) | (ended[at] == opened[at])
    own = States(rows[at], number, version, changed, is_ended, np.zeros(len(at), dtype=bool))
    return _with_tests(own, share=telling.rates.desks.test_rows)


def _with_tests(states: States, *, share: float) -> States:
    """F22: now and then somebody tried the program out."""
    tried = np.flatnonzero((states.luck(1) < share) & (states.version == 1))
    return States(
        row=np.concatenate([states.row, states.row[tried]]),
        number=np.concatenate([states.number, states.number[tried] + _TEST_NUMBERS]),
        version=np.concatenate([states.version, states.version[tried]]),
        changed=np.concatenate([states.changed, states.changed[tried]]),
        is_ended=np.concatenate([states.is_ended, states.is_ended[tried]]),
        is_test=np.concatenate([states.is_test, np.ones(len(tried), dtype=bool)]),
    )


# -- columns all desks have ---


def case_numbers(letter: str, point: str, number: Ints) -> Texts:
    """Numbers of cases of a desk: ``R63/0000123``."""
    return texts([f"{letter}{point[2:]}/{each:07d}" for each in number.tolist()])


def stamps(minute: Ints) -> list[str]:
    """What the clock on the wall showed, as a database writes it."""
    shown = np.datetime_as_string(wall_minutes(minute).astype("datetime64[m]")).tolist()
    return [f"{text[:10]} {text[11:]}:00" for text in shown]


def days(day: Ints, *, where: Flags) -> Column:
    """Days since 1970 as a database writes dates; nothing elsewhere."""
    written = np.datetime_as_string(np.where(where, day, 0).astype("datetime64[D]")).tolist()
    return [text if known else None for text, known in zip(written, where.tolist(), strict=True)]


def chosen(words: Sequence[str | None], *, where: Flags) -> Column:
    """The words where they are known."""
    return [word if known else None for word, known in zip(words, where.tolist(), strict=True)]


@dataclass(frozen=True)
class Named:
    """How the desk names the customer, and what it got wrong."""

    accounts: Column
    points: Column
    phones: Column
    letters: Column
    is_orphan: Flags
    odd_phones: Ints


def named(telling: Telling, events: Events, states: States, barcodes: Ints) -> Named:
    """Account, point of an old account at the centre, telephone and letter (``barcodes``, 0 without one)."""
    party, by = events.party[states.row], events.named_by[states.row]
    is_orphan = (states.luck(2) < telling.rates.desks.orphan) & ~states.is_test
    old, new = old_accounts(telling.life.book, party).tolist(), new_accounts(telling.life.book, party).tolist()
    point = telling.life.book.point[np.maximum(party, 0)]
    codes = [f"ZT{code}" for code in _point_codes(point)]
    accounts: Column = [
        f"{9_000_000_000_000 + number}" if lost else {ACCOUNT: old[at], NEW_ACCOUNT: new[at]}.get(how)
        for at, (how, lost, number) in enumerate(
            zip(by.tolist(), is_orphan.tolist(), states.number.tolist(), strict=True)
        )
    ]
    is_old = (by == ACCOUNT) & ~is_orphan & telling.is_central
    typed, odd = _phones(telling, np.where((by == PHONE) & ~is_orphan, phones(telling.life.book, party), 0), states)
    letters = [f"{code:012d}" if code else None for code in np.where(by == BARCODE, barcodes, 0).tolist()]
    nobody = ~states.is_test
    return Named(
        chosen(accounts, where=nobody),
        chosen(codes, where=is_old & nobody),
        chosen(typed, where=nobody),
        chosen(letters, where=nobody),
        is_orphan,
        odd[nobody[odd]],
    )


def _point_codes(position: Ints) -> list[str]:
    from config.units import collection_points

    known = [point.code[2:] for point in collection_points()]
    return [known[at] for at in position.tolist()]


def _phones(telling: Telling, numbers: Ints, states: States) -> tuple[Column, Ints]:
    """F18: telephones as clerks type them, and which are not just nine digits."""
    is_own = numbers // 10**7 == int(telling.source.point.area_code)
    is_local = is_own & (states.luck(3) < telling.rates.desks.local_phone)
    cells: Column = [
        phone_text(f"{number:09d}", luck, width=_PHONE_WIDTH, is_local=here) if number else None
        for number, luck, here in zip(numbers.tolist(), states.pick(4, 1 << 30), is_local.tolist(), strict=True)
    ]
    odd = [at for at, cell in enumerate(cells) if cell and not (cell.isdigit() and len(cell) == 9)]
    return cells, np.array(odd, dtype=np.int64)


def came_in(telling: Telling, events: Events, states: States) -> tuple[list[str], Ints]:
    """When each case came in; F05: of some nobody wrote it down and the program did not ask."""
    undated = (states.luck(5) < telling.rates.desks.no_date) & ~states.is_test
    written = stamps(events.minute[states.row])
    return [_ZERO_DATE if lost else text for text, lost in zip(written, undated.tolist(), strict=True)], np.flatnonzero(
        undated
    )


def notes(telling: Telling, states: States, wording: tuple[str, ...]) -> tuple[Column, Ints]:
    """Notes of clerks, with line breaks and strokes; F14: some went through a program of another code page."""
    said = [wording[at] for at in states.pick(6, len(wording))]
    twice = (states.luck(7) < telling.rates.desks.double_encoded) & ~states.is_test
    cells: Column = [
        text.encode("utf-8").decode("cp1250") if spoilt else text
        for text, spoilt in zip(said, twice.tolist(), strict=True)
    ]
    return cells, np.flatnonzero(twice & np.array([not text.isascii() for text in said], dtype=bool))


# -- both ways of telling ---


@dataclass(frozen=True)
class Kept:
    """A table of a desk, filled."""

    table: Table
    columns: tuple[Sequence[str | None], ...]
    keys: Texts
    states: States
    defects: tuple[tuple[str, Ints], ...]
    control: dict[str, int]

    @property
    def row(self) -> Ints:
        """Row of the life behind each state; NONE for test rows."""
        return np.where(self.states.is_test, NONE, self.states.row)

    def written(self, name: str) -> WrittenEvents:
        """As a file: an Informix unload in Windows 1250."""
        lines = [_line(row) for row in zip(*self.columns, strict=True)]
        offset, length = spans(lines)
        return WrittenEvents(
            files=((name, b"".join(lines)),),
            keys=self.keys,
            table=np.zeros(len(self.states), dtype=np.int64),
            row=self.row,
            offset=offset,
            length=length,
            defects=self.defects,
            control=self.control,
        )

    def served(self) -> ServedEvents:
        """As rows of a database."""
        rows = list(zip(*self.columns, strict=True))
        return ServedEvents(
            self.table,
            rows,
            self.keys,
            of_table=np.zeros(len(rows), dtype=np.int64),
            row=self.row,
            version=self.states.version,
            days=[stamp[:10] for stamp in stamps(self.states.changed)],
            defects=self.defects,
        )


def _line(cells: tuple[str | None, ...]) -> bytes:
    told = ["" if cell is None else cell.translate(_ESCAPES) or "\\ " for cell in cells]
    return ("|".join(told) + "|\n").encode("cp1250")
