"""Which records customers left in which legacy systems, and why.

An account is one record of one system about one customer as it knew them then: at the old or the present address, under
the maiden or the married name, with the number of that time. No account number yet: those come from the system.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from config.units import collection_points
from estate.draw import Draw, Flags, Ints, chance, stream, weighted
from estate.firms import BRANCH, Firms
from estate.people import NONE, SPOUSE, Households, People, draw_phones
from estate.places import Addresses, draw_addresses, point_weights
from estate.rates import Rates

PRIMARY, SECOND_LINE, REKEYED, OLD, OTHER_POINT, CENTRAL = range(6)
REASONS = ("primary", "second_line", "rekeyed", "moved", "two_points", "central")
CENTRAL_POINT = len(collection_points()) - 1


@dataclass(frozen=True)
class Accounts:
    """Accounts in columns."""

    entity: Ints
    """A person's number, or the number of people plus a firm's number."""
    point: Ints
    """Point whose system holds it; the last one is the central system."""
    line_point: Ints
    """Point where the telephone is."""
    reason: Ints
    address: Ints
    phone: Ints
    is_former_name: Flags

    def __len__(self) -> int:
        return len(self.entity)

    @staticmethod
    def concatenate(*parts: Accounts) -> Accounts:
        """One after another."""
        return Accounts(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Accounts)))

    def take(self, positions: Ints) -> Accounts:
        """Those at the positions."""
        return Accounts(*(getattr(self, f.name)[positions] for f in fields(Accounts)))


def _accounts(entity: Ints, point: Ints, line_point: Ints, reason: int, address: Ints, phone: Ints) -> Accounts:
    size = len(entity)
    return Accounts(entity, point, line_point, np.full(size, reason), address, phone, np.zeros(size, dtype=bool))


def _present(people: People, households: Households, firms: Firms, draw: Draw, rates: Rates) -> Accounts:
    who = np.flatnonzero(people.is_customer)
    where = people.household[who]
    point = households.point[where]
    # The head has the number of the household; so has the widow who took over the line. Of the others, some order a
    # service on that line in their own name; the rest have their own line.
    widow = np.zeros(len(households.point), dtype=bool)
    widow[people.household[people.is_dead]] = True
    shared = (people.role[who] == 0) | (widow[where] & (people.role[who] == SPOUSE))
    shared |= chance(draw, len(who), rates.world.line_of_head)
    phone = np.where(shared, households.phone[where], draw_phones(draw, point))
    persons = _accounts(who, point, point, PRIMARY, households.home[where], phone)
    firm = np.arange(len(firms))
    return Accounts.concatenate(
        persons, _accounts(len(people) + firm, firms.point, firms.point, PRIMARY, firms.home, firms.phone)
    )


def _further_lines(draw: Draw, present: Accounts, rates: Rates) -> Accounts:
    second = present.take(np.flatnonzero(chance(draw, len(present), rates.accounts.second_line)))
    third = second.take(np.flatnonzero(chance(draw, len(second), rates.accounts.third_line)))
    lines = Accounts.concatenate(second, third)
    return _accounts(lines.entity, lines.point, lines.point, SECOND_LINE, lines.address, draw_phones(draw, lines.point))


def _old_records(draw: Draw, people: People, households: Households, rates: Rates) -> Accounts:
    moved = people.is_customer & (households.old_home[people.household] != NONE) & np.isin(people.role, (0, 1))
    who = np.flatnonzero(moved & chance(draw, len(people), rates.accounts.old_record))
    where = people.household[who]
    point = households.old_point[where]
    return _accounts(who, point, point, OLD, households.old_home[where], households.old_phone[where])


def _other_points(draw: Draw, people: People, first_address: int, rates: Rates) -> tuple[Accounts, Addresses]:
    who = np.flatnonzero(people.is_customer & chance(draw, len(people), rates.world.two_points))
    point = weighted(draw, point_weights(), len(who))
    addresses = draw_addresses(draw, point)
    where = first_address + np.arange(len(who))
    return _accounts(who, point, point, OTHER_POINT, where, draw_phones(draw, point)), addresses


def _central(draw: Draw, present: Accounts, firms: Firms, people_count: int, rates: Rates) -> Accounts:
    is_firm = present.entity >= people_count
    share = np.where(is_firm, rates.accounts.central_firm, rates.accounts.central_person)
    known = present.take(np.flatnonzero(chance(draw, len(present), share)))
    firm = np.maximum(known.entity - people_count, 0)
    branch = (known.entity >= people_count) & (firms.kind[firm] == BRANCH)
    to_head_office = branch & chance(draw, len(known), rates.accounts.central_correspondence)
    address = np.where(to_head_office, firms.home[firms.parent[firm]], known.address)
    centre = np.full(len(known), CENTRAL_POINT)
    return _accounts(known.entity, centre, known.line_point, CENTRAL, address, known.phone)


def make_accounts(
    seed: int, people: People, households: Households, firms: Firms, *, first_address: int, rates: Rates
) -> tuple[Accounts, Addresses]:
    """Every account of the estate, shuffled, and the addresses only they have."""
    draw = stream(seed, "accounts")
    present = _present(people, households, firms, draw, rates)
    rekeyed = present.take(np.flatnonzero(chance(draw, len(present), rates.accounts.rekeyed)))
    others, addresses = _other_points(draw, people, first_address, rates)
    everything = Accounts.concatenate(
        present,
        _further_lines(draw, present, rates),
        Accounts(**{**rekeyed.__dict__, "reason": np.full(len(rekeyed), REKEYED)}),
        _old_records(draw, people, households, rates),
        others,
        _central(draw, present, firms, len(people), rates),
    )
    married = everything.entity < len(people)
    person = np.minimum(everything.entity, len(people) - 1)
    married &= (people.former_family[person] != NONE) & np.isin(everything.reason, (OLD, REKEYED, OTHER_POINT))
    former = married & chance(draw, len(everything), rates.accounts.maiden_record)
    everything = Accounts(**{**everything.__dict__, "is_former_name": former})
    return everything.take(draw.permutation(len(everything))), addresses
