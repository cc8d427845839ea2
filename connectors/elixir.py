"""Elixir-0 files: credit transfers as Polish banks exchange them with large receivers.

One transfer per line, sixteen fields parted by commas, texts in quotes: ``110,20031013,12050,10205011,0,"…","…",…``.
The amount is in grosze. Names with addresses and the payment's title are up to four texts of 35 characters parted by
``|`` inside one field; they are delivered as stored, because where a title was broken is for the transforms to mend. A
quote inside a text is doubled. There is no heading and no trailer: what the bank sent is told by the control totals of
the delivery (``records``, ``amount_grosze``).

A text of no characters (``""``) is a missing one: the format has no other way to leave a text out. A line that is not
sixteen fields, or whose quotes do not pair, cannot be put right without guessing and goes to quarantine; so do, as one
span, adjacent lines that make one record together (a line feed inside quotes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from connectors.assemble import assemble
from connectors.checks import checked, is_date8
from connectors.fields import Fields, decode_fields, delimited_fields
from connectors.model import Bytes, Flags, Ledger, Longs, RawChunk, Span
from connectors.window import WINDOW_BYTES, View, Window

COLUMNS = (
    "TYP",
    "DATA",
    "KWOTA",
    "NR_ROZL_ZLEC",
    "TRYB",
    "RACH_ZLEC",
    "RACH_BEN",
    "NAZWA_ZLEC",
    "NAZWA_BEN",
    "POLE_10",
    "NR_ROZL_BEN",
    "TYTUL",
    "NR_CZEKU",
    "REKLAMACJA",
    "KLASYFIKACJA",
    "INFO_BANKU",
)
"""Names of the sixteen fields; the files have none."""

LINE_FEED, CARRIAGE_RETURN, COMMA, QUOTE, END_OF_FILE = 0x0A, 0x0D, 0x2C, 0x22, 0x1A
_FIELDS = len(COLUMNS)
_MOST_LINES = 16
"""Lines a record with line feeds in its texts may run over; a quote that stays open longer is a stray one."""
_GROSZE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class ElixirFormat:
    """How an Elixir-0 file is written."""

    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    required: tuple[str, ...] = ()


def read_elixir(
    path: Path,
    *,
    form: ElixirFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of transfers in file order; at least one, so that a day without transfers still has columns."""
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            lines = _Lines.of(view)
            settled, spans = _judge(lines, view=view, ledger=ledger)
            window.consume(int(lines.ends[settled - 1]) if settled else 0)
            good = np.flatnonzero(lines.is_good[:settled])
            for first in range(0, max(len(good), len(spans[:1])), chunk_records):
                has_any = True
                its_spans = spans if first == 0 else []
                yield _chunk(
                    lines,
                    view=view,
                    rows=good[first : first + chunk_records],
                    spans=its_spans,
                    form=form,
                    ledger=ledger,
                )
    if not has_any:
        empty = View(np.zeros(0, dtype=np.uint8), 0, True)
        none = np.zeros(0, dtype=np.int64)
        yield _chunk(_Lines.of(empty), view=empty, rows=none, spans=[], form=form, ledger=ledger)


@dataclass(frozen=True)
class _Lines:
    """Complete lines of a view, with the commas that stand outside quotes."""

    starts: Longs
    ends: Longs
    """One past the line feed."""
    content_ends: Longs
    separators: Longs
    first_separator: Longs
    """Per line how many separators stand before it; one more than lines."""
    doubled: Flags
    """Second quotes of doubled ones."""
    is_good: Flags
    """Lines of sixteen fields whose quotes pair."""

    @staticmethod
    def of(view: View) -> _Lines:
        """The lines of a view; bytes behind the last line feed are a line only where the file ends."""
        data = view.data
        ends = np.flatnonzero(data == LINE_FEED) + 1
        if view.is_last and len(data) and (not len(ends) or ends[-1] != len(data)):
            ends = np.append(ends, len(data))
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])[: len(ends)]
        content_ends = _content_ends(data, starts=starts, ends=ends)
        quotes = np.flatnonzero(data[: ends[-1] if len(ends) else 0] == QUOTE)
        quotes_before = np.searchsorted(quotes, np.append(starts, ends[-1:]))
        commas = np.flatnonzero(data[: ends[-1] if len(ends) else 0] == COMMA)
        line = np.searchsorted(ends, commas, side="right")
        # Parity starts anew on every line: one broken quote must not turn the rest of the file inside out.
        separators = commas[(np.searchsorted(quotes, commas) - quotes_before[line]) % 2 == 0]
        first_separator = np.searchsorted(separators, np.append(starts, ends[-1:]))
        is_paired, doubled = _quotes(
            data, starts=starts, ends=content_ends, quotes=quotes, before=quotes_before, separators=separators
        )
        counts = np.diff(first_separator) if len(ends) else starts
        is_good = (counts == _FIELDS - 1) & is_paired
        if view.is_last and len(ends) and data[-1] != LINE_FEED:
            # Without a line end only the closing quote of the last text shows that nothing was cut off.
            is_good[-1] &= bool(data[content_ends[-1] - 1] == QUOTE)
        return _Lines(starts, ends, content_ends, separators, first_separator, doubled, is_good)

    def separators_of(self, line: int) -> int:
        """How many separators a line has."""
        return int(self.first_separator[line + 1] - self.first_separator[line])


def _content_ends(data: Bytes, *, starts: Longs, ends: Longs) -> Longs:
    if not len(ends):
        return ends
    content_ends = ends - (data[ends - 1] == LINE_FEED)
    has_return = (content_ends > starts) & (data[content_ends - 1] == CARRIAGE_RETURN)
    return np.asarray(content_ends - has_return, dtype=np.int64)


def _quotes(
    data: Bytes, *, starts: Longs, ends: Longs, quotes: Longs, before: Longs, separators: Longs
) -> tuple[Flags, Flags]:
    """Per line whether its quotes pair, and the second ones of doubled quotes.

    Counted along its line from 0, a quote of an even number opens a text or is the second of a doubled one, and one of
    an odd number closes a text or is the first of a doubled one.
    """
    doubled = np.zeros(len(data), dtype=np.bool_)
    is_paired = np.ones(len(starts), dtype=np.bool_)
    if not quotes.size:
        return is_paired, doubled
    line = np.repeat(np.arange(len(starts)), np.diff(before))
    is_even = (np.arange(len(quotes)) - before[line]) % 2 == 0
    is_separator = np.zeros(len(data) + 2, dtype=np.bool_)  # shifted by one: the byte before the first is none
    is_separator[separators + 1] = True
    follows = np.append(False, np.diff(quotes) == 1)
    precedes = np.append(follows[1:], False)
    opens = (quotes == starts[line]) | is_separator[quotes]
    closes = (quotes + 1 == ends[line]) | is_separator[quotes + 2]
    is_fine = np.where(is_even, opens | follows, closes | precedes)
    is_paired[line[~is_fine]] = False
    is_paired &= np.diff(before) % 2 == 0
    doubled[quotes[is_even & ~opens]] = True
    return is_paired, doubled


def _judge(lines: _Lines, *, view: View, ledger: Ledger) -> tuple[int, list[Span]]:
    """How many lines are settled, and the spans that are no records; books blank lines and the end mark."""
    spans: list[Span] = []
    count = len(lines.ends)
    line = 0
    bad = np.flatnonzero(~lines.is_good)
    for first in bad:
        if first < line:
            continue
        line = int(first)
        content = view.data[lines.starts[line] : lines.content_ends[line]].tobytes()
        if not content.strip():
            ledger.book("filler", int(lines.ends[line] - lines.starts[line]))
        elif view.is_last and line == count - 1 and not content.strip(b"\x1a"):
            ledger.book("trailer", int(lines.ends[line] - lines.starts[line]))
        else:
            taken, is_open = _broken_record(lines, view=view, first=line)
            if is_open and not view.is_last:
                return line, spans  # the rest of this record may stand in the next view
            spans.append(_span(lines, view=view, first=line, final=line + taken - 1))
            line += taken
    if count and view.is_last and lines.is_good[-1] and view.data[-1] != LINE_FEED:
        ledger.warn(f"{ledger.file}: no line feed behind the last record")
    return count, spans


def _broken_record(lines: _Lines, *, view: View, first: int) -> tuple[int, bool]:
    """How many of the next bad lines make one record (1 where none do), and whether the view ends before that is clear.

    A line feed inside quotes leaves a line with an open quote and later one that closes it.
    """
    quotes, separators = 0, 0
    for line in range(first, min(first + _MOST_LINES, len(lines.ends))):
        if lines.is_good[line]:
            return 1, False
        content = view.data[lines.starts[line] : lines.content_ends[line]].tobytes()
        outside = content.split(b'"')[quotes % 2 :: 2]
        separators += sum(part.count(b",") for part in outside)
        quotes += content.count(b'"')
        if quotes % 2 == 0 or separators >= _FIELDS:
            return (line - first + 1 if separators == _FIELDS - 1 else 1), False
    return 1, len(lines.ends) < first + _MOST_LINES


def _span(lines: _Lines, *, view: View, first: int, final: int) -> Span:
    start, end = int(lines.starts[first]), int(lines.ends[final])
    found = sum(lines.separators_of(line) for line in range(first, final + 1)) + 1
    is_cut = view.is_last and end == len(view.data) and view.data[-1] != LINE_FEED
    if is_cut and found <= _FIELDS:
        reason = "truncated_record"
    else:
        reason = "field_count" if final == first and found != _FIELDS else "bad_quotes"
    detail = f"{_FIELDS} fields expected, {found} found on {final - first + 1} line(s)"
    return Span(view.offset + start, end - start, reason, detail)


def _chunk(
    lines: _Lines, *, view: View, rows: Longs, spans: list[Span], form: ElixirFormat, ledger: Ledger
) -> RawChunk:
    columns, places = decode_fields(
        _fields(lines, view=view, rows=rows),
        names=COLUMNS,
        offsets=lines.starts[rows] + view.offset,
        lengths=lines.ends[rows] - lines.starts[rows],
        pages=form.pages,
    )
    columns["DATA"] = checked(columns["DATA"], is_fine=is_date8, reason="bad_date")
    columns["KWOTA"] = checked(columns["KWOTA"], is_fine=_is_grosze, reason="bad_number")
    return assemble(columns, rows=places, spans=spans, required=form.required, ledger=ledger)


def _is_grosze(text: str) -> bool:
    return _GROSZE.fullmatch(text) is not None


def _fields(lines: _Lines, *, view: View, rows: Longs) -> Fields:
    at = lines.first_separator[rows][:, None] + np.arange(_FIELDS - 1)
    inner = lines.separators[at] if at.size else at
    starts = np.concatenate([lines.starts[rows][:, None], inner + 1], axis=1)
    ends = np.concatenate([inner, lines.content_ends[rows][:, None]], axis=1)
    is_quoted = np.zeros(starts.shape, dtype=np.bool_)
    if starts.size:
        is_quoted = (ends > starts) & (view.data[np.minimum(starts, len(view.data) - 1)] == QUOTE)
    return delimited_fields(
        view,
        starts=starts + is_quoted,
        ends=ends - is_quoted,
        dropped=lines.doubled,
        emptied=np.zeros(starts.shape, dtype=np.bool_),
    )
