"""Lines of delimited text with quotes, taken apart.

``12;"Zakład ""ALFA""; Poznań";3``: a field that begins with a quote ends at the next single one, and between the two a
delimiter or a line feed is text. Nearly all lines can be told by themselves, so all of them are taken apart at once as
if every line began a record; the few that cannot (a line feed in a quoted text, a quote nobody closed, a quote amid a
word) are then read one by one, from the front.

A quote nobody closed must not swallow the file: a record whose quotes come to no end within the budget of one record,
or end amid a text, costs its first line only, and the next line begins a record again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from config.errors import BudgetExceeded
from connectors.fields import escapes_of
from connectors.model import Flags, Ledger, Longs, Span
from connectors.quoted_record import CARRIAGE_RETURN, LINE_FEED, Marks, Record, read_record
from connectors.window import View


@dataclass(frozen=True)
class Parted:
    """Records of a view: where each of their fields lies, and what is no record."""

    consumed: int
    starts: Longs
    """Matrix of records × fields: first byte of each field, behind an opening quote."""
    ends: Longs
    """Matrix of one past the last byte of each field, before a closing quote."""
    is_quoted: Flags
    """Matrix of fields in quotes; a quoted field of no bytes is an empty text, not a missing one."""
    offsets: Longs
    lengths: Longs
    dropped: Flags | None
    """Bytes that belong to no value: escapes, and one of two quotes that stand for one."""
    spans: tuple[Span, ...]
    filler: int
    """Bytes of blank lines."""


@dataclass(frozen=True)
class _Lines:
    """Lines of a view, as if each began a record."""

    starts: Longs
    ends: Longs
    contents: Longs
    """Where the content of each ends, before carriage return and line feed."""
    delimiters: Longs
    first_delimiter: Longs
    is_told: Flags
    """Whether the line is whole by itself."""
    doubled: Longs
    """Second quotes of pairs inside quoted fields."""
    escapes: Flags | None


def part(view: View, *, marks: Marks, count: int, ledger: Ledger) -> Parted:
    """The records of a view that has its first byte where a record begins.

    Raises:
        BudgetExceeded: a line is longer than one record may be.
    """
    lines = _lines(view, marks=marks)
    _check_lengths(lines, view=view, ledger=ledger)
    is_blank = lines.contents == lines.starts
    single = _Singles(lines, view=view, marks=marks, count=count, limit=ledger.budgets.max_record_bytes)
    settled = single.run()
    number = np.arange(len(lines.starts))
    is_open = lines.is_told & ~single.covered & (number < settled)
    found = np.diff(lines.first_delimiter) + 1
    is_fast = is_open & ~is_blank & (found == count)
    wrong = np.flatnonzero(is_open & ~is_blank & (found != count))
    spans = [_span(lines, view=view, line=int(line), found=int(found[line]), count=count) for line in wrong]
    filler = lines.ends - lines.starts
    return _parted(
        lines,
        view=view,
        is_fast=is_fast,
        single=single,
        consumed=int(lines.ends[settled - 1]) if settled else 0,
        spans=(*spans, *single.spans),
        filler=int(filler[is_open & is_blank].sum()),
        quote=marks.quote,
        count=count,
    )


def _lines(view: View, *, marks: Marks) -> _Lines:
    data = view.data
    escapes = escapes_of(data, escape=marks.escape) if marks.escape is not None else None

    def places(byte: int) -> Longs:
        at = np.flatnonzero(data == byte)
        return at if escapes is None or not at.size else at[~escapes[at - 1] | (at == 0)]

    ends = places(LINE_FEED) + 1
    if view.is_last and len(data) and (not len(ends) or ends[-1] != len(data)):
        ends = np.append(ends, len(data))
    starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]]) if len(ends) else ends
    contents = _contents(view, starts=starts, ends=ends, escapes=escapes)
    delimiters = places(marks.delimiter)
    quotes = places(marks.quote) if marks.quote is not None else np.zeros(0, dtype=np.int64)
    limit = int(ends[-1]) if len(ends) else 0
    delimiters, quotes = delimiters[delimiters < limit], quotes[quotes < limit]
    is_told, doubled = np.ones(len(ends), dtype=np.bool_), np.zeros(0, dtype=np.int64)
    if quotes.size:
        # A line on which no field begins with a quote has none that means anything: 5" is five inches.
        line = np.searchsorted(ends, quotes, side="right")
        opens = _may_open(view, quotes, starts=starts[line], marks=marks, escapes=escapes)
        quotes = quotes[(np.bincount(line[opens], minlength=len(ends)) > 0)[line]]
    if quotes.size:
        before = np.searchsorted(quotes, np.append(starts, limit))
        line_of = np.searchsorted(ends, delimiters, side="right")
        delimiters = delimiters[(np.searchsorted(quotes, delimiters) - before[line_of]) % 2 == 0]
        is_told, doubled = _told(
            view, quotes, before=before, starts=starts, contents=contents, marks=marks, escapes=escapes
        )
    bounds = np.searchsorted(delimiters, np.append(starts, limit)) if len(ends) else np.zeros(1, dtype=np.int64)
    return _Lines(starts, ends, contents, delimiters, bounds, is_told, doubled, escapes)


def _contents(view: View, *, starts: Longs, ends: Longs, escapes: Flags | None) -> Longs:
    if not len(ends):
        return ends
    data = view.data
    has_feed = data[ends - 1] == LINE_FEED
    if escapes is not None:
        # An escaped line feed at the very end of the file is text.
        has_feed &= ~escapes[np.maximum(ends - 2, 0)] | (ends == 1)
    contents = ends - has_feed
    has_return = has_feed & (contents > starts) & (data[contents - 1] == CARRIAGE_RETURN)
    return np.asarray(contents - has_return, dtype=np.int64)


def _may_open(view: View, quotes: Longs, *, starts: Longs, marks: Marks, escapes: Flags | None) -> Flags:
    """Quotes at the beginning of their line, or behind a delimiter."""
    behind = view.data[np.maximum(quotes - 1, 0)] == marks.delimiter
    if escapes is not None:
        behind &= ~escapes[np.maximum(quotes - 2, 0)] | (quotes < 2)
    return np.asarray((quotes == starts) | behind, dtype=np.bool_)


def _told(
    view: View,
    quotes: Longs,
    *,
    before: Longs,
    starts: Longs,
    contents: Longs,
    marks: Marks,
    escapes: Flags | None,
) -> tuple[Flags, Longs]:
    """Which lines have all their quotes where quotes belong, and the second ones of doubled quotes."""
    data, counts = view.data, np.diff(before)
    line = np.repeat(np.arange(len(starts)), counts)
    is_opening = (np.arange(len(quotes)) - before[line]) % 2 == 0
    follows = np.zeros(len(quotes), dtype=np.bool_)
    follows[1:] = (np.diff(quotes) == 1) & (line[1:] == line[:-1])
    precedes = np.append(follows[1:], False)
    opens = _may_open(view, quotes, starts=starts[line], marks=marks, escapes=escapes) | follows
    last = len(data) - 1
    closes = (quotes + 1 == contents[line]) | (data[np.minimum(quotes + 1, last)] == marks.delimiter) | precedes
    is_right = np.where(is_opening, opens, closes)
    is_told = counts % 2 == 0
    is_told[line[~is_right]] = False
    return is_told, quotes[is_opening & follows]


def _check_lengths(lines: _Lines, *, view: View, ledger: Ledger) -> None:
    limit = ledger.budgets.max_record_bytes
    if len(lines.ends) and int((lines.ends - lines.starts).max()) > limit:
        at = view.offset + int(lines.starts[int((lines.ends - lines.starts).argmax())])
        raise BudgetExceeded(
            f"{ledger.file}: byte {at}: a record of more than {limit} bytes",
            hint="The file is damaged, or raise budgets.max_record_bytes in the kind's YAML",
        )


class _Singles:
    """The lines that cannot be told by themselves, read one by one."""

    def __init__(self, lines: _Lines, *, view: View, marks: Marks, count: int, limit: int) -> None:
        self._lines, self._view, self._marks, self._count, self._limit = lines, view, marks, count, limit
        self.covered = np.zeros(len(lines.starts), dtype=np.bool_)
        """Lines inside a record that began before."""
        self.records: dict[int, Record] = {}
        """Line to the good record that begins with it."""
        self.spans: list[Span] = []

    def run(self) -> int:
        """How many lines are settled; the rest needs more bytes."""
        lines, stored = self._lines, b""
        for line in np.flatnonzero(~lines.is_told).tolist():
            if self.covered[line]:
                continue
            stored = stored or self._view.data.tobytes()
            start = int(lines.starts[line])
            record = read_record(
                stored, start, marks=self._marks, limit=self._limit, is_last=self._view.is_last, escapes=lines.escapes
            )
            if record.fault == "more":
                return line
            self._take(line, record)
        return len(lines.starts)

    def _take(self, line: int, record: Record) -> None:
        final = line if record.fault else int(np.searchsorted(self._lines.ends, record.end))
        found = len(record.fields)
        if not record.fault and found == self._count:
            self.records[line] = record
            self.covered[line + 1 : final + 1] = True
        elif record.fault:
            self.spans.append(_span(self._lines, view=self._view, line=line, reason=record.fault, count=self._count))
        else:
            # More lines than one may have been swallowed by a wrong quote: only the first is given up.
            self.spans.append(_span(self._lines, view=self._view, line=line, found=found, count=self._count))


def _span(
    lines: _Lines, *, view: View, line: int, count: int, found: int | None = None, reason: str = "field_count"
) -> Span:
    start, end = int(lines.starts[line]), int(lines.ends[line])
    is_cut = view.is_last and line == len(lines.ends) - 1 and lines.contents[line] == end
    if found is None:
        detail = f"{count} fields expected, a quote is not where one belongs"
    else:
        reason = "truncated_record" if is_cut and found <= count else reason
        detail = f"{count} fields expected, {found} found"
    return Span(view.offset + start, end - start, reason, detail)


def _parted(
    lines: _Lines,
    *,
    view: View,
    is_fast: Flags,
    single: _Singles,
    consumed: int,
    spans: Sequence[Span],
    filler: int,
    quote: int | None,
    count: int,
) -> Parted:
    is_single = np.zeros(len(is_fast), dtype=np.bool_)
    is_single[list(single.records)] = True
    chosen = np.flatnonzero(is_fast | is_single)
    fast = is_fast[chosen]
    own = list(single.records.values())
    starts, ends = np.zeros((len(chosen), count), dtype=np.int64), np.zeros((len(chosen), count), dtype=np.int64)
    at = lines.first_delimiter[chosen[fast]][:, None] + np.arange(count - 1)
    between = lines.delimiters[at] if at.size else at
    starts[fast] = np.concatenate([lines.starts[chosen[fast]][:, None], between + 1], axis=1)
    ends[fast] = np.concatenate([between, lines.contents[chosen[fast]][:, None]], axis=1)
    final = lines.ends[chosen]
    if own:
        places = np.array([record.fields for record in own], dtype=np.int64).reshape(len(own), count, 2)
        starts[~fast], ends[~fast] = places[:, :, 0], places[:, :, 1]
        final[~fast] = [record.end for record in own]
    is_quoted = _quoted(view, starts=starts, ends=ends, quote=quote)
    dropped = _dropped(lines, view=view, is_alone=lines.is_told & ~single.covered, own=own)
    return Parted(
        consumed=consumed,
        starts=starts + is_quoted,
        ends=ends - is_quoted,
        is_quoted=is_quoted,
        offsets=lines.starts[chosen] + view.offset,
        lengths=final - lines.starts[chosen],
        dropped=dropped,
        spans=tuple(spans),
        filler=filler,
    )


def _quoted(view: View, *, starts: Longs, ends: Longs, quote: int | None) -> Flags:
    if quote is None or not len(view.data):
        return np.zeros(starts.shape, dtype=np.bool_)
    return np.asarray((ends > starts) & (view.data[np.minimum(starts, len(view.data) - 1)] == quote), dtype=np.bool_)


def _dropped(lines: _Lines, *, view: View, is_alone: Flags, own: Sequence[Record]) -> Flags | None:
    doubled = [place for record in own for place in record.doubled]
    if lines.escapes is None and not lines.doubled.size and not doubled:
        return None
    dropped: npt.NDArray[np.bool_] = (
        np.zeros(len(view.data), dtype=np.bool_) if lines.escapes is None else lines.escapes.copy()
    )
    if lines.doubled.size:
        # Of lines that were read one by one the quotes were counted there.
        line = np.searchsorted(lines.ends, lines.doubled, side="right")
        dropped[lines.doubled[is_alone[line]]] = True
    dropped[doubled] = True
    return dropped
