"""The world as it is: the hidden truth that no legacy system sees as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.accounts import OLD, OTHER_POINT, Accounts, make_accounts
from estate.draw import Flags, Ints, Texts, stream, texts
from estate.firms import Firms, make_firms
from estate.people import Households, People, make_households, make_people, mates
from estate.places import Addresses, postal_codes
from estate.rates import Rates

_CUSTOMERS_PER_HOUSEHOLD = 2.00
"""Persons with an account in a household, as the rates make it; only the size of the estate depends on it."""


@dataclass(frozen=True)
class World:
    """People, firms, homes and the accounts they left; entities are people, then firms."""

    seed: int
    people: People
    households: Households
    firms: Firms
    addresses: Addresses
    postal_code: Texts
    accounts: Accounts
    mate: Ints
    entity_id: Texts

    def is_firm(self, entity: Ints) -> Flags:
        """Which of the entities are firms."""
        return np.asarray(entity >= len(self.people))


def make_world(seed: int, customers: int, rates: Rates) -> World:
    """The world of that size; the same for the same seed."""
    firm_count = int(customers * rates.world.firm_share)
    household_count = int((customers - firm_count) / _CUSTOMERS_PER_HOUSEHOLD)
    households, homes = make_households(seed, household_count, rates.world)
    people = make_people(seed, households, rates.world)
    firms, seats = make_firms(seed, firm_count, people, households, first_address=len(homes), rates=rates.world)
    first = len(homes) + len(seats)
    accounts, others = make_accounts(seed, people, households, firms, first_address=first, rates=rates)
    addresses = Addresses.concatenate(homes, seats, others)
    return World(
        seed=seed,
        people=people,
        households=households,
        firms=firms,
        addresses=addresses,
        postal_code=postal_codes(addresses),
        accounts=accounts,
        mate=mates(people),
        entity_id=_entity_ids(seed, len(people) + len(firms)),
    )


def _entity_ids(seed: int, count: int) -> Texts:
    # Drawn apart, so that an id says nothing about household, order or kind.
    numbers = stream(seed, "entity ids").permutation(count)
    return texts([f"e{number:09d}" for number in numbers.tolist()])


def has_moved(world: World, entity: Ints) -> Flags:
    """Which entities have records at more than one address or point."""
    counts = np.zeros(len(world.entity_id), dtype=bool)
    moving = np.isin(world.accounts.reason, (OLD, OTHER_POINT))
    counts[world.accounts.entity[moving]] = True
    return np.asarray(counts[entity])
