"""The events of a release: the latest version of each, with the party it belongs to.

An event belongs to the unit of its party, else to the unit of its system. Whose it is is looked up among the parties of
all units: a call of a customer of Kraków does not become Poznań's because Kraków is not live yet, it waits for Kraków.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    units = {source.source_id: source.unit for source in all_sources()}
    placed = find_parties(events, keys, unit_of_source=units, names=_names_asked_for(events, batches, parties))
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


def _names_asked_for(events: pa.Table, batches: Sequence[StandardBatch], parties: pa.Table) -> pd.DataFrame:
    """Names of the parties with a telephone or address that an event tells together with a name."""
    named = events.filter(pc.is_valid(events["party_name"]))
    is_asked = pc.or_kleene(
        pc.or_kleene(*(pc.is_in(parties[name], named["party_phone"].drop_null()) for name in ("phone", "phone_2"))),
        pc.is_in(parties["email"], named["party_email"].drop_null()),
    )
    return party_names(batches, parties.filter(is_asked))


def party_names(batches: Sequence[StandardBatch], parties: pa.Table) -> pd.DataFrame:
    """``record_id`` and ``name`` of these party records, folded, as stored in their systems: a row for each order."""
    wanted = parties.select(["record_id", "batch_id", "sequence"]).to_pandas()
    stored = {batch.batch_id: batch for batch in batches if not batch.is_event}
    frames = []
    for batch_id, its in wanted.groupby("batch_id"):
        for names in _stored_names(stored[str(batch_id)], its["sequence"]):
            frames.append(its.merge(names, on="sequence", how="inner", validate="m:1")[["record_id", "name"]])
    # pandas warns of joining frames in which no name stands.
    frames = [frame for frame in frames if frame["name"].notna().any()]
    together = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["record_id", "name"])
    return together.drop_duplicates(ignore_index=True)


def _stored_names(batch: StandardBatch, sequences: pd.Series) -> Iterator[pd.DataFrame]:
    """``sequence`` and ``name`` of rows of a batch, once per order; nothing where its kind stores no names."""
    from transforms.events.party_names import GIVEN_ROLE, MAIN_ROLES, names_of

    kind = source_with_id(batch.landed.source_id).kind
    columns = {role: found[0] for role in (*MAIN_ROLES, GIVEN_ROLE) if (found := kind.columns_with(role))}
    if not columns:
        return
    raw = pq.read_table(batch.landed.folder / "raw.parquet", columns=[*columns.values(), "_record_no"])
    raw = raw.filter(pc.is_in(raw["_record_no"], pa.array(sequences.astype("int64"))))
    texts = {role: raw[column].to_pandas().astype("string") for role, column in columns.items()}
    for names in names_of(texts):
        yield pd.DataFrame({"sequence": raw["_record_no"].to_pandas(), "name": names})


def facts_of(events: pa.Table) -> dict[str, pa.Table]:
    """The fact tables of placed events, by name; every type has one, if only an empty one."""
    return {each.fact.name: _fact(events, each) for each in EVENT_TYPES}


def _fact(events: pa.Table, event_type: EventType) -> pa.Table:
    schema = event_type.fact
    rows = events.filter(pc.equal(events["event_type"], event_type.name))
    return schema.check(rows.select(list(schema.names)).cast(schema.arrow).combine_chunks())
