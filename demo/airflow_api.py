"""What the demo needs of Airflow's REST API, as one of its accounts."""

from __future__ import annotations

from typing import Any

import httpx


class AirflowApi:
    """A session of one account; it logs in again when its token has run out."""

    def __init__(self, url: str, *, name: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60)
        self._login = {"username": name, "password": password}

    def unpause_all(self) -> None:
        """Unpause every DAG: an event for a paused one is dropped."""
        for dag in self._call("GET", "/dags", params={"paused": True})["dags"]:
            self._call("PATCH", f"/dags/{dag['dag_id']}", json={"is_paused": False})

    def trigger(self, dag_id: str, *, conf: dict[str, Any] | None = None) -> str:
        """Start a run with these params; returns its id."""
        wanted = {"logical_date": None, "conf": conf or {}}
        run: dict[str, Any] = self._call("POST", f"/dags/{dag_id}/dagRuns", json=wanted)
        return str(run["dag_run_id"])

    def last_runs(self, dag_ids: list[str]) -> dict[str, dict[str, Any]]:
        """The newest run of each of these DAGs."""
        query = {"dag_ids": dag_ids, "order_by": "run_after", "page_limit": 100}
        runs = self._call("POST", "/dags/~/dagRuns/list", json=query)["dag_runs"]
        return {run["dag_id"]: run for run in runs}

    def busy_tasks(self, run_ids: list[str]) -> list[dict[str, Any]]:
        """Task instances of these runs that run, wait or failed, by start."""
        states = ["running", "queued", "scheduled", "awaiting_input", "up_for_reschedule", "up_for_retry", "failed"]
        query = {"dag_run_ids": run_ids, "state": states, "page_limit": 100}
        tasks: list[dict[str, Any]] = self._call("POST", "/dags/~/dagRuns/~/taskInstances/list", json=query)[
            "task_instances"
        ]
        return tasks

    def questions(self) -> list[dict[str, Any]]:
        """Questions nobody has answered yet."""
        query = {"response_received": False, "state": "awaiting_input"}
        details: list[dict[str, Any]] = self._call("GET", "/dags/~/dagRuns/~/hitlDetails", params=query)["hitl_details"]
        return details

    def answer(self, task: dict[str, Any], *, option: str, reason: str) -> None:
        """Answer the question a task asked."""
        body = {"chosen_options": [option], "params_input": {"reason": reason}}
        self._call("PATCH", f"{_path(task, task['task_id'])}/-1/hitlDetails", json=body)

    def result(self, run: dict[str, Any], *, of: str) -> dict[str, Any] | None:
        """What a task of a run returned; None when it did not run."""
        path = f"{_path(run, of)}/xcomEntries"
        if not self._call("GET", path)["xcom_entries"]:
            return None
        value: dict[str, Any] = self._call("GET", f"{path}/return_value", params={"deserialize": True})["value"]
        return value

    def last_error(self, task: dict[str, Any]) -> str:
        """The last error a task logged."""
        content = self._call("GET", f"{_path(task, task['task_id'])}/logs/{task['try_number']}")["content"]
        errors = [entry for entry in content if isinstance(entry, dict) and entry.get("level") == "error"]
        return _message(errors[-1]) if errors else "its log says why"

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        response = self._http.request(method, f"/api/v2{path}", **arguments)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = self._http.post("/auth/token", json=self._login).raise_for_status().json()["access_token"]
            self._http.headers["Authorization"] = f"Bearer {token}"
            response = self._http.request(method, f"/api/v2{path}", **arguments)
        if response.is_error:
            raise RuntimeError(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response.json()


def _path(task: dict[str, Any], task_id: str) -> str:
    return f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task_id}"


def _message(entry: dict[str, Any]) -> str:
    details = entry.get("error_detail")
    return str(details[0]["exc_value"] if details else entry.get("event", ""))
