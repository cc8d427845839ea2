"""Delimited text of any dialect: CSV, TSV, and what spreadsheets and databases of strangers write.

One record per line, fields between delimiters, a field in quotes may hold delimiters and line feeds
(:mod:`connectors.quoted_lines`). The first record names the columns, or the kind does. Lines end with a line feed or
with carriage return and line feed. Before the heading may stand a mark of UTF-8 or Excel's ``sep=;``, behind the last
line the 0x1A of a DOS copy; blank lines are filler. Nothing between two delimiters is a missing value, nothing between
two quotes an empty text.

A line with another number of fields than the heading cannot be put right without guessing which value broke it, and
goes to quarantine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from config.errors import BadData, BudgetExceeded, ConfigurationError, StorageFailed
from config.schemas import RAW_PLACE
from connectors.assemble import assemble
from connectors.fields import decode_fields, delimited_fields, unique_names
from connectors.model import Ledger, Longs, RawChunk, Span
from connectors.quoted_lines import Parted, part
from connectors.quoted_record import LINE_FEED, Marks, read_record
from connectors.text import code_points, is_utf8
from connectors.window import WINDOW_BYTES, View, Window

END_OF_FILE = 0x1A
UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_BLOCK = 64 * 1024


@dataclass(frozen=True)
class DelimitedFormat:
    """How a delimited file is written."""

    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    columns: tuple[str, ...] = ()
    """Names in file order where the file has no heading; empty where its first record is one."""
    delimiter: str = ","
    quote: str = '"'
    """Empty where quotes are text like any other."""
    escape: str = ""
    """What takes the meaning from the next byte (a backslash); empty where nothing does."""
    required: tuple[str, ...] = ()

    def marks(self) -> Marks:
        """The bytes that have a meaning.

        Raises:
            ConfigurationError: they are not three different ASCII characters, or a page has no ASCII.
        """
        told = [text for text in (self.delimiter, self.quote, self.escape) if text]
        is_single = all(len(text) == 1 and text.isascii() and text not in "\r\n\0" for text in told)
        if not self.delimiter or not is_single or len(set(told)) != len(told):
            raise ConfigurationError(
                "delimiter, quote and escape of delimited text must be different single ASCII characters",
                hint="Correct options of the kind's YAML; quote and escape may be empty",
            )
        for page in self.pages:
            if not is_utf8(page) and (code_points(page)[:128] != np.arange(128)).any():
                raise ConfigurationError(
                    f"code page {page!r} has no ASCII in its place: delimited text is not read in it",
                    hint="Ask for a conversion, or describe the file as format ebcdic with a copybook",
                )
        quote, escape = (ord(text) if text else None for text in (self.quote, self.escape))
        return Marks(ord(self.delimiter), quote, escape)


class _Text:
    """The text of a file through a window, without the end marks behind it."""

    def __init__(self, window: Window, *, ledger: Ledger, end: int) -> None:
        self._window, self._end, self.position = window, end, 0
        self.limit = ledger.budgets.max_record_bytes

    @property
    def is_done(self) -> bool:
        return self.position >= self._end

    def view(self) -> View:
        seen = self._window.view()
        data = seen.data[: max(self._end - seen.offset, 0)]
        return View(data, seen.offset, seen.offset + len(data) >= self._end)

    def consume(self, length: int) -> None:
        self.position += length
        self._window.consume(length)


def delimited_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> DelimitedFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    option = {name: str(value) for name, value in options.items()}
    if bool(options.get("header", True)) == ("columns" in option):
        raise ConfigurationError(
            f"kind {kind}: options.columns: names the columns of a file without a heading, and only of such a one",
            hint="Either `header: true` and no columns, or `header: false` and the columns in file order",
        )
    return DelimitedFormat(
        pages=pages,
        columns=tuple(option.get("columns", "").split()),
        delimiter=option.get("delimiter", ","),
        quote=option.get("quote", '"'),
        escape=option.get("escape", ""),
        required=required,
    )


def read_delimited(
    path: Path,
    *,
    form: DelimitedFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a delimited file in file order; at least one, so that a heading without records has columns.

    Raises:
        BadData: there is no heading, or the file is in another encoding than its mark says.
        BudgetExceeded: a line is longer than a record may be.
    """
    marks = form.marks()
    has_any, end = False, _end_of_text(path, ledger=ledger)
    ledger.book("trailer", ledger.size - end)
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        text = _Text(window, ledger=ledger, end=end)
        names = _heading(text, form=form, marks=marks, ledger=ledger)
        while not text.is_done:
            view = text.view()
            parted = part(view, marks=marks, count=len(names), ledger=ledger)
            ledger.book("filler", parted.filler)
            text.consume(parted.consumed)
            if text.is_done and view.data[-1] != LINE_FEED:
                ledger.warn(f"{ledger.file}: no line feed behind the last record")
            for chosen, spans in _slices(parted, size=chunk_records):
                has_any = True
                yield _chunk(parted, chosen, view=view, spans=spans, names=names, form=form, ledger=ledger)
    if not has_any:
        empty = View(np.zeros(0, dtype=np.uint8), 0, True)
        nothing = part(empty, marks=marks, count=len(names), ledger=ledger)
        yield _chunk(nothing, slice(0), view=empty, spans=[], names=names, form=form, ledger=ledger)


def _end_of_text(path: Path, *, ledger: Ledger) -> int:
    """Where the text ends and nothing but 0x1A follows: DOS tools fill the last block with it."""
    end = ledger.size
    try:
        with path.open("rb") as file:
            while end:
                first = max(end - _BLOCK, 0)
                file.seek(first)
                block = file.read(end - first)
                kept = len(block.rstrip(bytes([END_OF_FILE])))
                end = first + kept
                if kept:
                    break
    except OSError as exc:
        raise StorageFailed(f"{path.name}: {exc.strerror}") from exc
    return end


def _heading(text: _Text, *, form: DelimitedFormat, marks: Marks, ledger: Ledger) -> tuple[str, ...]:
    """Names of the columns; books what stands before the records."""
    if not text.is_done:
        _take_mark(text, form=form, ledger=ledger)
    while not form.columns and not text.is_done:
        view = text.view()
        stored = view.data.tobytes()
        record = read_record(stored, 0, marks=marks, limit=text.limit, is_last=view.is_last)
        if record.fault == "more":
            text.consume(0)
            continue
        if record.fault:
            _check_length(stored, text=text, ledger=ledger)
            break
        line = stored[: record.end].rstrip(b"\r\n")
        ledger.book("header" if line else "filler", record.end)
        text.consume(record.end)
        if line and line.lower() != b"sep=" + form.delimiter.encode("ascii"):
            return _names(stored, record.fields, form=form, ledger=ledger)
    if form.columns:
        return form.columns
    raise BadData(
        f"{ledger.file}: byte {text.position}: no heading, a line with the names of the columns is expected",
        hint="Ask for the file again, or name the columns: `header: false` and `columns` in options of the kind's YAML",
    )


def _check_length(stored: bytes, *, text: _Text, ledger: Ledger) -> None:
    """A first line that is longer than a record may be is no missing heading."""
    length = stored.find(b"\n") + 1 or len(stored)
    if length > text.limit:
        raise BudgetExceeded(
            f"{ledger.file}: byte {text.position}: a heading of more than {text.limit} bytes",
            hint="The file is damaged, or raise budgets.max_record_bytes in the kind's YAML",
        )


def _take_mark(text: _Text, *, form: DelimitedFormat, ledger: Ledger) -> None:
    """Takes the mark of UTF-8 away.

    Raises:
        BadData: the mark says another encoding than the kind.
    """
    view = text.view()
    while len(view.data) < len(UTF8_MARK) and not view.is_last:
        text.consume(0)
        view = text.view()
    first = view.data[: len(UTF8_MARK)].tobytes()
    if first.startswith(_UTF16_MARKS):
        raise BadData(f"{ledger.file}: byte 0: UTF-16, {form.pages[0]} is expected", hint="Ask for it in UTF-8")
    if first == UTF8_MARK:
        if not any(is_utf8(page) for page in form.pages):
            raise BadData(
                f"{ledger.file}: byte 0: the mark of UTF-8, {form.pages[0]} is expected",
                hint="Set code_page: utf_8 in the kind's YAML, or ask for the file again",
            )
        ledger.book("header", len(UTF8_MARK))
        text.consume(len(UTF8_MARK))


def _names(
    stored: bytes, fields: tuple[tuple[int, int], ...], *, form: DelimitedFormat, ledger: Ledger
) -> tuple[str, ...]:
    names, quote = [], form.quote.encode("ascii")
    for number, (first, end) in enumerate(fields, start=1):
        name = stored[first:end]
        if quote and name.startswith(quote):
            name = name[1:-1].replace(quote * 2, quote)
        names.append(_decoded(name, form=form, ledger=ledger).strip() or f"column_{number}")
    # Names of ours are taken already.
    return unique_names([*(column.name for column in RAW_PLACE), *names])[len(RAW_PLACE) :]


def _decoded(name: bytes, *, form: DelimitedFormat, ledger: Ledger) -> str:
    for page in form.pages:
        try:
            text = name.decode(page)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadData(
        f"{ledger.file}: byte 0: the heading is not in {', '.join(form.pages)}",
        hint="Correct code_page of the kind's YAML, or ask for the file again",
    )


def _slices(parted: Parted, *, size: int) -> Iterator[tuple[slice, list[Span]]]:
    count = len(parted.offsets)
    if not count and parted.spans:
        yield slice(0), list(parted.spans)
    for first in range(0, count, size):
        yield slice(first, first + size), list(parted.spans) if first == 0 else []


def _chunk(
    parted: Parted,
    chosen: slice,
    *,
    view: View,
    spans: list[Span],
    names: tuple[str, ...],
    form: DelimitedFormat,
    ledger: Ledger,
) -> RawChunk:
    starts, ends = parted.starts[chosen], parted.ends[chosen]
    emptied = parted.is_quoted[chosen] & (starts == ends)
    fields = delimited_fields(view, starts=starts, ends=ends, dropped=parted.dropped, emptied=emptied)
    offsets: Longs = parted.offsets[chosen]
    columns, rows = decode_fields(
        fields, names=names, offsets=offsets, lengths=parted.lengths[chosen], pages=form.pages
    )
    return assemble(columns, rows=rows, spans=spans, required=form.required, ledger=ledger)
