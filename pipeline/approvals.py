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
from config.units import Unit, elder_siblings, predecessors
from pipeline.preparing import Plan

if TYPE_CHECKING:
    from warehouse import Warehouse
    from warehouse.records import UnitState

DECISIONS = ("go", "no_go")
_SETTLED = ("live", "rolled_back")


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


def check_order(unit: Unit, states: Mapping[str, UnitState]) -> None:
    """Raise unless every unit of the wave before is live.

    Raises:
        GateFailed: names the units that are not, and their states.
    """
    waiting = [
        f"{other.name} is {states[other.name].state}"
        for other in predecessors(unit)
        if states[other.name].state != "live"
    ]
    if waiting:
        raise GateFailed(
            f"{unit.name} may not go yet: {', '.join(waiting)}",
            hint="Units go live in the order of `blekit cutover plan`",
        )


def unsettled_siblings(warehouse: Warehouse, unit: Unit) -> list[str]:
    """Elder units of the same wave that are neither live, rolled back nor refused by a recorded No-go."""
    states = warehouse.unit_states()
    return [
        other.name
        for other in elder_siblings(unit)
        if states[other.name].state not in _SETTLED and not _is_refused(warehouse, other.name)
    ]


def _is_refused(warehouse: Warehouse, unit: str) -> bool:
    """Whether the last word on a unit, whatever it covered, was No-go."""
    last = warehouse.last_approval(unit)
    return last is not None and last.decision == "no_go"
