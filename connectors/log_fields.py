r"""Where the fields of log lines lie.

Nearly all lines have six quotes (combined) or two (common) and no backslash: their fields are found with NumPy, all
lines of a view at once. The few others go through a regular expression, which alone says what a line is; a test holds
the two together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import Bytes, Flags, Longs

FIELDS = ("HOST", "IDENT", "USER", "TIME", "REQUEST", "STATUS", "BYTES", "REFERER", "AGENT")
_QUOTED = r'(?:[^"\\]|\\.)*'
LINE = (
    r"^(?P<HOST>[^ \t\r\n\"\\\[\]]+) (?P<IDENT>[^ \t\r\n\"\\\[\]]+) (?P<USER>[^ \[\]\"](?:[^\[\]\"]*[^ \[\]\"])?) "
    rf'\[(?P<TIME>[^\[\]\"]+)\] "(?P<REQUEST>{_QUOTED})" (?P<STATUS>[0-9]{{3}}) (?P<BYTES>[0-9]{{1,19}}|-)'
    rf'(?: "(?P<REFERER>{_QUOTED})" "(?P<AGENT>{_QUOTED})")?$'
)
# Bytes between the end of one field and the start of the next; Arrow tells texts, not places.
_GAPS = (0, 1, 1, 2, 3, 2, 1, 2, 3)
_QUOTE, _BACKSLASH, _SPACE, _OPEN, _CLOSE, _QUERY, _DASH = (ord(letter) for letter in '"\\ []?-')
_LONGEST_WORD = 19
"""Digits of a size, letters of a method."""
_LINE_FEED, _CARRIAGE_RETURN, _TAB = 0x0A, 0x0D, 0x09


@dataclass(frozen=True)
class LogLines:
    """Physical lines of some bytes."""

    data: Bytes
    starts: Longs
    content_ends: Longs
    """Without line feed, or carriage return and line feed."""
    ends: Longs

    @staticmethod
    def of(data: Bytes, *, is_last: bool) -> LogLines:
        """Complete lines; bytes behind the last line feed are a line only where the file ends."""
        ends = np.flatnonzero(data == _LINE_FEED) + 1
        if is_last and len(data) and (not len(ends) or ends[-1] != len(data)):
            ends = np.append(ends, len(data))
        if not len(ends):
            return LogLines(data, ends, ends, ends)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
        content_ends = ends - (data[ends - 1] == _LINE_FEED)
        has_return = (content_ends > starts) & (data[np.maximum(content_ends - 1, 0)] == _CARRIAGE_RETURN)
        return LogLines(data, starts, content_ends - has_return, ends)

    def taken(self, chosen: Longs) -> LogLines:
        """Some of the lines, over the same bytes."""
        return LogLines(self.data, self.starts[chosen], self.content_ends[chosen], self.ends[chosen])

    def cut(self, chosen: slice) -> tuple[LogLines, int]:
        """Some neighbours over their own bytes, and where those begin in the old ones."""
        starts, ends = self.starts[chosen], self.ends[chosen]
        first = int(starts[0])
        return LogLines(
            self.data[first : ends[-1]], starts - first, self.content_ends[chosen] - first, ends - first
        ), first

    def __len__(self) -> int:
        return len(self.starts)


@dataclass(frozen=True)
class LogFields:
    """Matrices of lines × :data:`FIELDS`; of a common line the last two are empty."""

    is_line: Flags
    is_combined: Flags
    starts: Longs
    ends: Longs


def cut_out(data: Bytes, *, starts: Longs, ends: Longs) -> pa.Array:
    """Stretches of bytes, in order and apart, as a binary array."""
    # Every second text of a contiguous array: no index per byte is needed.
    offsets = np.empty(2 * len(starts) + 1, dtype=np.int32)
    offsets[0:-1:2], offsets[1::2] = starts, ends
    offsets[-1] = ends[-1] if len(ends) else 0
    both = pa.BinaryArray.from_buffers(
        pa.binary(), 2 * len(starts), [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(data))]
    )
    return both.take(pa.array(np.arange(0, 2 * len(starts), 2)))


def find_fields(lines: LogLines) -> LogFields:
    """The fields of each line."""
    found = _by_position(lines)
    others = np.flatnonzero(~found.is_line)
    if others.size:
        slow = _by_expression(lines.taken(others))
        found.is_line[others], found.is_combined[others] = slow.is_line, slow.is_combined
        found.starts[others], found.ends[others] = slow.starts, slow.ends
    return found


class _Marks:
    """Where a byte stands, asked per line."""

    def __init__(self, data: Bytes, byte: int, *, lines: LogLines) -> None:
        self.at = np.flatnonzero(data == byte)
        self.first = np.searchsorted(self.at, lines.starts)
        self.count = np.searchsorted(self.at, lines.content_ends) - self.first

    def nth(self, number: int) -> Longs:
        """The place of the n-th in each line, from 0; anything where there are fewer."""
        if not self.at.size:
            return np.zeros(len(self.first), dtype=np.int64)
        return self.at[np.minimum(self.first + number, len(self.at) - 1)]


def _by_position(lines: LogLines) -> LogFields:
    data = lines.data
    if not len(lines):
        none = np.zeros((0, len(FIELDS)), dtype=np.int64)
        return LogFields(np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.bool_), none, none.copy())
    quotes, spaces = _Marks(data, _QUOTE, lines=lines), _Marks(data, _SPACE, lines=lines)
    opens, closes = _Marks(data, _OPEN, lines=lines), _Marks(data, _CLOSE, lines=lines)
    is_combined = quotes.count == 6
    is_line = (is_combined | (quotes.count == 2)) & (_Marks(data, _BACKSLASH, lines=lines).count == 0)
    is_line &= (spaces.count >= 6) & (opens.count >= 1) & (closes.count >= 1)
    first, second = quotes.nth(0), quotes.nth(1)
    third = np.where(is_combined, quotes.nth(2), lines.content_ends + 1)
    fourth, fifth, sixth = (np.where(is_combined, quotes.nth(n), lines.content_ends) for n in (3, 4, 5))
    host_end, ident_end, opening, closing = spaces.nth(0), spaces.nth(1), opens.nth(0), closes.nth(0)
    after = np.where(is_combined, fourth + 1, lines.content_ends)
    nothing = np.where(is_combined, fifth + 1, lines.content_ends)
    starts = [lines.starts, host_end + 1, ident_end + 1, opening + 1, first + 1, second + 2, second + 6]
    ends = [host_end, ident_end, opening - 1, closing, second, second + 5, third - 1]
    starts += [np.where(is_combined, third + 1, lines.content_ends), nothing]
    ends += [fourth, np.where(is_combined, sixth, lines.content_ends)]
    begin, end = np.stack(starts, axis=1), np.stack(ends, axis=1)
    has_text = (end > begin)[:, [0, 1, 2, 3, 6]].all(axis=1)
    is_line &= has_text & (closing == first - 2) & ((opens.count == 1) | (opens.nth(1) > first))
    is_line &= (end[:, 6] < lines.content_ends) | ~is_combined
    is_line &= ~is_combined | ((fifth == after + 1) & (sixth == lines.content_ends - 1))
    is_line &= _has(data, first - 1, _SPACE) & _has(data, second + 1, _SPACE) & _has(data, second + 5, _SPACE)
    is_line &= _has(data, opening - 1, _SPACE) & (
        ~is_combined | (_has(data, third - 1, _SPACE) & _has(data, after, _SPACE))
    )
    is_line &= ~_has(data, begin[:, 2], _SPACE) & ~_has(data, opening - 2, _SPACE)
    # Blanks other than spaces are rare enough to be left to the expression.
    is_line &= (_Marks(data, _TAB, lines=lines).count == 0) & (_Marks(data, _CARRIAGE_RETURN, lines=lines).count == 0)
    is_nothing = (end[:, 6] - begin[:, 6] == 1) & _has(data, begin[:, 6], _DASH)
    is_line &= _is_made_of(data, "09", starts=begin[:, 5], ends=end[:, 5])
    is_line &= _is_made_of(data, "09", starts=begin[:, 6], ends=end[:, 6]) | is_nothing
    return LogFields(is_line, is_combined, begin, end)


def _has(data: Bytes, at: Longs, byte: int) -> Flags:
    return np.asarray(data[np.clip(at, 0, len(data) - 1)] == byte, dtype=np.bool_)


def _is_made_of(data: Bytes, bounds: str, *, starts: Longs, ends: Longs) -> Flags:
    """Whether each stretch has one to :data:`_LONGEST_WORD` bytes, all within bounds."""
    low, high = (ord(letter) for letter in bounds)
    is_made = (ends > starts) & (ends - starts <= _LONGEST_WORD)
    for place in range(int((ends - starts)[is_made].max(initial=0))):
        byte = data[np.clip(starts + place, 0, len(data) - 1)]
        is_made &= (starts + place >= ends) | ((byte >= low) & (byte <= high))
    return np.asarray(is_made, dtype=np.bool_)


def _by_expression(lines: LogLines) -> LogFields:
    found = pc.extract_regex(cut_out(lines.data, starts=lines.starts, ends=lines.content_ends), LINE)
    is_line = np.asarray(found.is_valid())
    lengths = [np.asarray(pc.binary_length(found.field(name)).fill_null(0), dtype=np.int64) for name in FIELDS]
    begin = np.zeros((len(lines), len(FIELDS)), dtype=np.int64)
    end = np.zeros_like(begin)
    at = lines.starts
    for column, (gap, length) in enumerate(zip(_GAPS, lengths, strict=True)):
        begin[:, column] = at + gap
        at = end[:, column] = at + gap + length
    is_combined = is_line & (end[:, 6] != lines.content_ends)
    begin[~is_combined, 7:] = end[~is_combined, 7:] = lines.content_ends[~is_combined, None]
    return LogFields(is_line, is_combined, begin, end)


def split_request(data: Bytes, *, starts: Longs, ends: Longs) -> tuple[Flags, Longs, Longs, Longs]:
    """Whether a request is one; where its method ends, and where its path starts and ends, before any query."""
    spaces, queries = np.flatnonzero(data == _SPACE), np.flatnonzero(data == _QUERY)
    method_end = _next(spaces, starts, otherwise=ends)
    path_start = np.minimum(method_end + 1, ends)
    target_end = _next(spaces, path_start, otherwise=ends)
    path_end = np.minimum(_next(queries, path_start, otherwise=ends), target_end)
    is_request = _is_made_of(data, "AZ", starts=starts, ends=method_end) & (path_end > path_start)
    is_request &= _next(spaces, np.minimum(target_end + 1, ends), otherwise=ends) == ends
    is_request &= (target_end == ends) | _starts_with(data, target_end + 1, b"HTTP/")
    return is_request, method_end, path_start, path_end


def _next(at: Longs, after: Longs, *, otherwise: Longs) -> Longs:
    if not at.size:
        return otherwise
    number = np.searchsorted(at, after)
    return np.minimum(np.where(number < len(at), at[np.minimum(number, len(at) - 1)], otherwise), otherwise)


def _starts_with(data: Bytes, at: Longs, text: bytes) -> Flags:
    is_equal = np.ones(len(at), dtype=np.bool_)
    for place, byte in enumerate(text):
        is_equal &= _has(data, at + place, byte)
    return is_equal
