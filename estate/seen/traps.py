"""Which linkage traps each record is part of: labels of the truth, never written into a file."""

from __future__ import annotations

import numpy as np

from estate.accounts import CENTRAL, PRIMARY, REASONS, Accounts
from estate.draw import Flags, Ints, is_known
from estate.people import CHILD, HEAD, NONE, SPOUSE, TWIN
from estate.sightings import Sightings
from estate.world import World


def mark_traps(seen: Sightings, world: World, held: Accounts) -> None:
    """Label the records by what makes their customer hard to recognise."""
    for code, reason in enumerate(REASONS):
        if code != PRIMARY:
            seen.mark("trap", reason, (held.reason == code) & (seen.entity != NONE))
    _mark_relatives(seen, world, held)
    firms = world.firms
    firm = np.clip(held.entity - len(world.people), 0, len(firms) - 1)
    seen.mark("trap", "sole_trader", seen.is_firm & (firms.owner[firm] != NONE))
    seen.mark("trap", "branch", seen.is_firm & (firms.parent[firm] != NONE))
    elsewhere = seen.is_firm & (held.reason == CENTRAL) & (held.address != firms.home[firm])
    seen.mark("trap", "correspondence_address", elsewhere)


def _mark_relatives(seen: Sightings, world: World, held: Accounts) -> None:
    people, households = world.people, len(world.households.point)
    is_person = (seen.entity != NONE) & ~seen.is_firm
    person = np.minimum(held.entity, len(people) - 1)
    household = people.household[person]
    named_as_father = _any(households, people.household[people.is_namesake])
    widowed = _any(households, people.household[people.is_dead])
    seen.mark("trap", "father_and_son", is_person & named_as_father[household] & ~people.is_female[person])
    seen.mark("trap", "widow", is_person & widowed[household] & np.isin(people.role[person], (HEAD, SPOUSE)))
    seen.mark("trap", "twins", is_person & _is_twin(world)[person])
    seen.mark("trap", "shared_pesel", is_person & people.shares_pesel[person])
    seen.mark("trap", "second_pesel", is_person & is_known(people.second_pesel[person]))
    seen.mark("trap", "recycled_number", is_person & world.households.is_new_tenant[household])


def _any(size: int, positions: Ints) -> Flags:
    found = np.zeros(size, dtype=bool)
    found[positions] = True
    return found


def _is_twin(world: World) -> Flags:
    """People who share household and day of birth with a brother or sister."""
    people = world.people
    children = np.flatnonzero(np.isin(people.role, (CHILD, TWIN)))
    key = people.household[children] * 100_000 + people.birth[children] + 50_000
    _, inverse, counts = np.unique(key, return_inverse=True, return_counts=True)
    return _any(len(people), children[counts[inverse] > 1])
