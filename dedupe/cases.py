"""Queue cases: what a steward is asked.

One question per pair of customers, its strongest pair of records: a hundred pairs between the same two groups are one
question. What a clerk or an identifier already answered is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.partition import Refusal

Longs = NDArray[np.int64]

_URGENCY = {"weak_bridge": 0, "oversize": 0, "refused_merge": 1, "possible_link": 2}


@dataclass(frozen=True)
class Case:
    """One question: the pair by its place among the scored pairs, and why it is asked."""

    place: int
    reason: str


def open_cases(
    *,
    left: Longs,
    right: Longs,
    weight: Longs,
    is_possible: NDArray[np.bool_],
    group: Longs,
    refusals: Sequence[Refusal],
    answered: set[tuple[int, int]],
    records: int,
) -> list[Case]:
    """The cases of one party kind, in order of place.

    Args:
        left, right: positions of the pairs, sorted.
        weight: match weights.
        is_possible: which pairs the model leaves open.
        group: group of each record.
        refusals: links that were not followed.
        answered: pairs of groups a clerk keeps apart, smaller first.
        records: how many there are.
    """
    places = {key: place for place, key in enumerate((left * records + right).tolist())} if refusals else {}
    asked = [
        (places[refusal.left * records + refusal.right], refusal.reason)
        for refusal in refusals
        if refusal.reason != "clerk"
    ]
    asked += [(place, "possible_link") for place in np.flatnonzero(is_possible).tolist()]
    best: dict[tuple[int, int], tuple[int, int, int, str]] = {}
    for place, reason in asked:
        one, other = int(group[left[place]]), int(group[right[place]])
        between = (min(one, other), max(one, other))
        if one == other or between in answered:
            continue
        candidate = (_URGENCY[reason], -int(weight[place]), place, reason)
        best[between] = min(best.get(between, candidate), candidate)
    return [Case(place, reason) for _, _, place, reason in sorted(best.values(), key=lambda case: case[2])]
