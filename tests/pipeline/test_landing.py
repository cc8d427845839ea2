"""Landing: originals kept, everything counted, nothing taken twice."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from config.sources import source_with_id
from pipeline.landing import Landed, Rejection, land, landed_batch

SOURCE = source_with_id("zt97-abonent")


@pytest.fixture
def delivery(bench: Any) -> Path:
    return Path(bench.estate.folder / "zt97-abonent" / "2003-09-22-2")


def take(bench: Any, folder: Path) -> Landed | Rejection:
    return land(bench.installation.landing_dir, folder, source=SOURCE)


def test_the_original_bytes_are_kept(bench: Any, delivery: Path) -> None:
    landed = take(bench, delivery)
    assert isinstance(landed, Landed)
    kept = landed.folder.parent / "original" / "klient.unl"
    assert hashlib.sha256(kept.read_bytes()).digest() == hashlib.sha256((delivery / "klient.unl").read_bytes()).digest()


def test_every_record_is_counted(bench: Any, delivery: Path) -> None:
    landed = take(bench, delivery)
    assert isinstance(landed, Landed)
    assert (landed.delivered, landed.quarantined, landed.raw().num_rows) == (48, 1, 47)


def test_landing_twice_changes_nothing(bench: Any, delivery: Path) -> None:
    first = take(bench, delivery)
    before = sorted((path, path.stat().st_mtime_ns) for path in bench.installation.landing_dir.rglob("*"))
    assert take(bench, delivery) == first
    assert sorted((path, path.stat().st_mtime_ns) for path in bench.installation.landing_dir.rglob("*")) == before


def test_an_accepted_batch_needs_its_delivery_no_more(bench: Any, delivery: Path) -> None:
    landed = take(bench, delivery)
    for path in delivery.iterdir():
        path.unlink()
    assert landed_batch(bench.installation.landing_dir, landed.batch_id, source=SOURCE) == landed


@pytest.mark.parametrize(
    ("name", "damage", "code"),
    [
        pytest.param("klient.unl", lambda content: content[:-10], "TransferTruncated", id="cut on the way"),
        pytest.param("klient.unl", lambda content: content.replace(b"Wanda", b"Banda"), "BadData", id="changed"),
        pytest.param("manifest.json", lambda _: b"{not json", "BadData", id="manifest that cannot be read"),
        pytest.param("manifest.json", lambda text: text.replace(b"zt97", b"zt51"), "BadData", id="of another source"),
        pytest.param(
            "manifest.json",
            lambda text: text.replace(b'"records": 48', b'"records": 49'),
            "ControlTotalsDiffer",
            id="control total",
        ),
    ],
)
def test_a_damaged_delivery_is_rejected_with_its_reason(
    bench: Any, delivery: Path, name: str, damage: Any, code: str
) -> None:
    path = delivery / name
    path.write_bytes(damage(path.read_bytes()))
    rejection = take(bench, delivery)
    assert isinstance(rejection, Rejection)
    assert rejection.code == code
    kept = next(bench.installation.landing_dir.glob("zt97-abonent/*.rejected-*"))
    assert (kept / name).read_bytes() == path.read_bytes()


def test_a_rejected_delivery_does_not_block_the_same_one_sent_whole(bench: Any, delivery: Path) -> None:
    path = delivery / "klient.unl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    rejected = take(bench, delivery)
    path.write_bytes(whole)
    landed = take(bench, delivery)
    assert isinstance(rejected, Rejection)
    assert isinstance(landed, Landed)
    assert landed.batch_id == rejected.batch_id


def test_no_temporary_folder_is_left_behind(bench: Any, delivery: Path) -> None:
    (delivery / "klient.unl").write_bytes(b"")
    take(bench, delivery)
    assert not list(bench.installation.landing_dir.rglob(".tmp-*"))
