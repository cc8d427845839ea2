"""Long-lived processes, each in a session of its own, found again by a pid file and stopped with all their children.

A pid alone may belong to somebody else by the time it is read, so the file also holds the start time the kernel knows.
Children of a killed leader are found by their session: airflow's workers outlive a SIGKILL of the scheduler.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SESSION_FIELD = 3
_START_FIELD = 19
_STATE_FIELD = 0
# Positions in /proc/<pid>/stat after the command's closing bracket, where field 3 of proc(5) comes first.


@dataclass(frozen=True)
class Process:
    """A process we started: leader of its session."""

    pid: int
    started: int
    """Clock ticks after boot."""


def launch(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, log_file: Path, pid_file: Path
) -> Process:
    """Start a process in a new session with its output appended to a log, and write its pid file."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    with log_file.open("ab") as log:
        started = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(started.pid, _start_time(started.pid) or 0)
    pid_file.write_text(json.dumps({"pid": process.pid, "started": process.started}), encoding="ascii")
    return process


def recorded(pid_file: Path) -> Process | None:
    """The process a pid file names; it need not live any more."""
    try:
        written = json.loads(pid_file.read_text(encoding="ascii"))
        return Process(int(written["pid"]), int(written["started"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def is_alive(process: Process) -> bool:
    """Whether that very process still runs (a zombie does not)."""
    stat = _stat(process.pid)
    return stat is not None and int(stat[_START_FIELD]) == process.started and stat[_STATE_FIELD] != "Z"


def program_of(pid: int) -> str | None:
    """Name of the program that runs under a pid; None when none does (a zombie does not)."""
    stat = _stat(pid)
    if stat is None or stat[_STATE_FIELD] == "Z":
        return None
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def stop(processes: Mapping[Path, Process], *, grace_seconds: float) -> list[int]:
    """Stop processes and all of their sessions, politely first; their pid files are removed.

    Args:
        processes: what to stop, by pid file.
        grace_seconds: how long they may take before SIGKILL.

    Returns:
        Pids that had to be killed.
    """
    asked: set[int] = set()
    deadline = time.monotonic() + grace_seconds
    while left := [pid for process in processes.values() for pid in _to_ask(process)]:
        # Once each: Airflow takes a second signal as an order to hurry.
        _signal([pid for pid in left if pid not in asked], signal.SIGTERM)
        asked.update(left)
        if time.monotonic() > deadline:
            break
        _reap()
        time.sleep(0.1)
    stubborn = [pid for process in processes.values() for pid in _members(process)]
    _signal(stubborn, signal.SIGKILL)
    for pid_file in processes:
        pid_file.unlink(missing_ok=True)
    return stubborn


def _to_ask(process: Process) -> tuple[int, ...]:
    """Whom to ask to end: the leader, who ends his children in order; once he is gone, whoever is left."""
    return (process.pid,) if is_alive(process) else _members(process)


def _members(process: Process) -> tuple[int, ...]:
    """Living processes of the session that process leads, or led."""
    leader = _stat(process.pid)
    if leader is not None and int(leader[_START_FIELD]) != process.started:
        return ()  # The pid was given to somebody else, which the kernel does only when the session is empty.
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    stats = ((pid, _stat(pid)) for pid in pids)
    return tuple(
        pid
        for pid, stat in stats
        if stat is not None and int(stat[_SESSION_FIELD]) == process.pid and stat[_STATE_FIELD] != "Z"
    )


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _reap() -> None:
    """Collect children of our own that ended, so that they do not stay as zombies."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/<pid>/stat`` after the command; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _start_time(pid: int) -> int | None:
    stat = _stat(pid)
    return int(stat[_START_FIELD]) if stat else None
