"""The live set: which version of which record counts in a release (DESIGN §12).

A system delivers its customers again and again. The latest row of each raw key counts, by business date, then sequence
of the delivery, then position in it, never by arrival. If that latest row was deleted, excluded or quarantined, the
customer is not live: an older row of a deleted customer does not come back. What becomes of each row is one of
loaded, quarantined, excluded, superseded or suppressed, so that delivered is always their sum, per source and per unit.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BugError
from config.schemas import PARTY_RECORD, QUARANTINE
from config.sources import source_with_id
from pipeline.live_events import placed_events
from pipeline.standardising import EXCLUDED, FATES, REJECTED, STANDARD, StandardBatch, unit_of_delivery

CATEGORIES = ("loaded", "quarantined", "excluded", "superseded", "suppressed")
"""What a delivered record may become; each is exactly one of these."""

_ROW_COLUMNS = [*FATES.names, "batch_id", "source_id", "business_date", "delivery", "file"]
_CATEGORY_OF_FATE = {STANDARD: "superseded", REJECTED: "quarantined", EXCLUDED: "excluded"}


@dataclass(frozen=True)
class LiveSet:
    """What counts in a release with these units and batches."""

    records: pa.Table
    """Standard records that are live."""
    events: pa.Table
    """Events that are live, in the columns of EVENT_RECORD and :data:`pipeline.live_events.PLACED`."""
    first_seen: dict[str, dt.date]
    """Business date on which each live record was first delivered."""
    quarantine: pa.Table
    """Content table of what was not loaded."""
    counts: Mapping[tuple[str, str], Mapping[str, int]]
    """Per source and live unit: ``delivered`` and each of :data:`CATEGORIES`."""
    waiting: Mapping[str, int]
    """Per source of events: rows that belong to units that are not live."""

    def of_unit(self, unit: str) -> dict[str, int]:
        """Counts of a unit over all its sources."""
        return _summed(counts for (_, its_unit), counts in self.counts.items() if its_unit == unit)

    def of_source(self, source_id: str) -> dict[str, int]:
        """Counts of a source over all its units."""
        return _summed(counts for (source, _), counts in self.counts.items() if source == source_id)


def _summed(rows: Iterable[Mapping[str, int]]) -> dict[str, int]:
    together = dict.fromkeys(("delivered", *CATEGORIES), 0)
    for counts in rows:
        for name, count in counts.items():
            together[name] += count
    return together


def live_set(batches: Sequence[StandardBatch], *, units: Collection[str]) -> LiveSet:
    """The live records of these batches in these units, whatever the order the batches are given in."""
    ordered = sorted(batches, key=lambda b: (b.landed.business_date, b.landed.source_id, b.landed.sequence, b.batch_id))
    rows = _rows(ordered)
    loaded = rows[rows["category"] == "loaded"]
    parties = _records(ordered, loaded)
    events = placed_events(ordered, loaded, parties=parties)
    rows = _at_party(rows, events)
    is_live = rows["unit"].isin(list(units))
    is_event = rows["source_id"].isin(_event_sources(ordered))
    records = parties.filter(pc.is_in(parties["unit"], pa.array(list(units), pa.string())))
    return LiveSet(
        records=records,
        events=events.filter(pc.is_in(events["unit"], pa.array(list(units), pa.string()))),
        first_seen=first_seen([batch for batch in ordered if not batch.is_event], records),
        quarantine=_quarantine(rows[is_live], _spans(ordered, units=units)),
        counts=_counts(rows[is_live], ordered, units=units),
        waiting={str(key): int(n) for key, n in rows.loc[is_event & ~is_live, "source_id"].value_counts().items()},
    )


def _event_sources(batches: Sequence[StandardBatch]) -> set[str]:
    return {batch.landed.source_id for batch in batches if batch.is_event}


def _at_party(rows: pd.DataFrame, events: pa.Table) -> pd.DataFrame:
    """Rows of events in the unit of their party, versions that were superseded beside the one that counts."""
    if not events.num_rows:
        return rows
    placed = events.select(["source_id", "raw_key", "unit"]).to_pandas(types_mapper=_nullable)
    placed = placed.rename(columns={"unit": "party_unit"})
    joined = rows.merge(placed, on=["source_id", "raw_key"], how="left", validate="m:1")
    return joined.assign(unit=joined["party_unit"].fillna(joined["unit"])).drop(columns="party_unit")


def _rows(batches: Sequence[StandardBatch]) -> pd.DataFrame:
    """Every delivered raw record with its category, whatever its unit."""
    frames = [
        batch.fates()
        .to_pandas(types_mapper=_nullable)
        .assign(
            batch_id=batch.batch_id,
            source_id=batch.landed.source_id,
            business_date=batch.landed.business_date,
            delivery=batch.landed.sequence,
            file=batch.landed.main_file,
        )
        for batch in batches
    ]
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_ROW_COLUMNS)
    rows = rows.sort_values(["source_id", "business_date", "delivery", "batch_id", "record_no"], ignore_index=True)
    is_latest = rows["raw_key"].notna() & ~rows.duplicated(["source_id", "raw_key"], keep="last")
    rows["category"] = rows["fate"].map(_CATEGORY_OF_FATE)
    rows.loc[is_latest & (rows["fate"] == STANDARD), "category"] = "loaded"
    return rows


def _nullable(type_: pa.DataType) -> object:
    return {pa.string(): pd.StringDtype(), pa.int64(): pd.Int64Dtype()}.get(type_)


def _spans(batches: Sequence[StandardBatch], *, units: Collection[str]) -> pd.DataFrame:
    """Quarantined spans of the batches, with the unit they count for."""
    frames = []
    for batch in batches:
        landed = batch.landed
        unit = unit_of_batch(batch)
        if unit in units:
            spans = landed.spans().to_pandas(types_mapper=_nullable)
            frames.append(spans.assign(batch_id=batch.batch_id, source_id=landed.source_id, unit=unit))
    columns = ["batch_id", "file", "offset", "reason", "length", "source_id", "unit", "detail"]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _records(batches: Sequence[StandardBatch], loaded: pd.DataFrame) -> pa.Table:
    """Standard records of the loaded rows; a second party lives and dies with the row it came in."""
    by_batch = {batch_id: set(rows["record_no"]) for batch_id, rows in loaded.groupby("batch_id")}
    tables = []
    for batch in batches:
        wanted = by_batch.get(batch.batch_id)
        if wanted and not batch.is_event:
            records = batch.records()
            tables.append(records.filter(pc.is_in(records["sequence"], pa.array(sorted(wanted), pa.int64()))))
    if not tables:
        return PARTY_RECORD.empty()
    return PARTY_RECORD.check(pa.concat_tables(tables).sort_by("record_id").combine_chunks())


def first_seen(batches: Sequence[StandardBatch], records: pa.Table) -> dict[str, dt.date]:
    """Business date of the first delivery of each of these records, in whichever version."""
    first: dict[str, dt.date] = {}
    live = records["record_id"]
    for batch in sorted(batches, key=lambda each: each.landed.business_date):  # the first one stays
        ids = batch.record_ids()
        for record_id in ids.filter(pc.is_in(ids, live)).to_pylist():
            first.setdefault(record_id, batch.landed.business_date)
    return first


def _quarantine(rows: pd.DataFrame, spans: pd.DataFrame) -> pa.Table:
    """Content table: spans no reader could make a record of, and records no cleaner could make a party of."""
    rejected = rows[rows["fate"] == REJECTED]
    parts = [part for part in (spans, rejected[spans.columns]) if len(part)]
    together = pd.concat(parts, ignore_index=True) if parts else spans
    together = together.drop_duplicates(list(QUARANTINE.key)).sort_values(list(QUARANTINE.key))
    table = pa.Table.from_pandas(together[list(QUARANTINE.names)], schema=QUARANTINE.arrow, preserve_index=False)
    return QUARANTINE.check(table)


def unit_of_batch(batch: StandardBatch) -> str:
    """Unit that what could not be read of a batch counts for."""
    return unit_of_delivery(source_with_id(batch.landed.source_id), batch.landed.business_date)


def _counts(
    rows: pd.DataFrame, batches: Sequence[StandardBatch], *, units: Collection[str]
) -> dict[tuple[str, str], dict[str, int]]:
    counts: dict[tuple[str, str], dict[str, int]] = {}

    def add(source_id: str, unit: str, category: str, number: int) -> None:
        own = counts.setdefault((source_id, unit), dict.fromkeys(("delivered", *CATEGORIES), 0))
        own[category] += number
        own["delivered"] += number

    sizes = rows.groupby(["source_id", "unit", "category"]).size().reset_index(name="number")
    for source_id, unit, category, number in sizes.itertuples(index=False):
        add(source_id, unit, category, int(number))
    for batch in batches:
        if batch.landed.quarantined and unit_of_batch(batch) in units:
            add(batch.landed.source_id, unit_of_batch(batch), "quarantined", batch.landed.quarantined)
    return dict(sorted(counts.items()))


def check_conservation(live: LiveSet, batches: Sequence[StandardBatch], *, units: Collection[str]) -> None:
    """Raise unless delivered = loaded + quarantined + excluded + superseded + suppressed, counted independently.

    Raises:
        BugError: records were lost or made up; names the sources.
    """
    events = _event_sources(batches)
    delivered = _delivered([batch for batch in batches if not batch.is_event], units=units)
    counted = {
        key: sum(counts[name] for name in CATEGORIES) for key, counts in live.counts.items() if key[0] not in events
    }
    _check_events(live, batches, sources=events, units=units)
    if wrong := sorted(key for key in delivered.keys() | counted.keys() if delivered.get(key) != counted.get(key)):
        raise BugError(
            "delivered is not loaded + quarantined + excluded + superseded + suppressed for "
            + ", ".join(f"{source}/{unit}" for source, unit in wrong)
        )
    loaded = int(pc.sum(pc.equal(live.records["part"], 1)).as_py() or 0) + live.events.num_rows
    claimed = sum(counts["loaded"] for counts in live.counts.values())
    if loaded != claimed:
        raise BugError(f"{claimed} records counted as loaded, {loaded} are live")


def _check_events(
    live: LiveSet, batches: Sequence[StandardBatch], *, sources: Collection[str], units: Collection[str]
) -> None:
    """Whatever its unit, each delivered event row is counted once, live or waiting for its unit."""
    landed = dict.fromkeys(sources, 0)
    counted = {source_id: live.waiting.get(source_id, 0) for source_id in sources}
    for batch in batches:
        if batch.is_event:
            # Spans no reader could make out count only where the unit of the delivery is live.
            is_counted = unit_of_batch(batch) in units
            landed[batch.landed.source_id] += batch.landed.delivered - (0 if is_counted else batch.landed.quarantined)
    for (source_id, _), counts in live.counts.items():
        if source_id in counted:
            counted[source_id] += sum(counts[name] for name in CATEGORIES)
    if wrong := sorted(source_id for source_id in sources if landed[source_id] != counted[source_id]):
        raise BugError(f"event rows were lost or made up: {', '.join(wrong)}")


def _delivered(batches: Sequence[StandardBatch], *, units: Collection[str]) -> Mapping[tuple[str, str], int]:
    """Delivered records per source and unit, from what landing counted."""
    delivered: dict[tuple[str, str], int] = {}
    for batch in batches:
        landed = batch.landed
        shares = {entry["values"]: entry["counts"] for entry in pc.value_counts(batch.fates()["unit"]).to_pylist()}
        unreadable = landed.delivered - sum(shares.values())
        home = unit_of_batch(batch)
        shares[home] = shares.get(home, 0) + unreadable
        for unit, share in shares.items():
            if unit in units and share:
                key = (landed.source_id, unit)
                delivered[key] = delivered.get(key, 0) + share
    return delivered
