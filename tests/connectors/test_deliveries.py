"""Manifests, and what stands between a folder and its reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config.errors import BadData, ConfigurationError, SourceUnavailable
from connectors import read_delivery, read_manifest


@pytest.fixture
def folder(make: Any, tmp_path: Path) -> Path:
    written: Path = make.write_delivery(tmp_path / "d", make.a3_sample())
    return written


def open_reader(folder: Path, make: Any) -> Any:
    return read_delivery(folder, manifest=read_manifest(folder), kind=make.a3_sample().kind)


def test_a_manifest(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert (manifest.source_id, str(manifest.business_date), manifest.sequence) == ("zt00-test", "2003-09-22", 1)
    assert manifest.control == {"records": 3} and manifest.files[0].name == "klient.unl"


def test_a_batch_is_named_after_its_bytes_not_its_date(folder: Path) -> None:
    first = read_manifest(folder)
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**content, "business_date": "2004-01-01", "sequence": 9}))
    assert read_manifest(folder).batch_id == first.batch_id
    assert first.batch_id.startswith("zt00-test:") and len(first.batch_id) == len("zt00-test:") + 64


def test_no_manifest_yet(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    with pytest.raises(SourceUnavailable, match="under way"):
        read_manifest(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"sequence": 0}, "sequence", id="sequence"),
        pytest.param({"business_date": "2003-13-01"}, "business_date", id="date"),
        pytest.param({"files": []}, "files", id="no files"),
        pytest.param({"surprise": 1}, "surprise", id="unknown key"),
        pytest.param({"files": [{"name": "../x", "bytes": 1, "sha256": "0" * 64}]}, "name", id="path in a name"),
    ],
)
def test_manifests_we_refuse(folder: Path, change: dict[str, Any], message: str) -> None:
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**content, **change}))
    with pytest.raises(BadData, match=message):
        read_manifest(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_manifests_that_are_none(folder: Path, content: bytes) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BadData, match=r"manifest\.json"):
        read_manifest(folder)


def test_a_file_that_is_only_a_part_yet(folder: Path, make: Any) -> None:
    (folder / "klient.unl").rename(folder / "klient.unl.part")
    with pytest.raises(SourceUnavailable, match=r"only klient\.unl\.part"):
        open_reader(folder, make)


def test_a_missing_file(folder: Path, make: Any) -> None:
    (folder / "klient.unl").unlink()
    with pytest.raises(SourceUnavailable, match="nothing"):
        open_reader(folder, make)


def test_a_cut_file(folder: Path, make: Any) -> None:
    path = folder / "klient.unl"
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(BadData, match="the manifest says"):
        open_reader(folder, make)


def test_a_changed_file(folder: Path, make: Any) -> None:
    path = folder / "klient.unl"
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(BadData, match="sha256"):
        open_reader(folder, make)


def test_a_file_the_kind_names_and_the_manifest_does_not(folder: Path, make: Any) -> None:
    kind = make.a3_sample().kind.model_copy(update={"files": {"main": "inny.unl"}})
    with pytest.raises(BadData, match=r"lists no inny\.unl"):
        read_delivery(folder, manifest=read_manifest(folder), kind=kind)


def test_an_option_no_reader_knows(folder: Path, make: Any) -> None:
    kind = make.a3_sample().kind
    wrong = kind.model_copy(update={"options": {**kind.options, "delimeter": "|"}})
    with pytest.raises(ConfigurationError, match="delimeter"):
        list(read_delivery(folder, manifest=read_manifest(folder), kind=wrong).chunks())
