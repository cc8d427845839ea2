"""Who took part in the pilot, and which records of theirs were in the early extract."""

from __future__ import annotations

import numpy as np

from config.sources import SourceSystem
from config.units import collection_points
from estate.accounts import PRIMARY
from estate.draw import Flags, stream
from estate.people import NONE
from estate.rates import Rates
from estate.sightings import Sightings
from estate.world import World

_OPENED_BEFORE = 11_950  # mid September 2002


def pilot_entities(world: World, rates: Rates, *, customers: int) -> Flags:
    """Customers of the pilot: persons and firms whose first account is in a pilot system."""
    draw = stream(world.seed, "pilot")
    number = {point.code: at for at, point in enumerate(collection_points())}
    points = [number[source[:4].upper()] for source in rates.pilot.sources]
    first = world.accounts.reason == PRIMARY
    candidates = draw.permutation(np.unique(world.accounts.entity[first & np.isin(world.accounts.point, points)]))
    is_firm = world.is_firm(candidates)
    chosen = np.zeros(len(world.entity_id), dtype=bool)
    share = customers / rates.customers["nation"]
    for wanted, group in ((rates.pilot.persons, candidates[~is_firm]), (rates.pilot.firms, candidates[is_firm])):
        chosen[group[: int(wanted * share + 0.5)]] = True
    return chosen


def in_pilot(seen: Sightings, source: SourceSystem, rates: Rates, *, pilots: Flags) -> Flags:
    """Which records of a system the roster of the pilot names."""
    if source.source_id not in rates.pilot.sources:
        return np.zeros(len(seen), dtype=bool)
    return np.asarray((seen.entity != NONE) & pilots[seen.entity] & (seen.opened < _OPENED_BEFORE))
