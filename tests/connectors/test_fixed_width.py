"""Lines of fixed-width fields: call detail of hotlines, postal orders with their trailers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BlekitError, BudgetExceeded, ConfigurationError, ControlTotalsDiffer
from config.kinds import Budgets, Kind
from connectors.fixed_width import read_fixed_width
from connectors.fixed_width_form import FixedWidthFormat, fixed_width_format
from connectors.model import Ledger, RawFile

CALLS = {"fields": "DATA:0-11 CZAS:12-17 DZWONIACY:18-33 WYBRANY:34-57 RESZTA:58-92", "record_length": 93}
ORDERS = {
    "fields": "RODZAJ:1 NR:6 KWOTA:10 NADAWCA:20",
    "header_prefix": "0",
    "trailer_prefix": "9",
    "trailer_count": "1-6",
    "trailer_sum": "7-16",
    "trailer_sum_of": "KWOTA",
}


def call(number: int, *, calling: str = "0618525252", end: str = "\r\n") -> bytes:
    return (f"102803 09{number:02d} 000212{calling:>16}{'9393':<24}{'':35}" + end).encode()


def order(number: int, amount: str, name: str = "Żak Łucja", page: str = "cp852") -> bytes:
    return f"1{number:06d}{amount:>10}{name:<20}\r\n".encode(page)


def orders(*lines: bytes, count: int, total: int) -> bytes:
    return b"0URZAD 61-001\r\n" + b"".join(lines) + f"9{count:06d}{total:010d}\r\n".encode()


def form_of(options: dict[str, Any], *pages: str, required: tuple[str, ...] = ()) -> FixedWidthFormat:
    return fixed_width_format(options, kind="test", pages=pages or ("cp852",), required=required)


def read_bytes(
    folder: Path, content: bytes, form: FixedWidthFormat, *, chunk: int = 50_000, window: int = 4096
) -> tuple[RawFile, Ledger]:
    path = folder / "linie.txt"
    path.write_bytes(content)
    ledger = Ledger(path.name, len(content), Budgets())
    chunks = read_fixed_width(path, form=form, ledger=ledger, chunk_records=chunk, window_bytes=window)
    return RawFile.of(chunks, ledgers=[ledger]), ledger


def check_conservation(found: RawFile) -> None:
    (account,) = found.accounts
    assert account.is_balanced
    spans = list(zip(found.records["_offset"].to_pylist(), found.records["_length"].to_pylist(), strict=True))
    spans += list(zip(found.quarantine["offset"].to_pylist(), found.quarantine["length"].to_pylist(), strict=True))
    spans.sort()
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))
    assert sum(length for _, length in spans) == account.records + account.quarantined


def test_a_call(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, call(15), form_of(CALLS))
    row = found.records.to_pylist()[0]
    assert [row[name] for name in ("DATA", "CZAS", "DZWONIACY", "WYBRANY", "RESZTA")] == [
        "102803 0915", "000212", "0618525252", "9393", None,
    ]  # fmt: skip
    assert (row["_offset"], row["_length"]) == (0, 95)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_line_ends(tmp_path: Path, end: str) -> None:
    found, _ = read_bytes(tmp_path, call(1, end=end) + call(2, end=end), form_of(CALLS))
    assert found.records.num_rows == 2 and not found.quarantine.num_rows and not found.warnings


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(call(2)[1:], "record_length", id="a byte fell out"),
        pytest.param(b"x" + call(2), "record_length", id="a byte too many"),
        pytest.param(b" \r\n", "record_length", id="a blank alone"),
        pytest.param(b"\x1a\r\n", "record_length", id="an end mark in the middle"),
    ],
)
def test_lines_of_another_length_are_quarantined(tmp_path: Path, bad: bytes, reason: str) -> None:
    found, _ = read_bytes(tmp_path, call(1) + bad + call(3), form_of(CALLS))
    assert found.records.num_rows == 2
    assert found.quarantine.select(["offset", "length", "reason"]).to_pylist() == [
        {"offset": 95, "length": len(bad), "reason": reason}
    ]
    check_conservation(found)


def test_a_cut_last_line(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, call(1) + call(2)[:50], form_of(CALLS))
    assert found.quarantine["reason"].to_pylist() == ["truncated_record"]


def test_a_last_line_without_its_line_feed(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, call(1) + call(2, end=""), form_of(CALLS))
    assert found.records.num_rows == 2 and "no line feed" in found.warnings[0]


def test_end_mark_and_empty_lines_are_declared(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, call(1) + b"\r\n\n" + call(2) + b"\x1a", form_of(CALLS))
    assert (found.accounts[0].filler, found.accounts[0].trailer) == (3, 1)
    assert found.records.num_rows == 2 and not found.quarantine.num_rows


def test_an_empty_file_has_columns(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, b"", form_of(CALLS))
    assert found.records.num_rows == 0 and found.records.schema.names[:2] == ["DATA", "CZAS"]


def test_bytes_no_field_names_are_noticed(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, b"AB-X\nCD-\x00\n", form_of({"fields": "A:2 -:1", "record_length": 4}))
    assert found.records["A"].to_pylist() == ["AB", "CD"] and len(found.warnings) == 1


def test_a_record_in_another_code_page(tmp_path: Path) -> None:
    content = b"".join(order(n, "100", "Święcicka Łucja", page) for n, page in ((1, "cp852"), (2, "mazovia")))
    found, _ = read_bytes(tmp_path, content, form_of({"fields": ORDERS["fields"]}, "cp852", "mazovia"))
    assert found.records["NADAWCA"].to_pylist() == ["Święcicka Łucja"] * 2
    assert found.records["_code_page"].to_pylist() == ["cp852", "mazovia"]


def test_a_byte_without_a_character(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, b"a\x81b\nabc\n", form_of({"fields": "A:3"}, "cp1250"))
    assert found.records["A"].to_pylist() == [None, "abc"]
    assert found.issues.to_pylist() == [{"record_no": 0, "column": "A", "reason": "undecodable_byte", "offset": 0}]


def test_a_bad_cell_of_a_required_field_takes_its_record(tmp_path: Path) -> None:
    found, _ = read_bytes(tmp_path, b"a\x81b\nabc\n", form_of({"fields": "A:3"}, "cp1250", required=("A",)))
    assert found.records["A"].to_pylist() == ["abc"]
    assert found.quarantine["reason"].to_pylist() == ["undecodable_byte"]
    check_conservation(found)


# -- control totals ---


def test_orders_that_agree_with_their_trailer(tmp_path: Path) -> None:
    found, _ = read_bytes(
        tmp_path, orders(order(1, "12500"), order(2, "0000000100"), count=2, total=12600), form_of(ORDERS)
    )
    assert found.records["KWOTA"].to_pylist() == ["12500", "0000000100"]
    assert found.records["NADAWCA"].to_pylist() == ["Żak Łucja"] * 2
    assert (found.accounts[0].header, found.accounts[0].trailer) == (15, 19)
    check_conservation(found)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(orders(order(1, "12500"), count=2, total=12500), "counts 2 records, 1 were read", id="count"),
        pytest.param(orders(order(1, "12500"), count=1, total=12501), "another sum of KWOTA", id="sum off by one"),
        pytest.param(orders(order(1, ""), count=1, total=12500), "another sum of KWOTA", id="amount gone"),
        pytest.param(orders(order(1, "12500"), count=1, total=12500)[:-19], "without its trailer", id="no trailer"),
        pytest.param(
            orders(order(1, "1"), count=1, total=1) + order(2, "2"), "counts 1 records, 2 were", id="data behind it"
        ),
        pytest.param(b"", "without its trailer", id="nothing but a promise"),
    ],
)
def test_a_file_that_disagrees_with_its_trailer(tmp_path: Path, content: bytes, message: str) -> None:
    options = {**ORDERS, "header_prefix": ""} if not content else ORDERS
    with pytest.raises(ControlTotalsDiffer, match=message):
        read_bytes(tmp_path, content, form_of(options))


def test_a_file_without_its_heading(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="byte 0: the file does not begin with its heading"):
        read_bytes(tmp_path, orders(count=0, total=0)[15:], form_of(ORDERS))


def test_a_total_that_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"byte 22: the control total at 7-16"):
        read_bytes(tmp_path, orders(count=0, total=0).replace(b"0000000000\r", b"00000x0000\r"), form_of(ORDERS))


@pytest.mark.parametrize(
    "bad", [pytest.param(order(2, "1O0"), id="unreadable amount"), pytest.param(b"12\r\n", id="quarantined record")]
)
def test_a_sum_is_not_compared_where_an_amount_is_missing(tmp_path: Path, bad: bytes) -> None:
    found, _ = read_bytes(tmp_path, orders(order(1, "12500"), bad, count=2, total=12600), form_of(ORDERS))
    assert "was not compared" in found.warnings[0]
    assert found.quarantine.num_rows + found.issues.num_rows == 1


def test_signs_and_decimal_commas_are_summed(tmp_path: Path) -> None:
    content = orders(order(1, "125,50"), order(2, "-25,5"), count=2, total=100)
    found, _ = read_bytes(tmp_path, content, form_of(ORDERS))
    assert found.records["KWOTA"].to_pylist() == ["125,50", "-25,5"]


# -- whatever the bytes ---


def test_every_cut_balances_or_is_a_coded_error(tmp_path: Path) -> None:
    calls = call(1) + call(2)[3:] + call(3)
    postal = orders(order(1, "12500"), order(2, "100"), count=2, total=12600)
    for content, options in ((calls, CALLS), (postal, ORDERS)):
        for length in range(len(content) + 1):
            try:
                found, _ = read_bytes(tmp_path, content[:length], form_of(options))
            except BlekitError as exc:
                assert isinstance(exc, BadData), f"cut at {length}"
            else:
                check_conservation(found)


@settings(deadline=None, max_examples=300)
@given(content=st.lists(st.sampled_from([b"\n", b"\r", b"9", b"ab", b"0", b"\x1a", b"\x81", b"1"])).map(b"".join))
def test_any_bytes_balance(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    options = {"fields": "A:1 B:2", "trailer_prefix": "9", "trailer_count": "1-1"}
    for chosen in (options, {"fields": "A:1 B:2"}):
        try:
            found, _ = read_bytes(tmp_path_factory.getbasetemp(), content, form_of(chosen, "cp1250"), window=7)
        except BadData:
            continue
        check_conservation(found)


@settings(deadline=None)
@given(
    lines=st.lists(st.sampled_from([order(1, "1"), order(2, "2"), order(3, "3")[4:], b"\r\n", b"\x1a"]), max_size=12),
    window=st.integers(1, 90),
    size=st.integers(1, 4),
)
def test_the_same_whatever_window_and_chunk(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], window: int, size: int
) -> None:
    folder, form = tmp_path_factory.getbasetemp(), form_of({"fields": ORDERS["fields"]})
    whole, _ = read_bytes(folder, b"".join(lines), form)
    parts, _ = read_bytes(folder, b"".join(lines), form, window=window, chunk=size)
    assert parts.records.to_pylist() == whole.records.to_pylist()
    assert parts.quarantine.to_pylist() == whole.quarantine.to_pylist()
    assert (parts.accounts, parts.warnings) == (whole.accounts, whole.warnings)


# -- descriptions ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({}, "fields: missing", id="nothing"),
        pytest.param({"fields": "A"}, "'A' is no field", id="no place"),
        pytest.param({"fields": "A:5-2"}, "has no bytes", id="backwards"),
        pytest.param({"fields": "A:0"}, "has no bytes", id="no width"),
        pytest.param({"fields": "A:1 A:2"}, "A comes twice", id="twice"),
        pytest.param({"fields": "A:4", "record_length": 3}, "record_length", id="record too short"),
        pytest.param({"fields": "A:4", "record_length": "x"}, "record_length", id="record length no number"),
        pytest.param({"fields": "A:4", "trailer_count": "0-1"}, "without a trailer_prefix", id="count of no trailer"),
        pytest.param(
            {"fields": "A:4", "trailer_prefix": "T", "trailer_count": "3"}, "'3' is no place", id="place of a total"
        ),
        pytest.param(
            {"fields": "A:4", "trailer_prefix": "T", "trailer_sum": "1-3"}, "trailer_sum_of", id="sum of nothing"
        ),
        pytest.param(
            {"fields": "A:4", "trailer_prefix": "T", "trailer_sum_of": "B"}, "trailer_sum_of", id="no sum of no field"
        ),
        pytest.param({"fields": "A:4", "header_prefix": "→"}, "no such character", id="prefix outside the page"),
    ],
)
def test_descriptions_we_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        form_of(options)


# -- through a delivery ---


def kind_of_calls(**changes: Any) -> Kind:
    names = ("DATA", "CZAS", "DZWONIACY", "WYBRANY", "RESZTA")
    return Kind(
        kind="test",
        title="Calls",
        format="fixed_width",
        code_page="cp852",
        files={"main": "ROZMOWY.CDR"},
        key=("DATA", "DZWONIACY"),
        columns={},
        ignore=names,
        **{"options": CALLS, **changes},
    )


def test_a_delivery_of_calls(make: Any, read: Callable[..., Any]) -> None:
    result = read(make.Sample(kind_of_calls(), {"ROZMOWY.CDR": call(1) + call(2)}, {"records": 2}))
    assert result.column("WYBRANY") == ["9393", "9393"] and result.columns[:2] == ["DATA", "CZAS"]


def test_an_option_nobody_knows(make: Any, read: Callable[..., Any]) -> None:
    kind = kind_of_calls(options={**CALLS, "record_lenght": 93})
    with pytest.raises(ConfigurationError, match="record_lenght"):
        read(make.Sample(kind, {"ROZMOWY.CDR": call(1)}, {"records": 1}))


@pytest.mark.parametrize("budgets", [{"max_records": 1}, {"max_field_chars": 3}, {"max_file_bytes": 20}])
def test_budgets_fail_closed(make: Any, read: Callable[..., Any], budgets: dict[str, int]) -> None:
    with pytest.raises(BudgetExceeded):
        read(make.Sample(kind_of_calls(budgets=Budgets(**budgets)), {"ROZMOWY.CDR": call(1) + call(2)}, {}))


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "linie.txt"
    path.write_bytes(b"x" * 200_000)
    ledger = Ledger(path.name, 200_000, Budgets(max_record_bytes=1000))
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        list(read_fixed_width(path, form=form_of(CALLS), ledger=ledger, window_bytes=1000))
