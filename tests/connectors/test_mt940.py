"""MT940 statements: dialects, defects, and the mt-940 library as the oracle."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import mt940
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BudgetExceeded, ControlTotalsDiffer
from config.kinds import Budgets, Kind
from connectors.model import Ledger, RawChunk, RawFile
from connectors.mt940 import read_mt940
from connectors.mt940.reader import COLUMNS, Mt940Format, read_statements

ACCOUNT = "PL61109010140000071219812874"
ENTRIES = (
    ":61:0310131013CN120,50NTRFNONREF//B1\r\n:86:WPŁATA ŚWIĘCICKA ŁUCJA\r\nTEL. 061 852 52 52\r\n",
    ":61:031013D20,00NMSCREF7\r\n:86:PROWIZJA\r\n",
)


def statement(
    entries: Sequence[str] = ENTRIES,
    *,
    opening: str = ":60F:C031012PLN1000,00\r\n",
    closing: str = ":62F:C031013PLN1100,50\r\n",
    number: str = "198/1",
    account: str = ACCOUNT,
    tail: str = "",
    end: str = "-\r\n",
    start: str = "",
) -> str:
    head = f"{start}:20:MT940\r\n:25:{account}\r\n:28C:{number}\r\n"
    return head + opening + "".join(entries) + closing + tail + end


def entry(mark: str = "C", amount: str = "120,50", *, date: str = "0310131013", text: str = "WPŁATA") -> str:
    return f":61:{date}{mark}{amount}NTRFNONREF\r\n:86:{text}\r\n"


def read_bytes(
    folder: Path, content: bytes, *, window: int = 2**20, size: int = 50_000, pages: tuple[str, ...] = ("cp852",)
) -> RawFile:
    path = folder / "property.sta"
    path.write_bytes(content)
    ledger = Ledger(path.name, len(content), Budgets(max_record_bytes=20_000))
    chunks: list[RawChunk] = []
    form = Mt940Format(pages)
    for chunk in read_statements(path, form=form, ledger=ledger, chunk_records=size, window_bytes=window):
        chunks.append(chunk)
    found = RawFile.of(chunks, ledgers=[ledger])
    check_conservation(found, ledger)
    return found


def check_conservation(found: RawFile, ledger: Ledger) -> None:
    account = ledger.account()
    assert account.is_balanced
    spans = [(row["_offset"], row["_length"]) for row in found.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for row in found.quarantine.to_pylist()]
    spans.sort()
    for (offset, length), (following, _) in itertools.pairwise(spans):
        assert offset + length <= following
    assert sum(length for _, length in spans) == account.records + account.quarantined


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[..., RawFile]:
    """Reads a file of that text in CP852."""
    return lambda text, **how: read_bytes(tmp_path, text.encode("cp852"), **how)


def column(found: RawFile, name: str) -> list[Any]:
    values: list[Any] = found.records.column(name).to_pylist()
    return values


def reasons(found: RawFile) -> list[str]:
    values: list[str] = found.quarantine.column("reason").to_pylist()
    return values


# -- strangers' files ---


def expected_of(path: Path) -> dict[str, Any]:
    """What the library's authors say stands in a sample."""

    class Loader(yaml.SafeLoader):
        pass

    def plain(loader: Loader, suffix: str, node: yaml.Node) -> Any:
        if suffix.endswith("models.Date"):
            part = loader.construct_sequence(node)[0]
            return dt.date(int.from_bytes(part[:2], "big"), part[2], part[3])
        if isinstance(node, yaml.SequenceNode):
            return loader.construct_sequence(node, deep=True)
        return fill(loader, node)  # a generator, because transactions hold what holds them

    def fill(loader: Loader, node: yaml.Node) -> Iterator[dict[str, Any]]:
        content: dict[str, Any] = {}
        yield content
        if isinstance(node, yaml.MappingNode):
            content.update(loader.construct_mapping(node, deep=True))

    Loader.add_multi_constructor("tag:yaml.org,2002:python/", plain)
    content: dict[str, Any] = yaml.load(path.read_text(), Loader=Loader)  # our own loader: makes no objects
    return content


@pytest.mark.parametrize("name", ["mt940", "february_30"])
def test_samples_hold_what_their_authors_say(sources: Path, name: str) -> None:
    found = read_mt940(sources / "mt940" / f"{name}.sta")
    expected = expected_of(sources / "mt940" / f"{name}.yml")
    rows = found.records.to_pylist()
    assert len(rows) == len(expected["transactions"])
    for row, its in zip(rows, [item["data"] for item in expected["transactions"]], strict=True):
        assert row["RACHUNEK"] == expected["data"]["account_identification"]
        assert row["REFERENCJA"] == its["transaction_reference"]
        assert row["WYCIAG"] == f"{expected['data']['statement_number']}/{expected['data']['sequence_number']}"
        assert row["WALUTA"] == its["currency"]
        assert abs(Decimal(its["amount"]["amount"][0])) == Decimal(row["KWOTA"].replace(",", "."))
        assert (row["TYP"], row["KOD_FUNDUSZU"]) == (its["id"], its["funds_code"])
        assert row["REF_KLIENTA"] == its["customer_reference"] and row["REF_BANKU"] == its["bank_reference"]
        assert (row["INFORMACJA"] or "") == its["extra_details"]
        assert row["DATA_KSIEG"] == its["entry_date"].strftime("%m%d")
        if "transaction_details" in its:
            assert same_lines(row["OPIS"], its["transaction_details"])
        else:
            assert (row["KOD_OPERACJI"], row["POLE_00"]) == (its["transaction_code"], its["posting_text"])
            assert (row["POLE_10"], row["POLE_20"], row["POLE_30"]) == ("6666", its["purpose"], its["applicant_bin"])
    assert found.quarantine.num_rows == 0 and found.accounts[0].is_balanced


def same_lines(stored: str, expected: str) -> bool:
    """Equal but for blanks at the ends of lines, which the library drops."""
    return [line.rstrip() for line in stored.split("\n")] == [line.rstrip() for line in expected.split("\n")]


def test_the_30th_of_february_is_reported_and_not_moved(sources: Path) -> None:
    path = sources / "mt940" / "february_30.sta"
    found = read_mt940(path)
    assert column(found, "DATA_WALUTY") == [None]
    (issue,) = found.issues.to_pylist()
    assert (issue["column"], issue["reason"]) == ("DATA_WALUTY", "bad_date")
    assert path.read_bytes()[issue["offset"] :].startswith(b"160230")


# -- what a record holds ---


def test_an_entry_with_its_statement(read_text: Callable[..., RawFile]) -> None:
    text = statement(tail=":64:C031013PLN1100,50\r\n")
    row = read_text(text).records.to_pylist()[0]
    assert {name: value for name, value in row.items() if value is not None and name[0] != "_"} == {
        "REFERENCJA": "MT940",
        "RACHUNEK": ACCOUNT,
        "WYCIAG": "198/1",
        "DATA_OTW": "031012",
        "SALDO_OTW": "C031012PLN1000,00",
        "DATA_ZAM": "031013",
        "SALDO_ZAM": "C031013PLN1100,50",
        "WALUTA": "PLN",
        "LP": "1",
        "DATA_WALUTY": "031013",
        "DATA_KSIEG": "1013",
        "ZNAK": "C",
        "KOD_FUNDUSZU": "N",
        "KWOTA": "120,50",
        "TYP": "NTRF",
        "REF_KLIENTA": "NONREF",
        "REF_BANKU": "B1",
        "OPIS": "WPŁATA ŚWIĘCICKA ŁUCJA\nTEL. 061 852 52 52",
    }
    assert text.encode("cp852")[row["_offset"] :][: row["_length"]].decode("cp852") == ENTRIES[0]


@pytest.mark.parametrize("page", ["cp852", "cp1250", "iso8859_2"])
def test_the_code_page_is_found_per_record(tmp_path: Path, page: str) -> None:
    found = read_bytes(tmp_path, statement().encode(page), pages=("cp852", "cp1250", "iso8859_2"))
    assert column(found, "OPIS")[0] == "WPŁATA ŚWIĘCICKA ŁUCJA\nTEL. 061 852 52 52"


POLISH = (
    "020~00VE02~20faktura 7/10/2003 tel~21. 061 852 52 52~22~23~24~25\r\n"
    "~3010902590~310000000112345678~32ŚWIĘCICKA ŁUC\r\nJA~33UL. DŁUGA 7~38PL61~60x"
)


@pytest.mark.parametrize(
    ("text", "code", "subfields"),
    [
        pytest.param(
            POLISH,
            "020",
            {
                "00": "VE02", "20": "faktura 7/10/2003 tel", "21": ". 061 852 52 52", "30": "10902590",
                "31": "0000000112345678", "32": "ŚWIĘCICKA ŁUCJA", "33": "UL. DŁUGA 7", "38": "PL61", "60": "x",
            },
            id="tilde, wrapped in a name",
        ),
        pytest.param("051<00PRZELEW<20TYT 1<21TYT 2", "051", {"00": "PRZELEW", "20": "TYT 1", "21": "TYT 2"}, id="<"),
        pytest.param("~20A~20B", None, {"20": "AB"}, id="no code, a subfield that comes again"),
        pytest.param("051^00P^20T", "051", {"00": "P", "20": "T"}, id="circumflex"),
        pytest.param("805?00ENTGELT?109?20P?1122", "805", {"00": "ENTGELT", "10": "9", "20": "P"}, id="German"),
        pytest.param("051~20a~b~21c", "051", {"20": "a~b", "21": "c"}, id="separator in a text"),
        pytest.param("Zapłata za ~20 sztuk?", None, {}, id="free text with a separator"),
        pytest.param("- rata 2\r\n-\u00a0\r\n{x}", None, {}, id="hyphens and braces"),
    ],
)  # fmt: skip
def test_dialects_of_86(read_text: Callable[..., RawFile], text: str, code: str | None, subfields: Any) -> None:
    row = read_text(statement([entry(text=text), ENTRIES[1]])).records.to_pylist()[0]
    assert row["OPIS"] == text.replace("\r\n", "\n") and row["KOD_OPERACJI"] == code
    found = {name[5:]: row[name] for name in COLUMNS if name.startswith("POLE_") and row[name] is not None}
    assert found == subfields


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("031013C120,50NTRFREF", {"DATA_KSIEG": None, "REF_KLIENTA": "REF"}, id="no entry date"),
        pytest.param("031013    C120,50NTRFREF", {"DATA_KSIEG": None, "KWOTA": "120,50"}, id="blanks as entry date"),
        pytest.param("0310131013CN120,5NTRFREF", {"KOD_FUNDUSZU": "N", "KWOTA": "120,5"}, id="one decimal"),
        pytest.param("0310131013RD120,50NTRFREF", {"ZNAK": "RD"}, id="reversal of a debit"),
        pytest.param("0310131013C120,50NTRF//B", {"REF_KLIENTA": None, "REF_BANKU": "B"}, id="bank reference alone"),
        pytest.param("0310131013C120,50NTRFA/B//C/D", {"REF_KLIENTA": "A/B", "REF_BANKU": "C/D"}, id="slashes"),
        pytest.param(f"0310131013C120,50NTRF{'R' * 16}//B\r\nINFO", {"INFORMACJA": "INFO"}, id="full reference"),
        pytest.param("0310131013C\r\n120,50NTRFREF", {"KWOTA": "120,50"}, id="amount on the next line"),
        pytest.param("0310131313C120,50NTRFREF", {"DATA_KSIEG": None, "DATA_WALUTY": "031013"}, id="month 13"),
        pytest.param("0310130229C120,50NTRFREF", {"DATA_KSIEG": "0229"}, id="leap day"),
    ],
)
def test_forms_of_61(read_text: Callable[..., RawFile], line: str, expected: dict[str, Any]) -> None:
    row = read_text(statement([f":61:{line}\r\n:86:x\r\n", ENTRIES[1]])).records.to_pylist()[0]
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("mark", "closing"), [("C", "C1"), ("D", "D1"), ("RC", "D1"), ("RD", "C1"), ("c", "C1"), ("rc", "D1")]
)
def test_reversals_change_the_sign(read_text: Callable[..., RawFile], mark: str, closing: str) -> None:
    balances = {"opening": ":60F:C031012PLN0,\r\n", "closing": f":62F:{closing[0]}031013PLN1,00\r\n"}
    assert column(read_text(statement([entry(mark, "1,00")], **balances)), "ZNAK") == [mark]


def test_the_non_swift_field_and_a_second_text(read_text: Callable[..., RawFile]) -> None:
    found = read_text(statement([entry() + ":86:DALEJ\r\n:NS:01A\r\n02B\r\n", ENTRIES[1]]))
    assert column(found, "OPIS")[0] == "WPŁATA\nDALEJ" and column(found, "NS")[0] == "01A\n02B"


# -- blocks ---

BLOCKS = "{1:F01PKOPPLPWAXXX0001000001}{2:I940TPSAPLPWXXXXN}{3:{108:A}{113:B}}{4:"


@pytest.mark.parametrize(
    ("text", "records"),
    [
        pytest.param(statement(start=BLOCKS + "\r\n", end="-}\r\n"), 2, id="blocks"),
        pytest.param(statement(start=BLOCKS, end="-}"), 2, id="no line end behind the header"),
        pytest.param(statement(start=BLOCKS + "\r\n", end="-}{5:{CHK:1}}") * 2, 4, id="messages on one line"),
        pytest.param("\x01\r\n" + statement(end="-\x03\r\n"), 2, id="SOH and ETX"),
        pytest.param(statement(end="") * 2, 4, id="no end marks"),
        pytest.param(statement().replace("\r\n", "\n"), 2, id="line feeds alone"),
        pytest.param("\r\n\r\n" + statement() + "\r\n \x1a", 2, id="blanks around"),
        pytest.param(statement([], closing=":62F:C031013PLN1000,00\r\n"), 0, id="no entries"),
    ],
)
def test_messages_with_and_without_blocks(read_text: Callable[..., RawFile], text: str, records: int) -> None:
    found = read_text(text)
    assert found.records.num_rows == records and found.quarantine.num_rows == 0


PARTS = (
    statement(ENTRIES[:1], closing=":62M:C031013PLN1120,50\r\n"),
    statement(ENTRIES[1:], opening=":60M:C031013PLN1120,50\r\n", number="198/2"),
)


def test_a_statement_of_two_messages(read_text: Callable[..., RawFile]) -> None:
    found = read_text("".join(PARTS))
    assert column(found, "WYCIAG") == ["198/1", "198/2"] and column(found, "LP") == ["1", "1"]
    assert found.warnings == ()


def test_a_message_in_between_is_missing(read_text: Callable[..., RawFile]) -> None:
    other = PARTS[1].replace("1120,50", "1119,50").replace("1100,50", "1099,50")
    found = read_text(PARTS[0] + other)
    assert found.records.num_rows == 2
    assert f"byte {len(PARTS[0].encode('cp852'))}: 1 statement(s) do not begin with the balance" in found.warnings[0]


def test_a_statement_split_without_balances_between(read_text: Callable[..., RawFile]) -> None:
    first, second = statement(ENTRIES[:1], closing=""), statement(ENTRIES[1:], opening="")
    found = read_text(first + second)
    assert column(found, "LP") == ["1", "2"]
    assert column(found, "SALDO_OTW") == ["C031012PLN1000,00"] * 2
    assert column(found, "SALDO_ZAM") == ["C031013PLN1100,50"] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            statement(closing=":62F:C031013PLN1100,51\r\n"),
            ["statement_balance"] * 4,
            id="wrong balance",
        ),
        pytest.param(statement(closing=":62F:C031013EUR1100,50\r\n"), ["statement_balance"] * 4, id="another currency"),
        pytest.param(statement(closing=""), ["statement_incomplete"] * 3, id="no closing balance"),
        pytest.param(statement(opening=""), ["statement_incomplete"] * 4, id="no opening balance"),
        pytest.param(
            statement(closing=":62F:C031013PLN11OO,50\r\n"), ["statement_incomplete"] * 4, id="letters in a balance"
        ),
        pytest.param(statement(opening=":60F:C031012PLN\r\n"), ["statement_incomplete"] * 4, id="empty balance"),
        pytest.param(
            statement([ENTRIES[0], ":61:0310131013X20,00NMSC\r\n:86:y\r\n"]),
            ["statement_incomplete", "statement_incomplete", "bad_statement_line", "statement_incomplete"],
            id="a line with another mark",
        ),
        pytest.param(
            statement([*ENTRIES, ":61:031013C1,2,3NMSC\r\n"]),
            ["statement_incomplete"] * 3 + ["bad_statement_line", "statement_incomplete"],
            id="two commas in an amount",
        ),
        pytest.param(
            statement(tail=":62F:C031013PLN1100,50\r\n"), ["statement_incomplete"] * 4, id="two closing balances"
        ),
        pytest.param(
            statement(ENTRIES[:1], closing="") + statement(ENTRIES[1:], opening="", number="199/1"),
            ["statement_incomplete"] * 5,
            id="halves of two statements",
        ),
    ],
)
def test_what_does_not_prove_itself_is_not_loaded(
    read_text: Callable[..., RawFile], text: str, expected: list[str]
) -> None:
    good = statement(number="200/1", account="PL00")
    found = read_text(text + good)
    assert reasons(found) == expected
    assert column(found, "WYCIAG") == ["200/1"] * 2


def test_a_lost_boundary_does_not_mix_two_statements(read_text: Callable[..., RawFile]) -> None:
    first, second = statement(end=""), statement(number="199/1", account="PL00").removeprefix(":20:MT940\r\n")
    found = read_text(first + second)
    assert column(found, "RACHUNEK") == [ACCOUNT] * 2 + ["PL00"] * 2


def test_trailing_garbage_is_quarantined_and_no_record(read_text: Callable[..., RawFile]) -> None:
    found = read_text(statement() + "KONIEC PLIKU\r\n12345\r\n")
    (span,) = found.quarantine.to_pylist()
    assert span["reason"] == "not_mt940" and span["length"] == len("KONIEC PLIKU\r\n12345\r\n")
    assert found.records.num_rows == 2


def test_lines_nobody_announced_are_quarantined(read_text: Callable[..., RawFile]) -> None:
    found = read_text("NAGŁÓWEK\r\n" + statement(opening=":60F:C031012PLN1000,00\r\nsaldo\r\n"))
    assert reasons(found) == ["not_mt940"] * 2 and found.records.num_rows == 2


@pytest.mark.parametrize("content", [b"", b"\r\n", b"Dzien dobry\r\n", bytes(9)], ids=["empty", "blank", "text", "NUL"])
def test_what_is_no_statement(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadData, match="byte 0: no tag"):
        read_bytes(tmp_path, content)


# -- deliveries ---


@pytest.fixture
def deliver(make: Any, read: Callable[..., Any]) -> Callable[..., Any]:
    kind = Kind.model_validate(
        {
            "kind": "zz",
            "title": "test",
            "format": "mt940",
            "code_page": "cp852",
            "files": {"main": "WYCIAG.STA"},
            "key": ["RACHUNEK", "DATA_OTW", "WYCIAG", "LP"],
            "columns": {},
            "options": {"amount_column": "KWOTA", "amount_unit": "zloty"},
        }
    )
    return lambda text, **control: read(make.Sample(kind, {"WYCIAG.STA": text.encode("cp852")}, control))


def test_records_and_money_are_counted(deliver: Callable[..., Any]) -> None:
    assert len(deliver(statement(), records=2, amount_grosze=14050).rows) == 2
    with pytest.raises(ControlTotalsDiffer, match="14050 grosze"):
        deliver(statement(), records=2, amount_grosze=14051)


def test_entries_in_quarantine_count_as_records(deliver: Callable[..., Any]) -> None:
    result = deliver(statement() + statement(closing="", number="199/1"), records=4, amount_grosze=28100)
    assert "14050 grosze of the control total lie in 2 records" in result.warnings[-1]


def test_budgets_fail_closed(tmp_path: Path) -> None:
    path = tmp_path / "many.sta"
    path.write_bytes(b":20:\r\n" * 20)
    ledger = Ledger(path.name, path.stat().st_size, Budgets(max_records=10))
    with pytest.raises(BudgetExceeded, match="more than 10 statements"):
        list(read_statements(path, form=Mt940Format(("cp852",)), ledger=ledger))


def test_a_field_that_never_ends_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="more than 20000 bytes"):
        read_bytes(tmp_path, statement([entry(text="x\r\n" * 40_000)]).encode("cp852"), window=4096)


# -- any bytes ---

VARIED = (
    statement(start=BLOCKS + "\r\n", end="-}{5:{CHK:1}}\r\n", tail=":64:C031013PLN1,00\r\n:86:SALDO\r\n")
    + "".join(PARTS)
    + statement([entry("RC", "1,00", text=POLISH)], closing=":62F:C031013PLN999,00\r\n", number="7")
)


def test_every_cut(tmp_path: Path) -> None:
    content = VARIED.encode("cp852")
    whole = read_bytes(tmp_path, content).records.to_pylist()
    for length in range(len(content)):
        try:
            found = read_bytes(tmp_path, content[:length])
        except BadData:
            assert b":20:" not in content[:length]
            continue
        # What is delivered of a cut file is what the whole file delivers; nothing is delivered changed.
        rows = found.records.to_pylist()
        for row, expected in zip(rows, whole, strict=False):
            assert {**row, "SALDO_ZAM": ""} == {**expected, "SALDO_ZAM": ""}, f"cut at {length}"


@pytest.mark.parametrize("window", [64, 200, 1000])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_windows_and_chunks_change_nothing(tmp_path: Path, window: int, size: int) -> None:
    content = (VARIED + statement(closing="") + "x" + VARIED).encode("cp852")
    expected = read_bytes(tmp_path, content)
    found = read_bytes(tmp_path, content, window=window, size=size)
    assert found.records.to_pylist() == expected.records.to_pylist()
    assert found.accounts == expected.accounts and found.warnings == expected.warnings


PIECES = st.sampled_from(
    [
        b":20:A\r\n", b":25:1\r\n", b":28C:1/1\r\n", b":60F:C031012PLN0,\r\n", b":62F:C031012PLN0,\r\n", b":86:",
        b":61:031013C0,NTRF\r\n", b"-\r\n", b"-}", b"{4:", b"{1:", b"{5:{", b"}", b"\n", b"\r", b"-", b":", b"~20",
        b"\x00", b"\xff", b"\x1a", b"\x01", b"\x03", b":NS:", b":64:", b" ", b"x",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(
    content=st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=30).map(b"".join)),
    window=st.sampled_from([8, 50, 4096]),
    size=st.integers(1, 3),
)
def test_any_bytes_balance(tmp_path_factory: pytest.TempPathFactory, content: bytes, window: int, size: int) -> None:
    try:
        read_bytes(tmp_path_factory.getbasetemp(), content, window=window, size=size)
    except BadData:
        return


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, len(VARIED) - 1), byte=st.integers(0, 255))
def test_a_flipped_byte_never_changes_an_amount(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    content = bytearray(VARIED.encode("cp852"))
    content[at] = byte
    found = read_bytes(tmp_path_factory.getbasetemp(), bytes(content))
    amounts = {Decimal(text.replace(",", ".")) for text in column(found, "KWOTA")}
    assert amounts <= {Decimal("120.50"), Decimal("20"), Decimal("1")}


# -- the oracle ---

WORDS = st.text(st.sampled_from("ABCXYZ0189 ./ąŁ"), min_size=1, max_size=30).map(str.strip).filter(bool)
REFERENCES = st.text(st.sampled_from("ABCX0189"), min_size=1, max_size=16)
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2009, 12, 31))


@st.composite
def statements(draw: st.DrawFn) -> tuple[str, int]:
    """A valid statement and its number of entries."""
    total, parts = draw(st.integers(-(10**8), 10**8)), []
    opening = total
    for _ in range(draw(st.integers(0, 5))):
        mark, amount = draw(st.sampled_from(["C", "D", "RC", "RD"])), draw(st.integers(0, 10**8))
        total += amount if mark in ("C", "RD") else -amount
        day = draw(DAYS).strftime("%y%m%d")
        date = day + draw(st.sampled_from(["", day[2:]]))
        line = f":61:{date}{mark}{draw(st.sampled_from(['', 'N']))}{money(amount)}NTRF{draw(REFERENCES)}"
        line += draw(st.one_of(st.just(""), REFERENCES.map("//{}".format)))
        line += draw(st.one_of(st.just(""), WORDS.map("\r\n{}".format)))
        text = "\r\n".join(draw(st.lists(WORDS, min_size=1, max_size=6)))
        parts.append(f"{line}\r\n:86:{text}\r\n")
    balances = [f"{'D' if grosze < 0 else 'C'}031013PLN{money(abs(grosze))}\r\n" for grosze in (opening, total)]
    return statement(parts, opening=":60F:" + balances[0], closing=":62F:" + balances[1]), len(parts)


def money(grosze: int) -> str:
    return f"{grosze // 100},{grosze % 100:02d}"


@settings(deadline=None, max_examples=150)
@given(made=st.lists(statements(), min_size=1, max_size=3))
def test_valid_statements_are_what_the_library_reads(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[str, int]]
) -> None:
    text = "".join(one for one, _ in made)
    found = read_bytes(tmp_path_factory.getbasetemp(), text.encode("cp852"))
    assert found.quarantine.num_rows == 0 and found.records.num_rows == sum(count for _, count in made)
    oracle = mt940.parse_statements(text.encode("cp852"), encoding="cp852", options=mt940.Options.all())
    expected = [item.data for one in oracle for item in one.transactions]
    for row, its in zip(found.records.to_pylist(), expected, strict=True):
        sign = 1 if row["ZNAK"] in ("C", "RD") else -1
        assert sign * Decimal(row["KWOTA"].replace(",", ".")) == its["amount"].amount
        assert dt.datetime.strptime(row["DATA_WALUTY"], "%y%m%d").date() == its["date"]
        assert row["DATA_KSIEG"] is None or row["DATA_KSIEG"] == its["entry_date"].strftime("%m%d")
        assert (row["ZNAK"], row["KOD_FUNDUSZU"], row["TYP"]) == (its["status"], its["funds_code"], its["id"])
        assert (row["REF_KLIENTA"], row["REF_BANKU"]) == (its["customer_reference"], its["bank_reference"])
        assert (row["INFORMACJA"] or "") == (its["extra_details"] or "")
        assert same_lines(row["OPIS"], its["transaction_details"])


def test_chunks_cut_no_span_in_two(tmp_path: Path) -> None:
    content = statement(closing=":62F:?031013PLN1100,50\r\n").encode("cp852")
    whole, pieces = (read_bytes(tmp_path, content, size=size).quarantine.to_pylist() for size in (50_000, 1))
    by_place = lambda span: span["offset"]  # noqa: E731
    assert sorted(pieces, key=by_place) == sorted(whole, key=by_place)
