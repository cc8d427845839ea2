"""The comparisons of persons for coded pairs; same levels as :mod:`dedupe.comparisons`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons, level_loops, text_loops
from dedupe.comparisons import (
    ALIKE,
    BIRTH_DATE_LEVELS,
    CLOSE,
    FAMILY_NAME_LEVELS,
    FAMILY_RARITY_EDGES,
    FULL_RARITY_EDGES,
    GIVEN_NAME_LEVELS,
    GIVEN_RARITY_EDGES,
    SIMILAR,
)
from dedupe.compiled import compiled
from dedupe.level_loops import Codes, Levels, Longs, is_equal, step
from dedupe.levels import numbers_of
from dedupe.text_loops import Text, is_one_edit, likeness

GIVEN, FAMILY = numbers_of(GIVEN_NAME_LEVELS), numbers_of(FAMILY_NAME_LEVELS)
BIRTH = numbers_of(BIRTH_DATE_LEVELS)


class Names(NamedTuple):
    """The names of each record, and what is known of each given name."""

    given: Text
    second: Codes
    """Over the vocabulary of given names."""
    last: Text
    last_head: Codes
    """The parts of a double-barrelled name, and the former one, over the vocabulary of family names."""
    last_tail: Codes
    former: Codes
    stem: Codes
    given_as_name: Codes
    """Given and family names over one vocabulary."""
    last_as_name: Codes
    is_woman: NDArray[np.bool_]
    is_man: NDArray[np.bool_]
    initials: NDArray[np.int32]
    """Per given name: its first letter if it is no more than an initial, else 0."""
    first_letters: NDArray[np.int32]
    full_names: Codes
    """The full names each given name may stand for, one behind the other."""
    full_ends: Longs
    given_rarity: Longs
    """Half-bits, per given name."""
    family_rarity: Longs


@compiled(comparisons)
def _is_full_name_equal(names: Names, left: int, right: int) -> bool:
    if not is_equal(names.given.codes, left, right) or not is_equal(names.last.codes, left, right):
        return False
    return bool(names.initials[names.given.codes[left]] == 0)


@compiled()
def _is_swapped(names: Names, left: int, right: int) -> bool:
    given, last = names.given_as_name, names.last_as_name
    if given[left] < 0 or last[left] < 0 or given[left] == last[left]:
        return False
    return bool(given[left] == last[right] and last[left] == given[right])


@compiled()
def _is_diminutive(names: Names, one: int, other: int) -> bool:
    for place in range(names.full_ends[one], names.full_ends[one + 1]):
        for place_2 in range(names.full_ends[other], names.full_ends[other + 1]):
            if names.full_names[place] == names.full_names[place_2]:
                return True
    return False


@compiled(comparisons, level_loops, text_loops)
def given_name_levels(left: Longs, right: Longs, names: Names) -> Levels:
    """Levels of the given name."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        levels[pair] = _given_name(names, left[pair], right[pair])
    return levels


@compiled(comparisons, level_loops, text_loops)
def _given_name(names: Names, left: int, right: int) -> int:
    one, other = names.given.codes[left], names.given.codes[right]
    if one < 0 or other < 0:
        return int(GIVEN.missing)
    if _is_full_name_equal(names, left, right):
        rarity = names.given_rarity[one] + names.family_rarity[names.last.codes[left]]
        return int(GIVEN.full_name_1 + step(rarity, FULL_RARITY_EDGES))
    has_initial = names.initials[one] != 0 or names.initials[other] != 0
    if has_initial and names.first_letters[one] == names.first_letters[other]:
        return int(GIVEN.initial)
    if one == other:
        return int(GIVEN.exact_1 + step(names.given_rarity[one], GIVEN_RARITY_EDGES))
    if _is_swapped(names, left, right):
        return int(GIVEN.swapped)
    if _is_diminutive(names, one, other):
        return int(GIVEN.diminutive)
    if one == names.second[right] or other == names.second[left]:
        return int(GIVEN.second)
    like = likeness(names.given, one, other)
    if like > CLOSE or is_one_edit(names.given, one, other):
        return int(GIVEN.near)
    if like > SIMILAR:
        return int(GIVEN.similar)
    if like > ALIKE:
        return int(GIVEN.alike)
    is_other_sex = (names.is_woman[left] and names.is_man[right]) or (names.is_man[left] and names.is_woman[right])
    return int(GIVEN.other_sex if is_other_sex else GIVEN.other)


@compiled(comparisons, level_loops, text_loops)
def family_name_levels(left: Longs, right: Longs, names: Names) -> Levels:
    """Levels of the family name."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        levels[pair] = _family_name(names, left[pair], right[pair])
    return levels


@compiled(comparisons, level_loops, text_loops)
def _family_name(names: Names, left: int, right: int) -> int:
    one, other = names.last.codes[left], names.last.codes[right]
    if one < 0 or other < 0 or _is_full_name_equal(names, left, right):
        return int(FAMILY.missing)
    if one == other:
        return int(FAMILY.exact_1 + step(names.family_rarity[one], FAMILY_RARITY_EDGES))
    if _is_swapped(names, left, right):
        return int(FAMILY.swapped)
    if names.stem[left] == names.stem[right]:
        return int(FAMILY.other_gender)
    if one == names.former[right] or other == names.former[left]:
        return int(FAMILY.former)
    if _shares_part(names, left, right):
        return int(FAMILY.part)
    if is_one_edit(names.last, one, other):
        return int(FAMILY.near)
    like = likeness(names.last, one, other)
    if like > CLOSE:
        return int(FAMILY.close)
    if like > SIMILAR:
        return int(FAMILY.alike)
    return int(FAMILY.other_woman if names.is_woman[left] and names.is_woman[right] else FAMILY.other)


@compiled()
def _shares_part(names: Names, left: int, right: int) -> bool:
    ours = (names.last.codes[left], names.last_head[left], names.last_tail[left])
    theirs = (names.last.codes[right], names.last_head[right], names.last_tail[right])
    for one in ours:
        for other in theirs:
            if one >= 0 and one == other:
                return True
    return False


@compiled(comparisons, level_loops)
def birth_date_levels(left: Longs, right: Longs, birth: Codes, pesel: Codes) -> Levels:
    """Levels of the date of birth.

    Args:
        left, right: records.
        birth: year, month and day in one number; 0 where missing.
        pesel: codes.
    """
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = birth[left[pair]], birth[right[pair]]
        has_both_pesels = pesel[left[pair]] >= 0 and pesel[right[pair]] >= 0
        levels[pair] = BIRTH.missing if one == 0 or other == 0 or has_both_pesels else _birth_date(one, other)
    return levels


@compiled(comparisons)
def _birth_date(one: int, other: int) -> int:
    if one == other:
        return int(BIRTH.exact)
    year, month, day = one // 10_000, one // 100 % 100, one % 100
    year_2, month_2, day_2 = other // 10_000, other // 100 % 100, other % 100
    if year == year_2 and month == day_2 and day == month_2:
        return int(BIRTH.swapped)
    if year == year_2 and (month == day == 1 or month_2 == day_2 == 1):
        return int(BIRTH.new_year)
    if year == year_2 and month == month_2:
        return int(BIRTH.typo)
    if month == month_2 and day == day_2 and abs(year - year_2) in (1, 10):
        return int(BIRTH.typo)
    equal = int(year == year_2) + int(month == month_2) + int(day == day_2)
    return int(BIRTH.two_of_three if equal == 2 else BIRTH.other)
