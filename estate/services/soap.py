"""The simulated SOAP service: records of a folder, page by page, on the loopback interface, with mishaps on order.

A folder holds ``service.json`` (operation, namespace, names of elements and the encoding of answers) and
``records.tsv``: the day a record came in and its element in UTF-8, one per line, in the order of days.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lxml import etree

LOOPBACK = "127.0.0.1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
RECORDS = "records.tsv"
"""What a service holds, in its folder."""


@dataclass(frozen=True)
class Dialect:
    """How one service speaks."""

    operation: str = "PobierzZgloszenia"
    namespace: str = "urn:konto:zgloszenia"
    since: str = "odDnia"
    until: str = "doDnia"
    cursor: str = "kursor"
    page_size: str = "ile"
    next_cursor: str = "nastepny"
    total: str = "razem"
    encoding: str = "ISO-8859-2"
    response: str = ""
    """Element of an answer; by default the operation with ``Odpowiedz`` behind it."""
    prefix: str = ""
    """Of every element of the namespace; without one it is the namespace of what has no prefix."""


def write_service(folder: Path, dialect: Dialect, records: Sequence[str], *, days: Sequence[str] | None = None) -> None:
    """Write what a service serves.

    Args:
        folder: of the service.
        dialect: how it speaks.
        records: elements without line feeds, oldest first.
        days: when each came in, ``2003-09-22``; what its attribute ``dzien`` says where nothing is given.
    """
    folder.mkdir(parents=True, exist_ok=True)
    dated = zip([_day(record) for record in records] if days is None else days, records, strict=True)
    (folder / RECORDS).write_text("".join(f"{day}\t{record}\n" for day, record in dated), encoding="utf-8")
    (folder / "service.json").write_text(json.dumps(asdict(dialect), indent=1), encoding="utf-8")


class SoapService:
    """A server of the folders below one folder: ``/<name>`` answers from ``<folder>/<name>``.

    Use it as a context manager. ``mishaps`` are taken one per request: ``503``, ``hang``, ``drop`` (the line goes dead
    before the answer), ``half`` (in its middle), ``cut`` (half an answer that claims to be whole), ``fault:<code>``,
    ``doctype``, ``gzip`` and ``loop`` (the cursor of this page once more); an empty text is none.
    """

    def __init__(self, folder: Path, *, user: str = "", password: str = "") -> None:
        self.mishaps: list[str] = []
        self.requests = 0
        outer = self

        class Handler(_Handler):
            service = outer

        self._folder = folder
        self._expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode() if user else None
        self._server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, name="soap", daemon=True)

    def url(self, name: str) -> str:
        """Where a folder is served."""
        return f"http://{LOOPBACK}:{self.port}/{name}"

    def __enter__(self) -> SoapService:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next_mishap(self) -> str:
        """What goes wrong with this request."""
        self.requests += 1
        return self.mishaps.pop(0) if self.mishaps else ""

    def is_welcome(self, authorization: str | None) -> bool:
        """Whether the caller may ask."""
        return self._expected is None or authorization == self._expected

    def folder_of(self, path: str) -> Path | None:
        """The folder behind a path; None when nothing is served there."""
        folder = self._folder / path.strip("/")
        return folder if "/" not in path.strip("/") and (folder / "service.json").is_file() else None


class _Handler(BaseHTTPRequestHandler):
    service: SoapService
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a request names people."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        mishap = self.service.next_mishap()
        folder = self.service.folder_of(self.path)
        if mishap == "hang":
            time.sleep(2)
        if mishap in ("hang", "drop"):
            self._hang_up()
        elif mishap.isdigit():
            self._answer(int(mishap), b"<html>later</html>")
        elif not self.service.is_welcome(self.headers.get("Authorization")):
            self._answer(401, b"")
        elif folder is None:
            self._answer(404, b"")
        elif mishap.startswith("fault:"):
            self._answer(500, _fault(mishap.removeprefix("fault:")))
        else:
            self._page(folder, body, mishap)

    def _page(self, folder: Path, body: bytes, mishap: str) -> None:
        dialect = Dialect(**json.loads((folder / "service.json").read_text(encoding="utf-8")))
        asked = _asked(body, dialect)
        if asked is None:
            self._answer(500, _fault("soap:Client"))
            return
        content = _answer_to(folder, dialect, asked, is_loop=mishap == "loop")
        if mishap == "doctype":
            content = content.replace(b"?>", b'?><!DOCTYPE x [<!ENTITY y "z">]>', 1)
        if mishap == "half":
            self._answer(200, content[: len(content) // 2], length=len(content))
            self._hang_up()
        elif mishap == "cut":
            self._answer(200, content[: len(content) // 2])
        elif mishap == "gzip":
            self._answer(200, content, encoding="gzip")
        else:
            self._answer(200, content)

    def _answer(self, status: int, content: bytes, *, length: int | None = None, encoding: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content) if length is None else length))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _asked(body: bytes, dialect: Dialect) -> dict[str, str] | None:
    """Parameters of a request; None when it asks for something else."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    operation = etree.fromstring(body, parser).find(f".//{{{dialect.namespace}}}{dialect.operation}")
    if operation is None:
        return None
    return {str(etree.QName(each).localname): each.text or "" for each in operation}


def _answer_to(folder: Path, dialect: Dialect, asked: dict[str, str], *, is_loop: bool) -> bytes:
    lines = (folder / RECORDS).read_text(encoding="utf-8").split("\n")[:-1]
    since, until = asked.get(dialect.since, ""), asked.get(dialect.until, "9999")
    wanted = [record for day, _, record in (line.partition("\t") for line in lines) if since <= day <= until]
    first, size = int(asked.get(dialect.cursor) or 0), int(asked.get(dialect.page_size) or 100)
    page = wanted[first : first + size]
    following = first if is_loop else first + size
    before = f"{dialect.prefix}:" if dialect.prefix else ""
    cursor, total, response = (
        before + name
        for name in (dialect.next_cursor, dialect.total, dialect.response or f"{dialect.operation}Odpowiedz")
    )
    more = f"<{cursor}>{following}</{cursor}>" if following < len(wanted) else ""
    inner = "".join(f"{record}\n" for record in page) + more + f"<{total}>{len(wanted)}</{total}>"
    declared = f"xmlns:{dialect.prefix}" if dialect.prefix else "xmlns"
    text = (
        f'<?xml version="1.0" encoding="{dialect.encoding}"?>\n<soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Body>'
        f'<{response} {declared}="{dialect.namespace}">\n{inner}</{response}></soap:Body></soap:Envelope>\n'
    )
    return text.encode(dialect.encoding, "xmlcharrefreplace")


def _day(record: str) -> str:
    return record.partition('dzien="')[2][:10]


def _fault(code: str) -> bytes:
    return (
        f'<?xml version="1.0"?><soap:Envelope xmlns:soap="{ENVELOPE}"><soap:Body><soap:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>Blad dla klienta JAN NOWAK</faultstring>"
        "</soap:Fault></soap:Body></soap:Envelope>"
    ).encode()
