"""Build the estate: the world first, then each system's view of it, then the deliveries and the truth."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import UsageError
from config.sources import SourceSystem, all_sources
from config.units import collection_points, unit_named
from estate.deliveries import Delivery, write_delivery
from estate.draw import Flags, Texts, stream
from estate.event_deliveries import Places, write_events
from estate.life import Book, book_part, join, load_demand, make_life
from estate.parallel import in_order
from estate.people import NONE
from estate.pilot import in_pilot, pilot_entities
from estate.rates import Rates, load_rates
from estate.seen.view import see
from estate.sightings import Sightings, Written
from estate.systems import FILE_KEYS, write_system
from estate.systems.roster import FILE as ROSTER_FILE
from estate.systems.roster import roster_file
from estate.truth import defect_rows, defects_of_file, record_rows, relation_rows, write_truth
from estate.world import World, make_world

PILOT_DATE = unit_named("pilot").cutover_date
STAGES = ("world", "parties", "life", "events", "truth")
"""Of a build, in order."""


@dataclass(frozen=True)
class BuildSummary:
    """What was built."""

    scale: str
    seed: int
    customers: int
    """Entities with at least one record."""
    records: int
    """Party records, second customers of a row included."""
    events: int
    """Records of events, as often as they were delivered."""
    deliveries: int
    bytes: int
    roster: int
    defects: dict[str, int]


@dataclass
class _Truth:
    records: list[pa.Table] = field(default_factory=list)
    defects: list[pa.Table] = field(default_factory=list)
    roster: list[tuple[str, str]] = field(default_factory=list)
    book: list[Book] = field(default_factory=list)
    deliveries: int = 0
    bytes: int = 0

    def add(self, other: _Truth) -> None:
        """What was found in one system more."""
        self.records += other.records
        self.defects += other.defects
        self.roster += other.roster
        self.book += other.book
        self.deliveries, self.bytes = self.deliveries + other.deliveries, self.bytes + other.bytes


def build(
    *,
    out: Path,
    truth: Path,
    scale: str,
    seed: int,
    services: Path | None = None,
    workers: int = 1,
    progress: Callable[[str], None] | None = None,
    stage: Callable[[str], None] | None = None,
) -> BuildSummary:
    """Write the deliveries of every system below ``out`` and the hidden truth into ``truth``.

    With ``services`` the systems that had a database or a web service of their own deliver nothing by themselves: what
    they hold is written there, for :mod:`estate.services`. ``workers`` processes write files, the same ones whatever
    their number. ``stage`` is called with a name of :data:`STAGES` as each begins.

    Raises:
        UsageError: the scale is unknown, or ``out`` holds something already.
    """
    rates = load_rates()
    customers = customers_at(scale, rates)
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty", hint="Build into a new folder")
    tell = progress or (lambda _: None)
    begin = stage or (lambda _: None)
    tell(f"estate: {customers:,} customers")
    begin("world")
    world = make_world(seed, customers, rates)
    tell(f"estate: {len(world.people):,} people, {len(world.firms):,} firms, {len(world.accounts):,} accounts")
    begin("parties")
    pilots = pilot_entities(world, rates, customers=customers)
    found = _write_parties(world, rates, out=out, pilots=pilots, workers=workers, tell=tell)
    begin("life")
    demand = load_demand()
    scale_of_nation = customers / rates.customers["nation"]
    book = join(found.book)
    found.book.clear()
    life = make_life(world, book, demand, scale=scale_of_nation, rates=rates, progress=tell)
    begin("events")
    places = Places(out, services)
    told = write_events(world, life, demand, rates, places=places, truth=truth, workers=workers, progress=tell)
    found.deliveries, found.bytes = found.deliveries + told.deliveries, found.bytes + told.bytes
    found.defects += told.defects
    begin("truth")
    entities = _entities(book)
    write_truth(truth, records=found.records, defects=found.defects, relations=relation_rows(world, entities))
    return BuildSummary(
        scale=scale,
        seed=seed,
        customers=len(entities),
        records=sum(len(part) for part in found.records),
        events=told.events,
        deliveries=found.deliveries,
        bytes=found.bytes,
        roster=len(found.roster),
        defects=_counts(found.defects),
    )


def _write_parties(
    world: World, rates: Rates, *, out: Path, pilots: Flags, workers: int, tell: Callable[[str], None]
) -> _Truth:
    """Write the deliveries of every subscriber system and the roster of the pilot; what is true about them."""
    sources = [source for source in all_sources() if source.role == "subscriber"]
    broken = _broken_deliveries(world.seed, sources, rates)
    found = _Truth()

    def part_of(source: SourceSystem) -> _Truth:
        return _build_source(world, source, rates, out=out, pilots=pilots, broken=broken)

    for source, part in zip(sources, in_order(part_of, sources, workers=workers), strict=True):
        found.add(part)
        tell(f"estate: {source.source_id}: {found.deliveries} deliveries, {found.bytes:,} bytes so far")
    _write_roster(world, out, found)
    return found


def _entities(book: Book) -> set[int]:
    """Everybody who has a record."""
    each = np.unique(np.concatenate([book.entity, book.second_entity]))
    return set(each[each != NONE].tolist())


def _counts(defects: list[pa.Table]) -> dict[str, int]:
    """Defects by code."""
    counts: Counter[str] = Counter()
    for part in defects:
        for each in pc.value_counts(part["code"]).to_pylist():
            counts[each["values"]] += each["counts"]
    return dict(sorted(counts.items()))


def customers_at(scale: str, rates: Rates) -> int:
    """How many customers a scale has: a name of ``rates.yml``, or a plain number.

    Raises:
        UsageError: it is neither, or more than the nation.
    """
    if scale in rates.customers:
        return rates.customers[scale]
    if scale.isascii() and scale.isdigit() and 0 < int(scale) <= rates.customers["nation"]:
        return int(scale)
    raise UsageError(f"no scale {scale!r}", hint=f"Scales: {', '.join(rates.customers)}, or a number of customers")


def _broken_deliveries(seed: int, sources: list[SourceSystem], rates: Rates) -> dict[str, str]:
    """Which systems first send a delivery with wrong totals (F10) or a truncated one (F11)."""
    draw = stream(seed, "broken deliveries")
    regional = [source.source_id for source in sources if source.unit != "pilot"]
    totalled = [s.source_id for s in sources if s.unit != "pilot" and s.kind_name in ("a1", "a4")]
    f10 = [totalled[at] for at in draw.permutation(len(totalled))[: rates.defects.f10].tolist()]
    rest = [source_id for source_id in regional if source_id not in f10]
    f11 = [rest[at] for at in draw.permutation(len(rest))[: rates.defects.f11].tolist()]
    return {**dict.fromkeys(f10, "F10"), **dict.fromkeys(f11, "F11")}


def _build_source(
    world: World,
    source: SourceSystem,
    rates: Rates,
    *,
    out: Path,
    pilots: Flags,
    broken: dict[str, str],
) -> _Truth:
    """Write the deliveries of one system; what is true about them."""
    found = _Truth()
    points = [point.code for point in collection_points()]
    held = world.accounts.take(np.flatnonzero(world.accounts.point == points.index(source.point_code)))
    seen = see(world, source, rates, held=held)
    keys = FILE_KEYS[source.kind_name](seen)
    is_pilot = in_pilot(seen, source, rates, pilots=pilots)
    found.book.append(book_part(world, source, held, seen, keys=keys, is_pilot=is_pilot))
    sequence = 0
    if source.source_id in rates.pilot.sources:
        chosen = np.flatnonzero(is_pilot)
        # In a very small estate a system may have no customer in the pilot: then it sends no extract.
        if len(chosen):
            found.roster += [(source.source_id, keys[at]) for at in chosen.tolist()]
            sequence = 1
            part = seen.take(chosen).at_pilot()
            _deliver(world, source, rates, part, keys[chosen], PILOT_DATE, sequence, out=out, found=found)
    date = unit_named(source.unit).cutover_date
    fault = broken.get(source.source_id)
    if fault:
        sequence += 1
        _deliver(world, source, rates, seen, keys, date, sequence, out=out, found=found, fault=fault)
    _deliver(world, source, rates, seen, keys, date, sequence + 1, out=out, found=found)
    found.records.append(record_rows(world, source.source_id, seen, keys))
    return found


def _deliver(
    world: World,
    source: SourceSystem,
    rates: Rates,
    seen: Sightings,
    keys: Texts,
    date: dt.date,
    sequence: int,
    *,
    out: Path,
    found: _Truth,
    fault: str | None = None,
) -> None:
    draw = stream(world.seed, "file", source.source_id, str(sequence))
    off = int(draw.integers(1, 9)) if fault == "F10" else 0
    written = write_system(source, seen, draw=draw, rates=rates.defects, date=date, wrong_count=off)
    files = ((written.name, written.content), *written.extra)
    delivery = Delivery(
        source_id=source.source_id,
        business_date=date,
        sequence=sequence,
        files=files,
        records=len(written.rows) + off,
        control={"records": len(written.rows) + off, "balance_grosze": written.balance},
        sent=_cut(files, share=0.5 + 0.4 * draw.random()) if fault == "F11" else None,
    )
    found.deliveries += 1
    found.bytes += write_delivery(out, delivery)
    if fault is None:
        found.defects.append(defect_rows(source.source_id, delivery.folder, written, seen, keys))
    else:
        place = (source.source_id, delivery.folder, written.name)
        found.defects.append(defects_of_file(place, [(fault, 0, len(written.content))]))


def _cut(files: tuple[tuple[str, bytes], ...], *, share: float) -> tuple[tuple[str, bytes], ...]:
    name, data = files[0]
    return ((name, data[: int(len(data) * share)]), *files[1:])


def _write_roster(world: World, out: Path, found: _Truth) -> None:
    draw = stream(world.seed, "roster")
    rows = [found.roster[at] for at in draw.permutation(len(found.roster)).tolist()]
    content = roster_file(rows)
    delivery = Delivery("zt99-pilot", PILOT_DATE, 1, ((ROSTER_FILE, content),), len(rows), {"records": len(rows)})
    found.deliveries += 1
    found.bytes += write_delivery(out, delivery)


__all__ = ["BuildSummary", "Written", "build"]
