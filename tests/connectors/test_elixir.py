"""Elixir-0 files and the control total of their money."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, ConfigurationError, ControlTotalsDiffer
from config.kinds import Budgets, Kind
from connectors.elixir import COLUMNS, ElixirFormat, read_elixir
from connectors.model import Ledger, RawChunk

QUOTED = {6, 7, 8, 9, 12, 13, 14, 15, 16}
"""Positions of the fields that are texts, from 1."""

GOOD = {
    1: "110", 2: "20031013", 3: "12050", 4: "10205011", 5: "0",
    6: "10205011-1234-270-1", 7: "10201026-999-270-1",
    8: "ŚWIĘCICKA ŁUCJA|UL. DŁUGA 7|61-001 POZNAŃ|", 9: "TELEKOMUNIKACJA|POZNAŃ||",
    10: "0", 11: "10201026", 12: "FAKTURA 7/10/2003|TEL. 061 852 52 52||", 13: "", 14: "", 15: "51", 16: "",
}  # fmt: skip


def transfer(page: str = "cp852", end: bytes = b"\r\n", **changes: str) -> bytes:
    """One line; ``f12="…"`` changes field 12, whose quotes are doubled."""
    values = {**GOOD, **{int(name[1:]): text for name, text in changes.items()}}
    fields = []
    for number, text in values.items():
        quote = '"' if number in QUOTED else ""
        fields.append(quote + text.replace('"', '""') + quote)
    return ",".join(fields).encode(page) + end


def kind(**options: str) -> Kind:
    return Kind.model_validate(
        {
            "kind": "zz",
            "title": "test",
            "format": "elixir",
            "code_page": "cp852",
            "code_page_candidates": ["cp852", "cp1250", "iso8859_2"],
            "files": {"main": "PRZELEWY.TXT"},
            "key": ["RACH_ZLEC"],
            "columns": {},
            "required": ["KWOTA"],
            "options": {"amount_column": "KWOTA", **options},
        }
    )


@pytest.fixture
def read_file(make: Any, read: Callable[..., Any]) -> Callable[..., Any]:
    """Reads a delivery of one Elixir file."""

    def run(content: bytes, *, control: dict[str, int] | None = None, its_kind: Kind | None = None, **how: int) -> Any:
        return read(make.Sample(its_kind or kind(), {"PRZELEWY.TXT": content}, control or {}), **how)

    return run


def test_sixteen_fields_as_stored(read_file: Callable[..., Any]) -> None:
    row = read_file(transfer()).rows[0]
    assert [row[name] for name in COLUMNS] == [GOOD[number] or None for number in range(1, 17)]


@pytest.mark.parametrize("page", ["cp852", "cp1250", "iso8859_2"])
def test_the_code_page_is_found_per_record(read_file: Callable[..., Any], page: str) -> None:
    name = "WĄŚNIEWSKA ŚWIĘTOSŁAWA|UL. PIĘKNA 3|ŁÓDŹ|"
    result = read_file(transfer() + transfer(page=page, f8=name))
    assert result.column("NAZWA_ZLEC") == [GOOD[8], name]


@pytest.mark.parametrize(
    "title",
    [
        pytest.param('FIRMA "ŻUK", WPŁATA', id="quotes and comma"),
        pytest.param('"', id="only a quote"),
        pytest.param('""', id="two quotes"),
        pytest.param('"x', id="quote first"),
        pytest.param('x"', id="quote last"),
        pytest.param(",", id="only a comma"),
        pytest.param('","', id="looks like a separator"),
    ],
)
def test_titles_with_quotes_and_commas(read_file: Callable[..., Any], title: str) -> None:
    assert read_file(transfer(f12=title) + transfer()).column("TYTUL") == [title, GOOD[12]]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(b'110,20031013,1,2,0,"a","b"\r\n', "field_count", id="fields lost"),
        pytest.param(transfer().replace(b",0,", b",0,0,", 1), "field_count", id="one comma too many"),
        pytest.param(transfer().replace(b"FAKTURA", b'FAK"TURA'), "field_count", id="one quote too many"),
        pytest.param(transfer().replace(b"FAKTURA 7", b'FAK"TUR"A 7'), "bad_quotes", id="quotes nobody doubled"),
        pytest.param(transfer().replace(b"FAKTURA", b"FAK\r\nTURA"), "bad_quotes", id="line feed in a title"),
        pytest.param(transfer().replace(b"FAKTURA", b"FAK\nTU\nRA"), "bad_quotes", id="two line feeds in a title"),
        pytest.param(b"WYCIAG ZA DZIEN\r\n", "field_count", id="a heading"),
    ],
)
def test_lines_that_are_no_transfer_are_one_span(read_file: Callable[..., Any], bad: bytes, reason: str) -> None:
    result = read_file(transfer(f3="1") + bad + transfer(f3="3"), control={"records": 3})
    assert result.column("KWOTA") == ["1", "3"]
    assert result.reasons == [reason] and result.quarantine[0]["length"] == len(bad)
    assert result.accounts[0].is_balanced


@pytest.mark.parametrize(
    ("content", "records"),
    [
        pytest.param(b"", 0, id="empty file"),
        pytest.param(b"\r\n\r\n", 0, id="blank lines"),
        pytest.param(transfer() + b"\x1a", 1, id="end mark of DOS"),
        pytest.param(transfer(end=b"\n") * 2, 2, id="line feeds alone"),
        pytest.param(transfer(end=b""), 1, id="no line end behind the last"),
        pytest.param(transfer() + b"\r\n" + transfer(), 2, id="a blank line between"),
    ],
)
def test_files_without_bad_records(read_file: Callable[..., Any], content: bytes, records: int) -> None:
    result = read_file(content, control={"records": records})
    assert len(result.rows) == records and result.quarantine == []
    assert result.columns[:16] == list(COLUMNS)


def test_blank_lines_are_filler_and_the_end_mark_a_trailer(read_file: Callable[..., Any]) -> None:
    account = read_file(transfer() + b"\r\n" + transfer() + b"\x1a").accounts[0]
    assert (account.filler, account.trailer, account.records) == (2, 1, 2 * len(transfer()))


@pytest.mark.parametrize(
    "date",
    [
        pytest.param("20030230", id="30 February"),
        pytest.param("031013", id="two digits of the year"),
        pytest.param("00000000", id="zeros"),
        pytest.param("2003-1-1", id="hyphens"),
    ],
)
def test_a_bad_date_is_an_issue(read_file: Callable[..., Any], date: str) -> None:
    content = transfer() + transfer(f2=date)
    result = read_file(content)
    assert result.column("DATA") == ["20031013", None]
    assert [(issue["record_no"], issue["column"], issue["reason"]) for issue in result.issues] == [
        (1, "DATA", "bad_date")
    ]
    assert content[result.issues[0]["offset"] :].startswith(date.encode())


@pytest.mark.parametrize("amount", ["12,50", "-5", "12.50", "1O", " 5"])
def test_an_amount_that_is_none_is_no_transfer(read_file: Callable[..., Any], amount: str) -> None:
    result = read_file(transfer().replace(b"12050", f'"{amount}"'.encode()) + transfer())
    assert result.reasons == ["bad_number"] and len(result.rows) == 1


# -- the control total of money ---


@pytest.mark.parametrize("off_by", [-1, 1])
def test_money_off_by_a_grosz_takes_nothing(read_file: Callable[..., Any], off_by: int) -> None:
    with pytest.raises(ControlTotalsDiffer, match=f"24100 grosze in 2 records, the manifest says {24100 + off_by}"):
        read_file(transfer() * 2, control={"records": 2, "amount_grosze": 24100 + off_by})


def test_money_that_agrees(read_file: Callable[..., Any]) -> None:
    huge = "9" * 18
    content = transfer(f3=huge) * 30 + transfer()
    total = 30 * int(huge) + 12050
    assert len(read_file(content, control={"amount_grosze": total}, chunk_records=7).rows) == 31


def test_money_in_quarantine_is_named(read_file: Callable[..., Any]) -> None:
    content = transfer() + b"110,x\r\n"
    result = read_file(content, control={"records": 2, "amount_grosze": 12050 + 7})
    assert "7 grosze of the control total lie in 1 records" in result.warnings[0]
    with pytest.raises(ControlTotalsDiffer):
        read_file(content, control={"records": 2, "amount_grosze": 12049})


def test_a_total_no_column_is_named_for_is_not_compared(read_file: Callable[..., Any]) -> None:
    bare = kind().model_copy(update={"options": {}})
    assert read_file(transfer(), control={"amount_grosze": 1}, its_kind=bare).rows


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"amount_column": "KWOTY"}, "no column 'KWOTY'", id="column"),
        pytest.param({"amount_unit": "euro"}, "no 'euro'", id="unit"),
        pytest.param({"separator": ";"}, "separator: unknown", id="option"),
    ],
)
def test_options_we_refuse(read_file: Callable[..., Any], options: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_file(transfer(), its_kind=kind(**options))


# -- any bytes ---


def read_bytes(folder: Path, content: bytes, *, window: int = 4096, size: int = 1000) -> tuple[list[RawChunk], Ledger]:
    path = folder / "property.txt"
    path.write_bytes(content)
    ledger = Ledger(path.name, len(content), Budgets(max_record_bytes=20_000))
    form = ElixirFormat(pages=("cp852", "cp1250"))
    return list(read_elixir(path, form=form, ledger=ledger, chunk_records=size, window_bytes=window)), ledger


def check_conservation(chunks: list[RawChunk], ledger: Ledger) -> None:
    assert ledger.account().is_balanced
    spans = [(row["_offset"], row["_length"]) for chunk in chunks for row in chunk.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for chunk in chunks for row in chunk.quarantine.to_pylist()]
    end = 0
    for offset, length in sorted(spans):
        assert offset >= end
        end = offset + length
    assert end <= ledger.size


def test_every_cut(tmp_path: Path) -> None:
    content = transfer() + transfer(f12='FIRMA "ŻUK"', f16="INF")
    for length in range(len(content) + 1):
        chunks, ledger = read_bytes(tmp_path, content[:length])
        check_conservation(chunks, ledger)
        whole = sum(length >= end for end in (len(transfer()) - 2, len(content) - 2))
        assert ledger.delivered_records == whole, f"cut at {length}"


@pytest.mark.parametrize("window", range(200, 420, 20))
def test_a_broken_record_is_one_span_wherever_a_window_ends(tmp_path: Path, window: int) -> None:
    broken = transfer().replace(b"FAKTURA", b"FAK\r\nTURA")
    chunks, ledger = read_bytes(tmp_path, transfer() + broken + transfer(), window=window)
    check_conservation(chunks, ledger)
    assert ledger.quarantined_records == 1 and ledger.delivered_records == 2


PIECES = st.sampled_from([transfer(), b'"', b",", b"\n", b"\r\n", b"\x1a", b"110,", b'""', b"x", b"\x00", b"\xff"])


@settings(deadline=None, max_examples=200)
@given(
    content=st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=20).map(b"".join)),
    window=st.sampled_from([16, 100, 4096]),
    size=st.integers(1, 3),
)
def test_any_bytes_balance(tmp_path_factory: pytest.TempPathFactory, content: bytes, window: int, size: int) -> None:
    try:
        chunks, ledger = read_bytes(tmp_path_factory.getbasetemp(), content, window=window, size=size)
    except BadData:
        return
    check_conservation(chunks, ledger)


TEXT = st.text(st.sampled_from('ab",| ąŁ'), max_size=8)


@settings(deadline=None, max_examples=100)
@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=8), window=st.sampled_from([16, 150, 4096]))
def test_texts_come_back_whatever_the_window(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], window: int
) -> None:
    content = b"".join(transfer(f8=name, f12=title, f9="") for name, title in rows)
    path = tmp_path_factory.getbasetemp() / "texts.txt"
    path.write_bytes(content)
    ledger = Ledger(path.name, len(content), Budgets())
    chunks = list(read_elixir(path, form=ElixirFormat(pages=("cp852",)), ledger=ledger, window_bytes=window))
    found = [(row["NAZWA_ZLEC"], row["TYTUL"]) for chunk in chunks for row in chunk.records.to_pylist()]
    assert found == [(name or None, title or None) for name, title in rows]
    assert ledger.delivered_records == len(rows) and not ledger.quarantined_records
