"""Party records in the making.

A :class:`Draft` holds the raw text of every row that will become a record and the standard columns made so far. A step
takes a draft and gives a draft with more columns; when one row turns out to hold two parties, the draft grows a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd
import pyarrow as pa

from config.kinds import Kind
from config.lookups import Lookups
from config.sources import SourceSystem

REJECT = pa.schema(
    [
        pa.field("_record_no", pa.int64(), nullable=False),
        pa.field("_offset", pa.int64(), nullable=False),
        pa.field("_length", pa.int64(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string()),
    ]
)
EXCLUDED = pa.schema(
    [pa.field("_record_no", pa.int64(), nullable=False), pa.field("reason", pa.string(), nullable=False)]
)

NOTE = pa.schema([pa.field("_record_no", pa.int64(), nullable=False), pa.field("code", pa.string(), nullable=False)])


@dataclass(frozen=True)
class Standardised:
    """What became of a batch of raw rows; each is in exactly one of the three tables."""

    records: pa.Table
    """PARTY_RECORD; two rows of parts 1 and 2 where one raw row holds two parties."""
    rejects: pa.Table
    """Rows that break a promise of their source: place, reason, detail (:data:`REJECT`)."""
    excluded: pa.Table
    """Rows that are no customers: record number and reason (:data:`EXCLUDED`)."""
    notes: pa.Table
    """What was odd about rows and is put right in their records: record number and code (:data:`NOTE`).

    A value that was left out has a reason code among the ``issues`` of its record; a note is about one that was kept.
    """


@dataclass(frozen=True)
class Context:
    """What a step may know beside the rows."""

    source: SourceSystem
    kind: Kind
    business_date: dt.date
    lookups: Lookups


@dataclass(frozen=True)
class Draft:
    """Rows on their way to party records; all columns share one index."""

    raw: pd.DataFrame
    """Raw columns, text without pad blanks, nothing where nothing stood; sentinels are still there."""
    values: Mapping[str, pd.Series] = field(default_factory=dict)
    """Standard columns (and a few intermediate ones) made so far."""
    issues: tuple[pd.Series, ...] = ()
    """Reason codes, missing where all is well."""
    notes: tuple[pd.Series, ...] = ()
    """Codes of what was odd and could be read all the same, missing where nothing was."""

    @property
    def index(self) -> pd.Index:
        """Rows of the draft."""
        return self.raw.index

    def texts(self, columns: Sequence[str]) -> pd.DataFrame:
        """Raw columns by name; ones this file does not have are all missing."""
        return self.raw.reindex(columns=list(columns)).astype("string")

    def first_text(self, columns: Sequence[str]) -> pd.Series:
        """The first of these raw columns that says anything, row by row."""
        found = pd.Series(pd.NA, index=self.index, dtype="string")
        for column in columns:
            found = found.fillna(self.raw[column])
        return found

    def value(self, name: str) -> pd.Series:
        """A column made by an earlier step, or all missing."""
        if name in self.values:
            return self.values[name]
        return pd.Series(pd.NA, index=self.index, dtype="string")

    def with_values(
        self, values: Mapping[str, pd.Series], *, issues: Sequence[pd.Series] = (), notes: Sequence[pd.Series] = ()
    ) -> Draft:
        """The draft with more (or newer) columns, more reason codes and more notes."""
        return replace(
            self, values={**self.values, **values}, issues=(*self.issues, *issues), notes=(*self.notes, *notes)
        )

    def rows(self, positions: Sequence[int]) -> Draft:
        """The draft of the rows at these positions, with a fresh index; a position may come twice."""
        at = list(positions)
        return Draft(
            raw=self.raw.iloc[at].reset_index(drop=True),
            values={name: column.iloc[at].reset_index(drop=True) for name, column in self.values.items()},
            issues=tuple(column.iloc[at].reset_index(drop=True) for column in self.issues),
            notes=tuple(column.iloc[at].reset_index(drop=True) for column in self.notes),
        )


Step = Callable[[Draft, Context], Draft]


def note_table(notes: Iterable[pd.Series], record_no: pd.Series) -> pa.Table:
    """Notes as a table (:data:`NOTE`), by record, then code; each once."""
    found = {
        (int(number), str(code))
        for note in notes
        for number, code in zip(record_no[note.notna()], note.dropna(), strict=True)
    }
    ordered = sorted(found)
    columns = [[number for number, _ in ordered], [code for _, code in ordered]]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, NOTE, strict=True)], schema=NOTE)


def flag(mask: pd.Series, code: str) -> pd.Series:
    """The reason code where the mask is true, missing elsewhere."""
    codes = pd.Series(pd.NA, index=mask.index, dtype="string")
    codes[mask.fillna(False).astype(bool)] = code
    return codes


def joined_codes(issues: Iterable[pd.Series], *, index: pd.Index) -> pd.Series:
    """Reason codes of each row, sorted, comma between; missing where there are none."""
    by_row: dict[Hashable, set[str]] = {}
    for issue in issues:
        for row, code in issue.dropna().items():
            by_row.setdefault(row, set()).add(code)
    joined = [",".join(sorted(by_row[row])) if row in by_row else None for row in index]
    return pd.Series(joined, index=index, dtype="string")


def as_table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """The columns of a schema, out of a frame that may have more."""
    columns = [pa.array(frame[field.name], type=field.type, from_pandas=True) for field in schema]
    return pa.table(columns, schema=schema)
