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


Plan = list[dict[str, Any]]
"""What ``blekit cutover plan`` says: a row per unit."""


def follow(api: AirflowApi, *, report: Callable[[str, str], None]) -> None:
    """See all units live, starting what may go and has no run.

    Args:
        api: Airflow, as the engineer.
        report: called with a unit and what it does now, whenever that changes.

    Raises:
        RolloutFailed: a run failed or was refused; says which task and why.
    """
    plan = blekit("cutover", "plan")
    mine: set[str] = set() if _open_runs(api, plan) else {_start(api, row) for row in plan if row["may_go"]}
    # Per unit, not for all: a unit whose run was killed keeps its younger sibling waiting in a run that stays open.
    idle_since: dict[str, float] = {}
    looked_at = time.monotonic()
    while any(row["state"] != "live" for row in plan):
        runs = _open_runs(api, plan)
        mine |= {run["dag_run_id"] for run in runs.values()}
        _report_tasks(api, runs, report=report)
        if not runs or time.monotonic() - looked_at > PATIENCE_SECONDS:
            plan, looked_at = blekit("cutover", "plan"), time.monotonic()
            idle = [row for row in plan if row["may_go"] and f"cutover_{row['unit']}" not in runs]
            _require_no_failure(api, idle, mine)
            idle_since = {row["unit"]: idle_since.get(row["unit"], looked_at) for row in idle}
            late = [row for row in idle if looked_at - idle_since[row["unit"]] > PATIENCE_SECONDS]
            mine |= {_start(api, row) for row in late}
        time.sleep(POLL_SECONDS)


def _start(api: AirflowApi, row: dict[str, Any]) -> str:
    """Start a unit the ledger lets go; the run that was started."""
    return api.trigger(f"cutover_{row['unit']}")


def _last_runs(api: AirflowApi, plan: Plan) -> dict[str, dict[str, Any]]:
    return api.last_runs([f"cutover_{row['unit']}" for row in plan])


def _open_runs(api: AirflowApi, plan: Plan) -> dict[str, dict[str, Any]]:
    """Runs that are not finished."""
    return {name: run for name, run in _last_runs(api, plan).items() if run["state"] in ("queued", "running")}


def _report_tasks(api: AirflowApi, active: Mapping[str, Any], *, report: Callable[[str, str], None]) -> None:
    tasks = api.busy_tasks([run["dag_run_id"] for run in active.values()]) if active else []
    for dag_id in active:
        busy = [task["task_id"] for task in tasks if task["dag_id"] == dag_id]
        if busy:
            doing = TASKS.get(busy[0], busy[0]).format(count=busy.count("extract"))
            report(dag_id.removeprefix("cutover_"), doing)


def _require_no_failure(api: AirflowApi, idle: Plan, mine: set[str]) -> None:
    """Raise when a run of ours ended and left its unit not live: it failed, or was refused."""
    last = _last_runs(api, idle) if idle else {}
    for row in idle:
        run = last.get(f"cutover_{row['unit']}")
        if run is None or run["dag_run_id"] not in mine or run["state"] in ("queued", "running"):
            continue
        if run["state"] == "success":
            raise RolloutFailed(f"{row['unit']}: the approver said No-go; the rehearsal's evidence says why")
        tasks = [task for task in api.busy_tasks([run["dag_run_id"]]) if task["state"] == "failed"]
        why = "\n  ".join(f"{task['task_id']}: {api.last_error(task)}" for task in tasks)
        raise RolloutFailed(f"{row['unit']}: its run failed\n  {why}")
