"""Files of COBOL records that others wrote, or that were written by hand from the published form of each type.

Bytes of some cases are those of the tests of Cobrix (https://github.com/AbsaOSS/cobrix, Apache-2.0); where their
lengths leave out the length word, as an option there allows, it is made what z/OS writes: big-endian, itself included.
Numbers are from "Enterprise COBOL for z/OS Programming Guide", internal representation of numeric data.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigurationError
from config.kinds import Budgets
from connectors.ebcdic import read_ebcdic
from connectors.ebcdic.hierarchy import Hierarchy
from connectors.ebcdic.options import ebcdic_format
from connectors.ebcdic.reader import read_records
from connectors.model import Ledger, RawFile
from tests.connectors.contract.cases import case_named


def read(folder: Path, stored: bytes, lines: str, **options: Any) -> RawFile:
    path = folder / "stranger.dat"
    path.write_bytes(stored)
    source = "\n".join(f"       {line}" for line in ("01 R.", *lines.splitlines()))
    found = read_ebcdic(path, copybook=source, **options)
    assert found.accounts[0].is_balanced
    return found


def issues(found: RawFile) -> list[tuple[int, str]]:
    return [(row["record_no"], row["reason"]) for row in found.issues.to_pylist()]


def word(length: int) -> bytes:
    return struct.pack(">HH", length + 4, 0)


# -- every usage ---


@pytest.mark.parametrize(
    ("clauses", "stored", "text"),
    [
        pytest.param("PIC S9(4) COMP", "FB2E", "-1234", id="half word"),
        pytest.param("PIC 9(4) COMP", "FB2E", "64302", id="half word without sign"),
        pytest.param("PIC S9(5) COMP", "00003039", "12345", id="word"),
        pytest.param("PIC S9(9)V99 BINARY", "FFFFFFFFFFFFFB2E", "-12.34", id="double word"),
        pytest.param("PIC S9(4) COMP-4", "04D2", "1234", id="COMP-4"),
        pytest.param("PIC S9(4) COMP-5", "8000", "-32768", id="COMP-5 holds more than its picture"),
        pytest.param("PIC S9(4) USAGE IS COMPUTATIONAL", "04D2", "1234", id="spelt out"),
        pytest.param("PIC S9(4) COMP-3", "01234C", "1234", id="packed plus"),
        pytest.param("PIC S9(4)V9 COMP-3", "12345D", "-1234.5", id="packed minus"),
        pytest.param("PIC 9(4) PACKED-DECIMAL", "01234F", "1234", id="packed without sign"),
        pytest.param("PIC S9(4)", "F1F2F3C4", "1234", id="zoned plus"),
        pytest.param("PIC S9(4)", "F1F2F3D4", "-1234", id="zoned minus"),
        pytest.param("PIC S9(4) LEADING", "D1F2F3F4", "-1234", id="zoned, sign over the first"),
        pytest.param("PIC S9(4) SIGN IS TRAILING SEPARATE", "F1F2F3F460", "-1234", id="sign behind"),
        pytest.param("PIC S9(4) SIGN LEADING SEPARATE CHARACTER", "4EF1F2F3F4", "1234", id="sign before"),
        pytest.param("COMP-1", "C276A000", "-118.625", id="hexadecimal float"),
        pytest.param("COMP-1", "42640000", "100", id="hexadecimal hundred"),
        pytest.param("USAGE COMP-1", "00000000", "0", id="hexadecimal nothing"),
        pytest.param("COMP-2", "C276A00000000000", "-118.625", id="hexadecimal double"),
        pytest.param("COMP-2", "4110000000000000", "1", id="hexadecimal one"),
    ],
)
def test_a_number_as_the_manual_shows_it(tmp_path: Path, clauses: str, stored: str, text: str) -> None:
    found = read(tmp_path, bytes.fromhex(stored), f"    05 N {clauses}.")
    value = found.records.column("N").to_pylist()[0]
    assert (value.removesuffix(".0"), issues(found)) == (text, [])


@pytest.mark.parametrize(
    ("clauses", "stored", "reason"),
    [
        pytest.param("PIC S9(3) COMP-3", "1A3C", "bad_packed_nibble", id="packed nibble"),
        pytest.param("PIC S9(3) COMP-3", "1234", "bad_packed_sign", id="packed sign"),
        pytest.param("PIC 9(2)", "F1C1", "bad_zoned_digit", id="letter"),
        pytest.param("PIC S9(2) SIGN TRAILING SEPARATE", "F1F2C1", "bad_zoned_digit", id="sign that is none"),
        pytest.param("PIC Z9.9-", "C140C14040", "bad_number", id="edited"),
        pytest.param("PIC X(2)", "C1FD", "undecodable_byte", id="text"),
    ],
)
def test_a_bad_cell_is_a_null_with_its_reason(tmp_path: Path, clauses: str, stored: str, reason: str) -> None:
    found = read(tmp_path, bytes.fromhex(stored), f"    05 N {clauses}.", code_page="cp424")
    assert found.records.column("N").to_pylist() == [None]
    assert issues(found) == [(0, reason)]


# -- tables ---

ORDERS = """    05 N PIC 9(2) COMP.
    05 ORDER-LINE OCCURS 0 TO 2 TIMES DEPENDING ON N.
       10 CODE PIC X(2).
       10 QTY PIC S9(3) COMP-3 OCCURS 2 TIMES.
    05 M PIC 9.
    05 NOTE PIC X(2) OCCURS 1 TO 3 DEPENDING ON M INDEXED BY I.
    05 LAST-ONE PIC X."""


def orders(lines: int, notes: int) -> bytes:
    line = "AB".encode("cp037") + bytes.fromhex("001C002D")
    return struct.pack(">H", lines) + line * lines + (str(notes) + "xy" * notes + "!").encode("cp037")


@pytest.mark.parametrize("record_format", ["rdw", "variable"])
def test_tables_in_tables_and_one_behind_another(tmp_path: Path, record_format: str) -> None:
    records = [orders(2, 1), orders(0, 3), orders(1, 2)]
    stored = b"".join((word(len(record)) if record_format == "rdw" else b"") + record for record in records)
    rows = read(tmp_path, stored, ORDERS, record_format=record_format).records.to_pylist()
    assert [(row["CODE(2)"], row["QTY(1,1)"], row["QTY(2,2)"]) for row in rows] == [
        ("AB", "1", "-2"), (None, None, None), (None, "1", None),
    ]  # fmt: skip
    assert [(row["NOTE(2)"], row["NOTE(3)"], row["LAST-ONE"]) for row in rows] == [
        (None, None, "!"), ("xy", "xy", "!"), ("xy", None, "!"),
    ]  # fmt: skip


def test_a_count_that_is_too_high_costs_its_record_only(tmp_path: Path) -> None:
    records = [orders(1, 1), struct.pack(">H", 9) + orders(0, 1)[2:], orders(0, 1)]
    found = read(tmp_path, b"".join(word(len(each)) + each for each in records), ORDERS, record_format="rdw")
    assert found.records.num_rows == 2
    assert [span["reason"] for span in found.quarantine.to_pylist()] == ["occurs_count"]


def test_a_varying_table_inside_a_table_is_refused(tmp_path: Path) -> None:
    lines = "    05 N PIC 9.\n    05 G OCCURS 2.\n       10 T PIC X OCCURS 1 TO 2 DEPENDING ON N."
    with pytest.raises(ConfigurationError, match="not supported"):
        read(tmp_path, b"\xf1\xc1\xc1", lines, record_format="rdw")


# -- blocks ---

RDW = [bytes.fromhex(each) for each in ("F1F2", "F3F4F5", "F6F7F8F9")]
"""Records of Cobrix, Test36RdwBdwSimpleSpec: ``12`` and ``345`` in one block, ``6789`` in another."""
DIGITS = "    05 N PIC 9.\n    05 A PIC X OCCURS 0 TO 9 DEPENDING ON N."


def block(*records: bytes) -> bytes:
    content = b"".join(word(len(record)) + record for record in records)
    return word(len(content)) + content


def counted(texts: list[str]) -> list[bytes]:
    return [f"{len(text)}{text}".encode("cp037") for text in texts]


def test_blocks_of_cobrix(tmp_path: Path) -> None:
    # The first digit of each record is its counter here: 12 has one entry, 345 three of which two are there.
    found = read(tmp_path, block(*RDW[:2]) + block(RDW[2]), DIGITS, record_format="vb")
    assert found.accounts[0].header == 8
    assert [span["length"] for span in found.quarantine.to_pylist()] == [7, 8]
    assert found.records.column("A(1)").to_pylist() == ["2"]


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_blocks_of_cobrix_test_29(tmp_path: Path, blocks: int) -> None:
    numbers = [bytes([0xF0, 0xF0 + number]) for number in range(2 * blocks)]
    stored = b"".join(block(*numbers[at : at + 2]) for at in range(0, len(numbers), 2))
    found = read(tmp_path, stored, "    03 A PIC X(2).", record_format="vb")
    assert found.records.column("A").to_pylist() == [f"0{number}" for number in range(2 * blocks)]
    assert found.accounts[0].header == 4 * blocks and found.records.column("_offset")[0].as_py() == 4


def test_a_large_block_says_so_in_its_first_bit(tmp_path: Path) -> None:
    records = b"".join(word(5) + "4abcd".encode("cp037") for _ in range(5000))
    stored = struct.pack(">I", 0x80000000 | len(records) + 4) + records
    assert read(tmp_path, stored, DIGITS, record_format="vb").records.num_rows == 5000


@pytest.mark.parametrize(
    ("damage", "rows", "spans"),
    [
        pytest.param(lambda stored: stored[:9], 0, [(4, 5)], id="cut in its first record"),
        pytest.param(lambda stored: stored[:2], 0, [(0, 2)], id="cut in its first word"),
        pytest.param(lambda stored: b"\xff" * 4 + stored[4:], 1, [(0, 18)], id="first block word"),
        pytest.param(lambda stored: stored[:20] + b"??" + stored[22:], 2, [(18, 11)], id="second block word"),
        pytest.param(lambda stored: stored[:6] + b"\x01" + stored[7:], 1, [(0, 18)], id="spanned record"),
        pytest.param(lambda stored: stored + b"\x00" * 9, 3, [(29, 9)], id="padding behind"),
    ],
)
def test_damaged_blocks(tmp_path: Path, damage: Any, rows: int, spans: list[tuple[int, int]]) -> None:
    stored = block(*counted(["a", "bcd"])) + block(*counted(["ef"]))
    found = read(tmp_path, damage(stored), DIGITS, record_format="vb")
    assert found.records.num_rows == rows
    assert [(span["offset"], span["length"]) for span in found.quarantine.to_pylist()] == spans


def test_a_block_that_is_cut_between_two_records_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, block(*counted(["a", "bcd"]))[:10], DIGITS, record_format="vb")
    assert found.records.num_rows == 1
    assert found.warnings == ("stranger.dat: byte 10: the last block is cut, 8 bytes are missing",)


# -- spanned records ---


def part(kind: int, text: str) -> bytes:
    return struct.pack(">HBB", len(text) + 4, kind, 0) + text.encode("cp037")


def blocks(*contents: bytes) -> bytes:
    return b"".join(word(len(content)) + content for content in contents)


@pytest.mark.parametrize(
    ("stored", "texts", "spans"),
    [
        pytest.param(blocks(part(0, "1a"), part(0, "1b")), ["a", "b"], [], id="whole"),
        pytest.param(blocks(part(1, "3a"), part(3, "b"), part(2, "c") + part(0, "1d")), ["abc", "d"], [], id="spanned"),
        pytest.param(
            blocks(part(1, "3a"), part(0, "1d")), ["d"], [(4, 6, "spanned_record")], id="first without its last"
        ),
        pytest.param(
            blocks(part(3, "b"), part(2, "c") + part(0, "1d")), ["d"], [(4, 14, "spanned_record")], id="no first"
        ),
        pytest.param(blocks(part(0, "1d") + part(1, "3a")), ["d"], [(10, 6, "spanned_record")], id="ends inside"),
        pytest.param(blocks(part(0, "1d") + part(0, "3abc"))[:-2], ["d"], [(10, 6, "truncated_record")], id="cut"),
        pytest.param(
            blocks(part(0, "1d") + part(7, "1x") + part(0, "1e")), ["d", "e"], [(10, 6, "record_length")], id="damage"
        ),
    ],
)
def test_spanned_records(tmp_path: Path, stored: bytes, texts: list[str], spans: list[tuple[int, int, str]]) -> None:
    found = read(tmp_path, stored, DIGITS, record_format="vbs")
    rows = found.records.to_pylist()
    assert ["".join(row[f"A({at})"] or "" for at in range(1, 10)) for row in rows] == texts
    assert [(span["offset"], span["length"], span["reason"]) for span in found.quarantine.to_pylist()] == spans


def _of_whole_parts(records: bytes) -> bytes:
    """Records with their lengths: such a length is the word of a part that is a whole record, too."""
    return word(len(records)) + records


@pytest.mark.parametrize(
    ("record_format", "wrap", "before"),
    [
        pytest.param("rdw", lambda records: records, 0, id="rdw"),
        pytest.param("vb", _of_whole_parts, 4, id="one block"),
        pytest.param("vbs", _of_whole_parts, 4, id="one block of whole parts"),
    ],
)
def test_header_and_trailer_are_known_in_blocks_too(tmp_path: Path, record_format: str, wrap: Any, before: int) -> None:
    case = case_named("ebcdic_rdw")
    assert case.kind is not None
    options = case.kind.options | {"record_format": record_format}
    form = ebcdic_format(options, kind="zt", pages=("cp870", "cp037"), required=())
    path = tmp_path / "small.dat"
    path.write_bytes(wrap(case.files()["main"]))
    ledger = Ledger(path.name, path.stat().st_size, Budgets())
    (chunk,) = read_records(path, form=form, ledger=ledger)
    assert chunk.records["NR"].to_pylist() == ["0001", "0002", "0003"]
    assert (chunk.quarantine.num_rows, ledger.booked["header"]) == (0, 4 + 9 + before)


# -- segments ---

COBRIX_26 = """    05 IND PIC X(1).
    05 LEN PIC 9(1).
    05 SEGMENT1.
       10 FIELD1 PIC X(1).
    05 SEGMENT2 REDEFINES SEGMENT1.
       10 FIELD2 PIC X(2).
    05 SEGMENT3 REDEFINES SEGMENT1.
       10 FIELD3 PIC X(3)."""
COBRIX_26_DATA = [
    bytes.fromhex(each)
    for each in ("C1F3F1", "C2F4F2F2", "C3F5F3F3F3", "C1F3F2", "C2F4F2F3", "C1F3F3", "C3F5F3F4F5", "C1F3F4", "C1F3F5")
]
"""Cobrix, Test26FixLengthWithIdGeneration: roots A with children B and C, one after another without lengths."""
SEGMENT = {"redefines_field": "IND", "redefines": {"A": "SEGMENT1", "B": "SEGMENT2", "C": "SEGMENT3"}}


def framed(records: list[bytes], record_format: str) -> bytes:
    if record_format == "vb":
        return block(*records[:4]) + block(*records[4:])
    ends = {"rdw": b"", "variable": b"", "lines": b"\n"}[record_format]
    return b"".join((word(len(each)) if record_format == "rdw" else b"") + each + ends for each in records)


@pytest.mark.parametrize("record_format", ["variable", "rdw", "vb", "lines"])
def test_parents_and_children_of_cobrix(tmp_path: Path, record_format: str) -> None:
    found = read(tmp_path, framed(COBRIX_26_DATA, record_format), COBRIX_26, record_format=record_format, **SEGMENT)
    rows = found.records.to_pylist()
    assert [row["FIELD1"] or row["FIELD2"] or row["FIELD3"] for row in rows] == [
        "1", "22", "333", "2", "23", "3", "345", "4", "5",
    ]  # fmt: skip
    assert found.quarantine.num_rows == 0


def test_children_of_cobrix_get_the_keys_of_their_roots(tmp_path: Path) -> None:
    hierarchy = Hierarchy({"SEGMENT2": "SEGMENT1", "SEGMENT3": "SEGMENT1"}, {"SEGMENT1": "FIELD1"})
    stored = framed(COBRIX_26_DATA, "vb")
    found = read(tmp_path, stored, COBRIX_26, record_format="vb", hierarchy=hierarchy, **SEGMENT)
    assert found.records["FIELD1"].to_pylist() == ["1", "1", "1", "2", "2", "3", "3", "4", "5"]


def test_a_segment_may_have_room_for_the_longest(tmp_path: Path) -> None:
    padded = [record.ljust(5, b"\x40") for record in COBRIX_26_DATA]
    found = read(tmp_path, framed(padded, "rdw"), COBRIX_26, record_format="rdw", **SEGMENT)
    assert found.records.column("FIELD2").to_pylist() == [None, "22", None, None, "23", None, None, None, None]


@pytest.mark.parametrize(
    ("record_format", "rows", "reason"),
    [
        pytest.param("rdw", 3, "redefines_undecided", id="lengths"),
        pytest.param("lines", 3, "redefines_undecided", id="lines"),
        pytest.param("variable", 1, "redefines_undecided", id="nothing to go by"),
    ],
)
def test_a_segment_nobody_told(tmp_path: Path, record_format: str, rows: int, reason: str) -> None:
    records = [COBRIX_26_DATA[0], b"\xe9" + COBRIX_26_DATA[1][1:], *COBRIX_26_DATA[2:4]]
    found = read(tmp_path, framed(records, record_format), COBRIX_26, record_format=record_format, **SEGMENT)
    assert (found.records.num_rows, [span["reason"] for span in found.quarantine.to_pylist()]) == (rows, [reason])


def test_a_record_shorter_than_its_segment_id(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xc1\xf3\xf1\n\n\xc1\xf3\n", COBRIX_26, record_format="lines", **SEGMENT)
    assert found.records.num_rows == 1
    assert [span["reason"] for span in found.quarantine.to_pylist()] == ["record_length"] * 2


# -- what a stranger's copybook may hold, and what is refused ---


def test_clauses_that_change_no_byte(tmp_path: Path) -> None:
    lines = """    05 PIC X.
    05 A PIC X(3) JUSTIFIED RIGHT.
    05 B PIC 9(2) BLANK WHEN ZERO VALUE ZERO.
    05 T PIC X OCCURS 2 TIMES ASCENDING KEY IS T INDEXED BY I."""
    found = read(tmp_path, "? xy07pq".encode("cp037"), lines)
    row = found.records.to_pylist()[0]
    assert [row[name] for name in ("A", "B", "T(1)", "T(2)")] == [" xy", "07", "p", "q"]
    assert "FILLER" not in row


def test_a_statement_continued_in_column_seven(tmp_path: Path) -> None:
    path = tmp_path / "stranger.dat"
    path.write_bytes(b"\xc1\xc2")
    source = "       01 R.\n           05 A PIC X(\n      -    2).\n"
    assert read_ebcdic(path, copybook=source).records.column("A").to_pylist() == ["AB"]


@pytest.mark.parametrize(
    ("lines", "options", "message"),
    [
        pytest.param("    05 A PIC X DEPENDING ON N.", {}, "without OCCURS", id="depends without a table"),
        pytest.param("    05 A PIC.", {}, "missing at the end", id="cut statement"),
        pytest.param("    FIVE A PIC X.", {}, "a number was expected", id="level in words"),
        pytest.param("    05 A PIC S9 SIGN MIDDLE.", {}, "MIDDLE", id="sign nowhere"),
        pytest.param("    05 A PIC X.\n       10 B PIC X.", {}, "items below", id="a field that is a group"),
        pytest.param("    05 A PIC X.", {"record": "Q"}, "no record Q", id="another record"),
        pytest.param("    05 A PIC X.", {"record_format": "vbx"}, "no record format", id="another form"),
        pytest.param("    05 A PIC X OCCURS 0 TIMES.", {}, "no bytes", id="nothing"),
        pytest.param("    05 A PIC X OCCURS 0 TIMES.", {"record_format": "variable"}, "no bytes", id="nothing, often"),
        pytest.param("    05 A PIC X.", {"redefines_field": "B", "redefines": {"1": "A"}}, "field B", id="no segment"),
        pytest.param("    05 A PIC X.", {"redefines_field": "A"}, "means anything", id="a segment without values"),
        pytest.param(
            "    05 A PIC X.", {"redefines_field": "A", "redefines": {"12": "A"}}, "cannot hold '12'", id="long value"
        ),
        pytest.param(
            "    05 A PIC X.", {"redefines_field": "A", "redefines": {"Ł": "A"}}, "cannot hold", id="letter it lacks"
        ),
        pytest.param(
            "    05 A PIC X OCCURS 1 TO 2 DEPENDING ON M.", {"record_format": "rdw"}, "field M", id="no counter"
        ),
    ],
)
def test_what_is_refused_by_its_code(tmp_path: Path, lines: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read(tmp_path, b"\x00\x06\x00\x00\xf1\xf1", lines, **options)


def test_a_copybook_that_declares_nothing(tmp_path: Path) -> None:
    (tmp_path / "stranger.dat").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="no record"):
        read_ebcdic(tmp_path / "stranger.dat", copybook="      * a comment\n")
