"""`make demo`: the whole story on this machine, driven from outside.

Build the simulated estate, start PostgreSQL and Airflow, trigger the pilot as the engineer, let an approver (another
process, another account) answer, watch six units go live, and compare with the truth. Everything stays running. Run
again, it finds all units live, changes nothing and shows the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import preflight
import rollout
from airflow_api import AirflowApi
from product import ProductFailed, blekit
from screen import Stages, Ticker, console, units_table, where_to_go

SCALE, SEED = "demo", "7"
HERE = Path(__file__).resolve().parent
_SIGTERM = 143


def main() -> int:
    """The demo; its exit code."""
    try:
        run()
    except preflight.Refused as refused:
        console.print(f"[bold]The demo cannot start.[/bold] {refused}")
        return refused.exit_code
    except ProductFailed as failed:
        console.print(f"[bold]The demo stopped:[/bold] {failed}")
        return failed.exit_code
    except rollout.RolloutFailed as failed:
        console.print(f"[bold]A unit did not go live.[/bold] {failed}\nWhen the cause is gone, `make demo` goes on.")
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted; what runs stays running. `make demo` goes on, `make stop` stops it.")
        return 130
    return 0


def run() -> None:
    """Every stage, in order."""
    stages = Stages()
    state = blekit("status")
    preflight.check(Path(state["home"]), airflow_port=_port(state), is_running=state["components"]["api-server"])
    with stages.stage("Build the estate"):
        build_estate(Path(state["home"]))
    with stages.stage("Start PostgreSQL and Airflow"):
        state = blekit("up")
    accounts = json.loads(Path(state["accounts_file"]).read_text(encoding="utf-8"))
    api = AirflowApi(state["airflow_url"], name="engineer", password=accounts["engineer"]["password"])
    with stages.stage("Take the units live"), approver(state):
        api.unpause_all()
        rollout.follow(api, report=Ticker().report)
    with stages.stage("Compare with the truth"):
        score = blekit("score")
    units_table(rows(blekit("cutover", "status"), blekit("release", "show"), score))
    stages.show()
    where_to_go(state)


def build_estate(home: Path) -> None:
    """Build the estate, unless the same one was built here before."""
    marker = home / "run" / "estate.json"
    wanted = {"scale": SCALE, "seed": SEED}
    if marker.exists() and json.loads(marker.read_text(encoding="utf-8")) == wanted:
        console.print("the same estate is there already")
        return
    blekit("estate", "build", "--scale", SCALE, "--seed", SEED)
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(wanted), encoding="utf-8")


@contextmanager
def approver(state: Mapping[str, Any]) -> Iterator[None]:
    """The approver at work, in a process of its own."""
    log = Path(state["logs"]) / "approver.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "approver.py"), state["airflow_url"], state["accounts_file"]],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def rows(units: list[dict[str, Any]], release: Mapping[str, Any], score: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The table per unit, and the nation below."""
    live = [_row(unit, score.get("by_unit", {}).get(unit["unit"], {})) for unit in units]
    names = ("systems", "delivered", "loaded", "quarantined", "links", "customers")
    nation = {name: sum(row.get(name) or 0 for row in live) or None for name in names}
    return [*live, {"unit": "nation", **nation, "release": release["release_no"], **_measures(score)}]


def _row(unit: Mapping[str, Any], score: Mapping[str, Any]) -> dict[str, Any]:
    expected = unit.get("expected_precision")
    return {
        **unit,
        "release": unit["release_no"],
        "expected precision": None if expected is None else expected / 1_000_000,
        **_measures(score),
    }


def _measures(score: Mapping[str, Any]) -> dict[str, Any]:
    pairwise = score.get("pairwise", {})
    return {"precision": pairwise.get("precision"), "recall": pairwise.get("recall")}


def _port(state: Mapping[str, Any]) -> int:
    return int(os.environ.get("BLEKIT_AIRFLOW_PORT") or state["airflow_url"].rpartition(":")[2])


if __name__ == "__main__":
    sys.exit(main())
