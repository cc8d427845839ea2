"""Replaying quarantine: what rules or readers could not take once, taken with those of today.

A row stands in quarantine because a rule did not know what to do with it; a delivery was rejected because it broke its
contract. Once the kind's YAML, a lookup or a reader was put right, everything is made anew from the kept originals and
published as one release of kind ``upgrade``. Nothing has to be delivered again, and no row is edited by hand: what
still cannot be taken stays in quarantine with its reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from config.errors import GateFailed
from config.sources import source_with_id
from pipeline.evidence import feed_failures
from pipeline.extraction import take_delivery
from pipeline.landing import deliveries_of
from pipeline.preparing import Progress, draft_release, plan_release, prepare_draft, release_detail, release_summary
from pipeline.roster import ensure_roster
from pipeline.versions import rules_version

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch, Release


def replay(installation: Installation, actor: str, *, progress: Progress | None = None) -> dict[str, Any]:
    """Make the current release anew by the rules of today, with deliveries that they no longer reject.

    Returns:
        The release, and ``quarantined`` before and after; ``changed`` is false when there was nothing to do.

    Raises:
        GateFailed: nothing is live yet, or a unit would not pass its gates; the releases before stay as they are.
        LockBusy, ParentMoved: somebody else is publishing; run it again.
    """
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        current = warehouse.current()
        if current is None:
            raise GateFailed("nothing is live yet: there is nothing to replay", hint="`blekit cutover plan`")
        accepted = _retaken(installation, warehouse, current)
        before = _quarantined(warehouse)
        told = {"accepted_again": sorted(accepted), "quarantined_before": before}
        if not accepted and current.inputs.rules_version == rules_version():
            return {**release_summary(current), **told, "quarantined": before, "changed": False}
        plan = plan_release(warehouse, batch_ids=accepted)
        draft = draft_release(installation, warehouse, plan, progress=progress)
        prepared = prepare_draft(warehouse, draft, kind="upgrade", actor=actor)
        if failures := feed_failures(installation, warehouse, draft, prepared=prepared):
            warehouse.abandon(prepared.release_no)
            raise GateFailed(f"replay: {'; '.join(failures)}", hint="The rules of today take less than those of before")
        release = warehouse.publish(prepared.release_no, actor=actor, detail=release_detail(draft))
        return {**release_summary(release), **told, "quarantined": _quarantined(warehouse)}


def _retaken(installation: Installation, warehouse: Warehouse, current: Release) -> set[str]:
    """Rejected deliveries of live units that are accepted now."""
    pilot_keys = ensure_roster(installation, warehouse)
    accepted = set()
    for batch in warehouse.batches(states=["rejected"]):
        source = source_with_id(batch.source_id)
        folder = _folder_of(installation, batch)
        if folder is not None and source.unit in current.inputs.units:
            keys = pilot_keys.get(source.source_id, frozenset())
            taken = take_delivery(installation, warehouse, folder, source=source, pilot_keys=keys)
            if taken.state == "accepted" and taken.batch_id not in current.inputs.batch_ids:
                accepted.add(taken.batch_id)
    return accepted


def _folder_of(installation: Installation, batch: Batch) -> Path | None:
    """Where the sender put a delivery; None when it is gone."""
    wanted = f"{batch.business_date.isoformat()}-{batch.sequence}"
    folders = deliveries_of(installation.deliveries_dir, batch.source_id)
    return next((folder for folder in folders if folder.name == wanted), None)


def _quarantined(warehouse: Warehouse) -> dict[str, int]:
    """Quarantined spans of the current release by reason."""
    counted = pc.value_counts(warehouse.read("quarantine", columns=["reason"])["reason"].combine_chunks())
    return {row["values"]: row["counts"] for row in sorted(counted.to_pylist(), key=lambda row: str(row["values"]))}
