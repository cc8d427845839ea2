"""Scanned correspondence: an index of letters beside their pages (TIFF) and what the recognition made of them (text).

    PACZKA;NR;STRON;KOD;DATA;TYP;TIFF;TEKST
    0412;17;3;PL0001234;2005-04-12 08:15;REKLAMACJA;00000017.TIF;00000017.TXT

The index is written by the scanning station and the pages by its scanner, and the two disagree: a page stuck, a barcode
sheet between two letters was not recognised, a file was cut. A letter whose pages are missing, or among whose pages
another person's letter may lie, must not be shown to anybody, so it goes to quarantine with its files. A letter without
its text is delivered: the pages are the letter, the text only helps to find it.

Names in the index are looked up among the files of the manifest and never opened as paths. An issue in a field of the
index is placed at the first byte of its line. What the station of the story wrote is not known: names and order of the
columns are invented, and the kind's YAML says which of them the reader needs.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from config.errors import BadData, ConfigurationError, StorageFailed
from connectors.assemble import assemble, quarantine_table
from connectors.fields import unique_names
from connectors.model import Bytes, Cells, Ledger, Longs, RawChunk, Rows, Span, reason_number
from connectors.page_choice import TextCells, choose_pages
from connectors.physical_lines import PhysicalLines
from connectors.text import decode_cells
from connectors.tiff import TiffLimits, count_pages
from connectors.window import WINDOW_BYTES, Window

SCAN_OPTIONS = ("page_count", "tiff", "text", "max_pages", "max_pixels")
TIFF_PAGES, OCR_TEXT = "TIFF_PAGES", "OCR_TEXT"
_CHUNK_TEXT_BYTES = 16 * 2**20
"""A chunk is handed out when its texts have so many bytes, however few its letters are."""
_LONGEST_COUNT = 6


@dataclass(frozen=True)
class ScanFormat:
    """How a batch of scans is described."""

    pages: tuple[str, ...]
    """Declared code page of index and texts, then the others that occur."""
    page_count: str
    """Column with the number of pages."""
    tiff: str
    """Column with the name of the file of pages."""
    text: str = ""
    """Column with the name of the file of text; empty when there are none."""
    limits: TiffLimits = field(default_factory=TiffLimits)
    required: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScanFile:
    """A file beside the index."""

    path: Path
    ledger: Ledger


@dataclass
class _Letter:
    """One line of the index with what belongs to it."""

    offset: int
    length: int
    values: list[bytes]
    reason: str = ""
    detail: str = ""
    tiff: str = ""
    """Name of its file in the manifest."""
    text: str = ""
    pages: int = 0
    content: bytes = b""
    lacks_text: bool = False

    def refuse(self, reason: str, detail: str) -> None:
        """The first thing that is wrong with a letter is what is said."""
        if not self.reason:
            self.reason, self.detail = reason, detail


@dataclass
class _Index:
    """The lines of the index, read as far as asked for."""

    columns: tuple[str, ...] = ()
    header: int = 0
    filler: int = 0
    trailer: int = 0
    spans: list[Span] = field(default_factory=list)


def scan_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> ScanFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    option = {name: str(value) for name, value in options.items()}
    for name in ("page_count", "tiff"):
        if not option.get(name):
            raise ConfigurationError(f"kind {kind}: options.{name}: missing", hint="Name the column of the index")
    limits = {"max_pages": TiffLimits.pages, "max_pixels": TiffLimits.pixels}
    for name in limits:
        text = option.get(name, str(limits[name]))
        if not text.isdecimal() or not int(text):
            raise ConfigurationError(f"kind {kind}: options.{name}: {text!r} is no number")
        limits[name] = int(text)
    return ScanFormat(
        pages=pages,
        page_count=option["page_count"],
        tiff=option["tiff"],
        text=option.get("text", ""),
        limits=TiffLimits(limits["max_pages"], limits["max_pixels"]),
        required=required,
    )


def read_scans(
    path: Path,
    *,
    form: ScanFormat,
    ledger: Ledger,
    files: Mapping[str, ScanFile],
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of letters in the order of the index; at least one.

    Args:
        path: the index.
        form: how it is written.
        ledger: account of the index.
        files: the other files of the delivery, by their names.
        chunk_records: letters of a chunk at most.
        window_bytes: bytes of the index read at a time.

    Raises:
        BadData: the index has no heading, or the heading lacks a column the kind's options name.
        StorageFailed: the disk refused.
    """
    reader = _Reader(path, form=form, ledger=ledger, files=files, window_bytes=window_bytes)
    reader.survey()
    yield from reader.chunks(chunk_records)


class _Reader:
    def __init__(
        self, path: Path, *, form: ScanFormat, ledger: Ledger, files: Mapping[str, ScanFile], window_bytes: int
    ) -> None:
        self._path = path
        self._form = form
        self._ledger = ledger
        self._files = files
        self._window_bytes = window_bytes
        # The stations run Windows, where SKAN1.TIF and skan1.tif are one file; two that differ only so are none.
        folded = Counter(name.casefold() for name in files)
        self._by_name = {name.casefold(): name for name in files if folded[name.casefold()] == 1}
        self._named: Counter[str] = Counter()
        self._booked: set[str] = set()

    # -- the index ----------------------------------------------------------------------------------------------

    def survey(self) -> None:
        """Counts how many letters name each file: a file of two letters is known only when all were seen."""
        for letter in self._letters(_Index()):
            self._named.update({letter.tiff, letter.text} - {""})

    def _letters(self, index: _Index) -> Iterator[_Letter]:
        """The letters of the index one by one; what is none is kept in ``index``."""
        with Window(self._path, ledger=self._ledger, window_bytes=self._window_bytes) as window:
            while not window.is_done:
                view = window.view()
                lines = PhysicalLines.of(view)
                window.consume(lines.consumed)
                is_mark, data = lines.end_mark(view), view.data.tobytes()
                for line in range(len(lines.ends)):
                    start, end = int(lines.starts[line]), int(lines.ends[line])
                    content = data[start : int(lines.content_ends[line])]
                    if is_mark[line]:
                        index.trailer += end - start
                    elif not content:
                        index.filler += end - start
                    elif not index.columns:
                        index.columns = self._heading(content)
                        index.header += end - start
                    else:
                        yield from self._letter(content, offset=view.offset + start, length=end - start, index=index)
        if not index.columns:
            raise BadData(f"{self._ledger.file}: byte 0: no heading line", hint="Ask the sender for the index again")

    def _heading(self, content: bytes) -> tuple[str, ...]:
        names = unique_names([value.decode(self._form.pages[0], "replace").strip() for value in _values(content) or []])
        wanted = [name for name in (self._form.page_count, self._form.tiff, self._form.text) if name]
        missing = sorted(set(wanted) - set(names))
        if missing:
            raise BadData(
                f"{self._ledger.file}: byte 0: the heading has no column {', '.join(missing)}",
                hint="Correct the options of the kind's YAML, or ask the sender for the index again",
            )
        taken = sorted({TIFF_PAGES, OCR_TEXT} & set(names))
        if taken:
            raise BadData(f"{self._ledger.file}: byte 0: column {taken[0]} of the heading is one of ours")
        return names

    def _letter(self, content: bytes, *, offset: int, length: int, index: _Index) -> Iterator[_Letter]:
        values = _values(content)
        if values is None or len(values) != len(index.columns):
            found = "an unfinished quotation" if values is None else f"{len(values)} found"
            index.spans.append(Span(offset, length, "field_count", f"{len(index.columns)} fields expected, {found}"))
            return
        letter = _Letter(offset, length, values)
        letter.tiff = self._look_up(letter, column=self._form.tiff, index=index)
        if self._form.text:
            letter.text = self._look_up(letter, column=self._form.text, index=index)
        yield letter

    def _look_up(self, letter: _Letter, *, column: str, index: _Index) -> str:
        """The file of the manifest an index field names; empty when it names none."""
        stored = letter.values[index.columns.index(column)]
        name = stored.decode(self._form.pages[0], "replace").strip()
        if any(mark in name for mark in ("/", "\\", "\0", ":")) or name in ("..", "."):
            letter.refuse("path_escape", f"column {column} holds a path, the name of a file was expected")
            return ""
        found = name if name in self._files else self._by_name.get(name.casefold(), "")
        if not found and column == self._form.tiff:
            letter.refuse("tiff_missing", f"column {column} names no file of the delivery")
        letter.lacks_text |= not found and column == self._form.text and bool(name)
        return found

    # -- letters ------------------------------------------------------------------------------------------------

    def chunks(self, size: int) -> Iterator[RawChunk]:
        """The letters with their files, then the files no letter names."""
        index, letters, text_bytes = _Index(), list[_Letter](), 0
        for letter in self._letters(index):
            self._judge(letter, index=index)
            letters.append(letter)
            text_bytes += len(letter.content)
            if len(letters) >= size or text_bytes >= _CHUNK_TEXT_BYTES:
                yield self._chunk(letters, index=index)
                letters, text_bytes = [], 0
        self._ledger.book("header", index.header)
        self._ledger.book("filler", index.filler)
        self._ledger.book("trailer", index.trailer)
        yield self._with_files(self._chunk(letters, index=index), self._strays())

    def _judge(self, letter: _Letter, *, index: _Index) -> None:
        """Compares a letter with its files."""
        for name, what in ((letter.tiff, "tiff_shared"), (letter.text, "text_shared")):
            if name and self._named[name] > 1:
                letter.refuse(what, f"{self._named[name]} letters of the index name this file")
        if letter.tiff:
            tiff = self._files[letter.tiff]
            found = count_pages(tiff.path, size=tiff.ledger.size, limits=self._form.limits)
            letter.pages = found.pages
            if found.reason:
                letter.refuse(found.reason, found.detail)
            self._compare_pages(letter, stored=letter.values[index.columns.index(self._form.page_count)].strip())
        if letter.text and not letter.reason:
            letter.content = self._text(letter)

    def _compare_pages(self, letter: _Letter, *, stored: bytes) -> None:
        if not stored.isdigit() or len(stored) > _LONGEST_COUNT:
            letter.refuse("bad_number", f"column {self._form.page_count} is no number of pages")
        elif int(stored) != letter.pages:
            letter.refuse("page_count_differs", f"the index says {int(stored)} pages, the TIFF has {letter.pages}")

    def _text(self, letter: _Letter) -> bytes:
        file, limit = self._files[letter.text], self._ledger.budgets.max_record_bytes
        if file.ledger.size > limit:
            letter.refuse("text_budget", f"a text of {file.ledger.size} bytes, at most {limit} are allowed")
            return b""
        try:
            with file.path.open("rb") as opened:
                content = opened.read(file.ledger.size)
        except OSError as exc:
            raise StorageFailed(f"{file.path.name}: {exc.strerror}") from exc
        if len(content) != file.ledger.size:
            raise StorageFailed(f"{file.path.name}: byte {len(content)}: the file became shorter")
        return content

    def _chunk(self, letters: Sequence[_Letter], *, index: _Index) -> RawChunk:
        good = [letter for letter in letters if not letter.reason]
        spans = [Span(one.offset, one.length, one.reason, one.detail) for one in letters if one.reason]
        columns, rows = self._columns(good, names=index.columns)
        chunk = assemble(
            columns, rows=rows, spans=[*index.spans, *spans], required=self._form.required, ledger=self._ledger
        )
        index.spans.clear()
        kept = set(chunk.records.column("_offset").to_pylist())
        return self._with_files(chunk, self._book_files(letters, kept=kept))

    def _columns(self, letters: Sequence[_Letter], *, names: Sequence[str]) -> tuple[dict[str, Cells], Rows]:
        pages, count = self._form.pages, len(letters)
        stored = {name: _joined(letter.values[at] for letter in letters) for at, name in enumerate(names)}
        stored[TIFF_PAGES] = _joined(str(letter.pages).encode(pages[0]) for letter in letters)
        stored[OCR_TEXT] = _joined(letter.content for letter in letters)
        cells = [TextCells(data, ends[:-1], np.diff(ends)) for data, ends in stored.values()]
        page_of_row = choose_pages(cells, rows=count, pages=pages)
        offsets = np.array([letter.offset for letter in letters], dtype=np.int64)
        columns: dict[str, Cells] = {}
        for name, (data, ends) in stored.items():
            values, reasons = decode_cells(data, ends, pages=pages, page_of_row=page_of_row)
            columns[name] = Cells(values, reasons, offsets)
        lacks = np.array([letter.lacks_text for letter in letters], dtype=np.bool_)
        text = columns[OCR_TEXT]
        reasons = np.where(lacks, np.uint8(reason_number("memo_missing")), text.reasons).astype(np.uint8)
        columns[OCR_TEXT] = Cells(text.values, reasons, text.offsets)
        lengths = np.array([letter.length for letter in letters], dtype=np.int64)
        return columns, Rows(offsets, lengths, np.zeros(count, dtype=np.bool_), page_of_row, pages)

    # -- the other files ----------------------------------------------------------------------------------------

    def _book_files(self, letters: Sequence[_Letter], *, kept: set[int]) -> list[pa.Table]:
        """Books the files of letters where the letters went."""
        tables = []
        for letter in letters:
            for name in sorted({letter.tiff, letter.text} - {""} - self._booked):
                self._booked.add(name)
                ledger = self._files[name].ledger
                if letter.offset in kept:
                    ledger.book("records", ledger.size)
                    continue
                where = f"its letter is at byte {letter.offset} of {self._ledger.file}"
                detail = f"{letter.detail}; {where}" if letter.detail else where
                tables.append(_whole(ledger, reason=letter.reason or "letter_quarantined", detail=detail))
        return tables

    def _strays(self) -> list[pa.Table]:
        names = sorted(set(self._files) - self._booked)
        self._booked.update(names)
        detail = f"no letter of {self._ledger.file} names this file"
        return [_whole(self._files[name].ledger, reason="not_in_index", detail=detail) for name in names]

    @staticmethod
    def _with_files(chunk: RawChunk, tables: list[pa.Table]) -> RawChunk:
        return RawChunk(chunk.records, pa.concat_tables([chunk.quarantine, *tables]), chunk.issues)


def _whole(ledger: Ledger, *, reason: str, detail: str) -> pa.Table:
    """A whole file as one span; the records that count are the lines of the index."""
    return quarantine_table([Span(0, ledger.size, reason, detail, is_record=False)], ledger=ledger)


def _values(content: bytes) -> list[bytes] | None:
    """The fields of a line; nothing where a quotation does not end."""
    if b'"' not in content:
        return content.split(b";")
    try:
        # latin-1 is every byte as it is, there and back.
        (row,) = csv.reader([content.decode("latin-1")], delimiter=";", strict=True)
    except (csv.Error, ValueError):
        return None
    return [value.encode("latin-1") for value in row]


def _joined(values: Iterable[bytes]) -> tuple[Bytes, Longs]:
    """Cells one after another, and where each begins."""
    taken = list(values)
    ends = np.zeros(len(taken) + 1, dtype=np.int64)
    np.cumsum([len(value) for value in taken], out=ends[1:])
    return np.frombuffer(b"".join(taken), dtype=np.uint8), ends
