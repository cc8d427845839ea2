"""Connections: one SQLAlchemy engine for statements, one ADBC connection for bulk reads.

Whatever the database says is translated here, because it says too much: PostgreSQL's DETAIL and COPY's CONTEXT quote
the values of the row that failed, and those are personal. Errors that leave this module carry an SQLSTATE and the name
of a constraint or table, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_postgresql import dbapi as adbc
from sqlalchemy.dialects import postgresql

from config.errors import BugError, ConfigurationError, DatabaseUnavailable, PermissionDenied

# ADBC wants $1, $2, …; SQLAlchemy's psycopg dialect writes %(name)s.
_DOLLAR_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
_UNAVAILABLE_STATES = ("08", "53", "57P")
_RIGHTS_MISSING = "42501"
_REFUSED = ("authentication failed", "no password supplied", "does not exist", "permission denied for database")


def plain_url(url: str) -> str:
    """The URL as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def open_engine(url: str) -> sa.Engine:
    """An engine that connects when first used."""
    return sa.create_engine(
        plain_url(url).replace("postgresql://", "postgresql+psycopg://", 1),
        isolation_level="READ COMMITTED",
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        # Statements in error messages must not show their values: they hold record ids.
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "application_name": "blekit"},
    )


@contextmanager
def translated() -> Iterator[None]:
    """Database errors as ours, without the values they quote."""
    try:
        yield
    except sa.exc.DBAPIError as exc:
        raise _ours(exc.orig) from None
    except psycopg.Error as exc:
        raise _ours(exc) from None


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction on a connection of the pool."""
    with translated(), engine.begin() as connection:
        yield connection


class ArrowReader:
    """Bulk reads as Arrow tables over one ADBC connection, opened when first used."""

    def __init__(self, url: str) -> None:
        self._url = plain_url(url)
        self._connection: adbc.Connection | None = None

    def read(self, statement: sa.Select[Any]) -> pa.Table:
        """What a statement returns."""
        compiled = statement.compile(dialect=_DOLLAR_DIALECT, compile_kwargs={"render_postcompile": True})
        values = [compiled.params[name] for name in compiled.positiontup or ()]
        try:
            return self._fetch(compiled.string, values)
        except adbc.Error as exc:
            self.close()
            state = getattr(exc, "sqlstate", None) or "08000"
            raise _error_of(state, place="") from None

    def _fetch(self, text: str, values: Sequence[Any]) -> pa.Table:
        if self._connection is None:
            self._connection = adbc.connect(self._url, autocommit=True)
        with self._connection.cursor() as cursor:
            cursor.execute(text, values or None)
            return cursor.fetch_arrow_table()

    def close(self) -> None:
        """Let the connection go; the next read opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def driver_connection(connection: sa.Connection) -> psycopg.Connection[Any]:
    """The psycopg connection under a SQLAlchemy one, for COPY inside its transaction."""
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    return driver


def _ours(error: BaseException | None) -> Exception:
    if not isinstance(error, psycopg.Error):
        return DatabaseUnavailable(f"the warehouse does not answer ({type(error).__name__})")
    diagnostic = error.diag
    place = diagnostic.constraint_name or diagnostic.table_name or diagnostic.schema_name or ""
    if error.sqlstate is None and not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return BugError(f"the warehouse was asked something impossible ({type(error).__name__})")
    # libpq gives no SQLSTATE for a refused connection, and its text names role and database only.
    if error.sqlstate is None and any(words in str(error) for words in _REFUSED):
        return ConfigurationError("the warehouse refused the connection: role, password or database is wrong")
    # Without an SQLSTATE the server never answered: the connection failed or was cut.
    return _error_of(error.sqlstate or "08000", place=place)


def _error_of(state: str, *, place: str) -> Exception:
    where = f" at {place}" if place else ""
    if state.startswith(_UNAVAILABLE_STATES):
        return DatabaseUnavailable(
            f"the warehouse does not answer (SQLSTATE {state})", hint="`blekit status` tells more"
        )
    if state == _RIGHTS_MISSING:
        return PermissionDenied(f"this database role may not do that{where} (SQLSTATE {state})")
    for prefix, kind in _KINDS.items():
        if state.startswith(prefix):
            return kind(f"the warehouse refused{where} (SQLSTATE {state})")
    return BugError(f"the warehouse refused{where} (SQLSTATE {state})")


_KINDS: dict[str, Callable[..., Exception]] = {
    "28": ConfigurationError,  # password or role
    "3D": ConfigurationError,  # no such database
    "42P01": ConfigurationError,  # no such table: not upgraded
    "3F": ConfigurationError,  # no such schema: not upgraded
    "40": DatabaseUnavailable,  # deadlock, serialisation: repeating helps
    "55P03": DatabaseUnavailable,  # lock timeout
    "23": BugError,
}
