"""What the identifiers of two records say when no pair of theirs was ever compared.

Groups meet through bridges: record A reaches C only by way of B. Before they become one customer, every pair between
them is asked whether two identifiers contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from dedupe.features import MISSING, PartyFeatures
from dedupe.similarity import edits, wrong_digits


def conflict_of(features: PartyFeatures) -> Callable[[int, int], str]:
    """The conflict function of the records of one party kind: positions in, ``conflict``, ``agreement`` or nothing."""
    rows = features.fields["row"].codes.tolist()
    numbers = features.fields["pesel"] if features.party_kind == "person" else features.fields["regon"]
    codes, values = numbers.codes.tolist(), numbers.values
    verdict = _pesel_verdict if features.party_kind == "person" else _regon_verdict
    births = features.fields["birth"].texts() if features.party_kind == "person" else [None] * len(features)

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
