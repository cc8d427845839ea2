"""The order of the rollout, as the ledger enforces it.

Airflow's assets start units in the right order; they are a convenience. Here is the authority: a unit is worked on when
the wave before is live, and published after its elder siblings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import GateFailed
from config.units import Unit, elder_siblings, predecessors
from pipeline.batches import require_deliveries

if TYPE_CHECKING:
    from warehouse import Warehouse
    from warehouse.records import UnitState

LIVE, ROLLED_BACK = "live", "rolled_back"
_SETTLED = (LIVE, ROLLED_BACK)


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


def require_ready(warehouse: Warehouse, unit: Unit, *, deliveries_dir: Path) -> None:
    """Raise unless a unit may be rehearsed or published: not live, its turn, all its deliveries accepted.

    Raises:
        GateFailed: names what is missing.
    """
    states = warehouse.unit_states()
    if states[unit.name].state == LIVE:
        raise GateFailed(f"{unit.name} is live already", hint="`blekit cutover rollback` takes it back first")
    check_order(unit, states)
    require_deliveries(unit, warehouse.batches(), deliveries_dir=deliveries_dir)
