"""What a database complains about, as our errors. Its own words stay out: they quote values."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, OperationalError

from config.errors import BadData, BlekitError, PermissionDenied, SourceContractBroken, SourceUnavailable

_GONE = ("42P01", "42703", "3F000")  # undefined table, column, schema
_UNTRANSLATABLE = ("22P05", "22021")  # no such character in the other encoding, not a character at all
_FORBIDDEN = ("42501", "28000", "28P01")  # privilege, authorisation, password
_LATER = ("08", "40", "53", "55", "57", "58")  # connection, conflict, resources, lock, shutdown or timeout, system


def coded(error: DBAPIError, *, source_id: str) -> BlekitError:
    """The error of ours that says what the caller should do."""
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig, source_id=source_id)
    state = str(getattr(error.orig, "sqlstate", None) or "")
    # libpq gives no code for a refused login, only its message, which names an account and no person.
    is_refused = not state and "authentication failed" in str(error.orig)
    if state in _FORBIDDEN or is_refused:
        return PermissionDenied(f"{source_id}: the database refused this account", hint="Check user and password file")
    if state in _GONE:
        return SourceContractBroken(f"{source_id}: table or column is gone ({state})", hint="Correct the kind's YAML")
    if state in _UNTRANSLATABLE:
        return BadData(
            f"{source_id}: a text has a character the kind's code page lacks ({state})",
            hint="Set code_page of the kind to the encoding of the database",
        )
    if state[:2] in _LATER or (not state and isinstance(error, OperationalError)) or error.connection_invalidated:
        return SourceUnavailable(
            f"{source_id}: the database did not answer ({state or 'no connection'})",
            hint="Start it, or correct its url in locations.yml; then repeat: nothing of it was taken",
        )
    return BadData(f"{source_id}: the database refused the unload ({state or type(error.orig).__name__})")


def _of_sqlite(error: sqlite3.Error, *, source_id: str) -> BlekitError:
    name = str(getattr(error, "sqlite_errorname", type(error).__name__))
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR")):
        return SourceUnavailable(f"{source_id}: the database file cannot be read now ({name})")
    if name.startswith(("SQLITE_PERM", "SQLITE_AUTH")):
        return PermissionDenied(f"{source_id}: the database file may not be read ({name})")
    return BadData(f"{source_id}: the database file is damaged or no database ({name})")
