"""Batches: which deliveries of which systems belong to the cutover of a unit.

Each batch counts for a unit: deliveries of a region's own systems for that region, everything up to the pilot's date
for the pilot. The batches of a release are those of all units that were ever cut over, so they only grow; which
sibling happened to extract first does not matter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import GateFailed
from config.sources import SourceSystem, all_sources, source_with_id
from config.units import UNITS, Unit
from pipeline.landing import date_of, deliveries_of

if TYPE_CHECKING:
    from warehouse.records import Batch

ROSTER_KIND = "roster"
_PILOT = UNITS[0]
_MOST_NAMED = 10
"""Systems an error names one by one."""


def served_sources() -> tuple[SourceSystem, ...]:
    """Systems that deliver parties or events; the pilot roster is a list, not one of them."""
    return tuple(source for source in all_sources() if source.is_served and source.kind_name != ROSTER_KIND)


def party_sources() -> tuple[SourceSystem, ...]:
    """Systems that deliver parties: what linkage learns from."""
    return tuple(source for source in served_sources() if not source.kind.is_event)


def counts_for(unit: Unit, *, source: SourceSystem, business_date: dt.date) -> bool:
    """Whether a delivery of that date is part of the cutover of a unit."""
    if business_date <= _PILOT.cutover_date:
        return unit == _PILOT
    return unit != _PILOT and source.unit in (unit.name, _PILOT.name) and business_date <= unit.cutover_date


def is_asked_for(unit: Unit, *, source: SourceSystem) -> bool:
    """Whether a system that is a service is asked for the cutover of a unit: its own systems, and those of the centre.

    For the pilot only the centre's are: a region's system would answer with customers who are not in it.
    """
    return source.unit in (unit.name, _PILOT.name)


def deliveries_for(unit: Unit, *, source: SourceSystem, deliveries_dir: Path) -> list[Path]:
    """Delivery folders of a source that are part of the cutover of a unit, oldest first."""
    folders = deliveries_of(deliveries_dir, source.source_id)
    return [folder for folder in folders if counts_for(unit, source=source, business_date=date_of(folder))]


def points_of(unit: Unit, *, deliveries_dir: Path) -> list[str]:
    """Collection points a unit is extracted from: its own, and those that delivered for it."""
    own = {source.point_code for source in served_sources() if source.unit == unit.name}
    delivering = {
        source.point_code
        for source in served_sources()
        if deliveries_for(unit, source=source, deliveries_dir=deliveries_dir)
    }
    return sorted(own | delivering)


def batches_for(unit: Unit, batches: Iterable[Batch]) -> tuple[str, ...]:
    """Accepted batches that are part of the cutover of a unit, the roster among the pilot's."""
    return tuple(
        sorted(
            batch.batch_id
            for batch in batches
            if batch.state == "accepted"
            and counts_for(unit, source=source_with_id(batch.source_id), business_date=batch.business_date)
        )
    )


def require_deliveries(unit: Unit, batches: Sequence[Batch], *, deliveries_dir: Path) -> None:
    """Every served system of the unit has an accepted delivery of its newest business date.

    Raises:
        GateFailed: names the systems without one, and why their deliveries were rejected.
    """
    missing = [
        _why_missing(source, unit=unit, batches=batches, deliveries_dir=deliveries_dir)
        for source in served_sources()
        if source.unit == unit.name
    ]
    if complaints := [complaint for complaint in missing if complaint]:
        others = len(complaints) - _MOST_NAMED
        named = [*complaints[:_MOST_NAMED], *([f"and {others} others"] if others > 0 else [])]
        raise GateFailed(
            f"{unit.name}: {len(complaints)} systems without an accepted delivery: {'; '.join(named)}",
            hint=f"Ask them to deliver again into {deliveries_dir}, then extract the unit again; "
            f"`blekit sources list --unit {unit.name}` shows them all",
        )


def _why_missing(source: SourceSystem, *, unit: Unit, batches: Sequence[Batch], deliveries_dir: Path) -> str:
    own = [
        batch
        for batch in batches
        if batch.source_id == source.source_id and counts_for(unit, source=source, business_date=batch.business_date)
    ]
    newest = max(
        (date_of(each) for each in deliveries_for(unit, source=source, deliveries_dir=deliveries_dir)), default=None
    )
    accepted = [batch.business_date for batch in own if batch.state == "accepted"]
    if accepted and (newest is None or max(accepted) >= newest):
        return ""
    rejected = [batch.reason for batch in own if batch.state == "rejected"]
    return f"{source.source_id} ({rejected[-1] if rejected else 'nothing delivered'})"
