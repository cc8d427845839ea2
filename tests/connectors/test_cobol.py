"""Copybooks, numbers and records of a mainframe."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, ConfigurationError, ControlTotalsDiffer
from connectors.ebcdic import parse_copybook, read_ebcdic
from connectors.ebcdic.layout import lay_out
from connectors.ebcdic.numbers import binary_digits, decimal_text, packed_digits
from connectors.ebcdic.picture import parse_picture


def book(*lines: str) -> str:
    return "\n".join(f"       {line}" for line in ("01 R.", *lines))


# -- pictures ---


@pytest.mark.parametrize(
    ("text", "kind", "size", "scale"),
    [
        pytest.param("X(25)", "text", 25, 0, id="text"),
        pytest.param("A(3)X", "text", 4, 0, id="letters"),
        pytest.param("9(5)", "number", 5, 0, id="digits"),
        pytest.param("S9(7)V99", "number", 9, 2, id="implied point"),
        pytest.param("SV9(5)", "number", 5, 5, id="nothing before the point"),
        pytest.param("PPP9(5)", "number", 5, 8, id="scaled down"),
        pytest.param("S9(5)PPP", "number", 5, -3, id="scaled up"),
        pytest.param("S9(3).99", "pointed", 6, 2, id="stored point"),
        pytest.param("9(6).99-", "edited", 10, 0, id="sign behind"),
        pytest.param("Z(6)VZZ-", "edited", 9, 2, id="blanks for zeros"),
    ],
)
def test_pictures(text: str, kind: str, size: int, scale: int) -> None:
    picture = parse_picture(text)
    assert (picture.kind, picture.size, picture.scale) == (kind, size, scale)


@pytest.mark.parametrize("text", ["Q(3)", "N(5)", "", "9(999999999)"])
def test_pictures_we_refuse(text: str) -> None:
    with pytest.raises(ConfigurationError, match="PICTURE"):
        parse_picture(text)


# -- copybooks ---


def test_offsets_of_a_record_with_everything() -> None:
    source = book(
        "    05 A                     PIC X(3).",
        "    05 B                     PIC S9(7)V99 COMP-3.",
        "    05 B-TEXT REDEFINES B.",
        "       10 B1                 PIC X(2).",
        "       10 FILLER             PIC X(3).",
        "    05 G OCCURS 2 TIMES.",
        "       10 H                  PIC 9(4) COMP OCCURS 2.",
        "       88 H-ON               VALUE 1.",
        "    05 S                     PIC S9(3)",
        "                             SIGN IS LEADING SEPARATE CHARACTER.",
        "    77 X                     PIC X.",
        "    05 F                     COMP-2.",
    )
    layout = lay_out(parse_copybook(source)[0])
    places = {field.column: (field.offset, field.width) for field in layout.fields}
    assert places == {
        "A": (0, 3), "B": (3, 5), "B1": (3, 2),
        "H(1,1)": (8, 2), "H(1,2)": (10, 2), "H(2,1)": (12, 2), "H(2,2)": (14, 2),
        "S": (16, 4), "F": (20, 8),
    }  # fmt: skip
    assert layout.length == 28


def test_statements_over_lines_with_tabs_comments_and_sequence_numbers() -> None:
    source = (
        "000100 01  REKORD.                                                      ABC00001\n"
        "000200*    a comment. with points.\n"
        "000300     05  :TAG:-NAZWA\n"
        "000400\t\tPIC X(10)\n"
        "000500     .\n"
        "000600     05  KWOTA  PIC S9(5)V99 USAGE IS\n"
        "000700         PACKED-DECIMAL VALUE 'it. is'.\n"
    )
    assert [field.column for field in lay_out(parse_copybook(source)[0]).fields] == ["NAZWA", "KWOTA"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("    05 A PIC X(3) SYNC.", "SYNC", id="slack bytes"),
        pytest.param("    05 A.", "neither", id="no picture"),
        pytest.param("    05 A PIC X(3)", "no point", id="no point"),
        pytest.param("    99 A PIC X.", "level", id="level"),
        pytest.param("    05 A PIC X WIBBLE.", "WIBBLE", id="unknown clause"),
        pytest.param("    05 A PIC X USAGE COMP-7.", "COMP-7", id="unknown usage"),
        pytest.param("    05 A REDEFINES Z PIC X.", "redefines", id="redefines nothing"),
    ],
)
def test_copybooks_we_refuse(line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        lay_out(parse_copybook(book(line))[0])


# -- numbers ---


@given(st.lists(st.integers(-(10**9) + 1, 10**9 - 1), min_size=1, max_size=20))
def test_packed_numbers_come_back(numbers: list[int]) -> None:
    stored = [bytes.fromhex(f"{abs(number):09d}{'D' if number < 0 else 'C'}") for number in numbers]
    cells = np.frombuffer(b"".join(stored), dtype=np.uint8).reshape(len(numbers), 5)
    texts = decimal_text(packed_digits(cells, is_signed=True), scale=2).to_pylist()
    assert [Decimal(text) * 100 for text in texts] == numbers
    assert all(len(text.partition(".")[2]) == 2 for text in texts)


@settings(deadline=None)
@given(st.lists(st.integers(-(10**4) + 1, 10**4 - 1), min_size=1, max_size=20), st.sampled_from(["cp037", "ascii"]))
def test_zoned_numbers_come_back(tmp_path_factory: pytest.TempPathFactory, numbers: list[int], page: str) -> None:
    def zoned(number: int) -> str:
        digits = f"{abs(number):04d}"
        return digits[:-1] + ("}JKLMNOPQR" if number < 0 else "{ABCDEFGHI")[int(digits[-1])]

    path = tmp_path_factory.getbasetemp() / "zoned.dat"
    path.write_bytes("".join(map(zoned, numbers)).encode(page))
    read = read_ebcdic(path, copybook=book("    05 N PIC S9(4)."), code_page=page)
    assert [int(text) for text in read.records.column("N").to_pylist()] == numbers


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_binary_numbers_come_back(numbers: list[int]) -> None:
    cells = np.frombuffer(b"".join(n.to_bytes(8, "big", signed=True) for n in numbers), np.uint8).reshape(-1, 8)
    assert [int(text) for text in decimal_text(binary_digits(cells, is_signed=True), scale=0).to_pylist()] == numbers


@pytest.mark.parametrize(
    ("stored", "text", "reason"),
    [
        pytest.param("000001250C", "12.50", None, id="plus C"),
        pytest.param("000001250F", "12.50", None, id="plus F"),
        pytest.param("000001250A", "12.50", None, id="plus A"),
        pytest.param("000001250D", "-12.50", None, id="minus D"),
        pytest.param("000001250B", "-12.50", None, id="minus B"),
        pytest.param("000000000D", "0.00", None, id="minus nothing"),
        pytest.param("0000F1250C", None, "bad_packed_nibble", id="nibble"),
        pytest.param("0000012503", None, "bad_packed_sign", id="sign"),
        pytest.param("4040404040", None, "blanks_in_number", id="blanks"),
        pytest.param("0000000000", None, "low_values_in_number", id="low-values"),
    ],
)
def test_packed_fields_as_they_are_found(tmp_path: Path, stored: str, text: str | None, reason: str | None) -> None:
    path = tmp_path / "packed.dat"
    path.write_bytes(bytes.fromhex(stored))
    read = read_ebcdic(path, copybook=book("    05 N PIC S9(7)V99 COMP-3."))
    assert read.records.column("N").to_pylist() == [text]
    assert [issue["reason"] for issue in read.issues.to_pylist()] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("clauses", "stored", "text"),
    [
        pytest.param("PIC 9(6)", "030922", "030922", id="a date keeps its zeros"),
        pytest.param("PIC 9(6)", "      ", None, id="blanks are missing"),
        pytest.param("PIC S9(3) SIGN TRAILING SEPARATE", "012-", "-12", id="sign behind"),
        pytest.param("PIC S9(3) SIGN LEADING SEPARATE", "+012", "12", id="sign before"),
        pytest.param("PIC S9(3) SIGN LEADING", "}12", "-12", id="sign over the first"),
        pytest.param("PIC +99999.99", "-00100.10", "-100.10", id="edited"),
        pytest.param("PIC Z(4)-", "     ", None, id="edited blanks"),
        pytest.param("PIC PPP99", "12", "0.00012", id="scaled"),
    ],
)
def test_display_numbers(tmp_path: Path, clauses: str, stored: str, text: str | None) -> None:
    path = tmp_path / "display.dat"
    path.write_bytes(stored.encode("cp037"))
    read = read_ebcdic(path, copybook=book(f"    05 N {clauses}."))
    assert read.records.column("N").to_pylist() == [text]
    assert read.issues.num_rows == 0


# -- records of varying length ---


def test_tables_tell_the_length_where_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "variable.dat"
    path.write_bytes("2AABB0".encode("cp037") + "1CC".encode("cp037"))
    source = book("    05 N PIC 9.", "    05 T PIC XX OCCURS 0 TO 3 DEPENDING ON N.")
    read = read_ebcdic(path, copybook=source, record_format="variable")
    assert read.records.column("T(1)").to_pylist() == ["AA", None, "CC"]
    assert read.records.column("_length").to_pylist() == [5, 1, 3]


def test_without_lengths_a_bad_counter_ends_the_file(tmp_path: Path) -> None:
    path = tmp_path / "variable.dat"
    path.write_bytes("1AA7BBCC".encode("cp037"))
    source = book("    05 N PIC 9.", "    05 T PIC XX OCCURS 0 TO 3 DEPENDING ON N.")
    read = read_ebcdic(path, copybook=source, record_format="variable")
    assert read.records.num_rows == 1 and read.accounts[0].is_balanced
    assert [(span["offset"], span["length"], span["reason"]) for span in read.quarantine.to_pylist()] == [
        (3, 5, "occurs_count")
    ]


# -- the subscriber master ---


def a1(make: Any, *details: bytes, count: int | None = None, total: int = 0) -> Any:
    content = make.ebcdic_file(list(details), count=len(details) if count is None else count, total=total)
    return type(make.a1_sample())(make.a1_sample().kind, {"ABONENT.DAT": content}, {"records": len(details)})


def test_persons_and_firms_share_bytes(make: Any, read: Callable[..., Any]) -> None:
    result = read(a1(make, make.ebcdic_person(1, "Nowak", "Jan"), make.ebcdic_person(2, "Zakład", "Szewski", flag="F")))
    assert result.column("NAZWISKO") == ["Nowak", None]
    assert result.column("NAZWA-FIRMY") == [None, f"{'Zakład':25}{'Szewski':30}44"]


def test_services_as_many_as_counted(make: Any, read: Callable[..., Any]) -> None:
    row = read(make.a1_sample()).rows[1]
    assert (row["OPLATA(1)"], row["OPLATA(2)"], row["OPLATA(3)"]) == ("1.00", "2.00", None)
    assert row["SALDO"] == "300.75" and row["NR-ABONENTA"] == "000000002"


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        pytest.param({"saldo": b"\x00\x00\xfb\x00\x0c"}, "bad_packed_nibble", id="F06 nibble"),
        pytest.param({"saldo": b"\x40" * 5}, "blanks_in_number", id="F06 blanks"),
        pytest.param({"flag": " "}, "redefines_undecided", id="F08"),
        pytest.param({"count": b"\xf4\xf7"}, "occurs_count", id="F09 count"),
        pytest.param({"count": b"\xf0\xf3"}, "record_length", id="F09 drift"),
    ],
)
def test_a_defect_takes_its_record_only(
    make: Any, read: Callable[..., Any], defect: dict[str, Any], reason: str
) -> None:
    good = [make.ebcdic_person(number, "Nowak", "Jan") for number in (1, 3)]
    # A wrong sum in the trailer shows that it is not compared once a record was quarantined.
    result = read(a1(make, good[0], make.ebcdic_person(2, "Nowak", "Jan", **defect), good[1], total=999))
    assert result.reasons == [reason]
    assert result.column("NR-ABONENTA") == ["000000001", "000000003"]
    assert result.quarantine[0]["offset"] == 44 + len(good[0]) + 4


def test_a_damaged_length_word_costs_one_record(make: Any, read: Callable[..., Any]) -> None:
    people = [make.ebcdic_person(number, "Nowak", "Jan") for number in range(1, 6)]
    sample = a1(make, *people)
    content = bytearray(sample.files["ABONENT.DAT"])
    second = 44 + len(people[0]) + 4
    content[second + 1] += 3
    result = read(sample.with_main(bytes(content)))
    assert result.reasons == ["record_length"] and len(result.rows) == 4
    assert (result.quarantine[0]["offset"], result.quarantine[0]["length"]) == (second, len(people[0]) + 4)


def test_a_trailer_that_counts_more(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(ControlTotalsDiffer, match="LICZBA-REK says 3"):
        read(a1(make, make.ebcdic_person(1, "Nowak", "Jan"), make.ebcdic_person(2, "Nowak", "Jan"), count=3))


def test_a_trailer_with_another_sum(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(ControlTotalsDiffer, match="SUMA-SALD"):
        read(a1(make, make.ebcdic_person(1, "Nowak", "Jan", balance=100), total=99))


def test_a_file_without_its_header(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a1_sample()
    with pytest.raises(BadData, match="no header"):
        read(sample.with_main(sample.files["ABONENT.DAT"][44:]))
