"""What stands where, as JSON: units, systems, releases, quarantine. Read from the ledger, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.errors import GateFailed, UsageError
from config.sources import all_sources, source_with_id
from config.units import UNITS, elder_siblings, predecessors, unit_named
from pipeline.fetched import oddities_of_drops
from pipeline.livesets import CATEGORIES

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch, Release, UnitState

_COUNTS = ("delivered", *CATEGORIES)


def unit_status(installation: Installation) -> list[dict[str, Any]]:
    """One row per unit, in the order of the rollout."""
    with installation.open_warehouse() as warehouse:
        states = warehouse.unit_states()
    return [_unit_row(states[unit.name]) for unit in UNITS]


def _unit_row(state: UnitState) -> dict[str, Any]:
    return {
        "unit": state.unit,
        "wave": unit_named(state.unit).wave,
        "state": state.state,
        "release_no": state.release_no,
        "went_live_at": state.went_live_at.isoformat() if state.went_live_at else None,
        "systems": state.systems,
        **{name: getattr(state, name) for name in _COUNTS},
        "customers": state.customers,
    }


def cutover_plan(installation: Installation) -> list[dict[str, Any]]:
    """The rollout: which unit may go now, and what the others wait for."""
    with installation.open_warehouse() as warehouse:
        states = warehouse.unit_states()
    rows = []
    for unit in UNITS:
        waits = [other.name for other in predecessors(unit) if states[other.name].state != "live"]
        rows.append(
            {
                "unit": unit.name,
                "title": unit.title,
                "wave": unit.wave,
                "cutover_date": unit.cutover_date.isoformat(),
                "state": states[unit.name].state,
                "waits_for": waits,
                "publishes_after": [other.name for other in elder_siblings(unit)],
                "may_go": not waits and states[unit.name].state != "live",
            }
        )
    return rows


def sources_status(installation: Installation | None) -> list[dict[str, Any]]:
    """One row per registered system; without an installation, the registry alone."""
    if installation is None:
        return [_source_row(source.source_id, batches=[], release=None) for source in all_sources()]
    with installation.open_warehouse() as warehouse:
        batches, release = warehouse.batches(), warehouse.current()
    by_source: dict[str, list[Batch]] = {}
    for batch in batches:
        by_source.setdefault(batch.source_id, []).append(batch)
    return [
        _source_row(source.source_id, batches=by_source.get(source.source_id, []), release=release)
        for source in all_sources()
    ]


def _source_row(source_id: str, *, batches: list[Batch], release: Release | None) -> dict[str, Any]:
    source = source_with_id(source_id)
    last = max(batches, key=lambda batch: (batch.business_date, batch.sequence), default=None)
    counts = (release.detail if release else {}).get("sources", {}).get(source_id, {})
    return {
        "source_id": source_id,
        "title": source.title,
        "point": source.point_code,
        "unit": source.unit,
        "kind": source.kind_name,
        "format": source.kind.format if source.is_served else None,
        "code_page": source.code_page,
        "state": _source_state(source.is_served, last=last, is_live=bool(counts) or _is_in(last, release)),
        "last_batch_id": last.batch_id if last else None,
        **{name: int(counts.get(name, 0)) for name in _COUNTS},
    }


def _is_in(batch: Batch | None, release: Release | None) -> bool:
    """Whether a delivery is part of a release; one without any record is, too, and leaves no counts."""
    return batch is not None and release is not None and batch.batch_id in release.inputs.batch_ids


def _source_state(is_served: bool, *, last: Batch | None, is_live: bool) -> str:
    """``registered`` (nothing reads it yet), ``waiting``, ``live``, or the state of its newest delivery."""
    if not is_served:
        return "registered"
    if last is None:
        return "waiting"
    return "live" if is_live and last.state == "accepted" else str(last.state)


def source_detail(installation: Installation, source_id: str) -> dict[str, Any]:
    """One system with all its deliveries, and what was odd in its drop: sent again, left alone."""
    source_with_id(source_id)
    with installation.open_warehouse() as warehouse:
        batches, release = warehouse.batches(source_ids=[source_id]), warehouse.current()
    return {
        **_source_row(source_id, batches=batches, release=release),
        "drop": oddities_of_drops(installation).get(source_id, []),
        "batches": [_batch_row(batch) for batch in batches],
    }


def _batch_row(batch: Batch) -> dict[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "business_date": batch.business_date.isoformat(),
        "sequence": batch.sequence,
        "state": batch.state,
        "reason": batch.reason or None,
        "files": batch.files,
        "bytes": batch.bytes,
        "delivered": batch.delivered,
        "standardised": batch.standardised,
        "quarantined": batch.quarantined,
        "excluded": batch.excluded,
        "excluded_by_reason": dict(batch.excluded_by_reason),
        "control": dict(batch.control),
    }


def release_rows(installation: Installation) -> list[dict[str, Any]]:
    """Every release, oldest first; abandoned numbers too, because numbers are never reused."""
    with installation.open_warehouse() as warehouse:
        return [_release_row(release) for release in warehouse.releases()]


def _release_row(release: Release) -> dict[str, Any]:
    return {
        "release_no": release.release_no,
        "parent": release.parent,
        "kind": release.kind,
        "state": release.state,
        "unit": release.unit,
        "units": list(release.units),
        "content_hash": release.content_hash,
        "actor": release.actor,
        "published_at": release.published_at.isoformat() if release.published_at else None,
    }


def release_detail_of(installation: Installation, release_no: int | None = None) -> dict[str, Any]:
    """One release with its tables; the current one when no number is given."""
    with installation.open_warehouse() as warehouse:
        return _release_shape(_release_numbered(warehouse, release_no))


def verify_release(installation: Installation, release_no: int | None = None) -> dict[str, Any]:
    """Recompute the content hash of a release from its rows and compare it with the ledger."""
    with installation.open_warehouse() as warehouse:
        release = _release_numbered(warehouse, release_no)
        verified = warehouse.verify(release.release_no)
    return {
        **_release_shape(release),
        "recomputed": verified.recomputed,
        "equal": verified.equal,
        "differing": list(verified.differing),
    }


def _release_numbered(warehouse: Warehouse, release_no: int | None) -> Release:
    if release_no is not None:
        return warehouse.release(release_no)
    current = warehouse.current()
    if current is None:
        raise GateFailed("no release was published yet", hint="`blekit cutover run pilot` makes the first")
    return current


def _release_shape(release: Release) -> dict[str, Any]:
    inputs = release.inputs
    return {
        **_release_row(release),
        "tables": {name: {"rows": table.rows, "hash": table.hash} for name, table in sorted(release.tables.items())},
        "batches": len(inputs.batch_ids),
        "decisions_up_to": inputs.decisions_up_to,
        "model_version": inputs.model_version,
        "rules_version": inputs.rules_version,
    }


def quarantine_rows(
    installation: Installation, *, unit: str | None = None, source_id: str | None = None
) -> list[dict[str, Any]]:
    """What was not loaded in the current release, summed by batch, file and reason."""
    where = {key: value for key, value in (("unit", unit), ("source_id", source_id)) if value is not None}
    if unit is not None:
        unit_named(unit)
    if source_id is not None:
        source_with_id(source_id)
    with installation.open_warehouse() as warehouse:
        if warehouse.current() is None:
            return []
        rows = warehouse.read("quarantine", where=where)
    grouped = rows.group_by(["source_id", "unit", "batch_id", "file", "reason"]).aggregate(
        [("offset", "count"), ("length", "sum"), ("offset", "min")]
    )
    named = grouped.rename_columns({"offset_count": "spans", "length_sum": "bytes", "offset_min": "first_offset"})
    return sorted(named.to_pylist(), key=lambda row: (row["source_id"], row["batch_id"], row["file"], row["reason"]))


def quarantine_spans(installation: Installation, batch_id: str) -> list[dict[str, Any]]:
    """Every quarantined span of a batch in the current release, in file order.

    Raises:
        UsageError: no batch of that id was landed.
    """
    with installation.open_warehouse() as warehouse:
        if batch_id not in {batch.batch_id for batch in warehouse.batches()}:
            raise UsageError(
                f"no batch {batch_id!r} was landed", hint="`blekit sources show ID` lists those of a system"
            )
        if warehouse.current() is None:
            return []
        rows = warehouse.read("quarantine", where={"batch_id": batch_id})
    return sorted(rows.to_pylist(), key=lambda row: (row["file"], row["offset"], row["reason"]))
