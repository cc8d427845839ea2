"""XML files of repeated elements."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.errors import BadData, BlekitError, BudgetExceeded, ConfigurationError
from config.kinds import Budgets
from connectors.model import Ledger, RawFile
from connectors.xml_parse import MAX_DEPTH, BadElement, parse_element
from connectors.xml_records import XmlFormat, read_xml_records

HEAD = '<?xml version="1.0" encoding="ISO-8859-2"?>\n<ankiety>\n'
ONE = '<ankieta id="1"><dane><nazwisko>Święcicka</nazwisko><imie/></dane><ocena>5</ocena></ankieta>'
TWO = "<ankieta id='2'><dane><nazwisko>Wąsik &amp; syn</nazwisko></dane></ankieta>"


def read(
    folder: Path, content: bytes, *, record: str = "ankiety/ankieta", budgets: Budgets | None = None, **options: Any
) -> RawFile:
    path = folder / "ankiety.xml"
    path.write_bytes(content)
    ledger = Ledger("ankiety.xml", len(content), budgets or Budgets())
    reading = {name: options.pop(name) for name in ("chunk_records", "window_bytes") if name in options}
    form = XmlFormat(record=record, pages=("iso8859_2", "cp1250", "utf-8"), **options)
    return RawFile.of(read_xml_records(path, form=form, ledger=ledger, **reading), ledgers=[ledger])


def of(*records: str, tail: str = "\n</ankiety>\n", page: str = "iso8859_2") -> bytes:
    return (HEAD + "\n".join(records) + tail).encode(page)


def check_spans(result: RawFile) -> None:
    account = result.accounts[0]
    assert account.is_balanced
    spans = [(row["_offset"], row["_length"]) for row in result.records.to_pylist()]
    spans += [(row["offset"], row["length"]) for row in result.quarantine.to_pylist()]
    spans.sort()
    assert sum(length for _, length in spans) == account.records + account.quarantined
    assert all(offset + length <= following for (offset, length), (following, _) in itertools.pairwise(spans))


def texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name[0] != "_"}


def reasons(result: RawFile) -> list[str]:
    return [str(reason) for reason in result.quarantine.column("reason").to_pylist()]


def test_paths_are_columns(tmp_path: Path) -> None:
    content = of(ONE, TWO)
    rows = read(tmp_path, content).records.to_pylist()
    assert texts(rows[0]) == {"@id": "1", "dane/nazwisko": "Święcicka", "dane/imie": "", "ocena": "5"}
    assert texts(rows[1]) == {"@id": "2", "dane/nazwisko": "Wąsik & syn", "dane/imie": None, "ocena": None}
    assert content[rows[1]["_offset"] :][: rows[1]["_length"]] == TWO.encode("iso8859_2")


def test_columns_of_the_kind_come_first_and_always(tmp_path: Path) -> None:
    result = read(tmp_path, of(ONE), columns=("ocena", "uwagi"))
    assert result.records.schema.names[:3] == ["ocena", "uwagi", "@id"]
    assert result.records.column("uwagi").to_pylist() == [None]


@pytest.mark.parametrize("page", ["iso8859_2", "cp1250", "utf-8", "cp852"])
def test_the_declared_charset_is_a_candidate_only(tmp_path: Path, page: str) -> None:
    path = tmp_path / "a.xml"
    content = of(ONE, TWO, page=page)
    path.write_bytes(content)
    ledger = Ledger("a.xml", len(content), Budgets())
    form = XmlFormat("ankiety/ankieta", ("iso8859_2", "cp1250", "cp852"))
    rows = [row for chunk in read_xml_records(path, form=form, ledger=ledger) for row in chunk.records.to_pylist()]
    assert [row["dane/nazwisko"] for row in rows] == ["Święcicka", "Wąsik & syn"]
    assert {row["_code_page"] for row in rows} == {page}
    assert any("declared as iso8859_2" in warning for warning in ledger.warnings) == (page != "iso8859_2")


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        pytest.param("<a/>", {}, id="nothing"),
        pytest.param("<a>x</a>", {".": "x"}, id="text of the record itself"),
        pytest.param("<a><b>1</b><b>2</b></a>", {"b": "1", "b#2": "2"}, id="an element that comes again"),
        pytest.param("<a><b> x </b></a>", {"b": " x "}, id="blanks are kept"),
        pytest.param("<a>\n <b/>\n</a>", {"b": ""}, id="blanks between elements are none"),
        pytest.param('<s:a xmlns:s="u"><s:b t="1"/></s:a>', {"b": "", "b/@t": "1"}, id="prefixes are left out"),
        pytest.param('<a><b xsi:nil="true"/></a>', {"b": None}, id="nil"),
        pytest.param("<a><b>&#321;&lt;</b></a>", {"b": "Ł<"}, id="references"),
        pytest.param("<a><b><![CDATA[</a>]]></b></a>", {"b": "</a>"}, id="an end tag in CDATA"),
        pytest.param("<a><b>x<c>y</c>z</b></a>", {"b": "xz", "b/c": "y"}, id="mixed content"),
    ],
)
def test_elements_as_paths(element: str, expected: dict[str, Any]) -> None:
    assert parse_element(element) == expected


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        pytest.param("<a><b></a>", "not_well_formed", id="tags cross"),
        pytest.param("<a>B&B</a>", "not_well_formed", id="a bare ampersand"),
        pytest.param("<a>&nbsp;</a>", "not_well_formed", id="an entity nobody defined"),
        pytest.param("<a>\x01</a>", "not_well_formed", id="a control character"),
        pytest.param('<a x="1" x="2"/>', "not_well_formed", id="an attribute twice"),
        pytest.param("<a>" + "<b>" * MAX_DEPTH + "</b>" * MAX_DEPTH + "</a>", "too_deep", id="too deep"),
    ],
)
def test_bad_elements_are_quarantined_alone(tmp_path: Path, element: str, reason: str) -> None:
    with pytest.raises(BadElement):
        parse_element(element)
    bad = element.replace("<a", "<ankieta").replace("</a>", "</ankieta>")
    result = read(tmp_path, of(ONE, bad, TWO))
    assert result.records.column("@id").to_pylist() == ["1", "2"]
    assert reasons(result) == [reason]
    check_spans(result)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        pytest.param(TWO.replace("</ankieta>", "</ankiet>"), "not_well_formed", id="damaged end tag"),
        pytest.param(TWO.replace("</ankieta>", ""), "not_well_formed", id="no end tag"),
        pytest.param(TWO.replace("<ankieta", "<ankiet"), "unknown_element", id="damaged start tag"),
        pytest.param(TWO.replace("<ankieta", "ankieta"), "text_between_records", id="start tag is text"),
        pytest.param(TWO.replace("<ankieta id='2'>", "<ankieta id='2'"), "broken_markup", id="start tag without end"),
        pytest.param("</x>", "broken_markup", id="end tag of nobody"),
        pytest.param("<!ELEMENT>", "broken_markup", id="declaration of nothing"),
        pytest.param("<![CDATA[x]]>", "broken_markup", id="CDATA between records"),
        pytest.param("< >", "broken_markup", id="no tag"),
    ],
)
def test_damage_costs_one_record(tmp_path: Path, bad: str, reason: str) -> None:
    result = read(tmp_path, of(ONE, bad, ONE, ONE))
    assert result.records.num_rows == 3
    assert reasons(result)[0] == reason
    check_spans(result)


def test_elements_beside_the_records(tmp_path: Path) -> None:
    content = of("<naglowek><data>2003</data></naglowek>", ONE, "<stopka/>", "<inne><inne>x</inne></inne>", TWO)
    result = read(tmp_path, content, others="naglowek stopka")
    assert reasons(result) == ["unknown_element"]
    assert result.accounts[0].filler == len("\n<stopka/>\n") + 1
    check_spans(result)


def test_comments_and_instructions_hide_nothing(tmp_path: Path) -> None:
    inside = ONE.replace("<dane>", "<!-- </ankieta> --><?x </ankieta> ?><dane>")
    result = read(tmp_path, of("<!-- <ankieta> -->", inside, "<?php <ankieta> ?>"))
    assert result.records.num_rows == 1 and result.quarantine.num_rows == 0


def test_envelopes_one_after_another(tmp_path: Path) -> None:
    envelope = '<?xml version="1.0"?>\n<s:Envelope xmlns:s="u"><s:Body><Pin><nr>{}</nr></Pin></s:Body></s:Envelope>\n'
    result = read(tmp_path, "".join(envelope.format(n) for n in range(3)).encode(), record="Envelope/Body/*")
    assert result.records.column("nr").to_pylist() == ["0", "1", "2"]
    assert result.quarantine.num_rows == 0
    check_spans(result)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("<E><B><nr>1</nr></B><B><nr>2</nr></B></E>", id="sent as a file"),
        pytest.param("<pages><E><B><nr>1</nr></B></E><E><B><nr>2</nr></B></E></pages>", id="fetched in pages"),
    ],
)
def test_a_kind_whose_files_have_two_shapes(tmp_path: Path, content: str) -> None:
    result = read(tmp_path, content.encode(), record="E/B pages/E/B")
    assert result.records.column("nr").to_pylist() == ["1", "2"] and result.quarantine.num_rows == 0
    check_spans(result)


@pytest.mark.parametrize("record", [pytest.param("E/B E/C", id="two elements"), pytest.param(" ", id="none")])
def test_paths_that_name_no_one_element(tmp_path: Path, record: str) -> None:
    with pytest.raises(ConfigurationError, match=r"options\.record"):
        read(tmp_path, b"<E/>", record=record)


def test_documents_that_are_records(tmp_path: Path) -> None:
    result = read(tmp_path, b"\xef\xbb\xbf<form><a>1</a></form>\n<form/>\n", record="form")
    assert result.records.column("a").to_pylist() == ["1", None] and result.accounts[0].is_balanced


def test_an_undecodable_byte_is_one_cell(tmp_path: Path) -> None:
    content = of(ONE).replace(b">5<", b">\x88<")
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    ledger = Ledger("a.xml", len(content), Budgets())
    form = XmlFormat("*/ankieta", ("cp1250",), required=("ocena",))
    chunk = next(read_xml_records(path, form=XmlFormat("*/ankieta", ("cp1250",)), ledger=ledger))
    rows = chunk.records.to_pylist()
    if rows[0]["_code_page"] == "cp1250":
        assert chunk.issues.to_pylist()[0]["reason"] == "undecodable_byte"
    content = content.replace(b"ISO-8859-2", b"windows-1250")
    path.write_bytes(content)
    ledger = Ledger("a.xml", len(content), Budgets())
    chunk = next(read_xml_records(path, form=form, ledger=ledger))
    assert chunk.quarantine.column("reason").to_pylist() == ["undecodable_byte"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a;b;c\n", id="no XML"),
        pytest.param("<a/>".encode("utf-16"), id="UTF-16"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ankiety/>', id="external entity"),
        pytest.param(b'<!doctype a [<!ENTITY x "&y;&y;">]><ankiety/>', id="billion laughs"),
        pytest.param(b"<ankiety><!ENTITY x></ankiety>", id="entity in the middle"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadData, match=r"byte \d+"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "budgets", "message"),
    [
        pytest.param(of(*[f"<ankieta a{n}='1'/>" for n in range(2001)]), {}, "2000 paths", id="paths"),
        pytest.param(of(ONE, ONE), {"max_records": 1}, "more than 1 records", id="records"),
        pytest.param(of(ONE), {"max_field_chars": 3}, "column dane/nazwisko", id="field"),
    ],
)
def test_budgets_fail_closed(tmp_path: Path, content: bytes, budgets: dict[str, int], message: str) -> None:
    with pytest.raises(BudgetExceeded, match=message):
        read(tmp_path, content, budgets=Budgets(**budgets))


def test_a_record_that_never_ends_is_refused(tmp_path: Path) -> None:
    content = of("<ankieta>" + "x" * 9000)
    with pytest.raises(BudgetExceeded, match="more than 1000 bytes"):
        read(tmp_path, content, budgets=Budgets(max_record_bytes=1000), window_bytes=100)


def test_every_cut_keeps_the_records_before_it(tmp_path: Path) -> None:
    content = of("<!-- x -->", ONE, TWO)
    ends = [content.index(b"</ankieta>") + 10, content.rindex(b"</ankieta>") + 10]
    for length in range(1, len(content)):
        result = read(tmp_path, content[:length])
        check_spans(result)
        assert result.records.num_rows == sum(end <= length for end in ends)
        small = read(tmp_path, content[:length], window_bytes=16, chunk_records=1)
        assert small.records.equals(result.records) and small.quarantine.equals(result.quarantine)


def test_a_file_without_records_has_its_columns(tmp_path: Path) -> None:
    result = read(tmp_path, b"<ankiety/>", columns=("ocena",))
    assert result.records.num_rows == 0 and result.records.schema.names[0] == "ocena"
    assert result.accounts[0].header == 10


def test_a_root_that_does_not_end_is_told(tmp_path: Path) -> None:
    assert "before its root element" in read(tmp_path, of(ONE, tail="\n")).warnings[0]


MARKUP = (
    "< > / <ankiety> </ankiety> <ankieta> </ankieta> <ankieta/> <b> </b> <!-- --> <![CDATA[ ]]> <? ?> <! & &amp; : ="
)
PIECES = st.sampled_from((*MARKUP.split(), '"', "'", " ", "\n", "x", "Ł", "<a:b c='1'>", "\0"))


@settings(deadline=None, max_examples=400)
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.lists(PIECES, max_size=40).map(lambda pieces: ("<ankiety>" + "".join(pieces)).encode()),
    ),
    window=st.sampled_from((7, 64, 2**20)),
)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes, window: int) -> None:
    try:
        check_spans(read(tmp_path_factory.getbasetemp(), content, window_bytes=window, others="b"))
    except BlekitError as exc:
        assert isinstance(exc, BadData)
