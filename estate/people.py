"""The people of the estate: households of relatives who share a surname, a home and often a telephone.

A household has a head, often a spouse, sometimes grown children (a few of them twins, some sons named as their
father) and a parent of the head. Only people born until 1984 are made: children have no telephone of their own. What
makes linkage hard happens here: relatives alike, wives with two surnames, movers, numbers handed to strangers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.units import collection_points
from estate import identifiers, places
from estate.draw import Draw, Flags, Ints, Texts, chance, either, stream, texts, weighted
from estate.names import name_pool
from estate.places import Addresses
from estate.rates import WorldRates

NONE = -1
DAYS_1945 = -9131
_LAST_BIRTH = 5478  # 31 December 1984
_FIRST_BIRTH = -23376  # 1 January 1906
HEAD, SPOUSE, CHILD, TWIN, PARENT, PARENT_2 = range(6)


@dataclass(frozen=True)
class Households:
    """Homes and numbers, by household."""

    point: Ints
    home: Ints
    """Number of the address."""
    old_home: Ints
    """Where they lived before, -1 if they never moved; it may be at another point."""
    old_point: Ints
    phone: Ints
    """Area code and seven digits, as one number of nine digits."""
    old_phone: Ints
    is_new_tenant: Flags
    """Whether the number belonged to a household that moved away."""


@dataclass(frozen=True)
class People:
    """Persons, sorted by household."""

    household: Ints
    role: Ints
    is_female: Flags
    birth: Ints
    """Days since 1970."""
    family: Ints
    """Present surname, a number in the name pool."""
    former_family: Ints
    """Surname before marriage, -1 if never another."""
    is_double_barrelled: Flags
    given: Ints
    second_given: Ints
    pesel: Texts
    second_pesel: Texts
    document: Texts
    new_document: Texts
    mobile: Texts
    is_customer: Flags
    is_dead: Flags
    is_namesake: Flags
    """A son named as his father."""
    shares_pesel: Flags

    def __len__(self) -> int:
        return len(self.household)


def area_codes() -> Ints:
    """Two-digit area code of each point."""
    return np.array([int(point.area_code) for point in collection_points()])


def draw_phones(draw: Draw, point: Ints) -> Ints:
    """A number of the point's zone for each; seven digits, the first of them 2 to 9."""
    return area_codes()[point] * 10_000_000 + draw.integers(2_000_000, 10_000_000, len(point))


def make_households(seed: int, count: int, rates: WorldRates) -> tuple[Households, Addresses]:
    """Households with their homes; some moved, and strangers got the number or even the flat they left."""
    draw = stream(seed, "households")
    point = weighted(draw, places.point_weights(), count)
    moved = chance(draw, count, rates.moved)
    elsewhere = moved & chance(draw, count, rates.moved_other_point)
    old_point = np.where(elsewhere, weighted(draw, places.point_weights(), count), point)
    addresses = Addresses.concatenate(places.draw_addresses(draw, point), places.draw_addresses(draw, old_point))
    home = np.arange(count)
    old_home = np.where(moved, np.arange(count, 2 * count), NONE)
    phone = draw_phones(draw, point)
    old_phone = np.where(moved, draw_phones(draw, old_point), NONE)
    # A third of those who move within a point take their number with them.
    keeps = moved & ~elsewhere & chance(draw, count, 0.33)
    old_phone = np.where(keeps, phone, old_phone)
    left = np.flatnonzero(moved & ~keeps & chance(draw, count, rates.recycled_number))
    tenant, left = _new_tenants(draw, point, old_point[left], left, settled=~moved)
    phone[tenant] = old_phone[left]
    in_flat = chance(draw, len(tenant), rates.recycled_flat)
    home[tenant[in_flat]] = old_home[left[in_flat]]
    is_new = np.zeros(count, dtype=bool)
    is_new[tenant] = True
    return Households(point, home, old_home, old_point, phone, old_phone, is_new), addresses


def _new_tenants(draw: Draw, point: Ints, wanted: Ints, left: Ints, *, settled: Flags) -> tuple[Ints, Ints]:
    """A settled household of the wanted point for each number left behind, each household once."""
    tenants, matched = [], []
    for number in np.unique(wanted):
        free = draw.permutation(np.flatnonzero((point == number) & settled))
        mine = left[wanted == number]
        size = min(len(free), len(mine))
        tenants.append(free[:size])
        matched.append(mine[:size])
    empty = np.zeros(0, dtype=np.int64)
    return np.concatenate([empty, *tenants]), np.concatenate([empty, *matched])


@dataclass
class _Members:
    """One role of all households, before they are put together."""

    household: Ints
    role: int
    is_female: Flags
    birth: Ints


def _members(draw: Draw, count: int, rates: WorldRates) -> list[_Members]:
    everyone = np.arange(count)
    head_female = chance(draw, count, 0.32)
    head_birth = np.clip((-6200 + 4600 * draw.standard_normal(count)).astype(np.int64), -20000, 3600)
    spouse = everyone[chance(draw, count, rates.spouse)]
    spouse_birth = np.clip(
        head_birth[spouse] + (draw.standard_normal(len(spouse)) * 1400).astype(np.int64), _FIRST_BIRTH, 4500
    )
    child = everyone[chance(draw, count, rates.adult_child * 1.6) & (head_birth < -4000)]
    child_birth = head_birth[child] + draw.integers(7300, 13000, len(child))
    second = child[chance(draw, len(child), rates.second_child)]
    first_birth = dict(zip(child.tolist(), child_birth.tolist(), strict=True))
    elder = np.array([first_birth[number] for number in second.tolist()], dtype=np.int64)
    is_twin = chance(draw, len(second), rates.twins)
    second_birth = np.where(is_twin, elder, elder + draw.integers(380, 2600, len(second)))
    parent = everyone[chance(draw, count, rates.parent) & (head_birth > -12000)]
    second_parent = parent[chance(draw, len(parent), rates.second_parent)]
    parent_birth = head_birth[parent] - draw.integers(7500, 12000, len(parent))
    other_birth = head_birth[second_parent] - draw.integers(7500, 12000, len(second_parent))
    members = [
        _Members(everyone, HEAD, head_female, head_birth),
        _Members(spouse, SPOUSE, ~head_female[spouse], spouse_birth),
        _Members(child, CHILD, chance(draw, len(child), 0.48), child_birth),
        _Members(second, TWIN, chance(draw, len(second), 0.48), second_birth),
        _Members(parent, PARENT, np.ones(len(parent), dtype=bool), parent_birth),
        _Members(second_parent, PARENT_2, np.zeros(len(second_parent), dtype=bool), other_birth),
    ]
    for group in members:
        grown = group.birth <= _LAST_BIRTH
        group.household, group.is_female, group.birth = (
            group.household[grown],
            group.is_female[grown],
            group.birth[grown],
        )
        group.birth = np.maximum(group.birth, _FIRST_BIRTH)
    return members


def make_people(seed: int, households: Households, rates: WorldRates) -> People:
    """Who lives in the households."""
    draw = stream(seed, "people")
    count = len(households.point)
    members = _members(draw, count, rates)
    household = np.concatenate([group.household for group in members])
    role = np.concatenate([np.full(len(group.household), group.role) for group in members])
    female = np.concatenate([group.is_female for group in members])
    birth = np.concatenate([group.birth for group in members])
    order = np.lexsort((role, household))
    household, role, female, birth = household[order], role[order], female[order], birth[order]
    family, former, double = _surnames(draw, count, household, role, female, rates)
    given, namesake = _given_names(draw, household, role, female, birth, rates)
    size = len(household)
    second = np.where(chance(draw, size, rates.second_given_name), _draw_given(draw, female, birth), NONE)
    birth, pesel, second_pesel, shares = _pesels(draw, birth, female, rates)
    mobile = 10_000_000 * draw.choice([50, 60, 69, 66], size) + draw.integers(0, 10_000_000, size)
    dead = _dead_husbands(draw, household, role, female, birth, rates)
    return People(
        household=household,
        role=role,
        is_female=female,
        birth=birth,
        family=family,
        former_family=former,
        is_double_barrelled=double,
        given=given,
        second_given=second,
        pesel=pesel,
        second_pesel=second_pesel,
        document=identifiers.booklets(draw, size),
        new_document=identifiers.identity_cards(draw, size),
        mobile=either(chance(draw, size, rates.mobile), texts([f"{number:09d}" for number in mobile.tolist()]), None),
        is_customer=_customers(draw, household, role, dead, rates),
        is_dead=dead,
        is_namesake=namesake,
        shares_pesel=shares,
    )


def _surnames(
    draw: Draw, count: int, household: Ints, role: Ints, female: Flags, rates: WorldRates
) -> tuple[Ints, Ints, Flags]:
    pool = name_pool()
    family = weighted(draw, pool.family_weight, count)[household]
    other = weighted(draw, pool.family_weight, len(household))
    married = female & np.isin(role, (HEAD, SPOUSE, PARENT))
    former = np.where(married, other, NONE)
    keeps = married & (role == SPOUSE) & chance(draw, len(household), rates.keeps_maiden_name)
    family = np.where(keeps, other, family)
    former = np.where(keeps, NONE, former)
    double = married & ~keeps & chance(draw, len(household), rates.double_barrelled)
    return family, former, double


def _draw_given(draw: Draw, female: Flags, birth: Ints) -> Ints:
    pool = name_pool()
    given = np.empty(len(female), dtype=np.int64)
    for sex, mask in (("F", female), ("M", ~female)):
        for era, when in enumerate((birth < DAYS_1945, birth >= DAYS_1945)):
            mine = mask & when
            given[mine] = weighted(draw, pool.given_weight[sex][era], int(mine.sum()))
    return given


def _given_names(
    draw: Draw, household: Ints, role: Ints, female: Flags, birth: Ints, rates: WorldRates
) -> tuple[Ints, Flags]:
    given = _draw_given(draw, female, birth)
    parent = _parent_of_same_sex(household, role, female)
    has_parent = np.isin(role, (CHILD, TWIN)) & (parent != NONE)
    same = ~female & has_parent & chance(draw, len(household), rates.same_given_name)
    given = np.where(same, given[parent], given)
    # Two children of one household never get the same name, and nobody has a parent's by chance.
    clash = np.r_[False, (household[1:] == household[:-1]) & (given[1:] == given[:-1]) & (female[1:] == female[:-1])]
    clash &= role == TWIN
    clash |= has_parent & ~same & (given == given[parent])
    head = np.flatnonzero(role == HEAD)[household]
    clash |= np.isin(role, (PARENT, PARENT_2)) & (female == female[head]) & (given == given[head])
    given = np.where(clash, (given + 1) % 40, given)
    return given, same & ~clash


def _parent_of_same_sex(household: Ints, role: Ints, female: Flags) -> Ints:
    """For each person the head or spouse of the household of the same sex, -1 where there is none."""
    parent = np.full((2, int(household[-1]) + 1), NONE)
    parents = np.flatnonzero(np.isin(role, (HEAD, SPOUSE)))
    parent[female[parents].astype(int), household[parents]] = parents
    return np.asarray(parent[female.astype(int), household])


def _pesels(draw: Draw, birth: Ints, female: Flags, rates: WorldRates) -> tuple[Ints, Texts, Texts, Flags]:
    size = len(birth)
    birth = birth.copy()
    twins = np.flatnonzero(chance(draw, size, rates.shared_pesel))
    others = draw.integers(0, size, len(twins))
    fit = (female[twins] == female[others]) & (twins != others)
    twins, others = twins[fit], others[fit]
    birth[twins] = birth[others]
    serial = identifiers.serials(draw, birth, is_female=female)
    wrong = chance(draw, size, 0.001)
    pesel = identifiers.pesels(birth, serial, is_female=female ^ wrong)
    pesel[twins] = pesel[others]
    second = identifiers.pesels(birth, (serial + 2500) % 5000, is_female=female)
    has_second = chance(draw, size, rates.second_pesel)
    foreign = chance(draw, size, rates.foreigner)
    shares = np.zeros(size, dtype=bool)
    shares[twins] = shares[others] = True
    return birth, either(foreign, None, pesel), either(has_second & ~foreign, second, None), shares


def _dead_husbands(draw: Draw, household: Ints, role: Ints, female: Flags, birth: Ints, rates: WorldRates) -> Flags:
    has_wife = np.zeros(int(household[-1]) + 1, dtype=bool)
    has_wife[household[(role == SPOUSE) & female]] = True
    old_husband = (role == HEAD) & ~female & has_wife[household] & (birth < DAYS_1945)
    return np.asarray(old_husband & chance(draw, len(household), rates.widow))


def _customers(draw: Draw, household: Ints, role: Ints, dead: Flags, rates: WorldRates) -> Flags:
    share = np.select(
        [role == HEAD, role == SPOUSE, np.isin(role, (CHILD, TWIN))],
        [1.0, rates.spouse_customer, rates.child_customer],
        rates.parent_customer,
    )
    widowed = np.zeros(int(household[-1]) + 1, dtype=bool)
    widowed[household[dead]] = True
    return np.asarray(chance(draw, len(household), share) | (widowed[household] & (role == SPOUSE)))


def mates(people: People) -> Ints:
    """Another person of the same household for each, -1 for those who live alone."""
    following = np.r_[people.household[1:] == people.household[:-1], False]
    preceding = np.r_[False, following[:-1]]
    positions = np.arange(len(people))
    return np.where(following, positions + 1, np.where(preceding, positions - 1, NONE))
