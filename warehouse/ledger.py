"""The ledger of units: where each stands, what was rehearsed, who approved what.

``planned → landed → rehearsed → approved → live → rolled_back → landed …``. The ledger is the only authority on it;
failed, no-go and abandoned are states of attempts, not of units.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from config.errors import GateFailed, PermissionDenied, UsageError
from config.units import unit_named
from warehouse import tables
from warehouse.audit import append_event
from warehouse.records import Approval, Attempt, Detail, Rehearsal

NATION = "nation"
"""Stands for a unit where a rehearsal or an approval is about all of them: another matching model."""

_UNIT, _ATTEMPT, _REHEARSAL, _APPROVAL = tables.unit_ledger, tables.attempt, tables.rehearsal, tables.approval

LEGAL_MOVES: dict[str, frozenset[str]] = {
    "planned": frozenset({"landed"}),
    "landed": frozenset({"landed", "rehearsed"}),
    "rehearsed": frozenset({"landed", "rehearsed", "approved"}),
    "approved": frozenset({"landed", "rehearsed", "approved", "live"}),
    "live": frozenset({"live", "rolled_back"}),
    "rolled_back": frozenset({"landed", "rehearsed"}),
}
"""State to the states a unit may enter from it. A new delivery or rehearsal takes an approved unit back: what was
approved is no longer what would go live."""


def enter_state(connection: sa.Connection, unit: str, *, state: str, release_no: int | None = None) -> str:
    """Move a unit in the running transaction; the state it was in.

    Raises:
        GateFailed: no unit may go from where it stands to there.
    """
    unit_named(unit)
    before = connection.scalar(sa.select(_UNIT.c.state).where(_UNIT.c.unit == unit).with_for_update())
    if before is None or state not in LEGAL_MOVES[before]:
        raise GateFailed(
            f"unit {unit} is {before}: it cannot become {state}",
            hint=f"From there it may become: {', '.join(sorted(LEGAL_MOVES.get(str(before), ())))}",
        )
    values: dict[str, Any] = {"state": state, "changed_at": sa.func.now()}
    if release_no is not None:
        values["release_no"] = release_no
    if state == "live" and before != "live":
        values["went_live_at"] = sa.func.now()
    connection.execute(sa.update(_UNIT).where(_UNIT.c.unit == unit).values(values))
    return str(before)


def move_unit(
    connection: sa.Connection, unit: str, *, to: str, actor: str, attempt_id: str, detail: Detail, key: bytes
) -> None:
    """Move a unit and write it into the audit chain."""
    if to in ("live", "rolled_back"):
        raise GateFailed(f"a unit becomes {to} by publishing a release only")
    before = enter_state(connection, unit, state=to)
    noted = {**detail, "from": before, "to": to, "attempt_id": attempt_id}
    append_event(connection, key=key, actor=actor, action="unit.moved", subject=unit, detail=noted)


def record_attempt(
    connection: sa.Connection, attempt_id: str, *, unit: str, kind: str, actor: str, state: str, detail: Detail
) -> None:
    """Note that an attempt started, or, under the same id, how it ended."""
    unit_named(unit)
    ended_at = None if state == "running" else sa.func.now()
    connection.execute(
        sa.dialects.postgresql.insert(_ATTEMPT)
        .values(
            attempt_id=attempt_id,
            unit=unit,
            kind=kind,
            actor=actor,
            state=state,
            ended_at=ended_at,
            detail=dict(detail),
        )
        .on_conflict_do_update(
            index_elements=["attempt_id"],
            set_={"state": state, "ended_at": ended_at, "detail": _ATTEMPT.c.detail.concat(dict(detail))},
        )
    )


def list_attempts(connection: sa.Connection, *, unit: str | None = None) -> list[Attempt]:
    """Attempts in the order they started."""
    statement = sa.select(_ATTEMPT).order_by(_ATTEMPT.c.started_at, _ATTEMPT.c.attempt_id)
    if unit is not None:
        statement = statement.where(_ATTEMPT.c.unit == unit)
    return [Attempt(**row) for row in connection.execute(statement).mappings()]


def record_rehearsal(connection: sa.Connection, unit: str, *, evidence: Detail) -> str:
    """Keep the evidence of a rehearsal; its id."""
    if unit != NATION:
        unit_named(unit)
    earlier = connection.scalar(sa.select(sa.func.count()).select_from(_REHEARSAL).where(_REHEARSAL.c.unit == unit))
    rehearsal_id = f"{unit}-{(earlier or 0) + 1}"
    connection.execute(sa.insert(_REHEARSAL).values(rehearsal_id=rehearsal_id, unit=unit, evidence=dict(evidence)))
    return rehearsal_id


def get_rehearsal(connection: sa.Connection, rehearsal_id: str) -> Rehearsal:
    """The rehearsal of that id.

    Raises:
        UsageError: there is none.
    """
    row = connection.execute(sa.select(_REHEARSAL).where(_REHEARSAL.c.rehearsal_id == rehearsal_id)).mappings().first()
    if row is None:
        raise UsageError(f"no rehearsal {rehearsal_id!r}")
    return Rehearsal(**row)


def record_approval(
    connection: sa.Connection,
    unit: str,
    *,
    rehearsal_id: str,
    covers: str,
    decision: str,
    actor: str,
    requested_by: str,
    reason: str,
    key: bytes,
) -> Approval:
    """Append a go or no-go.

    Raises:
        PermissionDenied: the account that asked would answer itself.
        UsageError: the rehearsal is not one of this unit.
    """
    if actor == requested_by:
        raise PermissionDenied(f"{actor} asked for this approval: another account must decide")
    if get_rehearsal(connection, rehearsal_id).unit != unit:
        raise UsageError(f"rehearsal {rehearsal_id} is not one of unit {unit}")
    row = (
        connection.execute(
            sa.insert(_APPROVAL)
            .values(
                unit=unit,
                rehearsal_id=rehearsal_id,
                covers=covers,
                decision=decision,
                actor=actor,
                requested_by=requested_by,
                reason=reason,
            )
            .returning(_APPROVAL)
        )
        .mappings()
        .one()
    )
    noted = {"unit": unit, "rehearsal_id": rehearsal_id, "covers": covers, "decision": decision}
    append_event(
        connection, key=key, actor=actor, action="approval.recorded", subject=str(row["approval_no"]), detail=noted
    )
    return Approval(**row)


def approval_for(connection: sa.Connection, unit: str, *, covers: str) -> Approval | None:
    """The last word on exactly that; None when nobody decided on it."""
    row = (
        connection.execute(
            sa.select(_APPROVAL)
            .where(_APPROVAL.c.unit == unit, _APPROVAL.c.covers == covers)
            .order_by(_APPROVAL.c.approval_no.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else Approval(**row)


def last_approval(connection: sa.Connection, unit: str) -> Approval | None:
    """The last word on a unit, whatever it covered: a no-go lets its siblings pass."""
    row = (
        connection.execute(
            sa.select(_APPROVAL).where(_APPROVAL.c.unit == unit).order_by(_APPROVAL.c.approval_no.desc()).limit(1)
        )
        .mappings()
        .first()
    )
    return None if row is None else Approval(**row)


def require_approval(connection: sa.Connection, unit: str | None, *, covers: str) -> None:
    """Refuse to go on without a go for exactly that.

    Raises:
        GateFailed: nobody approved it, or the last word was no-go.
    """
    unit = unit or NATION
    approval = approval_for(connection, unit, covers=covers)
    if approval is None:
        raise GateFailed(f"unit {unit}: nobody approved what would be published", hint="Rehearse and approve again.")
    if approval.decision != "go":
        raise GateFailed(f"unit {unit}: {approval.actor} decided no-go")
