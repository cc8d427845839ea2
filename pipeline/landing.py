"""Landing: the originals of a delivery, and what was read from them, kept by content.

``<landing>/<source_id>/<sha>/original/`` holds the bytes as they came and
``<landing>/<source_id>/<sha>/read-<reader version>/`` the raw records, quarantined spans and cell issues as Parquet.
Landing the same delivery twice changes nothing. A delivery that cannot be accepted is kept beside, with its reason,
under a name of its own: the sender may repeat it with the same manifest, and the good one must find its place free.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from config.errors import BadData, BugError
from config.schemas import CELL_ISSUE, QUARANTINED_SPAN
from config.sources import SourceSystem
from pipeline.files import new_folder, read_json, write_json
from pipeline.versions import reader_version

if TYPE_CHECKING:
    from connectors import DeliveryManifest, DeliveryReader
    from warehouse.records import Batch

MANIFEST = "manifest.json"
_REPORT = "landed.json"


@dataclass(frozen=True)
class Landed:
    """One delivery whose bytes are all accounted for."""

    batch_id: str
    source_id: str
    business_date: dt.date
    sequence: int
    files: tuple[str, ...]
    size: int
    """Bytes of all files."""
    delivered: int
    """Records, quarantined and deleted ones too."""
    quarantined: int
    """Records the reader could not make out."""
    control: dict[str, int]
    warnings: tuple[str, ...]
    folder: Path
    """Where raw records, quarantined spans and cell issues are."""
    findings: tuple[tuple[str, str, int, int], ...] = ()
    """What is odd about files outside their records: file, code, first byte, bytes."""

    @property
    def main_file(self) -> str:
        """The file whose records were read; a memo file has none of its own."""
        return self.files[0]

    def raw(self) -> pa.Table:
        """Raw records, text as stored."""
        return pq.read_table(self.folder / "raw.parquet")

    def spans(self) -> pa.Table:
        """Quarantined spans."""
        return pq.read_table(self.folder / "quarantine.parquet")

    def issues(self) -> pa.Table:
        """Cells that could not be decoded."""
        return pq.read_table(self.folder / "issues.parquet")


@dataclass(frozen=True)
class Rejection:
    """One delivery of which nothing was taken."""

    batch_id: str
    source_id: str
    business_date: dt.date
    sequence: int
    files: tuple[str, ...]
    size: int
    control: dict[str, int]
    code: str
    message: str


def deliveries_of(deliveries_dir: Path, source_id: str) -> list[Path]:
    """Folders of complete deliveries of a source, oldest first; one without a manifest is still being written."""
    return sorted(path.parent for path in (deliveries_dir / source_id).glob(f"*/{MANIFEST}"))


def date_of(folder: Path) -> dt.date:
    """Business date in the name of a delivery folder.

    Raises:
        BadData: the name is not ``<business date>-<sequence>``.
    """
    try:
        return dt.date.fromisoformat(folder.name[:10])
    except ValueError as exc:
        raise BadData(
            f"{folder}: the folder of a delivery is named <business date>-<sequence>", hint="such as 2003-09-22-2"
        ) from exc


def delivery_of(delivered: Landed | Rejection | Batch) -> tuple[str, str]:
    """Source of a delivery and the name of its folder."""
    return delivered.source_id, f"{delivered.business_date}-{delivered.sequence}"


def land(landing_dir: Path, folder: Path, *, source: SourceSystem) -> Landed | Rejection:
    """Keep a delivery and read it; the rejection of one that cannot be accepted is a result, not an error."""
    try:
        manifest = _manifest_of(folder, source=source)
    except BadData as exc:
        return _reject_unreadable(landing_dir, folder, source=source, reason=exc)
    home = batch_home(landing_dir, manifest.batch_id)
    read = f"read-{reader_version()[:16]}"
    try:
        if not home.is_dir():
            with new_folder(home) as temporary:
                _keep_originals(temporary / "original", folder, manifest=manifest)
                _read_into(temporary / read, temporary / "original", manifest=manifest, source=source)
        elif not (home / read).is_dir():
            _read_into(home / read, home / "original", manifest=manifest, source=source)
        return read_report(home / read)
    except BadData as exc:
        return _reject(landing_dir, folder, manifest=manifest, reason=exc)


def _manifest_of(folder: Path, *, source: SourceSystem) -> DeliveryManifest:
    from connectors import read_manifest

    manifest = read_manifest(folder)
    if manifest.source_id != source.source_id:
        raise BadData(
            f"{folder / MANIFEST}: source_id is {manifest.source_id!r}, expected {source.source_id!r}",
            hint="The delivery stands in the folder of another source; move it or ask for it again",
        )
    return manifest


def _sha_of(batch_id: str) -> str:
    return batch_id.rpartition(":")[2]


def _keep_originals(target: Path, folder: Path, *, manifest: DeliveryManifest) -> None:
    target.mkdir()
    for name in (*(entry.name for entry in manifest.files), MANIFEST):
        _copy(folder / name, target / name)


def _copy(origin: Path, target: Path) -> None:
    try:
        shutil.copyfile(origin, target)
    except FileNotFoundError as exc:
        raise BadData(f"{origin}: the manifest names this file and it is not there") from exc


def _read_into(target: Path, original: Path, *, manifest: DeliveryManifest, source: SourceSystem) -> None:
    from connectors import read_delivery

    with new_folder(target) as temporary:
        reader = read_delivery(original, manifest=manifest, kind=source.kind)
        _write_chunks(temporary, reader)
        for account in reader.accounts:
            if not account.is_balanced:
                raise BugError(f"{source.source_id}: {account.file}: bytes do not add up: {account}")
        write_json(temporary / _REPORT, _report(manifest, reader))


def _write_chunks(folder: Path, reader: DeliveryReader) -> None:
    spans: list[pa.Table] = [QUARANTINED_SPAN.empty()]
    issues: list[pa.Table] = [CELL_ISSUE.empty()]
    writer: pq.ParquetWriter | None = None
    try:
        for chunk in reader.chunks():
            writer = writer or pq.ParquetWriter(folder / "raw.parquet", chunk.records.schema, compression="zstd")
            writer.write_table(chunk.records)
            spans.append(chunk.quarantine)
            issues.append(chunk.issues)
    finally:
        if writer:
            writer.close()
    if writer is None:
        raise BadData("a delivery without any record", hint="Ask for it again; an empty file still has a header")
    pq.write_table(pa.concat_tables(spans), folder / "quarantine.parquet", compression="zstd")
    pq.write_table(pa.concat_tables(issues), folder / "issues.parquet", compression="zstd")


def _report(manifest: DeliveryManifest, reader: DeliveryReader) -> dict[str, Any]:
    return {
        **_identity(manifest),
        # The file whose records were read stands first, wherever its name comes in the manifest.
        "files": sorted((entry.name for entry in manifest.files), key=lambda name: name != reader.accounts[0].file),
        "delivered": reader.delivered + reader.quarantined,
        "quarantined": reader.quarantined,
        "warnings": list(reader.warnings),
        "findings": [[file, found.code, found.offset, found.length] for file, found in reader.findings],
        "accounts": [
            {
                name: getattr(account, name)
                for name in ("file", "size", "header", "records", "quarantined", "filler", "trailer")
            }
            for account in reader.accounts
        ],
    }


def _identity(manifest: DeliveryManifest) -> dict[str, Any]:
    return {
        "batch_id": manifest.batch_id,
        "source_id": manifest.source_id,
        "business_date": manifest.business_date.isoformat(),
        "sequence": manifest.sequence,
        "files": [entry.name for entry in manifest.files],
        "size": sum(entry.size for entry in manifest.files),
        "control": dict(manifest.control),
    }


def read_report(folder: Path) -> Landed:
    """A landed delivery from the folder of what was read of it."""
    report = read_json(folder / _REPORT)
    return Landed(
        batch_id=report["batch_id"],
        source_id=report["source_id"],
        business_date=dt.date.fromisoformat(report["business_date"]),
        sequence=report["sequence"],
        files=tuple(report["files"]),
        size=report["size"],
        delivered=report["delivered"],
        quarantined=report["quarantined"],
        control=report["control"],
        warnings=tuple(report["warnings"]),
        findings=tuple((file, code, offset, length) for file, code, offset, length in report.get("findings", ())),
        folder=folder,
    )


def batch_home(landing_dir: Path, batch_id: str) -> Path:
    """Where the originals of an accepted batch are, and everything that was made of them."""
    return landing_dir / batch_id.rpartition(":")[0] / _sha_of(batch_id)


def landed_batch(landing_dir: Path, batch_id: str, *, source: SourceSystem) -> Landed:
    """An accepted batch by its id, read again from the kept originals when the readers changed since.

    Raises:
        BugError: the landing does not hold the batch, or does not read it any more.
    """
    home = batch_home(landing_dir, batch_id)
    if not (home / "original").is_dir():
        raise BugError(f"batch {batch_id}: not in {landing_dir}", hint="Extract its collection point again")
    result = land(landing_dir, home / "original", source=source)
    if isinstance(result, Rejection):
        raise BugError(f"batch {batch_id} was accepted and is not any more: {result.code}: {result.message}")
    return result


def _reject(landing_dir: Path, folder: Path, *, manifest: DeliveryManifest, reason: BadData) -> Rejection:
    identity = _identity(manifest)
    rejection = Rejection(
        batch_id=manifest.batch_id,
        source_id=manifest.source_id,
        business_date=manifest.business_date,
        sequence=manifest.sequence,
        files=tuple(identity["files"]),
        size=identity["size"],
        control=identity["control"],
        code=reason.code,
        message=_message(reason, folder=folder),
    )
    _keep_rejected(landing_dir, folder, rejection=rejection)
    return rejection


def _reject_unreadable(landing_dir: Path, folder: Path, *, source: SourceSystem, reason: BadData) -> Rejection:
    """Without a manifest that can be read, the manifest's own bytes name the batch."""
    sha = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    rejection = Rejection(
        batch_id=f"{source.source_id}:{sha}",
        source_id=source.source_id,
        business_date=date_of(folder),
        sequence=_sequence_of(folder),
        files=(),
        size=0,
        control={},
        code=reason.code,
        message=_message(reason, folder=folder),
    )
    _keep_rejected(landing_dir, folder, rejection=rejection)
    return rejection


def _message(reason: BadData, *, folder: Path) -> str:
    """What was wrong, naming the file where the sender put it and not our copy."""
    return re.sub(r"\S+/original/", f"{folder}/", reason.message)


def _sequence_of(folder: Path) -> int:
    tail = folder.name[11:]
    return int(tail) if tail.isdigit() else 0


def _keep_rejected(landing_dir: Path, folder: Path, *, rejection: Rejection) -> None:
    sha = _sha_of(rejection.batch_id)
    target = landing_dir / rejection.source_id / f"{sha}.rejected-{rejection.business_date}-{rejection.sequence}"
    if target.is_dir():
        return
    with new_folder(target) as temporary:
        for path in _files_of(folder):
            shutil.copyfile(path, temporary / path.name)
        write_json(temporary / "rejected.json", {"code": rejection.code, "message": rejection.message})


def _files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if path.is_file())
