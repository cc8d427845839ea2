"""Payments and letters from the life through bytes to standard events: what comes out is what happened, less defects.

Shares of defects are so high here that every one of them occurs in the small life.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from config.events import PARTY_REFERENCES
from config.lookups import load_lookups
from config.sources import all_sources
from connectors import read_delivery, read_manifest
from estate.deliveries import Delivery, write_delivery
from estate.draw import stream
from estate.event_deliveries import _rows
from estate.life import Life, load_demand, make_book, make_life
from estate.life.clock import wall_day
from estate.life.payments import REVERSAL
from estate.pilot import pilot_entities
from estate.rates import Rates, load_rates
from estate.systems.events import WRITERS, Telling, WrittenEvents
from estate.systems.events.periods import periods_of
from estate.world import make_world
from transforms import Standardised, standardise_events

CUSTOMERS, SEED = 1_100, 17
NASTY = {
    "payments": {"f03": 0.3, "f05": 0.02, "f10": 0.05, "f13": 0.02, "f15": 0.02, "f22": 0.02, "fee": 0.3},
    "letters": {
        "f03": 0.3,
        "f10": 0.05,
        "f11_missing": 0.05,
        "f11_cut": 0.05,
        "lost_text": 0.0,
        "f13": 0.05,
        "f15": 0.05,
    },
}
LOSES = {"a6e": {"F05", "F15"}, "a6m": {"F10"}, "a6p": {"F05", "F15"}, "a9": {"F10", "F11", "F13", "F15"}}
"""Defects that take their record, by kind; the 30 February of a statement takes nothing, its day is known."""


@dataclass(frozen=True)
class Passed:
    """One delivery all the way."""

    telling: Telling
    written: WrittenEvents
    raw: pa.Table
    quarantined: int
    standard: Standardised

    @property
    def table(self):
        """The life's table it tells of."""
        return self.telling.life.letters if "letters" in self.telling.rows else self.telling.life.payments

    def positions(self, *codes: str) -> set[int]:
        """Records with such a defect."""
        return {at for code, places in self.written.defects if code in codes for at in places.tolist()}

    def events(self) -> pd.DataFrame:
        """Standard events with ``place`` among the records written and ``row`` in the life."""
        events = self.standard.records.to_pandas()
        offsets = self.raw["_offset"].to_pandas().set_axis(self.raw["_record_no"].to_pandas())
        position = pd.Series(np.arange(len(self.written.offset)), index=self.written.offset)
        place = position.loc[offsets.loc[events["sequence"]].to_numpy()].to_numpy()
        return events.assign(place=place, row=self.written.row[place])


@pytest.fixture(scope="module")
def life() -> Life:
    rates = load_rates()
    world = make_world(SEED, CUSTOMERS, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=CUSTOMERS))
    return make_life(world, book, load_demand(), scale=CUSTOMERS / rates.customers["nation"])


@pytest.fixture(scope="module", params=LOSES)
def passed(request: pytest.FixtureRequest, life: Life, tmp_path_factory: pytest.TempPathFactory) -> list[Passed]:
    """Every delivery of every system of a kind."""
    return list(_deliveries(life, request.param, out=tmp_path_factory.mktemp(request.param)))


def _nasty() -> Rates:
    rates = load_rates()
    return rates.model_copy(
        update={name: getattr(rates, name).model_copy(update=shares) for name, shares in NASTY.items()}
    )


def _deliveries(life: Life, kind: str, *, out: Path) -> Iterator[Passed]:
    (writer,) = (each for each in WRITERS if each.kind == kind)
    for source in (each for each in all_sources() if each.kind_name == kind):
        for sequence, period in enumerate(periods_of(source, last_day=load_demand().last_day), start=1):
            draw = stream(SEED, "file", source.source_id, str(sequence))
            telling = Telling(life, source, period, dict(_rows(life, source, writer, period)), draw, _nasty())
            written = writer.write(telling)
            count = len(written.keys)
            control = {"records": count, **written.control}
            delivery = Delivery(source.source_id, period.date, sequence, written.files, count, control)
            write_delivery(out, delivery)
            yield _read(out / source.source_id / delivery.folder, telling, written)


def _read(folder: Path, telling: Telling, written: WrittenEvents) -> Passed:
    source = telling.source
    reader = read_delivery(folder, manifest=read_manifest(folder), kind=source.kind)
    raw = pa.concat_tables([chunk.records for chunk in reader.chunks()])
    assert all(account.is_balanced for account in reader.accounts)
    standard = standardise_events(
        raw, source=source, batch_id="b", business_date=telling.period.date, lookups=load_lookups()
    )
    return Passed(telling, written, raw, reader.quarantined, standard)


def test_defects_take_their_records_and_nothing_else_is_taken(passed: list[Passed]) -> None:
    for each in passed:
        standard = each.standard
        fates = (standard.records, standard.rejects, standard.excluded)
        assert sum(fate.num_rows for fate in fates) + each.quarantined == len(each.written.keys)
        lost = each.positions(*LOSES[each.telling.source.kind_name])
        others = set(np.flatnonzero(each.written.row < 0).tolist())
        assert set(range(len(each.written.keys))) - set(each.events()["place"]) == lost | others
        assert standard.excluded.num_rows == len(others - lost)
    assert any(each.positions(*LOSES[each.telling.source.kind_name]) for each in passed)


def test_keys_and_days_are_those_of_the_life(passed: list[Passed]) -> None:
    for each in passed:
        events = each.events()
        assert events["raw_key"].tolist() == each.written.keys[events["place"]].tolist()
        days = wall_day(each.table.minute[events["row"]]).astype("datetime64[D]")
        assert (pd.to_datetime(events["occurred_on"]).to_numpy().astype("datetime64[D]") == days).all()


def test_money_is_exact_and_a_reversal_reduces_it(passed: list[Passed]) -> None:
    for each in passed:
        events, table = each.events(), each.table
        if "payments" in each.telling.rows:
            back = table.kind[events["row"]] == REVERSAL
            amount = table.amount_grosze[events["row"]]
            assert events["amount_grosze"].tolist() == np.where(back, -amount, amount).tolist()
            assert (events["outcome"].eq("reversed") == back).all()
            assert events.loc[back, "related_number"].notna().all()


def test_pages_and_instants_of_letters_are_right(passed: list[Passed]) -> None:
    for each in passed:
        events, table = each.events(), each.table
        if "letters" in each.telling.rows:
            assert events["pages"].tolist() == table.pages[events["row"]].tolist()
            for column, minutes in (("occurred_at", table.minute), ("closed_at", table.routed_minute)):
                known = events[events[column].notna()]
                happened = pd.to_datetime(minutes[known["row"]] * 60, unit="s", utc=True)
                # An hour comes twice in October; letters routed then may be an hour off.
                off = (known[column].reset_index(drop=True) - pd.Series(happened)).abs()
                assert (off <= pd.Timedelta(hours=1)).all()
                assert (off == pd.Timedelta(0)).mean() > 0.99 or known.empty


def test_every_record_is_read_in_its_own_code_page(passed: list[Passed]) -> None:
    for each in passed:
        offsets = set(each.written.offset[sorted(each.positions("F03"))].tolist())
        declared = each.telling.source.kind.code_page
        pages = zip(each.raw["_offset"].to_pylist(), each.raw["_code_page"].to_pylist(), strict=True)
        other = {offset for offset, page in pages if page != declared}
        assert other == offsets & set(each.raw["_offset"].to_pylist())


def test_orphans_name_nobody_and_whoever_is_named_is_the_customer(passed: list[Passed], life: Life) -> None:
    finds_nobody = ("party_point", "party_name")
    names = [column.name for column in PARTY_REFERENCES if column.name not in finds_nobody]
    for each in passed:
        if "payments" in each.telling.rows:
            events = each.events()
            nobody = events[names].isna().all(axis="columns")
            assert set(events.loc[nobody, "place"]) == set(events["place"]) & each.positions("F24")
            named = events[events["party_account"].notna()]
            party = life.payments.party[named["row"]]
            assert named["party_account"].tolist() == [text.lstrip("0") for text in life.book.account[party]]
            phoned = events[events["party_phone"].notna()]
            party = life.payments.party[phoned["row"]]
            assert phoned["party_phone"].tolist() == [f"{number:09d}" for number in life.book.phone[party]]
