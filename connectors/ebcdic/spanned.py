"""Spanned records in blocks (RECFM=VBS): a record may be cut, and its parts lie in this block and the next ones.

Before each part stand four bytes: its length including them, what it is (0 a whole record, 1 its first part, 2 its
last, 3 one between) and a zero byte. The parts of a record follow each other, so with the words between them they are
one run of the file: that run is the record's ``_offset`` and ``_length``, and the words in it are booked with it, as
the one before each record of ``rdw`` is. Only words of blocks between records are ``header``.

A run without its first or last part is one quarantined span. Behind a damaged word we go on where parts follow each
other exactly up to the end of the block, or at the next plausible block.

Source: IBM, "z/OS DFSMS Using Data Sets", format-V records, segment descriptor word.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from connectors.ebcdic.frames import RDW_BYTES, Frames, Moved, RdwRules, block_length
from connectors.model import Bytes, Span
from connectors.window import View

_WHOLE, _FIRST, _LAST = 0, 1, 2
_NO_FIRST = "a part of a record without its first one"
_NO_LAST = "a record without its last part"


@dataclass
class _Run:
    """Parts of one record."""

    start: int
    has_first: bool
    parts: list[tuple[int, int]] = field(default_factory=list)
    """First byte and end of what each part holds."""
    block_end: int = 0
    """Where the block ends in which the run begins."""

    @property
    def end(self) -> int:
        return self.parts[-1][1]


class SpannedFrames:
    """Frames view after view; a view may begin inside a block."""

    def __init__(self, *, rules: RdwRules) -> None:
        self._rules = rules
        self._left = 0
        """Bytes of a block that the next view begins with."""

    def frames(self, view: View) -> Frames:
        """Records of a view; the buffer their :attr:`Frames.starts` count in is :attr:`Frames.buffer`."""
        scan = _Scan(view, rules=self._rules, left=self._left)
        scan.run()
        frames = scan.frames()
        if frames.consumed:
            self._left = scan.left
        return frames


class _Scan:
    def __init__(self, view: View, *, rules: RdwRules, left: int) -> None:
        self._view = view
        self._rules = rules
        self._data = view.data.tobytes()
        self._size = len(self._data)
        self._runs: list[_Run] = []
        self._spans: list[Span] = []
        self._open: _Run | None = None
        self._words = 0
        self._missing = 0
        self._consumed = 0
        self.left = left

    # -- blocks -------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Takes the whole blocks of a view."""
        position, size, is_last = 0, self._size, self._view.is_last
        if self.left:
            if self.left > size and not is_last:
                return
            position = self._take_block(0, self.left)
        while position < size and (is_last or size - position >= 2 * RDW_BYTES):
            if not self._is_block(position):
                following = self._next_block(position + 1)
                self._quarantine(position, following, detail="no plausible block length here, or no part behind it")
                position = following
                continue
            end = position + block_length(self._view.data, position)
            if end > size and not is_last:
                break
            is_inside = self._open is not None and self._data[position + 6] not in (_WHOLE, _FIRST)
            self._words += 0 if is_inside else RDW_BYTES
            position = self._take_block(position + RDW_BYTES, end)
        self._finish(position)

    def _finish(self, position: int) -> None:
        """What is open at the end of a view comes again with the next one; at the end of the file it is cut."""
        run = self._open
        self._consumed, self.left = position, 0
        if run is None:
            return
        if run.has_first and not self._view.is_last:
            self._consumed, self.left = run.start, run.block_end - run.start
            return
        self._close(is_complete=False)

    def _take_block(self, start: int, end: int) -> int:
        """Takes the parts of one block; returns where it ends, which is at most the end of the view."""
        position, limit = start, min(end, self._size)
        self._missing = max(0, end - self._size)
        former = -1
        while position < limit:
            length = self._part_length(position, end)
            if not length and (limit - position >= RDW_BYTES or limit == end):
                position = self._skip_damage(position, former, end)
                former = -1
                continue
            if not length or position + length > limit:
                self._cut(position, length or RDW_BYTES)
                return limit
            self._take_part(position, length, block_end=end)
            former, position = position, position + length
        return limit

    # -- parts --------------------------------------------------------------------------------------------------

    def _take_part(self, position: int, length: int, *, block_end: int) -> None:
        kind = self._data[position + 2]
        if kind in (_WHOLE, _FIRST):
            self._close(is_complete=False)
        if self._open is None:
            self._open = _Run(position, kind in (_WHOLE, _FIRST), block_end=block_end)
        self._open.parts.append((position + RDW_BYTES, position + length))
        if kind in (_WHOLE, _LAST):
            self._close(is_complete=True)

    def _close(self, *, is_complete: bool) -> None:
        run, self._open = self._open, None
        if run is None:
            return
        if run.has_first and is_complete:
            self._runs.append(run)
            return
        detail = _NO_LAST if run.has_first else _NO_FIRST
        self._spans.append(Span(self._view.offset + run.start, run.end - run.start, "spanned_record", detail))

    def _cut(self, position: int, expected: int) -> None:
        """The file ends inside a part: what there is of its record is one span."""
        start = position
        if self._open is not None and (self._size - position < RDW_BYTES or self._data[position + 2] > _FIRST):
            start, self._open = self._open.start, None
        self._close(is_complete=False)
        detail = f"a part of {expected} bytes expected, {self._size - position} left"
        self._spans.append(Span(self._view.offset + start, self._size - start, "truncated_record", detail))

    def _skip_damage(self, position: int, former: int, end: int) -> int:
        """Where reading goes on in a block behind damage found at a place."""
        start = position
        if former >= 0 and self._is_suspect(former):
            start = former  # its length led us astray
            if self._open is None:
                self._runs.pop()
            else:
                self._open.parts.pop()
                if not self._open.parts:
                    self._open = None
                elif self._open.end < former:
                    self._words += RDW_BYTES  # the word of this block lies no longer inside a record
        following = self._next_part(start + 1, end)
        self._quarantine(start, following, detail="no plausible length of a part here")
        return following

    def _is_suspect(self, former: int) -> bool:
        """Whether the part before damage may itself have the wrong length; the last of several tells nothing."""
        kind = self._data[former + 2]
        if kind != _WHOLE:
            return kind != _LAST
        start, end = self._runs[-1].parts[0]
        return not self._rules.is_consistent(self._view.data[start:end], end - start)

    def _quarantine(self, start: int, end: int, *, detail: str) -> None:
        self._close(is_complete=False)
        if end > start:
            self._spans.append(Span(self._view.offset + start, end - start, "record_length", detail))

    # -- what is plausible --------------------------------------------------------------------------------------

    def _part_length(self, position: int, end: int) -> int:
        """What a part says of its length, its word included; 0 for what is no such word."""
        word = self._data[position : position + RDW_BYTES]
        if len(word) < RDW_BYTES or word[2] > 3 or word[3]:
            return 0
        length = int.from_bytes(word[:2], "big")
        return length if RDW_BYTES < length <= end - position else 0

    def _is_block(self, position: int) -> bool:
        length = block_length(self._view.data, position)
        return bool(length) and self._part_length(position + RDW_BYTES, position + length) > 0

    def _words_at(self, start: int, end: int) -> list[int]:
        """Places that could be the word of a part."""
        data: Bytes = self._view.data[start:end]
        if len(data) < RDW_BYTES:
            return []
        is_word = (data[2:-1] <= 3) & (data[3:] == 0) & ((data[:-3] > 0) | (data[1:-2] > RDW_BYTES))
        return [start + int(at) for at in np.flatnonzero(is_word)]

    def _next_part(self, start: int, end: int) -> int:
        """The first place from which parts fill the rest of a block exactly; its end when there is none."""
        limit = min(end, self._size)
        good = {end}
        for at in reversed(self._words_at(start, limit)):
            length = self._part_length(at, end)
            if length and (at + length in good or limit < at + length):
                good.add(at)
        return min(*good, limit)

    def _next_block(self, start: int) -> int:
        """The first place where a block begins that another follows, or the last bytes in which one may begin."""
        size, is_last = self._size, self._view.is_last
        for word in self._words_at(start + RDW_BYTES, size):
            at = word - RDW_BYTES
            if not self._is_block(at):
                continue
            end = at + block_length(self._view.data, at)
            if end == size or (end > size and not is_last) or self._is_block(end):
                return at
        return size if is_last else max(start, size - 2 * RDW_BYTES + 1)

    # -- result -------------------------------------------------------------------------------------------------

    def frames(self) -> Frames:
        """Records of one part where they are; those of several put together behind the bytes of the view."""
        runs, at = self._runs, self._size
        starts: list[int] = []
        pieces: list[Bytes] = [self._view.data]
        buffer_starts, file_starts = [0], [0]
        for run in runs:
            starts.append(run.parts[0][0] if len(run.parts) == 1 else at)
            for start, end in run.parts if len(run.parts) > 1 else []:
                pieces.append(self._view.data[start:end])
                buffer_starts.append(at)
                file_starts.append(start)
                at += end - start
        lengths = [sum(end - start for start, end in run.parts) for run in runs]
        return Frames(
            offsets=np.array([run.start for run in runs], dtype=np.int64),
            ends=np.array([run.end for run in runs], dtype=np.int64),
            starts=np.array(starts, dtype=np.int64),
            lengths=np.array(lengths, dtype=np.int64),
            spans=_joined(self._spans),
            consumed=self._consumed,
            block_words=self._words,
            missing=self._missing,
            buffer=np.concatenate(pieces) if len(pieces) > 1 else None,
            moved=Moved(np.array(buffer_starts), np.array(file_starts)) if len(pieces) > 1 else None,
        )


def _joined(spans: list[Span]) -> list[Span]:
    """Spans that touch and have one reason as one."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda each: each.offset):
        last = result[-1] if result else None
        if last and last.reason == span.reason and last.offset + last.length == span.offset:
            result[-1] = Span(last.offset, last.length + span.length, span.reason, last.detail)
        else:
            result.append(span)
    return result
