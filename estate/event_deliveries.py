"""Deliveries of events: what each system tells, when, and the truth about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from config.sources import SourceSystem, all_sources
from estate.deliveries import Delivery, write_delivery
from estate.draw import Ints, Texts, stream
from estate.event_services import DROPS, leave_in_drop, write_served
from estate.life import Demand, Life
from estate.life.book import source_position
from estate.people import NONE
from estate.rates import Rates
from estate.systems.events import WRITERS, EventWriter, Period, Telling, WrittenEvents
from estate.systems.events.periods import BEGINNING, periods_of
from estate.world import World

EVENTS = pa.schema(
    [
        ("source_id", pa.string()),
        ("delivery", pa.string()),
        ("raw_key", pa.string()),
        ("kind", pa.string()),
        ("record_source", pa.string()),
        ("record_key", pa.string()),
        ("entity_id", pa.string()),
    ]
)
"""One row per record of an event: which record of which system its party is, null where nobody can know; a
delivery that is made of a service's answer has no name yet."""
Row = tuple[object, ...]


@dataclass
class Told:
    """What was written so far."""

    deliveries: int = 0
    bytes: int = 0
    events: int = 0
    defects: list[Row] = field(default_factory=list)


def write_events(
    world: World,
    life: Life,
    demand: Demand,
    rates: Rates,
    *,
    out: Path,
    truth: Path,
    services: Path | None = None,
    progress: Callable[[str], None],
) -> Told:
    """Write every delivery of every system of events, and ``events.parquet`` of the truth.

    With ``services`` what systems with a service hold is written there instead (:mod:`estate.event_services`).
    """
    told = Told()
    truth.mkdir(parents=True, exist_ok=True)
    writers = {writer.kind: writer for writer in WRITERS}
    with pq.ParquetWriter(truth / "events.parquet", EVENTS) as known:
        for source in all_sources():
            writer = writers.get(source.kind_name)
            if writer and writer.serve and services:
                known.write_table(write_service_of(world, life, source, writer, demand, rates, out=services, told=told))
            elif writer:
                is_drop = services is not None and source.source_id in DROPS
                place = services / "sftp" if services and is_drop else out
                last = _write_source(world, life, source, writer, demand, rates, place, known, told)
                if services and is_drop:
                    leave_in_drop(services, source, last)
    progress(f"estate: {told.events:,} events in {told.deliveries} deliveries, {told.bytes:,} bytes")
    return told


def _write_source(
    world: World,
    life: Life,
    source: SourceSystem,
    writer: EventWriter,
    demand: Demand,
    rates: Rates,
    out: Path,
    known: pq.ParquetWriter,
    told: Told,
) -> Delivery:
    for sequence, period in enumerate(periods_of(source, last_day=demand.last_day), start=1):
        telling = Telling(
            life=life,
            source=source,
            period=period,
            rows=dict(_rows(life, source, writer, period)),
            draw=stream(world.seed, "file", source.source_id, str(sequence)),
            rates=rates,
        )
        written = writer.write(telling)
        delivery = Delivery(
            source_id=source.source_id,
            business_date=period.date,
            sequence=sequence,
            files=written.files,
            records=len(written.keys),
            control={"records": len(written.keys), **written.control},
        )
        told.deliveries += 1
        told.bytes += write_delivery(out, delivery)
        told.events += int((written.row >= 0).sum())
        told.defects += _defects(source, delivery, written)
        known.write_table(
            _truth(world, life, source, writer, delivery.folder, written.keys, written.table, written.row)
        )
    return delivery


def write_service_of(
    world: World,
    life: Life,
    source: SourceSystem,
    writer: EventWriter,
    demand: Demand,
    rates: Rates,
    *,
    out: Path,
    told: Told,
) -> pa.Table:
    """Write what one system holds, all years at once, as the simulated services hand it out; whose each row is."""
    assert writer.serve is not None, "its kind is a service"
    *_, last = periods_of(source, last_day=demand.last_day)
    whole = Period(last.date, BEGINNING, last.until)
    rows = dict(_rows(life, source, writer, whole))
    draw = stream(world.seed, "file", source.source_id, "table")
    served = writer.serve(Telling(life, source, whole, rows, draw, rates))
    told.bytes += write_served(out, source, served, last_day=last.date.isoformat())
    told.events += int((served.row >= 0).sum())
    place = (source.source_id, "", served.place)
    told.defects += [
        (*place, code, 0, 0, served.keys[at]) for code, positions in served.defects for at in positions.tolist()
    ]
    return _truth(world, life, source, writer, "", served.keys, served.of_table, served.row)


def _rows(life: Life, source: SourceSystem, writer: EventWriter, period: Period) -> Iterator[tuple[str, Ints]]:
    """Rows of each table that a delivery tells of; those of a system stand together, in the order of time."""
    position = source_position(source.source_id)
    for name in writer.tables:
        events = life.tables()[name]
        first, last = np.searchsorted(events.source, [position, position + 1])
        own = np.arange(first, last)
        minute = events.minute[first:last]
        rows = own[(minute >= period.since) & (minute < period.until)]
        if name in writer.changes and period.since > BEGINNING:
            changed = writer.changes[name](events)[first:last]
            again = (minute < period.since) & (changed >= period.since) & (changed < period.until)
            rows = np.concatenate([rows, own[again]])
        yield name, rows


def _defects(source: SourceSystem, delivery: Delivery, written: WrittenEvents) -> list[Row]:
    name = written.files[0][0]
    place = (source.source_id, delivery.folder, name)
    rows: list[Row] = [
        (*place, code, int(written.offset[at]), int(written.length[at]), written.keys[at])
        for code, positions in written.defects
        for at in positions.tolist()
    ]
    return rows + [(*place, code, offset, length, None) for code, offset, length in written.file_defects]


def _truth(
    world: World,
    life: Life,
    source: SourceSystem,
    writer: EventWriter,
    delivery: str,
    keys: Texts,
    table: Ints,
    row: Ints,
) -> pa.Table:
    """Whose each record is."""
    tables = life.tables()
    party = np.full(len(row), NONE)
    for at, name in enumerate(writer.tables):
        mine = (table == at) & (row >= 0)
        party[mine] = tables[name].party[row[mine]]
    is_known = party != NONE
    book, safe = life.book, np.maximum(party, 0)
    names = np.array([each.source_id for each in all_sources()], dtype=object)
    entity = np.where(is_known, book.entity[safe], NONE)
    kinds = np.array(writer.tables, dtype=object)

    def text(values: object, mask: object = None) -> pa.Array:
        return pa.array(values, pa.string(), mask=mask)

    is_event = row >= 0
    size = len(row)
    return pa.table(
        {
            "source_id": text([source.source_id] * size),
            "delivery": text([delivery or None] * size),
            "raw_key": text(keys),
            "kind": text(kinds[table], ~is_event),
            "record_source": text(names[book.source[safe]], ~is_known),
            "record_key": text(book.key[safe], ~is_known),
            "entity_id": text(world.entity_id[np.maximum(entity, 0)], entity == NONE),
        },
        schema=EVENTS,
    )
