"""Reading a DBF table: records as a matrix of bytes, fields as slices of it.

What the size of the file allows is read, whatever the header claims. Bytes behind the last record are the end mark,
filler, or data nobody can place. A delete flag that is neither blank nor star is unknown: the row is kept, because a
lost customer is worse than a deleted one looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BadData, BudgetExceeded, StorageFailed
from connectors.assemble import assemble
from connectors.dbf import cells as typed
from connectors.dbf.header import DbfField, DbfHeader, header_size, parse_header
from connectors.dbf.memo import MemoFile, MemoTexts, memo_format, missing_texts
from connectors.fields import unique_names
from connectors.grid import Filled, Grid
from connectors.model import Bytes, Cells, Ledger, Longs, RawChunk, Rows, Span, reason_number
from connectors.page_choice import TextCells, choose_pages
from connectors.side_by_side import decoded_in_order
from connectors.text import decode_cells, decode_stored, gather, stored_array

_CHUNK_BYTES = 6 * 2**20
"""What is decoded at once: little enough to stay near the processor, enough to make what a column costs small."""
_END_MARK, _DELETED, _PRESENT = 0x1A, 0x2A, 0x20
_UNKNOWN_FLAG = reason_number("unknown_delete_flag")
_TEXT_TYPES = frozenset("CV")
_POINTER_TYPES = frozenset("MGP")


@dataclass(frozen=True)
class DbfFormat:
    """What the reader is told beside the file."""

    pages: tuple[str, ...] = ()
    """Declared code page, then the others that occur; empty to believe the header."""
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A field as a column: name and, for types that point, whether its text is followed."""

    column: str
    field: DbfField
    number: int
    """Position in a record, whose first field is the delete flag."""


@dataclass(frozen=True)
class _Piece:
    """Some records as they lie."""

    data: Bytes
    offset: int


@dataclass(frozen=True)
class _Decoded:
    """A piece as columns."""

    columns: dict[str, Cells]
    rows: Rows
    flags: Bytes
    """The delete flags as they stand."""


def read_table(
    path: Path,
    *,
    form: DbfFormat,
    ledger: Ledger,
    memo_path: Path | None = None,
    memo_ledger: Ledger | None = None,
    expected_records: int | None = None,
    chunk_records: int = 50_000,
) -> Iterator[RawChunk]:
    """Chunks of a table in file order; at least one.

    Args:
        path: the table.
        form: how it is read.
        ledger: of the table.
        memo_path: the memo file, if the table has one.
        memo_ledger: of the memo file.
        expected_records: what the sender counted; tells a stale header from garbage behind the records.
        chunk_records: most records of a chunk.

    Raises:
        BadData: the header is no DBF header.
    """
    try:
        file = path.open("rb")
    except OSError as exc:
        raise StorageFailed(f"{path.name}: {exc.strerror}") from exc
    with file:
        header = _read_header(file, ledger=ledger)
        memo = None
        if memo_path is not None and memo_ledger is not None:
            memo = MemoFile(memo_path, form=memo_format(header.version), ledger=memo_ledger)
        try:
            table = _Table(file, header=header, memo=memo, form=form, ledger=ledger)
            yield from table.chunks(chunk_records, rows=table.rows(expected_records))
            if memo is not None:
                memo.book()
        finally:
            if memo is not None:
                memo.close()


def _read_header(file: BinaryIO, *, ledger: Ledger) -> DbfHeader:
    start = file.read(32)
    size = header_size(start, file=ledger.file)
    header = parse_header(start + file.read(max(0, size - 32)), file=ledger.file)
    if header.record_bytes > ledger.budgets.max_record_bytes:
        raise BudgetExceeded(f"{ledger.file}: byte 10: records of {header.record_bytes} bytes")
    ledger.book("header", header.header_bytes)
    return header


class _Table:
    def __init__(
        self, file: BinaryIO, *, header: DbfHeader, memo: MemoFile | None, form: DbfFormat, ledger: Ledger
    ) -> None:
        self._file = file
        self._header = header
        self._memo = memo
        self._form = form
        self._ledger = ledger
        self._pages = form.pages or self._believed_pages()
        names = unique_names([field.name for field in header.fields])
        self._places = [
            _Place(name, field, number)
            for number, (name, field) in enumerate(zip(names, header.fields, strict=True), start=1)
            if field.type != "0"
        ]
        self._text_places = [place.number for place in self._places if place.field.type in _TEXT_TYPES]
        self._null_flags = next((field for field in header.fields if field.type == "0"), None)
        if form.pages and header.code_page not in (None, form.pages[0]):
            ledger.warn(f"{ledger.file}: byte 29: the header says {header.code_page}, the registry {form.pages[0]}")

    def _believed_pages(self) -> tuple[str, ...]:
        page = self._header.code_page
        if page is None:
            self._ledger.warn(
                f"{self._ledger.file}: byte 29: language driver 0x{self._header.language_driver:02X} names no code "
                "page: only ASCII is read; give a code page"
            )
        return (page or "ascii",)

    def chunks(self, chunk_records: int, *, rows: int) -> Iterator[RawChunk]:
        """So many records a piece at a time, and what lies behind them."""
        width = self._header.record_bytes
        step = min(max(1, min(chunk_records, _CHUNK_BYTES // width)), max(1, rows))
        tail = self._tail_spans(rows)
        grid = Grid([0, *(field.offset for field in self._header.fields), width], rows=step, pads=typed.PADS)
        for decoded in decoded_in_order(partial(self._decode, grid), self._pieces(rows, step=step)):
            yield self._chunk(decoded, spans=tail)
            tail = []

    def _pieces(self, rows: int, *, step: int) -> Iterator[_Piece]:
        width = self._header.record_bytes
        for first in range(0, max(rows, 1), step):
            offset = self._header.header_bytes + first * width
            yield _Piece(self._read(offset, min(step, rows - first) * width), offset)

    def _read(self, offset: int, length: int) -> Bytes:
        try:
            self._file.seek(offset)
            data = self._file.read(length)
        except OSError as exc:
            raise StorageFailed(f"{self._ledger.file}: byte {offset}: {exc.strerror}") from exc
        if len(data) != length:
            raise StorageFailed(f"{self._ledger.file}: byte {offset + len(data)}: the file became shorter")
        return np.frombuffer(data, dtype=np.uint8)

    # -- how many records, and what is behind them ----------------------------------------------------------------

    def rows(self, expected: int | None) -> int:
        """How many records are read: never more than fit, and more than the header says only if the sender says so."""
        header, ledger = self._header, self._ledger
        if header.record_bytes < 2:
            raise BadData(f"{ledger.file}: byte 10: records of {header.record_bytes} bytes", hint="Damaged header")
        present = max(0, ledger.size - header.header_bytes) // header.record_bytes
        if present != header.records:
            behind = ledger.size - header.header_bytes - header.records * header.record_bytes
            if behind < 0 or behind > 1:
                ledger.warn(f"{ledger.file}: byte 4: the header counts {header.records} records, {present} fit")
        if expected is not None and header.records < expected <= present:
            return expected
        return min(present, header.records)

    def _tail_spans(self, rows: int) -> list[Span]:
        header, ledger = self._header, self._ledger
        offset = header.header_bytes + rows * header.record_bytes
        size = ledger.size - offset
        if size <= 0:
            ledger.warn(f"{ledger.file}: no end mark 0x1A behind the last record")
            ledger.find("end_mark_missing", offset=offset)
            return []
        first = int(self._read(offset, 1)[0])
        if first == _END_MARK:
            ledger.book("trailer", 1)
            offset, size = offset + 1, size - 1
        else:
            ledger.warn(f"{ledger.file}: no end mark 0x1A behind the last record")
            ledger.find("end_mark_missing", offset=offset)
        if not size:
            return []
        if rows < header.records:
            detail = f"{header.record_bytes} bytes expected, {size} left"
            return [Span(offset, size, "truncated_record", detail)]
        return self._unplaced(offset, size)

    def _unplaced(self, offset: int, size: int) -> list[Span]:
        """Bytes behind the end: filler when they are nothing, else quarantined, a span per record length."""
        header, ledger = self._header, self._ledger
        if size > 1 and int(self._read(offset + size - 1, 1)[0]) == _END_MARK and not ledger.booked.get("trailer"):
            ledger.book("trailer", 1)
            size -= 1
        if size <= _CHUNK_BYTES and np.isin(self._read(offset, size), (0, _PRESENT, _END_MARK)).all():
            ledger.book("filler", size)
            ledger.find("filler_after_end", offset=offset, length=size)
            return []
        width = header.record_bytes
        detail = "data behind the last record the header counts"
        return [
            Span(at, min(width, offset + size - at), "data_after_end", detail, is_record=False)
            for at in range(offset, offset + size, width)
        ]

    # -- records --------------------------------------------------------------------------------------------------

    def _decode(self, grid: Grid, piece: _Piece) -> _Decoded:
        """A piece as columns; books nothing, so that pieces can be decoded side by side."""
        filled = grid.fill(piece.data)
        matrix, width = filled.matrix, self._header.record_bytes
        starts = np.arange(len(matrix), dtype=np.int64) * width + piece.offset
        flags = np.ascontiguousarray(matrix[:, 0])
        page_of_row = filled.choose_pages(self._text_places, pages=self._pages)
        columns = {
            place.column: self._column(place, grid=filled, starts=starts, pages=page_of_row) for place in self._places
        }
        rows = Rows(
            starts,
            np.full(len(matrix), width, dtype=np.int64),
            flags == _DELETED,
            page_of_row,
            self._pages,
            np.where((flags == _DELETED) | (flags == _PRESENT), 0, _UNKNOWN_FLAG).astype(np.uint8),
        )
        return _Decoded(columns, rows, flags)

    def _chunk(self, decoded: _Decoded, *, spans: list[Span]) -> RawChunk:
        self._warn_of_flags(decoded.flags)
        return assemble(
            decoded.columns, rows=decoded.rows, spans=spans, required=self._form.required, ledger=self._ledger
        )

    def _warn_of_flags(self, flags: Bytes) -> None:
        for flag in np.unique(flags[(flags != _PRESENT) & (flags != _DELETED)]):
            self._ledger.warn(f"{self._ledger.file}: delete flag 0x{flag:02X} is unknown; such rows are kept")

    def _pointers(self, place: _Place, grid: Filled) -> tuple[Longs, Bytes]:
        is_binary = place.field.width == 4
        return (
            typed.binary_pointers(grid.cells(place.number)) if is_binary else typed.pointers(grid.column(place.number))
        )

    def _memo_texts(self, place: _Place, grid: Filled) -> tuple[MemoTexts, Bytes]:
        pointers, reasons = self._pointers(place, grid)
        texts = self._memo.texts(pointers) if self._memo else missing_texts(pointers)
        return texts, np.maximum(reasons, texts.reasons)

    def _memo_cells(self, texts: MemoTexts, *, reasons: Bytes, offsets: Longs) -> Cells:
        # Memos stand in a file of their own and may come from another program: each has a page of its own.
        data, places = texts.data, texts.offsets
        cells = TextCells(data, places[:-1], np.diff(places))
        pages = choose_pages([cells], rows=len(reasons), pages=self._pages)
        values, bad = decode_cells(data, places, pages=self._pages, page_of_row=pages)
        return Cells(values, np.maximum(reasons, bad), offsets)

    def _column(self, place: _Place, *, grid: Filled, starts: Longs, pages: Bytes) -> Cells:
        field = place.field
        offsets = starts + field.offset
        if field.type == "M":
            texts, reasons = self._memo_texts(place, grid)
            decoded = self._memo_cells(texts, reasons=reasons, offsets=offsets)
        elif field.type in _TEXT_TYPES:
            stored = self._varchar(place, grid) if field.length_bit >= 0 else grid.column(place.number)
            values, reasons = decode_stored(stored, pages=self._pages, page_of_row=pages)
            decoded = Cells(values, reasons, offsets)
        else:
            decoded = Cells(*self._typed(place, grid), offsets)
        is_null = self._bit(field.null_bit, grid.matrix)
        if not is_null.any():
            return decoded
        values = pc.if_else(pa.array(is_null), pa.scalar(None, pa.string()), decoded.values)
        return Cells(values, np.where(is_null, 0, decoded.reasons).astype(np.uint8), decoded.offsets)

    def _varchar(self, place: _Place, grid: Filled) -> pa.Array:
        """The last byte of a varchar that does not fill its field is its length."""
        cells, width = grid.cells(place.number), place.field.width
        told = np.minimum(cells[:, -1].astype(np.int64), width - 1)
        lengths = np.where(self._bit(place.field.length_bit, grid.matrix), told, width)
        starts = np.arange(len(cells), dtype=np.int64) * width
        data, offsets = gather(np.ascontiguousarray(cells).reshape(-1), starts=starts, lengths=lengths)
        return stored_array(data, offsets=offsets)

    def _bit(self, number: int, matrix: Bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        flags = self._null_flags
        if number < 0 or flags is None or number >= 8 * flags.width:
            return np.zeros(len(matrix), dtype=np.bool_)
        return np.asarray((matrix[:, flags.offset + number // 8] >> (number % 8)) & 1, dtype=np.bool_)

    def _typed(self, place: _Place, grid: Filled) -> tuple[pa.Array, Bytes]:
        field = place.field
        if field.type in _POINTER_TYPES or (field.type == "B" and not self._header.is_visual):
            # Pictures and objects are not text; their block number is what the table itself stores.
            pointers, reasons = self._pointers(place, grid)
            return pa.array(pointers, mask=pointers == 0).cast(pa.string()), reasons
        _, width = typed.CHARACTERS[field.type] if field.type in typed.CHARACTERS else typed.BINARY[field.type]
        if width and width != field.width:
            raise BadData(
                f"{self._ledger.file}: field {field.name} of type {field.type} has {field.width} bytes, "
                f"{width} expected"
            )
        if field.type in typed.CHARACTERS:
            return typed.CHARACTERS[field.type][0](grid.column(place.number))
        return typed.BINARY[field.type][0](grid.cells(place.number))
