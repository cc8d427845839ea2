"""The events of a release: the latest version of each, with the party it belongs to.

An event belongs to the unit of its party, else to the unit of its system. Whose it is is looked up among the parties of
all units: a call of a customer of Kraków does not become Poznań's because Kraków is not live yet, it waits for Kraków.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.events import EVENT_RECORD, EVENT_TYPES, EventType
from config.sources import all_sources, source_with_id
from pipeline.standardising import StandardBatch

PLACED = ("unit", "record_id", "resolved_by")
"""What stands beside the columns of EVENT_RECORD once the party was looked for."""


def placed_events(batches: Sequence[StandardBatch], loaded: pd.DataFrame, *, parties: pa.Table) -> pa.Table:
    """The latest events with their parties, of whatever unit.

    Args:
        batches: of the release, parties and events.
        loaded: ``batch_id`` and ``record_no`` of the rows that count.
        parties: live party records of all units.
    """
    from transforms import find_parties, keys_of_parties

    if not any(batch.is_event for batch in batches):
        return pa.schema([*EVENT_RECORD.arrow, *(pa.field(name, pa.string()) for name in PLACED)]).empty_table()
    by_batch = {batch_id: rows["record_no"] for batch_id, rows in loaded.groupby("batch_id")}
    tables = []
    for batch in batches:
        wanted = by_batch.get(batch.batch_id)
        if batch.is_event and wanted is not None:
            records = batch.records()
            tables.append(records.filter(pc.is_in(records["sequence"], pa.array(wanted.astype("int64")))))
    events = pa.concat_tables(tables).combine_chunks() if tables else EVENT_RECORD.empty()
    keys = keys_of_parties(parties, account_numbers(batches, parties))
    placed = find_parties(events, keys, unit_of_source={source.source_id: source.unit for source in all_sources()})
    for name in PLACED:
        events = events.append_column(pa.field(name, pa.string()), placed[name].cast(pa.string()))
    return events.sort_by("event_id")


def account_numbers(batches: Sequence[StandardBatch], parties: pa.Table) -> pa.Array:
    """Account number of each party record as its system stores it, cleaned; null where the kind has none."""
    from transforms.events.references import clean_accounts

    frames = [frame for batch in batches if not batch.is_event and (frame := _stored_accounts(batch)) is not None]
    wanted = pd.DataFrame(
        {"batch_id": parties["batch_id"].to_pandas(), "sequence": parties["sequence"].to_pandas().astype("int64")}
    )
    if not frames:
        return pa.nulls(parties.num_rows, pa.string())
    stored = pd.concat(frames, ignore_index=True)
    found = wanted.merge(stored, on=["batch_id", "sequence"], how="left", validate="m:1")
    return pa.array(clean_accounts(found["account"].astype("string")), pa.string(), from_pandas=True)


def _stored_accounts(batch: StandardBatch) -> pd.DataFrame | None:
    columns = source_with_id(batch.landed.source_id).kind.columns_with("account_number")
    if not columns:
        return None
    raw = pq.read_table(batch.landed.folder / "raw.parquet", columns=[columns[0], "_record_no"])
    return pd.DataFrame(
        {
            "batch_id": batch.batch_id,
            "sequence": raw["_record_no"].to_pandas().astype("int64"),
            "account": raw[columns[0]].to_pandas(),
        }
    )


def facts_of(events: pa.Table) -> dict[str, pa.Table]:
    """The fact tables of placed events, by name; every type has one, if only an empty one."""
    return {each.fact.name: _fact(events, each) for each in EVENT_TYPES}


def _fact(events: pa.Table, event_type: EventType) -> pa.Table:
    schema = event_type.fact
    rows = events.filter(pc.equal(events["event_type"], event_type.name))
    return schema.check(rows.select(list(schema.names)).cast(schema.arrow).combine_chunks())
