"""The registry of readers: which function reads which format, and what options of a kind it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.errors import BugError, ConfigurationError
from config.kinds import FOLDER, Kind
from config.own import KINDS_NAME, own_files
from connectors.access_log import AccessLogFormat, read_access_log
from connectors.amounts import AMOUNT_OPTIONS
from connectors.ber import read_ber
from connectors.ber_form import BER_OPTIONS, ber_format
from connectors.dbf.reader import DbfFormat, read_table
from connectors.delimited import DelimitedFormat, read_delimited
from connectors.ebcdic.copybook import Item, parse_copybook, record_named
from connectors.ebcdic.form import EbcdicFormat, Segments
from connectors.ebcdic.frames import RECORD_FORMATS
from connectors.ebcdic.reader import read_records
from connectors.elixir import ElixirFormat, read_elixir
from connectors.fixed_width import read_fixed_width
from connectors.fixed_width_form import FIXED_WIDTH_OPTIONS, fixed_width_format
from connectors.informix_unload import UnloadFormat, read_unload
from connectors.mailbox import MailboxFormat, read_mailbox
from connectors.manifest import DeliveryManifest
from connectors.model import Ledger, RawChunk
from connectors.mt940.reader import Mt940Format, read_statements
from connectors.oracle_spool import SpoolFormat, read_spool
from connectors.scans import SCAN_OPTIONS, ScanFile, read_scans, scan_format
from connectors.spreadsheet import SheetFormat, read_spreadsheet
from connectors.xml_records import XmlFormat, read_xml_records


@dataclass(frozen=True)
class Opened:
    """A delivery ready to be read."""

    folder: Path
    kind: Kind
    ledgers: Mapping[str, Ledger]
    chunk_records: int
    manifest: DeliveryManifest

    def path(self, part: str) -> Path:
        """The file of a part."""
        return self.folder / self.kind.files[part]

    def many(self) -> dict[str, ScanFile]:
        """The files of parts that are many files, and those that belong to no part, by name."""
        return {
            ledger.file: ScanFile(self.folder / ledger.file, ledger)
            for part, ledger in self.ledgers.items()
            if part not in self.kind.files
        }

    @property
    def pages(self) -> tuple[str, ...]:
        """The declared code page, then the others that occur."""
        others = [page for page in self.kind.code_page_candidates if page != self.kind.code_page]
        return (self.kind.code_page, *others)


def _check_options(kind: Kind, *known: str) -> None:
    unknown = sorted(set(kind.options) - set(known))
    if unknown:
        raise ConfigurationError(
            f"kind {kind.kind}: options: {', '.join(unknown)}: unknown to format {kind.format}",
            hint=f"Known: {', '.join(sorted(known)) or 'none'}",
        )


def _read_informix(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, "columns", "delimiter")
    if "columns" not in kind.options:
        raise ConfigurationError(f"kind {kind.kind}: options.columns: missing", hint="Name the columns in file order")
    form = UnloadFormat(
        columns=tuple(str(kind.options["columns"]).split()),
        pages=opened.pages,
        delimiter=str(kind.options.get("delimiter", "|")),
        required=kind.required,
    )
    return read_unload(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_spool(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, "delimiter", "linesize")
    form = SpoolFormat(
        pages=opened.pages,
        delimiter=str(kind.options.get("delimiter", ";")),
        linesize=int(kind.options.get("linesize", 0)),
        required=kind.required,
    )
    return read_spool(opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records)


def _read_delimited(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, "columns", "delimiter", "quote", "escape", "header")
    option = {name: str(value) for name, value in kind.options.items()}
    has_header = kind.options.get("header", True)
    if bool(has_header) == ("columns" in option):
        raise ConfigurationError(
            f"kind {kind.kind}: options.columns: names the columns of a file without a heading, and only of such a one",
            hint="Either `header: true` and no columns, or `header: false` and the columns in file order",
        )
    form = DelimitedFormat(
        pages=opened.pages,
        columns=tuple(option.get("columns", "").split()),
        delimiter=option.get("delimiter", ","),
        quote=option.get("quote", '"'),
        escape=option.get("escape", ""),
        required=kind.required,
    )
    return read_delimited(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_dbf(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind)
    has_memo = "memo" in kind.files
    return read_table(
        opened.path("main"),
        form=DbfFormat(opened.pages, kind.required, opened.manifest.control.get("records")),
        ledger=opened.ledgers["main"],
        memo_path=opened.path("memo") if has_memo else None,
        memo_ledger=opened.ledgers["memo"] if has_memo else None,
        chunk_records=opened.chunk_records,
    )


_EBCDIC_OPTIONS = (
    "copybook",
    "record_format",
    "segment_field",
    "header_segment",
    "header_record",
    "detail_segment",
    "detail_record",
    "trailer_segment",
    "trailer_record",
    "trailer_count",
    "trailer_sum",
    "trailer_sum_of",
    "redefines_field",
)


def _read_ebcdic(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    alternatives = [name for name in kind.options if name.startswith("redefines_") and name != "redefines_field"]
    _check_options(kind, *_EBCDIC_OPTIONS, *alternatives)
    option = {name: str(value) for name, value in kind.options.items()}
    records = _copybook(kind)
    record_format = option.get("record_format", "")
    if record_format not in RECORD_FORMATS:
        raise ConfigurationError(
            f"kind {kind.kind}: options.record_format: no {record_format!r}", hint=f"Known: {', '.join(RECORD_FORMATS)}"
        )
    form = EbcdicFormat(
        record=record_named(records, option["detail_record"]) if "detail_record" in option else records[0],
        record_format=record_format,
        pages=opened.pages,
        required=kind.required,
        segments=_segments(option, records=records),
        redefines_field=option.get("redefines_field", ""),
        redefines={name.removeprefix("redefines_"): option[name] for name in alternatives},
    )
    return read_records(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _copybook(kind: Kind) -> tuple[Item, ...]:
    name = str(kind.options.get("copybook", ""))
    path = next((path for path in (FOLDER / name, own_files().folder / KINDS_NAME / name) if path.is_file()), None)
    if path is None:
        raise ConfigurationError(f"kind {kind.kind}: options.copybook: no file {name!r} beside the kind's YAML")
    return parse_copybook(path.read_text(encoding="utf-8"))


def _segments(option: Mapping[str, str], *, records: Sequence[Item]) -> Segments | None:
    if "segment_field" not in option:
        return None
    return Segments(
        field=option["segment_field"],
        detail=option.get("detail_segment", ""),
        header=option.get("header_segment", ""),
        trailer=option.get("trailer_segment", ""),
        header_record=record_named(records, option["header_record"]) if "header_record" in option else None,
        trailer_record=record_named(records, option["trailer_record"]) if "trailer_record" in option else None,
        trailer_count=option.get("trailer_count", ""),
        trailer_sum=option.get("trailer_sum", ""),
        trailer_sum_of=option.get("trailer_sum_of", ""),
    )


def _read_elixir(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, *AMOUNT_OPTIONS)
    return read_elixir(
        opened.path("main"),
        form=ElixirFormat(opened.pages, kind.required),
        ledger=opened.ledgers["main"],
        chunk_records=opened.chunk_records,
    )


def _read_mt940(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, *AMOUNT_OPTIONS)
    return read_statements(
        opened.path("main"),
        form=Mt940Format(opened.pages, kind.required),
        ledger=opened.ledgers["main"],
        chunk_records=opened.chunk_records,
    )


def _read_fixed_width(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, *FIXED_WIDTH_OPTIONS)
    form = fixed_width_format(kind.options, kind=kind.kind, pages=opened.pages, required=kind.required)
    return read_fixed_width(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_mailbox(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind)
    form = MailboxFormat(pages=opened.pages, required=kind.required)
    return read_mailbox(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_ber(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, *BER_OPTIONS)
    form = ber_format(kind.options, kind=kind.kind, pages=opened.pages, required=kind.required)
    return read_ber(opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records)


def _read_scans(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, *SCAN_OPTIONS)
    return read_scans(
        opened.path("main"),
        form=scan_format(kind.options, kind=kind.kind, pages=opened.pages, required=kind.required),
        ledger=opened.ledgers["main"],
        files=opened.many(),
        chunk_records=opened.chunk_records,
    )


def _read_xml(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, "record", "columns", "others")
    if "record" not in kind.options:
        raise ConfigurationError(
            f"kind {kind.kind}: options.record: missing", hint="Name the record element from the root: ankiety/ankieta"
        )
    form = XmlFormat(
        record=str(kind.options["record"]),
        pages=opened.pages,
        columns=tuple(str(kind.options.get("columns", "")).split()),
        others=str(kind.options.get("others", "")),
        required=kind.required,
    )
    return read_xml_records(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_sheet(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind, "sheet", "header_row", "first_column", "fill_merged")
    form = SheetFormat(
        sheet=str(kind.options.get("sheet", "1")),
        header_row=int(kind.options.get("header_row", 1)),
        first_column=str(kind.options.get("first_column", "A")),
        fill_merged=bool(kind.options.get("fill_merged", False)),
        required=kind.required,
    )
    return read_spreadsheet(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


def _read_log(opened: Opened) -> Iterator[RawChunk]:
    kind = opened.kind
    _check_options(kind)
    form = AccessLogFormat(pages=opened.pages, required=kind.required)
    return read_access_log(
        opened.path("main"), form=form, ledger=opened.ledgers["main"], chunk_records=opened.chunk_records
    )


READERS: tuple[tuple[str, Callable[[Opened], Iterator[RawChunk]]], ...] = (
    ("access_log", _read_log),
    ("ber", _read_ber),
    ("dbf", _read_dbf),
    ("delimited", _read_delimited),
    ("ebcdic", _read_ebcdic),
    ("elixir", _read_elixir),
    ("fixed_width", _read_fixed_width),
    ("informix_unload", _read_informix),
    ("mbox", _read_mailbox),
    ("mt940", _read_mt940),
    ("oracle_spool", _read_spool),
    ("scan_batch", _read_scans),
    ("xls", _read_sheet),
    ("xml_records", _read_xml),
)


def reader_for(format_name: str) -> Callable[[Opened], Iterator[RawChunk]]:
    """The reader of a format."""
    for name, reader in READERS:
        if name == format_name:
            return reader
    raise BugError(f"no reader of format {format_name!r}")
