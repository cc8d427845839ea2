"""Lines of fixed-width fields: the call detail of hotlines, postal orders.

One record a line, every field at its place and padded with blanks: ``102803 0915000212      0618525252…``. Nothing
parts the fields, so a line of another length has shifted at an unknown place and goes to quarantine; a byte that falls
out moves every field behind it. Postal orders have a heading and a trailer line with the number and the sum of what
stands between; a file that disagrees with its own trailer is refused.

A blank field is a missing value. Blanks before and behind a value are padding. An empty line is filler.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BadData, ControlTotalsDiffer
from connectors.assemble import assemble
from connectors.fixed_width_form import FixedWidthFormat, Place
from connectors.model import Bytes, Cells, Flags, Ledger, Longs, RawChunk, Rows, Span, reason_number
from connectors.page_choice import TextCells, choose_pages
from connectors.physical_lines import PhysicalLines
from connectors.text import decode_cells, trimmed_bytes
from connectors.window import WINDOW_BYTES, View, Window

BLANK = 0x20
_NUMBER = r"^[+-]?\d{1,18}([.,]\d{1,6})?$"
_SUMMED = pa.decimal128(38, 6)
_NONE = np.zeros(0, dtype=np.int64)


@dataclass
class _Totals:
    """What the trailer says, and what we counted beside it."""

    has_header: bool = False
    trailer_offset: int = -1
    count: Decimal | None = None
    sum: Decimal | None = None
    delivered_sum: Decimal = Decimal(0)
    unreadable: int = 0
    """Delivered records whose amount is no number."""


def read_fixed_width(
    path: Path,
    *,
    form: FixedWidthFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a file in file order; at least one, so that an empty file still has columns.

    Raises:
        BadData: the file does not begin with its heading, or a control total is no number.
        ControlTotalsDiffer: the trailer is missing or says something else.
    """
    reader = _Reader(form, ledger=ledger)
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            lines = PhysicalLines.of(view)
            window.consume(lines.consumed)
            good, spans = reader.judge(lines, view=view)
            for first in range(0, len(good) or len(spans[:1]), chunk_records):
                has_any = True
                chosen = good[first : first + chunk_records]
                yield reader.chunk(lines, view=view, chosen=chosen, spans=spans if first == 0 else [])
    if not has_any:
        empty = View(np.zeros(0, dtype=np.uint8), 0, True)
        yield reader.chunk(PhysicalLines.of(empty), view=empty, chosen=_NONE, spans=[])
    reader.check_totals()


class _Reader:
    def __init__(self, form: FixedWidthFormat, *, ledger: Ledger) -> None:
        self._form = form
        self._ledger = ledger
        self._totals = _Totals()
        named = np.zeros(form.record_length, dtype=np.bool_)
        for place in form.fields.values():
            named[place.start : place.end] = True
        self._unnamed = np.flatnonzero(~named)

    # -- lines --------------------------------------------------------------------------------------------------

    def judge(self, lines: PhysicalLines, *, view: View) -> tuple[Longs, list[Span]]:
        """The lines that are good records, and spans of the bad ones; other lines are booked."""
        ledger, lengths = self._ledger, lines.lengths
        sizes = lines.ends - lines.starts
        is_filler, is_mark = lengths == 0, lines.end_mark(view)
        ledger.book("filler", int(sizes[is_filler].sum()))
        ledger.book("trailer", int(sizes[is_mark].sum()))
        is_record = ~(is_filler | is_mark)
        self._take_header(lines, view=view, is_record=is_record)
        is_late = self._take_trailer(lines, view=view, is_record=is_record)
        is_good = is_record & ~is_late & (lengths == self._form.record_length)
        spans = [
            self._span(lines, view=view, line=int(line), is_late=bool(is_late[line]))
            for line in np.flatnonzero(is_record & ~is_good)
        ]
        if lines.is_cut and is_good[-1]:
            ledger.warn(f"{ledger.file}: no line feed behind the last record")
        return np.flatnonzero(is_good), spans

    def _take_header(self, lines: PhysicalLines, *, view: View, is_record: Flags) -> None:
        """Books the heading, which is the first line or nowhere."""
        if view.offset or not len(lines.ends) or not lines.begin_with(self._form.header, view=view)[0]:
            return
        self._totals.has_header = True
        self._ledger.book("header", int(lines.ends[0]))
        is_record[0] = False

    def _take_trailer(self, lines: PhysicalLines, *, view: View, is_record: Flags) -> Flags:
        """Books and reads the trailer; the lines behind it come back."""
        trailer, totals = self._form.trailer, self._totals
        if trailer is None:
            return np.zeros(len(lines.ends), dtype=np.bool_)
        if totals.trailer_offset < 0:
            found = np.flatnonzero(lines.begin_with(trailer.prefix, view=view) & is_record)[:1]
            for line in found:
                content = view.data[lines.starts[line] : lines.content_ends[line]].tobytes()
                totals.trailer_offset = view.offset + int(lines.starts[line])
                totals.count = self._total(content, place=trailer.count)
                totals.sum = self._total(content, place=trailer.sum)
                self._ledger.book("trailer", int(lines.ends[line] - lines.starts[line]))
                is_record[line] = False
        if totals.trailer_offset < 0:
            return np.zeros(len(lines.ends), dtype=np.bool_)
        return is_record & (lines.starts + view.offset > totals.trailer_offset)

    def _total(self, content: bytes, *, place: Place | None) -> Decimal | None:
        if place is None:
            return None
        text = pa.array([content[place.start : place.end].decode(self._form.pages[0], "replace").strip()])
        if not pc.match_substring_regex(text, _NUMBER)[0].as_py():
            raise BadData(
                f"{self._ledger.file}: byte {self._totals.trailer_offset + place.start}: the control total at "
                f"{place.start}-{place.end - 1} of the trailer is no number",
                hint="Ask the sender for the file again",
            )
        return Decimal(str(text[0]).replace(",", "."))

    def _span(self, lines: PhysicalLines, *, view: View, line: int, is_late: bool) -> Span:
        found, expected = int(lines.lengths[line]), self._form.record_length
        is_cut = lines.is_cut and line == len(lines.ends) - 1 and found < expected
        reason = "data_after_trailer" if is_late else "truncated_record" if is_cut else "record_length"
        start = int(lines.starts[line])
        detail = f"{expected} bytes expected, {found} found"
        return Span(view.offset + start, int(lines.ends[line]) - start, reason, detail)

    # -- records ------------------------------------------------------------------------------------------------

    def chunk(self, lines: PhysicalLines, *, view: View, chosen: Longs, spans: Sequence[Span]) -> RawChunk:
        """The chosen lines as a table."""
        form, starts = self._form, lines.starts[chosen]
        matrix = _matrix(view.data, starts=starts, length=form.record_length)
        self._look_between_fields(matrix)
        cut = {
            name: trimmed_bytes(np.ascontiguousarray(matrix[:, place.start : place.end]), pads=b" ", is_left_too=True)
            for name, place in form.fields.items()
        }
        cells = [TextCells(data, ends[:-1], np.diff(ends)) for data, ends in cut.values()]
        page_of_row = choose_pages(cells, rows=len(chosen), pages=form.pages)
        columns: dict[str, Cells] = {}
        for name, (data, ends) in cut.items():
            values, reasons = decode_cells(data, ends, pages=form.pages, page_of_row=page_of_row)
            columns[name] = Cells(values, reasons, starts + view.offset + form.fields[name].start)
        self._judge_amounts(columns)
        no_deletions = np.zeros(len(chosen), dtype=np.bool_)
        rows = Rows(starts + view.offset, lines.ends[chosen] - starts, no_deletions, page_of_row, form.pages)
        chunk = assemble(columns, rows=rows, spans=spans, required=form.required, ledger=self._ledger)
        self._add_to_sum(chunk)
        return chunk

    def _look_between_fields(self, matrix: Bytes) -> None:
        # What no field names is delivered nowhere: a new field at the end of the line would be lost unnoticed.
        filled = self._unnamed[(matrix[:, self._unnamed] != BLANK).any(axis=0)] if self._unnamed.size else _NONE
        if filled.size:
            self._ledger.warn(f"{self._ledger.file}: there is something in the lines that no field names")

    def _judge_amounts(self, columns: dict[str, Cells]) -> None:
        """An amount that is no number is a bad cell where the trailer has a sum of it."""
        name = self._form.trailer.sum_of if self._form.trailer else ""
        if not name:
            return
        cells = columns[name]
        is_number = pc.fill_null(pc.match_substring_regex(cells.values, _NUMBER), True).to_numpy(zero_copy_only=False)
        if not is_number.all():
            reasons = np.where(is_number, cells.reasons, np.uint8(reason_number("bad_number")))
            values = pc.if_else(pa.array(is_number), cells.values, pa.scalar(None, pa.string()))
            columns[name] = Cells(values, reasons.astype(np.uint8), cells.offsets)

    def _add_to_sum(self, chunk: RawChunk) -> None:
        name = self._form.trailer.sum_of if self._form.trailer else ""
        if name and chunk.records.num_rows:
            texts = pc.replace_substring(chunk.records.column(name), ",", ".")
            self._totals.delivered_sum += pc.sum(pc.cast(texts, _SUMMED)).as_py() or 0
            self._totals.unreadable += pc.sum(pc.equal(chunk.issues.column("column"), name)).as_py() or 0

    # -- totals -------------------------------------------------------------------------------------------------

    def check_totals(self) -> None:
        """Heading and trailer against what was read between them."""
        form, totals, ledger = self._form, self._totals, self._ledger
        again = "Ask the sender for the file again"
        if form.header and not totals.has_header:
            raise BadData(f"{ledger.file}: byte 0: the file does not begin with its heading line", hint=again)
        if form.trailer is None:
            return
        if totals.trailer_offset < 0:
            raise ControlTotalsDiffer(
                f"{ledger.file}: byte {ledger.size}: the file ends without its trailer line", hint=again
            )
        at = f"{ledger.file}: byte {totals.trailer_offset}: the trailer"
        read = ledger.delivered_records + ledger.quarantined_records
        if totals.count is not None and totals.count != read:
            raise ControlTotalsDiffer(f"{at} counts {totals.count} records, {read} were read", hint=again)
        if totals.sum is None:
            return
        # A quarantined record took its amount with it, and an amount nobody can read adds nothing.
        if ledger.quarantined_records or totals.unreadable:
            ledger.warn(f"{ledger.file}: the sum of {form.trailer.sum_of} was not compared: not every amount was read")
        elif totals.sum != totals.delivered_sum:
            raise ControlTotalsDiffer(f"{at} has another sum of {form.trailer.sum_of} than its records", hint=again)


def _matrix(data: Bytes, *, starts: Longs, length: int) -> Bytes:
    """The chosen lines as a matrix of records × bytes."""
    if not len(starts):
        return np.zeros((0, length), dtype=np.uint8)
    return np.lib.stride_tricks.sliding_window_view(data, length)[starts]
