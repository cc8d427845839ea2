"""Rivals: somebody else of the same name is known at the same address.

A record without date of birth at an address where a Jan Kowalski of 1930 and one of 1962 live may be either of them,
however well name and address agree; so may an initial where both Jan and Józef live. Counted, like the sharers of a
telephone, on what is live: who shares name and home decides what their agreement is worth.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dedupe.coding import MISSING, Coded, Codes
from dedupe.pattern_loops import number_rows

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

RIVALS = ("another_generation", "another_name")
"""The values of the field, in their order."""
GENERATION = 14
"""Years between births: fewer may be two wrong digits of one year, more are two people."""


def rivals_of(fields: Mapping[str, Coded], *, among: Mask | None = None) -> Coded:
    """Who else a record may be: another generation of its name, or another name its initial stands for.

    Args:
        fields: coded fields of persons.
        among: records that count; all if not given.
    """
    home = _numbered(fields["stem"].codes, fields["city"].codes, fields["street"].codes, fields["house"].codes)
    counts = (fields["stem"].codes != MISSING) & (fields["house"].codes != MISSING) & (fields["first"].codes != MISSING)
    counts &= True if among is None else among
    initials = np.array([len(name) <= 2 for name in fields["first"].values] + [False])
    is_initial = initials[fields["first"].codes]
    codes = np.full(len(home), MISSING, dtype=np.int32)
    codes[counts & is_initial & _has_two_names(fields, home, counts & ~is_initial)] = 1
    codes[counts & ~is_initial & _has_two_generations(fields, home, counts & ~is_initial)] = 0
    return Coded(codes, RIVALS)


def _numbered(*columns: Codes) -> Longs:
    """A number per combination of codes; a missing one is a value like others."""
    return number_rows(np.stack(columns, axis=1).astype(np.int32, copy=False))[0].astype(np.int64)


def _has_two_generations(fields: Mapping[str, Coded], home: Longs, counts: Mask) -> Mask:
    """Whether births of one name at one home lie a generation apart."""
    years = np.array([int(date[:4]) for date in fields["birth"].values] + [0], dtype=np.int64)[fields["birth"].codes]
    group = _numbered(home.astype(np.int32), fields["first"].codes)
    first, last = np.full(len(group), 9999, dtype=np.int64), np.zeros(len(group), dtype=np.int64)
    dated = counts & (fields["birth"].codes != MISSING)
    np.minimum.at(first, group[dated], years[dated])
    np.maximum.at(last, group[dated], years[dated])
    return np.asarray((last - first >= GENERATION)[group])


def _has_two_names(fields: Mapping[str, Coded], home: Longs, counts: Mask) -> Mask:
    """Whether two full names of one home begin with the letter of the record's name."""
    group = _numbered(home.astype(np.int32), fields["f1"].codes)
    least = np.full(len(group), np.iinfo(np.int32).max, dtype=np.int32)
    most = np.full(len(group), MISSING, dtype=np.int32)
    np.minimum.at(least, group[counts], fields["first"].codes[counts])
    np.maximum.at(most, group[counts], fields["first"].codes[counts])
    return np.asarray((most > least)[group])
