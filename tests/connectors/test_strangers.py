"""Files nobody here wrote, against what their owners say stands in them."""

from __future__ import annotations

import csv
import datetime as dt
import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import dbf
import dbfread
import pytest
import yaml

from config.errors import BlekitError
from connectors.dbf import read_dbf
from connectors.ebcdic import read_ebcdic

TABLES = ("dbase_03", "dbase_30", "dbase_83", "invalid_value", "mazovia", "people")


@pytest.mark.parametrize("name", TABLES)
def test_as_many_rows_as_the_header_counts(sources: Path, name: str) -> None:
    path = sources / "dbf" / f"{name}.dbf"
    read = read_dbf(path)
    assert read.records.num_rows == int.from_bytes(path.read_bytes()[4:8], "little")
    assert all(account.is_balanced for account in read.accounts)


def test_mazovia_rows_with_flag_zero_are_kept(sources: Path) -> None:
    read = read_dbf(sources / "dbf" / "mazovia.dbf")
    assert read.records.column("A2").to_pylist() == ["English", "Ś╫êëτ⌡ś"]
    assert read.records.column("_is_deleted").to_pylist() == [False, False]
    assert "delete flag 0x00" in read.warnings[0]


def test_a_bad_date_is_reported_not_raised(sources: Path) -> None:
    read = read_dbf(sources / "dbf" / "invalid_value.dbf")
    assert read.records.column("BIRTHDATE").to_pylist() == [None, "19801112", "19791222"]
    assert [(issue["record_no"], issue["reason"]) for issue in read.issues.to_pylist()] == [(0, "bad_date")]


def test_deleted_rows_are_delivered_as_deleted(sources: Path) -> None:
    read = read_dbf(sources / "dbf" / "people.dbf")
    assert read.records.column("NAME").to_pylist() == ["Alice", "Bob", "Deleted Guy"]
    assert read.records.column("_is_deleted").to_pylist() == [False, False, True]


def test_fields_and_widths_of_dbase_3(sources: Path) -> None:
    lines = (sources / "dbf" / "dbase_03_summary.txt").read_text().splitlines()
    names = [line.split()[0] for line in lines[lines.index("-" * 78) + 1 :] if line.strip()]
    columns = [name.partition("#")[0] for name in read_dbf(sources / "dbf" / "dbase_03.dbf").records.schema.names]
    assert columns[: len(names)] == names


@pytest.mark.parametrize("number", [0, 9])
def test_records_of_dbase_3_with_memo(sources: Path, number: int) -> None:
    expected = yaml.safe_load((sources / "dbf" / f"dbase_83_record_{number}.yml").read_text())
    row = read_dbf(sources / "dbf" / "dbase_83.dbf", code_page="cp437").records.slice(number, 1).to_pylist()[0]
    found = list(row.values())[: len(expected)]
    for stored, value in zip(found, expected, strict=True):
        if isinstance(value, bool):
            assert stored == "FT"[value]
        elif isinstance(value, int | float):
            assert Decimal(stored) == Decimal(str(value))
        else:
            assert stored == value


def test_memos_of_visual_foxpro(sources: Path) -> None:
    read = read_dbf(sources / "dbf" / "dbase_30.dbf")
    assert read.records.column("CLASSES")[0].as_py() == "Domestic Life\r\nWeddings\r\n"
    assert read.issues.num_rows == 0


def same(stored: str | None, expected: Any) -> bool:
    """Whether a text is what the other reader shows: numbers as numbers, nothing as an empty text."""
    if isinstance(expected, int | Decimal):
        return stored is not None and Decimal(stored) == expected
    return (stored or "") == (expected or "")


def test_all_number_types_of_cobrix(sources: Path) -> None:
    folder = sources / "ebcdic"
    read = read_ebcdic(
        folder / "INTEGR.TYPES.NOV28.DATA.dat", copybook=(folder / "test6_copybook.cob").read_text(), is_ieee=True
    )
    lines = (folder / "test6.txt").read_text().splitlines()
    expected = [json.loads(line, parse_float=Decimal) for line in lines]
    rows = read.records.to_pylist()
    assert len(rows) == len(expected) == 100
    # The expected file drops the last digits of doubles: those are compared as far as it shows them.
    floats = {"FLOAT-01", "DOUBLE-01"}
    for row, values in zip(rows, expected, strict=True):
        for column in (name for name in row if not name.startswith("_")):
            value = values.get(column.replace("-", "_"))
            if column in floats:
                assert float(row[column]) == pytest.approx(float(value), rel=1e-6)
            else:
                assert same(row[column], value), column


def test_redefines_and_a_table_of_fixed_size_of_cobrix(sources: Path) -> None:
    folder = sources / "ebcdic"
    read = read_ebcdic(folder / "example.bin", copybook=(folder / "test1_copybook.cob").read_text())
    rows = read.records.to_pylist()
    with (folder / "test1.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    assert len(rows) == len(expected) == 10
    for row, values in zip(rows, expected, strict=True):
        entries = int(values["RECORD_METADATA_NUMBER_OF_ACCTS"])
        for name, value in values.items():
            column, number = _column(name)
            # The file shows only the entries a record counts; the fixed rest of the table is padding.
            if number <= entries:
                assert _shown(row[column]) == value, name


def _column(name: str) -> tuple[str, int]:
    """Our column for one of cobrix's, and the number of its entry in the table; 0 outside."""
    entry = re.fullmatch(r"RECORD_METADATA_ACCOUNT_ACCOUNT_DETAIL_(\d+)_(.+)", name)
    if entry:
        return f"{entry[2].replace('_', '-')}({entry[1]})", int(entry[1])
    return re.sub(r"^RECORD_(METADATA_|COMPANY_)?", "", name).replace("_", "-"), 0


def _shown(text: str | None) -> str:
    """As cobrix shows it: control characters and nothing as nothing, around them no blanks."""
    return "".join(letter for letter in text or "" if letter.isprintable()).strip()


def test_names_with_a_prefix_and_the_columns_strangers_leave_in(sources: Path) -> None:
    folder = sources / "ebcdic"
    read = read_ebcdic(folder / "EBCDIC_DATA.bin", copybook=(folder / "EBCDIC_BOOK.cob").read_text())
    assert read.records.drop_columns([name for name in read.records.schema.names if name[0] == "_"]).to_pylist()[0] == {
        "REGISTRY-TYPE": "02",
        "COMPANY": "004",
        "USER-ACCOUNT": "0040000000090001111",
        "BIRTH-DATE": "1971-01-21",
        "NAME": "JOHN ROBERT PERIN",
        "CREDIT-LIMIT": "1001",
        "LIMIT-USED": "-1000.10",
        **{f"STATUS-FLAG({n})": str(n) for n in range(1, 5)},
    }
    assert read.records.column("CREDIT-LIMIT").to_pylist() == ["1001", "-123", "123"]


def test_the_same_as_ascii_lines(sources: Path) -> None:
    folder = sources / "ebcdic"
    read = read_ebcdic(
        folder / "ASCII_DATA.bin",
        copybook=(folder / "ASCII_BOOK.cob").read_text(),
        code_page="ascii",
        record_format="lines",
    )
    assert read.records.column("LIMIT-USED").to_pylist() == ["-100.10", "1000.20", "3000.30"]
    assert read.accounts[0].is_balanced and read.quarantine.num_rows == 0


# -- every file of the folder, whole and damaged ---


# dbfread loses one of two columns of the same name (dbase_03) and rows whose delete flag is 0x00 (mazovia).
@pytest.mark.parametrize("name", ["dbase_30", "dbase_83", "invalid_value", "people"])
def test_the_same_texts_as_dbfread(sources: Path, name: str) -> None:
    path = sources / "dbf" / f"{name}.dbf"
    page = "cp1252" if name == "dbase_30" else "cp437"
    theirs = dbfread.DBF(str(path), encoding=page, raw=True, ignore_missing_memofile=True)
    texts = [field.name for field in theirs.fields if field.type == "C"]
    rows = [row for row in read_dbf(path, code_page=page).records.to_pylist() if not row["_is_deleted"]]
    expected = [{name: row[name].rstrip(b" \0").decode(page) or None for name in texts} for row in theirs]
    assert [{name: row[name] for name in texts} for row in rows] == expected


@pytest.mark.parametrize("cut", [0, 1, 31, 32, 33, 100, 1000])
@pytest.mark.parametrize("name", TABLES)
def test_cut_tables_of_strangers_are_refused_or_balanced(sources: Path, tmp_path: Path, name: str, cut: int) -> None:
    for path in (sources / "dbf").glob(f"{name}.*"):
        if path.suffix in (".dbf", ".dbt", ".fpt"):
            shutil.copy(path, tmp_path)
    table = tmp_path / f"{name}.dbf"
    table.write_bytes(table.read_bytes()[: -cut or None])
    try:
        read = read_dbf(table)
    except BlekitError as exc:
        assert table.name in exc.message
    else:
        assert all(account.is_balanced for account in read.accounts)


# -- tables of the dbf library, with everything its dialects have ---

NUMBERS = "number N(8,2); day D; flag L"
DIALECTS = {
    "db3": f"name C(20); {NUMBERS}; remark M",
    "fp": f"name C(20); {NUMBERS}; ratio F(12,4); remark M; picture G; scan P",
    "vfp": f"name C(20) null; {NUMBERS} null; ratio F(12,4); i I; y Y; b B; t T; remark M",
}
INSTANT = dt.datetime(2002, 10, 28, 8, 5, 9)


def written(path: Path, dialect: str) -> Path:
    """Four rows, one of them deleted, one of nothing but its number."""
    table = dbf.Table(str(path), DIALECTS[dialect], dbf_type=dialect, codepage="cp852")
    table.open(mode=dbf.READ_WRITE)
    for number, name in enumerate(("Święcicka", "Nowak", "", "Żółć")):
        row = {"number": number - 1.25}
        if name:
            row |= {"name": name, "day": dt.date(2003, 9, 22), "flag": number == 0, "remark": f"{name}, uwagi " * 40}
            row |= {"i": -7, "y": Decimal("-12.5"), "b": 0.5, "t": INSTANT} if dialect == "vfp" else {}
        table.append(row)
    dbf.delete(table[1])
    table.close()
    return path


@pytest.mark.parametrize("dialect", DIALECTS)
def test_tables_of_every_dialect(tmp_path: Path, dialect: str) -> None:
    read = read_dbf(written(tmp_path / "t.dbf", dialect), code_page="cp852")
    assert read.records.column("NAME").to_pylist() == ["Święcicka", "Nowak", None, "Żółć"]
    assert read.records.column("_is_deleted").to_pylist() == [False, True, False, False]
    assert [Decimal(text) for text in read.records.column("NUMBER").to_pylist()] == [
        Decimal(text) for text in ("-1.25", "-0.25", "0.75", "1.75")
    ]
    assert read.records.column("REMARK")[3].as_py() == "Żółć, uwagi " * 40
    assert read.issues.num_rows == 0 and all(account.is_balanced for account in read.accounts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_stranger_with_any_byte_overwritten_opens_or_is_refused(tmp_path: Path, dialect: str) -> None:
    path = written(tmp_path / "t.dbf", dialect)
    content = path.read_bytes()
    for at in range(0, len(content), 3):
        path.write_bytes(content[:at] + b"\xee" + content[at + 1 :])
        try:
            read = read_dbf(path, code_page="cp852")
        except BlekitError as exc:
            assert "t.dbf" in exc.message or "t.fpt" in exc.message or "t.dbt" in exc.message
        else:
            assert all(account.is_balanced for account in read.accounts)


# -- dBase II ---


def dbase_2(rows: bytes, *, records: int, width: int = 15) -> bytes:
    """A table of dBase II: eight bytes of header, 32 places for fields, records from byte 521."""
    fields = b"NAZWA\0\0\0\0\0\0C\x0a\0\0\0" + b"NR\0\0\0\0\0\0\0\0\0N\x04\0\0\0" + b"\r"
    head = b"\x02" + records.to_bytes(2, "little") + b"\x09\x16\x03" + width.to_bytes(2, "little") + fields
    return head.ljust(521, b"\0") + rows


@pytest.mark.parametrize(
    ("rows", "names", "issues", "quarantined"),
    [
        pytest.param(b" Nowak       12*Zak          7\x1a", ["Nowak", "Zak"], [], 0, id="deleted row"),
        pytest.param(b" Nowak       1x Zak          7\x1a", ["Nowak", "Zak"], ["bad_number"], 0, id="bad cell"),
        pytest.param(b" Nowak       12 Zak    ", ["Nowak"], [], 1, id="cut in a record"),
    ],
)
def test_tables_of_dbase_2(tmp_path: Path, rows: bytes, names: list[str], issues: list[str], quarantined: int) -> None:
    (tmp_path / "t.dbf").write_bytes(dbase_2(rows, records=2))
    read = read_dbf(tmp_path / "t.dbf", code_page="mazovia")
    assert read.records.column("NAZWA").to_pylist() == names
    assert read.issues.column("reason").to_pylist() == issues
    assert read.quarantine.num_rows == quarantined and read.accounts[0].is_balanced


@pytest.mark.parametrize("length", [0, 7, 8, 31, 32, 520])
def test_a_cut_header_of_dbase_2_is_refused(tmp_path: Path, length: int) -> None:
    (tmp_path / "t.dbf").write_bytes(dbase_2(b"", records=0)[:length])
    with pytest.raises(BlekitError, match=rf"t\.dbf: byte {length}"):
        read_dbf(tmp_path / "t.dbf")
