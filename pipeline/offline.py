"""The whole line without a database: deliveries in, records and customers out.

For scoring, benchmarks, training a model and tests. It takes the same steps as a cutover of every unit, over the
landing of a temporary folder; only ledger, approvals and gates are left out.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from config.errors import BadData, SourceUnavailable, StorageFailed
from config.sources import SourceSystem, source_with_id
from config.units import UNIT_NAMES
from pipeline.batches import party_sources, served_sources
from pipeline.findings import all_findings
from pipeline.landing import Landed, Rejection, date_of, deliveries_of, delivery_of, land
from pipeline.livesets import LiveSet, check_conservation, live_set
from pipeline.resolving import content_of
from pipeline.roster import PilotKeys, read_pilot_keys, roster_source
from pipeline.standardising import REJECTED, StandardBatch, standardise_batch

if TYPE_CHECKING:
    from dedupe import Model, Resolution

_KEY = b"offline: ids of no installation"


def resolve_deliveries(
    deliveries_dir: Path,
    *,
    up_to: dt.date | None = None,
    model: Model | None = None,
    landing_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[pa.Table, Resolution]:
    """Live records of all units and what they resolve to, with no decisions of stewards.

    Args:
        deliveries_dir: folder of deliveries, one folder per system.
        up_to: deliveries after this business date are left out; all are taken when missing.
        model: matching model; the one cutovers use when missing.
        landing_dir: where to keep what was read, to read it faster next time; a temporary folder when missing.
        progress: told in a sentence after each stage.
    """
    live = live_deliveries(deliveries_dir, up_to=up_to, landing_dir=landing_dir, progress=progress)
    content = content_of(live, decisions=(), id_key=_KEY, ref_key=_KEY, model=model, progress=progress)
    return live.records, content.resolution


def live_deliveries(
    deliveries_dir: Path,
    *,
    up_to: dt.date | None = None,
    landing_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> LiveSet:
    """The live set of all units over everything that was delivered; rejected deliveries are left out."""
    return live_batches(deliveries_dir, up_to=up_to, landing_dir=landing_dir, progress=progress)[0]


def live_batches(
    deliveries_dir: Path,
    *,
    up_to: dt.date | None = None,
    landing_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[LiveSet, list[str]]:
    """The live set of all units, and the ids of the deliveries it is of."""
    with tempfile.TemporaryDirectory(prefix="blekit-offline-") as temporary:
        landing = landing_dir or Path(temporary)
        batches = _standard_batches(deliveries_dir, landing=landing, sources=party_sources(), up_to=up_to)
        live = live_set(batches, units=UNIT_NAMES)
        check_conservation(live, batches, units=UNIT_NAMES)
        if progress:
            progress(f"{len(batches)} deliveries, {live.records.num_rows} live records")
        return live, [batch.batch_id for batch in batches]


def delivered_findings(
    deliveries_dir: Path, *, landing_dir: Path | None = None, progress: Callable[[str], None] | None = None
) -> tuple[pa.Table, list[tuple[str, str]]]:
    """What was noticed about every delivery, rejected ones too; and the deliveries: source and name of the folder.

    Args:
        deliveries_dir: folder of deliveries, one folder per system.
        landing_dir: where to keep what was read; a temporary folder when missing.
        progress: told in a sentence at the end.
    """
    with tempfile.TemporaryDirectory(prefix="blekit-offline-") as temporary:
        landing = landing_dir or Path(temporary)
        rejected: list[Rejection] = []
        batches = _standard_batches(deliveries_dir, landing=landing, sources=served_sources(), rejected=rejected)
        findings = all_findings(batches, rejected)
        if progress:
            progress(f"{len(batches)} deliveries, {len(rejected)} rejected ones, {findings.num_rows} findings")
        told = [*(delivery_of(batch.landed) for batch in batches), *(delivery_of(each) for each in rejected)]
        return findings, told


def delivered_live_set(
    deliveries_dir: Path, *, landing_dir: Path | None = None, progress: Callable[[str], None] | None = None
) -> tuple[LiveSet, list[tuple[str, str]]]:
    """The live set of all units over parties and events; and the deliveries it is of: source and name of the folder.

    Args:
        deliveries_dir: folder of deliveries, one folder per system.
        landing_dir: where to keep what was read; a temporary folder when missing.
        progress: told in a sentence at the end.
    """
    with tempfile.TemporaryDirectory(prefix="blekit-offline-") as temporary:
        batches = _standard_batches(deliveries_dir, landing=landing_dir or Path(temporary), sources=served_sources())
        live = live_set(batches, units=UNIT_NAMES)
        if progress:
            progress(f"{len(batches)} deliveries, {live.records.num_rows} live records, {live.events.num_rows} events")
        return live, [delivery_of(batch.landed) for batch in batches]


def standardise_delivery(folder: Path, *, out: Path) -> dict[str, Any]:
    """Standard records of one delivery folder as a Parquet file; the pilot roster is not asked.

    Raises:
        BadData: the delivery cannot be accepted.
    """
    from connectors import read_manifest

    source = source_with_id(read_manifest(folder).source_id)
    with tempfile.TemporaryDirectory(prefix="blekit-offline-") as temporary:
        landed = land(Path(temporary), folder, source=source)
        if isinstance(landed, Rejection):
            raise BadData(landed.message)
        batch = standardise_batch(landed, source=source, pilot_keys=frozenset())
        records = batch.records()
        _write_parquet(records, out)
        return {
            "batch_id": landed.batch_id,
            "delivered": landed.delivered,
            "records": records.num_rows,
            "quarantined": landed.quarantined + batch.count(REJECTED),
            "excluded": batch.excluded_by_reason(),
            "file": str(out),
        }


def write_resolution(
    deliveries_dir: Path, *, out: Path, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Resolve a folder of deliveries into Parquet files: records, crosswalk, customers, relationships, queue."""
    records, resolution = resolve_deliveries(deliveries_dir, progress=progress)
    tables = {
        "party_record": records,
        "crosswalk": resolution.crosswalk,
        "golden_customer": resolution.golden_customers,
        "relationship": resolution.relationships,
        "queue_case": resolution.queue_cases,
    }
    for name, table in tables.items():
        _write_parquet(table, out / f"{name}.parquet")
    return {**{name: table.num_rows for name, table in tables.items()}, "folder": str(out)}


def _write_parquet(table: pa.Table, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, compression="zstd")
    except OSError as exc:
        raise StorageFailed(f"cannot write {path}: {exc.strerror}") from exc


def _standard_batches(
    deliveries_dir: Path,
    *,
    landing: Path,
    sources: Iterable[SourceSystem],
    up_to: dt.date | None = None,
    rejected: list[Rejection] | None = None,
) -> list[StandardBatch]:
    """Accepted deliveries of these systems, each batch once; rejected ones are added to ``rejected``."""
    pilot_keys = _pilot_keys(deliveries_dir, landing=landing)
    batches: dict[str, StandardBatch] = {}
    for source in sources:
        for folder in deliveries_of(deliveries_dir, source.source_id):
            if up_to is None or date_of(folder) <= up_to:
                landed = land(landing, folder, source=source)
                if isinstance(landed, Landed):
                    keys = pilot_keys.get(source.source_id, frozenset())
                    batches.setdefault(landed.batch_id, standardise_batch(landed, source=source, pilot_keys=keys))
                elif rejected is not None:
                    rejected.append(landed)
    return list(batches.values())


def _pilot_keys(deliveries_dir: Path, *, landing: Path) -> PilotKeys:
    source = roster_source()
    rosters = [land(landing, folder, source=source) for folder in deliveries_of(deliveries_dir, source.source_id)]
    accepted = [roster for roster in rosters if isinstance(roster, Landed)]
    if not accepted:
        raise SourceUnavailable(
            f"{source.source_id}: no pilot roster in {deliveries_dir}",
            hint="`blekit estate build` writes one; without it nobody knows which unit a record belongs to",
        )
    return read_pilot_keys(max(accepted, key=lambda roster: (roster.business_date, roster.sequence)))
