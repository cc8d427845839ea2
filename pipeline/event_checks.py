"""Reconciliation of events: per system and type, landing against the fact tables, and money to the grosz.

Resolved and unresolved events together are all events, in every fact: an event whose party nobody knows is counted
with the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.events import EVENT_TYPES, EventType

MONEY = "amount_grosze"
CENTRAL_COLUMNS = {
    each.fact.name: ["source_id", "unit", "record_id", *([MONEY] if MONEY in each.measures else [])]
    for each in EVENT_TYPES
}
"""What is read of the fact tables of a release."""


@dataclass(frozen=True)
class Difference:
    """One comparison: what the landing says, what the fact table says."""

    name: str
    source_id: str
    legacy: int
    central: int


def event_differences(events: pa.Table, central: Mapping[str, pa.Table], *, unit: str) -> Iterator[Difference]:
    """Every comparison of a unit, equal ones too, by system and type.

    Args:
        events: live events as made from the landing.
        central: :data:`CENTRAL_COLUMNS` of the release as the warehouse gives them.
        unit: unit to reconcile.
    """
    own = events.filter(pc.equal(events["unit"], unit))
    for each in EVENT_TYPES:
        landed = _totals(own.filter(pc.equal(own["event_type"], each.name)), each)
        stands = central[each.fact.name]
        loaded = _totals(stands.filter(pc.equal(stands["unit"], unit)), each)
        both = landed.join(loaded, how="outer", lsuffix="_legacy", rsuffix="_central").fillna(0).astype("int64")
        for source_id, row in both.sort_index().iterrows():
            for measure in landed.columns:
                legacy, found = int(row[f"{measure}_legacy"]), int(row[f"{measure}_central"])
                yield Difference(f"loaded_{each.name}_{measure}", str(source_id), legacy, found)


def _totals(table: pa.Table, event_type: EventType) -> pd.DataFrame:
    """Events, resolved ones and amounts per system."""
    frame = pd.DataFrame({"source_id": table["source_id"].to_pandas(), "events": 1})
    frame["resolved"] = table["record_id"].is_valid().to_pandas().astype("int64")
    if MONEY in event_type.measures:
        frame[MONEY] = pc.fill_null(table[MONEY], 0).to_pandas().astype("int64")
    return frame.groupby("source_id").sum()
