"""Rehearsal: prepare the release of a unit, look at it from all sides, take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.errors import GateFailed
from config.units import unit_named
from pipeline.approvals import covers, plan_cutover
from pipeline.attempts import attempt
from pipeline.evidence import collect_evidence
from pipeline.order import ROLLED_BACK, require_ready
from pipeline.preparing import Draft, Progress, draft_release, prepare_draft

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse

_TOLD = ("covers", "content_hash", "parent", "customers", "customers_in_all", "queue", "expected_precision", "seconds")


def rehearse(
    installation: Installation, unit: str, requested_by: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Prepare the release of a unit, collect evidence, take it back, and record what was found.

    Raises:
        GateFailed: the order, a missing delivery, or evidence that does not pass; the message names what.
        LockBusy, ParentMoved: somebody else is publishing; run it again.
    """
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        with attempt(warehouse, unit, kind="rehearse", actor=requested_by) as attempt_id:
            require_ready(warehouse, chosen, deliveries_dir=installation.deliveries_dir)
            _enter_landed(warehouse, unit, actor=requested_by, attempt_id=attempt_id)
            plan = plan_cutover(warehouse, chosen)
            draft = draft_release(installation, warehouse, plan, progress=progress)
            evidence = _rehearsal_evidence(installation, warehouse, draft, unit=unit, actor=requested_by)
            evidence |= {"covers": covers(warehouse, chosen, plan=plan), "requested_by": requested_by}
            rehearsal_id = warehouse.record_rehearsal(unit, evidence)
            if evidence["failures"]:
                raise GateFailed(
                    f"{unit}: rehearsal {rehearsal_id} failed: {'; '.join(evidence['failures'])}",
                    hint="`blekit cutover rehearse` again when the cause is gone",
                )
            noted = {"rehearsal_id": rehearsal_id, "covers": evidence["covers"]}
            warehouse.move_unit(unit, to="rehearsed", actor=requested_by, attempt_id=attempt_id, detail=noted)
    return {"rehearsal_id": rehearsal_id, "unit": unit, **_told(evidence)}


def _enter_landed(warehouse: Warehouse, unit: str, *, actor: str, attempt_id: str) -> None:
    """A unit whose deliveries are complete is landed, whatever its rehearsal will show."""
    if warehouse.unit_states()[unit].state in ("planned", ROLLED_BACK):
        warehouse.move_unit(unit, to="landed", actor=actor, attempt_id=attempt_id)


def _rehearsal_evidence(
    installation: Installation, warehouse: Warehouse, draft: Draft, *, unit: str, actor: str
) -> dict[str, Any]:
    prepared = prepare_draft(warehouse, draft, kind="cutover", actor=actor)
    try:
        evidence = collect_evidence(installation, warehouse, draft, prepared=prepared, unit=unit)
    finally:
        warehouse.abandon(prepared.release_no)
    return {**evidence, "parent": prepared.parent, "content_hash": prepared.content_hash}


def _told(evidence: dict[str, Any]) -> dict[str, Any]:
    """The part of the evidence that is told to whoever decides."""
    drift = {"drift": evidence["drift"]} if evidence["drift"] else {}
    return {**{name: evidence[name] for name in _TOLD}, **drift, **evidence["counts"]}
