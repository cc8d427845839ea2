"""The registry of readers: which function reads which format, and what options of a kind it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from config.errors import BugError, ConfigurationError
from config.kinds import Kind
from connectors.access_log import AccessLogFormat, read_access_log
from connectors.amounts import AMOUNT_OPTIONS
from connectors.ber import read_ber
from connectors.ber_form import BER_OPTIONS, ber_format
from connectors.dbf.reader import DbfFormat, read_table
from connectors.delimited import delimited_format, read_delimited
from connectors.ebcdic.options import EBCDIC_OPTIONS, ebcdic_format
from connectors.ebcdic.reader import read_records
from connectors.elixir import ElixirFormat, read_elixir
from connectors.fixed_width import read_fixed_width
from connectors.fixed_width_form import FIXED_WIDTH_OPTIONS, fixed_width_format
from connectors.informix_unload import read_unload, unload_format
from connectors.mailbox import MailboxFormat, read_mailbox
from connectors.manifest import DeliveryManifest
from connectors.model import Ledger, RawChunk
from connectors.mt940.reader import Mt940Format, read_statements
from connectors.oracle_spool import read_spool, spool_format
from connectors.scans import SCAN_OPTIONS, ScanFile, read_scans, scan_format
from connectors.spreadsheet import read_spreadsheet, sheet_format
from connectors.xml_records import read_xml_records, xml_format


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


@dataclass(frozen=True)
class Format:
    """How one format is read."""

    read: Callable[..., Iterator[RawChunk]]
    form: Callable[..., Any]
    """What the reader wants to know of a file, from a kind's options, pages and required columns."""
    options: tuple[str, ...] = ()
    """Names; a star stands for any letters."""
    more: Callable[[Opened], Mapping[str, Any]] = lambda opened: {}
    """What the reader is given besides the main file."""

    def chunks(self, opened: Opened) -> Iterator[RawChunk]:
        """The records of a delivery.

        Raises:
            ConfigurationError: the kind has an option this format does not know.
            BadData: as the reader says.
        """
        kind = opened.kind
        self._check_options(kind)
        return self.read(
            opened.path("main"),
            form=self.form(kind.options, kind=kind.kind, pages=opened.pages, required=kind.required),
            ledger=opened.ledgers["main"],
            chunk_records=opened.chunk_records,
            **self.more(opened),
        )

    def _check_options(self, kind: Kind) -> None:
        unknown = sorted(name for name in kind.options if not any(fnmatchcase(name, known) for known in self.options))
        if unknown:
            raise ConfigurationError(
                f"kind {kind.kind}: options: {', '.join(unknown)}: unknown to format {kind.format}",
                hint=f"Known: {', '.join(sorted(self.options)) or 'none'}",
            )


def _plain(form: Callable[..., Any]) -> Callable[..., Any]:
    """The form of a format that has no options of its own."""

    def of(options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]) -> Any:
        return form(pages=pages, required=required)

    return of


def _beside_a_table(opened: Opened) -> Mapping[str, Any]:
    has_memo = "memo" in opened.kind.files
    return {
        "expected_records": opened.manifest.control.get("records"),
        "memo_path": opened.path("memo") if has_memo else None,
        "memo_ledger": opened.ledgers["memo"] if has_memo else None,
    }


FORMATS: Mapping[str, Format] = {
    "access_log": Format(read_access_log, _plain(AccessLogFormat)),
    "ber": Format(read_ber, ber_format, BER_OPTIONS),
    "dbf": Format(read_table, _plain(DbfFormat), more=_beside_a_table),
    "delimited": Format(read_delimited, delimited_format, ("columns", "delimiter", "quote", "escape", "header")),
    "ebcdic": Format(read_records, ebcdic_format, EBCDIC_OPTIONS),
    "elixir": Format(read_elixir, _plain(ElixirFormat), AMOUNT_OPTIONS),
    "fixed_width": Format(read_fixed_width, fixed_width_format, FIXED_WIDTH_OPTIONS),
    "informix_unload": Format(read_unload, unload_format, ("columns", "delimiter")),
    "mbox": Format(read_mailbox, _plain(MailboxFormat)),
    "mt940": Format(read_statements, _plain(Mt940Format), AMOUNT_OPTIONS),
    "oracle_spool": Format(read_spool, spool_format, ("delimiter", "linesize")),
    "scan_batch": Format(read_scans, scan_format, SCAN_OPTIONS, more=lambda opened: {"files": opened.many()}),
    "xls": Format(read_spreadsheet, sheet_format, ("sheet", "header_row", "first_column", "fill_merged")),
    "xml_records": Format(read_xml_records, xml_format, ("record", "columns", "others")),
}


def format_named(name: str) -> Format:
    """The format of that name."""
    if name not in FORMATS:
        raise BugError(f"no reader of format {name!r}")
    return FORMATS[name]
