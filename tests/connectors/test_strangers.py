"""Files nobody here wrote, against what their owners say stands in them."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

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
