"""The audit chain: every event is sealed together with the one before.

``code = HMAC-SHA256(key, code before + event)``: whoever lacks the key, which lies outside the database, can neither
change an event nor leave one out without :func:`verify_chain` noticing. A chain cut at its end is noticed by the ledger
entries that lost their event, and by comparing the head with one that was kept elsewhere.

The lock is taken last of all and held to the commit, in READ COMMITTED, so that the event before is the one that was
committed before; an older snapshot would fork the chain.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator

import sqlalchemy as sa

from warehouse import tables
from warehouse.locks import lock_until_commit
from warehouse.records import AuditVerdict, Detail

_START = bytes(32)
_EVENT = tables.audit_event


def append_event(
    connection: sa.Connection, *, key: bytes, actor: str, action: str, subject: str, detail: Detail | None = None
) -> int:
    """Append an event to the chain in the running transaction; the last thing it does before the commit."""
    lock_until_commit(connection, "audit")
    last = connection.execute(
        sa.select(_EVENT.c.event_no, _EVENT.c.code).order_by(_EVENT.c.event_no.desc()).limit(1)
    ).one_or_none()
    event_no, before = (last.event_no + 1, bytes(last.code)) if last else (1, _START)
    happened_at = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    text = json.dumps(dict(detail or {}), sort_keys=True, ensure_ascii=False, default=str)
    code = _seal(key, before, (event_no, happened_at, actor, action, subject, text))
    connection.execute(
        sa.insert(_EVENT).values(
            event_no=event_no,
            happened_at=happened_at,
            actor=actor,
            action=action,
            subject=subject,
            detail=text,
            code=code,
        )
    )
    return int(event_no)


def verify_chain(connection: sa.Connection, *, key: bytes) -> AuditVerdict:
    """Read the whole chain and say whether it is the one that was written."""
    before, count, first_broken = _START, 0, None
    rows = connection.execution_options(yield_per=10_000).execute(sa.select(_EVENT).order_by(_EVENT.c.event_no))
    for row in rows:
        count += 1
        event = (row.event_no, row.happened_at, row.actor, row.action, row.subject, row.detail)
        is_next = row.event_no == count and hmac.compare_digest(bytes(row.code), _seal(key, before, event))
        if first_broken is None and not is_next:
            first_broken = int(row.event_no)
        before = bytes(row.code)
    unrecorded = tuple(_unrecorded(connection))
    return AuditVerdict(
        events=count,
        is_intact=first_broken is None and not unrecorded,
        first_broken=first_broken,
        unrecorded=unrecorded,
        head=before.hex(),
    )


def _seal(key: bytes, before: bytes, event: tuple[int, dt.datetime, str, str, str, str]) -> bytes:
    event_no, happened_at, *rest = event
    parts = [str(event_no), happened_at.astimezone(dt.UTC).isoformat(), *rest]
    return hmac.new(key, before + json.dumps(parts, ensure_ascii=False).encode(), hashlib.sha256).digest()


def _unrecorded(connection: sa.Connection) -> Iterator[str]:
    """Ledger entries without their event: what a chain that was cut short leaves behind."""
    release, approval, decision, model = tables.release, tables.approval, tables.decision, tables.matching_model
    wanted = (
        (release.c.release_no, "release.published", release, release.c.state == "published"),
        (approval.c.approval_no, "approval.recorded", approval, sa.true()),
        (decision.c.decision_no, "decision.recorded", decision, sa.true()),
        (model.c.version, "model.registered", model, sa.true()),
    )
    for number, action, table, condition in wanted:
        subject = sa.cast(number, sa.Text)
        has_event = sa.exists().where(_EVENT.c.action == action, _EVENT.c.subject == subject)
        for found in connection.scalars(sa.select(number).select_from(table).where(condition, ~has_event)):
            yield f"{action} {found}"
