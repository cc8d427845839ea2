"""One life at demo size, lived once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from estate.life import Book, Demand, Life, load_demand, make_book, make_life, make_setting
from estate.life.setting import Setting
from estate.pilot import pilot_entities
from estate.rates import load_rates
from estate.world import World, make_world

SEED = 20021028


@dataclass(frozen=True)
class Lived:
    """A world, its book and what happened."""

    world: World
    book: Book
    scale: float
    life: Life

    def setting(self, demand: Demand) -> Setting:
        """The frame of another life of the same customers."""
        return make_setting(self.world, self.book, demand, load_rates(), scale=self.scale)


def live(customers: int, seed: int = SEED) -> Lived:
    """A life of that many customers."""
    rates = load_rates()
    world = make_world(seed, customers, rates)
    book = make_book(world, rates, pilots=pilot_entities(world, rates, customers=customers))
    scale = customers / rates.customers["nation"]
    return Lived(world, book, scale, make_life(world, book, load_demand(), scale=scale))


@pytest.fixture(scope="session")
def lived() -> Lived:
    """The demo's life."""
    return live(load_rates().customers["demo"])


@pytest.fixture(scope="session")
def life(lived: Lived) -> Life:
    """Its events."""
    return lived.life


@pytest.fixture(scope="session")
def live_anew() -> Callable[..., Lived]:
    """A function that lives another life."""
    return live
