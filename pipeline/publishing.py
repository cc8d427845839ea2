"""Publication: an approved unit goes live in one release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.errors import BugError, GateFailed
from config.units import Unit, unit_named
from pipeline.approvals import covers, plan_cutover
from pipeline.attempts import attempt
from pipeline.evidence import collect_evidence
from pipeline.order import LIVE, require_ready, unsettled_siblings
from pipeline.preparing import (
    Draft,
    Progress,
    draft_release,
    prepare_draft,
    release_detail,
    release_summary,
)

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Approval, Prepared, Release


def publish(installation: Installation, unit: str, actor: str, *, progress: Progress | None = None) -> dict[str, Any]:
    """Take an approved unit live in one release; a unit that is live already stays as it is.

    Raises:
        GateFailed: no valid approval, an elder sibling is not settled, or a gate refused what was prepared.
        LockBusy, ParentMoved: somebody else is publishing; run it again.
    """
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        state = warehouse.unit_states()[unit]
        if state.state == LIVE:
            return as_it_is(warehouse, unit, release_no=state.release_no)
        with attempt(warehouse, unit, kind="publish", actor=actor):
            _require_publishable(installation, warehouse, chosen)
            release = _publish(installation, warehouse, chosen, actor=actor, progress=progress)
    return release_summary(release, unit=unit)


def _publish(
    installation: Installation, warehouse: Warehouse, unit: Unit, *, actor: str, progress: Progress | None
) -> Release:
    plan = plan_cutover(warehouse, unit)
    covered = covers(warehouse, unit, plan=plan)
    approval = _require_approval(warehouse, unit.name, covered=covered)
    rehearsed = warehouse.rehearsal(approval.rehearsal_id).evidence
    is_rehearsed = rehearsed["parent"] == plan.parent
    draft = draft_release(installation, warehouse, plan, from_parent=is_rehearsed, progress=progress)
    prepared = prepare_draft(warehouse, draft, kind="cutover", actor=actor)
    try:
        # The evidence was about exactly this content, unless a sibling went live in between.
        if prepared.content_hash != rehearsed["content_hash"]:
            if is_rehearsed:
                raise BugError(f"{unit.name}: upon release {plan.parent} the rehearsal gave other content")
            _gates_of_prepared(installation, warehouse, draft, prepared=prepared, unit=unit.name)
    except BaseException:
        warehouse.abandon(prepared.release_no)
        raise
    return warehouse.publish(
        prepared.release_no,
        actor=actor,
        unit=unit.name,
        unit_state=LIVE,
        detail=release_detail(draft),
        covers=covered,
    )


def _require_publishable(installation: Installation, warehouse: Warehouse, unit: Unit) -> None:
    require_ready(warehouse, unit, deliveries_dir=installation.deliveries_dir)
    if waiting := unsettled_siblings(warehouse, unit):
        raise GateFailed(
            f"{unit.name} publishes after {', '.join(waiting)}",
            hint="Publish or refuse (No-go) the elder sibling first",
        )


def _require_approval(warehouse: Warehouse, unit: str, *, covered: str) -> Approval:
    approval = warehouse.approval_for(unit, covered)
    if approval is None:
        raise GateFailed(
            f"{unit}: no approval covers these batches, model, rules, decisions and thresholds",
            hint=f"`blekit cutover rehearse {unit}`, then have another account approve it",
        )
    if approval.decision != "go":
        raise GateFailed(f"{unit}: {approval.actor} said No-go: {approval.reason}")
    return approval


def _gates_of_prepared(
    installation: Installation, warehouse: Warehouse, draft: Draft, *, prepared: Prepared, unit: str
) -> None:
    """The same gates as in the rehearsal, upon what will really be published."""
    evidence = collect_evidence(installation, warehouse, draft, prepared=prepared, unit=unit)
    if evidence["failures"]:
        raise GateFailed(f"{unit}: {'; '.join(evidence['failures'])}", hint=f"`blekit cutover rehearse {unit}` again")


def as_it_is(warehouse: Warehouse, unit: str, *, release_no: int | None) -> dict[str, Any]:
    """The release that a step which was done already made."""
    release: Release | None = warehouse.release(release_no) if release_no is not None else warehouse.current()
    assert release is not None, "a live or rolled back unit has a release"
    return {**release_summary(release, unit=unit), "changed": False}
