"""The comparisons persons and firms share, for coded pairs; same levels as :mod:`dedupe.comparisons`.

Each function reads like the plain definition it repeats: records instead of parties, codes instead of texts. A code
below zero is a missing value.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons, text_loops
from dedupe.comparisons import (
    ADDRESS_LEVELS,
    EMAIL_LEVELS,
    NUMBER_LEVELS,
    PESEL_LEVELS,
    PHONE_LEVELS,
    PHONE_SHARER_EDGES,
)
from dedupe.compiled import compiled
from dedupe.levels import numbers_of
from dedupe.text_loops import Text, is_one_edit, is_start, likeness, wrong_places

Longs = NDArray[np.int64]
Codes = NDArray[np.int32]
Levels = NDArray[np.int8]
PESEL, NUMBER, PHONE = numbers_of(PESEL_LEVELS), numbers_of(NUMBER_LEVELS), numbers_of(PHONE_LEVELS)
EMAIL, ADDRESS = numbers_of(EMAIL_LEVELS), numbers_of(ADDRESS_LEVELS)
MISSING, OTHER, SAME, NONE, NEAR = range(5)


@compiled()
def is_equal(codes: Codes, left: int, right: int) -> bool:
    """Whether both records have a value, and the same."""
    return bool(codes[left] >= 0 and codes[left] == codes[right])


@compiled()
def step(value: int, edges: tuple[int, ...]) -> int:
    """How many edges a value has reached."""
    reached = 0
    for edge in edges:
        reached += value >= edge
    return reached


@compiled(comparisons, text_loops)
def pesel_levels(left: Longs, right: Longs, pesel: Text, birth: Codes) -> Levels:
    """Levels of the PESEL."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = pesel.codes[left[pair]], pesel.codes[right[pair]]
        if one < 0 or other < 0:
            levels[pair] = PESEL.missing
        elif one == other:
            levels[pair] = PESEL.exact
        elif is_one_edit(pesel, one, other):
            levels[pair] = PESEL.near
        elif wrong_places(pesel, one, other) <= 2:
            levels[pair] = PESEL.two_digits
        else:
            levels[pair] = PESEL.same_birth if is_equal(birth, left[pair], right[pair]) else PESEL.other
    return levels


@compiled(comparisons, text_loops)
def number_levels(left: Longs, right: Longs, number: Text) -> Levels:
    """Levels of a number: exact, one edit, other."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = number.codes[left[pair]], number.codes[right[pair]]
        if one < 0 or other < 0:
            levels[pair] = NUMBER.missing
        elif one == other:
            levels[pair] = NUMBER.exact
        else:
            levels[pair] = NUMBER.near if is_one_edit(number, one, other) else NUMBER.other
    return levels


@compiled(comparisons, text_loops)
def phone_levels(left: Longs, right: Longs, phone: Text, phone_2: Codes, sharers: Longs) -> Levels:
    """Levels of the telephone: the best of up to four combinations of numbers; both slots share a vocabulary."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        ours, theirs = (phone.codes[left[pair]], phone_2[left[pair]]), (phone.codes[right[pair]], phone_2[right[pair]])
        if max(ours) < 0 or max(theirs) < 0:
            levels[pair] = PHONE.missing
            continue
        fewest, is_near = -1, False
        for one in ours:
            for other in theirs:
                if one >= 0 and one == other:
                    fewest = int(sharers[one]) if fewest < 0 else min(fewest, int(sharers[one]))
        if fewest >= 0:
            levels[pair] = PHONE.exact_1 + step(fewest, PHONE_SHARER_EDGES)
            continue
        for one in ours:
            for other in theirs:
                is_near = is_near or (one >= 0 and other >= 0 and is_one_edit(phone, one, other))
        levels[pair] = PHONE.near if is_near else PHONE.other
    return levels


@compiled(comparisons)
def email_levels(left: Longs, right: Longs, email: Codes, names: Codes, domains: Codes) -> Levels:
    """Levels of the e-mail address; names and domains are what stands before and behind the @."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        one, other = left[pair], right[pair]
        if email[one] < 0 or email[other] < 0:
            levels[pair] = EMAIL.missing
        elif email[one] == email[other]:
            levels[pair] = EMAIL.exact
        elif names[one] == names[other]:
            levels[pair] = EMAIL.same_name
        else:
            levels[pair] = EMAIL.same_domain if domains[one] == domains[other] else EMAIL.other
    return levels


class Addresses(NamedTuple):
    """The address of each record, part by part."""

    city: Text
    street: Text
    house: Codes
    flat: Codes
    postal: Text
    region: Codes
    """First two digits of the postal code."""
    city_as_place: Codes
    """Cities and streets over one vocabulary: some systems write the village as the street."""
    street_as_place: Codes


@compiled(comparisons, text_loops)
def address_levels(left: Longs, right: Longs, addresses: Addresses) -> Levels:
    """Levels of the address, which is one variable."""
    levels = np.zeros(len(left), np.int8)
    for pair in range(len(left)):
        levels[pair] = _address(addresses, left[pair], right[pair])
    return levels


@compiled(comparisons, text_loops)
def _address(addresses: Addresses, one: int, other: int) -> int:
    place, postal = _place(addresses, one, other), _postal(addresses.postal, one, other)
    if place == MISSING and postal == MISSING:
        return int(ADDRESS.missing)
    has_house = is_equal(addresses.house, one, other)
    street = _street(addresses.street, one, other)
    is_street = place == SAME and street in (SAME, NONE)
    if has_house and (is_street or _is_village_by_post(addresses, one, other)):
        return _flat(addresses.flat, one, other)
    if postal == SAME and has_house and street == SAME:
        return int(ADDRESS.same_house_by_postal)
    if place == SAME and street == SAME:
        return int(ADDRESS.same_street)
    if place == SAME and has_house and is_equal(addresses.flat, one, other):
        return int(ADDRESS.same_numbers)
    if postal == SAME:
        return int(ADDRESS.same_postal)
    if place == SAME:
        return int(ADDRESS.same_place)
    return int(ADDRESS.near_postal if postal == NEAR else ADDRESS.elsewhere)


@compiled(comparisons, text_loops)
def _is_like(text: Text, one: int, other: int) -> bool:
    return one == other or is_one_edit(text, one, other) or likeness(text, one, other, 0.9) > 0.9


@compiled(comparisons, text_loops)
def _place(addresses: Addresses, left: int, right: int) -> int:
    one, other = addresses.city.codes[left], addresses.city.codes[right]
    if one < 0 or other < 0:
        return MISSING
    return SAME if _is_like(addresses.city, one, other) and not _is_far(addresses.region, left, right) else OTHER


@compiled()
def _is_far(region: Codes, left: int, right: int) -> bool:
    return bool(region[left] >= 0 and region[right] >= 0 and region[left] != region[right])


@compiled()
def _is_village_by_post(addresses: Addresses, left: int, right: int) -> bool:
    city, street = addresses.city_as_place, addresses.street_as_place
    ours = street[left] < 0 and city[left] >= 0 and city[left] == street[right]
    theirs = street[right] < 0 and city[right] >= 0 and city[right] == street[left]
    return bool(ours or theirs) and not _is_far(addresses.region, left, right)


@compiled(text_loops)
def _postal(postal: Text, left: int, right: int) -> int:
    one, other = postal.codes[left], postal.codes[right]
    if one < 0 or other < 0:
        return MISSING
    if one == other:
        return SAME
    return NEAR if is_one_edit(postal, one, other) else OTHER


@compiled(text_loops)
def _street(street: Text, left: int, right: int) -> int:
    one, other = street.codes[left], street.codes[right]
    if one < 0 or other < 0:
        return NONE if one < 0 and other < 0 else MISSING
    return SAME if _is_street_like(street, one, other) else OTHER


@compiled(text_loops)
def _is_street_like(street: Text, one: int, other: int) -> bool:
    if _is_like(street, one, other):
        return True
    ours, theirs = street.ends[one + 1] - street.ends[one], street.ends[other + 1] - street.ends[other]
    if ours > theirs or (ours == theirs and one > other):  # codes stand in the order of the texts
        one, other = other, one
    a, a_end, b, b_end = street.ends[one], street.ends[one + 1], street.ends[other], street.ends[other + 1]
    if a_end - a >= 6 and is_start(street.chars, a, a_end, b, b_end):
        return True
    last, last_2 = _last_word(street.chars, a, a_end), _last_word(street.chars, b, b_end)
    if a_end - last < 5 or a_end - last != b_end - last_2:
        return False
    if not is_start(street.chars, last, a_end, last_2, b_end):
        return False
    while a < last:
        end = _word_end(street.chars, a, last)
        if not _begins_a_word(street.chars, a, end, b, last_2):
            return False
        a = end + 1
    return True


@compiled()
def _last_word(chars: NDArray[np.uint8], start: int, end: int) -> int:
    place = end
    while place > start and chars[place - 1] != 32:
        place -= 1
    return place


@compiled()
def _word_end(chars: NDArray[np.uint8], start: int, end: int) -> int:
    while start < end and chars[start] != 32:
        start += 1
    return start


@compiled(text_loops)
def _begins_a_word(chars: NDArray[np.uint8], a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether any word between two places begins with a word."""
    while b < b_end:
        end = _word_end(chars, b, b_end)
        if is_start(chars, a, a_end, b, end):
            return True
        b = end + 1
    return False


@compiled()
def _flat(flat: Codes, left: int, right: int) -> int:
    if flat[left] < 0 and flat[right] < 0:
        return int(ADDRESS.same_house)
    if flat[left] < 0 or flat[right] < 0:
        return int(ADDRESS.flat_unknown)
    return int(ADDRESS.same_flat if flat[left] == flat[right] else ADDRESS.other_flat)
