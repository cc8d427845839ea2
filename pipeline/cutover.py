"""Cutovers: one unit at a time from planned to live, and back.

``gate → points → extract → rehearse → approve → publish`` is what Airflow and the command line run. Each takes an
installation and names, returns a small dict without personal data, and may be killed and run again at any moment: the
ledger in the warehouse says how far a unit is, whatever is prepared and not published is cleaned by the next who
prepares, and a step that is done already says so and changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.errors import GateFailed, UsageError
from config.gates import load_gates
from config.schemas import schema_named
from config.units import Unit, unit_named
from pipeline import approvals, batches, extraction
from pipeline.attempts import attempt
from pipeline.evidence import collect_evidence, quality_thresholds
from pipeline.installation import Installation
from pipeline.preparing import (
    Draft,
    Plan,
    Progress,
    draft_release,
    plan_release,
    prepare_draft,
    release_detail,
    release_summary,
)
from pipeline.versions import rules_version

if TYPE_CHECKING:
    from warehouse import Warehouse
    from warehouse.records import Approval, Prepared, Release

_LIVE, _ROLLED_BACK = "live", "rolled_back"


def gate(installation: Installation, unit: str) -> dict[str, Any]:
    """Whether a unit may be worked on now; the ledger stays as it is.

    Raises:
        GateFailed: a unit of the wave before is not live.
        ConfigurationError: the database schema is not that of this code.
    """
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        states = warehouse.unit_states()
        chosen = unit_named(unit)
        approvals.check_order(chosen, states)
        return {"unit": unit, "state": states[unit].state, "is_live": states[unit].state == _LIVE}


def points(installation: Installation, unit: str) -> list[str]:
    """Codes of the collection points a unit is extracted from."""
    return batches.points_of(unit_named(unit), deliveries_dir=installation.deliveries_dir)


def extract(installation: Installation, unit: str, point: str) -> dict[str, Any]:
    """Land, standardise and register what the systems of one point delivered for a unit."""
    chosen = unit_named(unit)
    if point not in points(installation, unit):
        raise UsageError(f"{point} is no collection point of {unit}")
    with installation.open_warehouse() as warehouse:
        taken = extraction.extract_point(installation, warehouse, chosen, point=point)
    return extraction.extraction_report(chosen, point, taken)


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
            _require_ready(installation, warehouse, chosen)
            _enter_landed(warehouse, unit, actor=requested_by, attempt_id=attempt_id)
            plan = _plan_cutover(warehouse, chosen)
            draft = draft_release(installation, warehouse, plan, progress=progress)
            evidence = _rehearsal_evidence(installation, warehouse, draft, unit=unit, actor=requested_by)
            evidence |= {"covers": _covers(warehouse, chosen, plan=plan), "requested_by": requested_by}
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
    if warehouse.unit_states()[unit].state in ("planned", _ROLLED_BACK):
        warehouse.move_unit(unit, to="landed", actor=actor, attempt_id=attempt_id)


def _require_ready(installation: Installation, warehouse: Warehouse, unit: Unit) -> None:
    """Order and deliveries; a unit whose deliveries are complete is landed."""
    states = warehouse.unit_states()
    if states[unit.name].state == _LIVE:
        raise GateFailed(f"{unit.name} is live already", hint="`blekit cutover rollback` takes it back first")
    approvals.check_order(unit, states)
    batches.require_deliveries(unit, warehouse.batches(), deliveries_dir=installation.deliveries_dir)


def _plan_cutover(warehouse: Warehouse, unit: Unit) -> Plan:
    own = batches.batches_for(unit, warehouse.batches(states=["accepted"]))
    return plan_release(warehouse, add=unit.name, batch_ids=own)


def _covers(warehouse: Warehouse, unit: Unit, *, plan: Plan) -> str:
    own = batches.batches_for(unit, warehouse.batches(states=["accepted"]))
    thresholds = {"gates": load_gates().model_dump(), "quality": quality_thresholds()}
    return approvals.covers_of(unit.name, batch_ids=own, plan=plan, thresholds=thresholds)


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
    names = (
        "covers",
        "content_hash",
        "parent",
        "customers",
        "customers_in_all",
        "queue",
        "expected_precision",
        "seconds",
    )
    return {**{name: evidence[name] for name in names}, **evidence["counts"]}


def approve(
    installation: Installation,
    unit: str,
    rehearsal_id: str,
    decision: str,
    actor: str,
    requested_by: str,
    reason: str,
) -> dict[str, Any]:
    """Record a Go or a No-go on a rehearsal; it covers what was rehearsed and nothing else.

    Raises:
        PermissionDenied: the account is the one that asked.
        GateFailed: the rehearsal is of another unit, did not pass, or what it covers has changed since.
    """
    approvals.check_approver(actor=actor, requested_by=requested_by, decision=decision)
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        rehearsal = warehouse.rehearsal(rehearsal_id)
        if rehearsal.unit != unit:
            raise GateFailed(f"rehearsal {rehearsal_id} is of {rehearsal.unit}, not of {unit}")
        # Whoever really asked is in the evidence; an empty or made-up requester must not let him approve himself.
        approvals.check_approver(actor=actor, requested_by=rehearsal.evidence["requested_by"], decision=decision)
        covers = str(rehearsal.evidence["covers"])
        if decision == "go":
            _require_current(warehouse, chosen, rehearsal_id=rehearsal_id, evidence=rehearsal.evidence)
        warehouse.record_approval(
            unit, rehearsal_id, covers=covers, decision=decision, actor=actor, requested_by=requested_by, reason=reason
        )
        if decision == "go":
            warehouse.move_unit(unit, to="approved", actor=actor, attempt_id=rehearsal_id, detail={"covers": covers})
    return {"unit": unit, "rehearsal_id": rehearsal_id, "decision": decision, "actor": actor, "covers": covers}


def _require_current(warehouse: Warehouse, unit: Unit, *, rehearsal_id: str, evidence: Any) -> None:
    if evidence["failures"]:
        raise GateFailed(f"rehearsal {rehearsal_id} failed and cannot be approved: {'; '.join(evidence['failures'])}")
    if evidence["covers"] != _covers(warehouse, unit, plan=_plan_cutover(warehouse, unit)):
        raise GateFailed(
            f"{unit.name}: batches, model, rules, decisions or thresholds changed since rehearsal {rehearsal_id}",
            hint=f"`blekit cutover rehearse {unit.name}` again",
        )


def is_approved(installation: Installation, unit: str) -> bool:
    """Whether what would be published of a unit now is approved, and the unit stands ready for it."""
    chosen = unit_named(unit)
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        if warehouse.unit_states()[unit].state != "approved":
            return False
        approval = warehouse.approval_for(unit, _covers(warehouse, chosen, plan=_plan_cutover(warehouse, chosen)))
        return approval is not None and approval.decision == "go"


def requester_of(installation: Installation, rehearsal_id: str) -> str:
    """Account that asked for a rehearsal."""
    with installation.open_warehouse() as warehouse:
        return str(warehouse.rehearsal(rehearsal_id).evidence["requested_by"])


def siblings_settled(installation: Installation, unit: str) -> bool:
    """Whether every elder unit of the wave is live, rolled back or refused by a recorded No-go."""
    with installation.open_warehouse() as warehouse:
        return not approvals.unsettled_siblings(warehouse, unit_named(unit))


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
        if state.state == _LIVE:
            return _as_it_is(warehouse, unit, release_no=state.release_no)
        with attempt(warehouse, unit, kind="publish", actor=actor):
            _require_publishable(installation, warehouse, chosen)
            release = _publish(installation, warehouse, chosen, actor=actor, progress=progress)
    return release_summary(release, unit=unit)


def _publish(
    installation: Installation, warehouse: Warehouse, unit: Unit, *, actor: str, progress: Progress | None
) -> Release:
    plan = _plan_cutover(warehouse, unit)
    covers = _covers(warehouse, unit, plan=plan)
    approval = _require_approval(warehouse, unit.name, covers=covers)
    rehearsed = warehouse.rehearsal(approval.rehearsal_id).evidence
    draft = draft_release(installation, warehouse, plan, progress=progress)
    prepared = prepare_draft(warehouse, draft, kind="cutover", actor=actor)
    try:
        # The evidence was about exactly this content, unless a sibling went live in between.
        if prepared.content_hash != rehearsed["content_hash"]:
            _gates_of_prepared(installation, warehouse, draft, prepared=prepared, unit=unit.name)
    except BaseException:
        warehouse.abandon(prepared.release_no)
        raise
    return warehouse.publish(
        prepared.release_no,
        actor=actor,
        unit=unit.name,
        unit_state=_LIVE,
        detail=release_detail(draft),
        covers=covers,
    )


def _require_publishable(installation: Installation, warehouse: Warehouse, unit: Unit) -> None:
    _require_ready(installation, warehouse, unit)
    if waiting := approvals.unsettled_siblings(warehouse, unit):
        raise GateFailed(
            f"{unit.name} publishes after {', '.join(waiting)}",
            hint="Publish or refuse (No-go) the elder sibling first",
        )


def _require_approval(warehouse: Warehouse, unit: str, *, covers: str) -> Approval:
    approval = warehouse.approval_for(unit, covers)
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


def _as_it_is(warehouse: Warehouse, unit: str, *, release_no: int | None) -> dict[str, Any]:
    release: Release | None = warehouse.release(release_no) if release_no is not None else warehouse.current()
    assert release is not None, "a live or rolled back unit has a release"
    return {**release_summary(release, unit=unit), "changed": False}


def rollback(
    installation: Installation,
    unit: str,
    actor: str,
    reason: str,
    verify: bool = False,
    *,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Publish a release without a unit, all else equal; ``verify`` compares it with one built from nothing.

    Raises:
        GateFailed: the unit is not live.
    """
    unit_named(unit)
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        state = warehouse.unit_states()[unit]
        if state.state == _ROLLED_BACK:
            summary = _as_it_is(warehouse, unit, release_no=state.release_no)
        elif state.state == _LIVE:
            with attempt(warehouse, unit, kind="rollback", actor=actor):
                release = _take_back(installation, warehouse, unit, actor=actor, reason=reason, progress=progress)
            summary = release_summary(release, unit=unit)
        else:
            raise GateFailed(f"{unit} is {state.state}, not live: there is nothing to take back")
        return {**summary, **(_control(installation, warehouse, summary) if verify else {})}


def _take_back(
    installation: Installation,
    warehouse: Warehouse,
    unit: str,
    *,
    actor: str,
    reason: str,
    progress: Progress | None,
) -> Release:
    draft = draft_release(installation, warehouse, plan_release(warehouse, remove=unit), progress=progress)
    prepared = prepare_draft(warehouse, draft, kind="rollback", actor=actor)
    detail = {**release_detail(draft), "reason": reason}
    return warehouse.publish(
        prepared.release_no, actor=actor, unit=unit, unit_state=_ROLLED_BACK, detail=detail, covers=None
    )


def _control(installation: Installation, warehouse: Warehouse, summary: dict[str, Any]) -> dict[str, Any]:
    """The hash of the same inputs built from nothing, beside the one the ledger reached through its history."""
    from warehouse.content_hash import content_hash, table_hash

    release = warehouse.release(summary["release_no"])
    if release.inputs.rules_version != rules_version():
        raise GateFailed(
            f"release {release.release_no} was made by other rules than those of today: it cannot be built again",
            hint="`blekit release verify` still compares its rows with the ledger",
        )
    tables = draft_release(installation, warehouse, Plan(release.inputs, release.parent)).content.tables
    control = content_hash({name: table_hash(table, schema_named(name)) for name, table in tables.items()})
    is_kept = warehouse.verify(release.release_no).equal
    return {"control_hash": control, "equal": control == release.content_hash and is_kept}


def apply_decisions(installation: Installation, actor: str, *, progress: Progress | None = None) -> dict[str, Any]:
    """Publish a release that honours the decisions stewards took since the current one; none, none published.

    Raises:
        GateFailed: nothing is live yet.
    """
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        current = warehouse.current()
        if current is None:
            raise GateFailed("no release yet: decisions are applied by the first cutover")
        plan = plan_release(warehouse)
        fresh = plan.inputs.decisions_up_to - current.inputs.decisions_up_to
        if not fresh:
            return {**release_summary(current), "applied": 0, "changed": False}
        draft = draft_release(installation, warehouse, plan, progress=progress)
        prepared = prepare_draft(warehouse, draft, kind="decisions", actor=actor)
        release = warehouse.publish(
            prepared.release_no, actor=actor, unit=None, unit_state=None, detail=release_detail(draft), covers=None
        )
    return {**release_summary(release), "applied": fresh}
