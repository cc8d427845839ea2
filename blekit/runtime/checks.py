"""What `blekit doctor` looks at: the machine, the installation, the database, Airflow.

A check tells what it found and, when that is not right, what to do. None of them changes anything.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blekit.runtime import stack
from blekit.runtime.airflow import AirflowRuntime
from blekit.runtime.place import wheel_programs
from blekit.runtime.ports import is_taken
from blekit.runtime.postgres import NEEDED_BYTES
from config.errors import BlekitError
from config.settings import REPOSITORY
from pipeline.installation import Installation

OK, WARNING, WRONG = "ok", "warning", "wrong"

OUR_PACKAGES = (
    "blekit",
    "config",
    "connectors",
    "dags",
    "dedupe",
    "estate",
    "pipeline",
    "stewardship",
    "transforms",
    "warehouse",
)
"""Import names that must be ours: the package index has a ``dedupe`` and a ``config`` of strangers."""

_CORES = 2


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: str
    found: str
    hint: str = ""


def examine(installation: Installation) -> dict[str, Any]:
    """Every check, and whether none of them is wrong."""
    checks = [check for look in _LOOKS for check in look(installation)]
    return {"healthy": all(check.state != WRONG for check in checks), "checks": [asdict(check) for check in checks]}


def _machine(installation: Installation) -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    is_right = (3, 11) <= sys.version_info[:2] < (3, 13)
    yield Check("python", OK if is_right else WRONG, version, "" if is_right else "Use Python 3.11 or 3.12")
    cores = os.cpu_count() or 1
    yield Check("cores", OK if cores >= _CORES else WARNING, str(cores), "" if cores >= _CORES else "Expect it slow")
    folder = next(path for path in (installation.home, *installation.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    is_enough = free >= NEEDED_BYTES
    hint = "" if is_enough else "Free some disk, or set BLEKIT_HOME to a folder on another one"
    yield Check("disk", OK if is_enough else WRONG, f"{free // 1_000_000_000} GB free in {folder}", hint)


def _import_names(_: Installation) -> Iterator[Check]:
    strangers = foreign_packages()
    if strangers:
        found = ", ".join(f"{name} comes from {path}" for name, path in strangers.items())
        yield Check("import names", WRONG, found, "Install into an environment of its own: make install")
    else:
        yield Check("import names", OK, f"{len(OUR_PACKAGES)} packages, all ours")


def foreign_packages() -> dict[str, str]:
    """Packages of our names that come from somewhere else, by what a distribution claims or an import finds."""
    claimed = importlib.metadata.packages_distributions()
    foreign = {}
    for name in OUR_PACKAGES:
        distributions = set(claimed.get(name, ())) - {"blekit"}
        spec = importlib.util.find_spec(name)
        folder = Path(next(iter(spec.submodule_search_locations or ()), "")) if spec else Path()
        if distributions:
            foreign[name] = ", ".join(sorted(distributions))
        elif folder.parent != REPOSITORY:
            foreign[name] = str(folder)
    return foreign


def _embedded_postgres(installation: Installation) -> Iterator[Check]:
    if installation.settings.database_url is not None:
        yield Check("postgresql", OK, "a server of your own, from BLEKIT_DATABASE_URL")
        return
    try:
        yield Check("postgresql programs", OK, str(wheel_programs()))
    except BlekitError as error:
        yield Check("postgresql programs", WRONG, error.message, error.hint)


def _warehouse(installation: Installation) -> Iterator[Check]:
    if not stack.describe(installation)["components"]["postgresql"]:
        yield Check("warehouse", WARNING, "PostgreSQL does not run", "`blekit up` starts it")
        return
    try:
        with installation.open_warehouse() as warehouse:
            warehouse.require_current_schema()
            current = warehouse.current()
    except BlekitError as error:
        yield Check("warehouse", WRONG, f"{error.code}: {error.message}", error.hint)
        return
    yield Check("warehouse", OK, f"release {current.release_no}" if current else "no release yet")


def _airflow(installation: Installation) -> Iterator[Check]:
    airflow = AirflowRuntime(installation.home, database_url="", port=installation.settings.airflow_port)
    running = airflow.running()
    if not any(running.values()):
        if is_taken(airflow.port):
            hint = "Stop that program, or choose a port: BLEKIT_AIRFLOW_PORT=8081 blekit up"
            yield Check("airflow", WRONG, f"port {airflow.port} is taken by another program", hint)
        else:
            yield Check("airflow", WARNING, "does not run", "`blekit up` starts it")
        return
    stopped = [name for name, lives in running.items() if not lives]
    if stopped:
        yield Check("airflow", WRONG, f"{', '.join(stopped)} stopped", "`blekit up` starts what is stopped")
    elif not airflow.is_healthy():
        yield Check("airflow", WRONG, "runs, but is not healthy", f"Its logs: {installation.home / 'logs'}")
    else:
        yield Check("airflow", OK, airflow.url)


def _keys(installation: Installation) -> Iterator[Check]:
    if not installation.keys_dir.exists():
        yield Check("keys", WARNING, "none yet", "`blekit up` makes them")
        return
    files = [installation.keys_dir, *installation.keys_dir.iterdir()]
    open_files = [path.name for path in files if path.stat().st_mode & 0o077]
    if open_files:
        hint = f"chmod -R go= {installation.keys_dir}"
        yield Check("keys", WRONG, f"others may read {', '.join(sorted(open_files))}", hint)
    else:
        yield Check("keys", OK, f"{len(files) - 1} files nobody else may read")


_LOOKS: tuple[Callable[[Installation], Iterator[Check]], ...] = (
    _machine,
    _import_names,
    _keys,
    _embedded_postgres,
    _warehouse,
    _airflow,
)
