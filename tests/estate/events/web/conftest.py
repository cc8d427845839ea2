"""A small life with more mail than it would have, and the deliveries of its central systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from config.sources import all_sources
from estate.draw import stream
from estate.event_deliveries import _rows
from estate.life import Life, load_demand, make_book, make_life, make_setting
from estate.life.messages import make_messages
from estate.pilot import pilot_entities
from estate.rates import WebRates, load_rates
from estate.systems.events import WRITERS, Telling, WrittenEvents
from estate.systems.events.periods import periods_of
from estate.world import make_world

CUSTOMERS, SEED, MAIL_SCALE = 2500, 20021028, 0.01
OFTEN = {
    "dead_clock": 0.05, "form_test": 0.05, "form_damaged": 0.05, "line_damaged": 0.01, "storms": 0.01,
    "skewed_station": 0.05, "pin_test": 0.05, "mistyped_account": 0.05, "bad_stamp": 0.03, "double_encoded": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One delivery: what the writer knew, and what it wrote."""

    telling: Telling
    written: WrittenEvents

    @property
    def content(self) -> bytes:
        return self.written.files[0][1]

    def defective(self, code: str) -> set[int]:
        """Record numbers with that defect."""
        return {int(at) for name, where in self.written.defects if name == code for at in where}

    def records(self) -> list[bytes]:
        """The bytes of each record."""
        spans = zip(self.written.offset.tolist(), self.written.length.tolist(), strict=True)
        return [self.content[start : start + length] for start, length in spans]


@pytest.fixture(scope="session")
def web_life() -> Life:
    rates = load_rates()
    world = make_world(SEED, CUSTOMERS, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=CUSTOMERS))
    scale = CUSTOMERS / rates.customers["nation"]
    setting = make_setting(world, book, load_demand(), rates, scale=scale)
    life = make_life(world, book, load_demand(), scale=scale)
    return replace(life, messages=make_messages(replace(setting, scale=MAIL_SCALE)))


@pytest.fixture(scope="session")
def deliveries(web_life: Life) -> Callable[..., list[Told]]:
    """``deliveries("zt99-poczta")``: every delivery of a system, oldest first, with defects more often than usual."""
    told: dict[str, list[Told]] = {}

    def make(source_id: str) -> list[Told]:
        if source_id not in told:
            source = next(each for each in all_sources() if each.source_id == source_id)
            writer = next(each for each in WRITERS if each.kind == source.kind_name)
            rates = load_rates()
            rates = rates.model_copy(update={"web": WebRates(**{**rates.web.model_dump(), **OFTEN})})
            told[source_id] = []
            for number, period in enumerate(periods_of(source, last_day=load_demand().last_day)):
                rows = dict(_rows(web_life, source, writer, period))
                telling = Telling(web_life, source, period, rows, stream(1, "file", source_id, str(number)), rates)
                told[source_id].append(Told(telling, writer.write(telling)))
        return told[source_id]

    return make


@pytest.fixture(scope="session")
def empty_delivery(web_life: Life) -> Callable[[str], Told]:
    """A delivery of a time in which nothing happened."""

    def make(source_id: str) -> Told:
        source = next(each for each in all_sources() if each.source_id == source_id)
        writer = next(each for each in WRITERS if each.kind == source.kind_name)
        period = next(iter(periods_of(source, last_day=load_demand().last_day)))
        rows = {name: np.zeros(0, dtype=np.int64) for name in writer.tables}
        telling = Telling(web_life, source, period, rows, stream(1, "nothing"), load_rates())
        return Told(telling, writer.write(telling))

    return make


@pytest.fixture(scope="session")
def latest() -> Callable[[list[Told]], dict[str, tuple[Told, int]]]:
    """Per raw key the last delivery that has it and the record number there."""

    def find(told: list[Told]) -> dict[str, tuple[Told, int]]:
        return {key: (each, at) for each in told for at, key in enumerate(each.written.keys.tolist())}

    return find
