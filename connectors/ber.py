"""Call detail of exchanges: BER records in blocks.

    A0 2F  80 02 01 2C  81 05 60 81 25 25 52  …          one record: tag, length, elements with tag, length, content
    FF FF FF …                                            filler up to the end of the block

The exchange writes blocks of one length; a record that no longer fits goes into the next block, and the rest is filled
with FF or 00. So damage loses no more than its block. A file without blocks has nothing to hold on to: what stands
behind a damaged length is one quarantined span up to the end of the file.

After a rerun the same records stand in a file twice. They are delivered twice, as they were sent; the numbers they
carry say so, and a warning counts how many go back and how many are missing.

BER is a standard; which elements an exchange of the story wrote is not known, so tags are the kind's to name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from config.errors import BadData, BudgetExceeded, ControlTotalsDiffer
from connectors.assemble import assemble
from connectors.ber_cells import element_text
from connectors.ber_form import BerFormat
from connectors.ber_walk import FAULTS, FILLER, Elements, Head, read_head, walk_elements
from connectors.model import Bytes, Cells, Ledger, Longs, RawChunk, Rows, Span
from connectors.page_choice import TextCells, choose_pages
from connectors.text import decode_cells
from connectors.window import WINDOW_BYTES, View, Window

_NONE = np.zeros(0, dtype=np.int64)


@dataclass
class _Found:
    """Records of one view by place, and spans that are none."""

    offsets: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    consumed: int = 0


@dataclass
class _Seen:
    """What was seen of the file so far."""

    has_header: bool = False
    trailer_offset: int = -1
    count: int | None = None
    undeclared: dict[str, int] = field(default_factory=dict)
    highest: int | None = None
    """The highest sequence number."""
    repeats: int = 0
    gaps: int = 0


def read_ber(
    path: Path,
    *,
    form: BerFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a file of BER records in file order; at least one.

    Raises:
        BadData: the file does not begin with its header.
        ControlTotalsDiffer: the trailer is missing or counts another number of records.
        BudgetExceeded: a record is longer than it may be.
    """
    reader = _Reader(form, ledger=ledger)
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            found = reader.find(view)
            window.consume(found.consumed)
            for first in range(0, len(found.offsets) or len(found.spans[:1]), chunk_records):
                has_any = True
                rows = slice(first, first + chunk_records)
                yield reader.chunk(found, view=view, rows=rows, spans=found.spans if first == 0 else [])
    if not has_any:
        yield reader.chunk(_Found(), view=View(np.zeros(0, dtype=np.uint8), 0, True), rows=slice(0, 0), spans=[])
    reader.finish()


class _Reader:
    def __init__(self, form: BerFormat, *, ledger: Ledger) -> None:
        self._form = form
        self._ledger = ledger
        self._seen = _Seen()
        self._tags = frozenset(form.record_tags)

    # -- records ------------------------------------------------------------------------------------------------

    def find(self, view: View) -> _Found:
        """The records of a view, up to the last whole block, or the last whole record where there are no blocks."""
        found, data = _Found(), view.data.tobytes()
        block = self._form.block_length
        if not block:
            self._find(data, view=view, begin=0, end=len(data), found=found)
            return found
        whole = len(data) if view.is_last else len(data) - len(data) % block
        for begin in range(0, whole, block):
            self._find(data, view=view, begin=begin, end=min(begin + block, whole), found=found)
        found.consumed = whole
        return found

    def _find(self, data: bytes, *, view: View, begin: int, end: int, found: _Found) -> None:
        """The records between two places; without blocks what is cut by the view is left for the next one."""
        at = begin
        while at < end:
            if data[at] in (0x00, 0xFF):
                run = FILLER.match(data, at, end)
                assert run is not None
                self._ledger.book("filler", run.end() - at)
                at = run.end()
                continue
            head = read_head(data, at, end)
            if isinstance(head, Head) and head.end <= end:
                self._take(head, at, data=data, view=view, found=found)
                at = head.end
                continue
            if not self._form.block_length and not view.is_last and self._may_go_on(head, at, view=view):
                break
            at += self._damage(head, at, view=view, end=end, found=found)
        found.consumed = at

    def _may_go_on(self, head: Head | str | None, at: int, *, view: View) -> bool:
        """Whether the next view can tell more about a record that this one cuts."""
        if isinstance(head, Head):
            limit = self._ledger.budgets.max_record_bytes
            if view.offset + head.end <= self._ledger.size and head.end - at > limit:
                raise BudgetExceeded(
                    f"{self._ledger.file}: byte {view.offset + at}: a record of {head.end - at} bytes, "
                    f"at most {limit} are allowed",
                    hint="The file is damaged, or raise budgets.max_record_bytes in the kind's YAML",
                )
            return view.offset + head.end <= self._ledger.size
        return head is None

    def _damage(self, head: Head | str | None, at: int, *, view: View, end: int, found: _Found) -> int:
        """One span up to the end of the block, or of the file where there are no blocks; its bytes."""
        stop = end if self._form.block_length else self._ledger.size - view.offset
        is_end_of_file = view.offset + stop >= self._ledger.size
        if isinstance(head, str):
            reason, detail = head, head.replace("_", " ") + " of a record"
        elif is_end_of_file:
            reason = "truncated_record"
            detail = f"{head.end - at} bytes expected, {stop - at} left" if head else "no whole tag and length"
        else:
            reason = "record_length"
            detail = f"{head.end - at} bytes expected, {stop - at} left in the block" if head else "cut by its block"
        found.spans.append(Span(view.offset + at, stop - at, reason, detail))
        return stop - at

    def _take(self, head: Head, at: int, *, data: bytes, view: View, found: _Found) -> None:
        """One whole element: a record, the header, the trailer, or none of them."""
        form, seen, offset = self._form, self._seen, view.offset + at
        length = head.end - at
        if head.identifier == form.header_tag and offset == 0:
            seen.has_header = True
            self._ledger.book("header", length)
        elif head.identifier == form.trailer_tag and seen.trailer_offset < 0:
            seen.trailer_offset = offset
            seen.count = _count_in(data[head.content : head.end], code=form.trailer_count)
            self._ledger.book("trailer", length)
        elif seen.trailer_offset >= 0:
            found.spans.append(Span(offset, length, "data_after_trailer", "the trailer stands before it"))
        elif head.identifier not in self._tags:
            detail = f"tag {head.identifier.hex().upper()} is none of the kind's records"
            found.spans.append(Span(offset, length, "unknown_segment", detail))
        else:
            found.offsets.append(at)
            found.contents.append(head.content)
            found.ends.append(head.end)

    # -- elements -----------------------------------------------------------------------------------------------

    def chunk(self, found: _Found, *, view: View, rows: slice, spans: list[Span]) -> RawChunk:
        """Some of the records as a table."""
        form = self._form
        offsets, contents, ends = (
            np.array(places[rows], dtype=np.int64) for places in (found.offsets, found.contents, found.ends)
        )
        elements = walk_elements(view.data, starts=contents, ends=ends, root=form.root, columns=list(form.decoders))
        for place, count in elements.undeclared.items():
            self._seen.undeclared[place] = self._seen.undeclared.get(place, 0) + count
        spans = [*spans, *_faulty(elements, view=view, offsets=offsets, ends=ends)]
        good = np.flatnonzero(elements.faults == 0)
        columns, page_of_row = self._columns(elements, view=view, good=good, offsets=offsets[good])
        places = Rows(
            offsets[good] + view.offset,
            ends[good] - offsets[good],
            np.zeros(len(good), dtype=np.bool_),
            page_of_row,
            form.pages,
        )
        chunk = assemble(columns, rows=places, spans=spans, required=form.required, ledger=self._ledger)
        self._follow_sequence(chunk)
        return chunk

    def _columns(
        self, elements: Elements, *, view: View, good: Longs, offsets: Longs
    ) -> tuple[dict[str, Cells], Bytes]:
        form = self._form
        texts = {}
        for name, decoder in form.decoders.items():
            starts, lengths = elements.starts[name][good], elements.lengths[name][good]
            texts[name] = element_text(view.data, starts=starts, lengths=lengths, decoder=decoder)
        named = [texts[name] for name, decoder in form.decoders.items() if decoder == "ia5"]
        cells = [TextCells(data, ends[:-1], np.diff(ends)) for data, ends, _ in named]
        # Digits are the same bytes in every page, so only texts can tell.
        page_of_row = choose_pages(cells, rows=len(good), pages=form.pages)
        columns: dict[str, Cells] = {}
        for name, decoder in form.decoders.items():
            data, ends, reasons = texts[name]
            is_text, has = decoder == "ia5", elements.lengths[name][good] >= 0
            values, bad = decode_cells(
                data,
                ends,
                pages=form.pages if is_text else ("latin-1",),
                page_of_row=page_of_row if is_text else np.zeros(len(good), dtype=np.uint8),
                is_empty_text=has & (np.diff(ends) == 0) & (reasons == 0),
            )
            places = np.where(has, elements.starts[name][good], offsets) + view.offset
            columns[name] = Cells(values, np.where(reasons, reasons, bad).astype(np.uint8), places)
        return columns, page_of_row

    def _follow_sequence(self, chunk: RawChunk) -> None:
        name, seen = self._form.sequence, self._seen
        if not name or not chunk.records.num_rows:
            return
        texts = chunk.records.column(name).drop_null()
        numbers = pc.cast(texts, "int64").to_numpy()
        if not len(numbers):
            return
        before = np.maximum.accumulate(numbers)
        first = max(int(numbers[0]) - 1, -(2**63)) if seen.highest is None else seen.highest
        before = np.maximum(np.concatenate([[first], before[:-1]]), first)
        seen.repeats += int((numbers <= before).sum())
        # In floats: two numbers far apart must not overflow.
        seen.gaps += int(np.maximum(numbers.astype(np.float64) - before - 1, 0).sum())
        seen.highest = max(first, int(numbers.max()))

    # -- the whole file -----------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Header, trailer and numbers against what was read."""
        form, seen, ledger = self._form, self._seen, self._ledger
        again = "Ask the sender for the file again"
        for place in sorted(seen.undeclared):
            ledger.warn(f"{ledger.file}: element {place}, {seen.undeclared[place]} times, is no column and not ignored")
        if seen.repeats:
            ledger.warn(f"{ledger.file}: {seen.repeats} records carry a number in {form.sequence} that is not new")
        if seen.gaps:
            ledger.warn(f"{ledger.file}: {seen.gaps} numbers are missing in {form.sequence}")
        if form.header_tag and not seen.has_header:
            raise BadData(f"{ledger.file}: byte 0: no header record", hint=again)
        if form.trailer_tag and seen.trailer_offset < 0:
            raise ControlTotalsDiffer(f"{ledger.file}: byte {ledger.size}: no trailer record", hint=again)
        read = ledger.delivered_records + ledger.quarantined_records
        if form.trailer_count >= 0 and seen.count != read:
            says = "no number of records" if seen.count is None else f"{seen.count} records"
            raise ControlTotalsDiffer(
                f"{ledger.file}: byte {seen.trailer_offset}: the trailer says {says}, {read} were read", hint=again
            )


def _count_in(content: bytes, *, code: int) -> int | None:
    """The number in the trailer's element of that tag."""
    at = 0
    while at < len(content):
        head = read_head(content, at, len(content))
        if not isinstance(head, Head) or head.end > len(content):
            return None
        number = 0
        for octet in head.identifier[1:]:
            number = number << 7 | octet & 0x7F
        if (head.identifier[0] << 24 | number if head.identifier[1:] else head.identifier[0]) == code:
            return int.from_bytes(content[head.content : head.end], "big", signed=True)
        at = head.end
    return None


def _faulty(elements: Elements, *, view: View, offsets: Longs, ends: Longs) -> list[Span]:
    return [
        Span(
            view.offset + int(offsets[row]),
            int(ends[row] - offsets[row]),
            FAULTS[elements.faults[row]],
            "the elements of the record cannot be told apart",
        )
        for row in np.flatnonzero(elements.faults)
    ]
