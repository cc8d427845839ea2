"""Units, rehearsals, approvals, attempts, decisions, deliveries."""

from __future__ import annotations

import datetime as dt
import threading

import pytest

from config.errors import GateFailed, PermissionDenied, UsageError
from warehouse import Batch
from warehouse.ledger import LEGAL_MOVES

DAY = dt.date(2003, 9, 22)


def batch(number: int = 1, source_id: str = "zt63-abonent", **values: object) -> Batch:
    return Batch(f"{source_id}:{number}", source_id, DAY + dt.timedelta(number), number, 1, 1000, **values)


def walk(warehouse, unit: str, *states: str) -> None:
    for state in states:
        warehouse.move_unit(unit, to=state, actor="anna", attempt_id="a1")


def test_every_unit_starts_planned(warehouse):
    states = warehouse.unit_states()
    assert list(states) == ["pilot", "poznan", "olsztyn", "warszawa", "katowice", "krakow"]
    assert {state.state for state in states.values()} == {"planned"}


@pytest.mark.parametrize(
    "to", sorted({"planned", "landed", "rehearsed", "approved", "live", "rolled_back"} - {"landed"})
)
def test_a_planned_unit_can_only_land(warehouse, to):
    with pytest.raises(GateFailed):
        warehouse.move_unit("poznan", to=to, actor="anna")
    assert warehouse.unit_states()["poznan"].state == "planned"


@pytest.mark.parametrize("to", ["live", "rolled_back"])
def test_a_unit_goes_live_by_publishing_only(warehouse, to):
    walk(warehouse, "poznan", "landed", "rehearsed", "approved")
    with pytest.raises(GateFailed, match="publishing"):
        warehouse.move_unit("poznan", to=to, actor="anna")


def test_a_whole_life(warehouse, people, release):
    walk(warehouse, "poznan", "landed", "rehearsed", "approved")
    live = release(people(2), unit="poznan", unit_state="live")
    went_live_at = warehouse.unit_states()["poznan"].went_live_at
    back = release([], "pilot", unit="poznan", unit_state="rolled_back", kind="rollback")
    state = warehouse.unit_states()["poznan"]
    assert (state.state, state.release_no, state.went_live_at) == ("rolled_back", back.release_no, went_live_at)
    assert (live.unit, went_live_at is not None) == ("poznan", True)
    walk(warehouse, "poznan", "rehearsed")


def test_no_state_is_a_dead_end():
    assert all(LEGAL_MOVES.values())


def approve(warehouse, unit="poznan", covers="c1", decision="go", **who) -> object:
    rehearsal_id = warehouse.record_rehearsal(unit, {"clean": True})
    accounts = {"actor": "boss", "requested_by": "anna"} | who
    return warehouse.record_approval(unit, rehearsal_id, covers, decision, **accounts)


def test_the_one_who_asks_does_not_answer(warehouse):
    with pytest.raises(PermissionDenied) as raised:
        approve(warehouse, actor="anna", requested_by="anna")
    assert raised.value.exit_code == 77


def test_an_approval_holds_for_what_it_covers(warehouse):
    approve(warehouse, covers="c1")
    assert warehouse.approval_for("poznan", "c1").decision == "go"
    assert warehouse.approval_for("poznan", "c2") is None
    assert warehouse.approval_for("krakow", "c1") is None


def test_the_last_word_counts(warehouse):
    approve(warehouse)
    approve(warehouse, decision="no_go")
    assert warehouse.approval_for("poznan", "c1").decision == warehouse.last_approval("poznan").decision == "no_go"


def test_an_approval_names_a_rehearsal_of_its_unit(warehouse):
    rehearsal_id = warehouse.record_rehearsal("krakow", {})
    with pytest.raises(UsageError, match="not one of unit poznan"):
        warehouse.record_approval("poznan", rehearsal_id, "c1", "go", actor="boss", requested_by="anna")


@pytest.mark.parametrize(
    ("decision", "covers"),
    [pytest.param("no_go", "c1", id="no-go"), pytest.param("go", "c2", id="something else approved")],
)
def test_nothing_is_published_without_the_approval_it_names(warehouse, people, content_of, inputs, decision, covers):
    approve(warehouse, decision=decision, covers=covers)
    prepared = warehouse.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(1)), actor="anna")
    with pytest.raises(GateFailed):
        warehouse.publish(prepared.release_no, actor="anna", unit="poznan", covers="c1")
    assert warehouse.current() is None


def test_an_approved_release_is_published(warehouse, people, content_of, inputs):
    approve(warehouse)
    prepared = warehouse.prepare(kind="cutover", inputs=inputs("poznan"), content=content_of(people(1)), actor="anna")
    assert warehouse.publish(prepared.release_no, actor="anna", unit="poznan", covers="c1").state == "published"


def test_rehearsals_keep_their_evidence(warehouse):
    ids = [warehouse.record_rehearsal("poznan", {"queue": number}) for number in (1, 2)]
    assert ids == ["poznan-1", "poznan-2"]
    assert warehouse.rehearsal("poznan-2").evidence == {"queue": 2}


def test_an_attempt_ends_under_its_id(warehouse):
    warehouse.record_attempt("run-1", unit="poznan", kind="rehearse", actor="anna", state="running", detail={"a": 1})
    warehouse.record_attempt("run-1", unit="poznan", kind="rehearse", actor="anna", state="failed", detail={"b": 2})
    (attempt,) = warehouse.attempts("poznan")
    assert (attempt.state, attempt.detail, attempt.ended_at is not None) == ("failed", {"a": 1, "b": 2}, True)


def test_decisions_are_numbered_without_gaps_and_read_in_order(warehouse):
    numbers = [warehouse.append_decision("same", "b:2", "a:1", actor="ola", reason="twins") for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert [each.decision_no for each in warehouse.decisions(up_to=2)] == [1, 2]
    assert (warehouse.decisions()[0].record_id_1, warehouse.decisions()[0].record_id_2) == ("a:1", "b:2")


def test_a_pair_is_ordered_by_code_point(warehouse):
    warehouse.append_decision("different", "zt:ż", "zt:Z", actor="ola")
    assert warehouse.decisions()[0].record_id_1 == "zt:Z"


@pytest.mark.parametrize(
    ("kind", "second"), [pytest.param("maybe", "b:2", id="kind"), pytest.param("same", "a:1", id="one record")]
)
def test_what_is_no_decision_is_refused(warehouse, kind, second):
    with pytest.raises(UsageError):
        warehouse.append_decision(kind, "a:1", second, actor="ola")


def test_stewards_at_once_get_numbers_of_their_own(database):
    numbers: list[int] = []

    def decide() -> None:
        with database.open() as warehouse:
            numbers.extend(warehouse.append_decision("same", "a:1", "b:2", actor="ola") for _ in range(5))

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.open() as warehouse:
        assert warehouse.verify_audit().is_intact
    assert sorted(numbers) == list(range(1, 21))


def test_a_batch_may_be_registered_twice_and_keeps_its_state(warehouse):
    warehouse.register_batch(batch(delivered=5))
    warehouse.set_batch_state("zt63-abonent:1", "accepted")
    warehouse.register_batch(batch(delivered=5, standardised=4, excluded=1, excluded_by_reason={"deleted": 1}))
    (found,) = warehouse.batches()
    assert (found.state, found.standardised, found.excluded_by_reason) == ("accepted", 4, {"deleted": 1})


def test_batches_are_chosen_by_source_and_state(warehouse):
    for each in (batch(1), batch(2), batch(1, "zt25-abonent")):
        warehouse.register_batch(each)
    warehouse.set_batch_state("zt63-abonent:2", "rejected", "control totals differ")
    assert [each.batch_id for each in warehouse.batches(source_ids=["zt63-abonent"])] == [
        "zt63-abonent:1",
        "zt63-abonent:2",
    ]
    assert [each.reason for each in warehouse.batches(states=["rejected"])] == ["control totals differ"]


def test_an_unknown_batch_is_a_usage_error(warehouse):
    with pytest.raises(UsageError):
        warehouse.set_batch_state("zt63-abonent:9", "accepted")


def test_a_unit_counts_where_its_rows_went(warehouse, people, release):
    split = {"poznan": {"delivered": 8, "standardised": 6, "quarantined": 1, "excluded": 1}, "pilot": {"delivered": 2}}
    warehouse.register_batch(batch(delivered=10, standardised=8, quarantined=1, excluded=1, by_unit=split))
    warehouse.register_batch(batch(2, delivered=99))
    before = warehouse.unit_states()["poznan"]
    release(people(5))
    after = warehouse.unit_states()["poznan"]
    assert (before.systems, before.delivered, before.loaded) == (1, 107, 0)
    assert (after.delivered, after.loaded, after.quarantined, after.excluded, after.superseded) == (8, 5, 1, 1, 1)
    assert (after.customers, warehouse.unit_states()["pilot"].delivered) == (5, 2)


def test_counts_its_publisher_noted_go_before_sums_over_batches(warehouse, people, release):
    noted = {"delivered": 12, "loaded": 5, "quarantined": 3, "excluded": 2, "superseded": 1, "suppressed": 1}
    release(people(5), detail={"units": {"poznan": noted}})
    state = warehouse.unit_states()["poznan"]
    assert {name: getattr(state, name) for name in noted} == noted
