"""Comparisons for millions of coded pairs: the tools, and what persons and firms have in common.

A kernel takes both sides of the pairs and returns one int8 per pair. Those of persons and firms derive what they need
once per distinct value and leave the pairs to a compiled loop (:mod:`dedupe.level_loops`). A kernel of another kind of
party may as well be written with the masks below, a numpy operation per question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedupe.coding import MISSING, Codes, PartyFeatures, together
from dedupe.comparisons import Known
from dedupe.level_loops import Addresses, address_levels, email_levels, number_levels, pesel_levels, phone_levels
from dedupe.similarity import edits_of, likeness_of
from dedupe.text_loops import Text

Levels = NDArray[np.int8]
Mask = NDArray[np.bool_]
Kernel = Callable[["Side"], Levels]
Derived = TypeVar("Derived")
_ONE_AT_A_TIME = Lock()


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
    tables: dict[str, Any] = field(default_factory=dict)
    """What was derived from the values, for all pairs of these features."""
    _kept: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def codes(self, name: str) -> tuple[Codes, Codes]:
        """The codes of a field on both sides."""
        codes = self.features.fields[name].codes
        return codes[self.left], codes[self.right]

    def values(self, name: str) -> tuple[str, ...]:
        """The vocabulary of a field."""
        return self.features.fields[name].listed

    def text(self, name: str) -> Text:
        """A field for compiled loops."""
        field = self.features.fields[name]
        return Text(field.codes, *field.packed)

    def once(self, name: str, make: Callable[[Side], Derived]) -> Derived:
        """What a kernel derives from the values of the fields, not from the pairs: made once for all of them."""
        with _ONE_AT_A_TIME:
            if name not in self.tables:
                self.tables[name] = make(self)
        derived: Derived = self.tables[name]
        return derived

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
    return pesel_levels(side.left, side.right, side.text("pesel"), side.features.fields["birth"].codes)


def number(name: str) -> Kernel:
    """The kernel of a number: exact, one edit, other."""
    return lambda side: number_levels(side.left, side.right, side.text(name))


def phone(side: Side) -> Levels:
    """Levels of the telephone."""
    other_slot = side.features.fields["phone_2"].codes
    return phone_levels(side.left, side.right, side.text("phone"), other_slot, side.features.sharers["phone"])


def email(side: Side) -> Levels:
    """Levels of the e-mail address."""
    names, domains = side.once("email", _email_parts)
    return email_levels(side.left, side.right, side.features.fields["email"].codes, names, domains)


def _email_parts(side: Side) -> tuple[Codes, Codes]:
    mail = side.features.fields["email"]
    names, domains = (
        mail.derived(lambda text: text.partition("@")[0]),
        mail.derived(lambda text: text.partition("@")[2]),
    )
    return names.codes, domains.codes


def address(side: Side) -> Levels:
    """Levels of the address, which is one variable."""
    return address_levels(side.left, side.right, side.once("address", _addresses))


def _addresses(side: Side) -> Addresses:
    fields = side.features.fields
    city, street = together(fields["city"], fields["street"])
    return Addresses(
        city=side.text("city"),
        street=side.text("street"),
        house=fields["house"].codes,
        flat=fields["flat"].codes,
        postal=side.text("postal"),
        region=fields["postal"].derived(lambda code: code[:2]).codes,
        city_as_place=city.codes,
        street_as_place=street.codes,
    )


def compare(side: Side, kernels: Mapping[str, Kernel], names: Sequence[str]) -> Levels:
    """One column of levels per comparison, in the order of the names."""
    levels = np.empty((len(side.left), len(names)), dtype=np.int8)
    for column, name in enumerate(names):
        levels[:, column] = kernels[name](side)
    return levels
