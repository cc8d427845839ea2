"""Kinds of events from the life to standard events: written, read, standardised, and compared with what happened.

A row of :data:`CASES` per kind. What a defect takes is missing afterwards, and nothing else is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from config.lookups import load_lookups
from config.sources import SourceSystem, all_sources
from connectors import read_delivery, read_manifest
from estate.deliveries import Delivery, write_delivery
from estate.draw import Ints, stream
from estate.event_deliveries import _rows
from estate.life import Life, complaints, contacts, load_demand, make_book, make_life, pins
from estate.life.events import TOPICS
from estate.life.faults import CAUSES as FAULT_CAUSES
from estate.life.orders import PRODUCTS
from estate.pilot import pilot_entities
from estate.rates import Rates, load_rates
from estate.systems.events import WRITERS, EventWriter, Telling, WrittenEvents
from estate.systems.events.periods import periods_of
from estate.world import make_world
from transforms import Standardised, standardise_events

CUSTOMERS, SEED = 1_100, 17
NASTY = {
    "calls": {"f05": 0.02, "f15": 0.02, "f22": 0.02, "f23_wait": 0.02, "cdr_rerun": 0.1, "cdr_truncated": 1.0},
    "defects": {"f15": 0.02, "f17": 0.1},
    "web": {"form_damaged": 0.1, "form_test": 0.1, "bad_stamp": 0.05, "pin_test": 0.05},
    "orders": {"test_rows": 0.02},
    "desks": {"no_date": 0.05, "test_rows": 0.05},
    "offices": {"no_date": 0.02, "since_1904": 0.5},
}
"""Section of rates to shares high enough that every defect occurs."""


@dataclass(frozen=True)
class Case:
    """What must come out of one kind."""

    kind: str
    loses: tuple[str, ...]
    """Defects that take their record."""
    sums: dict[str, str] = field(default_factory=dict)
    """Column of EVENT_RECORD to the column of the life's table it sums up to."""
    words: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """Coded column of EVENT_RECORD to the life's column and its words; what nobody noted is missing."""
    minutes: int | None = None
    """How far clocks may be off; none where the system tells only the day."""

    def __str__(self) -> str:
        return self.kind


ABOUT = ("topic", TOPICS)
CALLS = ("outcome", contacts.OUTCOMES)
CAUSES = tuple(cause.replace(" ", "_") for cause in FAULT_CAUSES)
CASES = (
    Case("a3b", ("F15",), {"amount_grosze": "amount_grosze"}),
    Case("a4o", ("F15", "F22"), words={"product": ("product", PRODUCTS)}),
    Case("a5", ("F05", "F15", "F22"), {"talk_s": "talk_s"}, {"outcome": CALLS, "topic": ABOUT}, minutes=9),
    Case("a5i", ("F05", "F15", "F22"), {"talk_s": "duration_s"}, {"topic": ABOUT}, minutes=9),
    Case(
        "a7c",
        ("F05", "F22"),
        {"disputed_grosze": "amount_grosze"},
        {"decided_by": ("decided_by", complaints.DECIDERS)},
        minutes=0,
    ),
    Case("a7f", ("F05", "F22"), {}, {"topic": ("cause", CAUSES)}, minutes=0),
    Case("a8f", ("F15", "F22"), {}, {"topic": ABOUT}, minutes=0),
    Case("a11", ("F05",), {"travel_km": "travel_km", "office_number": "office"}, {"topic": ABOUT}, minutes=0),
    Case("a10", ("F05", "F11"), {"talk_s": "duration_s", "units": "units"}, minutes=1),
    Case("a12p", ("F05", "F22"), {}, {"outcome": ("action", pins.ACTIONS)}, minutes=0),
    Case("a12s", ("F05",), {"score": "score"}, minutes=0),
)


@dataclass(frozen=True)
class Told:
    """One delivery at both ends of the line."""

    written: WrittenEvents
    tables: tuple[str, ...]
    quarantined: int
    offsets: pd.Series
    """Offset of each record that was read, by its number."""
    standard: Standardised

    def events(self) -> pd.DataFrame:
        """Standard events with ``place`` (position among the records written), ``row`` and ``table`` of the life."""
        events = self.standard.records.to_pandas()
        position = pd.Series(np.arange(len(self.written.offset)), index=self.written.offset)
        place = position.loc[self.offsets.loc[events["sequence"]].to_numpy()].to_numpy()
        return events.assign(place=place, row=self.written.row[place], table=self.written.table[place])

    def lost(self, case: Case) -> set[int]:
        """Positions of records that a defect took, and of those that are no events."""
        taken = {at for code, places in self.written.defects if code in case.loses for at in places.tolist()}
        return taken | set(np.flatnonzero(self.written.row < 0).tolist())


@pytest.fixture(scope="module")
def life() -> Life:
    rates = load_rates()
    world = make_world(SEED, CUSTOMERS, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=CUSTOMERS))
    return make_life(world, book, load_demand(), scale=CUSTOMERS / rates.customers["nation"])


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture(scope="module")
def told(case: Case, life: Life, tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """Every delivery of every system of the kind."""
    return list(_deliveries(life, case.kind, tmp_path_factory.mktemp(case.kind)))


def _nasty() -> Rates:
    rates = load_rates()
    sections = {name: getattr(rates, name).model_copy(update=shares) for name, shares in NASTY.items()}
    return rates.model_copy(update=sections)


def _deliveries(life: Life, kind: str, home: Path) -> Iterator[Told]:
    (writer,) = (writer for writer in WRITERS if writer.kind == kind)
    rates, last_day = _nasty(), load_demand().last_day
    for source in all_sources():
        if source.kind_name == kind:
            for sequence, period in enumerate(periods_of(source, last_day=last_day), start=1):
                rows = dict(_rows(life, source, writer, period))
                draw = stream(SEED, "file", source.source_id, str(sequence))
                written = writer.write(Telling(life, source, period, rows, draw, rates))
                delivery = Delivery(
                    source_id=source.source_id,
                    business_date=period.date,
                    sequence=sequence,
                    files=written.files,
                    records=len(written.keys),
                    control={"records": len(written.keys), **written.control},
                )
                write_delivery(home, delivery)
                yield _read(source, writer, written, home / source.source_id / delivery.folder)


def _read(source: SourceSystem, writer: EventWriter, written: WrittenEvents, folder: Path) -> Told:
    manifest = read_manifest(folder)
    reader = read_delivery(folder, manifest=manifest, kind=source.kind)
    raw = pa.concat_tables([chunk.records for chunk in reader.chunks()])
    assert all(account.is_balanced for account in reader.accounts)
    standard = standardise_events(
        raw, source=source, batch_id="b", business_date=manifest.business_date, lookups=load_lookups()
    )
    offsets = raw["_offset"].to_pandas().set_axis(raw["_record_no"].to_pandas())
    return Told(written, writer.tables, reader.quarantined, offsets, standard)


def test_every_record_written_is_an_event_a_reject_excluded_or_quarantined(told: list[Told]) -> None:
    for each in told:
        fates = (each.standard.records, each.standard.rejects, each.standard.excluded)
        assert sum(fate.num_rows for fate in fates) + each.quarantined == len(each.written.keys)


def test_defects_take_their_records_and_nothing_else_is_taken(case: Case, told: list[Told]) -> None:
    taken = 0
    for each in told:
        everything = set(range(len(each.written.keys)))
        assert everything - set(each.events()["place"]) == each.lost(case)
        taken += len(each.lost(case))
    assert taken


def test_everything_that_happened_in_a_system_is_told(case: Case, life: Life, told: list[Told]) -> None:
    served = [source.kind_name == case.kind for source in all_sources()]
    for at, name in enumerate(told[0].tables):
        rows = np.concatenate([each.written.row[each.written.table == at] for each in told])
        happened = np.flatnonzero(np.asarray(served)[life.tables()[name].source])
        assert set(rows[rows >= 0].tolist()) == set(happened.tolist())


def test_events_say_what_happened(case: Case, life: Life, told: list[Told]) -> None:
    for each in told:
        broken = each.written.row[sorted(each.lost(case))]
        events = each.events().drop_duplicates("event_id")
        events = events[~events["row"].isin(broken)]
        for at, name in enumerate(each.tables):
            mine, table = events[events["table"] == at], life.tables()[name]
            for column, true in case.sums.items():
                sums = mine.groupby("row")[column].sum()
                assert (sums == getattr(table, true)[sums.index]).all()
            for column, (true, words) in case.words.items():
                if not hasattr(table, true):
                    continue
                noted = mine[mine[column].notna()]
                assert (noted[column] == np.array(words)[getattr(table, true)[noted["row"]]]).all()
            if case.minutes is not None:
                first = mine.groupby("row")["occurred_at"].min()
                _check_instants(first, table.minute[first.index], within=case.minutes)


def _check_instants(found: pd.Series, minutes: Ints, *, within: int) -> None:
    happened = pd.to_datetime(minutes * 60, unit="s", utc=True)
    off = (found - happened).dt.total_seconds().abs() / 60
    # In the hour a night in October has twice the order of the log tells which one it was, if enough is in it.
    at_night = (happened.month == 10) & (happened.day >= 25) & (happened.dayofweek == 6) & (happened.hour < 2)
    assert (off < within + 1 + 60 * at_night).all()
