"""From files in legacy formats to six live units, without the truth being there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from config.kinds import all_kinds, planned_kinds
from config.units import UNIT_NAMES

STATUS_KEYS = {
    *("unit", "wave", "state", "release_no", "went_live_at", "systems", "delivered", "loaded", "quarantined"),
    *("excluded", "superseded", "suppressed", "customers"),
}
SOURCE_KEYS = {
    *("source_id", "point", "unit", "kind", "format", "code_page", "state", "last_batch_id", "delivered", "loaded"),
    *("quarantined", "excluded", "superseded", "suppressed"),
}
FATES = ("loaded", "quarantined", "excluded", "superseded", "suppressed")


def test_six_units_are_live_in_the_order_of_the_rollout(line: Any) -> None:
    units = line.ok("cutover", "status")
    assert [unit["unit"] for unit in units] == list(UNIT_NAMES)
    assert {unit["state"] for unit in units} == {"live"}
    numbers = [unit["release_no"] for unit in units]
    assert numbers == sorted(numbers)
    assert set(units[0]) >= STATUS_KEYS  # DESIGN §11


@pytest.mark.parametrize("command", [("cutover", "status"), ("sources", "list")], ids=["units", "systems"])
def test_every_delivered_record_has_one_fate(line: Any, command: tuple[str, str]) -> None:
    unbalanced = [row for row in line.ok(*command) if row["delivered"] != sum(row[fate] for fate in FATES)]
    assert unbalanced == []


def test_every_registered_system_says_how_far_it_is(line: Any) -> None:
    rows = line.ok("sources", "list")
    assert len(rows) == 508  # 507 systems and the roster
    assert set(rows[0]) >= SOURCE_KEYS  # DESIGN §11
    served = [row for row in rows if row["kind"] in all_kinds()]
    assert {row["kind"] for row in rows} - {row["kind"] for row in served} == planned_kinds().keys()
    assert {row["source_id"]: row["state"] for row in served if row["state"] != "live"} == {}


def test_no_file_of_the_truth_was_looked_for(line: Any) -> None:
    # Not even asked for: a product that looks whether the truth is there behaves otherwise when it is.
    assert line.opened.paths, "the hook saw nothing"
    assert any("deliveries" in path for path in line.opened.paths)
    looked = {path for path in line.opened.paths if f"{os.sep}truth" in path.removeprefix(str(line.home.parent))}
    assert looked == set()


def test_every_release_is_what_its_ledger_says(line: Any) -> None:
    for release in line.ok("release", "list"):
        if release["state"] == "published":
            verified = line.ok("release", "verify", str(release["release_no"]))
            assert verified["equal"]
            assert verified["recomputed"] == release["content_hash"]


@pytest.mark.parametrize("unit", UNIT_NAMES)
def test_legacy_and_central_reconcile(line: Any, unit: str) -> None:
    report = line.ok("recon", "run", "--unit", unit)
    assert report["clean"]
    assert report["checks"]


def test_rolling_a_middle_unit_back_and_returning_it_restores_the_hash(line: Any) -> None:
    before = line.ok("release", "show")["content_hash"]
    taken = line.ok("cutover", "rollback", "olsztyn", "--reason", "billing stopped", "--verify")
    assert taken["equal"]
    assert taken["content_hash"] != before
    assert {unit["unit"]: unit["state"] for unit in line.ok("cutover", "status")}["olsztyn"] == "rolled_back"
    assert line.take_live("olsztyn")["content_hash"] == before


def test_out_of_order_is_refused_and_leaves_the_ledger_alone(line: Any) -> None:
    line.ok("cutover", "rollback", "poznan", "--reason", "a test")
    line.ok("cutover", "rollback", "olsztyn", "--reason", "a test")
    before = line.ok("cutover", "status")
    refused = line.run("cutover", "run", "olsztyn", "--approver", "approver", stdin=line.password("approver"))
    assert refused.code == 1
    assert "poznan" in refused.err
    assert line.ok("cutover", "status") == before
    line.take_live("poznan")
    line.take_live("olsztyn")


def test_audit_chain_holds(line: Any) -> None:
    assert line.run("audit", "verify").code == 0


def test_an_analyst_sees_masked_rows_of_one_release(line: Any) -> None:
    url = line.ok("status")["bi_url"]
    with psycopg.connect(url) as now, psycopg.connect(url, options="-c blekit.release=2") as then:
        customers = now.execute("SELECT count(*) FROM bi.customer").fetchone()
        earlier = then.execute("SELECT count(*) FROM bi.customer").fetchone()
        assert customers is not None
        assert earlier is not None
        assert 0 < earlier[0] < customers[0]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            now.execute("SELECT count(*) FROM mdm.party_record")


@pytest.fixture
def _truth_is_back(line: Any) -> Iterator[None]:
    shutil.copytree(line.truth, line.home / "truth")
    yield
    shutil.rmtree(line.home / "truth")


@pytest.mark.usefixtures("_truth_is_back")
def test_links_are_right(line: Any) -> None:
    # At a tenth of the demo one wrong pair weighs ten times as much; the numbers are for demo and s2.
    score = line.ok("score")
    assert score["links"]["precision"] >= 0.98
    assert score["pairwise"]["recall"] >= 0.85  # links at .99; the queue has most of the rest
