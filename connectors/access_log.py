r"""Access logs of Apache, combined or common: who asked the portal for what, a line each.

    10.1.2.3 - jkowalski [28/Oct/2003:10:00:01 +0100] "POST /konto/login?x=1 HTTP/1.1" 200 512 "-" "Mozilla/4.0"

Apache writes ``-`` where it has nothing, and a quote or a backslash inside quotes behind a backslash; older ones write
bytes beyond ASCII as they came, so user names are UTF-8 or ISO-8859-2 as the browser pleased. ``-`` is a missing value
here, escapes stay as they are stored. A line that is no such line goes to quarantine. Of a request that is none
(``\x16\x03``, a scanner) METHOD and PATH are missing and REQUEST holds it. PATH has no query; REQUEST has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.assemble import assemble
from connectors.charsets import candidates, choose_charsets, strict_text
from connectors.log_fields import FIELDS, LogFields, LogLines, cut_out, find_fields, split_request
from connectors.model import Bytes, Cells, Flags, Ledger, Longs, RawChunk, Rows, Span
from connectors.window import WINDOW_BYTES, Window

COLUMNS = (*FIELDS, "METHOD", "PATH")


@dataclass(frozen=True)
class AccessLogFormat:
    """What a log is written in."""

    pages: tuple[str, ...]
    """Declared charset, then the others that occur; ``utf-8`` may be among them."""
    required: tuple[str, ...] = ()


def read_access_log(
    path: Path,
    *,
    form: AccessLogFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a log in file order; at least one, so that a day without visitors still has columns."""
    has_any = False
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            lines = LogLines.of(view.data, is_last=view.is_last)
            window.consume(int(lines.ends[-1]) if len(lines) else 0)
            for first in range(0, len(lines), chunk_records):
                some, start = lines.cut(slice(first, first + chunk_records))
                has_any = True
                yield _chunk(some, offset=view.offset + start, form=form, ledger=ledger)
    if not has_any:
        yield _chunk(LogLines.of(np.zeros(0, dtype=np.uint8), is_last=True), offset=0, form=form, ledger=ledger)


def _chunk(lines: LogLines, *, offset: int, form: AccessLogFormat, ledger: Ledger) -> RawChunk:
    found = find_fields(lines)
    is_blank = lines.content_ends == lines.starts
    is_open = lines.content_ends == lines.ends
    # Cut inside the count of bytes, a combined line still looks like a common one.
    is_record = found.is_line & (found.is_combined | ~is_open)
    if (is_record & is_open).any():
        ledger.warn(f"{ledger.file}: no line feed behind the last line")
    ledger.book("filler", int((lines.ends - lines.starts)[is_blank & ~is_open].sum()))
    spans = [
        _span(lines, line=int(line), offset=offset, is_cut=bool(is_open[line]))
        for line in np.flatnonzero(~is_record & (~is_blank | is_open))
    ]
    chosen = np.flatnonzero(is_record)
    kept = lines.taken(chosen)
    fields = LogFields(found.is_line[chosen], found.is_combined[chosen], found.starts[chosen], found.ends[chosen])
    pages, is_plain = _pages(kept, pages=candidates(None, pages=form.pages))
    names = tuple(sorted(set(pages)))
    number = {page: at for at, page in enumerate(names)}
    rows = Rows(
        offsets=kept.starts + offset,
        lengths=kept.ends - kept.starts,
        is_deleted=np.zeros(len(kept), dtype=np.bool_),
        pages=np.array([number[page] for page in pages], dtype=np.uint8),
        page_names=names,
    )
    columns = _Decoder(lines.data, pages=pages, is_plain=is_plain, offset=offset).columns(fields)
    return assemble(columns, rows=rows, spans=spans, required=form.required, ledger=ledger)


def _span(lines: LogLines, *, line: int, offset: int, is_cut: bool) -> Span:
    start, end = int(lines.starts[line]), int(lines.ends[line])
    reason = "truncated_record" if is_cut else "bad_log_line"
    return Span(offset + start, end - start, reason, "a line of a combined or common log was expected")


def _pages(lines: LogLines, *, pages: tuple[str, ...]) -> tuple[list[str], Flags]:
    """Per line its charset, and whether its bytes are their own UTF-8."""
    high = np.flatnonzero((lines.data >= 0x80) | (lines.data == 0))
    is_plain = np.searchsorted(high, lines.starts) == np.searchsorted(high, lines.content_ends)
    others = np.flatnonzero(~is_plain)
    chosen = [pages[0]] * len(lines)
    texts = cut_out(lines.data, starts=lines.starts[others], ends=lines.content_ends[others]).to_pylist()
    for line, page in zip(others, choose_charsets(texts, pages=pages), strict=True):
        chosen[line] = page
    return chosen, np.asarray(is_plain, dtype=np.bool_)


@dataclass(frozen=True)
class _Decoder:
    """Turns places into texts."""

    data: Bytes
    pages: list[str]
    is_plain: Flags
    offset: int

    def columns(self, fields: LogFields) -> dict[str, Cells]:
        """All columns of the lines."""
        columns = {
            name: self._cells(fields.starts[:, column], fields.ends[:, column]) for column, name in enumerate(FIELDS)
        }
        starts, ends = fields.starts[:, FIELDS.index("REQUEST")], fields.ends[:, FIELDS.index("REQUEST")]
        is_request, method_end, path_start, path_end = split_request(self.data, starts=starts, ends=ends)
        columns["METHOD"] = self._cells(starts, np.where(is_request, method_end, starts))
        columns["PATH"] = self._cells(path_start, np.where(is_request, path_end, path_start))
        return columns

    def _cells(self, starts: Longs, ends: Longs) -> Cells:
        stored = cut_out(self.data, starts=starts, ends=ends)
        missing = pc.or_(pc.equal(stored, b"-"), pc.equal(pc.binary_length(stored), 0))
        stored = pc.if_else(missing, pa.scalar(None, pa.binary()), stored)
        reasons = np.zeros(len(stored), dtype=np.uint8)
        others = np.flatnonzero(~self.is_plain)
        if others.size:
            texts: list[str | None] = []
            for line, cell in zip(others, stored.take(others).to_pylist(), strict=True):
                text, reasons[line] = (None, 0) if cell is None else strict_text(cell, page=self.pages[line])
                texts.append(text)
            decoded = pa.array(texts, pa.string()).cast(pa.binary())
            stored = pc.replace_with_mask(stored, pa.array(~self.is_plain), decoded)
        return Cells(stored.cast(pa.string()), reasons, starts + self.offset)
