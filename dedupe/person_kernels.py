"""The comparisons of persons for millions of coded pairs; same levels as :mod:`dedupe.comparisons`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons
from dedupe.coding import together
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
from dedupe.folding import stem
from dedupe.kernels import (
    Kernel,
    Levels,
    Mask,
    Side,
    address,
    email,
    equal_codes,
    number_levels,
    on_distinct,
    pesel,
    phone,
    pick,
    present,
    steps,
    text_edits,
    text_likeness,
)


def full_name_equal(side: Side) -> Mask:
    """Where given and family name are both present, more than an initial, and equal."""
    return side.equal("given") & side.equal("last") & ~is_initial(side)


def swapped(side: Side) -> Mask:
    """Where one record has given and family name the other way round."""
    given, last = together(side.features.fields["given"], side.features.fields["last"])
    one, other = given.codes[side.left], given.codes[side.right]
    family, family_2 = last.codes[side.left], last.codes[side.right]
    return equal_codes(one, family_2) & equal_codes(family, other) & ~equal_codes(one, family)


def is_initial(side: Side) -> Mask:
    """Where one given name is an initial of the other, or both are one."""
    values = side.values("given")
    letters = np.array([ord(value[0]) for value in values] + [0])
    short = np.array([comparisons.is_initial(value) for value in values] + [False])
    one, other = side.codes("given")
    return np.asarray((letters[one] == letters[other]) & (short[one] | short[other]), dtype=np.bool_)


def is_diminutive(side: Side) -> Mask:
    """Where the two given names may stand for one full name; asked once per distinct pair of names."""
    full = side.known.full_names

    def may_be_one(one: str, other: str) -> bool:
        return not full.get(one, frozenset({one})).isdisjoint(full.get(other, frozenset({other})))

    short = np.array([value in full for value in side.values("given")] + [False])
    one, other = side.codes("given")
    return on_distinct(side, "given", side.both("given") & (short[one] | short[other]), may_be_one)


def is_second(side: Side) -> Mask:
    """Where the given name of one record is the second name of the other."""
    given, second = together(side.features.fields["given"], side.features.fields["second"])
    one, other = given.codes[side.left], given.codes[side.right]
    return equal_codes(one, second.codes[side.right]) | equal_codes(other, second.codes[side.left])


def given_name(side: Side) -> Levels:
    """Levels of the given name."""
    both, full = side.both("given"), side.kept("full_name", full_name_equal)
    rarity = side.per_value("given", side.known.given_rarity)
    full_rarity = rarity + side.per_value("last", side.known.family_rarity)
    unlike, initial = both & ~side.equal("given"), is_initial(side)
    edit, like = text_edits(side, "given", unlike), text_likeness(side, "given", unlike)
    one, other = side.codes("name_sex")
    levels = pick(
        GIVEN_NAME_LEVELS,
        ("missing", ~both),
        ("initial", initial),
        ("swapped", unlike & side.kept("swapped", swapped)),
        ("diminutive", is_diminutive(side)),
        ("second", is_second(side)),
        ("near", (edit <= 1) | (like > CLOSE)),
        ("similar", like > SIMILAR),
        ("alike", like > ALIKE),
        ("other_sex", present(one) & present(other) & ~equal_codes(one, other)),
        otherwise="other",
    )
    exact = side.equal("given") & ~initial
    levels = np.where(exact, steps(GIVEN_NAME_LEVELS, "exact", rarity, GIVEN_RARITY_EDGES), levels)
    return np.where(full, steps(GIVEN_NAME_LEVELS, "full_name", full_rarity, FULL_RARITY_EDGES), levels)


def shares_part(side: Side) -> Mask:
    """Where the family names, or parts of double-barrelled ones, have one in common."""
    answer = np.zeros(len(side.left), dtype=np.bool_)
    for slot in ("last", "last_head", "last_tail"):
        for slot_2 in ("last", "last_head", "last_tail"):
            one, other = side.codes(slot)[0], side.codes(slot_2)[1]
            answer |= equal_codes(one, other)
    return answer


def is_former(side: Side) -> Mask:
    """Where the family name of one record is the former name of the other."""
    (one, other), (former, former_2) = side.codes("last"), side.codes("former")
    return equal_codes(one, former_2) | equal_codes(other, former)


def family_name(side: Side) -> Levels:
    """Levels of the family name."""
    both = side.both("last") & ~side.kept("full_name", full_name_equal)
    unlike = both & ~side.equal("last")
    edit, like = text_edits(side, "last", unlike), text_likeness(side, "last", unlike)
    stems = side.features.fields["last"].derived(stem).codes
    levels = pick(
        FAMILY_NAME_LEVELS,
        ("missing", ~both),
        ("swapped", side.kept("swapped", swapped) & unlike),
        ("other_gender", unlike & (stems[side.left] == stems[side.right])),
        ("former", unlike & is_former(side)),
        ("part", unlike & shares_part(side)),
        ("near", edit <= 1),
        ("close", like > CLOSE),
        ("alike", like > SIMILAR),
        ("other_woman", side.per_value("name_sex", lambda sex: int(sex == "F")) & side.equal("name_sex") == 1),
        otherwise="other",
    )
    rarity = side.per_value("last", side.known.family_rarity)
    exact = steps(FAMILY_NAME_LEVELS, "exact", rarity, FAMILY_RARITY_EDGES)
    return np.where(both & side.equal("last"), exact, levels)


def birth_date(side: Side) -> Levels:
    """Levels of the date of birth."""
    both = side.both("birth") & ~side.both("pesel")
    numbers = np.array([int(value) for value in side.values("birth")] + [0], dtype=np.int64)
    one, other = (numbers[codes] for codes in side.codes("birth"))
    (year, month, day), (year_2, month_2, day_2) = _date_parts(one), _date_parts(other)
    same_y, same_m, same_d = year == year_2, month == month_2, day == day_2
    new_year = ((month == 1) & (day == 1)) | ((month_2 == 1) & (day_2 == 1))
    step = np.abs(year - year_2)
    return pick(
        BIRTH_DATE_LEVELS,
        ("missing", ~both),
        ("exact", one == other),
        ("swapped", same_y & (month == day_2) & (day == month_2)),
        ("new_year", same_y & new_year),
        ("typo", (same_y & same_m) | (same_m & same_d & ((step == 1) | (step == 10)))),
        ("two_of_three", same_y.astype(int) + same_m + same_d == 2),
        otherwise="other",
    )


def _date_parts(dates: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    return dates // 10_000, dates // 100 % 100, dates % 100


PERSON_KERNELS: Mapping[str, Kernel] = {
    "given_name": given_name,
    "family_name": family_name,
    "birth_date": birth_date,
    "pesel": pesel,
    "id_document": number_levels("id_document"),
    "phone": phone,
    "email": email,
    "address": address,
}
