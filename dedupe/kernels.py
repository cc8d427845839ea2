"""Comparisons for millions of coded pairs: the tools, and what persons and firms have in common.

A level is found with integer codes and, for what remains, with one rapidfuzz call per distinct pair of values. This is
the seam for a compiled engine: whatever stands here takes features and positions and returns one int8 per pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons
from dedupe.coding import MISSING, Coded, Codes, PartyFeatures, together
from dedupe.comparisons import (
    ADDRESS_LEVELS,
    EMAIL_LEVELS,
    NUMBER_LEVELS,
    PESEL_LEVELS,
    PHONE_LEVELS,
    PHONE_SHARER_EDGES,
    Known,
)
from dedupe.similarity import edits_of, likeness_of, wrong_digits_of

Levels = NDArray[np.int8]
Mask = NDArray[np.bool_]
Kernel = Callable[["Side"], Levels]


def present(codes: Codes) -> Mask:
    """Where a field is not missing."""
    return np.asarray(codes != MISSING, dtype=np.bool_)


def equal_codes(one: Codes, other: Codes) -> Mask:
    """Where two fields of one vocabulary are present and equal."""
    return np.asarray((one != MISSING) & (one == other), dtype=np.bool_)


@dataclass
class Side:
    """Both records of every pair, field by field; derived columns are made once and kept."""

    features: PartyFeatures
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    known: Known
    _kept: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def codes(self, name: str) -> tuple[Codes, Codes]:
        """The codes of a field on both sides."""
        codes = self.features.fields[name].codes
        return codes[self.left], codes[self.right]

    def values(self, name: str) -> tuple[str, ...]:
        """The vocabulary of a field."""
        return self.features.fields[name].listed

    def both(self, name: str) -> Mask:
        """Where both sides have the field."""
        one, other = self.codes(name)
        return present(one) & present(other)

    def equal(self, name: str) -> Mask:
        """Where both sides have the field and agree."""
        one, other = self.codes(name)
        return equal_codes(one, other)

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
        same = equal_codes(one, other)
        fewest[same] = np.minimum(fewest[same], sharers[one[same]])
    has_common = fewest < np.iinfo(np.int64).max
    for one, other in combinations:
        is_near |= _edits_between(side, one, other, ~has_common & present(one) & present(other)) <= 1
    has_one, has_other = (_has_phone(side, which) for which in (0, 1))
    levels = pick(PHONE_LEVELS, ("missing", ~(has_one & has_other)), ("near", is_near), otherwise="other")
    return np.where(has_common, steps(PHONE_LEVELS, "exact", fewest, PHONE_SHARER_EDGES), levels)


_PHONES = ("phone", "phone_2")


def _edits_between(side: Side, one: Codes, other: Codes, where: Mask) -> NDArray[np.float64]:
    return only(where, lambda at: edits_of(side.values("phone"), one[at], other[at]))


def _has_phone(side: Side, which: int) -> Mask:
    return present(side.codes("phone")[which]) | present(side.codes("phone_2")[which])


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
    return equal_codes(coded.codes[side.left], coded.codes[side.right])


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
    return present(side.codes(name)[which])


def _is_like(side: Side, name: str) -> Mask:
    unlike = side.both(name) & ~side.equal(name)
    alike = (text_edits(side, name, unlike) <= 1) | (text_likeness(side, name, unlike) > 0.9)
    return side.equal(name) | alike


def _is_same_place(side: Side) -> Mask:
    return _is_like(side, "city") & ~_is_far(side)


def _is_far(side: Side) -> Mask:
    region = side.features.fields["postal"].derived(lambda code: code[:2])
    one, other = region.codes[side.left], region.codes[side.right]
    return present(one) & present(other) & ~equal_codes(one, other)


def _is_village_by_post(side: Side) -> Mask:
    city, street = together(side.features.fields["city"], side.features.fields["street"])
    (place, place_2), (road, road_2) = ((field.codes[side.left], field.codes[side.right]) for field in (city, street))
    ours = ~present(road) & equal_codes(place, road_2)
    theirs = ~present(road_2) & equal_codes(place_2, road)
    return (ours | theirs) & ~_is_far(side)


def _is_street_like(side: Side) -> Mask:
    unlike = side.both("street") & ~side.equal("street")
    return side.equal("street") | on_distinct(side, "street", unlike, comparisons.is_street_like)


def compare(side: Side, kernels: Mapping[str, Kernel], names: Sequence[str]) -> Levels:
    """One column of levels per comparison, in the order of the names."""
    return (
        np.stack([kernels[name](side) for name in names], axis=1) if names else np.empty((len(side.left), 0), np.int8)
    )
