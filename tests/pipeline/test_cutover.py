"""Cutovers from planned to live and back, on a real PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import GateFailed, PermissionDenied
from pipeline import approvals, batches, cutover, status


def states(bench: Any) -> dict[str, str]:
    return {row["unit"]: row["state"] for row in status.unit_status(bench.installation)}


def ledger(bench: Any) -> tuple[Any, ...]:
    with bench.open() as warehouse:
        return states(bench), len(warehouse.releases()), warehouse.verify_audit().events


def test_units_go_live_in_order(nation: Any) -> None:
    assert states(nation) == {
        "pilot": "live",
        "poznan": "live",
        "olsztyn": "live",
        "warszawa": "planned",
        "katowice": "planned",
        "krakow": "planned",
    }


def test_wanda_of_two_regions_is_one_customer(nation: Any) -> None:
    one, other = nation.customers_of("zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995")
    assert one == other


def test_a_newer_delivery_replaces_the_pilots_values(nation: Any) -> None:
    balances = {row["record_id"]: row["balance_grosze"] for row in nation.rows("fact_account")}
    keys = [row.key for row in nation.estate.told["pilot"]]
    assert [balances[f"zt97-abonent:{key}"] for key in keys[:3]] == [9999, 9999, 9999]


def test_pilot_customers_stay_the_pilots(nation: Any) -> None:
    units = {row["record_id"]: row["unit"] for row in nation.rows("crosswalk")}
    assert {units[f"zt97-abonent:{row.key}"] for row in nation.estate.told["pilot"]} == {"pilot"}


@pytest.mark.parametrize("unit", ["pilot", "poznan", "olsztyn"])
def test_every_delivered_record_is_accounted_for(nation: Any, unit: str) -> None:
    row = next(row for row in status.unit_status(nation.installation) if row["unit"] == unit)
    parts = ("loaded", "quarantined", "excluded", "superseded", "suppressed")
    assert row["delivered"] == sum(row[part] for part in parts) > 0


def test_what_became_of_poznan(nation: Any) -> None:
    row = next(row for row in status.unit_status(nation.installation) if row["unit"] == "poznan")
    # 40 people and Wanda; the six pilots in the file count for the pilot; one broken line.
    assert (row["delivered"], row["loaded"], row["quarantined"]) == (42, 41, 1)


def test_what_became_of_the_pilot(nation: Any) -> None:
    row = next(row for row in status.unit_status(nation.installation) if row["unit"] == "pilot")
    assert (row["delivered"], row["loaded"], row["superseded"]) == (12, 6, 6)


def test_publishing_again_changes_nothing(nation: Any) -> None:
    before = ledger(nation)
    again = cutover.publish(nation.installation, "olsztyn", "engineer")
    assert (again["changed"], ledger(nation)) == (False, before)


def test_extracting_again_changes_nothing(nation: Any) -> None:
    with nation.open() as warehouse:
        before = warehouse.batches()
        nation.extract("olsztyn")
        assert warehouse.batches() == before


def test_out_of_order_the_ledger_stays_as_it_is(nation: Any) -> None:
    before = ledger(nation)
    with pytest.raises(GateFailed, match="warszawa is planned"):
        cutover.gate(nation.installation, "krakow")
    assert ledger(nation) == before


def test_a_live_unit_passes_the_gate_although_the_one_before_was_taken_back(three_live: Any) -> None:
    cutover.rollback(three_live.installation, "poznan", "engineer", "a test")
    assert cutover.gate(three_live.installation, "olsztyn")["is_live"]


def test_the_rehearsal_foretells_the_hash(approved: Any) -> None:
    published = cutover.publish(approved.installation, "warszawa", "engineer")
    assert published["content_hash"] == approved.rehearsed["content_hash"]


def test_a_rehearsal_publishes_nothing(approved: Any, nation: Any) -> None:
    assert (approved.current_hash(), states(approved)["warszawa"]) == (nation.current_hash(), "approved")


def test_nobody_approves_his_own_request(three_live: Any) -> None:
    rehearsed = three_live.rehearse("warszawa")
    with pytest.raises(PermissionDenied):
        three_live.approve("warszawa", rehearsed, actor="Engineer ")
    with pytest.raises(PermissionDenied):
        # Claiming that somebody else asked does not help: the rehearsal remembers who did.
        cutover.approve(
            three_live.installation, "warszawa", rehearsed["rehearsal_id"], "go", "engineer", "somebody", ""
        )
    assert states(three_live)["warszawa"] == "rehearsed"


def test_no_publication_without_approval(three_live: Any) -> None:
    three_live.rehearse("warszawa")
    with pytest.raises(GateFailed, match="no approval"):
        cutover.publish(three_live.installation, "warszawa", "engineer")


def test_a_no_go_publishes_nothing(three_live: Any) -> None:
    rehearsed = three_live.rehearse("warszawa")
    three_live.approve("warszawa", rehearsed, decision="no_go")
    with pytest.raises(GateFailed, match="No-go"):
        cutover.publish(three_live.installation, "warszawa", "engineer")


def _new_delivery(bench: Any, people: Any) -> None:
    bench.estate.deliver("zt05-abonent", people(450, 3), date="2003-10-13", sequence=2)
    bench.extract("warszawa")


def _new_decision(bench: Any, _: Any) -> None:
    with bench.open() as warehouse:
        ids = [f"zt97-abonent:{row.key}" for row in bench.estate.told["pilot"][:2]]
        warehouse.append_decision("different", *ids, actor="steward")


def _other_thresholds(bench: Any, _: Any) -> None:
    from config import gates

    loosened = gates.load_gates().model_copy(update={"max_quarantined": 999_999})
    approvals.load_gates = lambda: loosened


@pytest.mark.parametrize("change", [_new_delivery, _new_decision, _other_thresholds], ids=lambda each: each.__name__)
def test_an_approval_is_void_when_what_it_covers_changes(
    approved: Any, new_people: Any, monkeypatch: pytest.MonkeyPatch, change: Any
) -> None:
    monkeypatch.setattr(approvals, "load_gates", approvals.load_gates)
    change(approved, new_people)
    with pytest.raises(GateFailed, match="no approval covers"):
        cutover.publish(approved.installation, "warszawa", "engineer")


def test_approving_twice_is_once(approved: Any) -> None:
    before = ledger(approved)[2]
    approved.approve("warszawa", approved.rehearsed)
    cutover.publish(approved.installation, "warszawa", "engineer")
    approved.approve("warszawa", approved.rehearsed)
    assert states(approved)["warszawa"] == "live"
    with approved.open() as warehouse:
        # Besides the publication: prepared, published, and the unit's second way into approved.
        assert warehouse.verify_audit().events == before + 3


def test_siblings_wait_for_their_elder(bench: Any) -> None:
    bench.take_live("pilot", "poznan")
    bench.approve("warszawa", bench.rehearse("warszawa"))
    assert not cutover.siblings_settled(bench.installation, "warszawa")
    with pytest.raises(GateFailed, match="publishes after olsztyn"):
        cutover.publish(bench.installation, "warszawa", "engineer")
    bench.approve("olsztyn", bench.rehearse("olsztyn"), decision="no_go")
    assert cutover.siblings_settled(bench.installation, "warszawa")
    assert cutover.publish(bench.installation, "warszawa", "engineer")["unit"] == "warszawa"


def test_the_batches_of_a_release_do_not_depend_on_who_extracted_first(three_live: Any) -> None:
    three_live.extract("warszawa")
    with three_live.open() as warehouse:
        accepted = warehouse.batches(states=["accepted"])
    own = batches.batches_for(batches.UNITS[2], accepted)
    assert {batch_id.partition(":")[0] for batch_id in own} == {"zt51-abonent"}


@pytest.mark.parametrize("unit", ["olsztyn", "poznan"], ids=["the last", "a middle one"])
def test_rollback_and_return(three_live: Any, unit: str) -> None:
    before = three_live.current_hash()
    taken = cutover.rollback(three_live.installation, unit, "engineer", "test", verify=True)
    assert taken["equal"]
    assert taken["content_hash"] == taken["control_hash"] != before
    if unit == "poznan":
        # Its wave is over for Olsztyn, which stays live.
        assert states(three_live)["olsztyn"] == "live"
    assert three_live.take_live(unit) == before


def test_rollback_equals_a_history_without_the_unit(approved: Any) -> None:
    before = approved.current_hash()
    cutover.publish(approved.installation, "warszawa", "engineer")
    assert cutover.rollback(approved.installation, "warszawa", "engineer", "test")["content_hash"] == before


def test_the_order_of_history_does_not_matter(approved: Any, another_three_live: Any) -> None:
    cutover.publish(approved.installation, "warszawa", "engineer")
    one = cutover.rollback(approved.installation, "olsztyn", "engineer", "test")["content_hash"]
    cutover.rollback(another_three_live.installation, "olsztyn", "engineer", "test")
    assert another_three_live.take_live("warszawa") == one


def test_rolling_back_twice_changes_nothing(three_live: Any) -> None:
    first = cutover.rollback(three_live.installation, "olsztyn", "engineer", "test")
    second = cutover.rollback(three_live.installation, "olsztyn", "engineer", "test")
    assert (second["release_no"], second["changed"]) == (first["release_no"], False)


def test_a_unit_that_is_not_live_cannot_be_taken_back(nation: Any) -> None:
    with pytest.raises(GateFailed, match="krakow is planned"):
        cutover.rollback(nation.installation, "krakow", "engineer", "test")


def test_a_rejected_delivery_is_a_gate_until_a_good_one_comes(bench: Any) -> None:
    bench.take_live("pilot")
    good = bench.estate.told["poznan"]
    folder = bench.estate.folder / "zt97-abonent" / "2003-09-22-2"
    content = (folder / "klient.unl").read_bytes()
    (folder / "klient.unl").write_bytes(content[:-40])
    with pytest.raises(GateFailed, match=r"zt97-abonent \(TransferTruncated"):
        bench.rehearse("poznan")
    assert states(bench)["poznan"] == "planned"
    # The sender repeats it, under the same manifest but for the number.
    bench.estate.deliver("zt97-abonent", good, date="2003-09-22", sequence=3, extra=b"999|F|Brak|\n")
    bench.take_live("poznan")
    assert states(bench)["poznan"] == "live"
    listed = status.source_detail(bench.installation, "zt97-abonent")["batches"]
    assert [batch["state"] for batch in listed] == ["accepted", "accepted"]


def test_a_system_that_delivered_nothing_is_a_gate(bench: Any) -> None:
    bench.take_live("pilot")
    for folder in (bench.estate.folder / "zt97-abonent").glob("2003-*"):
        (folder / "manifest.json").rename(folder / "manifest.json.part")
    with pytest.raises(GateFailed, match="nothing delivered"):
        bench.rehearse("poznan")
