"""Spreadsheets of Excel 97 (.xls): lists that customer offices kept for themselves.

Every cell comes out as text as it is stored: a number in decimal digits (a PESEL in a number column is ``8.9E+10`` on
the screen and eleven digits here, less a leading zero), a date as its serial number, with the book's calendar in the
column DATEMODE (``1900`` or ``1904``: the serial counts days from 1899-12-30 or 1904-01-01), a truth value as TRUE or
FALSE, an error as Excel shows it. A row of totals is a row: which rows count is for :mod:`transforms` to say. Hidden
columns are delivered, merged cells have their value in the first cell unless ``fill_merged`` repeats it. A list longer
than a sheet, or kept per office, is on several sheets with the same headings: ``sheet: "*"`` reads all that hold
anything as one, with the sheet's name in the column SHEET.

A workbook is a file system in a file, so the law of conservation reads: ``records`` are the bytes of the rows' cell
records, each row's ``_offset`` is where its first one lies in the file; ``filler`` are cell records of rows without
content and what of a row lies apart from its beginning (another sector, or written later); everything else — styles,
shared texts, other sheets, the container's tables — is ``header``. All texts of a book are shared in its head, so a
book is read whole; it has at most 65 536 rows.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import xlrd

from config.errors import BadData, BudgetExceeded, ConfigurationError, SourceContractBroken, StorageFailed
from connectors.biff import MAX_COLUMNS, SheetMap, SheetPlace, book_sheets, map_sheet
from connectors.charsets import storable
from connectors.fields import unique_names
from connectors.model import Ledger, RawChunk, reason_number
from connectors.ole import Stream, workbook_stream
from connectors.options import number_option
from connectors.text_records import TextRecord, text_chunk

MAX_BOOK_BYTES = 256 * 2**20
DATEMODE = "DATEMODE"
SHEET = "SHEET"
ALL_SHEETS = "*"
_BAD_FLOAT = reason_number("bad_float")
_MOST_MERGED = 2_000_000
"""Cells that merged ranges may cover in all: the sheet itself has sixteen million."""


@dataclass(frozen=True)
class SheetFormat:
    """Which part of a workbook is the table."""

    sheet: str = "1"
    """Name of the sheet, or its number from 1; a name wins. ``*`` for all of them."""
    header_row: int = 1
    """Row of the headings, from 1 as Excel counts."""
    first_column: str = "A"
    fill_merged: bool = False
    required: tuple[str, ...] = ()


def sheet_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> SheetFormat:
    """The format the options of a kind describe; a book tells its code page itself.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    return SheetFormat(
        sheet=str(options.get("sheet", "1")),
        header_row=number_option(options, "header_row", default=1, least=1, kind=kind),
        first_column=str(options.get("first_column", "A")),
        fill_merged=bool(options.get("fill_merged", False)),
        required=required,
    )


def read_spreadsheet(
    path: Path, *, form: SheetFormat, ledger: Ledger, chunk_records: int = 50_000
) -> Iterator[RawChunk]:
    """Chunks of a sheet in the order of its rows; at least one.

    Raises:
        BadData: the file is no workbook of Excel 97, is damaged, or is protected.
        SourceContractBroken: the sheet or its headings are not there.
    """
    sheets = _opened(_content(path, ledger=ledger), form=form, ledger=ledger)
    headings = [sheet.columns() for sheet in sheets]
    _check_same(headings, file=ledger.file)
    records = [(sheet, columns, row) for sheet, columns in zip(sheets, headings, strict=True) for row in sheet.rows()]
    # Sheets need not lie in the file in the order of their tabs.
    records.sort(key=lambda record: record[0].place(record[2])[0])
    _book_the_rest(sheets, records=sum(sheet.place(row)[1] for sheet, _, row in records), ledger=ledger)
    names = (*headings[0].values(), DATEMODE, *((SHEET,) if form.sheet == ALL_SHEETS else ()))
    for first in range(0, len(records) or 1, chunk_records):
        yield text_chunk(
            [sheet.record(row, columns=columns) for sheet, columns, row in records[first : first + chunk_records]],
            names=names,
            spans=[],
            required=form.required,
            ledger=ledger,
        )


def _content(path: Path, *, ledger: Ledger) -> bytes:
    if ledger.size > MAX_BOOK_BYTES:
        raise BudgetExceeded(
            f"{ledger.file}: {ledger.size} bytes, a workbook has at most {MAX_BOOK_BYTES}", hint="The file is no .xls"
        )
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise StorageFailed(f"{path.name}: {exc.strerror}") from exc
    if len(content) < ledger.size:
        raise StorageFailed(f"{ledger.file}: byte {len(content)}: the file became shorter")
    return content[: ledger.size]


def column_number(letters: str) -> int:
    """The number from 0 of a column, ``A`` to ``IV``.

    Raises:
        ConfigurationError: there is no such column.
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    if not re.fullmatch("[A-Za-z]{1,2}", letters) or number > MAX_COLUMNS:
        raise ConfigurationError(f"options.first_column: no column {letters!r}", hint="A to IV")
    return number - 1


def column_letters(number: int) -> str:
    """The letters of a column, from its number from 0."""
    return (chr(ord("A") + number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


@dataclass(frozen=True)
class _Sheet:
    """One sheet: what xlrd says of it and where it lies."""

    name: str
    cells: Any
    book: Any
    places: SheetMap
    stream: Stream
    form: SheetFormat
    ledger: Ledger

    def columns(self) -> dict[int, str]:
        """Number to heading of the columns that have one or hold anything."""
        heading, first = self.form.header_row - 1, column_number(self.form.first_column)
        texts = {at: text for at in range(first, self._width(heading)) if (text := self._text(heading, at)[0])}
        if not texts:
            raise SourceContractBroken(
                f"{self.ledger.file}: row {heading + 1}: no headings from column {self.form.first_column} on",
                hint="Set options.header_row and options.first_column in the kind's YAML",
            )
        rows = self._rows_with_cells()
        width = max(self._width(row) for row in rows if row >= heading)
        used = {at for row in rows if row > heading for at in self._filled(row)}
        if any(at < first for at in used):
            self.ledger.warn(f"{self.ledger.file}: cells before column {self.form.first_column} are not read")
        chosen = [at for at in range(first, width) if at in texts or at in used]
        names = unique_names([texts.get(at, "").strip() or f"COLUMN_{column_letters(at)}" for at in chosen])
        for ours in {DATEMODE, SHEET} & set(names):
            raise SourceContractBroken(f"{self.ledger.file}: a column named {ours}, which is a name of ours")
        return dict(zip(chosen, names, strict=True))

    def rows(self) -> list[int]:
        """Rows below the headings with any content."""
        heading = self.form.header_row - 1
        return [row for row in sorted(self.places.filled) if row > heading and any(True for _ in self._filled(row))]

    def record(self, row: int, *, columns: dict[int, str]) -> TextRecord:
        """A row as a record."""
        values: dict[str, str | None] = {DATEMODE: "1904" if self.book.datemode else "1900", SHEET: self.name}
        reasons: dict[str, int] = {}
        for at, name in columns.items():
            values[name], reasons[name] = self._text(row, at)
        offset, length = self.place(row)
        page = "utf-16-le" if self.book.biff_version >= 80 else str(self.book.encoding)
        return TextRecord(offset, length, page, values, reasons)

    def cell_bytes(self) -> int:
        """Bytes of all cells below the headings."""
        below = [pieces for row, pieces in self.places.pieces.items() if row > self.form.header_row - 1]
        return sum(end - start for pieces in below for start, end in pieces)

    def fill_merged(self) -> None:
        """Repeats the first value of merged cells in the others."""
        area = 0
        for first, last, left, right in self.places.merged:
            last, right = min(last, self.cells.nrows - 1), min(right, MAX_COLUMNS - 1)
            area += max(0, last - first + 1) * max(0, right - left + 1)
            if area > _MOST_MERGED:
                raise BudgetExceeded(f"{self.ledger.file}: byte 0: merged ranges cover more than {_MOST_MERGED} cells")
            if first < self.cells.nrows and left < self._width(first):
                kind, value = self.cells.cell_type(first, left), self.cells.cell_value(first, left)
                for row in range(first, last + 1):
                    for column in range(left, right + 1):
                        self.cells.put_cell(row, column, kind, value, None)

    def place(self, row: int) -> tuple[int, int]:
        """Where a row begins in the file, and for how many bytes it goes on there."""
        start, end = self.places.pieces[row][0]
        return self.stream.place(start), self.stream.run(start, end)

    def _rows_with_cells(self) -> set[int]:
        """A cell far down makes tens of thousands of rows: those between are not looked at."""
        merged = self.places.merged if self.form.fill_merged else []
        repeated = (range(first, min(last, self.cells.nrows - 1) + 1) for first, last, _, _ in merged)
        return {self.form.header_row - 1, *self.places.pieces, *chain.from_iterable(repeated)}

    def _width(self, row: int) -> int:
        return int(self.cells.row_len(row)) if row < self.cells.nrows else 0

    def _filled(self, row: int) -> Iterator[int]:
        for at in range(self._width(row)):
            if self.cells.cell_type(row, at) not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                yield at

    def _text(self, row: int, at: int) -> tuple[str | None, int]:
        if at >= self._width(row):
            return None, 0
        return cell_text(self.cells.cell_type(row, at), self.cells.cell_value(row, at))


def cell_text(kind: int, value: Any) -> tuple[str | None, int]:
    """A cell as text, or nothing and the number of a cell reason."""
    if kind == xlrd.XL_CELL_TEXT:
        return storable(str(value))
    if kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
        return decimal_text(float(value))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return ("TRUE" if value else "FALSE"), 0
    if kind == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, f"#ERROR {value}"), 0
    return None, 0


def decimal_text(number: float) -> tuple[str | None, int]:
    """The shortest decimal that is this number, without exponent: ``89011212345``, ``12.5``, ``-0.01``."""
    if not math.isfinite(number):
        return None, _BAD_FLOAT
    if number == int(number):
        return str(int(number)), 0
    return format(Decimal(repr(number)), "f"), 0


def _opened(content: bytes, *, form: SheetFormat, ledger: Ledger) -> list[_Sheet]:
    """The sheets to read; at least one."""
    stream = workbook_stream(content, file=ledger.file)
    listed = book_sheets(stream.data, file=ledger.file)
    # The head is walked and every sheet mapped before xlrd sees a byte: it trusts sizes.
    maps = [map_sheet(stream.data, at=sheet.offset, file=ledger.file) for sheet in listed]
    book = _open(stream.data, file=ledger.file)
    names = [str(name) for name in book.sheet_names()]
    if len(names) != len(listed):
        raise BadData(f"{ledger.file}: byte 0: {len(listed)} worksheets are announced, {len(names)} are there")
    chosen = _numbers_of(form.sheet, names=names, maps=maps, file=ledger.file)
    _warn(ledger, chosen=chosen, listed=listed, maps=maps)
    sheets = []
    for number in chosen:
        cells = _sheet_of(book, number=number, file=ledger.file)
        sheets.append(_Sheet(names[number], cells, book, maps[number], stream, form, ledger))
        if form.fill_merged:
            sheets[-1].fill_merged()
    return sheets


def _check_same(headings: list[dict[int, str]], *, file: str) -> None:
    others = [at for at, columns in enumerate(headings, start=1) if {*columns.values()} != {*headings[0].values()}]
    if others:
        raise SourceContractBroken(
            f"{file}: byte 0: sheet {others[0]} of those with content has other headings than the first",
            hint="Name one sheet in options.sheet of the kind's YAML, or ask for sheets of one form",
        )


def _book_the_rest(sheets: list[_Sheet], *, records: int, ledger: Ledger) -> None:
    """Books everything that is not the beginning of a record."""
    cells = sum(sheet.cell_bytes() for sheet in sheets)
    ledger.book("filler", cells - records)
    ledger.book("header", ledger.size - cells)


def _warn(ledger: Ledger, *, chosen: list[int], listed: list[SheetPlace], maps: list[SheetMap]) -> None:
    others = sum(bool(places.filled) for at, places in enumerate(maps) if at not in chosen)
    if others:
        ledger.warn(f"{ledger.file}: {others} other sheets have rows, which are not read")
    hidden = set().union(*(maps[number].hidden_columns for number in chosen)) & set(range(MAX_COLUMNS))
    if hidden:
        letters = ", ".join(column_letters(at) for at in sorted(hidden)[:20])
        ledger.warn(f"{ledger.file}: hidden columns are delivered: {letters}")
    if any(listed[number].is_hidden for number in chosen):
        ledger.warn(f"{ledger.file}: the sheet is hidden")


def _numbers_of(wanted: str, *, names: list[str], maps: list[SheetMap], file: str) -> list[int]:
    if wanted in names:
        return [names.index(wanted)]
    if wanted == ALL_SHEETS and names:
        # Excel puts three sheets into every new book; the other two are empty.
        return [at for at, places in enumerate(maps) if places.filled] or [0]
    if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(names):
        return [int(wanted) - 1]
    raise SourceContractBroken(
        f"{file}: byte 0: no sheet {wanted!r} among {len(names)}",
        hint=f"Set options.sheet in the kind's YAML to a name, to 1 … {len(names)} or to *",
    )


def _open(stream: bytes, *, file: str) -> Any:
    try:
        return xlrd.open_workbook(file_contents=stream, logfile=io.StringIO(), on_demand=True, ragged_rows=True)
    except Exception as exc:
        raise _unreadable(file, exc) from exc


def _sheet_of(book: Any, *, number: int, file: str) -> Any:
    try:
        return book.sheet_by_index(number)
    except Exception as exc:
        raise _unreadable(file, exc) from exc


def _unreadable(file: str, exc: Exception) -> BadData:
    # The text of the exception may hold a value of a cell; its name does not.
    return BadData(
        f"{file}: byte 0: xlrd cannot read the workbook ({type(exc).__name__})",
        hint="The workbook is damaged: ask for it again, saved as 'Microsoft Excel 97–2003'",
    )
