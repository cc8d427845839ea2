"""The legacy systems that were services, played beside the product by one process: databases, a drop, a SOAP service.

    python demo/services.py stop

It loads what desks hold into a database in Windows 1250 on the embedded PostgreSQL, serves the rest on free ports of
the loopback interface, writes ``locations.yml`` and stays. It ends with that server, so `blekit down` stops it too;
`make stop` also where the server is one of your own. Started again it serves the same, so nothing changes.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

START_SECONDS = 120
STOP_SECONDS = 10
HERE = Path(__file__).resolve().parent


class ServicesFailed(Exception):
    """The legacy systems do not answer; says where to look."""


def start(home: Path) -> None:
    """Start the process and wait until every system answers; a running one is left alone.

    Raises:
        ServicesFailed: it ended, or took too long.
    """
    if not (home / "services").is_dir() or (_running(home) and (home / "locations.yml").exists()):
        return
    stop(home)
    log = home / "logs" / "services.log"
    for folder in (log.parent, _pid_file(home).parent):
        folder.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "estate.services", str(home / "services"), *_places(home)],
            cwd=HERE.parent,
            env={**os.environ, "ESTATE_ADMIN_URL": _server(home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            # Ctrl-C stops the demo; what runs stays running.
            start_new_session=True,
        )
    _pid_file(home).write_text(str(process.pid), encoding="ascii")
    assert process.stdout is not None
    # One line, as soon as all of them answer; an empty one when it ended.
    is_told, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    if not is_told or not process.stdout.readline():
        stop(home)
        raise ServicesFailed(f"The simulated legacy services did not start; why stands in {log}")


def stop(home: Path) -> None:
    """Stop the process; a stopped one is left alone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        pid = _running(home)
        if pid is None:
            break
        os.kill(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while _running(home) and time.monotonic() < deadline:
            time.sleep(0.05)
    _pid_file(home).unlink(missing_ok=True)


def _places(home: Path) -> tuple[str, ...]:
    return ("--keys", str(home / "keys"), "--locations", str(home / "locations.yml"))


def _server(home: Path) -> str:
    """The server as somebody who may make databases."""
    if own := os.environ.get("BLEKIT_DATABASE_URL"):
        return own
    password = (home / "keys" / "postgres.password").read_text(encoding="ascii").strip()
    port = (home / "postgres" / "port").read_text(encoding="ascii").strip()
    return f"postgresql://postgres:{quote(password, safe='')}@127.0.0.1:{port}/postgres"


def _pid_file(home: Path) -> Path:
    return home / "run" / "services.pid"


def _running(home: Path) -> int | None:
    """Its process id; None when it does not run. An id given to another program meanwhile does not count."""
    try:
        pid = int(_pid_file(home).read_text(encoding="ascii"))
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    # A process that ended and was not waited for has no command line.
    return pid if b"estate.services" in command and os.fsencode(home / "services") in command else None


if __name__ == "__main__":
    from config.settings import load_settings

    if sys.argv[1:] != ["stop"]:
        sys.exit("usage: python demo/services.py stop")
    stop(load_settings().home)
