"""Informix unloads and Oracle spools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, ControlTotalsDiffer
from config.kinds import Budgets
from connectors.informix_unload import UnloadFormat, read_unload
from connectors.model import Ledger
from connectors.oracle_spool import SpoolFormat, read_spool


def a3(make: Any, text: str, records: int) -> Any:
    sample = make.a3_sample()
    return type(sample)(sample.kind, {sample.main: text.encode("iso8859_2")}, {"records": records})


def test_escapes_and_empty_texts(make: Any, read: Callable[..., Any]) -> None:
    result = read(make.a3_sample())
    assert result.column("nazwa") == ["Święcicka", "A|B \\ C", "Zakład"]
    assert result.column("imie") == ["Łucja", "wiersz\ndrugi", ""]
    assert result.column("pesel") == [None, None, None]


def test_offsets_of_escaped_records(make: Any, read: Callable[..., Any]) -> None:
    content = make.a3_sample().files["klient.unl"]
    rows = read(make.a3_sample()).rows
    assert [content[row["_offset"] :][:2] for row in rows] == [b"1|", b"2|", b"3|"]
    assert sum(row["_length"] for row in rows) == len(content)


@pytest.mark.parametrize(
    ("bad", "reason", "lines"),
    [
        pytest.param("2|F|a|b|c|d|e|f|g|h|i|j|k|l|m|n|o|p|q|r|s|t|u|\n", "field_count", 1, id="one delimiter too many"),
        pytest.param("2|F|zła\nlinia" + "|" * 19 + "\n", "field_count", 2, id="line feed nobody escaped"),
        pytest.param("2|F|za|mało|\n", "field_count", 1, id="fields lost"),
        pytest.param("\n", "field_count", 1, id="empty line"),
    ],
)
def test_shifted_fields_are_one_span(make: Any, read: Callable[..., Any], bad: str, reason: str, lines: int) -> None:
    result = read(a3(make, make.unload_line("1") + bad + make.unload_line("3"), 3))
    assert result.column("id_klienta") == ["1", "3"]
    assert result.reasons == [reason] and f"{lines} line(s)" in result.quarantine[0]["detail"]
    assert result.quarantine[0]["length"] == len(bad)


def test_a_last_line_without_line_feed(make: Any, read: Callable[..., Any]) -> None:
    result = read(a3(make, make.unload_line("1") + make.unload_line("2").rstrip("\n"), 2))
    assert len(result.rows) == 2 and "no line feed" in result.warnings[0]


def test_a_cut_last_line(make: Any, read: Callable[..., Any]) -> None:
    result = read(a3(make, make.unload_line("1") + "2|F|Now", 2))
    assert result.reasons == ["truncated_record"]


def test_end_mark_of_a_dos_copy(make: Any, read: Callable[..., Any]) -> None:
    result = read(a3(make, make.unload_line("1") + "\x1a", 1))
    assert result.accounts[0].trailer == 1 and result.quarantine == []


def test_carriage_returns_belong_to_no_value(make: Any, read: Callable[..., Any]) -> None:
    result = read(a3(make, (make.unload_line("1") + make.unload_line("2")).replace("\n", "\r\n"), 2))
    assert result.column("uwagi") == [None, None]


def test_a_byte_the_page_does_not_know(make: Any, read: Callable[..., Any]) -> None:
    sample = make.a4_sample()
    content = make.spool_file([make.spool_row("1", "IND", "", "N")], count=1).replace(b";N;", b";N\x81;")
    result = read(type(sample)(sample.with_kind(code_page_candidates=()).kind, {sample.main: content}, {"records": 1}))
    assert result.column("NAZWISKO") == [None]
    assert [(issue["column"], issue["reason"]) for issue in result.issues] == [("NAZWISKO", "undecodable_byte")]


TEXT = st.text(st.sampled_from("ab|\\\n ąŁ"), max_size=6)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(TEXT.filter(lambda text: text != ""), TEXT), max_size=12),
    window=st.integers(8, 64),
    size=st.integers(1, 5),
)
def test_unloads_come_back_whatever_the_window(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], window: int, size: int
) -> None:
    def escaped(text: str) -> str:
        return "".join("\\" + letter if letter in "|\\\n" else letter for letter in text)

    content = "".join(f"{escaped(a)}|{escaped(b)}|\n" for a, b in rows).encode("iso8859_2")
    path = tmp_path_factory.getbasetemp() / "property.unl"
    path.write_bytes(content)
    ledger = Ledger("property.unl", len(content), Budgets())
    form = UnloadFormat(columns=("a", "b"), pages=("iso8859_2",))
    chunks = list(read_unload(path, form=form, ledger=ledger, chunk_records=size, window_bytes=window))
    found = [(row["a"], row["b"]) for chunk in chunks for row in chunk.records.to_pylist()]
    assert found == [(a, b or None) for a, b in rows]
    assert ledger.account().is_balanced and not ledger.quarantined_records


# -- spools ---


def a4(make: Any, content: bytes, records: int) -> Any:
    sample = make.a4_sample()
    return type(sample)(sample.kind, {sample.main: content}, {"records": records})


def test_rows_cut_at_linesize_are_joined(make: Any, read: Callable[..., Any]) -> None:
    result = read(make.a4_sample())
    assert result.column("NAZWA") == [None, "Zakład " + "x" * 170, None]
    assert result.column("NAZWISKO") == ["Święcicka", None, "Żak"]
    assert result.column("NIP") == [None, "5260250995", None]


def test_headings_dashes_and_blank_lines_are_declared(make: Any, read: Callable[..., Any]) -> None:
    rows = [make.spool_row(str(number), "IND", "", "Nowak") for number in range(7)]
    content = make.spool_file(rows)
    result = read(a4(make, content, 7))
    account = result.accounts[0]
    assert len(result.rows) == 7 and account.header > 0 and account.filler > 0
    assert account.trailer == len(b"7 rows selected.\r\n")


@pytest.mark.parametrize("feed", ["\n", "\r\n"])
@pytest.mark.parametrize("footer", ["2 rows selected.", "wybrano 2 wierszy.", "Wybrano 2 wiersze."])
def test_footers_of_both_languages(make: Any, read: Callable[..., Any], feed: str, footer: str) -> None:
    content = make.spool_file([make.spool_row("1"), make.spool_row("2")], feed=feed)
    result = read(a4(make, content.replace(b"2 rows selected.", footer.encode()), 2))
    assert len(result.rows) == 2 and result.accounts[0].trailer


def test_a_footer_that_counts_more(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(ControlTotalsDiffer, match="announces 3"):
        read(a4(make, make.spool_file([make.spool_row("1"), make.spool_row("2")], count=3), 2))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("2;IND;;Now;ak" + ";" * 14, id="one delimiter too many"),
        pytest.param("2;IND;;Now\r\nak" + ";" * 14, id="line feed in a value"),
        pytest.param("2;IND;;Nowak" + ";" * 14 + "\r\nreszta", id="line feed in the last value"),
        pytest.param("2;IND", id="fields lost"),
    ],
)
def test_shifted_rows_are_one_span(make: Any, read: Callable[..., Any], bad: str) -> None:
    result = read(a4(make, make.spool_file([make.spool_row("1"), bad, make.spool_row("3")], per_page=9), 3))
    assert result.column("ID_KLIENTA") == ["1", "3"]
    assert result.reasons == ["field_count"] and result.quarantine[0]["length"] == len(bad) + 2


def test_a_row_of_exactly_linesize(make: Any, read: Callable[..., Any]) -> None:
    row = make.spool_row("1", "BIZ", "x" * 100)
    full = row + "9" * (160 - len(row))
    result = read(a4(make, make.spool_file([full, make.spool_row("2")], per_page=9), 2))
    assert result.column("SALDO") == ["9" * (160 - len(row)), None]


def test_a_spool_of_no_rows_still_has_columns(make: Any, read: Callable[..., Any]) -> None:
    content = f"\n{make.A4_HEADING}\n{'-' * 40}\n\nno rows selected\n".encode()
    result = read(a4(make, content, 0))
    assert result.rows == [] and result.columns[0] == "ID_KLIENTA"


def test_a_spool_without_heading(make: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(BadData, match="no heading"):
        read(a4(make, b"\n\n\n", 0))


def test_a_new_column_comes_out_under_its_name(make: Any, read: Callable[..., Any]) -> None:
    # Whether a new or missing column breaks the contract is for the transforms to say; nothing is dropped here.
    heading = make.A4_HEADING.replace(";EMAIL", ";E_MAIL;GG")
    content = f"{heading}\n---\n1{';' * 18}\n".encode()
    assert read(a4(make, content, 1)).columns[15:18] == ["E_MAIL", "GG", "DATA_REJ"]


@settings(deadline=None)
@given(window=st.integers(40, 400), lengths=st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_spools_come_back_whatever_the_window(
    tmp_path_factory: pytest.TempPathFactory, window: int, lengths: list[int]
) -> None:
    values = [chr(97 + at) * length for at, length in enumerate(lengths)]
    rows = [f"{at};{value};z" for at, value in enumerate(values)]
    lines = ["A;B;C", "-----"]
    for row in rows:
        lines += [row[first : first + 20] for first in range(0, len(row), 20)]
    content = "\n".join([*lines, "", f"{len(rows)} rows selected.", ""]).encode()
    path = tmp_path_factory.getbasetemp() / "property.lst"
    path.write_bytes(content)
    ledger = Ledger("property.lst", len(content), Budgets())
    form = SpoolFormat(pages=("cp1250",), linesize=20)
    chunks = list(read_spool(path, form=form, ledger=ledger, window_bytes=window))
    assert [row["B"] for chunk in chunks for row in chunk.records.to_pylist()] == [value or None for value in values]
    assert ledger.account().is_balanced
