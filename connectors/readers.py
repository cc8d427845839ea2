"""The registry of readers: which function reads which format, and what options of a kind it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.errors import BugError, ConfigurationError
from config.kinds import Kind
from connectors.informix_unload import UnloadFormat, read_unload
from connectors.manifest import DeliveryManifest
from connectors.model import Ledger, RawChunk
from connectors.oracle_spool import SpoolFormat, read_spool


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


READERS: tuple[tuple[str, Callable[[Opened], Iterator[RawChunk]]], ...] = (
    ("informix_unload", _read_informix),
    ("oracle_spool", _read_spool),
)


def reader_for(format_name: str) -> Callable[[Opened], Iterator[RawChunk]]:
    """The reader of a format."""
    for name, reader in READERS:
        if name == format_name:
            return reader
    raise BugError(f"no reader of format {format_name!r}")
