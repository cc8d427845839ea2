"""Deliveries: a folder of files from one source, read by the reader of its kind.

The files are compared with the manifest before a byte is parsed. The control totals are compared when the last chunk
was taken, because only then all records were counted; until then nothing of the delivery may be used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from config.errors import BadData, BudgetExceeded, BugError, ControlTotalsDiffer, SourceUnavailable
from config.kinds import Kind
from connectors.manifest import DeliveryManifest, FileEntry, check_files
from connectors.model import FileAccount, Ledger, RawChunk
from connectors.readers import Opened, reader_for


class DeliveryReader:
    """One delivery while it is read."""

    def __init__(self, *, manifest: DeliveryManifest, ledgers: tuple[Ledger, ...], chunks: Iterator[RawChunk]) -> None:
        self._manifest = manifest
        self._ledgers = ledgers
        self._chunks = chunks
        self._is_exhausted = False

    def chunks(self) -> Iterator[RawChunk]:
        """The records in file order, once.

        Raises:
            BadData: the file is not what its kind says.
            ControlTotalsDiffer: it holds another number of records than the sender counted.
            BudgetExceeded: it holds more than a reader may take.
        """
        yield from self._chunks
        if not self._is_exhausted:
            self._is_exhausted = True
            self._check_balance()
            self._check_records()

    def _check_balance(self) -> None:
        for account in self.accounts:
            if not account.is_balanced:
                raise BugError(f"{account.file}: bytes do not balance: {account}")

    def _check_records(self) -> None:
        announced = self._manifest.control.get("records")
        if announced is not None and announced != self.delivered + self.quarantined:
            raise ControlTotalsDiffer(
                f"{self._manifest.source_id}: {self._ledgers[0].file}: {self.delivered} records delivered and "
                f"{self.quarantined} quarantined, the manifest says {announced}",
                hint="Ask the sender for the delivery again",
            )

    @property
    def accounts(self) -> tuple[FileAccount, ...]:
        """The account of each file; complete once all chunks were taken."""
        return tuple(ledger.account() for ledger in self._ledgers)

    @property
    def delivered(self) -> int:
        """Records handed out so far, deleted ones included."""
        return self._ledgers[0].delivered_records

    @property
    def quarantined(self) -> int:
        """Records quarantined so far."""
        return self._ledgers[0].quarantined_records

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was odd and harmless; complete once all chunks were taken."""
        return tuple(warning for ledger in self._ledgers for warning in ledger.warnings)


def read_delivery(
    folder: Path, *, manifest: DeliveryManifest, kind: Kind, chunk_records: int = 50_000
) -> DeliveryReader:
    """A reader of one delivery whose files are what the manifest says.

    Raises:
        SourceUnavailable: a file is not there yet.
        BadData: a file is not the one that was sent.
        BudgetExceeded: a file is larger than the kind allows.
    """
    check_files(folder, manifest=manifest)
    return _reader(folder, manifest=manifest, kind=kind, chunk_records=chunk_records)


def _reader(folder: Path, *, manifest: DeliveryManifest, kind: Kind, chunk_records: int) -> DeliveryReader:
    ledgers: dict[str, Ledger] = {}
    for part, name in kind.files.items():
        entry = manifest.file(name)
        if entry.size > kind.budgets.max_file_bytes:
            raise BudgetExceeded(
                f"{folder / name}: {entry.size} bytes, at most {kind.budgets.max_file_bytes} are allowed",
                hint="Raise budgets.max_file_bytes in the kind's YAML if this is right",
            )
        ledgers[part] = Ledger(name, entry.size, kind.budgets)
    if "main" not in ledgers:
        raise BadData(f"kind {kind.kind}: files names no main part")
    opened = Opened(folder=folder, kind=kind, ledgers=ledgers, chunk_records=chunk_records, manifest=manifest)
    return DeliveryReader(manifest=manifest, ledgers=tuple(ledgers.values()), chunks=reader_for(kind.format)(opened))


def read_file(folder: Path, *, kind: Kind, main: str, chunk_records: int = 50_000) -> DeliveryReader:
    """A reader of a file nobody described yet: there is no manifest to compare it with.

    Args:
        folder: where the file and what belongs to it (a memo) are.
        kind: how it is written.
        main: name of the file itself, whatever the kind calls it.
        chunk_records: records per chunk.

    Raises:
        SourceUnavailable: a file is not there.
        BudgetExceeded: a file is larger than the kind allows.
    """
    names = kind.files | {"main": main}
    for name in names.values():
        if not (folder / name).is_file():
            raise SourceUnavailable(f"{folder / name}: no such file")
    entries = tuple(FileEntry(name, (folder / name).stat().st_size, "") for name in names.values())
    manifest = DeliveryManifest(kind.kind, dt.date.min, 1, entries, {})
    return _reader(
        folder, manifest=manifest, kind=kind.model_copy(update={"files": names}), chunk_records=chunk_records
    )
