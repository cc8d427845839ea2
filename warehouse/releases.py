"""Releases: prepare, abandon, publish.

``prepare`` puts a release into the tables under a number nobody sees; ``publish`` makes it the current one in a single
short transaction: ledger row, pointer, unit ledger, id registry and audit event together. Both run on the connection
that holds the publish lock, so whoever lost the lock has lost the connection to write with. Releases only go forward:
taking a unit back is a new release without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from config.errors import BugError, DatabaseUnavailable, ParentMoved, UsageError
from warehouse import ledger, registry, tables
from warehouse.audit import append_event
from warehouse.content import check_complete, discard_changes, load_difference
from warehouse.content_hash import TableHash, content_hash
from warehouse.engine import transaction, translated
from warehouse.locks import release_publish_lock, take_publish_lock
from warehouse.records import Detail, Inputs, Prepared, Release, ReleaseKind, TableCount
from warehouse.references import audit_key

_RELEASE, _HASH, _POINTER = tables.release, tables.release_table_hash, tables.release_pointer
_SETTLE_S = 30.0


class Publisher:
    """The one who may prepare and publish, as long as it holds the publish lock."""

    def __init__(self, engine: sa.Engine, *, ref_key: bytes, lock_wait_s: float) -> None:
        self._engine = engine
        self._ref_key = ref_key
        self._audit_key = audit_key(ref_key)
        self._lock_wait_s = lock_wait_s
        self._connection: sa.Connection | None = None

    def prepare(self, *, kind: ReleaseKind, inputs: Inputs, content: Mapping[str, pa.Table], actor: str) -> Prepared:
        """Put a release into the tables, committed and invisible; the lock is kept until it is settled."""
        check_complete(content)
        connection = self._locked()
        try:
            with translated(), connection.begin():
                self._clean_up(connection, actor=actor)
                return self._prepare(connection, kind=kind, inputs=inputs, content=content, actor=actor)
        except BaseException:
            self.unlock()
            raise

    def abandon(self, release_no: int, *, actor: str) -> None:
        """Take a prepared release back; its number is spent."""
        connection = self._locked()
        try:
            with translated(), connection.begin():
                _require_prepared(connection, release_no)
                self._abandon(connection, release_no, actor=actor)
        finally:
            self.unlock()

    def abandon_unpublished(self, *, actor: str) -> tuple[int, ...]:
        """Clean up after a run that died between prepare and publish; the numbers it spent."""
        connection = self._locked()
        try:
            with translated(), connection.begin():
                return self._clean_up(connection, actor=actor)
        finally:
            self.unlock()

    def publish(
        self,
        release_no: int,
        *,
        actor: str,
        unit: str | None,
        unit_state: str | None,
        detail: Detail,
        covers: str | None,
    ) -> Release:
        """Make a prepared release the current one, all of it in one transaction."""
        connection = self._locked()
        try:
            with translated():
                publication = connection.begin()
                with publication:
                    self._publish(connection, release_no, actor=actor, unit=unit, detail=detail, covers=covers)
                    if unit is not None and unit_state is not None:
                        ledger.enter_state(connection, unit, state=unit_state, release_no=release_no)
                    self._record(connection, "release.published", release_no, actor=actor, detail={"unit": unit})
        except DatabaseUnavailable:
            self._forget()
            self._settle(release_no)
        finally:
            self.unlock()
        with transaction(self._engine) as fresh:
            return get_release(fresh, release_no)

    def unlock(self) -> None:
        """Give the publish lock and its connection back."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            release_publish_lock(connection)
        except sa.exc.SQLAlchemyError:
            connection.invalidate()
        finally:
            connection.close()

    def _locked(self) -> sa.Connection:
        if self._connection is None:
            with translated():
                connection = self._engine.connect()
                try:
                    take_publish_lock(connection, wait_s=self._lock_wait_s)
                except BaseException:
                    connection.close()
                    raise
            self._connection = connection
        return self._connection

    def _forget(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _settle(self, release_no: int) -> None:
        """The commit got no answer: read in the ledger what became of it.

        The lock is free only once the old session is gone, and then the ledger is final.
        """
        with translated(), self._engine.connect() as connection:
            take_publish_lock(connection, wait_s=_SETTLE_S)
            try:
                state = connection.scalar(sa.select(_RELEASE.c.state).where(_RELEASE.c.release_no == release_no))
            finally:
                connection.rollback()
                release_publish_lock(connection)
        if state != "published":
            raise DatabaseUnavailable(f"release {release_no} was not published: the connection was lost before")

    def _clean_up(self, connection: sa.Connection, *, actor: str) -> tuple[int, ...]:
        left = tuple(connection.scalars(sa.select(_RELEASE.c.release_no).where(_RELEASE.c.state == "prepared")))
        for release_no in left:
            self._abandon(connection, release_no, actor=actor)
        return left

    def _abandon(self, connection: sa.Connection, release_no: int, *, actor: str) -> None:
        discard_changes(connection, release_no)
        connection.execute(
            sa.update(_RELEASE)
            .where(_RELEASE.c.release_no == release_no)
            .values(state="abandoned", abandoned_at=sa.func.now())
        )
        self._record(connection, "release.abandoned", release_no, actor=actor)

    def _prepare(
        self,
        connection: sa.Connection,
        *,
        kind: ReleaseKind,
        inputs: Inputs,
        content: Mapping[str, pa.Table],
        actor: str,
    ) -> Prepared:
        parent = current_number(connection)
        before = table_hashes(connection, parent)
        release_no = int(connection.scalar(sa.select(tables.release_number.next_value())) or 0)
        changes = {
            name: load_difference(connection, name, rows=content[name], release_no=release_no, ref_key=self._ref_key)
            for name in sorted(content)
        }
        after = {name: before.get(name, TableHash()) + new - gone for name, (new, gone) in changes.items()}
        for name, hashed in after.items():
            if hashed.rows != content[name].num_rows:
                raise BugError(
                    f"{name}: {content[name].num_rows} rows given, {hashed.rows} stand; is a row twice in it?"
                )
        prepared = Prepared(
            release_no=release_no,
            parent=parent,
            content_hash=content_hash(after),
            tables={name: TableCount(hashed.rows, hashed.hex) for name, hashed in after.items()},
            inserted={name: new.rows for name, (new, _) in changes.items()},
            closed={name: gone.rows for name, (_, gone) in changes.items()},
        )
        _write_ledger(connection, prepared, kind=kind, inputs=inputs, actor=actor)
        self._record(
            connection, "release.prepared", release_no, actor=actor, detail={"content_hash": prepared.content_hash}
        )
        return prepared

    def _publish(
        self,
        connection: sa.Connection,
        release_no: int,
        *,
        actor: str,
        unit: str | None,
        detail: Detail,
        covers: str | None,
    ) -> None:
        parent = _require_prepared(connection, release_no)
        if covers is not None:
            ledger.require_approval(connection, unit, covers=covers)
        _advance_pointer(connection, parent=parent, release_no=release_no)
        connection.execute(
            sa.update(_RELEASE)
            .where(_RELEASE.c.release_no == release_no)
            .values(state="published", published_at=sa.func.now(), unit=unit, detail=dict(detail))
        )
        registry.update_registry(connection, release_no)

    def _record(
        self, connection: sa.Connection, action: str, release_no: int, *, actor: str, detail: Detail | None = None
    ) -> None:
        append_event(
            connection, key=self._audit_key, actor=actor, action=action, subject=str(release_no), detail=detail
        )


def current_number(connection: sa.Connection) -> int | None:
    """Number of the release everybody sees; None before the first."""
    number: int | None = connection.scalar(sa.select(_POINTER.c.release_no))
    return number


def table_hashes(connection: sa.Connection, release_no: int | None) -> dict[str, TableHash]:
    """Hashes of the content tables as the ledger keeps them; empty before the first release."""
    rows = connection.execute(sa.select(_HASH).where(_HASH.c.release_no == release_no))
    return {row.table_name: TableHash(row.row_count, int(row.hash, 16)) for row in rows}


def get_release(connection: sa.Connection, release_no: int) -> Release:
    """One line of the ledger.

    Raises:
        UsageError: no release has that number.
    """
    for found in list_releases(connection, only=(release_no,)):
        return found
    raise UsageError(f"no release {release_no}", hint="`blekit release list` shows all")


def require_readable(connection: sa.Connection, release_no: int) -> None:
    """Refuse a number whose rows are not those of a release, now or any more; a prepared one can be looked at.

    Raises:
        UsageError: the release is unknown, abandoned or pruned.
    """
    row = connection.execute(
        sa.select(_RELEASE.c.state, _RELEASE.c.pruned_at).where(_RELEASE.c.release_no == release_no)
    ).one_or_none()
    if row is None or row.state == "abandoned" or row.pruned_at is not None:
        raise UsageError(f"release {release_no} cannot be read", hint="`blekit release list` shows those that can")


def list_releases(connection: sa.Connection, *, only: Iterable[int] | None = None) -> list[Release]:
    """The ledger of releases in order, abandoned ones too."""
    statement, hashes = sa.select(_RELEASE).order_by(_RELEASE.c.release_no), sa.select(_HASH)
    if only is not None:
        chosen = list(only)
        statement = statement.where(_RELEASE.c.release_no.in_(chosen))
        hashes = hashes.where(_HASH.c.release_no.in_(chosen))
    counts: dict[int, dict[str, TableCount]] = {}
    for row in connection.execute(hashes.order_by(_HASH.c.table_name)):
        counts.setdefault(row.release_no, {})[row.table_name] = TableCount(row.row_count, row.hash)
    return [_release(row, counts.get(row.release_no, {})) for row in connection.execute(statement)]


def _release(row: sa.Row[Any], counts: Mapping[str, TableCount]) -> Release:
    inputs = Inputs(
        units=tuple(row.units),
        batch_ids=tuple(row.batch_ids),
        decisions_up_to=row.decisions_up_to,
        model_version=row.model_version,
        rules_version=row.rules_version,
        erased=tuple(row.erased),
    )
    return Release(
        release_no=row.release_no,
        parent=row.parent,
        kind=row.kind,
        state=row.state,
        inputs=inputs,
        content_hash=row.content_hash,
        unit=row.unit,
        actor=row.actor,
        prepared_at=row.prepared_at,
        published_at=row.published_at,
        detail=row.detail,
        tables=counts,
    )


def _write_ledger(
    connection: sa.Connection, prepared: Prepared, *, kind: ReleaseKind, inputs: Inputs, actor: str
) -> None:
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(inputs).items()}
    connection.execute(
        sa.insert(_RELEASE).values(
            release_no=prepared.release_no,
            parent=prepared.parent,
            kind=kind,
            state="prepared",
            content_hash=prepared.content_hash,
            actor=actor,
            detail={},
            **values,
        )
    )
    connection.execute(
        sa.insert(_HASH),
        [
            {
                "release_no": prepared.release_no,
                "table_name": name,
                "row_count": count.rows,
                "hash": count.hash,
                "inserted": prepared.inserted[name],
                "closed": prepared.closed[name],
            }
            for name, count in prepared.tables.items()
        ],
    )


def _require_prepared(connection: sa.Connection, release_no: int) -> int | None:
    """Parent of a prepared release, its ledger row locked; one that is settled cannot be settled again."""
    row = connection.execute(
        sa.select(_RELEASE.c.state, _RELEASE.c.parent).where(_RELEASE.c.release_no == release_no).with_for_update()
    ).one_or_none()
    if row is None or row.state != "prepared":
        state = "unknown" if row is None else row.state
        raise ParentMoved(f"release {release_no} is {state}, no longer prepared", hint="Prepare again.")
    parent: int | None = row.parent
    return parent


def _advance_pointer(connection: sa.Connection, *, parent: int | None, release_no: int) -> None:
    moved = connection.execute(
        sa.update(_POINTER).where(_POINTER.c.release_no.is_not_distinct_from(parent)).values(release_no=release_no)
    )
    if moved.rowcount != 1:
        raise ParentMoved(f"release {release_no} was prepared upon {parent}, which is no longer current")
