"""Delimited fields of many records, as starts and lengths in one buffer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from connectors.model import Bytes, Cells, Flags, Longs, Rows
from connectors.page_choice import TextCells, choose_pages
from connectors.text import decode_cells, gather
from connectors.window import View

BLANK = 0x20


@dataclass(frozen=True)
class Fields:
    """Fields of records that all have the same number of them: matrices of records × fields."""

    buffer: Bytes
    starts: Longs
    lengths: Longs
    cell_offsets: Longs
    """First byte of each field in the file."""
    is_empty_text: Flags
    """Fields stored as an empty text, not as a missing one."""


def delimited_fields(view: View, *, starts: Longs, inner: Longs, ends: Longs, dropped: Flags | None) -> Fields:
    """Fields between delimiters.

    Args:
        view: bytes the records lie in.
        starts: first byte of each record.
        inner: per record the places of the delimiters between its fields.
        ends: where the last field of each record ends.
        dropped: bytes that belong to no value (escapes, cuts of a long row); what stands behind them moves up.
    """
    field_starts = np.concatenate([starts[:, None], inner + 1], axis=1)
    field_ends = np.concatenate([inner, ends[:, None]], axis=1)
    none = np.zeros(field_starts.shape, dtype=np.bool_)
    if dropped is None:
        return Fields(view.data, field_starts, field_ends - field_starts, field_starts + view.offset, none)
    before = np.concatenate([[0], np.cumsum(dropped)])
    new_starts = field_starts - before[field_starts]
    new_lengths = field_ends - before[field_ends] - new_starts
    return Fields(view.data[~dropped], new_starts, new_lengths, field_starts + view.offset, none)


def trimmed(fields: Fields) -> Fields:
    """The same fields without the blanks around them."""
    starts, lengths = fields.starts.copy(), fields.lengths.copy()
    _shrink(fields.buffer, starts=starts, lengths=lengths, step=1)
    _shrink(fields.buffer, starts=starts, lengths=lengths, step=0)
    return replace(fields, starts=starts, lengths=lengths)


def _shrink(buffer: Bytes, *, starts: Longs, lengths: Longs, step: int) -> None:
    flat_starts, flat_lengths = starts.reshape(-1), lengths.reshape(-1)
    at = np.flatnonzero(flat_lengths)
    while at.size:
        edge = flat_starts[at] + (0 if step else flat_lengths[at] - 1)
        at = at[buffer[edge] == BLANK]
        flat_starts[at] += step
        flat_lengths[at] -= 1
        at = at[flat_lengths[at] > 0]


def decode_fields(
    fields: Fields, *, names: Sequence[str], offsets: Longs, lengths: Longs, pages: Sequence[str]
) -> tuple[dict[str, Cells], Rows]:
    """Columns of cells and the place of each record; the code page is chosen per record."""
    count = len(offsets)
    cells = [TextCells(fields.buffer, fields.starts[:, i], fields.lengths[:, i]) for i in range(len(names))]
    page_of_row = choose_pages(cells, rows=count, pages=pages)
    columns: dict[str, Cells] = {}
    for i, name in enumerate(names):
        data, places = gather(fields.buffer, starts=fields.starts[:, i], lengths=fields.lengths[:, i])
        values, reasons = decode_cells(
            data, places, pages=pages, page_of_row=page_of_row, is_empty_text=fields.is_empty_text[:, i]
        )
        columns[name] = Cells(values, reasons, fields.cell_offsets[:, i])
    rows = Rows(offsets, lengths, np.zeros(count, dtype=np.bool_), page_of_row, tuple(pages))
    return columns, rows


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """Column names of a heading; one that comes again gets a number, ``NR``, ``NR#2``."""
    seen: dict[str, int] = {}
    unique: list[str] = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(unique)
