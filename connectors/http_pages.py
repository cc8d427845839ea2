"""Pages of a SOAP service: the request, and what an answer holds.

An answer is read by lxml without entities, DTDs or network, and refused when it brings a DOCTYPE: no service of ours
needs one, and every trick with entities does. The bytes of a page are kept as they came; only the XML declaration is
taken off, because the file that holds all pages has one of its own.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

from lxml import etree

from config.errors import BadData, BlekitError, SourceContractBroken, SourceUnavailable
from config.services import PageService

_ENVELOPES = ("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>\s*")
_MARK = b"\xef\xbb\xbf"
_CALLERS_FAULT = ("Client", "Sender", "VersionMismatch", "MustUnderstand")

WRAPPER = "pages"
"""Root element of a delivery; its children are the pages, each an envelope as it came."""


@dataclass(frozen=True)
class Page:
    """What one answer holds."""

    content: bytes
    """As it came, without XML declaration and byte order mark."""
    encoding: str
    records: int
    cursor: str | None
    """What to ask for next; None on the last page."""
    total: int | None
    """Records of the whole answer, where the service counts them."""


class CutPage(Exception):
    """XML that ends too early: the line was cut."""


def request_of(service: PageService, *, since: dt.date | None, until: dt.date, cursor: str | None) -> bytes:
    """The envelope that asks for a page; parameters without a value are left out."""
    values: Mapping[str, str | None] = {
        "since": since.isoformat() if since else None,
        "until": until.isoformat(),
        "cursor": cursor,
        "page_size": str(service.page_size),
    }
    asked = [(element, values[what]) for element, what in service.parameters.items()]
    body = "".join(f"<b:{element}>{escape(value)}</b:{element}>" for element, value in asked if value is not None)
    namespace = escape(service.namespace, {'"': "&quot;"})
    return (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{_ENVELOPES[0]}" xmlns:b="{namespace}">'
        f"<s:Body><b:{service.operation}>{body}</b:{service.operation}></s:Body></s:Envelope>"
    ).encode()


def read_page(content: bytes, *, service: PageService, source_id: str) -> Page:
    """What an answer holds.

    Raises:
        CutPage: it ends too early.
        SourceUnavailable: a fault of the service.
        SourceContractBroken: a fault of the request, or an answer without an envelope.
        BadData: a DOCTYPE, or no XML.
    """
    root = _parse(content, source_id=source_id)
    if root.tag not in [f"{{{namespace}}}Envelope" for namespace in _ENVELOPES]:
        raise SourceContractBroken(
            f"{source_id}: the answer is no SOAP envelope", hint="Correct the url of its location"
        )
    found: dict[str, list[etree._Element]] = {name: [] for name in (service.record, service.cursor, "Fault")}
    total = service.total or ""
    found.setdefault(total, [])
    for element in root.iter(etree.Element):
        if (name := etree.QName(element).localname) in found:
            found[name].append(element)
    # Only right below the body: a record may well have an element of that name.
    faults = [each for each in found["Fault"] if (above := each.getparent()) is not None and _is_body(above)]
    if faults:
        raise _fault(faults[0], source_id=source_id)
    return Page(
        content=_DECLARATION.sub(b"", content.removeprefix(_MARK)),
        encoding=_encoding(root, source_id=source_id),
        records=len(found[service.record]),
        cursor=_text(found[service.cursor]),
        total=_count(_text(found[total]) if total else None, source_id=source_id),
    )


def _parse(content: bytes, *, source_id: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        if not re.search(rb"Envelope>\s*$", content):
            raise CutPage from exc
        # The parser's message quotes the document: only the place is told.
        raise BadData(f"{source_id}: a page is not XML: line {exc.lineno}, column {exc.offset}") from exc
    if root.getroottree().docinfo.doctype:
        raise BadData(f"{source_id}: a page with a DOCTYPE", hint="Entities are never read; ask for pages without")
    return root


def _is_body(element: etree._Element) -> bool:
    return etree.QName(element).localname == "Body" and etree.QName(element).namespace in _ENVELOPES


def _encoding(root: etree._Element, *, source_id: str) -> str:
    encoding = str(root.getroottree().docinfo.encoding or "UTF-8").upper()
    if encoding.startswith(("UTF-16", "UTF-32", "UCS")):
        # Pages are laid one after another between ASCII tags.
        raise SourceContractBroken(f"{source_id}: pages in {encoding} are not taken")
    return encoding


def _fault(fault: etree._Element, *, source_id: str) -> BlekitError:
    """A fault as our error, by its code; its text may tell of a customer and stays out."""
    texts = [element.text or "" for element in fault.iter(etree.Element) if _local(element) in ("faultcode", "Value")]
    code = re.sub(r"[^A-Za-z0-9.]", "", (texts[0] if texts else "").strip().rpartition(":")[2])[:40]
    if code.partition(".")[0] in _CALLERS_FAULT:
        return SourceContractBroken(
            f"{source_id}: the service refused the request (SOAP fault {code})",
            hint="Compare service.operation, action and parameters of the kind with its WSDL",
        )
    return SourceUnavailable(f"{source_id}: the service failed (SOAP fault {code or 'without a code'})")


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _text(elements: list[etree._Element]) -> str | None:
    texts = [(element.text or "").strip() for element in elements]
    return next((text for text in texts if text), None)


def _count(text: str | None, *, source_id: str) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise SourceContractBroken(f"{source_id}: the total of an answer is no number")
    return int(text)
