"""The rollout as the demo's engineer sees it: start the pilot, let the units follow, restart what was interrupted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from airflow_api import AirflowApi
from product import blekit

# An asset starts the next wave within seconds; a unit that may go and has no run after this long was interrupted.
PATIENCE_SECONDS = 20
POLL_SECONDS = 1.0

TASKS = {
    "gate": "asks the ledger",
    "points": "lists its collection points",
    "extract": "reads {count} collection points",
    "rehearse": "rehearses",
    "go_no_go": "waits for the approver",
    "decide": "is approved",
    "approve": "is approved",
    "wait_for_siblings": "waits for its elder sibling",
    "publish": "publishes",
    "sign_off": "signs off",
    "record_no_go": "records a No-go",
}
"""What a unit does while that task is busy."""


class RolloutFailed(Exception):
    """A unit did not go live."""


def follow(api: AirflowApi, *, report: Callable[[str, str], None]) -> dict[str, float]:
    """See all units live; the seconds each took.

    Args:
        api: Airflow, as the engineer.
        report: called with a unit and what it does now, whenever that changes.

    Raises:
        RolloutFailed: a run failed or was refused; says which task and why.
    """
    begun = time.monotonic()
    dags = {f"cutover_{row['unit']}": row for row in blekit("cutover", "plan")}
    mine: set[str] = set()
    idle_since: float | None = None
    while True:
        runs = {
            dag_id: run
            for dag_id, run in api.last_runs(list(dags)).items()
            if run["dag_run_id"] in mine or _is_open(run)
        }
        mine |= {run["dag_run_id"] for run in runs.values()}
        active = {dag_id: run for dag_id, run in runs.items() if _is_open(run)}
        _report_tasks(api, active, report=report)
        _require_no_failure(api, runs)
        if active:
            idle_since = None
        else:
            plan = blekit("cutover", "plan")
            waiting = [row["unit"] for row in plan if row["state"] != "live"]
            if not waiting:
                return _seconds(runs, begun=begun)
            _require_no_refusal(runs, waiting)
            idle_since = idle_since or time.monotonic()
            if not mine or time.monotonic() - idle_since > PATIENCE_SECONDS:
                mine |= {api.trigger(f"cutover_{row['unit']}") for row in plan if row["may_go"]}
                idle_since = None
        time.sleep(POLL_SECONDS)


def _is_open(run: Mapping[str, Any]) -> bool:
    return run["state"] in ("queued", "running")


def _report_tasks(api: AirflowApi, active: Mapping[str, Any], *, report: Callable[[str, str], None]) -> None:
    tasks = api.busy_tasks([run["dag_run_id"] for run in active.values()]) if active else []
    for dag_id in active:
        busy = [task["task_id"] for task in tasks if task["dag_id"] == dag_id]
        if busy:
            doing = TASKS.get(busy[0], busy[0]).format(count=busy.count("extract"))
            report(dag_id.removeprefix("cutover_"), doing)


def _require_no_failure(api: AirflowApi, runs: Mapping[str, Any]) -> None:
    failed = [run for run in runs.values() if run["state"] == "failed"]
    for task in api.busy_tasks([run["dag_run_id"] for run in failed]) if failed else []:
        if task["state"] == "failed":
            why = "\n  ".join(api.log_tail(task)) or "its log says why"
            raise RolloutFailed(f"{task['dag_id']}: {task['task_id']} failed\n  {why}")
    if failed:
        raise RolloutFailed(f"{failed[0]['dag_id']} failed; Airflow shows where")


def _require_no_refusal(runs: Mapping[str, Any], waiting: list[str]) -> None:
    """A run that ended well and left its unit not live was refused."""
    for unit in waiting:
        run = runs.get(f"cutover_{unit}")
        if run and run["state"] == "success":
            raise RolloutFailed(f"{unit}: the approver said No-go; the rehearsal's evidence says why")


def _seconds(runs: Mapping[str, Any], *, begun: float) -> dict[str, float]:
    spent = {
        dag_id.removeprefix("cutover_"): float(run["duration"]) for dag_id, run in runs.items() if run.get("duration")
    }
    return {**spent, "all units": time.monotonic() - begun}
