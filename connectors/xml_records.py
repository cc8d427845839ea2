"""XML files of repeated elements: web forms, satisfaction surveys, SOAP envelopes one after another.

Real files name a charset they are not written in, end in the middle, and hold one record that is not well-formed among
thousands that are. So records are cut out first (:mod:`connectors.xml_scan`) and parsed one by one
(:mod:`connectors.xml_parse`); a bad one goes to quarantine alone, the file's rest is kept. The charset is chosen per
record: the declared one unless another is clearly better.

Columns are the paths that occur in the file, those named by the kind first, so the file is read twice: once for its
paths, once for its texts (only once where one chunk holds it). No document type is accepted, hence no entity of the
sender's making.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.errors import BadData, BudgetExceeded, ConfigurationError
from connectors.charsets import candidates, choose_charsets
from connectors.model import Ledger, RawChunk, Span, reason_number
from connectors.text_records import TextRecord, storable_record, text_chunk
from connectors.window import WINDOW_BYTES, Window
from connectors.xml_parse import BadElement, parse_element
from connectors.xml_scan import RecordPath, Scanner, ScanState

MAX_COLUMNS = 2_000
_UNDECODABLE = reason_number("undecodable_byte")
_Batch = tuple[list[TextRecord], list[Span]]
_SUBSTITUTE = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True)
class XmlFormat:
    """Which elements are records, and what they may be written in."""

    record: str
    """Path of the record element from the root, without prefixes: ``ankiety/ankieta``, ``Envelope/Body/*``; where files
    of one kind come in several shapes, the paths of all of them with blanks between."""
    pages: tuple[str, ...]
    """What the file is taken for where it declares nothing, then the others that occur."""
    columns: tuple[str, ...] = ()
    """Paths that are columns even where no record of the file has them."""
    others: str = ""
    """Elements beside the records that are known and not wanted, by name."""
    required: tuple[str, ...] = ()


def xml_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> XmlFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    if "record" not in options:
        raise ConfigurationError(
            f"kind {kind}: options.record: missing", hint="Name the record element from the root: ankiety/ankieta"
        )
    return XmlFormat(
        record=str(options["record"]),
        pages=pages,
        columns=tuple(str(options.get("columns", "")).split()),
        others=str(options.get("others", "")),
        required=required,
    )


def read_xml_records(
    path: Path,
    *,
    form: XmlFormat,
    ledger: Ledger,
    chunk_records: int = 50_000,
    window_bytes: int = WINDOW_BYTES,
) -> Iterator[RawChunk]:
    """Chunks of a file in file order; at least one.

    Raises:
        BadData: the file has a document type, or is UTF-16.
    """
    if not ledger.size:
        raise BadData(f"{ledger.file}: byte 0: an XML element was expected", hint="Ask the sender for the file again")
    has_any = False
    names, batches = _first_pass(path, form=form, ledger=ledger, most=chunk_records, window_bytes=window_bytes)
    if batches is None:
        batches = _parsed(path, form=form, ledger=ledger, window_bytes=window_bytes)
    for records, spans in batches:
        for first in range(0, len(records) or len(spans[:1]), chunk_records):
            has_any = True
            yield text_chunk(
                records[first : first + chunk_records],
                names=names,
                spans=spans if first == 0 else [],
                required=form.required,
                ledger=ledger,
            )
    if not has_any:
        yield text_chunk([], names=names, spans=[], required=form.required, ledger=ledger)


def _first_pass(
    path: Path, *, form: XmlFormat, ledger: Ledger, most: int, window_bytes: int
) -> tuple[tuple[str, ...], Iterable[_Batch] | None]:
    """The columns of the file; and all of it, booked, where it has few enough records to be kept."""
    names = dict.fromkeys(form.columns)
    aside = Ledger(ledger.file, ledger.size, ledger.budgets)
    kept: list[_Batch] = []
    count = 0
    for batch in _parsed(path, form=form, ledger=aside, window_bytes=window_bytes):
        for record in batch[0]:
            names.update(dict.fromkeys(record.values))
            if len(names) > MAX_COLUMNS:
                raise BudgetExceeded(
                    f"{ledger.file}: byte {record.offset}: more than {MAX_COLUMNS} paths in one file",
                    hint="options.record names an element that is no record, or the file is damaged",
                )
        count += len(batch[0]) + len(batch[1])
        if count <= most:
            kept.append(batch)
    if count > most:
        return tuple(names), None
    for heading, length in aside.booked.items():
        ledger.book(heading, length)
    for warning in aside.warnings:
        ledger.warn(warning)
    return tuple(names), kept


def _parsed(path: Path, *, form: XmlFormat, ledger: Ledger, window_bytes: int) -> Iterator[_Batch]:
    """Records and spans of each view."""
    state = ScanState(RecordPath.of(form.record, others=form.others))
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            found = Scanner(view, state=state, ledger=ledger).scan()
            window.consume(found.consumed)
            texts = [view.data[start:end].tobytes() for start, end in found.records]
            offsets = [view.offset + start for start, _ in found.records]
            pages = candidates(state.declared, pages=form.pages)
            records, spans = _parse(texts, offsets=offsets, pages=pages, ledger=ledger)
            yield records, [*found.spans, *spans]


def _parse(texts: list[bytes], *, offsets: list[int], pages: tuple[str, ...], ledger: Ledger) -> _Batch:
    records: list[TextRecord] = []
    spans: list[Span] = []
    for data, offset, page in zip(texts, offsets, choose_charsets(texts, pages=pages), strict=True):
        if page != pages[0]:
            ledger.warn(f"{ledger.file}: declared as {pages[0]}, records in {page}")
        try:
            records.append(_record(data, offset=offset, page=page))
        except BadElement as exc:
            reason, at = exc.args
            spans.append(Span(offset, len(data), reason, f"around byte {offset + at}"))
    return records, spans


def _record(data: bytes, *, offset: int, page: str) -> TextRecord:
    try:
        text, is_strict = data.decode(page), True
    except UnicodeDecodeError:
        # Some cell has a byte without character: only that one is bad, and this finds out which.
        text, is_strict = data.decode(page, "replace"), False
    values = parse_element(text)
    bad = {} if is_strict else {n: _UNDECODABLE for n, value in values.items() if value and _SUBSTITUTE in value}
    return storable_record(
        offset, len(data), page=page, values={n: None if n in bad else v for n, v in values.items()}, reasons=bad
    )
