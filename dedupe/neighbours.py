"""Neighbours: families of a house, houses of a family name in its town, family names of a given name and a birthday.

The larger the nation, the more strangers share a house, a town or a day. Two Annas of other family names in a house of
one family are one woman before and after her wedding; in a house of thirty they are two. Two Jan Nowaks in a town where
Nowaks live in forty houses are two men. Counted, like the sharers of a telephone, on what is live, and only in steps:
a record is touched by a change when one of its three reaches another step.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dedupe.coding import MISSING, Coded, Codes
from dedupe.pattern_loops import number_rows

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

CROWD_EDGES = (3, 6, 12, 25, 50)
"""Families in a house."""
CROWDS = tuple(f"families_{step}" for step in range(1, len(CROWD_EDGES) + 2))
BORN_EDGES = (3, 4, 6, 9, 17)
"""Family names among those of one given name born on one day."""
BORN = tuple(f"names_{step}" for step in range(1, len(BORN_EDGES) + 2))
HOUSES = ("1", "1.4", *(f"{2 ** (half_bits / 2):.0f}" for half_bits in range(2, 64)))
"""Houses in which a family name lives, about: the place of a number is twice its logarithm to base 2."""


def crowd_of(fields: Mapping[str, Coded], *, among: Mask | None = None) -> Coded:
    """How many families the house of each record has, in steps; missing where no house or no place is known.

    Args:
        fields: coded fields of persons.
        among: records that count; all if not given.
    """
    house = _numbered(fields["city"].codes, fields["street"].codes, fields["house"].codes)
    has_house = (fields["city"].codes != MISSING) & (fields["house"].codes != MISSING)
    counts = has_house & (fields["stem"].codes != MISSING) & _all(among)
    families = _distinct(house, fields["stem"].codes, counts=counts)
    step = np.searchsorted(np.array(CROWD_EDGES), families, side="right")
    return Coded(np.where(has_house, step[house], MISSING).astype(np.int32), CROWDS)


def houses_of(fields: Mapping[str, Coded], *, among: Mask | None = None) -> Coded:
    """In how many houses of its town the family name of each record lives, in half-bits; missing without either.

    A house that is not known is no other house; of a name of which none is known, one.
    """
    name = _numbered(fields["stem"].codes, fields["city"].codes)
    house = _numbered(fields["street"].codes, fields["house"].codes)
    is_known = (fields["stem"].codes != MISSING) & (fields["city"].codes != MISSING)
    has_house = fields["house"].codes != MISSING
    houses = _distinct(name, house.astype(np.int32), counts=is_known & has_house & _all(among))
    half_bits = np.rint(2 * np.log2(np.maximum(houses, 1))).astype(np.int32)
    return Coded(np.where(is_known, half_bits[name], MISSING).astype(np.int32), HOUSES)


def born_of(fields: Mapping[str, Coded], *, among: Mask | None = None) -> Coded:
    """How many family names the records of a given name and a date of birth have, in steps; missing without both."""
    born = _numbered(fields["first"].codes, fields["birth"].codes)
    is_known = (fields["first"].codes != MISSING) & (fields["birth"].codes != MISSING)
    counts = is_known & (fields["stem"].codes != MISSING) & _all(among)
    step = np.searchsorted(np.array(BORN_EDGES), _distinct(born, fields["stem"].codes, counts=counts), side="right")
    return Coded(np.where(is_known, step[born], MISSING).astype(np.int32), BORN)


def _all(among: Mask | None) -> Mask | np.bool_:
    return np.bool_(True) if among is None else among


def _numbered(*columns: Codes) -> Longs:
    """A number per combination of codes; a missing one is a value like others."""
    return number_rows(np.stack(columns, axis=1).astype(np.int32, copy=False))[0].astype(np.int64)


def _distinct(group: Longs, values: Codes, *, counts: Mask) -> Longs:
    """How many distinct values each group has among the rows that count."""
    rows = np.flatnonzero(counts)
    _, first = number_rows(np.stack([group[rows].astype(np.int32), values[rows]], axis=1))
    return np.bincount(group[rows][first], minlength=int(group.max(initial=-1)) + 1)
