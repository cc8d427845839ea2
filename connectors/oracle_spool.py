"""SQL*Plus spool files.

What an operator spooled to disk in place of an export: a heading with its dashes that comes back on every page, blank
lines between pages, rows cut at LINESIZE and continued on the next line, and ``120 rows selected.`` at the end, in the
language of the operator. Fields are parted by a delimiter and padded with blanks; nothing is quoted.

Everything that is not a row is declared filler, header or trailer. A row whose
fields do not add up is quarantined: nobody can tell which value held the delimiter or the line feed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from config.errors import BadData, ControlTotalsDiffer
from connectors.assemble import assemble
from connectors.fields import decode_fields, delimited_fields, unique_names
from connectors.model import Flags, Heading, Ledger, RawChunk, Span
from connectors.options import delimiter_option, number_option
from connectors.window import WINDOW_BYTES, View, Window

_DASHES = re.compile(rb"[-; ]*-[-; ]*")
_FOOTER = re.compile(
    rb"(?:(\d+) rows? selected\.|(no) rows selected|wybrano (\d+) wiersz\w*\.|(nie) wybrano wierszy\.?)", re.I
)
_PROMPT = re.compile(rb"SQL>.*", re.S)
_BLANKS = b" \f\t\r"
_LINE_FEED = 0x0A
_OTHER_STARTS = frozenset(bytes([byte]) for byte in b" \f\t\r-;S\x1a0123456789nNwW") | {b""}
"""A line that begins with something else is a heading or a row: most lines are spared the closer look."""


@dataclass(frozen=True)
class SpoolFormat:
    """How a spool is written."""

    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    delimiter: str = ";"
    linesize: int = 0
    """Characters after which SQL*Plus cuts a row; 0 when rows are never cut."""
    required: tuple[str, ...] = ()


@dataclass
class _State:
    """What was seen of the file so far."""

    heading: bytes = b""
    columns: tuple[str, ...] = ()
    announced: int | None = None
    footer_offset: int = 0


@dataclass
class _Found:
    """What one view holds: records by first byte and end of content and line, and spans that are none."""

    consumed: int = 0
    starts: list[int] = field(default_factory=list)
    content_ends: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    cuts: list[tuple[int, int]] = field(default_factory=list)
    """Line ends inside records: SQL*Plus put them there, they belong to no value."""
    spans: list[Span] = field(default_factory=list)


def spool_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> SpoolFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    return SpoolFormat(
        pages=pages,
        delimiter=delimiter_option(options, default=";", kind=kind),
        linesize=number_option(options, "linesize", default=0, kind=kind),
        required=required,
    )


def read_spool(
    path: Path,
    *,
    form: SpoolFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a spool in file order; at least one.

    Raises:
        BadData: there is no heading.
        ControlTotalsDiffer: the footer announces another number of rows.
    """
    state = _State()
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            found = _Scanner(view, state=state, form=form, ledger=ledger).scan()
            window.consume(found.consumed)
            for first in range(0, len(found.starts) or len(found.spans[:1]), chunk_records):
                has_any = True
                rows = slice(first, first + chunk_records)
                yield _chunk(found, view=view, rows=rows, state=state, form=form, ledger=ledger)
    if not state.columns:
        raise BadData(f"{ledger.file}: byte 0: no heading line", hint="Spool with SET HEADING ON")
    if not has_any:
        empty = View(np.zeros(0, dtype=np.uint8), 0, True)
        yield _chunk(_Found(), view=empty, rows=slice(0, 0), state=state, form=form, ledger=ledger)
    _check_footer(state, ledger=ledger)


def _check_footer(state: _State, *, ledger: Ledger) -> None:
    read = ledger.delivered_records + ledger.quarantined_records
    if state.announced is not None and state.announced != read:
        raise ControlTotalsDiffer(
            f"{ledger.file}: byte {state.footer_offset}: the footer announces {state.announced} rows, {read} were read",
            hint="Ask the sender to spool again",
        )


class _Scanner:
    """Sorts the physical lines of one view into rows and what is not a row."""

    def __init__(self, view: View, *, state: _State, form: SpoolFormat, ledger: Ledger) -> None:
        self._view = view
        self._state = state
        self._ledger = ledger
        self._delimiter = form.delimiter.encode("ascii")
        self._linesize = form.linesize
        self._page = form.pages[0]
        pieces = view.data.tobytes().split(b"\n")
        tail = pieces.pop()
        self._ends = np.cumsum([len(piece) + 1 for piece in pieces]).tolist()
        if view.is_last and tail:
            pieces.append(tail)
            self._ends.append(len(view.data))
        self._lines = [piece.removesuffix(b"\r") for piece in pieces]
        self._found = _Found()

    def scan(self) -> _Found:
        """Everything up to the last line whose meaning is settled without the next view."""
        line = 0
        while line < len(self._lines):
            taken = self._take_other(line) or self._take_heading(line) or self._take_row(line)
            if not taken:
                break
            line += taken
            self._found.consumed = self._ends[line - 1]
        return self._found

    def _start(self, line: int) -> int:
        return self._ends[line - 1] if line else 0

    def _book(self, heading: Heading, line: int, taken: int) -> int:
        self._ledger.book(heading, self._ends[line + taken - 1] - self._start(line))
        return taken

    def _kind(self, content: bytes) -> Heading | None:
        """Filler or trailer; nothing for a heading or a row."""
        text = content.strip(_BLANKS)
        if not text or _DASHES.fullmatch(text) or _PROMPT.fullmatch(text):
            return "filler"
        return "trailer" if _FOOTER.fullmatch(text) or text == b"\x1a" else None

    def _take_other(self, line: int) -> int:
        content = self._lines[line]
        if content[:1] not in _OTHER_STARTS and self._state.heading:
            return 0
        heading = self._kind(content)
        if heading is None:
            return 0
        footer = _FOOTER.fullmatch(content.strip(_BLANKS))
        if footer:
            self._state.announced = (self._state.announced or 0) + int(footer[1] or footer[3] or 0)
            self._state.footer_offset = self._view.offset + self._start(line)
        return self._book(heading if self._state.heading or footer else "header", line, 1)

    def _take_heading(self, line: int) -> int:
        """The heading is the first line that is anything; on later pages it is filler."""
        state = self._state
        if state.heading and not state.heading.startswith(self._lines[line].strip(_BLANKS)):
            return 0
        taken = 1
        while self._linesize and len(self._lines[line + taken - 1]) == self._linesize:
            if line + taken >= len(self._lines):
                return 0
            taken += 1
        text = b"".join(self._lines[line : line + taken]).strip(_BLANKS)
        if not state.heading:
            state.heading = text
            state.columns = unique_names([name.strip() for name in _heading_names(text, self._page, self._delimiter)])
            return self._book("header", line, taken)
        return self._book("filler", line, taken) if text == state.heading else 0

    def _take_row(self, line: int) -> int:
        """A row with its continuations, or lines that are none; 0 when the next view must tell."""
        needed = len(self._state.columns) - 1
        taken, count = 1, self._lines[line].count(self._delimiter)
        is_row = True
        while not self._is_complete(line + taken - 1, count=count, needed=needed):
            if line + taken >= len(self._lines):
                if not self._view.is_last:
                    return 0
                break
            following = self._lines[line + taken]
            if self._is_boundary(following) or count + following.count(self._delimiter) > needed:
                break
            is_row &= bool(self._linesize) and len(self._lines[line + taken - 1]) == self._linesize
            count += following.count(self._delimiter)
            taken += 1
        if count == needed and is_row:
            self._add_row(line, taken)
        else:
            taken = taken if count == needed else 1
            self._add_span(line, taken, count=count, needed=needed)
        return taken

    def _is_complete(self, line: int, *, count: int, needed: int) -> bool:
        """Whether a row of that many delimiters ends with this line: what follows is not part of it."""
        if count > needed:
            return True
        if count < needed or (line + 1 >= len(self._lines) and not self._view.is_last):
            return False
        if line + 1 >= len(self._lines):
            return True
        following = self._lines[line + 1]
        return self._is_boundary(following) or self._delimiter in following

    def _is_boundary(self, content: bytes) -> bool:
        return self._kind(content) is not None or content.strip(_BLANKS) == self._state.heading

    def _add_row(self, line: int, taken: int) -> None:
        found, last = self._found, line + taken - 1
        found.starts.append(self._start(line))
        found.content_ends.append(self._start(last) + len(self._lines[last]))
        found.ends.append(self._ends[last])
        for cut in range(line, last):
            found.cuts.append((self._start(cut) + len(self._lines[cut]), self._ends[cut]))

    def _add_span(self, line: int, taken: int, *, count: int, needed: int) -> None:
        start, end = self._start(line), self._ends[line + taken - 1]
        is_cut = self._view.is_last and end == len(self._view.data) and self._view.data[-1] != _LINE_FEED
        reason = "truncated_record" if is_cut and count < needed else "field_count"
        detail = f"{needed + 1} fields expected, {count + 1} found on {taken} line(s)"
        self._found.spans.append(Span(self._view.offset + start, end - start, reason, detail))


def _heading_names(text: bytes, page: str, delimiter: bytes) -> list[str]:
    return text.decode(page, "replace").split(delimiter.decode("ascii"))


def _chunk(found: _Found, *, view: View, rows: slice, state: _State, form: SpoolFormat, ledger: Ledger) -> RawChunk:
    starts = np.array(found.starts[rows], dtype=np.int64)
    ends = np.array(found.ends[rows], dtype=np.int64)
    content_ends = np.array(found.content_ends[rows], dtype=np.int64)
    delimiters = np.flatnonzero(view.data == ord(form.delimiter))
    at = np.searchsorted(delimiters, starts)[:, None] + np.arange(len(state.columns) - 1)
    inner = delimiters[at] if at.size else at
    fields = delimited_fields(
        view,
        starts=np.concatenate([starts[:, None], inner + 1], axis=1),
        ends=np.concatenate([inner, content_ends[:, None]], axis=1),
        dropped=_cut_bytes(found, view=view),
        emptied=np.zeros((len(starts), len(state.columns)), dtype=np.bool_),
    )
    columns, places = decode_fields(
        fields,
        names=state.columns,
        offsets=starts + view.offset,
        lengths=ends - starts,
        pages=form.pages,
        is_padded=True,
    )
    spans = found.spans if rows.start == 0 else []
    return assemble(columns, rows=places, spans=spans, required=form.required, ledger=ledger)


def _cut_bytes(found: _Found, *, view: View) -> Flags | None:
    if not found.cuts:
        return None
    dropped = np.zeros(len(view.data), dtype=np.bool_)
    for start, end in found.cuts:
        dropped[start:end] = True
    return dropped
