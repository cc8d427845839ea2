"""SOAP services that hand out records page by page, landed as one XML file.

The file has a root of ours around the pages, each an envelope exactly as it came::

    <?xml version="1.0" encoding="ISO-8859-2"?>
    <pages>
    <soap:Envelope …>…</soap:Envelope>
    </pages>

A page that did not come, or came half, is asked for again a few times, with longer and longer waits; then the whole
fetch gives up and nothing of it is a delivery.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from config.errors import (
    BlekitError,
    BudgetExceeded,
    ConfigurationError,
    ControlTotalsDiffer,
    PermissionDenied,
    SourceContractBroken,
    SourceUnavailable,
)
from config.kinds import Kind
from config.services import PageService
from connectors.http_pages import WRAPPER, CutPage, Page, read_page, request_of

WAITS = (0.5, 2.0, 8.0)
"""Seconds before each further try of one page."""

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_LATER = (408, 425, 429, 500, 502, 503, 504)
_SERVER_ERROR = 500


@dataclass(frozen=True)
class SoapServer:
    """Where a service answers and as whom we ask."""

    url: str
    user: str = ""
    password: str | None = None


@dataclass(frozen=True)
class PulledPages:
    """What was written of a service."""

    pages: int
    records: int


def pull_pages(
    path: Path,
    *,
    server: SoapServer,
    kind: Kind,
    source_id: str,
    since: dt.date | None,
    until: dt.date,
    wait: Callable[[float], None] = time.sleep,
    timeout: httpx.Timeout = _TIMEOUT,
) -> PulledPages:
    """Write all pages of an answer into one file.

    Args:
        path: file to write.
        server: where.
        kind: names operation, parameters and elements.
        source_id: for messages.
        since: day from which records are wanted; None for all.
        until: last day.
        wait: how to wait between tries.
        timeout: how long to wait for the service.

    Raises:
        SourceUnavailable: the service did not answer in time, or each try of a page was cut.
        SourceContractBroken: it does not understand the request, or its answer is not what the kind says.
        ControlTotalsDiffer: it counted another number of records than it sent.
        BadData: an answer that is no XML, or has a DOCTYPE.
        BudgetExceeded: more or larger pages than allowed.
        PermissionDenied: it refused the account.
    """
    service = kind.service
    if not isinstance(service, PageService):
        raise ConfigurationError(f"kind {kind.kind}: service: no pages", hint="Its YAML needs service.fetch: http")
    with _client(server, timeout=timeout) as client:
        caller = _Caller(client, server.url, service=service, source_id=source_id, wait=wait)
        pages = _pages(caller, service=service, source_id=source_id, since=since, until=until)
        return _write(path, pages, kind=kind, source_id=source_id)


def _client(server: SoapServer, *, timeout: httpx.Timeout) -> httpx.Client:
    return httpx.Client(
        timeout=timeout,
        auth=httpx.BasicAuth(server.user, server.password or "") if server.user else None,
        # No redirects, no proxy from the environment: the account is shown to the configured address only.
        follow_redirects=False,
        trust_env=False,
        # Pages are kept as they come; and a compressed one could be a bomb.
        headers={"Accept-Encoding": "identity"},
    )


def _pages(
    caller: _Caller, *, service: PageService, source_id: str, since: dt.date | None, until: dt.date
) -> Iterator[Page]:
    cursor: str | None = None
    asked: set[str | None] = set()
    while cursor not in asked:
        if len(asked) == service.max_pages:
            raise BudgetExceeded(f"{source_id}: more than {service.max_pages} pages")
        asked.add(cursor)
        page = caller.page(request_of(service, since=since, until=until, cursor=cursor))
        yield page
        if page.cursor is None:
            return
        cursor = page.cursor
    raise SourceContractBroken(f"{source_id}: page {len(asked) + 1}: the service repeats a cursor, without end")


def _write(path: Path, pages: Iterator[Page], *, kind: Kind, source_id: str) -> PulledPages:
    count = records = size = 0
    encoding, total = "", None
    with path.open("wb") as file:
        for page in pages:
            if not encoding:
                encoding = page.encoding
                size += file.write(f'<?xml version="1.0" encoding="{encoding}"?>\n<{WRAPPER}>\n'.encode("ascii"))
            if page.encoding != encoding:
                raise SourceContractBroken(f"{source_id}: a page in {page.encoding} after one in {encoding}")
            size += file.write(page.content.rstrip() + b"\n")
            count, records, total = count + 1, records + page.records, page.total if page.total is not None else total
            if size > kind.budgets.max_file_bytes or records > kind.budgets.max_records:
                raise BudgetExceeded(
                    f"{source_id}: more than {kind.budgets.max_records} records or {kind.budgets.max_file_bytes} bytes",
                    hint=f"Raise budgets in config/kinds/{kind.kind}.yml if this is right",
                )
        file.write(f"</{WRAPPER}>\n".encode("ascii"))
    if total is not None and total != records:
        raise ControlTotalsDiffer(
            f"{source_id}: {records} records on {count} pages, the service counts {total}",
            hint="Records were added or lost between two pages: fetch again",
        )
    return PulledPages(count, records)


class _Caller:
    """Asks for pages, and asks again."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        *,
        service: PageService,
        source_id: str,
        wait: Callable[[float], None],
    ) -> None:
        self._client = client
        self._url = url
        self._service = service
        self._source_id = source_id
        self._wait = wait

    def page(self, request: bytes) -> Page:
        """A page, after as many tries as :data:`WAITS` allows."""
        for seconds in WAITS:
            try:
                return self._try(request)
            except SourceUnavailable:
                self._wait(seconds)
        return self._try(request)

    def _try(self, request: bytes) -> Page:
        status, content = self._asked(request)
        # A server error explains itself in a fault; without one it is only a number.
        if status != httpx.codes.OK and not (status == _SERVER_ERROR and b"Fault" in content):
            raise self._refused(status)
        try:
            return read_page(content, service=self._service, source_id=self._source_id)
        except CutPage as exc:
            raise self._unavailable("half a page") from exc

    def _asked(self, request: bytes) -> tuple[int, bytes]:
        try:
            return self._post(request)
        except httpx.TransportError as exc:
            raise self._unavailable(type(exc).__name__) from exc
        except httpx.InvalidURL as exc:
            raise ConfigurationError(f"{self._source_id}: the url of its location is none") from exc

    def _post(self, request: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{self._service.action}"'}
        content = bytearray()
        with self._client.stream("POST", self._url, content=request, headers=headers) as response:
            if response.headers.get("content-encoding", "identity") != "identity":
                raise SourceContractBroken(f"{self._source_id}: the service compresses although nobody asked it to")
            for block in response.iter_raw():
                content += block
                if len(content) > self._service.max_page_bytes:
                    raise BudgetExceeded(
                        f"{self._source_id}: a page of more than {self._service.max_page_bytes} bytes",
                        hint="Lower service.page_size, or raise max_page_bytes, in the kind's YAML",
                    )
            return response.status_code, bytes(content)

    def _refused(self, status: int) -> BlekitError:
        if status in (401, 403):
            return PermissionDenied(
                f"{self._source_id}: the service refused this account ({status})", hint="Check user and password file"
            )
        if status in _LATER:
            return self._unavailable(f"status {status}")
        return SourceContractBroken(f"{self._source_id}: status {status}", hint="Correct the url of its location")

    def _unavailable(self, why: str) -> SourceUnavailable:
        return SourceUnavailable(f"{self._source_id}: the service did not answer ({why})")
