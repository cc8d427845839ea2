"""Content rows and the releases that see them.

A row is visible in release n when ``from_release <= n`` and it was not closed until then. A release is prepared by
difference: rows whose canonical hash its parent does not have are inserted under its number, rows of the parent that it
lacks are closed under its number. Nothing else is touched, so a load costs what changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from config.errors import BugError, UsageError
from config.schemas import CONTENT_TABLES
from config.table_schema import TableSchema
from warehouse import tables
from warehouse.content_hash import TableHash, row_hashes, sum_hashes
from warehouse.engine import ArrowReader
from warehouse.load import copy_rows
from warehouse.references import record_refs

Value = str | int | bool | dt.date | None
SCHEMAS = {schema.name: schema for schema in CONTENT_TABLES}
_CLOSED_AT_ONCE = 50_000


def visible(table: sa.Table, release_no: int) -> sa.ColumnElement[bool]:
    """Rows of a content table that a release sees."""
    return sa.and_(
        table.c.from_release <= release_no,
        sa.or_(table.c.to_release.is_(None), table.c.to_release > release_no),
    )


def read_content(
    reader: ArrowReader,
    name: str,
    *,
    release_no: int,
    columns: Sequence[str] | None = None,
    where: Mapping[str, Value | Sequence[Value]] | None = None,
) -> pa.Table:
    """Rows of a content table in a release; ``where`` takes a value, several values, or None for null."""
    schema, table = _schema(name), tables.CONTENT[name]
    names = _known(schema, columns or schema.names)
    statement = sa.select(*(table.c[column] for column in names)).where(visible(table, release_no))
    for column in _known(schema, tuple(where or ())):
        statement = statement.where(_matches(table.c[column], (where or {})[column]))
    arrow = schema.arrow
    return reader.read(statement).cast(pa.schema([arrow.field(column) for column in names]))


def load_difference(
    connection: sa.Connection, name: str, *, rows: pa.Table, release_no: int, ref_key: bytes
) -> tuple[TableHash, TableHash]:
    """Insert and close what turns the current content of a table into ``rows``; what was inserted, what was closed."""
    schema, table = _schema(name), tables.CONTENT[name]
    schema.check(rows)
    standing = _standing(connection, table)
    hashes = row_hashes(rows, schema)
    missing = standing.keys() - set(hashes)
    _close(connection, table, numbers=[standing[row_hash] for row_hash in missing], release_no=release_no)
    is_new = np.fromiter((row_hash not in standing for row_hash in hashes), dtype=bool, count=len(hashes))
    fresh = [row_hash for row_hash, new in zip(hashes, is_new, strict=True) if new]
    if fresh:
        added = _stored(name, rows.filter(pa.array(is_new)), hashes=fresh, release_no=release_no, ref_key=ref_key)
        copy_rows(connection, table, rows=added)
    return sum_hashes(fresh), sum_hashes(missing)


def discard_changes(connection: sa.Connection, release_no: int) -> None:
    """Take back everything a release that was not published did to the content tables."""
    for table in tables.CONTENT.values():
        # Delete first: while both stand, two open versions of a key would meet in the unique index.
        connection.execute(sa.delete(table).where(table.c.from_release == release_no))
        connection.execute(sa.update(table).where(table.c.to_release == release_no).values(to_release=None))


def check_complete(content: Mapping[str, pa.Table]) -> None:
    """Exactly the content tables; a forgotten one would otherwise empty its table."""
    if content.keys() != SCHEMAS.keys():
        different = ", ".join(sorted(content.keys() ^ SCHEMAS.keys()))
        raise BugError(f"a release holds exactly the content tables; missing or unknown: {different}")


def _standing(connection: sa.Connection, table: sa.Table) -> dict[bytes, int]:
    """Row hash to surrogate of the rows that the current release sees: the open ones, as nothing else is prepared."""
    statement = sa.select(table.c.row_hash, table.c.row_no).where(table.c.to_release.is_(None))
    return {bytes(row_hash): row_no for row_hash, row_no in connection.execute(statement)}


def _close(connection: sa.Connection, table: sa.Table, *, numbers: Sequence[int], release_no: int) -> None:
    for start in range(0, len(numbers), _CLOSED_AT_ONCE):
        some = list(numbers[start : start + _CLOSED_AT_ONCE])
        chosen = table.c.row_no == sa.any_(sa.bindparam("numbers", some, sa.ARRAY(sa.BigInteger)))
        connection.execute(sa.update(table).where(chosen).values(to_release=release_no))


def _stored(name: str, rows: pa.Table, *, hashes: Sequence[bytes], release_no: int, ref_key: bytes) -> pa.Table:
    """Rows with what the warehouse keeps beside them."""
    if name == "crosswalk":
        rows = rows.append_column("record_ref", pa.array(record_refs(rows.column("record_id"), key=ref_key)))
    written = pa.array([f"\\x{row_hash.hex()}" for row_hash in hashes], pa.string())
    numbers = pa.array(np.full(len(hashes), release_no, dtype=np.int32))
    return rows.append_column("row_hash", written).append_column("from_release", numbers)


def _schema(name: str) -> TableSchema:
    if name not in SCHEMAS:
        raise UsageError(f"no content table {name!r}", hint=f"Content tables: {', '.join(SCHEMAS)}")
    return SCHEMAS[name]


def _known(schema: TableSchema, names: Sequence[str]) -> tuple[str, ...]:
    unknown = sorted(set(names) - set(schema.names))
    if unknown:
        raise UsageError(f"{schema.name} has no column {', '.join(unknown)}")
    return tuple(names)


def _matches(column: sa.ColumnElement[Any], value: Value | Sequence[Value]) -> sa.ColumnElement[bool]:
    if value is None:
        return column.is_(None)
    if isinstance(value, list | tuple | set | frozenset):
        return column.in_(list(value))
    return column == value
