"""A small life lived once, and what its systems tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from config.sources import source_with_id
from estate.draw import stream
from estate.event_deliveries import _rows
from estate.life import Life, load_demand, make_book, make_life
from estate.pilot import pilot_entities
from estate.rates import Rates, load_rates
from estate.systems.events import WRITERS, Telling, WrittenEvents
from estate.systems.events.periods import periods_of
from estate.world import make_world

CUSTOMERS, SEED = 2_200, 5
Tell = Callable[..., tuple[Telling, WrittenEvents]]


@pytest.fixture(scope="session")
def small_life() -> Life:
    rates = load_rates()
    world = make_world(SEED, CUSTOMERS, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=CUSTOMERS))
    return make_life(world, book, load_demand(), scale=CUSTOMERS / rates.customers["nation"])


@pytest.fixture(scope="session")
def tell(small_life: Life) -> Tell:
    """``tell("zt63-orders", 0)``: what its first delivery tells of, and how it is written."""

    def told(source_id: str, number: int = 0, *, rates: Rates | None = None, empty: bool = False):
        source = source_with_id(source_id)
        writer = next(each for each in WRITERS if each.kind == source.kind_name)
        period = list(periods_of(source, last_day=dt.date(2006, 12, 31)))[number]
        rows = dict(_rows(small_life, source, writer, period))
        telling = Telling(
            life=small_life,
            source=source,
            period=period,
            rows={name: own[:0] if empty else own for name, own in rows.items()},
            draw=stream(SEED, "file", source_id, str(number)),
            rates=rates or load_rates(),
        )
        return telling, writer.write(telling)

    return told
