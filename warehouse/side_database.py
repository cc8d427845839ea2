"""A second database on the same server, for a tool that brings its own tables: Airflow keeps its metadata there."""

from __future__ import annotations

import psycopg
from psycopg import sql

from warehouse.engine import plain_url, translated


def ensure_database(admin_url: str, *, name: str, owner: str, password: str) -> None:
    """Make a database and the role that owns it; existing ones stay, the role's password becomes the given one.

    Raises:
        PermissionDenied: the account of ``admin_url`` may not make roles or databases.
        DatabaseUnavailable: the server does not answer.
    """
    role, database = sql.Identifier(owner), sql.Identifier(name)
    with translated(), psycopg.connect(plain_url(admin_url), autocommit=True) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [owner]).rowcount:
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        # Encrypted here: a server that logs statements must not log a password.
        secret = connection.pgconn.encrypt_password(password.encode(), owner.encode(), b"scram-sha-256").decode()
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(secret)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
            connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(database))
