"""Approvals: who let a unit go live, and exactly what that covers.

An approval covers the unit, its batches, the model, the rules, the decisions seen and the thresholds, as one sha256.
When one of them changes the approval does not hold any more, and nobody needs to remember to withdraw it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from config.errors import GateFailed, PermissionDenied, UsageError
from config.gates import load_gates
from config.units import Unit, unit_named
from pipeline import batches
from pipeline.evidence import quality_thresholds
from pipeline.order import unsettled_siblings
from pipeline.preparing import Plan, plan_release

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Rehearsal

DECISIONS = ("go", "no_go")


def plan_cutover(warehouse: Warehouse, unit: Unit) -> Plan:
    """Inputs of the release that would take a unit live now."""
    own = batches.batches_for(unit, warehouse.batches(states=["accepted"]))
    return plan_release(warehouse, add=unit.name, batch_ids=own)


def covers(warehouse: Warehouse, unit: Unit, *, plan: Plan) -> str:
    """What an approval of this unit would have to cover now."""
    own = batches.batches_for(unit, warehouse.batches(states=["accepted"]))
    thresholds = {"gates": load_gates().model_dump(), "quality": quality_thresholds()}
    return covers_of(unit.name, batch_ids=own, plan=plan, thresholds=thresholds)


def covers_of(unit: str, *, batch_ids: tuple[str, ...], plan: Plan, thresholds: Mapping[str, Any]) -> str:
    """Hash of what an approval of this unit with these inputs covers."""
    covered = {
        "unit": unit,
        "batches": sorted(batch_ids),
        "model": plan.inputs.model_version,
        "rules": plan.inputs.rules_version,
        "decisions_up_to": plan.inputs.decisions_up_to,
        "thresholds": thresholds,
    }
    return hashlib.sha256(json.dumps(covered, sort_keys=True, default=str).encode()).hexdigest()


def check_approver(*, actor: str, requested_by: str, decision: str) -> None:
    """Raise unless this account may decide.

    Raises:
        PermissionDenied: it is the account that asked, or nobody.
        UsageError: the decision is neither go nor no_go.
    """
    if decision not in DECISIONS:
        raise UsageError(f"no decision {decision!r}", hint=f"Decisions: {', '.join(DECISIONS)}")
    if not actor.strip():
        raise PermissionDenied("an approval needs a named account")
    if actor.strip().casefold() == requested_by.strip().casefold():
        raise PermissionDenied(
            f"{actor} asked for this cutover and cannot approve it", hint="Another account must decide"
        )


def approve(
    installation: Installation,
    unit: str,
    rehearsal_id: str,
    decision: str,
    actor: str,
    requested_by: str,
    reason: str,
) -> dict[str, Any]:
    """Record a Go or a No-go on a rehearsal; it covers what was rehearsed and nothing else. Safe to repeat.

    Raises:
        PermissionDenied: the account is the one that asked.
        GateFailed: the rehearsal is of another unit, did not pass, or what it covers has changed since.
    """
    check_approver(actor=actor, requested_by=requested_by, decision=decision)
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        rehearsal = warehouse.rehearsal(rehearsal_id)
        if rehearsal.unit != unit:
            raise GateFailed(f"rehearsal {rehearsal_id} is of {rehearsal.unit}, not of {unit}")
        # Whoever really asked is in the evidence; an empty or made-up requester must not let him approve himself.
        check_approver(actor=actor, requested_by=rehearsal.evidence["requested_by"], decision=decision)
        covered = str(rehearsal.evidence["covers"])
        if decision == "go":
            _require_current(warehouse, chosen, rehearsal=rehearsal)
        if not _is_recorded(warehouse, rehearsal, decision=decision, actor=actor):
            warehouse.record_approval(
                unit,
                rehearsal_id,
                covers=covered,
                decision=decision,
                actor=actor,
                requested_by=requested_by,
                reason=reason,
            )
        if decision == "go" and warehouse.unit_states()[unit].state != "live":
            warehouse.move_unit(unit, to="approved", actor=actor, attempt_id=rehearsal_id, detail={"covers": covered})
    return {"unit": unit, "rehearsal_id": rehearsal_id, "decision": decision, "actor": actor, "covers": covered}


def _require_current(warehouse: Warehouse, unit: Unit, *, rehearsal: Rehearsal) -> None:
    evidence = rehearsal.evidence
    if evidence["failures"]:
        raise GateFailed(
            f"rehearsal {rehearsal.rehearsal_id} failed and cannot be approved: {'; '.join(evidence['failures'])}"
        )
    if evidence["covers"] != covers(warehouse, unit, plan=plan_cutover(warehouse, unit)):
        raise GateFailed(
            f"{unit.name}: batches, model, rules, decisions or thresholds changed "
            f"since rehearsal {rehearsal.rehearsal_id}",
            hint=f"`blekit cutover rehearse {unit.name}` again",
        )


def _is_recorded(warehouse: Warehouse, rehearsal: Rehearsal, *, decision: str, actor: str) -> bool:
    """Whether this very answer is the last word already: a task may have been killed after it was written."""
    last = warehouse.approval_for(rehearsal.unit, str(rehearsal.evidence["covers"]))
    given = (rehearsal.rehearsal_id, decision, actor)
    return last is not None and (last.rehearsal_id, last.decision, last.actor) == given


def is_approved(installation: Installation, unit: str) -> bool:
    """Whether what would be published of a unit now is approved, and the unit stands ready for it."""
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        if warehouse.unit_states()[unit].state != "approved":
            return False
        last = warehouse.approval_for(unit, covers(warehouse, chosen, plan=plan_cutover(warehouse, chosen)))
        return last is not None and last.decision == "go"


def requester_of(installation: Installation, rehearsal_id: str) -> str:
    """Account that asked for a rehearsal."""
    with installation.open_warehouse() as warehouse:
        return str(warehouse.rehearsal(rehearsal_id).evidence["requested_by"])


def siblings_settled(installation: Installation, unit: str) -> bool:
    """Whether every elder unit of the wave is live, rolled back or refused by a recorded No-go."""
    with installation.open_warehouse() as warehouse:
        return not unsettled_siblings(warehouse, unit_named(unit))
