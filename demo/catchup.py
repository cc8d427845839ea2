"""After the last cutover: what the systems delivered since, up to the end of the story, as one release."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from airflow_api import AirflowApi

DAG = "daily_feeds"
UNTIL = "2006-12-31"
POLL_SECONDS = 1.0
TASKS = {
    "points": "lists who delivered since",
    "extract": "reads {count} collection points",
    "publish": "publishes what is new",
}
"""What the feed does while that task is busy."""


class CatchUpFailed(Exception):
    """The feed did not end well."""


def follow(api: AirflowApi, *, report: Callable[[str, str], None]) -> dict[str, Any]:
    """Run the feed up to the end of the story; what it published.

    Raises:
        CatchUpFailed: a task failed; says which and why.
    """
    run_id = api.trigger(DAG, conf={"until": UNTIL})
    while (run := api.last_runs([DAG])[DAG])["state"] in ("queued", "running"):
        tasks = [task for task in api.busy_tasks([run_id]) if task["dag_id"] == DAG]
        if tasks:
            doing = TASKS.get(tasks[0]["task_id"], tasks[0]["task_id"])
            report("feed", doing.format(count=sum(task["task_id"] == "extract" for task in tasks)))
        time.sleep(POLL_SECONDS)
    if run["state"] != "success":
        failed = [task for task in api.busy_tasks([run_id]) if task["state"] == "failed"]
        why = "\n  ".join(f"{task['task_id']}: {api.last_error(task)}" for task in failed)
        raise CatchUpFailed(f"the feed failed\n  {why}")
    return api.result(run, of="publish") or {}
