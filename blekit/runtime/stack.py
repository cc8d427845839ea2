"""The whole runtime of one installation: PostgreSQL, the warehouse's schema, Airflow; up, down and what runs."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from blekit.runtime.accounts import ensure_secret
from blekit.runtime.airflow import AirflowRuntime
from blekit.runtime.postgres import OWNER, EmbeddedPostgres
from config.errors import ConfigurationError, DatabaseUnavailable, LockBusy
from pipeline.installation import DATABASE_NAME, Installation

AIRFLOW_DATABASE = "airflow"
"""Database and role of Airflow's metadata."""

REVIEW_PATH = "/review/"
"""Where the steward's pages are mounted in Airflow's server."""

Progress = Callable[[str], None]


def start(installation: Installation, *, progress: Progress) -> None:
    """Start what does not run yet; everything answers afterwards.

    Raises:
        ConfigurationError: a port is taken, or a setting is wrong.
        StorageFailed: the disk is short or refused.
        LockBusy: another `blekit up` or `blekit down` works on this home.
    """
    with _alone(installation):
        installation.ensure_keys()
        airflow = _airflow(installation)
        # Refuse before anything is started: a half-started runtime is harder to read than a message.
        airflow.require_port()
        if server := _server(installation):
            progress("starting PostgreSQL")
            server.start()
        progress("preparing the warehouse")
        _prepare_databases(installation)
        airflow = _airflow(installation)
        airflow.start(progress=progress)


def stop(installation: Installation, *, progress: Progress) -> None:
    """Stop everything this installation started; nothing is left running."""
    with _alone(installation):
        progress("stopping Airflow")
        AirflowRuntime(installation.home, database_url="").stop()
        if installation.settings.database_url is None:
            progress("stopping PostgreSQL")
            EmbeddedPostgres(installation.home, password="").stop()


def describe(installation: Installation) -> dict[str, Any]:
    """What runs and where it answers; addresses are null while nothing was ever started here.

    The addresses of databases hold their passwords: whoever can read this can read ``<home>/keys`` too.
    """
    airflow = AirflowRuntime(installation.home, database_url="", port=installation.settings.airflow_port)
    components = {"postgresql": _database_runs(installation), **airflow.running()}
    is_made = installation.port_file.exists() or installation.settings.database_url is not None
    return {
        "running": all(components.values()),
        "components": components,
        "airflow_url": airflow.url,
        "review_url": airflow.url + REVIEW_PATH,
        "database_url": installation.database_url() if is_made else None,
        "bi_url": installation.database_url("blekit_bi") if is_made else None,
        "accounts_file": str(installation.accounts_file),
        "home": str(installation.home),
        "logs": str(installation.home / "logs"),
    }


def _server(installation: Installation) -> EmbeddedPostgres | None:
    """The embedded server; None when the installation uses a server of its own."""
    if installation.settings.database_url is not None:
        return None
    return EmbeddedPostgres(
        installation.home, password=installation.password(OWNER), port=installation.settings.database_port
    )


def _airflow(installation: Installation) -> AirflowRuntime:
    return AirflowRuntime(
        installation.home, database_url=_airflow_database_url(installation), port=installation.settings.airflow_port
    )


def _airflow_database_url(installation: Installation) -> str:
    """Airflow's database on the same server, as its own role, spelt for SQLAlchemy."""
    if not installation.port_file.exists() and installation.settings.database_url is None:
        return ""
    server = urlsplit(installation.admin_url(database=AIRFLOW_DATABASE))
    password = _airflow_password(installation)
    address = server.netloc.rpartition("@")[2]
    return urlunsplit(
        ("postgresql+psycopg", f"{AIRFLOW_DATABASE}:{password}@{address}", f"/{AIRFLOW_DATABASE}", server.query, "")
    )


def _airflow_password(installation: Installation) -> str:
    return ensure_secret(installation.keys_dir / "airflow.password", text=secrets.token_urlsafe(24))


def _prepare_databases(installation: Installation) -> None:
    from warehouse import Warehouse
    from warehouse.side_database import ensure_database

    own = installation.settings.database_url
    database = urlsplit(own).path.strip("/") if own else DATABASE_NAME
    Warehouse.bootstrap(installation.admin_url(), installation.passwords(), database=database)
    with Warehouse(installation.admin_url(database=DATABASE_NAME)) as warehouse:
        warehouse.upgrade()
    ensure_database(
        installation.admin_url(),
        name=AIRFLOW_DATABASE,
        owner=AIRFLOW_DATABASE,
        password=_airflow_password(installation),
    )


def _database_runs(installation: Installation) -> bool:
    if installation.settings.database_url is None:
        return EmbeddedPostgres(installation.home, password="").is_running()
    try:
        with installation.open_warehouse() as warehouse:
            warehouse.current()
    except DatabaseUnavailable:
        return False
    except ConfigurationError:
        return True  # It answers, though not with our tables yet.
    return True


@contextmanager
def _alone(installation: Installation) -> Iterator[None]:
    """Nobody else starts or stops this home meanwhile; the kernel forgets the lock with the process."""
    lock = installation.home / "run" / "lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise LockBusy(
                f"another `blekit up` or `blekit down` works on {installation.home}", hint="Wait for it, then repeat"
            ) from exc
        yield
