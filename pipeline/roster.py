"""The pilot roster: which customers took part in the pilot, by system and raw key.

It is a delivery like others, of a list instead of customers. Nothing can be standardised without it: it decides for
ever whether a record belongs to the pilot or to its region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from config.errors import SourceUnavailable
from config.kinds import kind_named
from config.sources import SourceSystem, all_sources
from config.units import UNITS
from pipeline.batches import ROSTER_KIND, deliveries_for
from pipeline.landing import Landed, Rejection, land, landed_batch
from pipeline.ledger import register, rejected_batch, roster_batch

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch

PilotKeys = Mapping[str, frozenset[str]]
_PILOT = UNITS[0]


def roster_source() -> SourceSystem:
    """Where the list of pilot customers comes from."""
    return next(source for source in all_sources() if source.kind_name == ROSTER_KIND)


def ensure_roster(installation: Installation, warehouse: Warehouse) -> PilotKeys:
    """Keys of the pilot customers per source; lands and registers the roster when that was not done yet.

    Raises:
        SourceUnavailable: no acceptable roster was delivered. Without it nobody knows which unit a record belongs to.
    """
    source = roster_source()
    for folder in deliveries_for(_PILOT, source=source, deliveries_dir=installation.deliveries_dir):
        result = land(installation.landing_dir, folder, source=source)
        batch = rejected_batch(result) if isinstance(result, Rejection) else roster_batch(result)
        register(warehouse, batch)
    return pilot_keys_of(installation, warehouse.batches(source_ids=[source.source_id], states=["accepted"]))


def pilot_keys_of(installation: Installation, batches: Iterable[Batch]) -> PilotKeys:
    """The keys of the latest accepted roster among these batches."""
    source = roster_source()
    rosters = [batch for batch in batches if batch.source_id == source.source_id and batch.state == "accepted"]
    if not rosters:
        raise SourceUnavailable(
            f"{source.source_id}: no pilot roster was delivered yet",
            hint=f"It is expected in {installation.deliveries_dir / source.source_id}",
        )
    latest = max(rosters, key=lambda batch: (batch.business_date, batch.sequence))
    return read_pilot_keys(landed_batch(installation.landing_dir, latest.batch_id, source=source))


def read_pilot_keys(roster: Landed) -> PilotKeys:
    """Keys of pilot customers per source, from a landed roster."""
    from transforms import read_roster

    return read_roster(roster.raw(), kind=kind_named(ROSTER_KIND))
