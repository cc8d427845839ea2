"""Writing a manifest for files we fetched ourselves: there the sender is a service and we pack for it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from connectors.manifest import MANIFEST_NAME, DeliveryManifest, read_manifest


def write_manifest(
    folder: Path,
    *,
    source_id: str,
    business_date: dt.date,
    sequence: int,
    names: Sequence[str],
    control: Mapping[str, int],
) -> DeliveryManifest:
    """Describe the files of a folder; the manifest is written last and is what makes it a delivery."""
    content = {
        "source_id": source_id,
        "business_date": business_date.isoformat(),
        "sequence": sequence,
        "files": [_entry(folder / name) for name in names],
        "control": dict(control),
    }
    (folder / MANIFEST_NAME).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return read_manifest(folder)


def _entry(path: Path) -> dict[str, object]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": path.name, "bytes": path.stat().st_size, "sha256": digest}
