"""Cutovers: one unit at a time from planned to live, and back.

``gate → points → extract → rehearse → approve → publish`` is what Airflow and the command line run. Each takes an
installation and names, returns a small dict without personal data, and may be killed and run again at any moment: the
ledger in the warehouse says how far a unit is, whatever is prepared and not published is cleaned by the next who
prepares, and a step that is done already says so and changes nothing.
"""

from __future__ import annotations

from typing import Any

from config.errors import UsageError
from config.units import unit_named
from pipeline import batches, extraction
from pipeline.approvals import approve, is_approved, requester_of, siblings_settled
from pipeline.feeding import extract_feed, feed_points, publish_feed
from pipeline.fetching import located_sources
from pipeline.installation import Installation
from pipeline.order import LIVE, check_order
from pipeline.publishing import publish
from pipeline.rehearsing import rehearse
from pipeline.restating import apply_decisions, rollback

__all__ = [
    "apply_decisions",
    "approve",
    "extract",
    "extract_feed",
    "feed_points",
    "gate",
    "is_approved",
    "points",
    "publish",
    "publish_feed",
    "rehearse",
    "requester_of",
    "rollback",
    "siblings_settled",
]


def gate(installation: Installation, unit: str) -> dict[str, Any]:
    """Whether a unit may be worked on now; the ledger stays as it is.

    Raises:
        GateFailed: a unit of the wave before is not live.
        ConfigurationError: the database schema is not that of this code.
    """
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        states = warehouse.unit_states()
        is_live = states[unit_named(unit).name].state == LIVE
        if not is_live:
            # A live unit stays live when one before it is taken back: there is nothing to refuse.
            check_order(unit_named(unit), states)
        return {"unit": unit, "state": states[unit].state, "is_live": is_live}


def points(installation: Installation, unit: str) -> list[str]:
    """Codes of the collection points a unit is extracted from, those with a service to be asked among them."""
    chosen = unit_named(unit)
    asked = {
        source.point_code for source in located_sources(installation) if batches.is_asked_for(chosen, source=source)
    }
    return sorted(asked.union(batches.points_of(chosen, deliveries_dir=installation.deliveries_dir)))


def extract(installation: Installation, unit: str, point: str) -> dict[str, Any]:
    """Land, standardise and register what the systems of one point delivered for a unit."""
    chosen = unit_named(unit)
    if point not in points(installation, unit):
        raise UsageError(f"{point} is no collection point of {unit}")
    with installation.open_warehouse() as warehouse:
        taken = extraction.extract_point(installation, warehouse, chosen, point=point)
    return extraction.extraction_report(unit, point, taken)
