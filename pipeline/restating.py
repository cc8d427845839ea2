"""Releases that take no unit live: a unit taken back, decisions of stewards honoured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.errors import GateFailed
from config.units import unit_named
from pipeline.attempts import attempt
from pipeline.order import LIVE, ROLLED_BACK
from pipeline.preparing import (
    Plan,
    Progress,
    draft_release,
    hash_of_content,
    plan_release,
    prepare_draft,
    release_detail,
    release_summary,
)
from pipeline.publishing import as_it_is
from pipeline.versions import rules_version

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Release


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
        if state.state == ROLLED_BACK:
            summary = as_it_is(warehouse, unit, release_no=state.release_no)
        elif state.state == LIVE:
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
    plan = plan_release(warehouse, remove=unit)
    draft = draft_release(installation, warehouse, plan, from_parent=True, progress=progress)
    prepared = prepare_draft(warehouse, draft, kind="rollback", actor=actor)
    detail = {**release_detail(draft), "reason": reason}
    return warehouse.publish(
        prepared.release_no, actor=actor, unit=unit, unit_state=ROLLED_BACK, detail=detail, covers=None
    )


def _control(installation: Installation, warehouse: Warehouse, summary: dict[str, Any]) -> dict[str, Any]:
    """The hash of the same inputs built from nothing, beside the one the ledger reached through its history."""
    release = warehouse.release(summary["release_no"])
    if release.inputs.rules_version != rules_version():
        raise GateFailed(
            f"release {release.release_no} was made by other rules than those of today: it cannot be built again",
            hint="`blekit release verify` still compares its rows with the ledger",
        )
    tables = draft_release(installation, warehouse, Plan(release.inputs, release.parent)).content.tables
    control = hash_of_content(tables)
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
        draft = draft_release(installation, warehouse, plan, from_parent=True, progress=progress)
        prepared = prepare_draft(warehouse, draft, kind="decisions", actor=actor)
        release = warehouse.publish(
            prepared.release_no, actor=actor, unit=None, unit_state=None, detail=release_detail(draft), covers=None
        )
    return {**release_summary(release), "applied": fresh}
