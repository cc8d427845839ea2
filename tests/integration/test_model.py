"""Another model, from training to a release of the nation and back, as people walk it at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def trained(line: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A model of all that was accepted, and the report of its training."""
    path = tmp_path_factory.mktemp("model") / "model.yml"
    return str(path), line.ok("model", "train", "--seed", "5", "--out", str(path))


def test_the_report_tells_what_was_learned_from_what(line: Any, trained: tuple[str, dict[str, Any]]) -> None:
    _, report = trained
    with line.installation.open_warehouse() as warehouse:
        loaded = warehouse.read("fact_account").num_rows
        accepted = [each for each in warehouse.batches(states=["accepted"]) if each.source_id.endswith("-abonent")]
    # A row of a married couple is two records.
    assert report["records"] >= loaded > 0
    assert (report["trained_on"]["batches"], report["trained_on"]["seed"]) == (len(accepted), 5)
    person = report["lessons"][0]
    assert {one["name"] for one in person["classes"] if one["is_same"]} >= {"same_person"}
    assert not [one for one in person["classes"] if one["is_same"] and (one["identity_share"] or 0) < 500_000]


def test_training_on_one_unit_takes_its_records_only(line: Any, tmp_path: Path) -> None:
    report = line.ok("model", "train", "--units", "poznan", "--out", str(tmp_path / "poznan.yml"))
    with line.installation.open_warehouse() as warehouse:
        loaded = warehouse.read("fact_account", where={"unit": "poznan"}).num_rows
    assert loaded <= report["records"] < 2 * loaded
    assert report["trained_on"]["units"] == "poznan"


def test_a_model_goes_live_by_four_eyes_and_is_taken_back_to_the_last_bit(
    line: Any, trained: tuple[str, dict[str, Any]]
) -> None:
    path, report = trained
    before = line.ok("release", "show")
    refused = line.run("model", "activate", path)
    assert (refused.code, "waits for approval of rehearsal nation-" in refused.err) == (1, True)
    assert line.ok("release", "show") == before
    live = line.ok("model", "activate", path, "--approver", "approver", stdin=line.password("approver"))
    assert (live["kind"], live["model_version"]) == ("model", report["version"])
    customers = live["impact"]["customers"]
    assert customers["before"] == before["tables"]["golden_customer"]["rows"]
    verified = line.ok("release", "verify")
    assert (verified["equal"], customers["after"]) == (True, verified["tables"]["golden_customer"]["rows"])
    assert [row["is_active"] for row in line.ok("model", "list") if row["version"] == report["version"]] == [True]
    back = line.ok("model", "activate", "default", "--approver", "approver", stdin=line.password("approver"))
    assert back["content_hash"] == before["content_hash"] != live["content_hash"]
    assert line.run("audit", "verify").code == 0
