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
from estate.draw import Ints, stream
from estate.event_services import DROPS, REPEATED, UNFINISHED, leave_in_drop, write_served
from estate.event_truth import EVENTS, EventTruth, Known
from estate.life import Demand, Life
from estate.life.book import source_position
from estate.parallel import in_order
from estate.rates import Rates
from estate.systems.events import WRITERS, EventWriter, Period, Telling, WrittenEvents
from estate.systems.events.periods import BEGINNING, periods_of
from estate.truth import defects_of_drop, defects_of_file, defects_of_records, defects_of_service
from estate.world import World

_TOLD_EVERY = 50
"""Deliveries between two words about progress."""


@dataclass
class Told:
    """What was written so far."""

    deliveries: int = 0
    bytes: int = 0
    events: int = 0
    defects: list[pa.Table] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Folders to write into."""

    out: Path
    """Deliveries."""
    services: Path | None
    """What systems with a service hold; None where everything is delivered."""


@dataclass(frozen=True)
class Job:
    """One delivery, or all that a service holds."""

    source: SourceSystem
    writer: EventWriter
    period: Period
    sequence: int
    """From 1 on; 0 for a service."""
    is_last: bool


@dataclass(frozen=True)
class Done:
    """What became of one job."""

    delivery: str
    """Name of its folder, nothing for a service."""
    bytes: int
    events: int
    known: Known
    defects: pa.Table


def write_events(
    world: World,
    life: Life,
    demand: Demand,
    rates: Rates,
    *,
    places: Places,
    truth: Path,
    workers: int,
    progress: Callable[[str], None],
) -> Told:
    """Write every delivery of every system of events, and ``events.parquet`` of the truth.

    With a folder for services what systems with a service hold is written there instead
    (:mod:`estate.event_services`). Deliveries are independent of each other: ``workers`` processes write them.
    """
    told = Told()
    truth.mkdir(parents=True, exist_ok=True)
    has_services = places.services is not None
    jobs = [job for source in all_sources() for job in jobs_of(source, demand, has_services=has_services)]
    rows_of = EventTruth(world, life)
    # Made once, before the processes part.
    _ = life.book.account_number

    def work(job: Job) -> Done:
        return write_job(job, seed=world.seed, life=life, rates=rates, places=places)

    def finished(number: int) -> None:
        if number % _TOLD_EVERY == 0:
            progress(f"events: {number} of {len(jobs)} deliveries")

    with pq.ParquetWriter(truth / "events.parquet", EVENTS) as known:
        all_done = in_order(work, jobs, workers=workers, finished=finished)
        for job, done in zip(jobs, all_done, strict=True):
            known.write_table(rows_of.rows(done.known, source=job.source, writer=job.writer, delivery=done.delivery))
            told.deliveries += job.sequence > 0
            told.bytes, told.events = told.bytes + done.bytes, told.events + done.events
            told.defects.append(done.defects)
    progress(f"events: {told.events:,} in {told.deliveries} deliveries, {told.bytes:,} bytes")
    return told


def jobs_of(source: SourceSystem, demand: Demand, *, has_services: bool) -> list[Job]:
    """What there is to write of one system, oldest first; nothing of one that tells no events."""
    writer = next((writer for writer in WRITERS if writer.kind == source.kind_name), None)
    if writer is None:
        return []
    periods = list(periods_of(source, last_day=demand.last_day))
    if writer.serve and has_services:
        whole = Period(periods[-1].date, BEGINNING, periods[-1].until)
        return [Job(source, writer, whole, 0, is_last=True)]
    return [Job(source, writer, p, number, is_last=number == len(periods)) for number, p in enumerate(periods, start=1)]


def write_job(job: Job, *, seed: int, life: Life, rates: Rates, places: Places) -> Done:
    """Write one delivery, or all that a service holds; all draws are those of the file."""
    scope = str(job.sequence) if job.sequence else "table"
    telling = Telling(
        life=life,
        source=job.source,
        period=job.period,
        rows=dict(_rows(life, job.source, job.writer, job.period)),
        draw=stream(seed, "file", job.source.source_id, scope),
        rates=rates,
    )
    return _write_delivery(job, telling, places) if job.sequence else _write_service(job, telling, places)


def _write_delivery(job: Job, telling: Telling, places: Places) -> Done:
    written = job.writer.write(telling)
    delivery = Delivery(
        source_id=job.source.source_id,
        business_date=job.period.date,
        sequence=job.sequence,
        files=written.files,
        records=len(written.keys),
        control={"records": len(written.keys), **written.control},
    )
    drop = places.services if job.source.source_id in DROPS else None
    size = write_delivery(drop / "sftp" if drop else places.out, delivery)
    defects = [_defects(delivery, written)]
    if drop and job.is_last:
        leave_in_drop(drop, job.source, delivery)
        defects.append(_defects_of_drop(delivery))
    return Done(
        delivery=delivery.folder,
        bytes=size,
        events=int((written.row >= 0).sum()),
        known=Known.of(telling.life, job.writer, keys=written.keys, table=written.table, row=written.row),
        defects=pa.concat_tables(defects),
    )


def _defects_of_drop(delivery: Delivery) -> pa.Table:
    """F12: it was sent again; F11: of the one behind it half has come."""
    name, content = delivery.files[0]
    found = (("F12", delivery.folder + REPEATED, len(content)), ("F11", delivery.folder + UNFINISHED, len(content)))
    return defects_of_drop(delivery.source_id, name, found, known_on=delivery.business_date.isoformat())


def _defects(delivery: Delivery, written: WrittenEvents) -> pa.Table:
    place = (delivery.source_id, delivery.folder, written.files[0][0])
    of_records = defects_of_records(
        place, written.defects, offset=written.offset, length=written.length, keys=written.keys
    )
    return pa.concat_tables([of_records, defects_of_file(place, written.file_defects)])


def _write_service(job: Job, telling: Telling, places: Places) -> Done:
    """All years at once, as the simulated services hand them out."""
    assert job.writer.serve is not None and places.services is not None, "its kind is a service"
    served = job.writer.serve(telling)
    place = (job.source.source_id, "", served.place)
    return Done(
        delivery="",
        bytes=write_served(places.services, job.source, served, last_day=job.period.date.isoformat()),
        events=int((served.row >= 0).sum()),
        known=Known.of(telling.life, job.writer, keys=served.keys, table=served.of_table, row=served.row),
        defects=defects_of_service(
            place, served.defects, keys=served.keys, version=served.version, known_on=served.days
        ),
    )


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
