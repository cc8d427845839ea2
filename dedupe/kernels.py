"""The comparisons of persons for millions of coded pairs; same levels as :mod:`dedupe.comparisons`.

A level is found with integer codes and, for what remains, with one rapidfuzz call per distinct pair of values. This is
the seam for a compiled engine: whatever stands here takes features and positions and returns one int8 per pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons
from dedupe.comparisons import (
    ADDRESS_LEVELS,
    ALIKE,
    BIRTH_DATE_LEVELS,
    CLOSE,
    EMAIL_LEVELS,
    FAMILY_NAME_LEVELS,
    FAMILY_RARITY_EDGES,
    FULL_RARITY_EDGES,
    GIVEN_NAME_LEVELS,
    GIVEN_RARITY_EDGES,
    NUMBER_LEVELS,
    PESEL_LEVELS,
    PHONE_LEVELS,
    PHONE_SHARER_EDGES,
    SIMILAR,
    Known,
)
from dedupe.features import MISSING, Coded, PartyFeatures, together
from dedupe.folding import stem
from dedupe.similarity import edits_of, likeness_of, wrong_digits_of

Levels = NDArray[np.int8]
Mask = NDArray[np.bool_]
Kernel = Callable[["Side"], Levels]


@dataclass
class Side:
    """Both records of every pair, field by field; derived columns are made once and kept."""

    features: PartyFeatures
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    known: Known
    _kept: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def codes(self, name: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The codes of a field on both sides."""
        codes = self.features.fields[name].codes
        return codes[self.left], codes[self.right]

    def values(self, name: str) -> tuple[str, ...]:
        """The vocabulary of a field."""
        return self.features.fields[name].values

    def both(self, name: str) -> Mask:
        """Where both sides have the field."""
        one, other = self.codes(name)
        return (one != MISSING) & (other != MISSING)

    def equal(self, name: str) -> Mask:
        """Where both sides have the field and agree."""
        one, other = self.codes(name)
        return (one != MISSING) & (one == other)

    def per_value(self, name: str, of_value: Callable[[str], int]) -> NDArray[np.int64]:
        """A number of the left value of a field; 0 where it is missing."""
        table = np.array([of_value(value) for value in self.values(name)] + [0], dtype=np.int64)
        return table[self.codes(name)[0]]

    def kept(self, name: str, make: Callable[[Side], Mask]) -> Mask:
        """A mask several comparisons need, made once."""
        if name not in self._kept:
            self._kept[name] = make(self)
        return self._kept[name]


def pick(levels: tuple[str, ...], *choices: tuple[str, Mask], otherwise: str | Levels) -> Levels:
    """For each pair the level of the first mask that holds; the order is the precedence."""
    fallback = levels.index(otherwise) if isinstance(otherwise, str) else otherwise
    if not choices:
        return np.asarray(fallback, dtype=np.int8)
    return np.select(
        [mask for _, mask in choices], [np.int8(levels.index(level)) for level, _ in choices], default=fallback
    ).astype(np.int8)


def steps(levels: tuple[str, ...], name: str, values: NDArray[np.int64], edges: tuple[int, ...]) -> Levels:
    """The level ``name_1``, ``name_2`` … of each value."""
    return (levels.index(f"{name}_1") + np.searchsorted(np.array(edges), values, side="right")).astype(np.int8)


def full_name_equal(side: Side) -> Mask:
    """Where given and family name are both present, more than an initial, and equal."""
    return side.equal("given") & side.equal("last") & ~is_initial(side)


def swapped(side: Side) -> Mask:
    """Where one record has given and family name the other way round."""
    given, last = together(side.features.fields["given"], side.features.fields["last"])
    one, other = given.codes[side.left], given.codes[side.right]
    family, family_2 = last.codes[side.left], last.codes[side.right]
    is_complete = (one != MISSING) & (family != MISSING)
    return is_complete & (one != family) & (one == family_2) & (family == other)


def only(where: Mask, compute: Callable[[Mask], NDArray[np.float64]]) -> NDArray[np.float64]:
    """A score computed where it matters, NaN elsewhere: comparisons with NaN are false."""
    scores = np.full(len(where), np.nan)
    if where.any():
        scores[where] = compute(where)
    return scores


def text_edits(side: Side, name: str, where: Mask) -> NDArray[np.float64]:
    """Edits between the values of a field, where asked."""
    one, other = side.codes(name)
    return only(where, lambda at: edits_of(side.values(name), one[at], other[at]))


def text_likeness(side: Side, name: str, where: Mask) -> NDArray[np.float64]:
    """Likeness of the values of a field, where asked."""
    one, other = side.codes(name)
    return only(where, lambda at: likeness_of(side.values(name), one[at], other[at]))


def is_initial(side: Side) -> Mask:
    """Where one given name is an initial of the other, or both are one."""
    values = side.values("given")
    letters = np.array([ord(value[0]) for value in values] + [0])
    short = np.array([comparisons.is_initial(value) for value in values] + [False])
    one, other = side.codes("given")
    return (letters[one] == letters[other]) & (short[one] | short[other])


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
    return ((one != MISSING) & (one == second.codes[side.right])) | (
        (other != MISSING) & (other == second.codes[side.left])
    )


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
        ("other_sex", (one != MISSING) & (other != MISSING) & (one != other)),
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
            answer |= (one != MISSING) & (one == other)
    return answer


def is_former(side: Side) -> Mask:
    """Where the family name of one record is the former name of the other."""
    (one, other), (former, former_2) = side.codes("last"), side.codes("former")
    return ((one != MISSING) & (one == former_2)) | ((other != MISSING) & (other == former))


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


def pesel(side: Side) -> Levels:
    """Levels of the PESEL."""
    both = side.both("pesel")
    unlike = both & ~side.equal("pesel")
    one, other = side.codes("pesel")
    wrong = only(unlike, lambda at: wrong_digits_of(side.values("pesel"), one[at], other[at]))
    return pick(
        PESEL_LEVELS,
        ("missing", ~both),
        ("exact", side.equal("pesel")),
        ("near", text_edits(side, "pesel", unlike) <= 1),
        ("two_digits", wrong <= 2),
        ("same_birth", side.equal("birth")),
        otherwise="other",
    )


def number_levels(name: str) -> Kernel:
    """The kernel of a number: exact, one edit, other."""

    def levels(side: Side) -> Levels:
        both = side.both(name)
        return pick(
            NUMBER_LEVELS,
            ("missing", ~both),
            ("exact", side.equal(name)),
            ("near", text_edits(side, name, both & ~side.equal(name)) <= 1),
            otherwise="other",
        )

    return levels


def phone(side: Side) -> Levels:
    """Levels of the telephone: the best of up to four combinations of numbers."""
    sharers = np.append(side.features.sharers["phone"], 0)
    fewest = np.full(len(side.left), np.iinfo(np.int64).max)
    is_near = np.zeros(len(side.left), dtype=np.bool_)
    combinations = [(side.codes(slot)[0], side.codes(slot_2)[1]) for slot in _PHONES for slot_2 in _PHONES]
    for one, other in combinations:
        same = (one != MISSING) & (one == other)
        fewest[same] = np.minimum(fewest[same], sharers[one[same]])
    has_common = fewest < np.iinfo(np.int64).max
    for one, other in combinations:
        unlike = ~has_common & (one != MISSING) & (other != MISSING)
        is_near |= only(unlike, lambda at, o=one, t=other: edits_of(side.values("phone"), o[at], t[at])) <= 1
    has_one, has_other = (_has_phone(side, which) for which in (0, 1))
    levels = pick(PHONE_LEVELS, ("missing", ~(has_one & has_other)), ("near", is_near), otherwise="other")
    return np.where(has_common, steps(PHONE_LEVELS, "exact", fewest, PHONE_SHARER_EDGES), levels)


_PHONES = ("phone", "phone_2")


def _has_phone(side: Side, which: int) -> Mask:
    return (side.codes("phone")[which] != MISSING) | (side.codes("phone_2")[which] != MISSING)


def email(side: Side) -> Levels:
    """Levels of the e-mail address."""
    mail = side.features.fields["email"]
    name = mail.derived(lambda text: text.partition("@")[0])
    domain = mail.derived(lambda text: text.partition("@")[2])
    return pick(
        EMAIL_LEVELS,
        ("missing", ~side.both("email")),
        ("exact", side.equal("email")),
        ("same_name", _same(side, name)),
        ("same_domain", _same(side, domain)),
        otherwise="other",
    )


def _same(side: Side, coded: Coded) -> Mask:
    return coded.codes[side.left] == coded.codes[side.right]


def address(side: Side) -> Levels:
    """Levels of the address, which is one variable."""
    place, street, postal = _is_same_place(side), _is_street_like(side), side.equal("postal")
    no_street = ~_has(side, "street", 0) & ~_has(side, "street", 1)
    house, flat = side.equal("house"), side.equal("flat")
    has_flat, has_flat_2 = _has(side, "flat", 0), _has(side, "flat", 1)
    building = house & ((place & (street | no_street)) | _is_village_by_post(side))
    near_postal = text_edits(side, "postal", side.both("postal") & ~postal) <= 1
    return pick(
        ADDRESS_LEVELS,
        ("missing", ~side.both("city") & ~side.both("postal")),
        ("same_flat", building & flat),
        ("same_house", building & ~has_flat & ~has_flat_2),
        ("flat_unknown", building & (has_flat != has_flat_2)),
        ("other_flat", building),
        ("same_house_by_postal", postal & house & street),
        ("same_street", place & street),
        ("same_numbers", place & house & flat),
        ("same_postal", postal),
        ("same_place", place),
        ("near_postal", near_postal),
        otherwise="elsewhere",
    )


def _has(side: Side, name: str, which: int) -> Mask:
    return side.codes(name)[which] != MISSING


def _is_like(side: Side, name: str) -> Mask:
    unlike = side.both(name) & ~side.equal(name)
    alike = (text_edits(side, name, unlike) <= 1) | (text_likeness(side, name, unlike) > 0.9)
    return side.equal(name) | alike


def _is_same_place(side: Side) -> Mask:
    return _is_like(side, "city") & ~_is_far(side)


def _is_far(side: Side) -> Mask:
    region = side.features.fields["postal"].derived(lambda code: code[:2])
    one, other = region.codes[side.left], region.codes[side.right]
    return (one != MISSING) & (other != MISSING) & (one != other)


def _is_village_by_post(side: Side) -> Mask:
    city, street = together(side.features.fields["city"], side.features.fields["street"])
    (place, place_2), (road, road_2) = ((field.codes[side.left], field.codes[side.right]) for field in (city, street))
    ours = (road == MISSING) & (place != MISSING) & (place == road_2)
    theirs = (road_2 == MISSING) & (place_2 != MISSING) & (place_2 == road)
    return (ours | theirs) & ~_is_far(side)


def _is_street_like(side: Side) -> Mask:
    unlike = side.both("street") & ~side.equal("street")
    return side.equal("street") | on_distinct(side, "street", unlike, comparisons.is_street_like)


def on_distinct(side: Side, name: str, where: Mask, ask: Callable[[str, str], bool]) -> Mask:
    """A yes-or-no question about two values of a field, asked once per distinct pair of values."""
    values, (one, other) = side.values(name), side.codes(name)
    at = np.flatnonzero(where)
    pairs, inverse = np.unique(one[at].astype(np.int64) * len(values) + other[at], return_inverse=True)
    answers = np.array([ask(values[pair // len(values)], values[pair % len(values)]) for pair in pairs], dtype=np.bool_)
    mask = np.zeros(len(where), dtype=np.bool_)
    if len(at):
        mask[at] = answers[inverse]
    return mask


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


def compare(side: Side, kernels: Mapping[str, Kernel], names: Sequence[str]) -> Levels:
    """One column of levels per comparison, in the order of the names."""
    return (
        np.stack([kernels[name](side) for name in names], axis=1) if names else np.empty((len(side.left), 0), np.int8)
    )
