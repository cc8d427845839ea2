"""What is seen only when events of several systems are looked at together, with the parties of all.

A payment of nobody; a name that goes on in the record of the party; a site whose clock is off beside the desks it wrote
to; a counter that counts something else than it did last year. Each becomes findings of the delivery it is in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.kinds import all_kinds
from config.sources import source_with_id
from config.units import UNIT_NAMES
from pipeline.landing import delivery_of
from pipeline.live_events import party_names
from pipeline.livesets import LiveSet, live_set
from pipeline.standardising import StandardBatch

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse

NEEDS_A_PARTY = ("payment", "work_order")
"""Types of events that are somebody's; whoever asks something may stay unknown."""
PARTY_UNKNOWN, CUT_OFF, CLOCK, UNIT = "party_unknown", "text_cut_off", "clock_skew", "unit_changed"


@dataclass(frozen=True)
class Seen:
    """By batch: ``record_no`` and ``code`` of what is odd."""

    rows: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    files: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    """Of a whole file (no ``record_no``), or of everything in it from that record on."""


def seen_together(batches: Sequence[StandardBatch], *, known_accounts: Collection[str]) -> Seen:
    """What is odd about the events of these batches.

    Args:
        batches: parties and events.
        known_accounts: whoever names one of these is somebody, though he may not be loaded.
    """
    live = live_set(batches, units=UNIT_NAMES)
    rows = [_nobodys(live.events, known_accounts), _cut_names(live, batches)]
    return Seen(rows=_by_batch(rows), files=_by_batch(_of_files(live.events)))


def clocks_that_are_off(installation: Installation, warehouse: Warehouse) -> list[dict[str, Any]]:
    """Deliveries of an installation whose site's clock was off, by the names of ``clocks.CLOCKS``, for JSON."""
    from transforms.events.clocks import CLOCKS, skewed_clocks

    live, _ = installed_live_set(installation, warehouse)
    found = skewed_clocks(live.events).round({"offset_s": 0, "low_s": 0, "high_s": 0})
    whole = found.astype({"offset_s": "int64", "low_s": "int64", "high_s": "int64"})
    rows = whole.assign(first_on=whole["first_on"].astype(str), last_on=whole["last_on"].astype(str))
    return [{str(name): row[name] for name in CLOCKS} for row in rows.to_dict("records")]


def installed_live_set(installation: Installation, warehouse: Warehouse) -> tuple[LiveSet, list[tuple[str, str]]]:
    """The live set of all units over everything an installation accepted; and source and folder of those deliveries."""
    from pipeline.extraction import standard_batches

    accepted = [batch for batch in warehouse.batches() if batch.state == "accepted"]
    batches = standard_batches(installation, accepted)
    return live_set(batches, units=UNIT_NAMES), [delivery_of(batch.landed) for batch in batches]


def _of_files(events: pa.Table) -> list[pd.DataFrame]:
    from transforms.events.clocks import skewed_clocks
    from transforms.events.units import changed_units

    clocks, units = skewed_clocks(events)[["batch_id"]], changed_units(events)[["batch_id", "sequence"]]
    return [
        clocks.assign(record_no=pd.Series(pd.NA, index=clocks.index, dtype="Int64"), code=CLOCK),
        units.rename(columns={"sequence": "record_no"}).astype({"record_no": "Int64"}).assign(code=UNIT),
    ]


def _by_batch(found: Sequence[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    together = pd.concat(found, ignore_index=True)
    return {str(batch_id): rows.drop(columns="batch_id") for batch_id, rows in together.groupby("batch_id")}


def _nobodys(events: pa.Table, known_accounts: Collection[str]) -> pd.DataFrame:
    """Payments and work orders of nobody: a payment without customer, a job without its order."""
    is_nobodys = pc.is_in(events["resolved_by"], pa.array(["anonymous", "unresolved"]))
    is_somebodys = pc.is_in(events["event_type"], pa.array(NEEDS_A_PARTY))
    is_named = pc.is_in(events["party_account"], pa.array(sorted(known_accounts), pa.string()))
    is_orphan = pc.and_(pc.and_(is_nobodys, is_somebodys), pc.invert(is_named))
    return _rows(events.filter(is_orphan), PARTY_UNKNOWN)


def _cut_names(live: LiveSet, batches: Sequence[StandardBatch]) -> pd.DataFrame:
    """Events with a name that fills its field and goes on in the record of their party."""
    from transforms.events.party_names import folded_name

    named = live.events.filter(_fills_its_field(live.events))
    records = live.records.filter(pc.is_in(live.records["record_id"], named["record_id"].combine_chunks()))
    both = named.select(["batch_id", "sequence", "record_id", "party_name"]).to_pandas()
    both = both.merge(party_names(batches, records), on="record_id", how="inner")
    typed = both["party_name"].map(folded_name)
    goes_on = [name != one and name.startswith(one) for one, name in zip(typed, both["name"], strict=True)]
    cut = both[np.array(goes_on, dtype=np.bool_)].drop_duplicates(["batch_id", "sequence"])
    return _rows(pa.Table.from_pandas(cut[["batch_id", "sequence"]], preserve_index=False), CUT_OFF)


def _fills_its_field(events: pa.Table) -> pa.Array:
    """Whether an event's name is as long as its kind can write; false where it tells none or nobody knows the width."""
    widths = {
        name: kind.widths[column]
        for name, kind in all_kinds().items()
        if kind.is_event
        for column in kind.columns_with("party_name")
        if column in kind.widths
    }
    by_source = {
        source_id: widths.get(source_with_id(source_id).kind_name)
        for source_id in events["source_id"].unique().to_pylist()
    }
    width = events["source_id"].to_pandas().map(by_source).astype("float64")
    letters = events["party_name"].to_pandas().astype("string").str.len().astype("Float64")
    return pa.array((letters >= width).fillna(False).astype(bool))


def _rows(events: pa.Table, code: str) -> pd.DataFrame:
    found = events.select(["batch_id", "sequence"]).to_pandas().rename(columns={"sequence": "record_no"})
    coded: pd.DataFrame = found.astype({"record_no": "int64"}).assign(code=code)
    return coded
