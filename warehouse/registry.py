"""The registry of published customer ids: every id resolves, in one hop, for ever.

An id names its anchor record. While the id is current it stands for itself; afterwards for the customer that holds its
anchor, else for the customer that holds the first of its last published members that is live, else it is retired. The
answer for the current release is stored at each publish; for an older one it is found in the history of the crosswalk.

Members stand in anchor order: unit, first business date, record. The warehouse knows the first business date a release
ever showed of a record, which is what it orders by.
"""

from __future__ import annotations

import hashlib
import json

import sqlalchemy as sa

from config.errors import UsageError
from warehouse import tables
from warehouse.content import visible
from warehouse.records import ResolvedCustomer

_REGISTRY, _CROSSWALK = tables.customer_id_registry, tables.CONTENT["crosswalk"]

_ADD_CURRENT = sa.text("""
    INSERT INTO mdm.customer_id_registry AS registry
        (customer_id, anchor_record_id, members, first_release, last_release, resolved_to, reason)
    SELECT customer_id, anchor_record_id, '{}', :release_no, :release_no, customer_id, 'current'
    FROM mdm.golden_customer WHERE from_release = :release_no
    ON CONFLICT (customer_id) DO UPDATE
        SET resolved_to = excluded.customer_id, reason = 'current', members = '{}', last_release = :release_no
        WHERE registry.reason <> 'current'
""")

# An id that is gone loses all its crosswalk rows in the release that ends it: those are its last published members.
_KEEP_MEMBERS = sa.text("""
    WITH first_seen AS (
        SELECT record_id, min(business_date) AS business_date FROM mdm.party_record
        WHERE record_id IN (SELECT record_id FROM mdm.crosswalk WHERE to_release = :release_no)
        GROUP BY record_id
    ), gone AS (
        SELECT c.customer_id,
               array_agg(c.record_id ORDER BY u.ordinal, f.business_date, c.record_id COLLATE "C") AS members
        FROM mdm.crosswalk c
        JOIN dw.dim_unit u USING (unit)
        LEFT JOIN first_seen f USING (record_id)
        WHERE c.to_release = :release_no
          AND NOT EXISTS (
              SELECT FROM mdm.golden_customer g WHERE g.customer_id = c.customer_id AND g.to_release IS NULL)
        GROUP BY c.customer_id
    )
    UPDATE mdm.customer_id_registry AS registry
    SET members = gone.members, last_release = :release_no, resolved_to = NULL, reason = 'retired'
    FROM gone WHERE gone.customer_id = registry.customer_id
""")

_RESOLVE_GONE = sa.text(
    """
    WITH held AS (
        SELECT r.customer_id, holder.resolved_to,
               CASE WHEN holder.resolved_to IS NULL THEN 'retired'
                    WHEN holder.position = 0 THEN 'anchor_moved' ELSE 'member_moved' END AS reason
        FROM mdm.customer_id_registry r
        LEFT JOIN LATERAL (
            SELECT c.customer_id AS resolved_to, m.position
            FROM unnest(r.anchor_record_id || r.members) WITH ORDINALITY AS m (record_id, number)
            CROSS JOIN LATERAL (SELECT m.number - 1) AS p (position)
            JOIN mdm.crosswalk c ON c.record_id = m.record_id AND c.to_release IS NULL
            ORDER BY m.number LIMIT 1
        ) AS holder ON true
        WHERE r.reason <> 'current'
    )
    UPDATE mdm.customer_id_registry AS registry
    SET resolved_to = held.resolved_to, reason = held.reason, last_release = :release_no
    FROM held
    WHERE held.customer_id = registry.customer_id
      AND (registry.resolved_to, registry.reason) IS DISTINCT FROM (held.resolved_to, held.reason)
""".replace("m.position", "p.position")
)


def update_registry(connection: sa.Connection, release_no: int) -> None:
    """Bring the registry up to a release, in the transaction that publishes it."""
    for statement in (_ADD_CURRENT, _KEEP_MEMBERS, _RESOLVE_GONE):
        connection.execute(statement, {"release_no": release_no})


def registry_hash(connection: sa.Connection) -> str:
    """SHA-256 over ids, anchors and what they stand for, one line each, in code point order."""
    names = ("customer_id", "anchor_record_id", "resolved_to", "reason")
    rows = connection.execute(sa.select(*(_REGISTRY.c[name] for name in names)))
    lines = sorted(json.dumps(list(row), ensure_ascii=False) for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def resolve_current(connection: sa.Connection, customer_id: str) -> ResolvedCustomer:
    """What an id stands for in the current release.

    Raises:
        UsageError: it was never published.
    """
    row = connection.execute(sa.select(_REGISTRY).where(_REGISTRY.c.customer_id == customer_id)).one_or_none()
    if row is None:
        raise UsageError(f"no customer {customer_id!r} was ever published")
    return ResolvedCustomer(customer_id, row.resolved_to, row.reason)


def resolve_in(connection: sa.Connection, customer_id: str, *, release_no: int) -> ResolvedCustomer:
    """What an id stands for in any release that can be read."""
    known = connection.execute(sa.select(_REGISTRY).where(_REGISTRY.c.customer_id == customer_id)).one_or_none()
    if known is None or known.first_release > release_no:
        raise UsageError(f"no customer {customer_id!r} was published up to release {release_no}")
    if _holders(connection, _CROSSWALK.c.customer_id == customer_id, release_no=release_no):
        return ResolvedCustomer(customer_id, customer_id, "current")
    members = _members_before(connection, customer_id, release_no=release_no)
    names = [known.anchor_record_id, *members]
    holders = _holders(connection, _CROSSWALK.c.record_id.in_(names), release_no=release_no)
    for position, record_id in enumerate(names):
        if record_id in holders:
            return ResolvedCustomer(customer_id, holders[record_id], "member_moved" if position else "anchor_moved")
    return ResolvedCustomer(customer_id, None, "retired")


def _holders(connection: sa.Connection, condition: sa.ColumnElement[bool], *, release_no: int) -> dict[str, str]:
    rows = connection.execute(
        sa.select(_CROSSWALK.c.record_id, _CROSSWALK.c.customer_id).where(visible(_CROSSWALK, release_no), condition)
    )
    return dict(rows.tuples().all())


def _members_before(connection: sa.Connection, customer_id: str, *, release_no: int) -> list[str]:
    """Records of an id when it was last published before a release in which it is not current, in anchor order."""
    its = sa.and_(_CROSSWALK.c.customer_id == customer_id, _CROSSWALK.c.to_release <= release_no)
    last = sa.select(sa.func.max(_CROSSWALK.c.to_release)).where(its).scalar_subquery()
    record, unit = tables.CONTENT["party_record"], tables.unit
    first_seen = (
        sa.select(sa.func.min(record.c.business_date))
        .where(record.c.record_id == _CROSSWALK.c.record_id)
        .scalar_subquery()
    )
    statement = (
        sa.select(_CROSSWALK.c.record_id)
        .join(unit, unit.c.unit == _CROSSWALK.c.unit)
        .where(its, _CROSSWALK.c.to_release == last)
        .order_by(unit.c.ordinal, first_seen, sa.collate(_CROSSWALK.c.record_id, "C"))
    )
    return list(connection.scalars(statement))
