"""Processes that outlive us are found again and stopped with all their children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from blekit.runtime.processes import Process, is_alive, launch, program_of, recorded, stop

# A leader that ignores nothing, with a child in a process group of its own, as Airflow's supervisors have.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {child!r}], process_group=0)
print(child.pid, flush=True)
time.sleep(600)
"""
PATIENT = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
)


@pytest.fixture
def family(tmp_path):
    """Start a leader with a child; gives the leader, the child's pid and the pid file. All are gone afterwards."""
    started = []

    def start(child: str):
        log, pid_file = tmp_path / "log", tmp_path / "run" / "leader.json"
        command = [sys.executable, "-c", FAMILY.format(child=child)]
        leader = launch(command, environment=os.environ, folder=tmp_path, log_file=log, pid_file=pid_file)
        started.append({pid_file: leader})
        lines = 2 if child == STUBBORN else 1
        while len(log.read_text().split()) < lines:
            time.sleep(0.02)
        pid = next(int(word) for word in log.read_text().split() if word.isdigit())
        return leader, pid, pid_file

    yield start
    for processes in started:
        stop(processes, grace_seconds=0)


def test_stop_ends_the_children_too(family):
    leader, child, pid_file = family(PATIENT)
    assert recorded(pid_file) == leader
    assert stop({pid_file: leader}, grace_seconds=10) == []
    assert (program_of(leader.pid), program_of(child)) == (None, None)
    assert not pid_file.exists()


def test_a_child_that_ignores_us_is_killed(family):
    leader, child, pid_file = family(STUBBORN)
    assert stop({pid_file: leader}, grace_seconds=0.5) == [child]
    wait_until_gone(child)


def test_children_of_a_killed_leader_are_found(family):
    leader, child, pid_file = family(PATIENT)
    os.kill(leader.pid, signal.SIGKILL)
    os.waitpid(leader.pid, 0)
    assert not is_alive(leader)
    assert program_of(child) is not None
    stop({pid_file: leader}, grace_seconds=10)
    wait_until_gone(child)


def test_a_recycled_pid_is_left_alone(tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", PATIENT], start_new_session=True)
    pid_file = tmp_path / "stale.json"
    pid_file.write_text(json.dumps({"pid": stranger.pid, "started": 1}))
    stale = recorded(pid_file)
    assert not is_alive(stale)
    stop({pid_file: stale}, grace_seconds=1)
    assert stranger.poll() is None
    assert not pid_file.exists()
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty, the disk was full"),
        pytest.param("{", id="cut short"),
        pytest.param("[]", id="another shape"),
        pytest.param('{"pid": null, "started": 1}', id="no pid"),
    ],
)
def test_a_broken_pid_file_names_nobody(tmp_path, text):
    path = tmp_path / "pid.json"
    path.write_text(text)
    assert recorded(path) is None


def test_a_process_that_never_was_is_not_alive():
    assert not is_alive(Process(pid=2**22 - 3, started=1))


def wait_until_gone(pid):
    deadline = time.monotonic() + 10
    while program_of(pid) is not None:
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)
