"""Databases of legacy systems, unloaded into a file.

A table is read in one snapshot: what the schema is, how many rows there are and what their sums are (counted by the
database), then the rows through a server-side cursor. What was written is compared with what the database counted,
and both are the control totals of the delivery. Every column is cast to text by the database and taken as the bytes
of that text, so nothing between its disk and ours decodes, rounds or trims: a WIN1250 database gives WIN1250 bytes.

Names of tables and columns come from the kind's YAML and are quoted by SQLAlchemy; values are bound.
"""

from __future__ import annotations

import codecs
import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchTableError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.elements import ColumnElement

from config.errors import BadData, ConfigurationError, SourceContractBroken
from config.kinds import Kind
from config.services import TableService
from connectors.sql_errors import coded
from connectors.sql_totals import Written, exact_mark, lower_bound

_PAGE_NAMES = {"cp1250": "WIN1250", "iso8859-2": "LATIN2", "utf-8": "UTF8", "cp1252": "WIN1252"}
"""PostgreSQL's names of code pages, by Python's."""

_SESSION = (
    "-c datestyle=ISO -c timezone=UTC -c intervalstyle=postgres -c extra_float_digits=1 -c statement_timeout=600s"
)
"""The text of a date or a number must not depend on how somebody configured the server or the account."""

_CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Unloaded:
    """What was written of a table."""

    records: int
    control: dict[str, int]
    mark: str | None
    """The highest watermark of the rows, as the database writes it; None without rows or without a watermark."""
    warnings: tuple[str, ...]


def unload_table(
    path: Path,
    *,
    url: str,
    password: str | None,
    kind: Kind,
    source_id: str,
    db_schema: str | None = None,
    since: str | None = None,
    until: dt.date,
    chunk_records: int = 5_000,
) -> Unloaded:
    """Write a table of a database as an Informix unload.

    Args:
        path: file to write.
        url: ``postgresql://user@host/database`` or ``sqlite:////file``, without a password.
        password: of that user.
        kind: names the table, its columns and control totals.
        source_id: for messages.
        db_schema: of the table, where this system has another one than its kind says.
        since: an earlier :attr:`Unloaded.mark`: only rows above it, less the kind's overlap, are taken. Rows without
            a watermark are always taken: nobody could tell when they changed.
        until: rows changed on later days are left for later deliveries.
        chunk_records: rows fetched at a time.

    Raises:
        SourceUnavailable: the database did not answer, or hung up.
        SourceContractBroken: table or columns are not what the kind says.
        ControlTotalsDiffer: the rows do not add up to what the database counted.
        BadData: a text has a character the kind's code page lacks, or the file is no database.
        BudgetExceeded: the table is larger than the kind allows.
        PermissionDenied: the account may not log in or may not read the table.
    """
    service = _service(kind)
    if db_schema is not None:
        service = service.model_copy(update={"db_schema": db_schema})
    try:
        with _snapshot(url, password=password) as connection:
            _check_page(connection, kind=kind, service=service)
            warnings = _check_columns(connection, kind=kind, service=service, source_id=source_id)
            rows = _Rows(connection, kind=kind, service=service, since=since, until=until)
            told, mark = rows.counted()
            written = Written(kind, service=service, source_id=source_id, names=rows.names)
            written.write(path, rows.chunks(chunk_records))
    except NoSuchTableError as exc:
        raise SourceContractBroken(
            f"{source_id}: no table or view {service.table!r}", hint=f"Correct service.table in {_yaml(kind)}"
        ) from exc
    except DBAPIError as exc:
        raise coded(exc, source_id=source_id) from exc
    written.compare(told)
    return Unloaded(told["records"], told, mark, warnings)


def _yaml(kind: Kind) -> str:
    return f"config/kinds/{kind.kind}.yml"


def _service(kind: Kind) -> TableService:
    if not isinstance(kind.service, TableService):
        raise ConfigurationError(f"kind {kind.kind}: service: not a table", hint="Its YAML needs service.fetch: sql")
    if kind.format != "informix_unload" or "columns" not in kind.options:
        raise ConfigurationError(
            f"kind {kind.kind}: a table is landed as an unload",
            hint="Its YAML needs format: informix_unload and options.columns",
        )
    return kind.service


# -- connections ---


@contextmanager
def _snapshot(url: str, *, password: str | None) -> Iterator[sa.Connection]:
    """A read-only transaction in which every statement sees the same rows."""
    engine = _sqlite(url) if url.startswith("sqlite:") else _postgres(url, password=password)
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    finally:
        engine.dispose()


def _postgres(url: str, *, password: str | None) -> sa.Engine:
    address = sa.make_url(url).set(drivername="postgresql+psycopg")
    return sa.create_engine(
        address.set(password=password) if password else address,
        poolclass=NullPool,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
        connect_args={
            "connect_timeout": _CONNECT_SECONDS,
            "client_encoding": "utf8",
            "options": _SESSION,
            "application_name": "blekit",
            # A connection cut without a word must not hang until the kernel gives up after hours.
            "keepalives_idle": 20,
            "tcp_user_timeout": 60_000,
        },
    )


def _sqlite(url: str) -> sa.Engine:
    file = sa.make_url(url).database or ""

    def connect() -> sqlite3.Connection:
        # mode=ro: SQLite would make a missing database, and an empty one has no tables but opens well.
        return sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True, timeout=_CONNECT_SECONDS, isolation_level=None)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # The driver begins no transaction for a SELECT by itself; without one each statement sees another state.
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine


def _is_sqlite(connection: sa.Connection) -> bool:
    return connection.dialect.name == "sqlite"


# -- contract ---


def _page(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as exc:
        raise ConfigurationError(f"no code page {name!r}") from exc


def _check_page(connection: sa.Connection, *, kind: Kind, service: TableService) -> None:
    if _is_sqlite(connection):
        _page(service.stored_page)
        encoding = connection.exec_driver_sql("PRAGMA encoding").scalar_one()
        if encoding != "UTF-8":
            raise BadData(f"{kind.kind}: the database stores {encoding}; only UTF-8 databases are read")
        return
    wanted = _PAGE_NAMES.get(_page(kind.code_page))
    if wanted is None:
        raise ConfigurationError(
            f"kind {kind.kind}: code_page: PostgreSQL knows no {kind.code_page}",
            hint=f"One of {', '.join(_PAGE_NAMES)}",
        )
    encoding = connection.execute(sa.select(sa.func.current_setting("server_encoding"))).scalar_one()
    # From UTF8 every missing character is an error; between two single-byte encodings PostgreSQL lets some through
    # as control characters (the euro sign from WIN1250 to LATIN2: tried).
    if encoding not in (wanted, "UTF8"):
        raise SourceContractBroken(
            f"kind {kind.kind}: the database is in {encoding}, the kind says {kind.code_page}",
            hint=f"Correct code_page in {_yaml(kind)}",
        )


def _check_columns(connection: sa.Connection, *, kind: Kind, service: TableService, source_id: str) -> tuple[str, ...]:
    """Warnings about columns that are left out; both directions are checked."""
    found = {str(each["name"]) for each in sa.inspect(connection).get_columns(service.table, service.db_schema)}
    wanted = {*_columns(kind), *(each.column for each in service.sums.values())}
    wanted |= {service.watermark} if service.watermark else set()
    gone, new = sorted(wanted - found), sorted(found - wanted - set(kind.ignore))
    if gone or (new and service.new_columns == "freeze"):
        told = [f"column {name!r} is new" for name in new] + [f"{name!r} is gone" for name in gone]
        raise SourceContractBroken(
            f"{source_id}: table {service.table!r}: {', '.join(told)}",
            hint=f"Map or ignore it in {_yaml(kind)}. Present: {', '.join(sorted(found))}",
        )
    return tuple(f"{source_id}: new column {name!r} is left out" for name in new)


def _columns(kind: Kind) -> tuple[str, ...]:
    return tuple(str(kind.options["columns"]).split())


# -- statements ---


class _Rows:
    """The rows of one unload and what the database says about them."""

    def __init__(
        self, connection: sa.Connection, *, kind: Kind, service: TableService, since: str | None, until: dt.date
    ) -> None:
        self._connection = connection
        self._kind = kind
        self._service = service
        self.names = _columns(kind)
        known = {*self.names, *(each.column for each in service.sums.values()), *kind.key}
        known |= {service.watermark} if service.watermark else set()
        columns: list[sa.ColumnClause[Any]] = [sa.column(sa.sql.quoted_name(name, True)) for name in sorted(known)]
        self._table = sa.table(
            sa.sql.quoted_name(service.table, True),
            *columns,
            schema=sa.sql.quoted_name(service.db_schema, True) if service.db_schema else None,
        )
        self._where = self._window(since, until=until)

    def _window(self, since: str | None, *, until: dt.date) -> list[ColumnElement[bool]]:
        if self._service.watermark is None:
            return []
        column = self._table.c[self._service.watermark]
        wanted: list[ColumnElement[bool]] = []
        if self._service.watermark_type != "integer":
            wanted.append(column < self._bound((until + dt.timedelta(days=1)).isoformat()))
        if since is not None:
            wanted.append(column >= self._bound(lower_bound(since, service=self._service)))
        return [sa.or_(sa.and_(*wanted), column.is_(None))] if wanted else []

    def _bound(self, text: str) -> ColumnElement[Any]:
        if self._service.watermark_type == "integer":
            return sa.literal(int(text), sa.BigInteger)
        if _is_sqlite(self._connection):
            return sa.literal(text, sa.String)  # where dates are texts, and ISO texts sort by time
        has_time = self._service.watermark_type == "timestamp"
        return sa.cast(sa.literal(text, sa.String), sa.DateTime if has_time else sa.Date)

    def counted(self) -> tuple[dict[str, int], str | None]:
        """Control totals and the highest watermark, by the database."""
        sums = [self._sum(each.column, decimals=each.decimals) for each in self._service.sums.values()]
        mark = self._service.watermark
        highest = sa.cast(sa.func.max(self._table.c[mark]), sa.Text) if mark else sa.null()
        query = sa.select(sa.func.count(), highest, *sums).select_from(self._table)
        row = self._connection.execute(query.where(*self._where)).one()
        try:
            sums_of = {name: int(value or 0) for name, value in zip(self._service.sums, row[2:], strict=True)}
        except (ValueError, OverflowError) as exc:
            raise BadData(f"table {self._service.table!r}: a sum that is no number") from exc  # NaN, infinity
        return {"records": int(row[0]), **sums_of}, exact_mark(row[1], service=self._service)

    def _sum(self, name: str, *, decimals: int) -> ColumnElement[Any]:
        column, scale = self._table.c[name], 10**decimals
        if _is_sqlite(self._connection):
            return sa.func.sum(sa.cast(sa.func.round(column * scale), sa.Integer))
        return sa.func.sum(sa.func.round(sa.cast(column, sa.Numeric) * scale))

    def chunks(self, size: int) -> Iterator[Sequence[Sequence[bytes | None]]]:
        """Rows in the order of their key, each cell the stored bytes of its text."""
        order = [self._table.c[name] for name in (*self._kind.key, self._service.watermark) if name]
        query = sa.select(*(self._stored(name) for name in self.names)).where(*self._where)
        options = {"stream_results": True, "yield_per": size}
        found = self._connection.execute(query.order_by(*order), execution_options=options)
        stored, target = _page(self._service.stored_page), _page(self._kind.code_page)
        for chunk in found.partitions():
            if _is_sqlite(self._connection) and stored != target:
                yield [_recoded(row, stored=stored, target=target, names=self.names) for row in chunk]
            else:
                yield [tuple(row) for row in chunk]

    def _stored(self, name: str) -> ColumnElement[Any]:
        as_text = sa.cast(self._table.c[name], sa.Text)
        if _is_sqlite(self._connection):
            return sa.cast(as_text, sa.LargeBinary).label(name)
        # From a database of the same encoding these are the stored bytes, also those that mean no character.
        return sa.func.convert_to(as_text, _PAGE_NAMES[_page(self._kind.code_page)], type_=sa.LargeBinary).label(name)


def _recoded(row: Sequence[bytes | None], *, stored: str, target: str, names: Sequence[str]) -> Sequence[bytes | None]:
    recoded = []
    for cell, name in zip(row, names, strict=True):
        try:
            is_ascii = cell is None or cell.isascii()
            recoded.append(cell if is_ascii or cell is None else cell.decode(stored).encode(target))
        except UnicodeError as exc:
            raise BadData(
                f"column {name!r}: a text that is not {stored}, or has a character {target} lacks",
                hint="Correct service.stored_page or code_page in the kind's YAML",
            ) from exc
    return recoded
