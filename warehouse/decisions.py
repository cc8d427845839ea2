"""The decision log: what stewards said about pairs of records, in one order, without gaps, never changed.

Numbers are given under the pair lock and become visible in their order: whoever read up to number n has read all of
them. (A sequence would hand out 8 before 9 and let 9 commit first.)
"""

from __future__ import annotations

import sqlalchemy as sa

from config.errors import UsageError
from warehouse import tables
from warehouse.audit import append_event
from warehouse.locks import lock_until_commit
from warehouse.records import Decision

_DECISION = tables.decision


def append_decision(
    connection: sa.Connection,
    kind: str,
    *,
    record_id_1: str,
    record_id_2: str,
    actor: str,
    reason: str,
    match_weight: int | None,
    key: bytes,
) -> int:
    """Append a decision on a pair, given in either order; its number."""
    if kind not in ("same", "different") or record_id_1 == record_id_2:
        raise UsageError("a decision is 'same' or 'different', on two records")
    lock_until_commit(connection, "pair")
    first, second = sorted((record_id_1, record_id_2))
    decision_no = last_decision(connection) + 1
    connection.execute(
        sa.insert(_DECISION).values(
            decision_no=decision_no,
            kind=kind,
            record_id_1=first,
            record_id_2=second,
            actor=actor,
            reason=reason,
            match_weight=match_weight,
        )
    )
    append_event(
        connection,
        key=key,
        actor=actor,
        action="decision.recorded",
        subject=str(decision_no),
        detail={"kind": kind},
    )
    return decision_no


def last_decision(connection: sa.Connection) -> int:
    """Number of the last decision; 0 before the first."""
    return int(connection.scalar(sa.select(sa.func.max(_DECISION.c.decision_no))) or 0)


def list_decisions(connection: sa.Connection, *, up_to: int | None = None) -> list[Decision]:
    """Decisions in their order."""
    statement = sa.select(_DECISION).order_by(_DECISION.c.decision_no)
    if up_to is not None:
        statement = statement.where(_DECISION.c.decision_no <= up_to)
    return [Decision(**row) for row in connection.execute(statement).mappings()]
