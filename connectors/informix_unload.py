"""Informix UNLOAD files.

One record per line, every field ended by the delimiter, the last one too: ``12|Nowak|Jan||``. A delimiter, a backslash
or a line feed inside a value has a backslash before it, so a record may run over several lines. Nothing between two
delimiters is a missing value; backslash and blank is an empty text. There is no heading: names come from the kind.

A line with too many fields, or a run of short lines that together make one record (a line feed nobody escaped), cannot
be put right without guessing which value broke it, and goes to quarantine as one span.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from config.errors import ConfigurationError
from connectors.assemble import assemble
from connectors.fields import BLANK, Fields, decode_fields, delimited_fields, escapes_of
from connectors.model import Flags, Ledger, Longs, RawChunk, Span
from connectors.options import delimiter_option
from connectors.window import WINDOW_BYTES, View, Window

LINE_FEED, CARRIAGE_RETURN, END_OF_FILE = 0x0A, 0x0D, 0x1A


@dataclass(frozen=True)
class UnloadFormat:
    """How an unload is written."""

    columns: tuple[str, ...]
    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    delimiter: str = "|"
    required: tuple[str, ...] = ()


def unload_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> UnloadFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    if "columns" not in options:
        raise ConfigurationError(f"kind {kind}: options.columns: missing", hint="Name the columns in file order")
    return UnloadFormat(
        columns=tuple(str(options["columns"]).split()),
        pages=pages,
        delimiter=delimiter_option(options, default="|", kind=kind),
        required=required,
    )


def read_unload(
    path: Path,
    *,
    form: UnloadFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of an unload in file order; at least one, so that an empty unload still has columns."""
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            lines = _Lines.of(view, delimiter=ord(form.delimiter))
            consumed, good, spans = _judge(lines, view=view, fields=len(form.columns), ledger=ledger)
            window.consume(consumed)
            for chosen, its_spans in _slices(good, spans=spans, size=chunk_records):
                has_any = True
                yield _chunk(lines, view=view, chosen=chosen, spans=its_spans, form=form, ledger=ledger)
    if not has_any:
        empty = View(np.zeros(0, dtype=np.uint8), 0, True)
        none = np.zeros(0, dtype=np.int64)
        lines = _Lines.of(empty, delimiter=ord(form.delimiter))
        yield _chunk(lines, view=empty, chosen=none, spans=[], form=form, ledger=ledger)


def _slices(good: Longs, *, spans: Sequence[Span], size: int) -> Iterable[tuple[Longs, list[Span]]]:
    if not good.size and spans:
        yield good, list(spans)
    for first in range(0, len(good), size):
        yield good[first : first + size], list(spans) if first == 0 else []


@dataclass(frozen=True)
class _Lines:
    """Complete records of a view, with delimiters counted where no backslash stands before them."""

    starts: Longs
    ends: Longs
    """One past the line feed."""
    content_ends: Longs
    """Where the content ends, before a line feed or carriage return and line feed."""
    delimiters: Longs
    first_delimiter: Longs
    """Per line how many delimiters stand before it."""
    escapes: Flags | None
    """Bytes that are escaping backslashes; none in most files."""

    @staticmethod
    def of(view: View, *, delimiter: int) -> _Lines:
        """The lines of a view; bytes behind the last line feed are a line only where the file ends."""
        data = view.data
        escapes = escapes_of(data)
        plain = np.ones(len(data), dtype=np.bool_)
        if escapes is not None:
            plain[1:] = ~escapes[:-1]
        feeds = np.flatnonzero((data == LINE_FEED) & plain)
        ends = feeds + 1
        if view.is_last and len(data) and (not len(ends) or ends[-1] != len(data)):
            ends = np.append(ends, len(data))
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]]) if len(ends) else ends
        delimiters = np.flatnonzero((data == delimiter) & plain)
        bounds = np.searchsorted(delimiters, np.append(starts, ends[-1:] if len(ends) else 0))
        content_ends = ends - (data[ends - 1] == LINE_FEED) if len(ends) else ends
        has_return = (content_ends > starts) & (data[content_ends - 1] == CARRIAGE_RETURN) if len(ends) else ends > 0
        return _Lines(starts, ends, content_ends - has_return, delimiters, bounds, escapes)

    @property
    def counts(self) -> Longs:
        """Delimiters per line."""
        return np.diff(self.first_delimiter)


def _judge(lines: _Lines, *, view: View, fields: int, ledger: Ledger) -> tuple[int, Longs, list[Span]]:
    """How many bytes are settled, which lines are good records, and the spans that are not."""
    counts = lines.counts
    is_closed = np.zeros(len(counts), dtype=np.bool_)
    if len(counts):
        last = lines.delimiters[np.maximum(lines.first_delimiter[1:] - 1, 0)] if lines.delimiters.size else counts
        is_closed = (counts > 0) & (last == lines.content_ends - 1)
    is_good = (counts == fields) & is_closed
    bad = np.flatnonzero(~is_good)
    spans: list[Span] = []
    settled = len(counts)
    position = 0
    while position < len(bad):
        if _is_end_mark(lines, view=view, line=int(bad[position])):
            ledger.book("trailer", int(lines.ends[bad[position]] - lines.starts[bad[position]]))
            position += 1
            continue
        taken = _broken_record(bad[position:], counts=counts, fields=fields)
        first, final = int(bad[position]), int(bad[position + taken - 1])
        if final == len(counts) - 1 and not view.is_last and first > 0 and counts[first : final + 1].sum() < fields:
            settled = first  # the rest of this record may stand in the next view
            break
        spans.append(_span(lines, view=view, first=first, final=final, fields=fields))
        position += taken
    consumed = int(lines.ends[settled - 1]) if settled else 0
    if len(counts) and view.is_last and is_good[-1] and view.data[-1] != LINE_FEED:
        ledger.warn(f"{ledger.file}: no line feed behind the last record")
    return consumed, np.flatnonzero(is_good[:settled]), spans


def _is_end_mark(lines: _Lines, *, view: View, line: int) -> bool:
    # DOS tools leave 0x1A behind the last line.
    content = view.data[lines.starts[line] : lines.content_ends[line]]
    return bool(view.is_last and line == len(lines.ends) - 1 and len(content) and (content == END_OF_FILE).all())


def _broken_record(bad: Longs, *, counts: Longs, fields: int) -> int:
    """How many of the next bad lines make one record; 1 where no run of adjacent short lines does."""
    total = 0
    for taken, line in enumerate(bad, start=1):
        if line != bad[0] + taken - 1:
            break
        total += int(counts[line])
        if total >= fields:
            return taken if total == fields else 1
    return 1


def _span(lines: _Lines, *, view: View, first: int, final: int, fields: int) -> Span:
    start, end = int(lines.starts[first]), int(lines.ends[final])
    found = int(lines.counts[first : final + 1].sum())
    is_cut = view.is_last and final == len(lines.ends) - 1 and view.data[end - 1] != LINE_FEED
    reason = "truncated_record" if is_cut and found <= fields else "field_count"
    detail = f"{fields} fields expected, {found} found on {final - first + 1} line(s)"
    return Span(view.offset + start, end - start, reason, detail)


def _chunk(
    lines: _Lines, *, view: View, chosen: Longs, spans: list[Span], form: UnloadFormat, ledger: Ledger
) -> RawChunk:
    fields = _fields(lines, view=view, chosen=chosen, count=len(form.columns))
    offsets = lines.starts[chosen] + view.offset
    lengths = lines.ends[chosen] - lines.starts[chosen]
    columns, rows = decode_fields(fields, names=form.columns, offsets=offsets, lengths=lengths, pages=form.pages)
    return assemble(columns, rows=rows, spans=spans, required=form.required, ledger=ledger)


def _fields(lines: _Lines, *, view: View, chosen: Longs, count: int) -> Fields:
    at = lines.first_delimiter[chosen][:, None] + np.arange(count)
    ends = lines.delimiters[at] if len(chosen) else at
    starts = np.concatenate([lines.starts[chosen][:, None], ends[:, :-1] + 1], axis=1)
    emptied = np.zeros(starts.shape, dtype=np.bool_)
    if lines.escapes is not None:
        # Backslash and blank is an empty text, which is not a missing one.
        first = np.minimum(starts, len(view.data) - 2)
        emptied = (ends - starts == 2) & lines.escapes[first] & (view.data[first + 1] == BLANK)
    return delimited_fields(view, starts=starts, ends=ends, dropped=lines.escapes, emptied=emptied)
