"""Records that were parsed one by one, as a chunk.

Documents (mail, XML, spreadsheets) cannot be read a column at a time. Their readers collect :class:`TextRecord` objects
and hand them over here; budgets, booking and the shape of the tables are those of every other reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from connectors.assemble import assemble
from connectors.charsets import storable
from connectors.model import Cells, Ledger, RawChunk, Rows, Span


@dataclass(frozen=True)
class TextRecord:
    """One record: column to text, in any order; a column that is absent is null."""

    offset: int
    length: int
    page: str
    values: Mapping[str, str | None]
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Columns that could not be decoded, to the number of a cell reason."""


def storable_record(
    offset: int, length: int, *, page: str, values: Mapping[str, str | None], reasons: Mapping[str, int] | None = None
) -> TextRecord:
    """A record whose texts a database takes; others become nulls with a reason."""
    kept: dict[str, str | None] = {}
    bad: dict[str, int] = dict(reasons or {})
    for name, value in values.items():
        kept[name], reason = storable(value) if value is not None else (None, 0)
        if reason:
            bad[name] = reason
    return TextRecord(offset, length, page, kept, bad)


def text_chunk(
    records: Sequence[TextRecord],
    *,
    names: Iterable[str],
    spans: Sequence[Span],
    required: Iterable[str],
    ledger: Ledger,
) -> RawChunk:
    """A chunk of records; the place of a cell is the place of its record, because none nearer is kept."""
    offsets = np.array([record.offset for record in records], dtype=np.int64)
    pages = tuple(sorted({record.page for record in records}))
    rows = Rows(
        offsets=offsets,
        lengths=np.array([record.length for record in records], dtype=np.int64),
        is_deleted=np.zeros(len(records), dtype=np.bool_),
        pages=np.array([pages.index(record.page) for record in records], dtype=np.uint8),
        page_names=pages,
    )
    columns = {
        name: Cells(
            values=pa.array([record.values.get(name) for record in records], pa.string()),
            reasons=np.array([record.reasons.get(name, 0) for record in records], dtype=np.uint8),
            offsets=offsets,
        )
        for name in names
    }
    return assemble(columns, rows=rows, spans=spans, required=required, ledger=ledger)
