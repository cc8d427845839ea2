"""DBF tables: what other programs write, and what disks do to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import dbf
import dbfread
import numpy as np
import pytest

from config.errors import BadData, BudgetExceeded, ControlTotalsDiffer, StorageFailed
from config.kinds import Budgets
from connectors.dbf import read_dbf
from connectors.dbf.places import PlacedBytes
from connectors.dbf.reader import DbfFormat, read_table
from connectors.model import Ledger

PEOPLE = (
    ("Nowak", 7, dt.date(2003, 9, 22), True),
    ("Święcicka", -12, None, False),
    ("Żak", 0, dt.date(1944, 5, 14), None),
)


@pytest.mark.parametrize("dialect", ["db3", "fp", "vfp"])
def test_tables_of_the_dbf_library_come_back(tmp_path: Path, dialect: str) -> None:
    table = dbf.Table(
        str(tmp_path / "t.dbf"),
        "name C(20); number N(8,0); day D; flag L; remark M",
        dbf_type=dialect,
        codepage="cp852",
    )
    table.open(mode=dbf.READ_WRITE)
    for name, number, day, flag in PEOPLE:
        table.append((name, number, day, flag, f"{name}, uwagi"))
    table.close()
    read = read_dbf(tmp_path / "t.dbf", code_page="cp852")
    assert read.records.column("NAME").to_pylist() == [name for name, *_ in PEOPLE]
    assert [int(text) for text in read.records.column("NUMBER").to_pylist()] == [number for _, number, *_ in PEOPLE]
    assert read.records.column("DAY").to_pylist() == ["20030922", None, "19440514"]
    assert read.records.column("FLAG").to_pylist() == ["T", "F", None]
    assert read.records.column("REMARK").to_pylist() == [f"{name}, uwagi" for name, *_ in PEOPLE]
    assert read.issues.num_rows == 0 and all(account.is_balanced for account in read.accounts)


def test_binary_types_of_visual_foxpro(tmp_path: Path) -> None:
    table = dbf.Table(str(tmp_path / "t.dbf"), "i I; y Y; t T; b B", dbf_type="vfp", codepage="cp1250")
    instant = dt.datetime(2002, 10, 28, 8, 5, 9)
    table.open(mode=dbf.READ_WRITE)
    for _ in range(2):
        table.append((-7, Decimal("-12.5000"), instant, 0.1))
    table.close()
    row = read_dbf(tmp_path / "t.dbf").records.to_pylist()[0]
    assert (row["I"], row["Y"], row["T"], row["B"]) == ("-7", "-12.5000", "2002-10-28 08:05:09", "0.1")


def test_the_same_rows_as_dbfread(make: Any, tmp_path: Path) -> None:
    sample = make.a2d_sample()
    for name, content in sample.files.items():
        (tmp_path / name).write_bytes(content)
    theirs = list(dbfread.DBF(str(tmp_path / "ABON.DBF"), encoding="cp852", raw=False))
    ours = read_dbf(tmp_path / "ABON.DBF", code_page="cp852").records.to_pylist()
    for left, right in zip(ours, theirs, strict=True):
        assert (left["NAZWISKO"] or "") == right["NAZWISKO"]
        assert left["OPIS"] == right["OPIS"]
        assert (left["SALDO"] and Decimal(left["SALDO"])) == (right["SALDO"] and Decimal(str(right["SALDO"])))


@pytest.mark.parametrize(
    ("column", "stored", "value", "reason"),
    [
        pytest.param("SALDO", b"**********", None, "numeric_overflow", id="overflow"),
        pytest.param("SALDO", b"12.x", None, "bad_number", id="letters in a number"),
        pytest.param("SALDO", b"1.2.3", None, "bad_number", id="two points"),
        pytest.param("SALDO", b"-", None, "bad_number", id="sign alone"),
        pytest.param("SALDO", b".5", ".5", None, id="as stored"),
        pytest.param("DATA_UR", b"00000000", "00000000", None, id="sentinel date is left to others"),
        pytest.param("DATA_UR", b"1999013", None, "bad_date", id="short date"),
        pytest.param("UWAGI", b"99", None, "memo_pointer_past_eof", id="memo past the end"),
        pytest.param("UWAGI", b"x", None, "bad_number", id="memo pointer is none"),
        pytest.param("UWAGI", b".2", None, "bad_number", id="memo pointer with a point"),
        pytest.param("TEL", b"a\0b", None, "nul_in_text", id="NUL inside"),
    ],
)
def test_cells(
    make: Any, read: Callable[..., Any], column: str, stored: bytes, value: str | None, reason: str | None
) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(1, "Nowak Jan", **{column: stored})])
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 1}))
    assert result.column(column) == [value]
    assert [(issue["column"], issue["reason"]) for issue in result.issues] == ([(column, reason)] if reason else [])


def test_an_overflow_in_the_key_is_quarantined(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(1, "Nowak Jan", NR_ABON=b"********")])
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 1}))
    assert result.rows == [] and result.reasons == ["numeric_overflow"]


@pytest.mark.parametrize(
    ("ending", "records", "reasons", "trailer", "filler"),
    [
        pytest.param(b"\x1a", 2, [], 1, 0, id="one end mark"),
        pytest.param(b"", 2, [], 0, 0, id="no end mark"),
        pytest.param(b"\x1a\x1a", 2, [], 1, 1, id="two end marks"),
        pytest.param(b"\x1a" + b"\0" * 9, 2, [], 1, 9, id="padding behind"),
        pytest.param(b"\x1a" + b"ABC" * 9, 2, ["data_after_end"], 1, 0, id="what the disk held before"),
    ],
)
def test_endings(
    make: Any,
    read: Callable[..., Any],
    ending: bytes,
    records: int,
    reasons: list[str],
    trailer: int,
    filler: int,
) -> None:
    sample = make.a2m_sample()
    rows = [make.a2m_row(number, "Nowak Jan") for number in range(records)]
    content = make.a2m_file(rows, ending=ending)
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": records}))
    assert result.reasons == reasons
    assert (result.accounts[0].trailer, result.accounts[0].filler) == (trailer, filler)


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        pytest.param(b"\x1a", [], id="as it should be"),
        pytest.param(b"", [("end_mark_missing", 0, 0)], id="no end mark"),
        pytest.param(b"\x1a\x1a", [("filler_after_end", 1, 1)], id="two end marks"),
        pytest.param(b"\0\0", [("end_mark_missing", 0, 0), ("filler_after_end", 0, 2)], id="padding instead of a mark"),
    ],
)
def test_an_odd_ending_is_a_finding(
    tmp_path: Path, make: Any, ending: bytes, expected: list[tuple[str, int, int]]
) -> None:
    content = make.a2m_file([make.a2m_row(1, "Nowak Jan")], ending=ending)
    ledger = Ledger("ABONENT.DBF", len(content), Budgets())
    (tmp_path / "ABONENT.DBF").write_bytes(content)
    list(read_table(tmp_path / "ABONENT.DBF", form=DbfFormat(("mazovia",)), ledger=ledger))
    end = len(content) - len(ending)
    assert [(found.code, found.offset - end, found.length) for found in ledger.findings] == expected


def test_an_unknown_delete_flag_is_an_issue_of_its_row(tmp_path: Path, make: Any) -> None:
    rows = [make.a2m_row(1, "Nowak Jan"), b"\0" + make.a2m_row(2, "Nowak Ewa")[1:]]
    content = make.a2m_file(rows)
    ledger = Ledger("ABONENT.DBF", len(content), Budgets())
    (tmp_path / "ABONENT.DBF").write_bytes(content)
    (chunk,) = read_table(tmp_path / "ABONENT.DBF", form=DbfFormat(("mazovia",)), ledger=ledger)
    issues = [row for row in chunk.issues.to_pylist() if row["column"] == "_is_deleted"]
    assert [(row["record_no"], row["reason"]) for row in issues] == [(1, "unknown_delete_flag")]
    assert chunk.records["_is_deleted"].to_pylist() == [False, False]


@pytest.mark.parametrize("claimed", [1, 2, 5])
def test_a_stale_header_count_yields_to_the_sender(make: Any, read: Callable[..., Any], claimed: int) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(number, "Nowak Jan") for number in range(3)], records=claimed)
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 3}))
    assert len(result.rows) == 3 and "the header counts" in result.warnings[0]


def test_rows_the_sender_did_not_count_are_not_taken(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(number, "Nowak Jan") for number in range(3)], records=2)
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 2}))
    assert len(result.rows) == 2 and result.reasons == ["data_after_end"]


def test_a_cut_table_is_refused(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a2m_sample()
    with pytest.raises(ControlTotalsDiffer):
        read(sample.with_main(sample.files[sample.main][:-250]))


def test_the_language_driver_lies(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(1, "Święcicka Łucja")], language=0x64)
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 1}))
    assert result.column("NAZW_IM") == ["Święcicka Łucja"]
    assert "the header says cp852" in result.warnings[0]


@pytest.mark.parametrize(
    ("at", "byte", "message"),
    [
        pytest.param(0, 0x77, "no DBF version", id="version"),
        pytest.param(10, 0x01, "records have", id="record length"),
        pytest.param(32 + 11, 0x01, "field type", id="field type"),
        pytest.param(32, 0x01, "field name", id="field name"),
    ],
)
def test_headers_we_refuse(make: Any, read: Callable[..., Any], at: int, byte: int, message: str) -> None:
    sample = make.a2m_sample()
    content = bytearray(sample.files[sample.main])
    content[at] = byte
    with pytest.raises(BadData, match=message):
        read(sample.with_main(bytes(content)))


def test_dbase_2(tmp_path: Path) -> None:
    fields = b"NAZWA\0\0\0\0\0\0C\x0a\0\0\0" + b"NR\0\0\0\0\0\0\0\0\0N\x04\0\0\0" + b"\r"
    head = (b"\x02" + (2).to_bytes(2, "little") + b"\x01\x01\x55" + (15).to_bytes(2, "little") + fields).ljust(
        521, b"\0"
    )
    (tmp_path / "t.dbf").write_bytes(head + b" Nowak       12*Zak          7\x1a")
    read = read_dbf(tmp_path / "t.dbf", code_page="mazovia")
    assert read.records.column("NAZWA").to_pylist() == ["Nowak", "Zak"]
    assert read.records.column("NR").to_pylist() == ["12", "7"]
    assert read.records.column("_is_deleted").to_pylist() == [False, True]


def test_a_missing_memo_file_is_an_issue(make: Any, tmp_path: Path) -> None:
    (tmp_path / "t.dbf").write_bytes(make.a2m_file([make.a2m_row(1, "Nowak Jan", UWAGI=b"1")]))
    assert [issue["reason"] for issue in read_dbf(tmp_path / "t.dbf").issues.to_pylist()] == ["memo_missing"]


def test_clipper_keeps_the_high_byte_of_a_width_among_the_decimals(make: Any, tmp_path: Path) -> None:
    head = bytearray(make.dbf_header((("OPIS", "C", 44),), version=3, records=1))
    head[10:12] = (1 + 300).to_bytes(2, "little")
    head[32 + 17] = 1
    (tmp_path / "t.dbf").write_bytes(bytes(head) + b" " + b"x" * 300 + b"\x1a")
    assert read_dbf(tmp_path / "t.dbf").records.column("OPIS").to_pylist() == ["x" * 300]


def test_memos_far_apart_are_read_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.fpt").write_bytes(bytes(range(256)))
    ledger = Ledger("t.fpt", 256, Budgets())
    file = PlacedBytes(tmp_path / "t.fpt", ledger=ledger)
    starts, lengths = np.array([200, 3, 3]), np.array([2, 0, 4])
    near = file.gather(starts, lengths)
    monkeypatch.setattr("connectors.dbf.places._SPAN_BYTES", 16)
    far = file.gather(starts, lengths)
    file.close()
    assert near[0].tolist() == far[0].tolist() == [200, 201, 3, 4, 5, 6]
    assert near[1].tolist() == far[1].tolist() == [0, 2, 2, 6]


def test_many_pointers_to_one_long_memo_are_refused_unread(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.dbf.memo._MOST_BYTES", 5000)
    (tmp_path / "t.dbt").write_bytes(make.dbt3(b"x" * 300))
    (tmp_path / "t.dbf").write_bytes(make.a2m_file([make.a2m_row(n, "Nowak Jan", UWAGI=b"1") for n in range(20)]))
    with pytest.raises(BudgetExceeded, match="memos of 6000 bytes in 20 records"):
        read_dbf(tmp_path / "t.dbf", code_page="mazovia")


def test_a_memo_file_nobody_may_open(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed, match=r"t\.fpt"):
        PlacedBytes(tmp_path / "t.fpt", ledger=Ledger("t.fpt", 1, Budgets()))


def test_pieces_read_beside_each_other_come_in_order(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a2m_sample()
    content = make.a2m_file([make.a2m_row(number, f"Nowak Jan {number}") for number in range(100)])
    result = read(type(sample)(sample.kind, {**sample.files, sample.main: content}, {"records": 100}), chunk_records=7)
    assert result.column("NAZW_IM") == [f"Nowak Jan {number}" for number in range(100)]
