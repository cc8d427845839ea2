"""The manifest of a delivery: what the sender says he sent.

``manifest.json`` is written last, so a folder without one is a transfer still under way. A file whose size or digest
differs from it was damaged or cut on the way, and nothing of the delivery is taken.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.errors import BadData, SourceUnavailable, StorageFailed, TransferTruncated

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class FileEntry:
    """One file of a delivery, as its sender describes it."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class DeliveryManifest:
    """One delivery, as its sender describes it."""

    source_id: str
    business_date: dt.date
    sequence: int
    files: tuple[FileEntry, ...]
    control: Mapping[str, int]

    @property
    def batch_id(self) -> str:
        """Source and digest of the files: the same bytes sent again are the same batch."""
        lines = sorted(f"{file.name} {file.sha256}" for file in self.files)
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return f"{self.source_id}:{digest}"

    def file(self, name: str) -> FileEntry:
        """The entry of that name.

        Raises:
            BadData: the manifest lists no such file.
        """
        for entry in self.files:
            if entry.name == name:
                return entry
        raise BadData(
            f"{self.source_id}: {MANIFEST_NAME} lists no {name}",
            hint="Ask the sender for a complete delivery, or correct `files` of the kind's YAML",
        )


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str = Field(pattern=r"^[^/\\\x00]+$")
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid")
    source_id: str = Field(min_length=1)
    business_date: dt.date
    sequence: int = Field(ge=1)
    files: list[_File] = Field(min_length=1)
    control: dict[str, int] = Field(default_factory=dict)


def read_manifest(folder: Path) -> DeliveryManifest:
    """The manifest of a delivery folder.

    Raises:
        SourceUnavailable: there is none yet.
        BadData: it is not what a manifest is.
    """
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError as exc:
        raise SourceUnavailable(
            f"{folder}: no {MANIFEST_NAME}", hint="The sender writes it last: the transfer is still under way"
        ) from exc
    except OSError as exc:
        raise StorageFailed(f"{path}: {exc.strerror}") from exc
    try:
        parsed = _Manifest.model_validate(json.loads(content))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
        raise BadData(f"{path}: byte {getattr(exc, 'pos', getattr(exc, 'start', 0))}: not JSON") from exc
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadData(f"{path}: {key or 'manifest'}: {first['msg']}") from exc
    return _manifest(parsed)


def _manifest(parsed: _Manifest) -> DeliveryManifest:
    return DeliveryManifest(
        source_id=parsed.source_id,
        business_date=parsed.business_date,
        sequence=parsed.sequence,
        files=tuple(FileEntry(file.name, file.bytes, file.sha256) for file in parsed.files),
        control=MappingProxyType(dict(parsed.control)),
    )


def check_files(folder: Path, *, manifest: DeliveryManifest) -> None:
    """Whether every listed file is there and is what was sent.

    Raises:
        SourceUnavailable: a file is missing, or only its ``.part`` is there.
        TransferTruncated: a file is shorter than the manifest says.
        BadData: size or digest differ.
    """
    for entry in manifest.files:
        _check_file(folder / entry.name, entry=entry)


def _check_file(path: Path, *, entry: FileEntry) -> None:
    if not path.is_file():
        part = path.with_name(path.name + ".part")
        found = f"only {part.name}" if part.exists() else "nothing"
        raise SourceUnavailable(f"{path}: the manifest lists it, the folder has {found}", hint="Wait for the transfer")
    size = path.stat().st_size
    if size != entry.size:
        error = TransferTruncated if size < entry.size else BadData
        raise error(
            f"{path}: byte {min(size, entry.size)}: {size} bytes, the manifest says {entry.size}",
            hint="The transfer was cut or the file was changed: ask for it again",
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != entry.sha256:
        raise BadData(
            f"{path}: sha256 starts with {digest[:12]}, the manifest says {entry.sha256[:12]}",
            hint="The file was changed after it was described: ask for it again",
        )
