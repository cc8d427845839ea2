"""Deliveries, and what became of their raw rows; the counts of a unit are made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from config.errors import UsageError
from config.sources import source_with_id
from config.units import UNITS, unit_named
from warehouse import tables
from warehouse.content import visible
from warehouse.records import Batch, BatchState, UnitState
from warehouse.releases import current_number

_BATCH, _RECORD, _GOLDEN = tables.batch, tables.CONTENT["party_record"], tables.CONTENT["golden_customer"]
_COUNTS = ("delivered", "standardised", "quarantined", "excluded")
_COLUMNS = tuple(column for column in _BATCH.c if column.name != "landed_at")


def register_batch(connection: sa.Connection, batch: Batch) -> None:
    """Note a delivery; a second time its counts are written anew and its state is kept."""
    values = asdict(batch)
    kept = {name: values[name] for name in (*_COUNTS, "control", "excluded_by_reason", "by_unit", "files", "bytes")}
    connection.execute(insert(_BATCH).values(values).on_conflict_do_update(index_elements=["batch_id"], set_=kept))


def set_batch_state(connection: sa.Connection, batch_id: str, *, state: BatchState, reason: str) -> None:
    """Accept or reject a delivery.

    Raises:
        UsageError: no delivery of that id was landed.
    """
    changed = connection.execute(
        sa.update(_BATCH).where(_BATCH.c.batch_id == batch_id).values(state=state, reason=reason)
    )
    if changed.rowcount != 1:
        raise UsageError(f"no batch {batch_id!r} was landed")


def list_batches(
    connection: sa.Connection, *, source_ids: Sequence[str] | None = None, states: Sequence[str] | None = None
) -> list[Batch]:
    """Deliveries in the order of their business; never of their arrival."""
    statement = sa.select(*_COLUMNS).order_by(_BATCH.c.source_id, _BATCH.c.business_date, _BATCH.c.sequence)
    if source_ids is not None:
        statement = statement.where(_BATCH.c.source_id.in_(list(source_ids)))
    if states is not None:
        statement = statement.where(_BATCH.c.state.in_(list(states)))
    return [Batch(**row) for row in connection.execute(statement).mappings()]


def unit_states(connection: sa.Connection) -> dict[str, UnitState]:
    """Where every unit stands, with its counts."""
    release_no = current_number(connection)
    live, in_release, noted = _of_release(connection, release_no)
    batches = [batch for batch in list_batches(connection) if batch.state != "rejected"]
    loaded = _count(connection, _RECORD, release_no, _RECORD.c.part == 1)
    customers = _count(connection, _GOLDEN, release_no, sa.true())
    states = {}
    for row in connection.execute(sa.select(tables.unit_ledger)):
        is_live = row.unit in live
        its = [batch for batch in batches if not is_live or batch.batch_id in in_release]
        counted = noted.get(row.unit, {}) if is_live else {}
        states[row.unit] = UnitState(
            unit=row.unit,
            wave=unit_named(row.unit).wave,
            state=row.state,
            release_no=row.release_no,
            went_live_at=row.went_live_at,
            customers=customers.get(row.unit, 0),
            **_counts(its, unit=row.unit, loaded=loaded.get(row.unit, 0), is_live=is_live, counted=counted),
        )
    return {unit.name: states[unit.name] for unit in UNITS}


def _counts(
    batches: Sequence[Batch], *, unit: str, loaded: int, is_live: bool, counted: Mapping[str, int]
) -> dict[str, int]:
    """Where the raw rows of a unit went; what the release counted itself goes before what its batches add up to."""
    systems, totals = _totals(batches, unit=unit)
    known = loaded + totals["quarantined"] + totals["excluded"]
    counts = {
        "delivered": totals["delivered"],
        "loaded": loaded,
        "quarantined": totals["quarantined"],
        "excluded": totals["excluded"],
        # What a later delivery of the same key replaced.
        "superseded": max(totals["delivered"] - known, 0) if is_live else 0,
        "suppressed": 0,
    }
    return {"systems": systems, **{name: int(counted.get(name, count)) for name, count in counts.items()}}


def _of_release(
    connection: sa.Connection, release_no: int | None
) -> tuple[frozenset[str], frozenset[str], Mapping[str, Mapping[str, int]]]:
    """Live units, batches, and the counts its publisher noted per unit."""
    table = tables.release
    row = connection.execute(
        sa.select(table.c.units, table.c.batch_ids, table.c.detail).where(table.c.release_no == release_no)
    ).one_or_none()
    if row is None:
        return frozenset(), frozenset(), {}
    return frozenset(row.units), frozenset(row.batch_ids), row.detail.get("units", {})


def shares(batch: Batch) -> Iterator[tuple[str, Mapping[str, int]]]:
    """The units a delivery serves, with their counts."""
    if batch.by_unit:
        yield from batch.by_unit.items()
    else:
        yield source_with_id(batch.source_id).unit, {name: getattr(batch, name) for name in _COUNTS}


def _totals(batches: Sequence[Batch], *, unit: str) -> tuple[int, dict[str, int]]:
    systems: set[str] = set()
    totals = dict.fromkeys(_COUNTS, 0)
    for batch in batches:
        for its_unit, counts in shares(batch):
            if its_unit == unit:
                systems.add(batch.source_id)
                for name in _COUNTS:
                    totals[name] += counts.get(name, 0)
    return len(systems), totals


def _count(
    connection: sa.Connection, table: sa.Table, release_no: int | None, condition: sa.ColumnElement[bool]
) -> dict[str, int]:
    if release_no is None:
        return {}
    rows = connection.execute(
        sa.select(table.c.unit, sa.func.count()).where(visible(table, release_no), condition).group_by(table.c.unit)
    )
    return dict(rows.tuples().all())
