"""What can be known to go wrong before anything is started: a full disk, a taken port."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

NEEDED_BYTES = 3_000_000_000
CONFIGURATION = 78
STORAGE = 74


class Refused(Exception):
    """The demo cannot start; says which thing is in the way and what to do."""

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def check(home: Path, *, airflow_port: int, is_running: bool) -> None:
    """Raise unless the demo can start.

    Args:
        home: folder of the installation.
        airflow_port: port Airflow will want.
        is_running: whether our own Airflow has the port already.
    """
    folder = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise Refused(
            f"The disk is short: {free // 10**6} MB free in {folder}, {NEEDED_BYTES // 10**6} MB needed.\n"
            "Free some, or set BLEKIT_HOME to a folder on another disk.",
            exit_code=STORAGE,
        )
    if not is_running and _is_taken(airflow_port):
        raise Refused(
            f"Port {airflow_port} of 127.0.0.1, which Airflow needs, is taken by another program.\n"
            "Stop that program, or choose another port: BLEKIT_AIRFLOW_PORT=8081 make demo",
            exit_code=CONFIGURATION,
        )
    if (port := int(os.environ.get("BLEKIT_DATABASE_PORT", "0"))) and not is_running and _is_taken(port):
        raise Refused(
            f"Port {port} of 127.0.0.1, which BLEKIT_DATABASE_PORT names, is taken by another program.\n"
            "Stop that program, or name another port (0 finds a free one).",
            exit_code=CONFIGURATION,
        )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
