"""Airflow under this installation: its four processes, started, watched and stopped.

Its home is ``<home>/airflow``, its metadata live in the embedded PostgreSQL, its people in ``<home>/keys``. The log
servers are not started: tasks run on this machine, so the user interface reads their logs from the disk, and one
listening socket less is one less.
"""

from __future__ import annotations

import base64
import importlib.metadata
import importlib.util
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import httpx

from blekit.runtime.accounts import ensure_accounts, ensure_secret, write_secret
from blekit.runtime.airflow_settings import AirflowPlace, airflow_cfg
from blekit.runtime.ports import LOOPBACK, is_taken
from blekit.runtime.processes import Process, is_alive, launch, recorded, stop
from config.errors import ConfigurationError, ServiceUnavailable
from dags._pools import POOLS

DEFAULT_PORT = 8080

COMPONENTS: Mapping[str, tuple[str, ...]] = {
    "scheduler": ("blekit.runtime.warm_scheduler", "scheduler", "--skip-serve-logs"),
    "api-server": ("airflow", "api-server"),
    "dag-processor": ("airflow", "dag-processor"),
    "triggerer": ("airflow", "triggerer", "--skip-serve-logs"),
}
"""Airflow's processes: module and arguments; the one that takes longest starts first."""

_READY_SECONDS = 120
_GRACE_SECONDS = 15

Progress = Callable[[str], None]


class AirflowRuntime:
    """Airflow of one ``BLEKIT_HOME``."""

    def __init__(self, home: Path, *, database_url: str, port: int = 0) -> None:
        """Describe it; nothing is started.

        Args:
            home: the ``BLEKIT_HOME``.
            database_url: database of Airflow's metadata.
            port: port of the user interface; 0 takes the remembered one, or 8080.
        """
        self.home = home.resolve()
        self._database_url = database_url
        self._wanted_port = port

    @property
    def folder(self) -> Path:
        """Airflow's own home."""
        return self.home / "airflow"

    @property
    def _accounts_file(self) -> Path:
        return self.home / "keys" / "accounts.json"

    @property
    def port(self) -> int:
        """Port of the user interface and the API."""
        return self._wanted_port or _number(self.folder / "port") or DEFAULT_PORT

    @property
    def url(self) -> str:
        """Address of the user interface and the API."""
        return f"http://{LOOPBACK}:{self.port}"

    def running(self) -> dict[str, bool]:
        """Which of the processes live."""
        return {name: self._process(name) is not None for name in COMPONENTS}

    def start(self, *, progress: Progress) -> None:
        """Start what does not run yet and wait until Airflow is healthy.

        Raises:
            ConfigurationError: the port is taken by another program.
            ServiceUnavailable: a process died or did not become healthy in time; the message names its log.
        """
        if all(self.running().values()) and self.is_healthy():
            return
        self.require_port()
        self._write_configuration()
        self._migrate(progress)
        self._stop(name for name in COMPONENTS if self._process(name) is None)
        for name in COMPONENTS:
            if self._process(name) is None:
                self._launch(name)
        self._wait(progress)
        self._ensure_pools()

    def require_port(self) -> None:
        """Refuse when another program has the port of the user interface."""
        if self._process("api-server") is None and is_taken(self.port):
            raise ConfigurationError(
                f"port {self.port} of 127.0.0.1, for the Airflow user interface, is taken by another program",
                hint="Stop that program, or choose a port: BLEKIT_AIRFLOW_PORT=8081 blekit up",
            )

    def stop(self) -> None:
        """Stop every process with its children; nothing is left running."""
        self._stop(COMPONENTS)

    def _stop(self, names: Iterable[str]) -> None:
        """Stop these and whatever they left behind: the workers of a killed scheduler live on, with their tasks."""
        processes = {
            self._pid_file(name): process for name in names if (process := recorded(self._pid_file(name))) is not None
        }
        stop(processes, grace_seconds=_GRACE_SECONDS)

    def environment(self) -> dict[str, str]:
        """Environment of Airflow's processes: the caller's, without Airflow settings of another installation."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PG"))}
        return {
            **inherited,
            "AIRFLOW_HOME": str(self.folder),
            "BLEKIT_HOME": str(self.home),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "DO_NOT_TRACK": "1",
            "SCARF_ANALYTICS": "false",
            "GX_ANALYTICS_ENABLED": "false",
        }

    def _write_configuration(self) -> None:
        keys = self.home / "keys"
        accounts = ensure_accounts(self._accounts_file)
        passwords = self.folder / "passwords.json"
        write_secret(passwords, json.dumps({account.name: account.password for account in accounts}) + "\n")
        place = AirflowPlace(
            home=self.folder,
            dags_folder=_dags_folder(),
            logs_folder=self.home / "logs",
            port=self.port,
            database_url=self._database_url,
            users=",".join(f"{account.name}:{account.role}" for account in accounts),
            passwords_file=passwords,
            fernet_key=ensure_secret(keys / "airflow-fernet.key", text=_fernet_key()),
            jwt_secret=ensure_secret(keys / "airflow-jwt.key", text=secrets.token_urlsafe(48)),
            api_secret=ensure_secret(keys / "airflow-api.key", text=secrets.token_urlsafe(48)),
        )
        write_secret(self.folder / "airflow.cfg", airflow_cfg(place))
        (self.folder / "port").write_text(str(self.port), encoding="ascii")

    def _migrate(self, progress: Progress) -> None:
        """Bring the metadata to this Airflow's version, once per version."""
        done = self.folder / "migrated"
        version = importlib.metadata.version("apache-airflow")
        if done.exists() and done.read_text(encoding="ascii") == version:
            return
        progress("preparing Airflow's database")
        result = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            check=False,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
        )
        log = self._log_file("migrate")
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(result.stdout + result.stderr, encoding="utf-8")
        if result.returncode:
            raise ServiceUnavailable("Airflow could not prepare its database", hint=f"Its output: {log}")
        done.write_text(version, encoding="ascii")

    def _launch(self, name: str) -> Process:
        return launch(
            [sys.executable, "-m", *COMPONENTS[name]],
            environment=self.environment(),
            folder=self.folder,
            log_file=self._log_file(name),
            pid_file=self._pid_file(name),
        )

    def _wait(self, progress: Progress) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        progress("waiting for Airflow")
        while not self.is_healthy():
            if dead := [name for name, lives in self.running().items() if not lives]:
                raise ServiceUnavailable(f"Airflow's {dead[0]} stopped", hint=f"Its log: {self._log_file(dead[0])}")
            if time.monotonic() > deadline:
                raise ServiceUnavailable(
                    f"Airflow is not healthy after {_READY_SECONDS} s", hint=f"Its logs: {self.home / 'logs'}"
                )
            time.sleep(0.25)

    def is_healthy(self) -> bool:
        """Whether scheduler and DAG processor report heartbeats to a serving API."""
        try:
            health: dict[str, Any] = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        except (httpx.HTTPError, ValueError):
            return False
        return all((health.get(part) or {}).get("status") == "healthy" for part in ("scheduler", "dag_processor"))

    def _process(self, name: str) -> Process | None:
        process = recorded(self._pid_file(name))
        return process if process and is_alive(process) else None

    def _pid_file(self, name: str) -> Path:
        return self.home / "run" / f"airflow-{name}.json"

    def _log_file(self, name: str) -> Path:
        return self.home / "logs" / f"airflow-{name}.log"

    def _ensure_pools(self) -> None:
        """Make the pools the DAGs name; a task whose pool is missing waits for ever."""
        with httpx.Client(base_url=self.url, timeout=30) as api:
            engineer = next(each for each in ensure_accounts(self._accounts_file) if each.name == "engineer")
            login = {"username": engineer.name, "password": engineer.password}
            token = api.post("/auth/token", json=login).raise_for_status().json()["access_token"]
            api.headers["Authorization"] = f"Bearer {token}"
            known = {pool["name"] for pool in api.get("/api/v2/pools").raise_for_status().json()["pools"]}
            for name, slots in POOLS.items():
                if name not in known:
                    api.post("/api/v2/pools", json={"name": name, "slots": slots}).raise_for_status()


def _dags_folder() -> Path:
    spec = importlib.util.find_spec("dags")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("the package dags is not installed", hint="Install the project again: make install")
    return Path(spec.submodule_search_locations[0])


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return None
