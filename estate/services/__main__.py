"""Serve the simulated services until a signal comes: ``python -m estate.services FOLDER --keys KEYS``.

It also ends with the PostgreSQL server it loaded its databases into, so stopping that one leaves nothing behind.

One line of JSON says where each source answers, as soon as all do. The address of the PostgreSQL server that takes the
databases holds a password, so it comes in ``ESTATE_ADMIN_URL``, not on the command line.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

import yaml

from estate.services.database import watched
from estate.services.serving import Locations, serving

_POLL_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT, or until the server of the databases ends."""
    parser = argparse.ArgumentParser(prog="python -m estate.services", description="The simulated services.")
    parser.add_argument("folder", type=Path, help="what the estate wrote: postgres/, sqlite/, sftp/, soap/")
    parser.add_argument("--keys", type=Path, required=True, help="folder for password and public key")
    parser.add_argument("--locations", type=Path, help="also write where each source answers into this file")
    chosen = parser.parse_args(arguments)
    is_over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_over.set())
    with serving(chosen.folder, keys=chosen.keys, admin_url=os.environ.get("ESTATE_ADMIN_URL")) as locations:
        if chosen.locations:
            add_locations(chosen.locations, locations)
        sys.stdout.write(json.dumps(locations) + "\n")
        sys.stdout.flush()
        wait(is_over, admin_url=os.environ.get("ESTATE_ADMIN_URL"))
    return 0


def add_locations(path: Path, locations: Locations) -> None:
    """Write where each source answers beside what others wrote into the file, which is never there in half."""
    known = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    part = path.with_name(f".{path.name}.part")
    # JSON is YAML.
    part.write_text(json.dumps({**(known or {}), **locations}, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def wait(is_over: threading.Event, *, admin_url: str | None) -> None:
    """Wait for a signal, or for the end of the server that holds the databases: without it they serve nobody."""
    if admin_url is None:
        is_over.wait()
        return
    with watched(admin_url) as is_up:
        while not is_over.wait(_POLL_SECONDS) and is_up():
            pass


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
