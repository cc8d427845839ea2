"""What the identifiers of two records say when no pair of theirs was ever compared.

Groups meet through bridges: record A reaches C only by way of B. Before they become one customer, every pair between
them is asked whether two identifiers contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from dedupe.coding import MISSING, Coded, PartyFeatures
from dedupe.similarity import edits, wrong_digits

Conflict = Callable[[int, int], str]
"""Positions of two records in, ``conflict``, ``agreement`` or nothing (an empty text) out."""


def conflict_of(features: PartyFeatures) -> Conflict:
    """What two records of this kind say about each other."""
    return features.kind.conflict(features)


def persons_conflict(features: PartyFeatures) -> Conflict:
    """Two PESELs, or births without one equal part."""
    return _conflict(features, features.fields["pesel"], _pesel_verdict, features.fields["birth"].texts())


def firms_conflict(features: PartyFeatures) -> Conflict:
    """Two REGONs."""
    return _conflict(features, features.fields["regon"], _regon_verdict, [None] * len(features))


def _conflict(
    features: PartyFeatures, numbers: Coded, verdict: Callable[[str, str], str], births: Sequence[str | None]
) -> Conflict:
    rows = features.fields["row"].codes.tolist()
    codes, values = numbers.codes.tolist(), numbers.values

    def conflict(one: int, other: int) -> str:
        if rows[one] == rows[other]:
            return "conflict"
        if codes[one] != MISSING and codes[other] != MISSING:
            return "agreement" if codes[one] == codes[other] else verdict(values[codes[one]], values[codes[other]])
        birth, birth_2 = births[one], births[other]
        return "conflict" if birth and birth_2 and _has_no_equal_part(birth, birth_2) else ""

    return conflict


@cache
def _pesel_verdict(one: str, other: str) -> str:
    return "agreement" if edits(one, other) <= 1 or wrong_digits(one, other) <= 2 else "conflict"


@cache
def _regon_verdict(one: str, other: str) -> str:
    """Two local units of one firm are two customers, and so are two firms."""
    if len(one) != len(other):
        return "" if one[:9] == other[:9] else "conflict"
    return "agreement" if edits(one, other) <= 1 else "conflict"


def _has_no_equal_part(one: str, other: str) -> bool:
    return one[:4] != other[:4] and one[4:6] != other[4:6] and one[6:] != other[6:]
