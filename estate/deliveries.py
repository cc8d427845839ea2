"""Delivery folders: the files, and a manifest written last with what the sender believed."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Delivery:
    """One delivery of one system, ready to be written."""

    source_id: str
    business_date: dt.date
    sequence: int
    files: tuple[tuple[str, bytes], ...]
    records: int
    control: dict[str, int]
    """Control totals, as the sender believes them."""
    sent: tuple[tuple[str, bytes], ...] | None = None
    """What arrived, where the transfer broke; the manifest tells of ``files``."""

    @property
    def folder(self) -> str:
        """Name of its folder."""
        return f"{self.business_date.isoformat()}-{self.sequence}"


def manifest_of(delivery: Delivery) -> bytes:
    """The manifest as JSON."""
    content = {
        "source_id": delivery.source_id,
        "business_date": delivery.business_date.isoformat(),
        "sequence": delivery.sequence,
        "files": [
            {"name": name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in delivery.files
        ],
        "control": delivery.control,
    }
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def write_delivery(out: Path, delivery: Delivery) -> int:
    """Write one delivery; its bytes. The manifest comes last, so that nobody reads half a delivery."""
    folder = out / delivery.source_id / delivery.folder
    folder.mkdir(parents=True)
    total = 0
    for name, data in delivery.sent or delivery.files:
        (folder / name).write_bytes(data)
        total += len(data)
    (folder / "manifest.json").write_bytes(manifest_of(delivery))
    return total
