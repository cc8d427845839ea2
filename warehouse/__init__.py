"""The warehouse: PostgreSQL with tables, migrations, loads, ledgers, releases, quality gate and views.

:class:`Warehouse` is the way in; it only hands on. Content flows as Arrow tables of ``config.schemas``; everything else
as the small records of :mod:`warehouse.records`. SQL text lives in this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType

import pyarrow as pa

from config.errors import ConfigurationError
from warehouse import (
    audit,
    batches,
    content,
    decisions,
    ledger,
    models,
    registry,
    releases,
    roles,
    schema,
    verification,
)
from warehouse.content import Value
from warehouse.engine import ArrowReader, open_engine, transaction
from warehouse.publisher import Publisher
from warehouse.records import (
    Approval,
    Attempt,
    AuditVerdict,
    Batch,
    BatchState,
    Decision,
    Detail,
    Inputs,
    Prepared,
    RegisteredModel,
    Rehearsal,
    Release,
    ReleaseKind,
    ResolvedCustomer,
    TableCount,
    UnitState,
    Verified,
)
from warehouse.references import audit_key
from warehouse.roles import bootstrap

__all__ = [
    "Approval",
    "Attempt",
    "AuditVerdict",
    "Batch",
    "Decision",
    "Inputs",
    "Prepared",
    "RegisteredModel",
    "Rehearsal",
    "Release",
    "ResolvedCustomer",
    "TableCount",
    "UnitState",
    "Verified",
    "Warehouse",
    "bootstrap",
]


class Warehouse:
    """One open warehouse; a context manager.

    Args:
        url: ``postgresql://role:password@host:port/blekit``.
        ref_key: the installation's reference key. It makes the references that stand for records in ``bi`` and, under
            another label, seals the audit chain; without it one can read, not write what is audited.
        lock_wait_s: how long to wait for the publish lock before :class:`~config.errors.LockBusy`.
    """

    def __init__(self, url: str, *, ref_key: bytes | None = None, lock_wait_s: float = 0.0) -> None:
        self._engine = open_engine(url)
        self._reader = ArrowReader(url)
        self._ref_key = ref_key
        self._lock_wait_s = lock_wait_s
        self._publisher_or_none: Publisher | None = None

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give every connection back; a prepared release stays prepared until somebody cleans up."""
        if self._publisher_or_none is not None:
            self._publisher_or_none.unlock()
        self._reader.close()
        self._engine.dispose()

    # Setting up

    bootstrap = staticmethod(roles.bootstrap)

    def upgrade(self) -> None:
        """Bring tables, views, comments, grants and dimensions to what the code needs."""
        schema.upgrade(self._engine)

    def require_current_schema(self) -> None:
        """Refuse (78) a database that is not what the code needs."""
        with transaction(self._engine) as connection:
            schema.require_current_schema(connection)

    # Deliveries

    def register_batch(self, batch: Batch) -> None:
        """Note a delivery; a second time its counts are written anew and its state is kept."""
        with transaction(self._engine) as connection:
            batches.register_batch(connection, batch)

    def set_batch_state(self, batch_id: str, state: BatchState, reason: str = "") -> None:
        """Accept or reject a delivery."""
        with transaction(self._engine) as connection:
            batches.set_batch_state(connection, batch_id, state=state, reason=reason)

    def batches(self, source_ids: Sequence[str] | None = None, states: Sequence[str] | None = None) -> list[Batch]:
        """Deliveries in the order of their business."""
        with transaction(self._engine) as connection:
            return batches.list_batches(connection, source_ids=source_ids, states=states)

    # Units

    def unit_states(self) -> dict[str, UnitState]:
        """Where every unit stands, with its counts."""
        with transaction(self._engine) as connection:
            return batches.unit_states(connection)

    def move_unit(self, unit: str, *, to: str, actor: str, attempt_id: str = "", detail: Detail | None = None) -> None:
        """Move a unit along its life; GateFailed when it may not go there."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            ledger.move_unit(connection, unit, to=to, actor=actor, attempt_id=attempt_id, detail=detail or {}, key=key)

    def record_attempt(
        self, attempt_id: str, *, unit: str, kind: str, actor: str, state: str, detail: Detail | None = None
    ) -> None:
        """Note that an attempt started (state ``running``), or, under the same id, how it ended."""
        with transaction(self._engine) as connection:
            ledger.record_attempt(
                connection, attempt_id, unit=unit, kind=kind, actor=actor, state=state, detail=detail or {}
            )

    def attempts(self, unit: str | None = None) -> list[Attempt]:
        """Attempts in the order they started."""
        with transaction(self._engine) as connection:
            return ledger.list_attempts(connection, unit=unit)

    def record_rehearsal(self, unit: str, evidence: Detail) -> str:
        """Keep the evidence of a rehearsal; its id."""
        with transaction(self._engine) as connection:
            return ledger.record_rehearsal(connection, unit, evidence=evidence)

    def rehearsal(self, rehearsal_id: str) -> Rehearsal:
        """The rehearsal of that id."""
        with transaction(self._engine) as connection:
            return ledger.get_rehearsal(connection, rehearsal_id)

    def record_approval(
        self,
        unit: str,
        rehearsal_id: str,
        covers: str,
        decision: str,
        *,
        actor: str,
        requested_by: str,
        reason: str = "",
    ) -> Approval:
        """Append a go or no-go; PermissionDenied when the requester would answer itself."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            return ledger.record_approval(
                connection,
                unit,
                rehearsal_id=rehearsal_id,
                covers=covers,
                decision=decision,
                actor=actor,
                requested_by=requested_by,
                reason=reason,
                key=key,
            )

    def approval_for(self, unit: str, covers: str) -> Approval | None:
        """The last word on exactly that; None when nobody decided on it."""
        with transaction(self._engine) as connection:
            return ledger.approval_for(connection, unit, covers=covers)

    def last_approval(self, unit: str) -> Approval | None:
        """The last word on a unit, whatever it covered."""
        with transaction(self._engine) as connection:
            return ledger.last_approval(connection, unit)

    # Decisions of stewards

    def append_decision(
        self,
        kind: str,
        record_id_1: str,
        record_id_2: str,
        *,
        actor: str,
        reason: str = "",
        match_weight: int | None = None,
    ) -> int:
        """Append a decision on a pair, with the weight of the evidence it was taken on; its number."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            return decisions.append_decision(
                connection,
                kind,
                record_id_1=record_id_1,
                record_id_2=record_id_2,
                actor=actor,
                reason=reason,
                match_weight=match_weight,
                key=key,
            )

    def decisions(self, up_to: int | None = None) -> list[Decision]:
        """Decisions in their order."""
        with transaction(self._engine) as connection:
            return decisions.list_decisions(connection, up_to=up_to)

    # Matching models

    def register_model(self, document: str, *, actor: str) -> tuple[str, bool]:
        """Keep a model, given as canonical JSON; its version, and whether it is new here."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            return models.register_model(connection, document, actor=actor, key=key)

    def models(self) -> list[RegisteredModel]:
        """Registered models in the order they came."""
        with transaction(self._engine) as connection:
            return models.list_models(connection)

    def model(self, version: str) -> RegisteredModel | None:
        """The model of that version, which may be cut short to eight characters; None when it was never registered."""
        with transaction(self._engine) as connection:
            return models.find_model(connection, version)

    # Releases

    def prepare(self, *, kind: ReleaseKind, inputs: Inputs, content: Mapping[str, pa.Table], actor: str) -> Prepared:
        """Put a release into the tables, committed and invisible; keeps the publish lock until it is settled.

        Raises:
            LockBusy: somebody else prepares or publishes.
        """
        return self._publisher.prepare(kind=kind, inputs=inputs, content=content, actor=actor)

    def abandon(self, release_no: int, *, actor: str = "blekit") -> None:
        """Take a prepared release back; its number is spent."""
        self._publisher.abandon(release_no, actor=actor)

    def abandon_unpublished(self, *, actor: str = "blekit") -> tuple[int, ...]:
        """Clean up after a run that died between prepare and publish; the numbers it spent."""
        return self._publisher.abandon_unpublished(actor=actor)

    def publish(
        self,
        release_no: int,
        *,
        actor: str,
        unit: str | None = None,
        unit_state: str | None = None,
        detail: Detail | None = None,
        covers: str | None = None,
    ) -> Release:
        """Make a prepared release the current one: ledger, pointer, unit, registry, audit in one transaction.

        Raises:
            ParentMoved: another release was published, or somebody abandoned this one: prepare again.
            GateFailed: ``covers`` is given and nobody approved it, or the unit may not enter that state.
        """
        return self._publisher.publish(
            release_no, actor=actor, unit=unit, unit_state=unit_state, detail=detail or {}, covers=covers
        )

    def current(self) -> Release | None:
        """The release everybody sees; None before the first."""
        with transaction(self._engine) as connection:
            number = releases.current_number(connection)
            return None if number is None else releases.get_release(connection, number)

    def releases(self) -> list[Release]:
        """The ledger of releases, abandoned ones too."""
        with transaction(self._engine) as connection:
            return releases.list_releases(connection)

    def release(self, release_no: int) -> Release:
        """One line of that ledger."""
        with transaction(self._engine) as connection:
            return releases.get_release(connection, release_no)

    def verify(self, release_no: int) -> Verified:
        """The content hash of a release, recomputed in full from its rows."""
        return verification.verify_release(self._engine, self._reader, release_no)

    def read(
        self,
        table: str,
        *,
        release_no: int | None = None,
        columns: Sequence[str] | None = None,
        where: Mapping[str, Value | Sequence[Value]] | None = None,
    ) -> pa.Table:
        """Rows of a content table in a release, by default the current one; none before the first."""
        with transaction(self._engine) as connection:
            if release_no is None:
                release_no = releases.current_number(connection) or 0
            else:
                releases.require_readable(connection, release_no)
        return content.read_content(self._reader, table, release_no=release_no, columns=columns, where=where)

    def resolve_customer_id(self, customer_id: str, release_no: int | None = None) -> ResolvedCustomer:
        """What an id that was ever published stands for, now or in another release."""
        with transaction(self._engine) as connection:
            if release_no is None or release_no == releases.current_number(connection):
                return registry.resolve_current(connection, customer_id)
            releases.require_readable(connection, release_no)
            return registry.resolve_in(connection, customer_id, release_no=release_no)

    def registry_hash(self) -> str:
        """SHA-256 over the registry of published ids, which is history and outside every content hash."""
        with transaction(self._engine) as connection:
            return registry.registry_hash(connection)

    # Audit

    def append_audit(self, *, actor: str, action: str, subject: str, detail: Detail | None = None) -> int:
        """Append an event of your own to the audit chain; nothing personal."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            return audit.append_event(connection, key=key, actor=actor, action=action, subject=subject, detail=detail)

    def verify_audit(self) -> AuditVerdict:
        """Read the audit chain from its start and say whether it is the one that was written."""
        key = self._audit_key
        with transaction(self._engine) as connection:
            return audit.verify_chain(connection, key=key)

    @property
    def _audit_key(self) -> bytes:
        return audit_key(self._required_key)

    @property
    def _publisher(self) -> Publisher:
        if self._publisher_or_none is None:
            self._publisher_or_none = Publisher(self._engine, ref_key=self._required_key, lock_wait_s=self._lock_wait_s)
        return self._publisher_or_none

    @property
    def _required_key(self) -> bytes:
        if self._ref_key is None:
            raise ConfigurationError(
                "the warehouse was opened without the reference key: it can be read, not written",
                hint="Open it as Warehouse(url, ref_key=installation.ref_key).",
            )
        return self._ref_key
