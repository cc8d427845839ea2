"""The comparisons of any table for millions of coded pairs; same levels as :mod:`dedupe.anytable.comparisons`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dedupe.anytable import comparisons
from dedupe.anytable.comparisons import (
    ADDRESS_LEVELS,
    BIRTH_DATE_LEVELS,
    BIRTH_YEAR_LEVELS,
    EMAIL_LEVELS,
    FAMILY_LEVELS,
    GIVEN_LEVELS,
    NAME_PARTS,
    NUMBER_LEVELS,
    ORG_LEVELS,
    ORG_RARITY_EDGES,
    RARE_PLACE,
    STREETS,
    TEXT_LEVELS,
    TEXT_RARITY_EDGES,
    Rarity,
)
from dedupe.coding import Codes, together
from dedupe.comparisons import (
    ALIKE,
    CLOSE,
    FAMILY_RARITY_EDGES,
    FULL_RARITY_EDGES,
    GIVEN_RARITY_EDGES,
    SIMILAR,
    is_street_like,
)
from dedupe.kernels import (
    Kernel,
    Levels,
    Mask,
    Side,
    equal_codes,
    only,
    pick,
    present,
    steps,
    text_edits,
    text_likeness,
)
from dedupe.similarity import edits_of, wrong_digits_of


def given_name(given_rarity: Rarity, family_rarity: Rarity) -> Kernel:
    """Levels of the given name."""

    def levels(side: Side) -> Levels:
        both, equal = side.both("given"), side.equal("given")
        unlike = both & ~equal
        edit, like = text_edits(side, "given", unlike), text_likeness(side, "given", unlike)
        given_bits, family_bits = side.per_value("given", given_rarity), side.per_value("last", family_rarity)
        found = pick(
            GIVEN_LEVELS,
            ("initial", both & _is_initial(side) & ~full_name_equal(side)),
            ("swapped", swapped(side) & ~equal),
            ("missing", ~both),
            ("second", unlike & _is_second(side)),
            ("near", (edit <= 1) | (like > CLOSE)),
            ("similar", like > SIMILAR),
            ("alike", like > ALIKE),
            otherwise="other",
        )
        exact = equal & ~_is_initial(side)
        found = np.where(exact, steps(GIVEN_LEVELS, "exact", given_bits, GIVEN_RARITY_EDGES), found)
        joint = steps(GIVEN_LEVELS, "full_name", given_bits + family_bits, FULL_RARITY_EDGES)
        return np.where(full_name_equal(side), joint, found)

    return levels


def full_name_equal(side: Side) -> Mask:
    """Where given and family name are both present, more than an initial, and equal."""
    return side.kept("full_name", lambda pairs: pairs.equal("given") & pairs.equal("last") & ~_is_initial(pairs))


def swapped(side: Side) -> Mask:
    """Where a part of the name stands the other way round, and the given names differ."""

    def make(pairs: Side) -> Mask:
        given, last = together(pairs.features.fields["given"], pairs.features.fields["last"])
        one, other = given.codes[pairs.left], given.codes[pairs.right]
        crossed = equal_codes(one, last.codes[pairs.right]) | equal_codes(other, last.codes[pairs.left])
        return np.asarray(crossed & (one != other), dtype=np.bool_)

    return side.kept("swapped", make)


def _is_initial(side: Side) -> Mask:
    values = side.values("given")
    letters = np.array([ord(value[0]) for value in values] + [0])
    short = np.array([comparisons.is_initial(value) for value in values] + [False])
    one, other = side.codes("given")
    same = present(one) & present(other) & (letters[one] == letters[other])
    return np.asarray(same & (short[one] | short[other]), dtype=np.bool_)


def _is_second(side: Side) -> Mask:
    (one, other), (second, second_2) = side.codes("given"), side.codes("second")
    return equal_codes(one, second_2) | equal_codes(other, second)


def family_name(family_rarity: Rarity) -> Kernel:
    """Levels of the family name."""

    def levels(side: Side) -> Levels:
        both = side.both("last") & ~full_name_equal(side)
        unlike = both & ~side.equal("last")
        edit, like = text_edits(side, "last", unlike), text_likeness(side, "last", unlike)
        found = pick(
            FAMILY_LEVELS,
            ("missing", ~both | (unlike & swapped(side))),
            ("part", unlike & _shares_part(side)),
            ("near", edit <= 1),
            ("close", like > CLOSE),
            ("alike", like > SIMILAR),
            otherwise="other",
        )
        exact = steps(FAMILY_LEVELS, "exact", side.per_value("last", family_rarity), FAMILY_RARITY_EDGES)
        return np.where(both & side.equal("last"), exact, found)

    return levels


def _shares_part(side: Side) -> Mask:
    answer = np.zeros(len(side.left), dtype=np.bool_)
    for slot in NAME_PARTS:
        for slot_2 in NAME_PARTS:
            answer |= equal_codes(side.codes(slot)[0], side.codes(slot_2)[1])
    return answer


def birth_date(side: Side) -> Levels:
    """Levels of the date of birth."""
    both, exact = side.both("birth"), side.equal("birth")
    numbers = np.array([int(value) for value in side.values("birth")] + [0], dtype=np.int64)
    one, other = (numbers[codes] for codes in side.codes("birth"))
    (year, month, day), (year_2, month_2, day_2) = _date_parts(one), _date_parts(other)
    same = (year == year_2).astype(int) + (month == month_2) + (day == day_2)
    is_new_year = ((month == 1) & (day == 1)) | ((month_2 == 1) & (day_2 == 1))
    return pick(
        BIRTH_DATE_LEVELS,
        ("missing", ~both),
        ("exact", exact),
        ("swapped", (year == year_2) & (month == day_2) & (day == month_2)),
        ("near", text_edits(side, "birth", both & ~exact) <= 1),
        ("new_year", (year == year_2) & is_new_year),
        ("two_of_three", same == 2),
        otherwise="other",
    )


def _date_parts(dates: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    return dates // 10_000, dates // 100 % 100, dates % 100


def birth_year(side: Side) -> Levels:
    """Levels of the year of birth."""
    both = side.both("birth_y")
    if "birth" in side.features.fields:
        both &= ~side.both("birth")
    years = np.array([int(value) for value in side.values("birth_y")] + [0], dtype=np.int64)
    one, other = side.codes("birth_y")
    apart = np.abs(years[one] - years[other])
    return pick(
        BIRTH_YEAR_LEVELS,
        ("missing", ~both),
        ("exact", apart == 0),
        ("one_off", apart <= 1),
        ("few", apart <= 3),
        ("decade", apart <= 10),
        otherwise="other",
    )


def number(field: str) -> Kernel:
    """Levels of a number that names one party."""

    def levels(side: Side) -> Levels:
        both, exact = side.both(field), side.equal(field)
        unlike = both & ~exact
        one, other = side.codes(field)
        wrong = only(unlike, lambda at: wrong_digits_of(side.values(field), one[at], other[at]))
        return pick(
            NUMBER_LEVELS,
            ("missing", ~both),
            ("exact", exact),
            ("near", text_edits(side, field, unlike) <= 1),
            ("two_digits", wrong <= 2),
            otherwise="other",
        )

    return levels


def email(side: Side) -> Levels:
    """Levels of the e-mail address: the best of up to four combinations."""
    slots = ("email", "email_2")
    combinations = [(side.codes(slot)[0], side.codes(slot_2)[1]) for slot in slots for slot_2 in slots]
    values = side.values("email")
    names, places = np.unique([value.partition("@")[0] for value in values], return_inverse=True)
    of_value = np.append(places, len(names)).astype(np.int32)
    both = np.any([present(one) & present(other) for one, other in combinations], axis=0)
    exact = np.any([equal_codes(one, other) for one, other in combinations], axis=0)
    same_name = np.any(
        [present(one) & present(other) & (of_value[one] == of_value[other]) for one, other in combinations], axis=0
    )
    near = np.any([_edits(values, one, other, both & ~exact) <= 1 for one, other in combinations], axis=0)
    return pick(
        EMAIL_LEVELS,
        ("missing", ~both),
        ("exact", exact),
        ("same_name", same_name),
        ("near", near),
        otherwise="other",
    )


def _edits(values: Sequence[str], one: Codes, other: Codes, where: Mask) -> NDArray[np.float64]:
    return only(where & present(one) & present(other), lambda at: edits_of(values, one[at], other[at]))


def address(place_rarity: Rarity) -> Kernel:
    """Levels of the address, which is one variable."""

    def levels(side: Side) -> Levels:
        postal, house, flat = side.equal("postal"), side.equal("house"), side.equal("flat")
        place, street = _is_same_place(side), _is_same_street(side)
        unknown = ~side.both("city") & ~side.both("postal")
        known = side.both("city") | side.both("postal") | side.both("street") | side.both("region")
        building = street & house & (place | postal | unknown)
        has_flat, has_flat_2 = (present(codes) for codes in side.codes("flat"))
        is_rare = np.array([place_rarity(value) >= RARE_PLACE for value in side.values("city")] + [False])
        rare = is_rare[side.codes("city")[0]] & is_rare[side.codes("city")[1]]
        near_postal = text_edits(side, "postal", side.both("postal") & ~postal) <= 1
        return pick(
            ADDRESS_LEVELS,
            ("missing", ~known),
            ("same_flat", building & flat),
            ("same_house", building & ~has_flat & ~has_flat_2),
            ("flat_unknown", building & (has_flat != has_flat_2)),
            ("other_flat", building),
            ("same_street_and_house", street & house),
            ("same_street", street & (place | postal)),
            ("same_number", house & (place | postal)),
            ("same_postal", postal),
            ("same_rare_place", place & rare),
            ("same_place", place),
            ("near_postal", near_postal),
            ("same_region", side.equal("region")),
            otherwise="elsewhere",
        )

    return levels


def _is_same_place(side: Side) -> Mask:
    unlike = side.both("city") & ~side.equal("city")
    alike = (text_edits(side, "city", unlike) <= 1) | (text_likeness(side, "city", unlike) > 0.9)
    return side.equal("city") | alike


def _is_same_street(side: Side) -> Mask:
    answer = np.zeros(len(side.left), dtype=np.bool_)
    values = side.values("street")
    for slot in STREETS:
        for slot_2 in STREETS:
            one, other = side.codes(slot)[0], side.codes(slot_2)[1]
            answer |= equal_codes(one, other)
            answer |= _asked(values, one, other, ~answer & present(one) & present(other), is_street_like)
    return answer


def _asked(values: Sequence[str], one: Codes, other: Codes, where: Mask, ask: Callable[[str, str], bool]) -> Mask:
    """A yes-or-no question about two values, asked once per distinct pair."""
    at = np.flatnonzero(where)
    width = np.int64(max(len(values), 1))
    pairs, inverse = np.unique(one[at].astype(np.int64) * width + other[at], return_inverse=True)
    answers = np.array([ask(values[pair // width], values[pair % width]) for pair in pairs.tolist()], dtype=np.bool_)
    mask = np.zeros(len(where), dtype=np.bool_)
    if len(at):
        mask[at] = answers[inverse]
    return mask


def text(field: str, rarity: Rarity) -> Kernel:
    """Levels of a category or a short text."""

    def levels(side: Side) -> Levels:
        both, exact = side.both(field), side.equal(field)
        found = _graded(side, field, both & ~exact, TEXT_LEVELS, comparisons.text_level)
        steps_of_value = steps(TEXT_LEVELS, "exact", side.per_value(field, rarity), TEXT_RARITY_EDGES)
        return np.where(exact, steps_of_value, found).astype(np.int8)

    return levels


def organisation_name(word_rarity: Rarity) -> Kernel:
    """Levels of a firm's name."""

    def of_name(name: str) -> int:
        return sum(word_rarity(word) for word in set(name.split()))

    def levels(side: Side) -> Levels:
        both, exact = side.both("org"), side.equal("org")
        found = _graded(
            side,
            "org",
            both & ~exact,
            ORG_LEVELS,
            lambda one, other: comparisons.organisation_level(one, other, word_rarity),
        )
        rarity = steps(ORG_LEVELS, "exact", side.per_value("org", of_name), ORG_RARITY_EDGES)
        return np.where(exact, rarity, found).astype(np.int8)

    return levels


def _graded(
    side: Side, field: str, where: Mask, levels: tuple[str, ...], level_of: Callable[[str, str], str]
) -> Levels:
    """The level of two values, asked once per distinct pair; missing elsewhere."""
    values, (one, other) = side.values(field), side.codes(field)
    at = np.flatnonzero(where)
    width = np.int64(max(len(values), 1))
    pairs, inverse = np.unique(one[at].astype(np.int64) * width + other[at], return_inverse=True)
    found = [levels.index(level_of(values[pair // width], values[pair % width])) for pair in pairs.tolist()]
    graded = np.zeros(len(where), dtype=np.int8)
    if len(at):
        graded[at] = np.array(found, dtype=np.int8)[inverse]
    return graded
