"""The whole runtime for real: up, what it listens on, who may do what, killed, up again, down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from blekit.runtime.ports import free_port

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

BLEKIT = Path(sys.executable).with_name("blekit")


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """An installation of its own, whatever else runs on this machine."""
    home = tmp_path_factory.mktemp("a stack") / ".blekit"
    os.environ |= {"BLEKIT_HOME": str(home), "BLEKIT_AIRFLOW_PORT": str(free_port())}
    yield home
    blekit("down")
    for name in ("BLEKIT_HOME", "BLEKIT_AIRFLOW_PORT"):
        del os.environ[name]


@pytest.fixture(scope="module")
def state(installation):
    """What `blekit up` says."""
    return blekit("up")


@pytest.fixture(scope="module")
def accounts(state):
    return json.loads(Path(state["accounts_file"]).read_text())


@pytest.fixture(scope="module")
def login(state, accounts):
    """A client of Airflow's server, logged in as an account; nobody for None."""

    def open_client(name):
        client = httpx.Client(base_url=state["airflow_url"], timeout=60)
        if name:
            body = {"username": name, "password": accounts[name]["password"]}
            token = client.post("/auth/token", json=body).raise_for_status().json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
        return client

    return open_client


def blekit(*arguments, exit_code=0):
    done = subprocess.run([str(BLEKIT), *arguments, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == exit_code, done.stderr
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def processes_of(home):
    """Pids of the processes the pid files of that home name, and of PostgreSQL."""
    return [json.loads(path.read_text())["pid"] for path in (home / "run").glob("airflow-*.json")]


def session_members(pids):
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) in pids and fields[0] != "Z":
                found.add(int(entry.name))
    return found


def listening_addresses(pids):
    """Addresses any of these processes listens on."""
    inodes = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            target = str(link.readlink()) if link.is_symlink() else ""
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table, family, size in (("tcp", socket.AF_INET, 8), ("tcp6", socket.AF_INET6, 32)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                packed = bytes.fromhex(fields[1][:size])
                words = b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4))
                found.add(socket.inet_ntop(family, words))
    return found


def test_everything_runs(state):
    assert state["running"]
    assert blekit("status") == state


def test_up_twice_changes_nothing(state, installation):
    before = processes_of(installation)
    assert blekit("up") == state
    assert processes_of(installation) == before


def test_nothing_of_ours_listens_beyond_loopback(state, installation):
    port = int(state["database_url"].rpartition(":")[2].partition("/")[0])
    assert listening_addresses(session_members(processes_of(installation))) == {"127.0.0.1"}
    for path in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        hosts = {line.split()[1] for line in path.read_text().splitlines()[1:] if line.split()[3] == "0A"}
        assert {host for host in hosts if host.endswith(f":{port:04X}")} <= {f"0100007F:{port:04X}"}


def test_every_dag_is_there_and_not_paused(login):
    deadline = time.monotonic() + 60
    while True:
        dags = login("viewer").get("/api/v2/dags").raise_for_status().json()["dags"]
        if len(dags) >= 9 or time.monotonic() > deadline:
            break
        time.sleep(0.5)
    assert {dag["dag_id"] for dag in dags} >= {"cutover_pilot", "cutover_krakow", "rollback_unit", "apply_decisions"}
    assert not any(dag["is_paused"] for dag in dags)


@pytest.mark.parametrize(
    ("account", "method", "path", "status"),
    [
        pytest.param(None, "GET", "/api/v2/dags", 401, id="nobody sees nothing"),
        pytest.param(None, "GET", "/review/", 307, id="nobody is sent to the login"),
        pytest.param("viewer", "GET", "/review/", 200, id="a viewer sees the queue"),
        pytest.param("viewer", "GET", "/review/cases/aaaa2222bbbb", 403, id="a viewer sees no case"),
        pytest.param("viewer", "POST", "/review/cases/aaaa2222bbbb/decision", 403, id="a viewer decides nothing"),
        pytest.param("viewer", "POST", "/api/v2/dags/cutover_pilot/dagRuns", 403, id="a viewer triggers nothing"),
        pytest.param(
            "steward", "POST", "/review/cases/aaaa2222bbbb/decision", 409, id="nothing to decide before a release"
        ),
    ],
)
def test_who_may_do_what(login, account, method, path, status):
    body = {"kind": "same"} if path.startswith("/review") else {"logical_date": None}
    response = login(account).request(method, path, json=body if method == "POST" else None)
    assert response.status_code == status, response.text


def test_a_unit_out_of_order_stops_at_the_gate_and_the_ledger_is_unchanged(login):
    client = login("engineer")
    before = blekit("cutover", "status")
    run = client.post("/api/v2/dags/cutover_krakow/dagRuns", json={"logical_date": None}).raise_for_status().json()
    path = f"/api/v2/dags/cutover_krakow/dagRuns/{run['dag_run_id']}"
    deadline = time.monotonic() + 120
    while client.get(path).json()["state"] in ("queued", "running") and time.monotonic() < deadline:
        time.sleep(0.5)
    assert client.get(path).json()["state"] == "failed"
    log = client.get(f"{path}/taskInstances/gate/logs/1").text
    assert "krakow may not go yet" in log
    assert blekit("cutover", "status") == before


def test_a_killed_scheduler_is_started_again(state, installation):
    pid_file = installation / "run" / "airflow-scheduler.json"
    old = json.loads(pid_file.read_text())["pid"]
    os.kill(old, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while blekit("status")["components"]["scheduler"] and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not blekit("status")["running"]
    # Its workers outlive it, and one of them may be in the middle of a task that will be repeated.
    assert session_members([old]) != set()
    assert blekit("up")["running"]
    assert session_members([old]) == set()


def test_doctor_finds_it_healthy(state):
    # Airflow takes a component for healthy by its last heartbeat, and the scheduler was killed a moment ago: while the
    # new one loads, on a busy machine, the old one's heartbeat grows stale.
    deadline = time.monotonic() + 90
    while not (report := _doctor())["healthy"] and time.monotonic() < deadline:
        time.sleep(1)
    assert report["healthy"], report


def _doctor():
    done = subprocess.run([str(BLEKIT), "doctor", "--json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


def test_down_leaves_nothing_running(state, installation):
    pids = processes_of(installation)
    assert blekit("down")["running"] is False
    assert session_members(pids) == set()
    assert not any(blekit("status")["components"].values())
    blekit("down")
