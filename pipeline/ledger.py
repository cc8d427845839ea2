"""Deliveries as the warehouse registers them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.units import UNITS
from pipeline.landing import Landed, Rejection
from pipeline.livesets import live_set
from pipeline.standardising import EXCLUDED, REJECTED, STANDARD, StandardBatch
from warehouse.records import Batch

if TYPE_CHECKING:
    from warehouse import Warehouse


def register(warehouse: Warehouse, batch: Batch) -> Batch:
    """Enter a batch into the ledger; one that was accepted stays accepted, whatever comes under its name later."""
    known = {each.batch_id: each for each in warehouse.batches(source_ids=[batch.source_id])}
    before = known.get(batch.batch_id)
    if before is not None and before.state == "accepted" and batch.state != "accepted":
        return before
    warehouse.register_batch(batch)
    warehouse.set_batch_state(batch.batch_id, state=batch.state, reason=batch.reason)
    return batch


def batch_of(landed: Landed) -> Batch:
    """A landed delivery before anything was standardised."""
    return Batch(
        batch_id=landed.batch_id,
        source_id=landed.source_id,
        business_date=landed.business_date,
        sequence=landed.sequence,
        files=len(landed.files),
        bytes=landed.size,
        delivered=landed.delivered,
        control=landed.control,
    )


def accepted_batch(standard: StandardBatch) -> Batch:
    """A delivery whose records may go on."""
    landed = standard.landed
    return replace(
        batch_of(landed),
        state="accepted",
        standardised=standard.count(STANDARD),
        quarantined=landed.quarantined + standard.count(REJECTED),
        excluded=standard.count(EXCLUDED),
        excluded_by_reason=standard.excluded_by_reason(),
        by_unit=counts_by_unit(standard),
    )


def counts_by_unit(standard: StandardBatch) -> dict[str, dict[str, int]]:
    """Share of each unit in what a batch delivered."""
    # Over this batch alone, loaded and superseded together are what became standard.
    units = [unit.name for unit in UNITS]
    live = live_set([standard], units=units)
    shares = {unit: live.of_unit(unit) for unit in units}
    return {
        unit: {
            "delivered": counts["delivered"],
            "standardised": counts["loaded"] + counts["superseded"],
            "quarantined": counts["quarantined"],
            "excluded": counts["excluded"],
        }
        for unit, counts in shares.items()
        if counts["delivered"]
    }


def rejected_batch(rejection: Rejection) -> Batch:
    """A delivery of which nothing was taken, with the reason."""
    return Batch(
        batch_id=rejection.batch_id,
        source_id=rejection.source_id,
        business_date=rejection.business_date,
        sequence=rejection.sequence,
        files=len(rejection.files),
        bytes=rejection.size,
        control=rejection.control,
        state="rejected",
        reason=f"{rejection.code}: {rejection.message}",
    )


def roster_batch(landed: Landed) -> Batch:
    """A roster holds lines, not customers: all of them are excluded by that name."""
    lines = landed.delivered - landed.quarantined
    return replace(
        batch_of(landed),
        state="accepted",
        quarantined=landed.quarantined,
        excluded=lines,
        excluded_by_reason={"roster_line": lines},
    )
