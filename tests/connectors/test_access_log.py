"""Access logs of the portal."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BlekitError, BudgetExceeded
from config.kinds import Budgets
from connectors.access_log import COLUMNS, AccessLogFormat, read_access_log
from connectors.log_fields import LogLines, _by_expression, _by_position
from connectors.model import Ledger, RawFile

COMBINED = (
    '10.1.2.3 - jnowak [28/Oct/2003:10:00:01 +0100] "POST /konto?x=1 HTTP/1.1" 200 512 "http://a/" "Mozilla/4.0"\n'
)
COMMON = '10.1.2.3 - - [28/Oct/2003:10:00:01 +0100] "GET / HTTP/1.0" 304 -\n'


def read(folder: Path, content: bytes, *, budgets: Budgets | None = None, **options: Any) -> RawFile:
    path = folder / "access_log"
    path.write_bytes(content)
    ledger = Ledger("access_log", len(content), budgets or Budgets())
    form = AccessLogFormat(pages=("utf-8", "iso8859_2"))
    return RawFile.of(read_access_log(path, form=form, ledger=ledger, **options), ledgers=[ledger])


def check_spans(result: RawFile) -> None:
    account = result.accounts[0]
    assert account.is_balanced
    spans = [(row["_offset"], row["_length"]) for row in result.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for row in result.quarantine.to_pylist()]
    spans.sort()
    assert sum(length for _, length in spans) == account.records + account.quarantined
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))


def test_a_combined_line(tmp_path: Path) -> None:
    row = read(tmp_path, COMBINED.encode()).records.to_pylist()[0]
    assert {name: row[name] for name in COLUMNS} == {
        "HOST": "10.1.2.3",
        "IDENT": None,
        "USER": "jnowak",
        "TIME": "28/Oct/2003:10:00:01 +0100",
        "REQUEST": "POST /konto?x=1 HTTP/1.1",
        "STATUS": "200",
        "BYTES": "512",
        "REFERER": "http://a/",
        "AGENT": "Mozilla/4.0",
        "METHOD": "POST",
        "PATH": "/konto",
    }


def test_a_common_line_has_no_client(tmp_path: Path) -> None:
    row = read(tmp_path, COMMON.encode()).records.to_pylist()[0]
    assert (row["BYTES"], row["REFERER"], row["AGENT"]) == (None, None, None)


@pytest.mark.parametrize(
    ("request_", "method", "path"),
    [
        pytest.param("GET / HTTP/1.1", "GET", "/", id="plain"),
        pytest.param("GET /a?pesel=1 HTTP/1.1", "GET", "/a", id="the query is left out"),
        pytest.param("GET /a", "GET", "/a", id="HTTP 0.9"),
        pytest.param("\\x16\\x03\\x01", None, None, id="a scanner speaks TLS"),
        pytest.param("-", None, None, id="nothing was asked"),
        pytest.param("get / HTTP/1.1", None, None, id="small letters"),
        pytest.param("GET /a b HTTP/1.1", None, None, id="a blank in the path"),
        pytest.param("GET ?x HTTP/1.1", None, None, id="a query only"),
        pytest.param('GET /\\" HTTP/1.1', "GET", '/\\"', id="an escaped quote"),
    ],
)
def test_requests(tmp_path: Path, request_: str, method: str | None, path: str | None) -> None:
    line = COMBINED.replace("POST /konto?x=1 HTTP/1.1", request_)
    row = read(tmp_path, line.encode()).records.to_pylist()[0]
    assert (row["METHOD"], row["PATH"]) == (method, path)
    assert row["REQUEST"] == (None if request_ == "-" else request_)


@pytest.mark.parametrize(
    "user", [pytest.param("jan nowak", id="a blank in the login"), pytest.param("a\tb", id="a tab in the login")]
)
def test_logins_with_blanks(tmp_path: Path, user: str) -> None:
    assert read(tmp_path, COMBINED.replace("jnowak", user).encode()).records.column("USER")[0].as_py() == user


@pytest.mark.parametrize(
    ("page", "login"),
    [
        pytest.param("iso8859_2", "Wąsik", id="ISO-8859-2"),
        pytest.param("utf-8", "Wąsik", id="UTF-8"),
        pytest.param("iso8859_2", "SPÓŁKA", id="valid UTF-8 by chance"),
    ],
)
def test_letters_in_both_charsets_in_one_file(tmp_path: Path, page: str, login: str) -> None:
    content = COMMON.encode() + COMBINED.replace("jnowak", login).encode(page) + COMMON.encode()
    records = read(tmp_path, content).records
    assert records.column("USER").to_pylist() == [None, login, None]
    assert records.column("_code_page").to_pylist() == ["utf-8", page, "utf-8"]


def test_nul_is_a_bad_cell(tmp_path: Path) -> None:
    result = read(tmp_path, COMBINED.replace("jnowak", "j\0n").encode())
    issues = result.issues.to_pylist()
    assert [(issue["column"], issue["reason"]) for issue in issues] == [("USER", "nul_in_text")]
    assert issues[0]["offset"] == COMBINED.index("jnowak")


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("zażółć", id="no log at all"),
        pytest.param(COMBINED.replace(" 200 ", " 20 ").rstrip(), id="status of two digits"),
        pytest.param(COMBINED.replace(" 512 ", " 5a2 ").rstrip(), id="letters in the size"),
        pytest.param(COMBINED.replace("[28", "28").rstrip(), id="no bracket"),
        pytest.param(COMBINED.rstrip() + " 17", id="one field more"),
        pytest.param(COMBINED.replace('"http', "http").rstrip(), id="a quote lost"),
        pytest.param("\0" * 40, id="a hole in the file"),
    ],
)
def test_malformed_lines_are_quarantined_alone(tmp_path: Path, bad: str) -> None:
    result = read(tmp_path, (COMBINED + bad + "\r\n" + COMMON).encode())
    assert result.records.num_rows == 2
    assert result.quarantine.column("reason").to_pylist() == ["bad_log_line"]
    assert result.quarantine.column("length").to_pylist() == [len(bad.encode()) + 2]
    check_spans(result)


def test_blank_lines_are_filler(tmp_path: Path) -> None:
    account = read(tmp_path, (COMBINED + "\n\r\n" + COMMON).encode()).accounts[0]
    assert account.filler == 3 and account.is_balanced


def test_a_last_line_without_line_feed(tmp_path: Path) -> None:
    result = read(tmp_path, (COMMON + COMBINED).rstrip().encode())
    assert result.records.num_rows == 2 and "no line feed" in result.warnings[0]


def test_a_combined_line_cut_where_it_looks_common(tmp_path: Path) -> None:
    cut = COMBINED[: COMBINED.index('12 "')]
    result = read(tmp_path, (COMBINED + cut).encode())
    assert result.quarantine.column("reason").to_pylist() == ["truncated_record"]


def test_every_cut_conserves_bytes(tmp_path: Path) -> None:
    content = (COMBINED + COMMON + COMBINED.replace("jnowak", "Żak")).encode("iso8859_2")
    for length in range(len(content)):
        check_spans(read(tmp_path, content[:length]))


def test_an_empty_log_has_columns(tmp_path: Path) -> None:
    records = read(tmp_path, b"").records
    assert records.num_rows == 0 and records.schema.names[: len(COLUMNS)] == list(COLUMNS)


def test_chunks_and_windows_hold_the_same_rows(tmp_path: Path) -> None:
    content = (COMBINED + COMMON + "zle\n" + COMBINED.replace("jnowak", "Żak")).encode("iso8859_2") * 20
    whole = read(tmp_path, content)
    parts = read(tmp_path, content, chunk_records=3, window_bytes=150)
    assert parts.records.equals(whole.records) and parts.quarantine.equals(whole.quarantine)


def test_a_line_that_never_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        read(tmp_path, b"x" * 9000, budgets=Budgets(max_record_bytes=1000), window_bytes=100)


PIECES = st.sampled_from(
    [
        "1.1.1.1",
        " ",
        "  ",
        "-",
        "[",
        "]",
        '"',
        "\\",
        '\\"',
        "200",
        "20",
        " 7",
        "GET /",
        "HTTP/1.0",
        "\t",
        "\r",
        "a",
        "Ł",
        "\0",
    ]
)
LINES = st.lists(
    st.one_of(
        st.lists(PIECES, max_size=24).map("".join),
        st.builds(
            lambda at, piece: COMBINED.rstrip()[:at] + piece + COMBINED.rstrip()[at:],
            st.integers(0, len(COMBINED)),
            PIECES,
        ),
        st.builds(lambda at: COMMON[:at] + COMMON[at + 1 :].rstrip(), st.integers(0, len(COMMON))),
    ),
    max_size=6,
)


@settings(deadline=None, max_examples=400)
@given(lines=LINES)
def test_positions_say_what_the_expression_says(lines: list[str]) -> None:
    some = LogLines.of(np.frombuffer("\n".join(lines).encode(), dtype=np.uint8), is_last=True)
    fast, slow = _by_position(some), _by_expression(some)
    assert not (fast.is_line & ~slow.is_line).any()
    for line in np.flatnonzero(fast.is_line):
        assert fast.is_combined[line] == slow.is_combined[line]
        assert fast.starts[line].tolist() == slow.starts[line].tolist()
        assert fast.ends[line].tolist() == slow.ends[line].tolist()


@settings(deadline=None, max_examples=200)
@given(content=st.one_of(st.binary(max_size=300), LINES.map(lambda lines: "\n".join(lines).encode())))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        check_spans(read(tmp_path_factory.getbasetemp(), content))
    except BlekitError as exc:
        assert exc.code in ("BadData", "BudgetExceeded")
