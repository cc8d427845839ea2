"""Reading a file of COBOL records: header, details with tables of varying size, trailer with control totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BadData, ConfigurationError
from connectors.assemble import assemble
from connectors.ebcdic.copybook import Item
from connectors.ebcdic.decode import Records, decode_columns, number_digits
from connectors.ebcdic.form import EbcdicFormat
from connectors.ebcdic.frames import (
    RDW_BYTES,
    Frames,
    RdwRules,
    block_frames,
    fixed_frames,
    line_frames,
    rdw_frames,
    variable_frames,
)
from connectors.ebcdic.hierarchy import Carrier
from connectors.ebcdic.layout import Field, Layout, Table, lay_out
from connectors.ebcdic.numbers import as_integers
from connectors.ebcdic.spanned import SpannedFrames
from connectors.ebcdic.totals import Totals, check_totals
from connectors.model import Bytes, Cells, Flags, Ledger, Longs, RawChunk, Rows, Span
from connectors.side_by_side import decoded_in_order
from connectors.window import WINDOW_BYTES, View, Window

_Group = tuple[str, tuple[int, ...], Longs]
"""An alternative of a REDEFINES, the entries of the first tables, and the records that have them."""
_FIRST = np.zeros(1, dtype=np.int64)


def read_records(
    path: Path,
    *,
    form: EbcdicFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a file of COBOL records; at least one.

    Raises:
        ConfigurationError: the form contradicts itself.
        BadData: it does not begin with its header.
        ControlTotalsDiffer: the trailer is missing or says something else.
    """
    form.check()
    totals = Totals()
    reader = _Reader(form, ledger=ledger, totals=totals)
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        for decoded in decoded_in_order(reader.decode, reader.pieces(window, chunk_records=chunk_records)):
            yield reader.assemble(decoded)
    check_totals(totals, form=form, ledger=ledger)


@dataclass(frozen=True)
class _Piece:
    """Some of the records of a view."""

    view: View
    frames: Frames
    chosen: Longs
    spans: list[Span]
    """What of the view is no record; with its first piece."""


@dataclass(frozen=True)
class _Decoded:
    """A piece as columns."""

    columns: dict[str, Cells]
    rows: Rows
    spans: list[Span]
    masks: dict[str, Flags]
    """Per alternative of a REDEFINES the rows that mean it."""


class _Reader:
    def __init__(self, form: EbcdicFormat, *, ledger: Ledger, totals: Totals) -> None:
        self._form = form
        self._ledger = ledger
        self._totals = totals
        self._carrier = Carrier(form.hierarchy, required=form.required) if form.hierarchy else None

    # -- framing ------------------------------------------------------------------------------------------------

    def pieces(self, window: Window, *, chunk_records: int) -> Iterator[_Piece]:
        """The records of a file, some at a time; at least one piece."""
        has_any = False
        while not window.is_done:
            view = window.view()
            frames = self._frames(view)
            window.consume(frames.consumed)
            self._ledger.book("header", frames.block_words)
            if frames.missing:
                file, size = self._ledger.file, self._ledger.size
                self._ledger.warn(f"{file}: byte {size}: the last block is cut, {frames.missing} bytes are missing")
            if frames.buffer is not None:
                view = View(frames.buffer, view.offset, view.is_last)
            details = self._without_ends(frames, view=view)
            for first in range(0, len(details) or len(frames.spans[:1]), chunk_records):
                has_any = True
                spans = frames.spans if first == 0 else []
                yield _Piece(view, frames, details[first : first + chunk_records], spans)
        if not has_any:
            yield _Piece(View(np.zeros(0, dtype=np.uint8), 0, True), Frames(), np.zeros(0, dtype=np.int64), [])

    def _frames(self, view: View) -> Frames:
        """Records of a view by place."""
        form = self._form
        if form.record_format == "rdw":
            return rdw_frames(view, rules=self._rdw_rules)
        if form.record_format == "vb":
            return block_frames(view, rules=self._rdw_rules)
        if form.record_format == "vbs":
            return self._spanned.frames(view)
        if form.record_format == "fixed":
            return fixed_frames(view, length=form.longest.length)
        if form.record_format == "lines":
            return line_frames(view)
        return variable_frames(view, layout_at=self._layout_at, tables=form.tables, is_ebcdic_text=form.is_ebcdic_text)

    def _layout_at(self, data: Bytes, position: int) -> Callable[[tuple[int, ...]], Layout] | None:
        """The layouts a record at a place of a buffer can have; None for no kind of record we know."""
        form = self._form
        if not form.alternatives:
            return form.layout_of
        at = position + self._segment_field.offset
        group = form.group_of.get(data[at : at + self._segment_field.width].tobytes())
        # What is cut inside the field is of the shortest kind, and too short for that, too.
        is_cut = at + self._segment_field.width > len(data)
        return None if group is None and not is_cut else partial(form.layout_of, group=group or form.alternatives[0])

    @property
    def _first_offset(self) -> int:
        """Where the first record of a file begins: behind the word of its block, if it has blocks."""
        return RDW_BYTES if self._form.record_format in ("vb", "vbs") else 0

    @cached_property
    def _spanned(self) -> SpannedFrames:
        return SpannedFrames(rules=self._rdw_rules)

    @cached_property
    def _segment_field(self) -> Field:
        return self._form.longest.field(self._form.redefines_field)

    @cached_property
    def _rdw_rules(self) -> RdwRules:
        segments = self._form.segments
        others = [record for record in (segments.header_record, segments.trailer_record) if record] if segments else []
        groups = self._form.alternatives or ("",)
        lengths = [self._form.longest.length, *(self._form.layout_of((), group=group).length for group in groups)]
        lengths += [lay_out(record).length for record in others]
        names = [segments.header, segments.detail, segments.trailer] if segments else []
        first_bytes = frozenset(self._segment_byte(name) for name in names if name)
        return RdwRules(min(lengths), max(lengths), first_bytes, self._is_consistent)

    def _segment_byte(self, name: str) -> int:
        encoded = name.encode(self._form.pages[0])
        if len(encoded) != 1:
            raise ConfigurationError(f"segment {name!r}: one character was expected")
        return encoded[0]

    def _is_consistent(self, record: Bytes, length: int) -> bool:
        """Whether one record has a segment we know and the length its own tables tell."""
        segments = self._form.segments
        for name, other in segments.ends if segments else []:
            if record[0] == self._segment_byte(name):
                return lay_out(other).length == length
        if segments and record[0] != self._segment_byte(segments.detail):
            return False
        counts: tuple[int, ...] = ()
        layout_of = self._layout_at(record, 0)
        if layout_of is None:
            return False
        records = Records(record, np.zeros(1, dtype=np.int64), 0, self._form.pages)
        for table in self._form.tables:
            values, is_fine = self._counts(records, table=table, layout=layout_of(counts), rows=_FIRST)
            if not is_fine[0]:
                return False
            counts = (*counts, int(values[0]))
        return length in (layout_of(counts).length, self._form.layout_of(counts).length)

    def _without_ends(self, frames: Frames, *, view: View) -> Longs:
        """The details among the records; header and trailer are read and booked, others become spans."""
        segments, count = self._form.segments, len(frames.starts)
        if segments is None:
            return np.arange(count, dtype=np.int64)
        first = view.data[frames.starts] if count else np.zeros(0, dtype=np.uint8)
        is_detail = first == self._segment_byte(segments.detail)
        for at in np.flatnonzero(~is_detail):
            self._take_end(frames, view=view, at=int(at), first=int(first[at]))
        if self._totals.trailer_offset >= 0:
            is_late = is_detail & (frames.offsets + view.offset > self._totals.trailer_offset)
            for at in np.flatnonzero(is_late):
                frames.spans.append(_span_of(frames, view=view, at=int(at), reason="data_after_trailer"))
            is_detail &= ~is_late
        return np.flatnonzero(is_detail)

    def _take_end(self, frames: Frames, *, view: View, at: int, first: int) -> None:
        segments = self._form.segments
        assert segments is not None
        length = int(frames.ends[at] - frames.offsets[at])
        for name, record in segments.ends:
            if first != self._segment_byte(name) or lay_out(record).length != frames.lengths[at]:
                continue
            is_header = name == segments.header
            if is_header and not self._totals.has_header and frames.offsets[at] + view.offset == self._first_offset:
                self._totals.has_header = True
                self._ledger.book("header", length)
                return
            if not is_header and self._totals.trailer_offset < 0:
                self._read_trailer(frames, view=view, at=at, record=record)
                self._ledger.book("trailer", length)
                return
        frames.spans.append(_span_of(frames, view=view, at=at, reason="unknown_segment"))

    def _read_trailer(self, frames: Frames, *, view: View, at: int, record: Item) -> None:
        segments, layout = self._form.segments, lay_out(record)
        assert segments is not None
        records = Records(view.data, frames.starts[at : at + 1], view.offset, self._form.pages[:1])
        columns, _ = decode_columns(
            records,
            columns=[field.column for field in layout.fields],
            layouts=[(layout, np.zeros(1, dtype=np.int64))],
            masks={},
        )
        columns = _placed(columns, frames=frames, view=view)
        self._totals.trailer_offset = view.offset + int(frames.offsets[at])
        for name, target in ((segments.trailer_count, "count"), (segments.trailer_sum, "sum")):
            if not name:
                continue
            text = columns[name].values[0].as_py()
            if text is None:
                raise BadData(
                    f"{self._ledger.file}: byte {columns[name].offsets[0]}: trailer field {name} is no number",
                    hint="Ask the sender for the file again",
                )
            setattr(self._totals, target, int(text) if target == "count" else Decimal(text))

    # -- records ------------------------------------------------------------------------------------------------

    def decode(self, piece: _Piece) -> _Decoded:
        """The records of a piece as columns; changes nothing else, so that pieces can be decoded side by side."""
        frames, view, spans = piece.frames, piece.view, list(piece.spans)
        kept, groups = self._grouped(frames, view=view, chosen=piece.chosen, spans=spans)
        records = self._records(frames, view=view, chosen=kept)
        masks, undecided = self._meant(records, groups=groups)
        if undecided.any():
            for at in kept[undecided]:
                spans.append(_span_of(frames, view=view, at=int(at), reason="redefines_undecided"))
            return self.decode(_Piece(view, frames, kept[~undecided], spans))
        columns, page_of_row = decode_columns(records, columns=self._form.columns, layouts=groups, masks=masks)
        rows = Rows(
            frames.offsets[kept] + view.offset,
            frames.ends[kept] - frames.offsets[kept],
            np.zeros(len(kept), dtype=np.bool_),
            page_of_row,
            self._form.pages,
        )
        return _Decoded(_placed(columns, frames=frames, view=view), rows, spans, masks)

    def assemble(self, decoded: _Decoded) -> RawChunk:
        """Columns as a chunk, which is booked."""
        columns = decoded.columns
        if self._carrier:
            columns = self._carrier.carry(columns, rows=decoded.rows, spans=decoded.spans, masks=decoded.masks)
        chunk = assemble(
            columns,
            rows=decoded.rows,
            spans=decoded.spans,
            required=self._form.required,
            ledger=self._ledger,
        )
        self._add_to_sum(chunk)
        return chunk

    def _records(self, frames: Frames, *, view: View, chosen: Longs) -> Records:
        return Records(view.data, frames.starts[chosen], view.offset, self._form.pages, self._form.is_ieee)

    def _grouped(
        self, frames: Frames, *, view: View, chosen: Longs, spans: list[Span]
    ) -> tuple[Longs, list[tuple[Layout, Longs]]]:
        """Records with a consistent length, by layout; the others become spans."""
        records = self._records(frames, view=view, chosen=chosen)
        rejected = np.zeros(len(chosen), dtype=np.bool_)
        lengths = frames.lengths[chosen]

        def reject(rows: Longs, *, reason: str, detail: str) -> None:
            rejected[rows] = True
            for at in chosen[rows]:
                detail_here = f"{detail}; {frames.lengths[at]} bytes found" if reason == "record_length" else detail
                spans.append(_span_of(frames, view=view, at=int(at), reason=reason, detail=detail_here))

        groups = self._by_group(records, lengths=lengths, reject=reject)
        for table in self._form.tables:
            divided: list[_Group] = []
            for group, counts, rows in groups:
                layout = self._form.layout_of(counts, group=group)
                is_long = lengths[rows] >= layout.length
                reject(rows[~is_long], reason="record_length", detail="shorter than its fixed part")
                rows = rows[is_long]
                values, is_fine = self._counts(records, table=table, layout=layout, rows=rows)
                detail = f"{table.counter} is no number from {table.least} to {table.most}"
                reject(rows[~is_fine], reason="occurs_count", detail=detail)
                for value in np.unique(values[is_fine]):
                    divided.append((group, (*counts, int(value)), rows[is_fine & (values == value)]))
            groups = divided
        by_layout: list[tuple[Layout, Longs]] = []
        for group, counts, rows in groups:
            # A record may end with its own alternative, or have room for the longest.
            own = self._form.layout_of(counts, group=group) if self._form.tables or group else self._form.longest
            full = self._form.layout_of(counts) if group else own
            is_own, is_full = lengths[rows] == own.length, lengths[rows] == full.length
            reject(rows[~is_own & ~is_full], reason="record_length", detail=f"{own.length} bytes expected")
            by_layout.append((full, rows[is_full]))
            if group:
                by_layout.append((own, rows[is_own & ~is_full]))
        if not rejected.any():
            return chosen, by_layout
        renumbered = np.cumsum(~rejected) - 1
        return chosen[~rejected], [(layout, renumbered[rows]) for layout, rows in by_layout]

    def _by_group(self, records: Records, *, lengths: Longs, reject: Callable[..., None]) -> list[_Group]:
        """Records by the alternative that gives them their length; all together where it gives none."""
        rows = np.arange(len(lengths), dtype=np.int64)
        if not self._form.alternatives:
            return [("", (), rows)]
        field = self._segment_field
        is_long = lengths >= field.offset + field.width
        reject(rows[~is_long], reason="record_length", detail=f"shorter than {field.column}")
        rows = rows[is_long]
        masks = self._masks(records.cells(field, rows))
        is_known = np.logical_or.reduce(list(masks.values()))
        reject(rows[~is_known], reason="redefines_undecided", detail="redefines undecided")
        return [(group, (), rows[masks[group]]) for group in self._form.alternatives]

    def _masks(self, cells: Bytes) -> dict[str, Flags]:
        """Per alternative of a REDEFINES the records whose field means it."""
        masks: dict[str, Flags] = {}
        for value, group in self._form.group_of.items():
            is_meant = (cells == np.frombuffer(value, dtype=np.uint8)).all(axis=1)
            masks[group] = masks.get(group, np.zeros(len(cells), dtype=np.bool_)) | is_meant
        return masks

    def _counts(self, records: Records, *, table: Table, layout: Layout, rows: Longs) -> tuple[Longs, Flags]:
        """How many entries the next table has, and whether it can have so many."""
        counter = layout.find(table.counter)
        if counter is None:  # this kind of record does not have the table
            return np.full(len(rows), table.least, dtype=np.int64), np.ones(len(rows), dtype=np.bool_)
        numbers = number_digits(counter, records.cells(counter, rows), is_ebcdic_text=self._form.is_ebcdic_text)
        values = as_integers(numbers)
        is_number = (numbers.reasons == 0) & ~numbers.is_blank
        return values, is_number & (values >= table.least) & (values <= table.most)

    def _meant(self, records: Records, *, groups: list[tuple[Layout, Longs]]) -> tuple[dict[str, Flags], Flags]:
        """Per alternative of a REDEFINES the records that mean it, and the records that mean none we know."""
        form, count = self._form, len(records.starts)
        if not form.redefines_field:
            return {}, np.zeros(count, dtype=np.bool_)
        masks = self._masks(records.cells(self._segment_field, np.arange(count, dtype=np.int64)))
        undecided = ~np.logical_or.reduce(list(masks.values()))
        return masks, undecided

    def _add_to_sum(self, chunk: RawChunk) -> None:
        name = self._form.segments.trailer_sum_of if self._form.segments else ""
        if name and chunk.records.num_rows:
            values = pc.cast(chunk.records.column(name), pa.decimal128(38, 9))
            self._totals.delivered_sum += pc.sum(values).as_py() or 0


def _placed(columns: dict[str, Cells], *, frames: Frames, view: View) -> dict[str, Cells]:
    """Columns whose cells lie where the file has them, not the buffer their records were put together in."""
    moved = frames.moved
    if moved is None:
        return columns
    return {
        name: replace(cells, offsets=moved.places(cells.offsets - view.offset) + view.offset)
        for name, cells in columns.items()
    }


def _span_of(frames: Frames, *, view: View, at: int, reason: str, detail: str = "") -> Span:
    offset = int(frames.offsets[at])
    return Span(view.offset + offset, int(frames.ends[at]) - offset, reason, detail or reason.replace("_", " "))
