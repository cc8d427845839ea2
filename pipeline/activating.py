"""Another matching model: looked at, approved by somebody else, published as a release of its own.

A model decides who is whose customer in the whole nation, so changing it walks the same way as a cutover: a rehearsal
computes the nation under the new model and shows what would change, another account approves exactly that, and one
transaction publishes it. Taking it back is activating the former model: equal inputs give equal content.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from config.errors import BugError, GateFailed
from config.gates import load_gates
from pipeline.approvals import check_approver
from pipeline.evidence import linkage_evidence, linkage_failures_of, plain
from pipeline.impact import COMPARED, impact
from pipeline.models import find_model, keep_model
from pipeline.preparing import (
    Draft,
    Plan,
    Progress,
    draft_release,
    hash_of_content,
    plan_release,
    prepare_draft,
    release_detail,
    release_summary,
)
from pipeline.versions import rules_version
from warehouse.ledger import NATION

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Approval, Release


def rehearse_model(
    installation: Installation, name: str, requested_by: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Compute the nation under another model, keep the model and what it would change; nothing is published.

    Args:
        installation: where.
        name: file of a model, version of a registered one (eight characters will do), or ``default``.
        requested_by: account that asks.
        progress: told in sentences.

    Raises:
        UsageError: no such model.
        ConfigurationError: it was trained on other comparisons or levels than this code has.
        GateFailed: nothing is live yet, or the model in use is asked for, or the evidence does not pass.
    """
    with installation.open_warehouse() as warehouse:
        current = _require_release(warehouse)
        version = _kept(warehouse, name, actor=requested_by)
        if version == current.inputs.model_version:
            raise GateFailed(f"model {version[:12]} is the one in use", hint="`blekit model list` shows all")
        plan = plan_release(warehouse, model_version=version)
        draft = draft_release(installation, warehouse, plan, progress=progress)
        evidence = _evidence(installation, warehouse, draft, current=current, requested_by=requested_by)
        rehearsal_id = warehouse.record_rehearsal(NATION, evidence)
        if evidence["failures"]:
            raise GateFailed(
                f"model {version[:12]}: rehearsal {rehearsal_id} failed: {'; '.join(evidence['failures'])}",
                hint="`blekit model show` the model; train it again on more records",
            )
    return {"rehearsal_id": rehearsal_id, **evidence}


def _require_release(warehouse: Warehouse) -> Release:
    warehouse.require_current_schema()
    current = warehouse.current()
    if current is None:
        raise GateFailed(
            "no release yet: the first cutover is made with the model that ships",
            hint="`blekit cutover run pilot`, then activate another model",
        )
    return current


def _kept(warehouse: Warehouse, name: str, *, actor: str) -> str:
    """Version of the model of that name, which the warehouse keeps from now on."""
    version, model = find_model(warehouse, name)
    keep_model(warehouse, model, version=version, actor=actor)
    return version


def _evidence(
    installation: Installation, warehouse: Warehouse, draft: Draft, *, current: Release, requested_by: str
) -> dict[str, Any]:
    from warehouse.references import record_ref

    gates = load_gates()
    with draft.times.stage("impact"):
        before = {name: warehouse.read(name) for name in COMPARED}
        changed = impact(before, draft.content.tables, ref=lambda each: record_ref(each, key=installation.ref_key))
    links = linkage_evidence(draft, gates=gates)
    return {
        "model_version": draft.plan.inputs.model_version,
        "former_version": current.inputs.model_version,
        "rules_changed": current.inputs.rules_version != rules_version(),
        "decisions_applied": draft.plan.inputs.decisions_up_to - current.inputs.decisions_up_to,
        "covers": covers_model(draft.plan),
        "requested_by": requested_by,
        "parent": draft.plan.parent,
        "content_hash": hash_of_content(draft.content.tables),
        "impact": plain(changed),
        **links,
        "seconds": draft.times.seconds,
        "failures": linkage_failures_of(links, gates=gates, records=draft.live.records.num_rows),
    }


def covers_model(plan: Plan) -> str:
    """Hash of what an approval of a model covers: every input of the release, and the thresholds it passed."""
    inputs = plan.inputs
    covered = {
        "model": inputs.model_version,
        "units": inputs.units,
        "batches": inputs.batch_ids,
        "decisions_up_to": inputs.decisions_up_to,
        "rules": inputs.rules_version,
        "erased": inputs.erased,
        "thresholds": load_gates().model_dump(),
    }
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()


def approve_model(
    installation: Installation, rehearsal_id: str, decision: str, actor: str, reason: str
) -> dict[str, Any]:
    """Record a Go or a No-go on the rehearsal of a model.

    Raises:
        PermissionDenied: the account is the one that asked.
        GateFailed: the rehearsal is of a unit, did not pass, or what it covers has changed since.
    """
    with installation.open_warehouse() as warehouse:
        rehearsal = warehouse.rehearsal(rehearsal_id)
        if rehearsal.unit != NATION:
            raise GateFailed(
                f"rehearsal {rehearsal_id} is of {rehearsal.unit}, not of a model", hint="`blekit cutover approve`"
            )
        evidence = rehearsal.evidence
        requested_by, covered = str(evidence["requested_by"]), str(evidence["covers"])
        check_approver(actor=actor, requested_by=requested_by, decision=decision)
        if decision == "go":
            _require_current(warehouse, rehearsal_id, evidence=dict(evidence))
        warehouse.record_approval(
            NATION,
            rehearsal_id,
            covers=covered,
            decision=decision,
            actor=actor,
            requested_by=requested_by,
            reason=reason,
        )
    return {"rehearsal_id": rehearsal_id, "decision": decision, "actor": actor, "covers": covered}


def _require_current(warehouse: Warehouse, rehearsal_id: str, *, evidence: dict[str, Any]) -> None:
    if evidence["failures"]:
        raise GateFailed(f"rehearsal {rehearsal_id} failed and cannot be approved: {'; '.join(evidence['failures'])}")
    if evidence["covers"] != covers_model(plan_release(warehouse, model_version=evidence["model_version"])):
        raise GateFailed(
            f"units, batches, decisions, rules or thresholds changed since rehearsal {rehearsal_id}",
            hint="Rehearse the model again: `blekit model activate MODEL --dry-run`",
        )


def may_activate(installation: Installation, name: str) -> bool:
    """Whether activating this model now is approved, or nothing is to be done because it is the one in use."""
    with installation.open_warehouse() as warehouse:
        current = _require_release(warehouse)
        version, _ = find_model(warehouse, name)
        if version == current.inputs.model_version:
            return True
        approval = warehouse.approval_for(NATION, covers_model(plan_release(warehouse, model_version=version)))
        return approval is not None and approval.decision == "go"


def activate_model(
    installation: Installation, name: str, actor: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Publish the release an approved rehearsal of a model foretold; the model in use stays as it is.

    Raises:
        GateFailed: nobody approved exactly this, or the answer was No-go.
        LockBusy, ParentMoved: somebody else is publishing; run it again.
    """
    with installation.open_warehouse() as warehouse:
        current = _require_release(warehouse)
        version, _ = find_model(warehouse, name)
        if version == current.inputs.model_version:
            return {**release_summary(current), "model_version": version, "changed": False}
        plan = plan_release(warehouse, model_version=version)
        covered = covers_model(plan)
        foretold = warehouse.rehearsal(_require_approval(warehouse, covered, version=version).rehearsal_id).evidence
        draft = draft_release(installation, warehouse, plan, progress=progress)
        prepared = prepare_draft(warehouse, draft, kind="model", actor=actor)
        if prepared.content_hash != foretold["content_hash"]:
            warehouse.abandon(prepared.release_no)
            raise BugError(f"release {prepared.release_no} is not what its rehearsal foretold, though its inputs are")
        detail = {**release_detail(draft), "model": {name: foretold[name] for name in ("former_version", "impact")}}
        release = warehouse.publish(prepared.release_no, actor=actor, detail=detail, covers=covered)
    return {
        **release_summary(release),
        "model_version": version,
        "former_version": foretold["former_version"],
        "impact": foretold["impact"],
        "changed": True,
    }


def _require_approval(warehouse: Warehouse, covered: str, *, version: str) -> Approval:
    approval = warehouse.approval_for(NATION, covered)
    if approval is None:
        raise GateFailed(
            f"model {version[:12]}: no approval covers it with these units, batches, decisions and rules",
            hint="`blekit model activate MODEL --dry-run`, then have another account approve it",
        )
    if approval.decision != "go":
        raise GateFailed(f"model {version[:12]}: {approval.actor} said No-go: {approval.reason}")
    return approval
