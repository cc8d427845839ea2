"""What a system of events tells in one delivery, and what it looks like once written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from config.sources import SourceSystem
from estate.draw import Draw, Flags, Ints, Texts
from estate.life import Life
from estate.life.events import Events
from estate.rates import Rates
from estate.services.soap import RECORDS, Dialect
from estate.services.tables import Table


@dataclass(frozen=True)
class Period:
    """The time one delivery tells of."""

    date: dt.date
    """Business date of the delivery."""
    since: int
    """First absolute minute."""
    until: int
    """First absolute minute it does not know of any more: what is closed later is still open in it."""

    def knows(self, minute: Ints) -> Flags:
        """Which minutes had passed when the delivery was made."""
        return minute < self.until


@dataclass(frozen=True)
class Telling:
    """Everything a writer may look at."""

    life: Life
    source: SourceSystem
    period: Period
    rows: Mapping[str, Ints]
    """Table of the life to the rows this delivery tells of: new ones, then older ones that changed since."""
    draw: Draw
    rates: Rates

    @property
    def is_central(self) -> bool:
        """Whether the system came with the cutover; it names customers by their new account numbers."""
        return self.source.point_code == "ZT99" or self.source.role in ("cti", "ivr")


@dataclass(frozen=True)
class WrittenEvents:
    """Bytes of one delivery, and what stands where."""

    files: tuple[tuple[str, bytes], ...]
    """The main file first."""
    keys: Texts
    """Raw key of each record, in file order."""
    table: Ints
    """Which of the writer's tables each record is of."""
    row: Ints
    """Its row there; -1 for records that are no event (tests, totals)."""
    offset: Ints
    length: Ints
    defects: tuple[tuple[str, Ints], ...] = ()
    """Code and record numbers."""
    control: Mapping[str, int] = field(default_factory=dict)
    """Control totals beside the number of records."""
    file_defects: tuple[tuple[str, int, int], ...] = ()
    """Code, offset and length of what is wrong outside of records."""


@dataclass(frozen=True)
class ServedEvents:
    """Rows of a database that is asked for them, and what stands where."""

    table: Table
    rows: Sequence[tuple[str | None, ...]]
    keys: Texts
    """Raw key of each row."""
    of_table: Ints
    """Which of the writer's tables each row is of."""
    row: Ints
    """Its row there; -1 for rows that are no event."""
    version: Ints
    """1 for the first state of a case, 2 for the next: the same key stands in a row of each."""
    days: Sequence[str]
    """When each came in."""
    defects: tuple[tuple[str, Ints], ...] = ()
    """Code and row numbers."""

    @property
    def place(self) -> str:
        """Where the estate keeps it, for the truth."""
        return f"{self.table.name}.copy"


@dataclass(frozen=True)
class AnsweredEvents:
    """Records of a web service that is asked for them, and what stands where."""

    dialect: Dialect
    records: Sequence[str]
    """Elements, in the order of days."""
    days: Sequence[str]
    """When each came in."""
    keys: Texts
    of_table: Ints
    row: Ints
    version: Ints
    defects: tuple[tuple[str, Ints], ...] = ()
    """Code and record numbers."""
    place: str = RECORDS
    """Where the estate keeps it, for the truth."""


@dataclass(frozen=True)
class EventWriter:
    """How one kind writes."""

    kind: str
    tables: tuple[str, ...]
    write: Callable[[Telling], WrittenEvents]
    changes: Mapping[str, Callable[[Events], Ints]] = field(default_factory=dict)
    """Table to the minute at which a row last changed, after which it is told again."""
    serve: Callable[[Telling], ServedEvents | AnsweredEvents] | None = None
    """Given by kinds that were asked for what they know: all of it at once, as a database or a web service holds it."""
