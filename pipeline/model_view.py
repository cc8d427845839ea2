"""Models as commands show them: which there are, and what is in one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.models import SHIPPED, active_version, find_model, is_file_of_model, shipped_model

if TYPE_CHECKING:
    from dedupe import Model
    from pipeline.installation import Installation

Row = dict[str, Any]
PARTY_KINDS = ("person", "firm")


def describe_model(installation: Installation, name: str | None = None) -> Row:
    """A model, whole, and what its numbers mean; the one in use when no name is given.

    A file, and the model that ships, are shown without asking the warehouse.

    Raises:
        UsageError: no such model.
        ConfigurationError: it was made for other comparisons or levels than this code has.
    """
    if name is not None and (name == SHIPPED or is_file_of_model(name)):
        return _described(*find_model(None, name))
    with installation.open_warehouse() as warehouse:
        return _described(*find_model(warehouse, name or active_version(warehouse)))


def _described(version: str, model: Model) -> Row:
    from dedupe.match_weights import class_shares, level_weights, thresholds

    return {
        "version": version,
        "trained_on": dict(model.trained_on),
        "costs": model.matching.costs.model_dump(),
        "thresholds": asdict(thresholds(model.matching.costs)),
        "classes": {kind: [asdict(one) for one in class_shares(model, kind)] for kind in PARTY_KINDS},
        "weights": {kind: [asdict(one) for one in level_weights(model, kind)] for kind in PARTY_KINDS},
        "model": model.to_dict(),
    }


def model_rows(installation: Installation) -> list[Row]:
    """Models kept here and the one that ships, with the releases made with each."""
    with installation.open_warehouse() as warehouse:
        registered, releases, active = warehouse.models(), warehouse.releases(), active_version(warehouse)
    rows: list[Row] = [
        {"version": one.version, "registered_at": one.registered_at.isoformat(), "registered_by": one.registered_by}
        for one in registered
    ]
    if shipped_model().version not in {row["version"] for row in rows}:
        rows.append({"version": shipped_model().version, "registered_at": None, "registered_by": None})
    for row in rows:
        made = [
            each.release_no
            for each in releases
            if each.state == "published" and each.inputs.model_version == row["version"]
        ]
        is_shipped = row["version"] == shipped_model().version
        row |= {"is_active": row["version"] == active, "is_shipped": is_shipped, "releases": made}
    return rows
