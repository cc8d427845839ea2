"""What the identifiers of two records say when no pair of theirs was ever compared.

Groups meet through bridges: record A reaches C only by way of B. Before they become one customer, every pair between
them is asked whether two identifiers contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dedupe.coding import MISSING, Coded, PartyFeatures
from dedupe.conflict_loops import PackedIdentifiers
from dedupe.similarity import edits, wrong_digits
from dedupe.text_loops import Text

Conflict = Callable[[int, int], str]
"""Positions of two records in, ``conflict``, ``agreement`` or nothing (an empty text) out."""


@dataclass(frozen=True)
class Identifiers:
    """The conflict of records with a number, a date of birth, or neither."""

    rows: Coded
    """The raw row: two parties of one row are never one customer."""
    numbers: Coded
    births: Coded | None
    """Dates as eight digits."""
    wrong_digits: int = 0
    """How many wrong digits are one number still; a single edit always is."""
    unit_from: int = 0
    """From which digit on a longer number names a unit of the same firm; 0 where none does."""

    def __call__(self, one: int, other: int) -> str:
        """What two records say: ``conflict``, ``agreement`` or nothing."""
        if self.rows.codes[one] == self.rows.codes[other]:
            return "conflict"
        number, number_2 = _value(self.numbers, one), _value(self.numbers, other)
        if number is not None and number_2 is not None:
            return self._of_numbers(number, number_2)
        birth, birth_2 = _value(self.births, one), _value(self.births, other)
        return "conflict" if birth and birth_2 and _has_no_equal_part(birth, birth_2) else ""

    def _of_numbers(self, one: str, other: str) -> str:
        """Two local units of one firm are two customers, and so are two firms."""
        if self.unit_from and len(one) != len(other):
            return "" if one[: self.unit_from] == other[: self.unit_from] else "conflict"
        is_near = edits(one, other) <= 1 or wrong_digits(one, other) <= self.wrong_digits
        return "agreement" if is_near else "conflict"

    def packed(self) -> PackedIdentifiers:
        """The same for compiled loops."""
        births = np.zeros(len(self.rows.codes), dtype=np.int32)
        if self.births is not None:
            births = np.array([*map(int, self.births.values), 0], dtype=np.int32)[self.births.codes]
        numbers = Text(self.numbers.codes, *self.numbers.packed)
        return PackedIdentifiers(self.rows.codes, numbers, births, self.wrong_digits, self.unit_from)


def _value(field: Coded | None, record: int) -> str | None:
    if field is None or field.codes[record] == MISSING:
        return None
    return str(field.values[field.codes[record]])


def _has_no_equal_part(one: str, other: str) -> bool:
    return one[:4] != other[:4] and one[4:6] != other[4:6] and one[6:] != other[6:]


def conflict_of(features: PartyFeatures) -> Conflict:
    """What two records of this kind say about each other."""
    return features.kind.conflict(features)


def persons_conflict(features: PartyFeatures) -> Conflict:
    """Two PESELs more than two wrong digits apart, or births without one equal part."""
    fields = features.fields
    return Identifiers(fields["row"], fields["pesel"], fields["birth"], wrong_digits=2)


def firms_conflict(features: PartyFeatures) -> Conflict:
    """Two REGONs; nine digits name the firm, fourteen a unit of it."""
    return Identifiers(features.fields["row"], features.fields["regon"], None, unit_from=9)
