"""The comparisons of persons for coded pairs; same levels as :mod:`dedupe.comparisons`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons, level_loops, person_comparisons, text_loops
from dedupe.comparisons import (
    ALIKE,
    BIRTH_DATE_LEVELS,
    CLOSE,
    FAMILY_NAME_LEVELS,
    FAMILY_RARITY_EDGES,
    GIVEN_NAME_LEVELS,
    GIVEN_RARITY_EDGES,
    JOINT_FAMILY_EDGES,
    JOINT_GIVEN_EDGES,
    JOINT_NAME_LEVELS,
    SIMILAR,
)
from dedupe.compiled import compiled
from dedupe.level_loops import Codes, Levels, Longs, is_equal, step
from dedupe.levels import numbers_of
from dedupe.person_comparisons import NAMESAKES_EDGES, RIVALS_LEVELS, SAME_OR_OTHER_LEVELS
from dedupe.text_loops import Text, is_one_edit, likeness

GIVEN, FAMILY = numbers_of(GIVEN_NAME_LEVELS), numbers_of(FAMILY_NAME_LEVELS)
BIRTH, RIVAL = numbers_of(BIRTH_DATE_LEVELS), numbers_of(RIVALS_LEVELS)
FIRST_JOINT = GIVEN_NAME_LEVELS.index(JOINT_NAME_LEVELS[0])
MISSING_LEVEL, OTHER, SAME = range(len(SAME_OR_OTHER_LEVELS))


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
        return _joint_name(names, left)
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
    like = likeness(names.given, one, other, ALIKE)
    if like > CLOSE or is_one_edit(names.given, one, other):
        return int(GIVEN.near)
    if like > SIMILAR:
        return int(GIVEN.similar)
    if like > ALIKE:
        return int(GIVEN.alike)
    is_other_sex = (names.is_woman[left] and names.is_man[right]) or (names.is_man[left] and names.is_woman[right])
    return int(GIVEN.other_sex if is_other_sex else GIVEN.other)


@compiled(comparisons, level_loops)
def _joint_name(names: Names, record: int) -> int:
    place = 0 if names.is_woman[record] else len(JOINT_GIVEN_EDGES) + 1
    place += step(names.given_rarity[names.given.codes[record]], JOINT_GIVEN_EDGES)
    place = place * (len(JOINT_FAMILY_EDGES) + 1)
    place += step(names.family_rarity[names.last.codes[record]], JOINT_FAMILY_EDGES)
    return int(FIRST_JOINT + place)


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
    if names.stem[left] == names.stem[right] and not _is_same_sex(names, left, right):
        return int(FAMILY.other_gender)
    if one == names.former[right] or other == names.former[left]:
        return int(FAMILY.former)
    if _shares_part(names, left, right):
        return int(FAMILY.part)
    if is_one_edit(names.last, one, other):
        return int(FAMILY.near)
    like = likeness(names.last, one, other, SIMILAR)
    if like > CLOSE:
        return int(FAMILY.close)
    if like > SIMILAR:
        return int(FAMILY.alike)
    return int(FAMILY.other_woman if names.is_woman[left] and names.is_woman[right] else FAMILY.other)


@compiled()
def _is_same_sex(names: Names, left: int, right: int) -> bool:
    return bool((names.is_woman[left] and names.is_woman[right]) or (names.is_man[left] and names.is_man[right]))


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


@compiled(person_comparisons)
def source_levels(left: Longs, right: Longs, codes: Codes) -> Levels:
    """Levels of the source system."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = codes[left[pair]], codes[right[pair]]
        if one >= 0 and other >= 0:
            levels[pair] = SAME if one == other else OTHER
    return levels


class Given(NamedTuple):
    """A given name of each record."""

    codes: Codes
    initials: NDArray[np.int32]
    """Per name: its first letter if it is no more than an initial, else 0."""
    first_letters: NDArray[np.int32]


@compiled(person_comparisons)
def _is_same_given(given: Given, one: int, other: int) -> bool:
    if one == other:
        return True
    has_initial = given.initials[one] != 0 or given.initials[other] != 0
    return bool(has_initial and given.first_letters[one] == given.first_letters[other])


@compiled(person_comparisons)
def second_given_name_levels(left: Longs, right: Longs, given: Given) -> Levels:
    """Levels of the second given name."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = given.codes[left[pair]], given.codes[right[pair]]
        if one >= 0 and other >= 0:
            levels[pair] = SAME if _is_same_given(given, one, other) else OTHER
    return levels


class Rivals(NamedTuple):
    """Name, home and what identifies each record, and who else it may be."""

    first: Given
    stem: Codes
    birth: Codes
    pesel: Codes
    rivals: Codes


@compiled(person_comparisons)
def rivals_levels(left: Longs, right: Longs, people: Rivals) -> Levels:
    """Levels of who else the records may be."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        levels[pair] = _rivals(people, left[pair], right[pair])
    return levels


@compiled(person_comparisons)
def _rivals(people: Rivals, left: int, right: int) -> int:
    if (people.birth[left] >= 0 and people.birth[right] >= 0) or (people.pesel[left] >= 0 and people.pesel[right] >= 0):
        return int(RIVAL.missing)
    one, other = people.first.codes[left], people.first.codes[right]
    if one < 0 or other < 0 or people.stem[left] < 0 or people.stem[left] != people.stem[right]:
        return int(RIVAL.missing)
    if not _is_same_given(people.first, one, other):
        return int(RIVAL.missing)
    if people.rivals[left] == 0 or people.rivals[right] == 0:
        return int(RIVAL.another_generation)
    is_another_name = people.rivals[left] == 1 or people.rivals[right] == 1
    return int(RIVAL.another_name if is_another_name else RIVAL.none)


class Home(NamedTuple):
    """Where each record lives, part by part."""

    city: Codes
    street: Codes
    house: Codes
    flat: Codes


@compiled(level_loops)
def _is_house_equal(home: Home, left: int, right: int) -> bool:
    if not is_equal(home.city, left, right) or not is_equal(home.house, left, right):
        return False
    return bool(home.street[left] == home.street[right])


@compiled(level_loops)
def neighbours_levels(left: Longs, right: Longs, home: Home, crowd: Codes) -> Levels:
    """Levels of how many families the house has; the codes of the field are the levels after missing."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        if _is_house_equal(home, one, other) and not is_equal(home.flat, one, other):
            levels[pair] = crowd[one] + 1
    return levels


@compiled(comparisons, person_comparisons, level_loops)
def namesakes_levels(left: Longs, right: Longs, names: Names, home: Home, houses: Codes) -> Levels:
    """Levels of how many of the name to expect in the town; the codes of ``houses`` are half-bits."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        if not is_equal(home.city, one, other) or _is_house_equal(home, one, other):
            continue
        if _is_full_name_equal(names, one, other):
            levels[pair] = 1 + step(houses[one] - names.given_rarity[names.given.codes[one]], NAMESAKES_EDGES)
    return levels


@compiled(level_loops)
def born_levels(left: Longs, right: Longs, birth: Codes, first: Codes, stem: Codes, born: Codes) -> Levels:
    """Levels of how many family names were born that day; the codes of the field are the levels after missing."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        is_another_name = stem[one] >= 0 and stem[other] >= 0 and stem[one] != stem[other]
        if is_another_name and is_equal(birth, one, other) and is_equal(first, one, other):
            levels[pair] = born[one] + 1
    return levels
