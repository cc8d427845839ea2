"""SOAP services on loopback: pages as they came, asked for again when they came half, and faults as coded errors."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from config.errors import (
    BadData,
    BudgetExceeded,
    ConfigurationError,
    ControlTotalsDiffer,
    PermissionDenied,
    SourceContractBroken,
    SourceUnavailable,
)
from config.kinds import Budgets, Kind
from connectors import read_delivery
from connectors.http_pages import CutPage, read_page, request_of
from connectors.http_soap import WAITS, PulledPages, SoapServer, pull_pages
from connectors.manifest_writing import write_manifest
from estate.services.soap import Dialect, SoapService, write_service

USER, PASSWORD = "blekit", "hasło"
RECORDS = [
    f'<zgloszenie dzien="2003-09-{day:02d}"><nr>{day}</nr><kto>Święcicka Łucja</kto>'
    f"<tresc>{day} &lt; 99</tresc></zgloszenie>"
    for day in range(1, 26)
]
UNTIL = dt.date(2003, 9, 30)


def make_kind(**changes: Any) -> Kind:
    service = {
        "fetch": "http", "namespace": "urn:konto:zgloszenia", "operation": "PobierzZgloszenia",
        "parameters": {"odDnia": "since", "doDnia": "until", "kursor": "cursor", "ile": "page_size"},
        "record": "zgloszenie", "cursor": "nastepny", "total": "razem", "page_size": 10,
    } | changes.pop("service", {})  # fmt: skip
    values = {
        "kind": "zz", "title": "t", "format": "informix_unload", "code_page": "iso8859_2", "files": {"main": "z.xml"},
        "key": ("nr",), "columns": {"nr": "account_number"}, "service": service,
    }  # fmt: skip
    return Kind.model_validate(values | changes)


class Asker:
    """Asks a service as the product does, without really waiting."""

    def __init__(self, served: SoapService, path: Path) -> None:
        self.served = served
        self.path = path
        self.waited: list[float] = []
        self.server = SoapServer(served.url("portal"), USER, PASSWORD)

    def ask(self, kind: Kind | None = None, *, since: dt.date | None = None, until: dt.date = UNTIL) -> PulledPages:
        return pull_pages(
            self.path,
            server=self.server,
            kind=kind or make_kind(),
            source_id="zt00-test",
            since=since,
            until=until,
            wait=self.waited.append,
            timeout=httpx.Timeout(1.0),
        )

    def numbers(self) -> list[int]:
        root = etree.parse(self.path).getroot()
        return [int(each.text) for each in root.iter("{urn:konto:zgloszenia}nr")]


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    write_service(tmp_path / "served" / "portal", Dialect(), RECORDS)
    with SoapService(tmp_path / "served", user=USER, password=PASSWORD) as served:
        yield Asker(served, tmp_path / "z.xml")


# -- what is landed ---


def test_all_pages_in_one_file(asker: Asker) -> None:
    assert asker.ask() == PulledPages(pages=3, records=25)
    assert asker.numbers() == list(range(1, 26))


def test_pages_are_kept_as_they_came(asker: Asker) -> None:
    asker.ask()
    content = asker.path.read_bytes()
    assert content.startswith(b'<?xml version="1.0" encoding="ISO-8859-2"?>\n<pages>\n<soap:Envelope')
    assert content.count("<kto>Święcicka Łucja</kto><tresc>1 &lt; 99</tresc>".encode("iso8859_2")) == 1
    assert content.count(b"<?xml") == 1 and content.endswith(b"</soap:Envelope>\n</pages>\n")


def test_asking_twice_gives_the_same_bytes(asker: Asker) -> None:
    asker.ask()
    first = asker.path.read_bytes()
    asker.ask()
    assert asker.path.read_bytes() == first


def test_a_span_of_days(asker: Asker) -> None:
    asker.ask(since=dt.date(2003, 9, 5), until=dt.date(2003, 9, 7))
    assert asker.numbers() == [5, 6, 7]


def test_a_span_without_records(asker: Asker) -> None:
    assert asker.ask(until=dt.date(2001, 1, 1)) == PulledPages(1, 0)
    assert asker.numbers() == []


# -- what goes wrong ---


@pytest.mark.parametrize("mishap", ["503", "500", "429", "drop", "half", "cut", "hang", "fault:soap:Server"])
def test_a_mishap_is_asked_again(asker: Asker, mishap: str) -> None:
    asker.served.mishaps = ["", mishap]
    assert asker.ask().records == 25
    assert asker.waited == [WAITS[0]]


@pytest.mark.parametrize("mishap", ["503", "drop", "half", "cut", "fault:soap:Server.Busy", "fault:s:Receiver"])
def test_at_last_it_gives_up(asker: Asker, mishap: str) -> None:
    asker.served.mishaps = [mishap] * 9
    with pytest.raises(SourceUnavailable):
        asker.ask()
    assert asker.waited == list(WAITS) and asker.served.requests == len(WAITS) + 1


@pytest.mark.parametrize(
    ("mishap", "error"),
    [
        pytest.param("fault:soap:Client", SourceContractBroken, id="the request is wrong"),
        pytest.param("fault:s12:Sender", SourceContractBroken, id="the request is wrong, SOAP 1.2"),
        pytest.param("404", SourceContractBroken, id="nothing there"),
        pytest.param("302", SourceContractBroken, id="somewhere else"),
        pytest.param("403", PermissionDenied, id="not for us"),
        pytest.param("doctype", BadData, id="DOCTYPE"),
        pytest.param("gzip", SourceContractBroken, id="compressed"),
        pytest.param("loop", SourceContractBroken, id="a cursor without end"),
    ],
)
def test_what_asking_again_does_not_help(asker: Asker, mishap: str, error: type[Exception]) -> None:
    asker.served.mishaps = ["", mishap, mishap]
    with pytest.raises(error):
        asker.ask()
    assert asker.waited == []


def test_a_fault_tells_nothing_of_a_customer(asker: Asker) -> None:
    asker.served.mishaps = ["fault:soap:Client"]
    with pytest.raises(SourceContractBroken) as caught:
        asker.ask()
    assert "NOWAK" not in str(caught.value) and "Client" in str(caught.value)


def test_a_wrong_password(asker: Asker) -> None:
    asker.server = SoapServer(asker.served.url("portal"), USER, "zgaduję")
    with pytest.raises(PermissionDenied) as caught:
        asker.ask()
    assert "zgaduję" not in str(caught.value)


def test_nobody_listens(asker: Asker) -> None:
    asker.server = SoapServer("http://127.0.0.1:1/portal")
    with pytest.raises(SourceUnavailable, match="ConnectError"):
        asker.ask()


def test_records_that_went_between_two_pages(asker: Asker) -> None:
    kind = make_kind(service={"record": "kto", "total": "razem"})
    write_service(asker.path.parent / "served" / "portal", Dialect(), [RECORDS[0] + RECORDS[1]])
    with pytest.raises(ControlTotalsDiffer, match="2 records"):
        asker.ask(kind)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"service": {"max_page_bytes": 300}}, id="a large page"),
        pytest.param({"service": {"max_pages": 2}}, id="many pages"),
        pytest.param({"budgets": Budgets(max_records=15)}, id="many records"),
        pytest.param({"budgets": Budgets(max_file_bytes=3000)}, id="a large file"),
    ],
)
def test_budgets(asker: Asker, changes: Any) -> None:
    with pytest.raises(BudgetExceeded):
        asker.ask(make_kind(**changes))


def test_an_operation_the_service_does_not_know(asker: Asker) -> None:
    with pytest.raises(SourceContractBroken, match="Client"):
        asker.ask(make_kind(service={"operation": "Inna"}))


def test_a_kind_without_pages(asker: Asker) -> None:
    with pytest.raises(ConfigurationError):
        asker.ask(make_kind().model_copy(update={"service": None}))


# -- the parts ---

ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{}</s:Body></s:Envelope>'


def page_of(content: bytes) -> Any:
    service: Any = make_kind().service
    return read_page(content, service=service, source_id="zt00-test")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(b"", CutPage, id="nothing"),
        pytest.param(ENVELOPE.format("x").encode()[:-3], CutPage, id="cut"),
        pytest.param(ENVELOPE.format("&x;").encode(), BadData, id="entity"),
        pytest.param(b"<!DOCTYPE a>" + ENVELOPE.format("").encode(), BadData, id="doctype"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>' + ENVELOPE.format("&b;").encode(), BadData,
            id="external entity",
        ),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "' + b"&b;" * 999 + b'">]>' + ENVELOPE.format("&c;").encode(),
            BadData, id="bomb",
        ),
        pytest.param(b"<a>\xff</a></s:Envelope>", BadData, id="wrong code page"),
        pytest.param(b"<html></html>", SourceContractBroken, id="another answer"),
        pytest.param(ENVELOPE.format("<razem>wiele</razem>").encode(), SourceContractBroken, id="no count"),
        pytest.param(
            '<?xml version="1.0" encoding="utf-16"?>'.encode("utf-16") + ENVELOPE.format("").encode("utf-16-le"),
            SourceContractBroken, id="UTF-16",
        ),
    ],
)  # fmt: skip
def test_answers_that_are_none(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        page_of(content)


def test_a_record_may_be_called_fault(tmp_path: Path) -> None:
    page = page_of(ENVELOPE.format("<o><Fault>naprawiona</Fault><zgloszenie/></o>").encode())
    assert (page.records, page.cursor, page.total) == (1, None, None)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert page_of(b"\xef\xbb\xbf" + ENVELOPE.format("").encode()).content.startswith(b"<s:Envelope")


def test_a_cursor_is_a_value_not_markup() -> None:
    service: Any = make_kind().service
    request = request_of(service, since=None, until=UNTIL, cursor="<x>&")
    root = etree.fromstring(request)
    assert [each.text for each in root[0][0]] == ["2003-09-30", "<x>&", "10"]


def test_the_reader_of_xml_takes_the_pages(asker: Asker) -> None:
    options = {
        "record": "pages/Envelope/Body/PobierzZgloszeniaOdpowiedz/zgloszenie", "columns": "nr kto tresc @dzien",
        "others": "nastepny razem",
    }  # fmt: skip
    kind = make_kind(format="xml_records", options=options)
    asker.ask(kind)
    control, folder = {"records": 25}, asker.path.parent
    manifest = write_manifest(
        folder, source_id="zt00-test", business_date=UNTIL, sequence=1, names=["z.xml"], control=control
    )
    reader = read_delivery(folder, manifest=manifest, kind=kind)
    rows = [row for chunk in reader.chunks() for row in chunk.records.to_pylist()]
    assert (len(rows), reader.quarantined) == (25, 0)
    assert (rows[0]["kto"], rows[0]["tresc"]) == ("Święcicka Łucja", "1 < 99")
