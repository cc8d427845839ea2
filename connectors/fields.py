"""Delimited fields of many records, decoded a column at a time.

The fields of a view are made neighbours in one buffer by dropping everything between them (delimiters, line ends,
escapes), so that Arrow can take a column out of them without a Python object per field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import Bytes, Cells, Flags, Longs, Rows
from connectors.page_choice import TextCells, choose_pages
from connectors.text import decode_cells, stored_array, stored_bytes
from connectors.window import View

BLANK, BACKSLASH = 0x20, 0x5C


@dataclass(frozen=True)
class Fields:
    """Fields of records that all have the same number of them: matrices of records × fields."""

    data: Bytes
    """The bytes of all fields one after another, record by record."""
    offsets: Longs
    """Where each of them begins, one more than fields."""
    cell_offsets: Longs
    """Matrix: first byte of each field in the file."""
    is_empty_text: Flags
    """Matrix: fields stored as an empty text, not as a missing one."""


def delimited_fields(view: View, *, starts: Longs, ends: Longs, dropped: Flags | None, emptied: Flags) -> Fields:
    """Fields between delimiters.

    Args:
        view: bytes the records lie in.
        starts: matrix of the first byte of each field.
        ends: matrix of one past the last byte of each field.
        dropped: bytes that belong to no value (escapes, cuts of a long row).
        emptied: matrix of fields whose bytes say "empty text".
    """
    edges = np.zeros(len(view.data) + 1, dtype=np.int8)
    has_bytes = (ends > starts) & ~emptied
    # A field may begin where another ends only if a delimiter stood there, so no two edges of one sort coincide.
    edges[starts[has_bytes]] += 1
    edges[ends[has_bytes]] -= 1
    is_kept = np.cumsum(edges[:-1], dtype=np.int8).view(np.bool_)
    if dropped is not None:
        is_kept = is_kept & ~dropped
    before = np.zeros(len(view.data) + 1, dtype=np.int64)
    np.cumsum(is_kept, out=before[1:])
    data = view.data[is_kept]
    offsets = np.append(before[starts.reshape(-1)], len(data))
    return Fields(data, offsets, starts + view.offset, emptied)


def escapes_of(data: Bytes, *, escape: int = BACKSLASH) -> Flags | None:
    """Bytes that take their meaning from the byte behind them; none where the escape does not occur."""
    # In a run of backslashes the first escapes the second, the third the fourth; an odd last one escapes what follows.
    at = np.flatnonzero(data == escape)
    if not at.size:
        return None
    begins = np.concatenate([[True], np.diff(at) != 1])
    run_start = at[begins][np.cumsum(begins) - 1]
    escapes = np.zeros(len(data), dtype=np.bool_)
    escapes[at[(at - run_start) % 2 == 0]] = True
    return escapes


def decode_fields(
    fields: Fields,
    *,
    names: Sequence[str],
    offsets: Longs,
    lengths: Longs,
    pages: Sequence[str],
    is_padded: bool = False,
) -> tuple[dict[str, Cells], Rows]:
    """Columns of cells and the place of each record; the code page is chosen per record."""
    count, width = len(offsets), len(names)
    array = stored_array(fields.data, offsets=fields.offsets)
    if is_padded:
        array = pc.ascii_trim(array, characters=" ")
    data, places = stored_bytes(array)
    starts, sizes = places[:-1].reshape(count, width), np.diff(places).reshape(count, width)
    cells = [TextCells(data, starts[:, i], sizes[:, i]) for i in range(width)]
    page_of_row = choose_pages(cells, rows=count, pages=pages)
    columns: dict[str, Cells] = {}
    for i, name in enumerate(names):
        column = stored_bytes(array.take(pa.array(np.arange(i, count * width, width))))
        values, reasons = decode_cells(
            *column, pages=pages, page_of_row=page_of_row, is_empty_text=fields.is_empty_text[:, i]
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
