"""Columns out of records: each field of a layout is decoded for all records that have it at the same place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa

from connectors.ebcdic.layout import Field, Layout
from connectors.ebcdic.numbers import (
    Digits,
    binary_digits,
    decimal_text,
    edited_texts,
    float_texts,
    is_ebcdic,
    packed_digits,
    stored_digits,
    zoned_digits,
)
from connectors.grid import Grid
from connectors.model import Bytes, Cells, Flags, Longs
from connectors.page_choice import TextCells, choose_pages
from connectors.text import decode_cells, decode_stored, trimmed_bytes


@dataclass(frozen=True)
class Records:
    """Records of one kind in a buffer."""

    buffer: Bytes
    starts: Longs
    file_offset: int
    """Where the buffer begins in the file."""
    pages: tuple[str, ...]
    is_ieee: bool = False

    def cells(self, field: Field, rows: Longs) -> Bytes:
        """The bytes of a field in some records, a matrix of rows × bytes."""
        starts = self.starts[rows] + field.offset
        if not len(starts):
            return np.zeros((0, field.width), dtype=np.uint8)
        step = int(starts[1] - starts[0]) if len(starts) > 1 else field.width
        if step >= field.width and (np.diff(starts) == step).all():
            # Records of one length lie like a matrix already; nothing needs to be gathered.
            return np.lib.stride_tricks.as_strided(
                self.buffer[starts[0] :], (len(starts), field.width), (step, 1), writeable=False
            )
        return np.asarray(self.buffer[starts[:, None] + np.arange(field.width)], dtype=np.uint8)


def is_text(field: Field) -> bool:
    """Whether a field holds characters."""
    return field.picture is not None and field.picture.kind == "text"


def number_digits(field: Field, cells: Bytes, *, is_ebcdic_text: bool) -> Digits:
    """The digits of a packed, binary or zoned field."""
    assert field.picture is not None
    if field.usage == "packed":
        return packed_digits(cells, is_signed=field.picture.is_signed)
    if field.usage == "binary":
        return binary_digits(cells, is_signed=field.picture.is_signed)
    return zoned_digits(cells, field=field, is_ebcdic_text=is_ebcdic_text)


def decode_columns(
    records: Records,
    *,
    columns: Sequence[str],
    layouts: Sequence[tuple[Layout, Longs]],
    masks: Mapping[str, Flags],
) -> tuple[dict[str, Cells], Bytes]:
    """Every column of some records, and the code page of each record.

    Args:
        records: the records.
        columns: columns in order; a record that lacks one has a null there.
        layouts: layouts with the records that have them.
        masks: per group of a REDEFINES the records where it is meant; all records for a group not named.
    """
    places = _places(layouts, masks=masks)
    texts = _texts_of(records, layouts=layouts)
    page_of_row = _choose(records, places=places)
    decoded = {
        column: _column(records, places=places.get(column, []), page_of_row=page_of_row, texts=texts)
        for column in columns
    }
    return decoded, page_of_row


def _texts_of(records: Records, *, layouts: Sequence[tuple[Layout, Longs]]) -> dict[Field, pa.Array]:
    """Text fields of records that all have one layout and lie side by side, cut and without padding in one pass."""
    count = len(records.starts)
    if len(layouts) != 1 or len(layouts[0][1]) != count or count < 2:
        return {}
    step, first = int(records.starts[1] - records.starts[0]), int(records.starts[0])
    layout, end = layouts[0][0], first + step * count
    if step < layout.length or end > len(records.buffer) or (np.diff(records.starts) != step).any():
        return {}
    edges, number_of = _edges(layout, step)
    filled = _grid(edges, count, _pads(records.pages)).fill(records.buffer[first:end])
    return {field: filled.column(number) for field, number in number_of.items()}


def _edges(layout: Layout, step: int) -> tuple[tuple[int, ...], dict[Field, int]]:
    """Where the pieces of a record begin, and which of them are texts; a field that others overlap is in pieces."""
    ends = {edge for field in layout.fields for edge in (field.offset, field.offset + field.width)}
    edges = sorted({0, *ends, step})
    piece_of = {piece: number for number, piece in enumerate(pairwise(edges))}
    texts = {
        field: piece_of.get((field.offset, field.offset + field.width)) for field in layout.fields if is_text(field)
    }
    return tuple(edges), {field: number for field, number in texts.items() if number is not None}


@lru_cache(maxsize=4)
def _grid(edges: tuple[int, ...], rows: int, pads: bytes) -> Grid:
    return Grid(edges, rows=rows, pads=pads)


def _pads(pages: Sequence[str]) -> bytes:
    return (b"@" if is_ebcdic(pages[0]) else b" ") + b"\0"


Places = list[tuple[Field, Longs]]


def _places(layouts: Sequence[tuple[Layout, Longs]], *, masks: Mapping[str, Flags]) -> dict[str, Places]:
    """Per column the fields it stands in; layouts that have it at the same offset are taken together."""
    found: dict[str, dict[int, tuple[Field, list[Longs]]]] = {}
    for layout, rows in layouts:
        for field in layout.fields:
            group = next((name for name in field.within if name in masks), None)
            meant = rows if group is None else rows[masks[group][rows]]
            found.setdefault(field.column, {}).setdefault(field.offset, (field, []))[1].append(meant)
    return {
        column: [(field, _in_order(rows)) for field, rows in by_offset.values()] for column, by_offset in found.items()
    }


def _in_order(parts: list[Longs]) -> Longs:
    """Rows of several layouts in file order."""
    if len(parts) == 1:
        return parts[0]
    is_there = np.zeros(max(int(part.max(initial=-1)) for part in parts) + 1, dtype=np.bool_)
    for part in parts:
        is_there[part] = True
    return np.flatnonzero(is_there)


def _choose(records: Records, *, places: Mapping[str, Places]) -> Bytes:
    count = len(records.starts)
    if len(records.pages) == 1:
        return np.zeros(count, dtype=np.uint8)
    cells: list[TextCells] = []
    for fields in places.values():
        if not is_text(fields[0][0]):
            continue
        lengths = np.zeros(count, dtype=np.int64)
        starts = np.zeros(count, dtype=np.int64)
        for field, rows in fields:
            starts[rows] = records.starts[rows] + field.offset
            lengths[rows] = field.width
        cells.append(TextCells(records.buffer, starts, lengths))
    return choose_pages(cells, rows=count, pages=records.pages)


def _column(records: Records, *, places: Places, page_of_row: Bytes, texts: Mapping[Field, pa.Array]) -> Cells:
    count = len(records.starts)
    parts = [
        (_cells(records, field=field, rows=rows, page_of_row=page_of_row, texts=texts), rows) for field, rows in places
    ]
    if len(parts) == 1 and len(parts[0][1]) == count:
        return parts[0][0]
    index = np.full(count, -1, dtype=np.int64)
    reasons = np.zeros(count, dtype=np.uint8)
    offsets = records.starts + records.file_offset
    position = 0
    for cells, rows in parts:
        index[rows] = np.arange(position, position + len(rows))
        reasons[rows] = cells.reasons
        offsets[rows] = cells.offsets
        position += len(rows)
    values = pa.concat_arrays([cells.values for cells, _ in parts]) if parts else pa.array([], pa.string())
    return Cells(values.take(pa.array(index, mask=index < 0)), reasons, offsets)


def _cells(
    records: Records, *, field: Field, rows: Longs, page_of_row: Bytes, texts: Mapping[Field, pa.Array]
) -> Cells:
    offsets = records.starts[rows] + field.offset + records.file_offset
    if field in texts and len(rows) == len(records.starts):
        values, reasons = decode_stored(texts[field], pages=records.pages, page_of_row=page_of_row)
        return Cells(values, reasons, offsets)
    cells = records.cells(field, rows)
    if is_text(field):
        values, reasons = _text_cells(records, cells=cells, page_of_row=page_of_row[rows])
        return Cells(values, reasons, offsets)
    page = records.pages[0]
    if field.usage in ("float", "double"):
        values, reasons = float_texts(cells, is_ieee=records.is_ieee)
        return Cells(values, reasons, offsets)
    assert field.picture is not None
    if field.picture.kind == "edited":
        values, reasons = edited_texts(cells, scale=field.picture.scale, page=page)
        return Cells(values, reasons, offsets)
    numbers = number_digits(field, cells, is_ebcdic_text=is_ebcdic(page))
    is_plain = field.usage == "display" and not field.picture.is_signed and not field.sign.is_separate
    if is_plain and field.picture.scale == 0:
        return Cells(stored_digits(numbers), numbers.reasons, offsets)
    return Cells(decimal_text(numbers, scale=field.picture.scale), numbers.reasons, offsets)


def _text_cells(records: Records, *, cells: Bytes, page_of_row: Bytes) -> tuple[pa.Array, Bytes]:
    data, offsets = trimmed_bytes(cells, pads=_pads(records.pages))
    return decode_cells(data, offsets, pages=records.pages, page_of_row=page_of_row)
