"""Extraction: what the systems of a collection point delivered, landed, standardised and registered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import BadData, GateFailed
from config.sources import SourceSystem, source_with_id
from config.units import Unit
from pipeline.batches import ROSTER_KIND, deliveries_for, is_asked_for, served_sources
from pipeline.fetching import fetch_deliveries
from pipeline.installation import Installation
from pipeline.landing import Rejection, batch_home, land, landed_batch
from pipeline.ledger import accepted_batch, batch_of, register, rejected_batch
from pipeline.roster import ensure_roster, pilot_keys_of
from pipeline.standardising import StandardBatch, standardise_batch, standardised_earlier
from pipeline.versions import rules_version

if TYPE_CHECKING:
    from warehouse import Warehouse
    from warehouse.records import Batch, Release


def extract_point(installation: Installation, warehouse: Warehouse, unit: Unit, *, point: str) -> list[Batch]:
    """Fetch, land, standardise and register what the systems of a point have for a unit; safe to repeat."""
    pilot_keys = ensure_roster(installation, warehouse)
    extracted = []
    for source in served_sources():
        if source.point_code == point:
            if is_asked_for(unit, source=source):
                fetch_deliveries(installation, source, until=unit.cutover_date)
            for folder in deliveries_for(unit, source=source, deliveries_dir=installation.deliveries_dir):
                keys = pilot_keys.get(source.source_id, frozenset())
                extracted.append(take_delivery(installation, warehouse, folder, source=source, pilot_keys=keys))
    return extracted


def take_delivery(
    installation: Installation, warehouse: Warehouse, folder: Path, *, source: SourceSystem, pilot_keys: frozenset[str]
) -> Batch:
    """Land, standardise and register one delivery; one that cannot be accepted is registered with the reason."""
    result = land(installation.landing_dir, folder, source=source)
    if isinstance(result, Rejection):
        return register(warehouse, rejected_batch(result))
    try:
        standard = standardise_batch(result, source=source, pilot_keys=pilot_keys)
    except BadData as exc:
        return register(warehouse, replace(batch_of(result), state="rejected", reason=_reason(exc)))
    return register(warehouse, accepted_batch(standard))


def _reason(error: BadData) -> str:
    return f"{error.code}: {error.message}"


def standard_batches(installation: Installation, batches: Iterable[Batch]) -> list[StandardBatch]:
    """The standard records of these batches, made again where rules or readers changed since."""
    batches = list(batches)
    if not batches:
        return []
    pilot_keys = pilot_keys_of(installation, batches)
    result = []
    for batch in batches:
        source = source_with_id(batch.source_id)
        if source.kind_name != ROSTER_KIND:
            landed = landed_batch(installation.landing_dir, batch.batch_id, source=source)
            keys = pilot_keys.get(source.source_id, frozenset())
            result.append(standardise_batch(landed, source=source, pilot_keys=keys))
    return result


def batches_of_release(installation: Installation, warehouse: Warehouse, release: Release) -> list[StandardBatch]:
    """The standard records a release was made from, by the rules that made it.

    Raises:
        GateFailed: the rules changed since, and what the earlier ones made is not kept any more.
    """
    wanted = set(release.inputs.batch_ids)
    batches = [batch for batch in warehouse.batches() if batch.batch_id in wanted]
    if release.inputs.rules_version == rules_version():
        return standard_batches(installation, batches)
    pilot_keys = pilot_keys_of(installation, batches)
    found = [
        standardised_earlier(
            batch_home(installation.landing_dir, batch.batch_id),
            rules=release.inputs.rules_version,
            pilot_keys=pilot_keys.get(batch.source_id, frozenset()),
        )
        for batch in batches
        if source_with_id(batch.source_id).kind_name != ROSTER_KIND
    ]
    if None in found:
        raise GateFailed(
            f"release {release.release_no} was made by other rules, and what they made is not kept any more",
            hint="The next release brings everything to the rules of today",
        )
    return [batch for batch in found if batch is not None]


def extraction_report(unit: str, point: str, extracted: Sequence[Batch]) -> dict[str, Any]:
    """What an extraction did, in counts: it travels through Airflow, so it holds no personal data."""
    accepted = [batch for batch in extracted if batch.state == "accepted"]
    return {
        "unit": unit,
        "point": point,
        "systems": len({batch.source_id for batch in accepted}),
        "batches": len(accepted),
        "delivered": sum(batch.delivered for batch in accepted),
        "standardised": sum(batch.standardised for batch in accepted),
        "quarantined": sum(batch.quarantined for batch in accepted),
        "excluded": sum(batch.excluded for batch in accepted),
        "rejected": [
            {"source_id": batch.source_id, "reason": batch.reason.partition(":")[0]}
            for batch in extracted
            if batch.state == "rejected"
        ],
    }
