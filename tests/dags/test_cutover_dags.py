"""The cutover DAGs: their order, and what a run does to the ledger."""

from __future__ import annotations

import pytest
from airflow.sdk import Asset

from config.errors import BadData, LockBusy
from config.units import UNIT_NAMES

BEFORE = {
    "pilot": set(),
    "poznan": {"pilot"},
    "olsztyn": {"poznan"},
    "warszawa": {"poznan"},
    "katowice": {"olsztyn", "warszawa"},
    "krakow": {"olsztyn", "warszawa"},
}


def states_of(run):
    return {ti.task_id: str(ti.state) for ti in run.get_task_instances()}


def assets_in(condition):
    if isinstance(condition, Asset):
        return {condition.name.removeprefix("cutover_done_")}
    return set().union(*(assets_in(each) for each in getattr(condition, "objects", ())))


def test_every_file_loads(dag_bag):
    assert dag_bag.import_errors == {}
    operations = {"rehearse_unit", "rollback_unit", "apply_decisions", "daily_feeds"}
    expected = {f"cutover_{unit}" for unit in UNIT_NAMES} | operations
    assert set(dag_bag.dags) == expected


def test_every_dag_can_be_stored(dag_bag):
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dag_bag.dags.values():
        DagSerialization.serialize_dag(dag)


@pytest.mark.parametrize("unit", UNIT_NAMES)
def test_waits_for_all_assets_of_the_wave_before(dag_bag, unit):
    timetable = dag_bag.dags[f"cutover_{unit}"].timetable
    condition = getattr(timetable, "asset_condition", None)
    assert assets_in(condition) == BEFORE[unit]
    if len(BEFORE[unit]) > 1:
        assert type(condition).__name__ == "AssetAll"


@pytest.mark.parametrize("unit", UNIT_NAMES)
def test_nothing_but_the_sign_off_releases_the_next_wave(dag_bag, unit):
    dag = dag_bag.dags[f"cutover_{unit}"]
    assert [task.task_id for task in dag.tasks if task.outlets] == ["sign_off"]
    assert dag.get_task("sign_off").upstream_task_ids == {"publish"}


@pytest.mark.parametrize("unit", UNIT_NAMES)
def test_silence_never_approves(dag_bag, unit):
    question = dag_bag.dags[f"cutover_{unit}"].get_task("go_no_go")
    assert question.defaults == ["No-go"]
    assert question.response_timeout is None
    assert question.retries == 3


@pytest.mark.parametrize(
    ("unit", "waits"),
    [
        pytest.param("olsztyn", False, id="the eldest of a wave waits for nobody"),
        pytest.param("warszawa", True, id="warszawa waits for olsztyn"),
        pytest.param("krakow", True, id="krakow waits for katowice"),
    ],
)
def test_younger_siblings_publish_later(dag_bag, unit, waits):
    dag = dag_bag.dags[f"cutover_{unit}"]
    upstream = dag.get_task("publish").upstream_task_ids
    assert upstream == ({"wait_for_siblings", "approve"} & set(dag.task_ids) - {"approve"} if waits else {"approve"})


def test_go_takes_the_unit_live(dag_bag, ledger, answers):
    answers.append("Go")
    states = states_of(dag_bag.dags["cutover_pilot"].test())
    assert states["sign_off"] == "success"
    assert states["record_no_go"] == "skipped"
    assert ledger.states == {"pilot": "live"}
    assert ledger.calls == ["gate", "points", "extract", "extract", "rehearse", "approve", "publish"]
    assert ledger.approvals["covers-pilot"]["actor"] == "approver"


def test_no_go_is_recorded_and_publishes_nothing(dag_bag, ledger, answers):
    answers.append("No-go")
    states = states_of(dag_bag.dags["cutover_pilot"].test())
    assert states["record_no_go"] == "success"
    assert (states["publish"], states["sign_off"]) == ("skipped", "skipped")
    assert ledger.approvals["covers-pilot"]["decision"] == "no_go"
    assert ledger.states == {"pilot": "rehearsed"}


def test_a_unit_out_of_order_stops_at_the_gate(dag_bag, ledger, answers):
    run = dag_bag.dags["cutover_krakow"].test()
    assert str(run.state) == "failed"
    assert states_of(run)["gate"] == "failed"
    assert ledger.calls == ["gate"]
    assert ledger.states == {}


def test_a_unit_that_is_live_is_left_alone(dag_bag, ledger, answers):
    ledger.states["pilot"] = "live"
    run = dag_bag.dags["cutover_pilot"].test()
    assert str(run.state) == "success"
    assert set(states_of(run).values()) == {"skipped"}
    assert ledger.calls == ["gate"]


def test_what_the_ledger_approved_is_not_asked_again(dag_bag, ledger, answers):
    ledger.approvals["covers-pilot"] = {"decision": "go", "actor": "approver", "reason": "before the crash"}
    run = dag_bag.dags["cutover_pilot"].test()
    assert states_of(run)["sign_off"] == "success"
    assert ledger.approvals["covers-pilot"]["reason"] == "before the crash"


@pytest.mark.parametrize(
    "approval",
    [
        pytest.param({"decision": "no_go", "actor": "approver", "reason": ""}, id="a no-go may be thought over"),
        pytest.param({"decision": "go", "actor": "engineer", "reason": ""}, id="one's own approval does not count"),
    ],
)
def test_asked_although_the_ledger_has_an_answer(dag_bag, ledger, answers, approval):
    ledger.approvals["covers-pilot"] = approval
    answers.append("Go")
    dag_bag.dags["cutover_pilot"].test()
    assert answers == []
    assert ledger.approvals["covers-pilot"]["reason"] == "seen"


def test_bad_data_fails_at_once(dag_bag, ledger, answers):
    ledger.failures["extract"] = [BadData("zt63-abonent: ABONENT.UNL is cut short at byte 900")]
    run = dag_bag.dags["cutover_pilot"].test()
    assert str(run.state) == "failed"
    assert ledger.calls.count("extract") == 2  # each point once, no retry
    assert "rehearse" not in ledger.calls


def test_a_busy_lock_is_tried_again(dag_bag, ledger, answers):
    from datetime import timedelta

    dag = dag_bag.dags["cutover_pilot"]
    dag.get_task("rehearse").retry_delay = timedelta(seconds=0)
    answers.append("Go")
    ledger.failures["rehearse"] = [LockBusy("somebody else prepares a release")]
    run = dag.test()
    assert states_of(run)["sign_off"] == "success"
    assert ledger.calls.count("rehearse") == 2
