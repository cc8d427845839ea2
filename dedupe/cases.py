"""Queue cases: what a steward is asked.

One question per pair of customers, its strongest pair of records: a hundred pairs between the same two groups are one
question. What a clerk or an identifier already answered is not asked, unless the evidence turned against the clerk
since: then the decision holds and the case opens again, until somebody decides on what is known now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.schemas import QUEUE_CASE
from dedupe.blocking import Pairs
from dedupe.decisions import POSSIBLE_LINK
from dedupe.identity import case_ref
from dedupe.partition import Partition, Refusal
from dedupe.scoring import Scored, pair_table

Longs = NDArray[np.int64]

_URGENCY = {"reopened": -1, "weak_bridge": 0, "oversize": 0, "refused_merge": 1, "possible_link": 2}


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
    is_reopened: NDArray[np.bool_],
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
        is_reopened: pairs a clerk decided on other evidence than there is now.
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
    asked += [(place, "reopened") for place in np.flatnonzero(is_reopened).tolist()]
    best: dict[tuple[int, int], tuple[int, int, int, str]] = {}
    for place, reason in asked:
        one, other = int(group[left[place]]), int(group[right[place]])
        between = (min(one, other), max(one, other))
        if reason != "reopened" and (one == other or between in answered):
            continue
        candidate = (_URGENCY[reason], -int(weight[place]), place, reason)
        best[between] = min(best.get(between, candidate), candidate)
    return [Case(place, reason) for _, _, place, reason in sorted(best.values(), key=lambda case: case[2])]


def case_table(scored: Scored, groups: Partition, ref_key: bytes) -> pa.Table:
    """The cases of one party kind as rows."""
    decided, pairs = scored.decided, scored.pairs
    answered = {
        (min(one, other), max(one, other))
        for pair in scored.clerk
        if not pair.is_same
        for one, other in [(int(groups.group[pair.left]), int(groups.group[pair.right]))]
    }
    cases = open_cases(
        left=pairs.left,
        right=pairs.right,
        weight=scored.weights.match_weight,
        is_possible=(decided.decision == POSSIBLE_LINK),
        is_reopened=decided.is_reopened,
        group=groups.group,
        refusals=groups.refusals,
        answered=answered,
        records=len(scored.features),
    )
    places = np.array([case.place for case in cases], dtype=np.int64)
    chosen = Pairs(pairs.left[places], pairs.right[places], pairs.rules[places])
    ids = scored.features.record_ids
    refs = [case_ref(ids[one], ids[other], key=ref_key) for one, other in zip(chosen.left, chosen.right, strict=True)]
    columns = {
        "case_ref": pa.array(refs, type=pa.string()),
        "match_weight": scored.weights.match_weight[places],
        "match_probability": scored.weights.match_probability[places],
        "reason": pa.array([case.reason for case in cases], type=pa.string()),
    }
    return pair_table(scored.features, chosen, columns, QUEUE_CASE.arrow)
