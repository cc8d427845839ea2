"""What readers hand out, and how they keep account of bytes.

A reader turns files into :class:`RawChunk` tables and books every byte of every file under exactly one heading of a
:class:`Ledger`: header, delivered records, quarantined spans, filler or trailer. Once the last chunk was taken, the
frozen :class:`FileAccount` of each file must be balanced; that is the law of conservation, in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from config.kinds import Budgets

Bytes = npt.NDArray[np.uint8]
Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

Heading = Literal["header", "records", "quarantined", "filler", "trailer"]

CELL_REASONS = (
    "fine",
    "undecodable_byte",
    "nul_in_text",
    "bad_packed_nibble",
    "bad_packed_sign",
    "blanks_in_number",
    "low_values_in_number",
    "bad_zoned_digit",
    "bad_number",
    "bad_date",
    "bad_logical",
    "numeric_overflow",
    "memo_missing",
    "memo_pointer_past_eof",
    "memo_unterminated",
    "memo_bad_block",
    "bad_float",
    "unknown_delete_flag",
    "parent_unknown",
)
"""Why a cell could not be decoded, by the small number the readers keep per cell; 0 is a good one."""


def reason_number(reason: str) -> int:
    """The small number of a cell reason."""
    return CELL_REASONS.index(reason)


@dataclass(frozen=True)
class RawChunk:
    """Some records of a file in file order, with what could not become a record or a cell."""

    records: pa.Table
    """Raw text columns of the format, then ``config.schemas.RAW_PLACE``."""
    quarantine: pa.Table
    """``config.schemas.QUARANTINED_SPAN``."""
    issues: pa.Table
    """``config.schemas.CELL_ISSUE``."""


@dataclass(frozen=True)
class FileAccount:
    """Where every byte of a file went."""

    file: str
    size: int
    header: int
    records: int
    quarantined: int
    filler: int
    trailer: int

    @property
    def is_balanced(self) -> bool:
        """Whether the headings sum to the size of the file."""
        return self.size == self.header + self.records + self.quarantined + self.filler + self.trailer


@dataclass(frozen=True)
class FileFinding:
    """What is odd about a file outside its records and takes nothing from anybody."""

    code: str
    offset: int
    length: int
    """Bytes; 0 where something is missing."""


@dataclass
class Ledger:
    """The account of one file while it is read."""

    file: str
    size: int
    budgets: Budgets
    booked: dict[Heading, int] = field(default_factory=dict)
    delivered_records: int = 0
    quarantined_records: int = 0
    warnings: list[str] = field(default_factory=list)
    findings: list[FileFinding] = field(default_factory=list)

    def book(self, heading: Heading, length: int) -> None:
        """Books bytes under a heading."""
        self.booked[heading] = self.booked.get(heading, 0) + int(length)

    def warn(self, warning: str) -> None:
        """Remembers a warning once; it must hold no personal data."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def find(self, code: str, *, offset: int, length: int = 0) -> None:
        """Notes something odd at a place outside the records, for whoever counts the oddities of a file."""
        self.findings.append(FileFinding(code, int(offset), int(length)))

    def account(self) -> FileAccount:
        """What was booked so far."""
        return FileAccount(
            file=self.file,
            size=self.size,
            header=self.booked.get("header", 0),
            records=self.booked.get("records", 0),
            quarantined=self.booked.get("quarantined", 0),
            filler=self.booked.get("filler", 0),
            trailer=self.booked.get("trailer", 0),
        )


@dataclass(frozen=True)
class Span:
    """Bytes that could not become a record."""

    offset: int
    length: int
    reason: str
    detail: str
    is_record: bool = True
    """Whether the sender counted it as a record; data behind the end of a table is none."""


@dataclass(frozen=True)
class Cells:
    """One column of a chunk: its texts, and what was wrong with cells."""

    values: pa.Array
    """Strings; null where the cell is blank or bad."""
    reasons: Bytes
    """Per row the number of a :data:`CELL_REASONS`; 0 where the cell is good."""
    offsets: Longs
    """First byte of each cell in the file."""


@dataclass(frozen=True)
class Rows:
    """Where the records of a chunk lie in their file."""

    offsets: Longs
    lengths: Longs
    is_deleted: Flags
    pages: Bytes
    """Per row the position of its code page among :attr:`page_names`."""
    page_names: tuple[str, ...]
    flag_reasons: Bytes | None = None
    """Per row what is wrong with its delete flag, a number of :data:`CELL_REASONS`; none where a format has none."""


@dataclass(frozen=True)
class RawFile:
    """A whole file as one table, for files of strangers that fit into memory."""

    records: pa.Table
    quarantine: pa.Table
    issues: pa.Table
    accounts: tuple[FileAccount, ...]
    warnings: tuple[str, ...]

    @staticmethod
    def of(chunks: Iterable[RawChunk], *, ledgers: Sequence[Ledger]) -> RawFile:
        """All chunks together."""
        taken = list(chunks)
        return RawFile(
            records=pa.concat_tables([chunk.records for chunk in taken]),
            quarantine=pa.concat_tables([chunk.quarantine for chunk in taken]),
            issues=pa.concat_tables([chunk.issues for chunk in taken]),
            accounts=tuple(ledger.account() for ledger in ledgers),
            warnings=tuple(warning for ledger in ledgers for warning in ledger.warnings),
        )
