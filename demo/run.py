"""`make demo`: the whole story on this machine, driven from outside.

Build the simulated estate, start PostgreSQL, Airflow and the legacy services, trigger the pilot as the engineer, let
an approver (another process, another account) answer, watch six units go live, and compare with the truth. Everything
stays running. Run again, it finds all units live, changes nothing and shows the same.
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

import catchup
import httpx
import preflight
import rollout
import services
from airflow_api import AirflowApi
from product import ProductFailed, blekit
from screen import Stages, Ticker, console, units_table, where_to_go

SCALE, SEED = "demo", "7"
HERE = Path(__file__).resolve().parent


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
    except services.ServicesFailed as failed:
        console.print(f"[bold]The demo stopped:[/bold] {failed}\n`make demo` goes on.")
        return 69
    except catchup.CatchUpFailed as failed:
        console.print(f"[bold]The catch-up stopped:[/bold] {failed}\nWhen the cause is gone, `make demo` goes on.")
        return 1
    except httpx.HTTPError as error:
        console.print(f"[bold]Airflow stopped answering[/bold] ({error}).\n`make demo` starts it again and goes on.")
        return 69
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
    with stages.stage("Start the legacy services"):
        services.start(Path(state["home"]))
    accounts = json.loads(Path(state["accounts_file"]).read_text(encoding="utf-8"))
    api = AirflowApi(state["airflow_url"], name="engineer", password=accounts["engineer"]["password"])
    with stages.stage("Take the units live"), approver(state):
        api.unpause_all()
        rollout.follow(api, report=Ticker().report)
    with stages.stage(f"Catch up to {catchup.UNTIL}"):
        catchup.follow(api, report=Ticker().report)
    with stages.stage("Compare with the truth"):
        release = blekit("release", "show")
        score = score_of(release, kept_in=Path(state["home"]) / "run" / "score.json")
    units_table(rows(blekit("cutover", "status"), release, score, believed=believed(api)))
    stages.show()
    where_to_go(state)


def build_estate(home: Path) -> None:
    """Build the estate, unless the same one was built here before."""
    marker = home / "run" / "estate.json"
    wanted = {"scale": SCALE, "seed": SEED, "services": True}
    if marker.exists() and json.loads(marker.read_text(encoding="utf-8")) == wanted:
        console.print("the same estate is there already")
        return
    blekit("estate", "build", "--scale", SCALE, "--seed", SEED, "--services")
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


def score_of(release: Mapping[str, Any], *, kept_in: Path) -> dict[str, Any]:
    """The score against the truth; of the same content it is the same, so it is computed once."""
    if kept_in.exists():
        kept: dict[str, Any] = json.loads(kept_in.read_text(encoding="utf-8"))
        if kept["content_hash"] == release["content_hash"]:
            return kept
    score: dict[str, Any] = {**blekit("score"), "content_hash": release["content_hash"]}
    kept_in.write_text(json.dumps(score), encoding="utf-8")
    return score


def believed(api: AirflowApi) -> dict[str, float]:
    """The expected precision each unit's rehearsal showed its approver."""
    runs = api.last_runs(
        [f"cutover_{unit}" for unit in ("pilot", "poznan", "olsztyn", "warszawa", "katowice", "krakow")]
    )
    evidence = {dag_id: api.result(run, of="rehearse") for dag_id, run in runs.items()}
    return {
        dag_id.removeprefix("cutover_"): found["expected_precision"] / 1_000_000
        for dag_id, found in evidence.items()
        if found
    }


def rows(
    units: list[dict[str, Any]],
    release: Mapping[str, Any],
    score: Mapping[str, Any],
    *,
    believed: Mapping[str, float],
) -> list[dict[str, Any]]:
    """The table per unit, and the nation below."""
    live = [
        {
            **unit,
            **score.get("by_unit", {}).get(unit["unit"], {}),
            "release": unit["release_no"],
            "expected precision": believed.get(unit["unit"]),
        }
        for unit in units
    ]
    # Not the systems: one that delivers for the pilot and for its region would count twice.
    nation = {name: sum(unit[name] for unit in units) for name in ("delivered", "loaded", "quarantined", "customers")}
    last = {
        "unit": "nation",
        **nation,
        "release": release["release_no"],
        "links": score["links"]["count"],
        **score["pairwise"],
        "expected precision": believed.get(units[-1]["unit"]),
    }
    return [*live, last]


def _port(state: Mapping[str, Any]) -> int:
    return int(os.environ.get("BLEKIT_AIRFLOW_PORT") or state["airflow_url"].rpartition(":")[2])


if __name__ == "__main__":
    sys.exit(main())
