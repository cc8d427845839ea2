"""Roles: who may do what in the database.

``blekit_owner`` owns everything and cannot log in; only ``blekit db upgrade`` acts as it. ``blekit_etl`` writes content
and ledgers, but can neither change a table nor rewrite audit, decisions or approvals. ``blekit_steward`` reads cases
and appends decisions. ``blekit_bi`` sees the views of ``bi`` and nothing else. After :func:`bootstrap` nobody works as
superuser.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from config.errors import ConfigurationError
from warehouse import tables
from warehouse.engine import plain_url, translated

OWNER = "blekit_owner"
LOGIN_ROLES = ("blekit_etl", "blekit_steward", "blekit_bi")
_OLDEST_SERVER = 150_000

_APPEND_ONLY = frozenset({"audit_event", "decision", "approval", "rehearsal", "matching_model"})
_READ_ONLY = frozenset({"dim_unit", "dim_collection_point", "dim_source_system", "schema_state"})
_STEWARD_READS = (
    "mdm.party_record",
    "mdm.crosswalk",
    "mdm.golden_customer",
    "mdm.relationship",
    "mdm.queue_case",
    "meta.release",
    "meta.release_pointer",
    "meta.decision",
    "meta.audit_event",
)


def bootstrap(admin_url: str, passwords: Mapping[str, str], *, database: str = "blekit") -> None:
    """Make roles and database, or bring them up to date; needs a role that may create both.

    Args:
        admin_url: an administrator's URL of the server (PostgreSQL 15 or later); used here only.
        passwords: login role to password; a role that is not named keeps the one it has.
        database: name of the database.
    """
    with translated(), psycopg.connect(plain_url(admin_url), autocommit=True) as connection:
        if connection.info.server_version < _OLDEST_SERVER:
            raise ConfigurationError(f"PostgreSQL 15 or later is needed, this is {connection.info.server_version}")
        _make_roles(connection, passwords)
        # An administrator who is no superuser acts on what a role owns only while it is a member of it.
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
        _make_database(connection, database)
        connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(sql.Identifier(OWNER)))


def grants() -> list[str]:
    """What each role may do, for the owner to run after every upgrade."""
    statements = [
        "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA bi FROM PUBLIC",
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bi TO blekit_etl, blekit_bi",
        "GRANT USAGE ON SCHEMA meta, mdm, dw, bi TO blekit_etl",
        "GRANT USAGE ON SCHEMA meta, mdm TO blekit_steward",
        "GRANT USAGE ON SCHEMA bi TO blekit_bi",
        "GRANT SELECT ON ALL TABLES IN SCHEMA bi TO blekit_etl, blekit_bi",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA meta, mdm, dw TO blekit_etl",
        "GRANT SELECT ON meta.alembic_version TO blekit_etl",
        f"GRANT SELECT ON {', '.join(_STEWARD_READS)} TO blekit_steward",
        "GRANT INSERT ON meta.decision, meta.audit_event TO blekit_steward",
    ]
    for table in tables.metadata.sorted_tables:
        statements.append(f"GRANT {_etl_rights(table.name)} ON {table.schema}.{table.name} TO blekit_etl")
    return statements


def _etl_rights(table: str) -> str:
    if table in _READ_ONLY:
        return "SELECT"
    if table in _APPEND_ONLY:
        return "SELECT, INSERT"
    return "SELECT, INSERT, UPDATE, DELETE" if table in tables.CONTENT else "SELECT, INSERT, UPDATE"


def _make_roles(connection: psycopg.Connection[Any], passwords: Mapping[str, str]) -> None:
    unknown = sorted(set(passwords) - set(LOGIN_ROLES))
    if unknown:
        raise ConfigurationError(f"no role {', '.join(unknown)}", hint=f"Roles: {', '.join(LOGIN_ROLES)}")
    _make_role(connection, OWNER, "NOLOGIN")
    for role in LOGIN_ROLES:
        # NOINHERIT: the upgrade must say SET ROLE; nothing else gets the owner's rights by accident.
        _make_role(connection, role, "LOGIN NOINHERIT")
        if role in passwords:
            _set_password(connection, role, passwords[role])
    connection.execute(sql.SQL("GRANT {} TO blekit_etl").format(sql.Identifier(OWNER)))
    connection.execute("ALTER ROLE blekit_bi SET default_transaction_read_only = on")
    connection.execute("ALTER ROLE blekit_bi SET statement_timeout = '5min'")


def _make_role(connection: psycopg.Connection[Any], role: str, options: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    if not known:
        connection.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(role)))


def _set_password(connection: psycopg.Connection[Any], role: str, password: str) -> None:
    # Encrypted here: a server that logs statements must not log a password.
    encrypted = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(encrypted)))


def _make_database(connection: psycopg.Connection[Any], database: str) -> None:
    name, owner = sql.Identifier(database), sql.Identifier(OWNER)
    known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone()
    if not known:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(name, owner)
        )
    else:
        # On a server of their own people make the database first, and then own it.
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    roles = sql.SQL(", ").join(map(sql.Identifier, LOGIN_ROLES))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, roles))
