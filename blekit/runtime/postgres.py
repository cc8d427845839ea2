"""The embedded PostgreSQL: the server from a wheel, under our own start and stop.

It listens on 127.0.0.1 only, asks for a scram password, opens no unix socket, runs as ``nobody`` when we are root, and
sorts text by code point (the builtin locale), so the order of text does not depend on the machine. The port is chosen
once and remembered in ``<home>/postgres/port``.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote

from blekit.runtime.place import Place, find_place, record_file
from blekit.runtime.ports import LOOPBACK, free_port, is_taken
from blekit.runtime.processes import program_of
from config.errors import ConfigurationError, DatabaseUnavailable, StorageFailed

OWNER = "postgres"
"""Role that owns the server; used to make databases and roles, for nothing else."""

NEEDED_BYTES = 1_000_000_000
"""Free disk below which we do not start: the demo writes about half of it."""

_START_SECONDS = 60
_STOP_SECONDS = 30
_STATUS_LINE = 7

_SETTINGS = f"""\
# Written at every start; changes belong in postgresql.conf.
listen_addresses = '{LOOPBACK}'
port = {{port}}
unix_socket_directories = ''
max_connections = 150
shared_buffers = 256MB
work_mem = 32MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
checkpoint_timeout = 15min
synchronous_commit = on
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = 'scram-sha-256'
# Statements may carry personal data: the log says what went wrong, never with which values.
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
log_error_verbosity = terse
"""

_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"


class _Account(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class EmbeddedPostgres:
    """One PostgreSQL server under ``<home>/postgres``."""

    def __init__(self, home: Path, *, password: str, port: int = 0) -> None:
        """Describe the server; nothing is started.

        Args:
            home: the ``BLEKIT_HOME``.
            password: password of :data:`OWNER`, used when the data folder is made.
            port: port to insist on; 0 takes the remembered one, or a free one.
        """
        self.home = home.resolve()
        self._password = password
        self._wanted_port = port

    @property
    def folder(self) -> Path:
        """Port, log and record of the place."""
        return self.home / "postgres"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.home / "logs" / "postgres.log"

    @property
    def port(self) -> int | None:
        """The remembered port; None before the first start."""
        try:
            return int((self.folder / "port").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None

    def url(self, database: str = "postgres") -> str:
        """The server as its owner."""
        return f"postgresql://{OWNER}:{quote(self._password, safe='')}@{LOOPBACK}:{self.port}/{database}"

    def is_running(self) -> bool:
        """Whether the server of this home accepts connections."""
        if not record_file(self.home).exists():
            return False
        return _is_ready(find_place(self.home))

    def start(self) -> None:
        """Start the server and wait until it answers; a running one is left alone.

        Raises:
            ConfigurationError: the port is taken, or the wheel is missing.
            StorageFailed: the disk is short or refused.
            DatabaseUnavailable: the server did not come up; the message names its log.
        """
        if self.is_running():
            return
        self._require_disk()
        place = find_place(self.home)
        self._remember_port()
        if not (place.data / "PG_VERSION").exists():
            self._make_data(place)
        self._configure(place)
        _drop_stale_pid_file(place)
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._launch(place)

    def stop(self) -> None:
        """Stop the server, closing its connections; a stopped one is left alone."""
        if not record_file(self.home).exists():
            return
        place = find_place(self.home)
        if (pid := _server_pid(place)) is None:
            return
        # Fast shutdown; one that takes too long is cut, and the next start replays the log: nothing committed is lost.
        for number in (signal.SIGINT, signal.SIGQUIT):
            os.kill(pid, number)
            if _wait(lambda: _server_pid(place) is None, seconds=_STOP_SECONDS):
                return

    def _require_disk(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free
        if free < NEEDED_BYTES:
            raise StorageFailed(
                f"only {free // 1_000_000} MB free in {self.folder}, {NEEDED_BYTES // 1_000_000} MB needed",
                hint="Free some disk, or set BLEKIT_HOME to a folder on another one",
            )

    def _remember_port(self) -> None:
        """Decide the port: the wanted one or an error; the remembered one, unless somebody else took it meanwhile."""
        port = self._wanted_port or self.port or free_port()
        if is_taken(port):
            if self._wanted_port:
                raise ConfigurationError(
                    f"port {port} of 127.0.0.1 is taken by another program",
                    hint="Stop that program, or set BLEKIT_DATABASE_PORT to a free port (0 finds one)",
                )
            port = free_port()
        (self.folder / "port").write_text(str(port), encoding="ascii")

    def _make_data(self, place: Place) -> None:
        """Make the data folder; one that was cut short earlier is made again."""
        for left_over in place.data.iterdir():
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
        with tempfile.TemporaryDirectory(prefix="blekit-") as folder:
            secret = Path(folder) / "password"
            secret.write_text(self._password, encoding="ascii")
            for path in (Path(folder), secret):
                place.give(path)
            made = _run(
                place,
                "initdb",
                *("-D", str(place.data), "-U", OWNER, "-E", "UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
            )
        if made.returncode:
            raise StorageFailed(f"PostgreSQL could not make its data folder {place.data}: {_last_line(made.stdout)}")

    def _configure(self, place: Place) -> None:
        own = place.data / "blekit.conf"
        own.write_text(_SETTINGS.format(port=self.port), encoding="ascii")
        place.give(own)
        (place.data / "pg_hba.conf").write_text(_ACCESS, encoding="ascii")
        main = place.data / "postgresql.conf"
        if "include 'blekit.conf'" not in main.read_text(encoding="utf-8"):
            with main.open("a", encoding="utf-8") as file:
                file.write("\ninclude 'blekit.conf'\n")

    def _launch(self, place: Place) -> None:
        """Start the server itself: pg_ctl would hand the path to a shell, which reads ``$`` and quotes in it."""
        # The log is opened by us and inherited: nobody need not be able to enter our log folder.
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                [str(place.programs / "postgres"), "-D", str(place.data)],
                cwd="/",
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **_account(place),
            )
        _wait(lambda: _is_ready(place) or process.poll() is not None, seconds=_START_SECONDS)
        if not _is_ready(place):
            raise DatabaseUnavailable(
                f"the embedded PostgreSQL did not start on port {self.port}", hint=f"Its log: {self.log_file}"
            )


def _run(place: Place, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the server's programs under the server's account."""
    return subprocess.run(
        [str(place.programs / program), *arguments],
        check=False,
        cwd="/",
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **_account(place),
    )


def _account(place: Place) -> _Account:
    return {} if place.uid is None else {"user": place.uid, "group": place.uid, "extra_groups": []}


def _environment() -> dict[str, str]:
    """The caller's environment without any variable that would lead the server elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "BLEKIT_"))}
    return {**kept, "LC_ALL": "C"}


def _pid_lines(place: Place) -> list[str]:
    try:
        return (place.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _server_pid(place: Place) -> int | None:
    """Process id of the running server, from its pid file; a recycled id of another program does not count."""
    lines = _pid_lines(place)
    pid = int(lines[0]) if lines and lines[0].isdigit() else None
    return pid if pid is not None and program_of(pid) == "postgres" else None


def _is_ready(place: Place) -> bool:
    """Whether the server accepts connections, as it writes into its pid file."""
    lines = _pid_lines(place)
    return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready" and _server_pid(place) is not None


def _wait(is_done: Callable[[], bool], *, seconds: float) -> bool:
    """Wait until something is so; False when it took too long."""
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _drop_stale_pid_file(place: Place) -> None:
    """Remove the pid file of a server that was killed: its id may meanwhile belong to another program of ours."""
    if _server_pid(place) is None:
        (place.data / "postmaster.pid").unlink(missing_ok=True)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"
