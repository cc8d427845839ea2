"""The simulated databases: a real PostgreSQL one in WIN1250, and SQLite files.

This is the one place of the estate that speaks to databases: it plays the legacy system's own program.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from estate.services.tables import Table, read_rows, read_tables

_BLOCK = 1 << 20


def create_database(admin_url: str, *, name: str, user: str, password: str, encoding: str = "WIN1250") -> None:
    """Make a database in an old encoding, owned by a user of its own; what has that name already is replaced.

    Args:
        admin_url: a server, as somebody who may make databases and users.
        name: of the database.
        user: who owns it and logs in from outside.
        password: of that user.
        encoding: as PostgreSQL spells it.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,)).fetchone()
        verb = sql.SQL("ALTER ROLE" if found else "CREATE ROLE")
        connection.execute(sql.SQL("{} {} LOGIN PASSWORD {}").format(verb, sql.Identifier(user), sql.Literal(password)))
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        # The server's own locale wants UTF-8; C of the system library goes with any encoding.
        statement = "CREATE DATABASE {} OWNER {} ENCODING {} LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0"
        connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(user), sql.Literal(encoding)))


def load_postgres(url: str, folders: Mapping[str, Path], *, reader: str) -> dict[str, dict[str, int]]:
    """Load the tables of folders into schemas of a database, for one more user to read; rows by schema and table.

    What was there is replaced. All of it becomes visible at once.
    """
    with psycopg.connect(url, client_encoding="UTF8") as connection:
        return {schema: _load(connection, folder, schema=schema, reader=reader) for schema, folder in folders.items()}


def _load(
    connection: psycopg.Connection[tuple[object, ...]], folder: Path, *, schema: str, reader: str
) -> dict[str, int]:
    name, user = sql.Identifier(schema), sql.Identifier(reader)
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(name, user))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
    loaded = {}
    for table in read_tables(folder):
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table.name)))
        connection.execute(_definition(table))
        loaded[table.name] = _copy(connection, table, folder)
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table.name), user))
    return loaded


def _definition(table: Table) -> sql.Composed:
    columns = [sql.SQL("{} ").format(sql.Identifier(name)) + _type(kind) for name, kind in table.columns]
    key = sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key)))
    return sql.SQL("CREATE TABLE {} ({})").format(sql.Identifier(table.name), sql.SQL(", ").join([*columns, key]))


def _type(kind: str) -> sql.SQL:
    return sql.SQL(kind)  # the estate's own text, not somebody's input


def _copy(connection: psycopg.Connection[tuple[object, ...]], table: Table, folder: Path) -> int:
    cursor = connection.cursor()
    with (
        (folder / f"{table.name}.copy").open("rb") as file,
        cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table.name))) as copy,
    ):
        while block := file.read(_BLOCK):
            copy.write(block)
    return cursor.rowcount


def write_sqlite(path: Path, folder: Path, *, page: str = "utf_8") -> dict[str, int]:
    """Write the tables of a folder into a new SQLite file; rows per table.

    Args:
        path: the file; what was there is replaced.
        folder: described by ``tables.json``.
        page: code page of texts; programs of the time put the bytes of their Windows into what SQLite calls UTF-8.
    """
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    loaded = {}
    with sqlite3.connect(path) as connection:
        for table in read_tables(folder):
            connection.execute(_sqlite_definition(table))
            loaded[table.name] = _insert(connection, table, folder, page=page)
    connection.close()
    return loaded


def _sqlite_definition(table: Table) -> str:
    columns = ", ".join(f'"{name}" {kind}' for name, kind in table.columns)
    key = ", ".join(f'"{name}"' for name in table.key)
    return f'CREATE TABLE "{table.name}" ({columns}, PRIMARY KEY ({key}))'


def _insert(connection: sqlite3.Connection, table: Table, folder: Path, *, page: str) -> int:
    # Bytes cast to text are stored as they are; a str would be stored as UTF-8. Affinity then makes numbers of digits.
    places = ", ".join(["CAST(? AS TEXT)"] * len(table.columns))
    rows = ([None if cell is None else cell.encode(page) for cell in row] for row in read_rows(folder, table))
    return connection.executemany(f'INSERT INTO "{table.name}" VALUES ({places})', rows).rowcount  # noqa: S608


@contextmanager
def watched(admin_url: str) -> Iterator[Callable[[], bool]]:
    """A connection that is held, and a function that tells whether its server still runs."""
    with psycopg.connect(admin_url, autocommit=True, application_name="legacy") as connection:

        def is_up() -> bool:
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError:
                return False
            return True

        yield is_up
