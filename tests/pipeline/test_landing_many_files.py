"""Landing a delivery of many files: scanned letters beside their index."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pytest

from config.kinds import Kind
from config.sources import source_with_id
from pipeline.files import read_json
from pipeline.landing import Landed, land

INDEX = b"NR;STRON;TIFF;TEKST\r\n1;1;1.TIF;1.TXT\r\n2;2;2.TIF;2.TXT\r\n"
KIND = Kind(
    kind="test", title="Scans", format="scan_batch", code_page="cp1250",
    files={"main": "INDEKS.CSV", "pages": "*.TIF", "text": "*.TXT"}, key=("NR",), columns={},
    ignore=("NR", "STRON", "TIFF", "TEKST", "TIFF_PAGES", "OCR_TEXT"),
    options={"page_count": "STRON", "tiff": "TIFF", "text": "TEKST"},
)  # fmt: skip


def one_page() -> bytes:
    entries = [(256, 4, 1, 8), (257, 4, 1, 8), (273, 4, 1, 8), (279, 4, 1, 1)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II" + struct.pack("<HI", 42, 12) + bytes(4) + struct.pack("<H", 4) + table + bytes(4)


def test_every_file_is_kept_and_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.sources.kind_named", lambda _: KIND)
    source = source_with_id("zt97-abonent")
    folder = tmp_path / "2003-09-22-1"
    folder.mkdir()
    # The manifest names the index last but one: the file whose records were read is still the index.
    files = {"1.TIF": one_page(), "1.TXT": b"a", "2.TIF": one_page(), "2.TXT": b"b", "INDEKS.CSV": INDEX, "X.PDF": b"c"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    entries = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    ]
    manifest = {"source_id": source.source_id, "business_date": "2003-09-22", "sequence": 1, "files": entries}
    (folder / "manifest.json").write_text(json.dumps({**manifest, "control": {"records": 2}}))
    landed = land(tmp_path / "landing", folder, source=source)
    assert isinstance(landed, Landed)
    assert landed.main_file == "INDEKS.CSV" and sorted(landed.files) == sorted(files)
    assert (landed.delivered, landed.quarantined, landed.raw()["NR"].to_pylist()) == (2, 1, ["1"])
    assert {path.name for path in (landed.folder.parent / "original").iterdir()} == {*files, "manifest.json"}
    report = read_json(landed.folder / "landed.json")
    assert {account["file"]: account["size"] for account in report["accounts"]} == {
        name: len(content) for name, content in files.items()
    }
    assert {(span["file"], span["reason"]) for span in landed.spans().to_pylist()} == {
        ("INDEKS.CSV", "page_count_differs"), ("2.TIF", "page_count_differs"), ("2.TXT", "page_count_differs"),
        ("X.PDF", "not_in_index"),
    }  # fmt: skip
