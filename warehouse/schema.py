"""Bringing the database to what the code needs, and refusing to work when it is something else.

Tables change by Alembic migrations. What holds no data (views, functions, comments, grants, dimensions made from
``config``) is made anew by every upgrade, and a fingerprint of it is kept. An upgrade holds the publish lock: nobody
prepares or publishes meanwhile, and nothing else in the product changes a table.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.dialects import postgresql

from config.errors import ConfigurationError
from config.sources import all_sources
from config.units import UNITS, collection_points
from warehouse import tables
from warehouse.bi import bi_statements
from warehouse.engine import driver_connection, translated
from warehouse.locks import release_publish_lock, take_publish_lock
from warehouse.roles import OWNER, grants

_MIGRATIONS = Path(__file__).with_name("migrations")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_HINT = "Run `blekit db upgrade` with the code that is to work on it."
_COLUMNS = sa.text("""
    SELECT n.nspname || '.' || c.relname AS table_name, a.attname AS column_name,
           format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS is_required
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('meta', 'mdm', 'dw') AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND c.relname <> 'alembic_version'
""")


def upgrade(engine: sa.Engine) -> None:
    """Migrate, then make everything anew that holds no data; one transaction, under the publish lock.

    Raises:
        ConfigurationError: the server was not bootstrapped.
        LockBusy: somebody prepares or publishes a release.
    """
    with translated(), engine.connect() as connection:
        _require_owner(connection)
        take_publish_lock(connection)
        try:
            with connection.begin():
                connection.execute(sa.text(f"SET LOCAL ROLE {OWNER}"))
                for schema in tables.SCHEMAS:
                    connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
                command.upgrade(_alembic(connection), "head")
                _make_anew(connection)
        finally:
            release_publish_lock(connection)


def _require_owner(connection: sa.Connection) -> None:
    known = connection.scalar(sa.text("SELECT true FROM pg_roles WHERE rolname = :owner"), {"owner": OWNER})
    if not known:
        raise ConfigurationError("the server has no Błękit roles yet", hint="Run warehouse.bootstrap on it first.")
    connection.rollback()


def require_current_schema(connection: sa.Connection) -> None:
    """Refuse a database that is not what this code needs.

    Raises:
        ConfigurationError: revision, tables or what is made anew differ; the message says which.
    """
    wanted = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    with translated():
        has_schema = connection.scalar(sa.text("SELECT to_regclass('meta.alembic_version') IS NOT NULL"))
        if not has_schema:
            raise ConfigurationError("the warehouse was never set up", hint=_HINT)
        context = MigrationContext.configure(connection, opts={"version_table_schema": "meta"})
        found = context.get_current_revision()
        if found != wanted:
            raise ConfigurationError(f"the warehouse is at revision {found}, the code at {wanted}", hint=_HINT)
        _require_equal_tables(connection)
        if connection.scalar(sa.select(tables.schema_state.c.fingerprint)) != fingerprint():
            raise ConfigurationError("views, comments, grants or dimensions are of another version", hint=_HINT)


def fingerprint() -> str:
    """What upgrades make anew, as one hash."""
    parts = [*bi_statements(), *grants(), *map(str, _comments()), repr(_dimensions())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _require_equal_tables(connection: sa.Connection) -> None:
    expected = {
        (f"{table.schema}.{table.name}", column.name, _type_name(column), not column.nullable)
        for table in tables.metadata.sorted_tables
        for column in table.columns
    }
    found = {tuple(row) for row in connection.execute(_COLUMNS)}
    different = sorted({f"{table}.{column}" for table, column, *_ in expected ^ found})
    if different:
        raise ConfigurationError(f"the warehouse differs from the code at {', '.join(different)}", hint=_HINT)


def _type_name(column: sa.Column[object]) -> str:
    return column.type.compile(_DIALECT).lower()


def _alembic(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _make_anew(connection: sa.Connection) -> None:
    for comment in _comments():
        connection.execute(comment)
    for statement in (*bi_statements(), *grants()):
        # Straight to the driver: SQLAlchemy would take ``:`` and ``%`` in them for parameters.
        driver_connection(connection).execute(statement.encode())
    for table, rows in _dimensions():
        connection.execute(sa.delete(table))
        connection.execute(sa.insert(table), rows)
    state = tables.schema_state
    connection.execute(sa.delete(state))
    connection.execute(sa.insert(state).values(is_only=True, fingerprint=fingerprint()))
    _add_missing_rows(connection)


def _add_missing_rows(connection: sa.Connection) -> None:
    """One ledger row per unit, and the pointer to no release yet; what is there stays."""
    known = set(connection.scalars(sa.select(tables.unit_ledger.c.unit)))
    new = [{"unit": unit.name, "state": "planned"} for unit in UNITS if unit.name not in known]
    if new:
        connection.execute(sa.insert(tables.unit_ledger), new)
    if connection.scalar(sa.select(sa.func.count()).select_from(tables.release_pointer)) == 0:
        connection.execute(sa.insert(tables.release_pointer).values(is_only=True, release_no=None))


def _comments() -> list[sa.schema.SetTableComment | sa.schema.SetColumnComment]:
    statements: list[sa.schema.SetTableComment | sa.schema.SetColumnComment] = []
    for table in tables.metadata.sorted_tables:
        statements.append(sa.schema.SetTableComment(table))
        statements.extend(sa.schema.SetColumnComment(column) for column in table.columns)
    return statements


def _dimensions() -> list[tuple[sa.Table, list[dict[str, object]]]]:
    units = [
        {name: value for name, value in asdict(unit).items() if name != "name"} | {"unit": unit.name} for unit in UNITS
    ]
    points = [
        {
            "point_code": point.code,
            "name": point.name,
            "unit": point.unit,
            "area_code": point.area_code,
            "voivodeship": point.voivodeship,
        }
        for point in collection_points()
    ]
    sources = [
        {
            "source_id": source.source_id,
            "title": source.title,
            "point_code": source.point_code,
            "unit": source.unit,
            "role": source.role,
            "kind": source.kind_name,
            "is_served": source.is_served,
        }
        for source in all_sources()
    ]
    return [(tables.unit, units), (tables.collection_point, points), (tables.source_system, sources)]
