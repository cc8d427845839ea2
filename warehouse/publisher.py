"""Who prepares, publishes and abandons releases: the holder of the publish lock.

``prepare`` puts a release into the tables under a number nobody sees; ``publish`` makes it the current one in a single
short transaction: ledger row, pointer, unit ledger, id registry and audit event together. Both run on the connection
that holds the publish lock, so whoever lost the lock has lost the connection to write with.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import sqlalchemy as sa

from config.errors import BugError, DatabaseUnavailable
from warehouse import ledger, registry, releases, tables
from warehouse.audit import append_event
from warehouse.content import check_complete, discard_changes, load_difference
from warehouse.content_hash import TableHash, content_hash
from warehouse.engine import transaction, translated
from warehouse.locks import release_publish_lock, take_publish_lock
from warehouse.records import Detail, Inputs, Prepared, Release, ReleaseKind, TableCount
from warehouse.references import audit_key

_RELEASE = tables.release
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
                releases.require_prepared(connection, release_no)
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
        noted = {"unit": unit, "unit_state": unit_state, "covers": covers}
        connection = self._locked()
        try:
            with translated(), connection.begin():
                self._publish(connection, release_no, actor=actor, unit=unit, detail=detail, covers=covers)
                if unit is not None and unit_state is not None:
                    ledger.enter_state(connection, unit, state=unit_state, release_no=release_no)
                self._record(connection, "release.published", release_no, actor=actor, detail=noted)
        except DatabaseUnavailable:
            self._forget()
            self._settle(release_no)
        finally:
            self.unlock()
        with transaction(self._engine) as fresh:
            return releases.get_release(fresh, release_no)

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
        parent = releases.current_number(connection)
        before = releases.table_hashes(connection, parent)
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
        releases.write_prepared(connection, prepared, kind=kind, inputs=inputs, actor=actor)
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
        parent = releases.require_prepared(connection, release_no)
        if covers is not None:
            ledger.require_approval(connection, unit, covers=covers)
        releases.advance_pointer(connection, parent=parent, release_no=release_no)
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
