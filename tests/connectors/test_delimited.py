"""Delimited text of any dialect."""

from __future__ import annotations

import csv
import io
import itertools
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BlekitError, BudgetExceeded, ConfigurationError
from config.kinds import Budgets, Kind
from connectors.delimited import DelimitedFormat, read_delimited
from connectors.model import Ledger, RawFile
from connectors.window import WINDOW_BYTES


def read(
    content: bytes,
    *,
    pages: tuple[str, ...] = ("utf_8",),
    budgets: Budgets | None = None,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
    **form: Any,
) -> RawFile:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(content)
        ledger = Ledger("x.csv", len(content), budgets or Budgets())
        chunks = read_delimited(
            path,
            form=DelimitedFormat(pages=pages, **{"delimiter": ";", **form}),
            ledger=ledger,
            chunk_records=chunk_records,
            window_bytes=window_bytes,
        )
        result = RawFile.of(chunks, ledgers=[ledger])
    assert result.accounts[0].is_balanced
    spans = [(row["_offset"], row["_length"]) for row in result.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for row in result.quarantine.to_pylist()]
    spans.sort()
    assert all(one[0] + one[1] <= other[0] for one, other in itertools.pairwise(spans))
    return result


def values(result: RawFile) -> list[tuple[str | None, ...]]:
    names = [name for name in result.records.column_names if not name.startswith("_")]
    return [tuple(row[name] for name in names) for row in result.records.to_pylist()]


def reasons(result: RawFile) -> list[str]:
    return list(result.quarantine["reason"].to_pylist())


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        pytest.param("a;b\n1;x\n", {}, [("1", "x")], id="plain"),
        pytest.param("a;b\r\n1;x\r\n", {}, [("1", "x")], id="carriage returns"),
        pytest.param("a;b\n1;\n", {}, [("1", None)], id="nothing is missing"),
        pytest.param('a;b\n1;""\n', {}, [("1", "")], id="two quotes are an empty text"),
        pytest.param('a;b\n1;"x;""y"""\n', {}, [("1", 'x;"y"')], id="doubled quotes and a delimiter"),
        pytest.param('a;b\n1;"x\r\ny"\n2;z\n', {}, [("1", "x\r\ny"), ("2", "z")], id="line end in quotes"),
        pytest.param('a;b\n1;rura 5" gięta\n', {}, [("1", 'rura 5" gięta')], id="inch amid a word"),
        pytest.param('a;b\n1;"x"\n', {"quote": ""}, [("1", '"x"')], id="quotes are text"),
        pytest.param("a;b\n1;x\\;y\\\\\n", {"escape": "\\"}, [("1", "x;y\\")], id="escapes"),
        pytest.param('a;b\n1;"x\\"y\n"\n', {"escape": "\\"}, [("1", 'x"y\n')], id="escaped quote"),
        pytest.param("a\tb\n1\tx\n", {"delimiter": "\t"}, [("1", "x")], id="tabs"),
        pytest.param("a|b\n1|x\n", {"delimiter": "|"}, [("1", "x")], id="pipes"),
        pytest.param("1;x\n", {"columns": ("a", "b")}, [("1", "x")], id="no heading"),
        pytest.param("sep=;\na;b\n1;x\n", {}, [("1", "x")], id="Excel names the delimiter"),
        pytest.param("\n\na;b\n\n1;x\n\n", {}, [("1", "x")], id="blank lines"),
        pytest.param("a;b\n1;x", {}, [("1", "x")], id="no line end behind the last"),
        pytest.param("a;b\n1;x\n\x1a\x1a", {}, [("1", "x")], id="end marks"),
        pytest.param("\ufeffa;b\n1;ż\n", {}, [("1", "ż")], id="mark of UTF-8"),
        pytest.param("a;b\n", {}, [], id="a heading alone"),
        pytest.param("a\n1\n\n2\n", {}, [("1",), ("2",)], id="one column"),
    ],
)
def test_dialects(text: str, form: dict[str, Any], expected: list[tuple[str | None, ...]]) -> None:
    result = read(text.encode(), **form)
    assert values(result) == expected and reasons(result) == []


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        pytest.param("a;a;b", ["a", "a#2", "b"], id="twice"),
        pytest.param(" a ;;b", ["a", "column_2", "b"], id="blank"),
        pytest.param("_offset;x;y", ["_offset#2", "x", "y"], id="a name of ours"),
        pytest.param('"a;""1""";b;c', ['a;"1"', "b", "c"], id="in quotes"),
    ],
)
def test_headings(heading: str, expected: list[str]) -> None:
    result = read(f"{heading}\n1;2;3\n".encode())
    assert result.records.column_names[:3] == expected


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        pytest.param("2;x;y\n", ["field_count"], id="one too many"),
        pytest.param("2\n", ["field_count"], id="one lost"),
        pytest.param('2;"x"y\n', ["stray_quote"], id="text behind a quote"),
        pytest.param('2;"x\n', ["stray_quote"], id="closed by the quote of another line"),
    ],
)
def test_a_bad_line_costs_itself_alone(bad: str, expected: list[str]) -> None:
    result = read(f'a;b\n1;"x"\n{bad}3;"y"\n4;z\n'.encode())
    assert values(result) == [("1", "x"), ("3", "y"), ("4", "z")]
    assert reasons(result) == expected
    assert result.quarantine["length"].to_pylist() == [len(bad)]


def test_a_quote_nobody_closes_does_not_swallow_the_file() -> None:
    rows = "".join(f"{number};x\n" for number in range(2_000))
    result = read(f'a;b\n0;"x\n{rows}'.encode(), budgets=Budgets(max_record_bytes=500))
    assert result.records.num_rows == 2_000 and reasons(result) == ["unterminated_quote"]


def test_a_swallowed_line_is_given_back() -> None:
    # Line 2 ends inside the quotes that line 1 opened, and by chance a quote closes them: three fields, not two.
    result = read(b'a;b\n1;"x\n2;y";z\n3;w\n')
    assert values(result) == [("3", "w")] and reasons(result) == ["field_count", "field_count"]


def test_a_cut_last_line() -> None:
    assert reasons(read(b"a;b\n1;x\n2")) == ["truncated_record"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("utf_8", "Święcicka-Żółć"),
        ("cp1250", "Święcicka-Żółć"),
        ("iso8859_2", "Święcicka-Żółć"),
        ("cp852", "Święcicka-Żółć"),
        ("mazovia", "Święcicka-Żółć"),
    ],
)
def test_code_pages(page: str, text: str) -> None:
    assert values(read(f"a;b\n1;{text}\n".encode(page), pages=(page,))) == [("1", text)]


def test_rows_of_another_page_among_utf8() -> None:
    content = "a;b\n1;Wąsik\n2;abc\n".encode() + "3;Wąsik Świętosława\n".encode("cp1250")
    result = read(content, pages=("utf_8", "cp1250", "iso8859_2"))
    assert [row[1] for row in values(result)] == ["Wąsik", "abc", "Wąsik Świętosława"]
    assert result.records["_code_page"].to_pylist() == ["utf_8", "utf_8", "cp1250"]


@pytest.mark.parametrize("cell", [b"\xff", b"\xc5", b"a\xbc", b"\xed\xa0\x80", b"\x00"])
def test_a_cell_that_is_no_text_is_an_issue(cell: bytes) -> None:
    result = read(b"a;b;c\n1;" + cell + ";ż\n2;x;y\n".encode())
    assert values(result) == [("1", None, "ż"), ("2", "x", "y")]
    assert result.issues["column"].to_pylist() == ["b"]


def test_half_a_letter_in_each_of_two_fields_is_two_issues() -> None:
    # The bytes in a row would be UTF-8: the delimiter between them makes them two bad cells.
    assert read(b"a;b\n\xc5;\xbc\n").issues["column"].to_pylist() == ["a", "b"]


def test_a_bad_required_cell_takes_its_record() -> None:
    result = read(b"a;b\n\xff;x\n2;y\n", required=("a",))
    assert values(result) == [("2", "y")] and reasons(result) == ["undecodable_byte"]


@pytest.mark.parametrize(
    ("content", "pages", "message"),
    [
        pytest.param(b"", ("utf_8",), "byte 0: no heading", id="empty"),
        pytest.param(b"\n\n", ("utf_8",), "byte 2: no heading", id="blank lines"),
        pytest.param(b'"a;b\n1;x\n', ("utf_8",), "no heading", id="a heading that never ends"),
        pytest.param("a;b".encode("utf-16"), ("utf_8",), "UTF-16", id="UTF-16"),
        pytest.param("\ufeffa;b".encode(), ("cp1250",), "mark of UTF-8", id="another encoding than the kind says"),
        pytest.param(b"a;\xff\n", ("utf_8",), "heading is not in utf_8", id="heading in another page"),
    ],
)
def test_refused(content: bytes, pages: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadData, match=message):
        read(content, pages=pages)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"delimiter": ";;"}, id="two characters"),
        pytest.param({"delimiter": ""}, id="none"),
        pytest.param({"delimiter": '"'}, id="quote and delimiter are one"),
        pytest.param({"delimiter": "\n"}, id="line feed"),
        pytest.param({"quote": "„"}, id="not ASCII"),
        pytest.param({"pages": ("cp870",)}, id="EBCDIC"),
    ],
)
def test_dialects_nobody_can_read(form: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        read(b"a;b\n", **form)


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        read(b"a;b\n" + b"x" * 5_000, budgets=Budgets(max_record_bytes=1000))


def test_a_heading_without_end_is_refused() -> None:
    with pytest.raises(BlekitError):
        read(b"x" * 5_000, budgets=Budgets(max_record_bytes=1000), window_bytes=64)


FIELD = st.text(alphabet='ab";,| \n\r\tżŁ', max_size=8).map(lambda text: text.replace("\r", ""))


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=8),
    delimiter=st.sampled_from(";,|\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    window=st.integers(1, 60),
)
def test_what_python_writes_is_read_as_python_reads_it(
    rows: list[tuple[str, str, str]], delimiter: str, line_end: str, quoting: Any, window: int
) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(
        [("a", "b", "c"), *rows]
    )
    result = read(written.getvalue().encode(), delimiter=delimiter, window_bytes=window)
    assert [tuple(value or "" for value in row) for row in values(result)] == rows
    assert reasons(result) == []


JUNK = st.lists(st.sampled_from([b"a", b'"', b'"', b";", b";", b"\n", b"\n", b"\r", b"\x1a", b"\xc5", b"\xbc", b"\\"]))


@settings(max_examples=200, deadline=None)
@given(junk=JUNK.map(b"".join), escape=st.sampled_from(["", "\\"]), window=st.integers(1, 12), chunk=st.integers(1, 3))
def test_any_bytes_balance_whatever_window_and_chunk(junk: bytes, escape: str, window: int, chunk: int) -> None:
    def outcome(**how: Any) -> Any:
        try:
            found = read(b"a;b;c\n" + junk, escape=escape, budgets=Budgets(max_record_bytes=25), **how)
        except BlekitError as error:
            return type(error)
        return (
            found.records.to_pylist(),
            found.quarantine.sort_by("offset").to_pylist(),
            found.issues.to_pylist(),
            found.accounts,
        )

    assert outcome() == outcome(window_bytes=window, chunk_records=chunk)


def test_every_cut_is_balanced_or_coded() -> None:
    content = 'a;b\r\n1;"x;\ny"\r\n2;ż\r\n3;"z""z"\r\n'.encode()
    for length in range(len(content)):
        try:
            read(content[:length])
        except BadData:
            assert length == 0
        else:
            assert length


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bytes(seed: int) -> None:
    chance = random.Random(seed)
    content = "a;b\n" + "".join(f'{number};"wiersz ""{number}"""\n' for number in range(50))
    for _ in range(50):
        flipped = bytearray(content.encode())
        flipped[chance.randrange(len(flipped))] = chance.randrange(256)
        try:
            read(bytes(flipped))
        except BadData:
            continue


def _kind(**changes: Any) -> Kind:
    stated = {
        "kind": "crm",
        "title": "CRM",
        "format": "delimited",
        "code_page": "utf_8",
        "files": {"main": "crm.csv"},
        "key": ("id",),
        "columns": {"id": "account_number"},
        "options": {"delimiter": ";"},
    }
    return Kind.model_validate({**stated, **changes})


def test_by_its_kind(make: Any, read: Callable[..., Any]) -> None:
    sample = make.Sample(_kind(), {"crm.csv": "id;nazwa\n1;Żak\n".encode()}, {"records": 1})
    assert read(sample).column("nazwa") == ["Żak"]


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"header": False}, id="no names"),
        pytest.param({"columns": "a b"}, id="names twice"),
        pytest.param({"delimeter": ";"}, id="misspelt"),
    ],
)
def test_wrong_options_say_so(make: Any, read: Callable[..., Any], options: dict[str, Any]) -> None:
    sample = make.Sample(_kind(options=options), {"crm.csv": b"id\n1\n"}, {})
    with pytest.raises(ConfigurationError, match="crm: options"):
        read(sample)


def test_a_heading_longer_than_a_record_is_no_missing_heading() -> None:
    with pytest.raises(BudgetExceeded, match=r"byte 0: a heading of more than 40 bytes"):
        read(b"a;" + b"x" * 50 + b"\n1;2\n", budgets=Budgets(max_record_bytes=40))


@pytest.mark.parametrize("window", [1, 2, 3])
def test_a_window_shorter_than_the_mark_finds_it(window: int) -> None:
    assert values(read(b"\xef\xbb\xbfa;b\n1;2\n", window_bytes=window)) == [("1", "2")]
