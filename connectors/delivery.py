"""Deliveries: a folder of files from one source, read by the reader of its kind.

The files are compared with the manifest before a byte is parsed. The control totals are compared when the last chunk
was taken, because only then all records were counted; until then nothing of the delivery may be used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from config.errors import BadData, BudgetExceeded, BugError, ControlTotalsDiffer, SourceUnavailable
from config.kinds import Kind
from connectors.amounts import AmountTotal
from connectors.manifest import DeliveryManifest, FileEntry, check_files
from connectors.model import FileAccount, FileFinding, Ledger, RawChunk
from connectors.readers import Opened, format_named


class DeliveryReader:
    """One delivery while it is read."""

    def __init__(
        self,
        *,
        manifest: DeliveryManifest,
        ledgers: tuple[Ledger, ...],
        chunks: Iterator[RawChunk],
        amounts: AmountTotal | None = None,
    ) -> None:
        self._manifest = manifest
        self._ledgers = ledgers
        self._amounts = amounts
        self._chunks = chunks
        self._is_exhausted = False

    def chunks(self) -> Iterator[RawChunk]:
        """The records in file order, once.

        Raises:
            BadData: the file is not what its kind says.
            ControlTotalsDiffer: it holds another number of records, or of grosze, than the sender counted.
            BudgetExceeded: it holds more than a reader may take.
        """
        for chunk in self._chunks:
            if self._amounts is not None:
                self._amounts.add(chunk.records)
            yield chunk
        if not self._is_exhausted:
            self._is_exhausted = True
            self._check_balance()
            self._check_records()
            self._check_amounts()

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

    def _check_amounts(self) -> None:
        announced = self._manifest.control.get("amount_grosze")
        if announced is None or self._amounts is None:
            return
        rest, unread = announced - self._amounts.grosze, self.quarantined + self._amounts.unread
        if rest < 0 or (rest and not unread):
            raise ControlTotalsDiffer(
                f"{self._manifest.source_id}: {self._ledgers[0].file}: {self._amounts.grosze} grosze in "
                f"{self.delivered} records, the manifest says {announced}",
                hint="Ask the sender for the delivery again",
            )
        if unread:
            self._ledgers[0].warn(
                f"{self._ledgers[0].file}: {rest} grosze of the control total lie in {unread} records "
                "that were quarantined or have no readable amount"
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

    @property
    def findings(self) -> tuple[tuple[str, FileFinding], ...]:
        """What is odd about files outside their records: file and finding; complete once all chunks were taken."""
        return tuple((ledger.file, found) for ledger in self._ledgers for found in ledger.findings)


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
    if "main" not in kind.files or "main" in kind.patterns:
        raise BadData(f"kind {kind.kind}: files names no main part")
    ledgers: dict[str, Ledger] = {}
    for part, entry in _entries(manifest, kind=kind).items():
        if entry.size > kind.budgets.max_file_bytes:
            raise BudgetExceeded(
                f"{folder / entry.name}: {entry.size} bytes, at most {kind.budgets.max_file_bytes} are allowed",
                hint="Raise budgets.max_file_bytes in the kind's YAML if this is right",
            )
        ledgers[part] = Ledger(entry.name, entry.size, kind.budgets)
    opened = Opened(folder=folder, kind=kind, ledgers=ledgers, chunk_records=chunk_records, manifest=manifest)
    return DeliveryReader(
        manifest=manifest,
        ledgers=tuple(ledgers.values()),
        chunks=format_named(kind.format).chunks(opened),
        amounts=AmountTotal.of(kind),
    )


def _entries(manifest: DeliveryManifest, *, kind: Kind) -> dict[str, FileEntry]:
    """The files of a delivery by part, ``main`` first; of a part of many files each as ``part/name``.

    Where a kind has such parts, the files that belong to none come as ``other/name``: nobody may have a file of such a
    delivery overlooked because its name ends otherwise than the rest.
    """
    single = [part for part in kind.files if part not in kind.patterns]
    entries = {part: manifest.file(kind.files[part]) for part in sorted(single, key=lambda part: part != "main")}
    taken = {entry.name for entry in entries.values()}
    for entry in manifest.files if kind.patterns else ():
        if entry.name not in taken:
            entries[f"{_part_of(entry.name, kind=kind)}/{entry.name}"] = entry
    return entries


def _part_of(name: str, *, kind: Kind) -> str:
    """The part of many files a file belongs to; capitals make no difference, as where the files were written."""
    matching = (part for part, pattern in kind.patterns.items() if fnmatchcase(name.upper(), pattern.upper()))
    return next(matching, "other")


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
    single = {part: name for part, name in kind.files.items() if part not in kind.patterns}
    names = single | {"main": main}
    for name in names.values():
        if not (folder / name).is_file():
            raise SourceUnavailable(f"{folder / name}: no such file")
    entries = tuple(FileEntry(name, (folder / name).stat().st_size, "") for name in names.values())
    manifest = DeliveryManifest(kind.kind, dt.date.min, 1, entries, {})
    return _reader(
        folder, manifest=manifest, kind=kind.model_copy(update={"files": names}), chunk_records=chunk_records
    )
