"""Serve the simulated services until a signal comes: ``python -m estate.services FOLDER --keys KEYS``.

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

from estate.services.serving import serving


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
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
            # JSON is YAML.
            chosen.locations.write_text(json.dumps(locations, indent=1), encoding="utf-8")
        sys.stdout.write(json.dumps(locations) + "\n")
        sys.stdout.flush()
        is_over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
