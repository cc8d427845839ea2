"""Workbooks of Excel 97."""

from __future__ import annotations

import contextlib
import datetime
import io
import itertools
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlrd
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BudgetExceeded, ConfigurationError, SourceContractBroken
from config.kinds import Budgets
from connectors.biff import book_sheets, map_sheet
from connectors.model import Ledger, RawFile
from connectors.ole import MAGIC, Stream, workbook_stream
from connectors.spreadsheet import (
    SheetFormat,
    cell_text,
    column_letters,
    column_number,
    decimal_text,
    read_spreadsheet,
)

HEADINGS = ("PESEL", "NAZWISKO", "DATA")
Fill = Callable[[Any], None]


def book(fill: Fill, *, is_1904: bool = False, sheets: int = 1) -> bytes:
    workbook = xlwt.Workbook(encoding="cp1250")
    workbook.dates_1904 = is_1904
    for number in range(1, sheets + 1):
        sheet = workbook.add_sheet(f"Arkusz{number}")
        fill(sheet)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def people(sheet: Any) -> None:
    date = xlwt.easyxf(num_format_str="DD.MM.YYYY")
    for at, heading in enumerate(HEADINGS):
        sheet.write(0, at, heading)
    for row, name in enumerate(("Święcicka", "Żak", "Wąsik"), start=1):
        sheet.write(row, 0, 44651401350.0 + row)
        sheet.write(row, 1, name)
        sheet.write(row, 2, datetime.date(2003, 9, 22), date)


def read(folder: Path, content: bytes, *, budgets: Budgets | None = None, chunk: int = 50_000, **form: Any) -> RawFile:
    path = folder / "lista.xls"
    path.write_bytes(content)
    ledger = Ledger("lista.xls", len(content), budgets or Budgets())
    chunks = read_spreadsheet(path, form=SheetFormat(**form), ledger=ledger, chunk_records=chunk)
    return RawFile.of(chunks, ledgers=[ledger])


def check_spans(result: RawFile) -> None:
    account = result.accounts[0]
    assert account.is_balanced
    spans = [(row["_offset"], row["_length"]) for row in result.records.to_pylist()]
    assert spans == sorted(spans) and sum(length for _, length in spans) == account.records
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))


def test_every_cell_is_text_as_stored(tmp_path: Path) -> None:
    result = read(tmp_path, book(people))
    assert result.records.column("PESEL").to_pylist() == ["44651401351", "44651401352", "44651401353"]
    assert result.records.column("NAZWISKO").to_pylist() == ["Święcicka", "Żak", "Wąsik"]
    assert result.records.column("DATA").to_pylist() == ["37886"] * 3
    assert result.records.column("DATEMODE").to_pylist() == ["1900"] * 3
    check_spans(result)


def test_the_other_calendar(tmp_path: Path) -> None:
    row = read(tmp_path, book(people, is_1904=True)).records.to_pylist()[0]
    assert (row["DATA"], row["DATEMODE"]) == ("36424", "1904")
    assert datetime.date(1904, 1, 1) + datetime.timedelta(days=36424) == datetime.date(2003, 9, 22)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        pytest.param(xlrd.XL_CELL_NUMBER, 89011212345.0, "89011212345", id="8.9E+10"),
        pytest.param(xlrd.XL_CELL_NUMBER, -0.01, "-0.01", id="grosze"),
        pytest.param(xlrd.XL_CELL_NUMBER, 1e-7, "0.0000001", id="no exponent"),
        pytest.param(xlrd.XL_CELL_NUMBER, 1e22, "10000000000000000000000", id="large"),
        pytest.param(xlrd.XL_CELL_NUMBER, 0.1 + 0.2, "0.30000000000000004", id="what is stored, not what is shown"),
        pytest.param(xlrd.XL_CELL_DATE, 37886.5, "37886.5", id="date and time"),
        pytest.param(xlrd.XL_CELL_TEXT, "", "", id="empty text"),
        pytest.param(xlrd.XL_CELL_TEXT, " 07 ", " 07 ", id="text"),
        pytest.param(xlrd.XL_CELL_BOOLEAN, 1, "TRUE", id="true"),
        pytest.param(xlrd.XL_CELL_BOOLEAN, 0, "FALSE", id="false"),
        pytest.param(xlrd.XL_CELL_ERROR, 0x2A, "#N/A", id="error"),
        pytest.param(xlrd.XL_CELL_ERROR, 0x99, "#ERROR 153", id="error of nobody"),
        pytest.param(xlrd.XL_CELL_BLANK, "", None, id="format only"),
        pytest.param(xlrd.XL_CELL_EMPTY, "", None, id="nothing"),
    ],
)
def test_cells(kind: int, value: Any, expected: str | None) -> None:
    assert cell_text(kind, value) == (expected, 0)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_bad_cells(number: float) -> None:
    text, reason = decimal_text(number)
    assert text is None and reason


def test_nul_in_a_cell_is_reported(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        people(sheet)
        sheet.write(4, 1, "a\0b")

    issues = read(tmp_path, book(fill)).issues.to_pylist()
    assert [(issue["column"], issue["reason"]) for issue in issues] == [("NAZWISKO", "nul_in_text")]


def listed(sheet: Any) -> None:
    """As offices keep lists: a title, headings below, one without text, totals in the middle, a remark beside."""
    sheet.write_merge(0, 0, 1, 4, "Lista klientów")
    for at, heading in ((1, "NAZWISKO"), (2, "KWOTA"), (4, "KWOTA")):
        sheet.write(2, at, heading)
    sheet.write_merge(3, 4, 1, 1, "Żak")
    sheet.write(3, 2, 12.5)
    sheet.write(4, 2, 7)
    sheet.write(5, 1, "RAZEM")
    sheet.write(5, 2, 19.5)
    sheet.write(7, 1, "Nowak")
    sheet.write(7, 3, "pilne")
    sheet.write(8, 1, "", xlwt.easyxf("font: bold on"))
    sheet.write(7, 0, "poza tabelą")
    sheet.col(2).hidden = True


def test_lists_of_an_office(tmp_path: Path) -> None:
    result = read(tmp_path, book(listed), header_row=3, first_column="B")
    rows = [{name: row[name] for name in result.records.schema.names[:4]} for row in result.records.to_pylist()]
    assert rows == [
        {"NAZWISKO": "Żak", "KWOTA": "12.5", "COLUMN_D": None, "KWOTA#2": None},
        {"NAZWISKO": None, "KWOTA": "7", "COLUMN_D": None, "KWOTA#2": None},
        {"NAZWISKO": "RAZEM", "KWOTA": "19.5", "COLUMN_D": None, "KWOTA#2": None},
        {"NAZWISKO": "Nowak", "KWOTA": None, "COLUMN_D": "pilne", "KWOTA#2": None},
    ]
    assert result.accounts[0].filler > 0
    assert {warning.partition(": ")[2] for warning in result.warnings} == {
        "cells before column B are not read",
        "hidden columns are delivered: C",
    }
    check_spans(result)


def test_merged_cells_are_filled_where_asked_for(tmp_path: Path) -> None:
    result = read(tmp_path, book(listed), header_row=3, first_column="B", fill_merged=True)
    assert result.records.column("NAZWISKO").to_pylist() == ["Żak", "Żak", "RAZEM", "Nowak"]


def test_rows_lie_where_they_say(tmp_path: Path) -> None:
    content = book(people)
    for row in read(tmp_path, content).records.to_pylist():
        kind, length = struct.unpack_from("<HH", content, row["_offset"])
        number = struct.unpack_from("<H", content, row["_offset"] + 4)[0]
        assert (kind, number) == (0x0203, row["_record_no"] + 1) and length == 14


@pytest.mark.parametrize(
    ("sheet", "first"),
    [pytest.param("Arkusz2", "44651401351", id="name"), pytest.param("2", "44651401351", id="number")],
)
def test_sheets_by_name_and_number(tmp_path: Path, sheet: str, first: str) -> None:
    result = read(tmp_path, book(people, sheets=3), sheet=sheet)
    assert result.records.column("PESEL")[0].as_py() == first
    assert "2 other sheets" in result.warnings[0]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        pytest.param({"sheet": "Klienci"}, "no sheet 'Klienci'", id="sheet"),
        pytest.param({"sheet": "0"}, "no sheet '0'", id="sheet zero"),
        pytest.param({"header_row": 9}, "row 9: no headings", id="header row"),
        pytest.param({"first_column": "D"}, "no headings from column D", id="first column"),
    ],
)
def test_contracts(tmp_path: Path, form: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceContractBroken, match=message):
        read(tmp_path, book(people), **form)


def test_a_column_of_our_own_name(tmp_path: Path) -> None:
    with pytest.raises(SourceContractBroken, match="DATEMODE"):
        read(tmp_path, book(lambda sheet: sheet.write(0, 0, "DATEMODE")))


def test_a_hidden_sheet_is_told(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        people(sheet)
        sheet.visibility = int(sheet.name == "Arkusz2")

    assert "hidden" in read(tmp_path, book(fill, sheets=2), sheet="2").warnings[-1]


@pytest.mark.parametrize("letters", ["", "A1", "IW", "ABC", "ą"])
def test_columns_that_do_not_exist(letters: str) -> None:
    with pytest.raises(ConfigurationError, match="no column"):
        column_number(letters)


def test_letters_of_columns() -> None:
    assert [column_letters(column_number(name)) for name in ("A", "Z", "AA", "iv")] == ["A", "Z", "AA", "IV"]


def test_headings_only(tmp_path: Path) -> None:
    result = read(tmp_path, book(lambda sheet: [sheet.write(0, at, name) for at, name in enumerate(HEADINGS)]))  # type: ignore[arg-type,return-value]
    assert result.records.num_rows == 0 and result.records.schema.names[:3] == list(HEADINGS)
    assert result.accounts[0].is_balanced


def test_chunks_of_any_size_hold_the_same_rows(tmp_path: Path) -> None:
    content = book(people)
    assert read(tmp_path, content, chunk=2).records.equals(read(tmp_path, content).records)


def test_more_rows_than_the_budget(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="more than 2 records"):
        read(tmp_path, book(people), budgets=Budgets(max_records=2))


# -- the container ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "Excel 97 workbook was expected", id="empty"),
        pytest.param(b"PK\x03\x04" + bytes(600), "xlsx", id="xlsx"),
        pytest.param(b"<html>" + bytes(600), "HTML", id="HTML named .xls"),
        pytest.param(b"\x09\x04\x06\x00" + bytes(600), "Excel 4", id="Excel 4"),
        pytest.param(MAGIC, "Excel 97 workbook was expected", id="magic only"),
        pytest.param(MAGIC + bytes(504), "sectors of 512 or 4096", id="no header"),
    ],
)
def test_files_that_are_no_workbook(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BadData, match=message):
        read(tmp_path, content)


def patched(content: bytes, at: int, value: bytes) -> bytes:
    return content[:at] + value + content[at + len(value) :]


def directory(content: bytes) -> int:
    return (int.from_bytes(content[48:52], "little") + 1) * 512


def test_a_chain_that_bites_its_tail(tmp_path: Path) -> None:
    content = book(people)
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    with pytest.raises(BadData, match="into itself"):
        read(tmp_path, patched(content, table + 4, (0).to_bytes(4, "little")))


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        pytest.param(48, b"\xff\xff\x00\x00", "a chain of sectors leads to 65535", id="directory beyond the file"),
        pytest.param(44, b"\xff\xff\xff\x0f", "", id="a table of half a billion sectors"),
        pytest.param(76, b"\xff\xff\x00\x00", "sector 65535 was expected", id="table beyond the file"),
        pytest.param(56, b"\xff\xff\xff\x7f", "", id="every stream is a small one"),
    ],
)
def test_damaged_containers(tmp_path: Path, at: int, value: bytes, message: str) -> None:
    content = patched(book(people), at, value)
    if message:
        with pytest.raises(BadData, match=message):
            read(tmp_path, content)
    else:
        with contextlib.suppress(BadData):
            check_spans(read(tmp_path, content))


def test_a_directory_without_workbook(tmp_path: Path) -> None:
    content = book(people)
    with pytest.raises(BadData, match="no workbook"):
        read(tmp_path, patched(content, directory(content) + 128, b"X"))


def test_a_directory_without_root(tmp_path: Path) -> None:
    content = book(people)
    with pytest.raises(BadData, match="directory with its root"):
        read(tmp_path, patched(content, directory(content) + 66, b"\2"))


def scattered(content: bytes) -> bytes:
    """The same book with the first two sectors of its workbook swapped in the file."""
    table = (int.from_bytes(content[76:80], "little") + 1) * 512
    entry = directory(content) + 128
    swapped = bytearray(content)
    swapped[512:1024], swapped[1024:1536] = content[1024:1536], content[512:1024]
    follow = struct.unpack_from("<I", content, table + 4)[0]
    struct.pack_into("<II", swapped, table, follow, 0)
    struct.pack_into("<I", swapped, entry + 116, 1)
    return bytes(swapped)


def test_a_workbook_in_pieces_reads_the_same(tmp_path: Path) -> None:
    content = book(people)
    assert workbook_stream(scattered(content), file="x").data == workbook_stream(content, file="x").data
    result = read(tmp_path, scattered(content))
    assert result.records.column("NAZWISKO").to_pylist() == ["Święcicka", "Żak", "Wąsik"]
    check_spans(result)


def test_bytes_that_follow_each_other() -> None:
    import numpy as np

    stream = Stream(bytes(1024), 256, np.array([512, 768, 2048, 1024], dtype=np.int64))
    assert (stream.place(300), stream.run(300, 500)) == (812, 200)
    assert stream.run(300, 900) == 212 and stream.run(600, 900) == 168


def small_stream(content: bytes) -> bytes:
    """A container whose workbook lies in the stream of small streams."""
    data = workbook_stream(content, file="x").data
    sectors = -(-len(data) // 512)
    head = bytearray(512)
    head[:8] = MAGIC
    struct.pack_into("<HH", head, 30, 9, 6)
    struct.pack_into("<IIIIIII", head, 44, 1, sectors + 2, 0, 1 << 20, sectors, 2, 0xFFFFFFFE)
    struct.pack_into("<109I", head, 76, sectors + 3, *[0xFFFFFFFF] * 108)
    minis = -(-len(data) // 64)
    mini = [*range(1, minis), 0xFFFFFFFE] + [0xFFFFFFFF] * (256 - minis)
    table = [*range(1, sectors), 0xFFFFFFFE, sectors + 1, 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFD]
    table += [0xFFFFFFFF] * (128 - len(table))
    entries = b""
    for name, sort, first, size in (("Root Entry", 5, 0, sectors * 512), ("Workbook", 2, 0, len(data))):
        entry = bytearray(128)
        text = name.encode("utf-16-le") + b"\0\0"
        entry[: len(text)] = text
        struct.pack_into("<HB", entry, 64, len(text), sort)
        struct.pack_into("<II", entry, 116, first, size)
        entries += entry
    parts = [head, data.ljust(sectors * 512, b"\0"), struct.pack("<256I", *mini), entries.ljust(512, b"\0")]
    return b"".join([*map(bytes, parts), struct.pack("<128I", *table)])


def test_a_workbook_among_small_streams(tmp_path: Path) -> None:
    content = small_stream(book(people))
    result = read(tmp_path, content)
    assert result.records.column("NAZWISKO").to_pylist() == ["Święcicka", "Żak", "Wąsik"]
    assert struct.unpack_from("<H", content, result.records.column("_offset")[0].as_py())[0] == 0x0203
    check_spans(result)


# -- the records ---


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


BOF, EOF = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0)), record(0x000A, b"")


def number(row: int, column: int) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, column, 0, 1.0))


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        pytest.param(b"", "the end of a sheet", id="nothing"),
        pytest.param(BOF, "the end of a sheet", id="no end"),
        pytest.param(EOF, "a sheet of Excel 5 to 2003", id="no beginning"),
        pytest.param(BOF + b"\x03\x02\xff\xff", "leaves the workbook", id="a record beyond the end"),
        pytest.param(BOF + record(0x0203, b"ab") + EOF, "a cell of 2 bytes", id="a cell of two bytes"),
        pytest.param(BOF + number(0, 40_000) + EOF, "columns 40000 to 40000", id="a column that fills the memory"),
        pytest.param(BOF + record(0x00BE, bytes(6) + b"\xff\xff") + EOF, "columns 0 to 65535", id="blanks likewise"),
    ],
)
def test_sheets_that_are_refused(stream: bytes, message: str) -> None:
    with pytest.raises(BadData, match=message):
        map_sheet(stream, at=0, file="x")


def test_a_protected_book_is_refused() -> None:
    with pytest.raises(BadData, match="protected by a password"):
        book_sheets(BOF + record(0x002F, bytes(6)) + EOF, file="x")


def test_rows_written_twice_are_pieces() -> None:
    chart = BOF + number(9, 9) + EOF
    stream = BOF + number(1, 0) + number(1, 1) + number(2, 0) + chart + number(1, 2) + EOF
    found = map_sheet(stream, at=0, file="x")
    start = len(BOF)
    assert found.pieces[1][0] == (start, start + 36) and len(found.pieces[1]) == 2
    assert set(found.pieces) == {1, 2}


def test_what_stands_behind_a_cell_belongs_to_it() -> None:
    formula = record(0x0006, bytes(22)) + record(0x0207, b"\1\0\0a")
    found = map_sheet(BOF + formula + record(0x0207, b"") + EOF, at=0, file="x")
    assert found.pieces == {0: [(len(BOF), len(BOF) + len(formula) + 4)]}


def test_merged_ranges_that_cover_everything(tmp_path: Path) -> None:
    def fill(sheet: Any) -> None:
        people(sheet)
        sheet.write(30_000, 0, "x")
        sheet.merge(10, 19_999, 0, 255)

    with pytest.raises(BudgetExceeded, match="merged ranges"):
        read(tmp_path, book(fill), fill_merged=True)


def test_a_book_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "x.xls"
    path.write_bytes(b"")
    with pytest.raises(BudgetExceeded, match="at most"):
        next(read_spreadsheet(path, form=SheetFormat(), ledger=Ledger("x.xls", 2**40, Budgets())))


def test_every_cut_is_refused(tmp_path: Path) -> None:
    content = book(people)
    for length in range(0, len(content), 7):
        try:
            check_spans(read(tmp_path, content[:length]))
        except BadData:
            continue


@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_are_read_or_refused(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    content = book(listed, sheets=2)
    for _ in range(100):
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 1, 3, 20))):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 0xFF, chance.randrange(256)))
        try:
            result = read(tmp_path, bytes(flipped), header_row=3, fill_merged=True)
        except BadData:
            continue
        check_spans(result)


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=1500), front=st.sampled_from((b"", MAGIC + bytes(22) + b"\x09\x00\x06\x00")))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, front: bytes) -> None:
    with contextlib.suppress(BadData):
        check_spans(read(tmp_path_factory.getbasetemp(), front + content))


def offices(*lists: tuple[str, tuple[str, ...], int]) -> bytes:
    workbook = xlwt.Workbook(encoding="cp1250")
    for name, headings, rows in lists:
        sheet = workbook.add_sheet(name)
        for column, heading in enumerate(headings):
            sheet.write(0, column, heading)
        for row in range(rows):
            sheet.write(row + 1, 0, 100.0 * len(name) + row)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def test_all_sheets_are_read_as_one_with_their_names(tmp_path: Path) -> None:
    content = offices(("BOK 1", ("NR", "KM"), 3), ("Śrem", ("NR", "KM"), 2), ("Arkusz3", (), 0))
    result = read(tmp_path, content, sheet="*", chunk=2)
    assert result.records["NR"].to_pylist() == ["500", "501", "502", "400", "401"]
    assert result.records["SHEET"].to_pylist() == ["BOK 1"] * 3 + ["Śrem"] * 2
    assert result.records["_record_no"].to_pylist() == list(range(5))
    check_spans(result)


def test_a_book_of_empty_sheets_but_for_headings_has_columns(tmp_path: Path) -> None:
    result = read(tmp_path, offices(("BOK 1", ("NR", "KM"), 0)), sheet="*")
    assert (result.records.num_rows, {"NR", "KM", "DATEMODE", "SHEET"} <= {*result.records.column_names}) == (0, True)


def test_sheets_of_several_forms_are_refused(tmp_path: Path) -> None:
    content = offices(("BOK 1", ("NR", "KM"), 3), ("BOK 2", ("NR", "DOJAZD"), 2))
    with pytest.raises(SourceContractBroken, match="sheet 2 of those with content has other headings"):
        read(tmp_path, content, sheet="*")


def test_one_sheet_does_not_name_itself(tmp_path: Path) -> None:
    result = read(tmp_path, offices(("BOK 1", ("NR",), 1), ("BOK 2", ("NR",), 1)), sheet="BOK 2")
    assert "SHEET" not in result.records.column_names
    assert result.warnings == ("lista.xls: 1 other sheets have rows, which are not read",)
