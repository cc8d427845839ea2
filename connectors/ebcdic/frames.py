"""Where records begin and end in a file.

    rdw        four bytes before each record: its length including them, then two zero bytes
    vb         such records in blocks, four bytes of the same form before each block
    vbs        such blocks with records cut into parts (:mod:`connectors.ebcdic.spanned`)
    fixed      every record has the greatest length its copybook allows
    lines      such records with a line feed behind each, as a text transfer leaves them
    variable   no lengths at all: the counter of each table tells where its record ends

A damaged length loses the thread. With ``rdw`` we take it up again where two plausible lengths follow each other, with
``vb`` at the next plausible block, and quarantine what lies between; with ``variable`` there is nothing to hold on to,
and the rest of the file is one span.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from connectors.ebcdic.decode import number_digits
from connectors.ebcdic.layout import Field, Layout, Table
from connectors.ebcdic.numbers import as_integers
from connectors.model import Bytes, Longs, Span
from connectors.window import View

RecordFormat = Literal["rdw", "vb", "vbs", "fixed", "lines", "variable"]
RECORD_FORMATS: tuple[RecordFormat, ...] = ("rdw", "vb", "vbs", "fixed", "lines", "variable")
RDW_BYTES = 4
_MOST_BLOCK_BYTES = 2**20
_LINE_FEED, _CARRIAGE_RETURN = 0x0A, 0x0D
_NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Moved:
    """Where bytes of a buffer come from that is not the view: from each start on, up to the next one."""

    buffer_starts: Longs
    view_starts: Longs

    def places(self, positions: Longs) -> Longs:
        """Positions in the buffer as positions in the view."""
        piece = np.searchsorted(self.buffer_starts, positions, side="right") - 1
        return positions - self.buffer_starts[piece] + self.view_starts[piece]


@dataclass
class Frames:
    """Records of one view by place, and spans that are none."""

    offsets: Longs = field(default_factory=lambda: _NONE)
    """First byte of each record in the view, its length word included."""
    ends: Longs = field(default_factory=lambda: _NONE)
    starts: Longs = field(default_factory=lambda: _NONE)
    """First byte of the declared record."""
    lengths: Longs = field(default_factory=lambda: _NONE)
    """Bytes of the declared record."""
    spans: list[Span] = field(default_factory=list)
    consumed: int = 0
    block_words: int = 0
    """Bytes of lengths of blocks: they belong to no record."""
    missing: int = 0
    """Bytes by which the last block of the file is too short."""
    buffer: Bytes | None = None
    """What :attr:`starts` count in, where that is more than the view."""
    moved: Moved | None = None
    """Where in the view the bytes of :attr:`buffer` lie."""


def fixed_frames(view: View, *, length: int) -> Frames:
    """Records of one length."""
    count = len(view.data) // length
    starts = np.arange(count, dtype=np.int64) * length
    frames = Frames(starts, starts + length, starts, np.full(count, length, dtype=np.int64), [], count * length)
    rest = len(view.data) - frames.consumed
    if view.is_last and rest:
        frames.spans.append(truncated_span(view, start=frames.consumed, expected=length))
        frames.consumed = len(view.data)
    return frames


def truncated_span(view: View, *, start: int, expected: int) -> Span:
    """What is left of a record at the end of the file."""
    found = len(view.data) - start
    return Span(view.offset + start, found, "truncated_record", f"{expected} bytes expected, {found} left")


def line_frames(view: View) -> Frames:
    """One record a line; whether its length is right is judged with the records."""
    ends = np.flatnonzero(view.data == _LINE_FEED) + 1
    if view.is_last and len(view.data) and (not len(ends) or ends[-1] != len(view.data)):
        ends = np.append(ends, len(view.data))
    if not len(ends):
        return Frames()
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
    content = ends - (view.data[ends - 1] == _LINE_FEED)
    content -= (content > starts) & (view.data[np.maximum(content - 1, 0)] == _CARRIAGE_RETURN)
    return Frames(starts, ends, starts, content - starts, [], int(ends[-1]))


def variable_frames(
    view: View,
    *,
    layout_at: Callable[[Bytes, int], Callable[[tuple[int, ...]], Layout] | None],
    tables: tuple[Table, ...],
    is_ebcdic_text: bool,
) -> Frames:
    """Records whose tables tell their length.

    Args:
        view: bytes of the file.
        layout_at: the layouts, by the counts of their tables, a record at a place can have; None for no kind we know.
        tables: tables of varying size.
        is_ebcdic_text: whether digits are EBCDIC.
    """
    offsets: list[int] = []
    ends: list[int] = []
    frames = Frames()
    position, size = 0, len(view.data)
    while position < size:
        counts: tuple[int, ...] = ()
        layout_of = layout_at(view.data, position)
        if layout_of is None:
            detail = "a kind of record the copybook does not tell"
            frames.spans.append(Span(view.offset + position, size - position, "redefines_undecided", detail))
            position = size
            break
        for table in tables:
            counter = layout_of(counts).find(table.counter)
            count: int | None = table.least  # of a table this kind of record does not have
            if counter is not None:
                count = _count_at(view.data, position=position, field=counter, is_ebcdic_text=is_ebcdic_text)
            if count is None or not table.least <= count <= table.most:
                break
            counts = (*counts, count)
        if len(counts) < len(tables) and position + layout_of(counts).length <= size:
            detail = f"{tables[len(counts)].counter} is no number from its least to its greatest"
            frames.spans.append(Span(view.offset + position, size - position, "occurs_count", detail))
            position = size
            break
        length = layout_of(counts).length
        if len(counts) < len(tables) or position + length > size:
            if view.is_last:
                frames.spans.append(truncated_span(view, start=position, expected=length))
                position = size
            break
        offsets.append(position)
        position += length
        ends.append(position)
    frames.consumed = position
    frames.offsets = frames.starts = np.array(offsets, dtype=np.int64)
    frames.ends = np.array(ends, dtype=np.int64)
    frames.lengths = frames.ends - frames.starts
    return frames


def _count_at(data: Bytes, *, position: int, field: Field, is_ebcdic_text: bool) -> int | None:
    start = position + field.offset
    if start + field.width > len(data):
        return None
    cell = data[start : start + field.width][None, :]
    numbers = number_digits(field, cell, is_ebcdic_text=is_ebcdic_text)
    return None if numbers.reasons[0] or numbers.is_blank[0] else int(as_integers(numbers)[0])


@dataclass(frozen=True)
class RdwRules:
    """What makes a length word plausible."""

    least: int
    most: int
    first_bytes: frozenset[int]
    """What the record may begin with; anything when empty."""
    is_consistent: Callable[[Bytes, int], bool]
    """Whether the record at a place of the buffer has the length its own tables tell."""


def rdw_frames(view: View, *, rules: RdwRules) -> Frames:
    """Records with a length word before each."""
    scan = _RdwScan(view, rules=rules)
    scan.run()
    return scan.frames()


def block_frames(view: View, *, rules: RdwRules) -> Frames:
    """Records with a length word before each, in blocks with one before each: the whole blocks of a view."""
    size, position, missing = len(view.data), 0, 0
    blocks: list[tuple[int, Frames]] = []
    spans: list[Span] = []
    while position < size and (view.is_last or size - position >= 2 * RDW_BYTES):
        if not _is_block(view.data, position, rules=rules):
            end = _next_block(view, position + 1, rules=rules)
            detail = "no plausible block length here, or no record length behind it"
            spans.append(Span(view.offset + position, end - position, "record_length", detail))
            position = end
            continue
        start, end = position + RDW_BYTES, position + block_length(view.data, position)
        if end > size and not view.is_last:
            break
        block = rdw_frames(View(view.data[start:end], view.offset + start, True), rules=rules)
        blocks.append((start, block))
        spans += block.spans
        missing = max(0, end - size)
        position = min(end, size)
    frames = Frames(spans=spans, consumed=position, block_words=RDW_BYTES * len(blocks), missing=missing)
    if blocks:
        frames.offsets = np.concatenate([block.offsets + start for start, block in blocks])
        frames.ends = np.concatenate([block.ends + start for start, block in blocks])
        frames.starts = np.concatenate([block.starts + start for start, block in blocks])
        frames.lengths = np.concatenate([block.lengths for _, block in blocks])
    return frames


def block_length(data: Bytes, position: int) -> int:
    """What a block says of its length, itself included; 0 for what is no such word."""
    word = data[position : position + RDW_BYTES].tobytes()
    if len(word) < RDW_BYTES:
        return 0
    if word[0] & 0x80:  # more than 32 KiB: the other 31 bits are the length
        length = int.from_bytes(word, "big") & 0x7FFFFFFF
    else:
        length = 0 if word[2] or word[3] else int.from_bytes(word[:2], "big")
    return length if 2 * RDW_BYTES <= length <= _MOST_BLOCK_BYTES else 0


def _is_block(data: Bytes, position: int, *, rules: RdwRules) -> bool:
    """Whether the length of a block stands here, and that of a record behind it."""
    word = data[position + RDW_BYTES : position + 2 * RDW_BYTES].tobytes()
    if len(word) < RDW_BYTES or not block_length(data, position) or word[2] or word[3]:
        return False
    return rules.least <= int.from_bytes(word[:2], "big") - RDW_BYTES <= rules.most


def _next_block(view: View, start: int, *, rules: RdwRules) -> int:
    """Where reading goes on behind damage: a block that another follows, or the last bytes in which one may begin."""
    data, size = view.data, len(view.data)
    # Two zero bytes end the length of the record behind that of the block: few places need a closer look.
    for at in np.flatnonzero((data[start + 6 : -1] == 0) & (data[start + 7 :] == 0)) + start:
        end = int(at) + block_length(data, int(at))
        is_followed = end == size or (end > size and not view.is_last) or block_length(data, end) > 0
        if is_followed and _is_block(data, int(at), rules=rules):
            return int(at)
    return size if view.is_last else max(start, size - 2 * RDW_BYTES + 1)


class _RdwScan:
    def __init__(self, view: View, *, rules: RdwRules) -> None:
        self._view = view
        self._rules = rules
        self._bytes = view.data.tobytes()
        self._offsets: list[int] = []
        self._spans: list[Span] = []
        self._position = 0

    def run(self) -> None:
        data, size, least, most = self._bytes, len(self._bytes), self._rules.least, self._rules.most
        position, offsets = 0, self._offsets
        while position + RDW_BYTES <= size:
            length = (data[position] << 8) | data[position + 1]
            if data[position + 2] or data[position + 3] or not least <= length - RDW_BYTES <= most:
                position = self._skip_damage(position)
                if position < 0:
                    return
                continue
            if position + length > size:
                break
            offsets.append(position)
            position += length
        self._position = position
        if self._view.is_last and position < size:
            self._finish(position)

    def _finish(self, position: int) -> None:
        """The file ends inside a record: it was cut, or this length word is damaged and others follow."""
        following = self._next_plausible(position + 1)
        if following is not None:
            self._quarantine(position, following)
            self._position = following
            rest = _RdwScan(View(self._view.data[following:], self._view.offset + following, True), rules=self._rules)
            rest.run()
            self._offsets.extend(offset + following for offset in rest._offsets)
            self._spans.extend(rest._spans)
        else:
            self._spans.append(truncated_span(self._view, start=position, expected=self._length_at(position)))
        self._position = len(self._bytes)

    def _length_at(self, position: int) -> int:
        head = self._bytes[position : position + 2]
        return int.from_bytes(head, "big") if len(head) == 2 else RDW_BYTES

    def _skip_damage(self, position: int) -> int:
        """Where reading goes on behind damage found at a place; -1 when this view holds nothing plausible."""
        start = position
        if self._offsets and not self._is_consistent(self._offsets[-1]):
            start = self._offsets.pop()  # its length word led us astray
        following = self._next_plausible(start + 1)
        if following is None and not self._view.is_last:
            # Damage up to the end of the view: keep the last bytes back, the next record may begin in them.
            following = max(position, len(self._bytes) - RDW_BYTES - self._rules.most)
            if following <= start:
                self._position = start
                return -1
            self._quarantine(start, following)
            self._position = following
            return -1
        end = len(self._bytes) if following is None else following
        self._quarantine(start, end)
        self._position = end
        return end if following is not None else -1

    def _quarantine(self, start: int, end: int) -> None:
        detail = "no plausible record length here, or not the one the record's own tables tell"
        self._spans.append(Span(self._view.offset + start, end - start, "record_length", detail))

    def _is_consistent(self, offset: int) -> bool:
        length = self._length_at(offset)
        if offset + length > len(self._bytes):
            return False
        record = self._view.data[offset + RDW_BYTES : offset + length]
        return self._rules.is_consistent(record, length - RDW_BYTES)

    def _next_plausible(self, start: int) -> int | None:
        for offset in self._candidates(start):
            if self._is_consistent(offset) and self._is_followed(offset + self._length_at(offset)):
                return offset
        return None

    def _candidates(self, start: int) -> Iterator[int]:
        data = self._view.data[start:]
        if len(data) <= RDW_BYTES:
            return
        lengths = data[:-4].astype(np.int64) * 256 + data[1:-3] - RDW_BYTES
        plausible = (data[2:-2] == 0) & (data[3:-1] == 0)
        plausible &= (lengths >= self._rules.least) & (lengths <= self._rules.most)
        if self._rules.first_bytes:
            plausible &= np.isin(data[4:], list(self._rules.first_bytes))
        for at in np.flatnonzero(plausible):
            yield start + int(at)

    def _is_followed(self, position: int) -> bool:
        """Whether the file ends there or another length word stands there."""
        if position + RDW_BYTES > len(self._bytes):
            return position == len(self._bytes) or not self._view.is_last
        length = self._length_at(position) - RDW_BYTES
        return self._bytes[position + 2 : position + 4] == b"\0\0" and self._rules.least <= length <= self._rules.most

    def frames(self) -> Frames:
        """What was found."""
        offsets = np.array(self._offsets, dtype=np.int64)
        data = self._view.data
        lengths = data[offsets].astype(np.int64) * 256 + data[offsets + 1] if len(offsets) else _NONE
        return Frames(offsets, offsets + lengths, offsets + RDW_BYTES, lengths - RDW_BYTES, self._spans, self._position)
