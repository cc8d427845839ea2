"""The local engine: from features and pairs to levels and integer weights.

Everything the clusters need of a pair is computed here, column by column; a compiled or a distributed engine replaces
these three functions and must give the same integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.comparisons import Known
from dedupe.em import find_patterns
from dedupe.features import PartyFeatures
from dedupe.firm_kernels import FIRM_KERNELS
from dedupe.kernels import Levels, Side, compare
from dedupe.model import COMPARISONS, MICRO, LatentClasses, Model
from dedupe.person_kernels import PERSON_KERNELS

Longs = NDArray[np.int64]
KERNELS = {"person": PERSON_KERNELS, "firm": FIRM_KERNELS}
_CHUNK = 500_000


@dataclass(frozen=True)
class Weights:
    """What the model says of each pair."""

    match_weight: Longs
    """log2 odds of being one customer, micro-bits."""
    match_probability: Longs
    """Parts per million."""
    likeliest_other: NDArray[np.int8]
    """The most probable class that is not one customer."""


def knowledge(model: Model, features: PartyFeatures) -> Known:
    """What comparisons may know: name frequencies of the model, and who shares a number in the live data."""
    phones = features.fields["phone"].values
    return Known(
        given_rarity=model.rarities["given_name"].of,
        family_rarity=model.rarities["family_name"].of,
        org_rarity=model.org_rarity,
        full_names=model.full_names,
        generic_words=frozenset(model.matching.generic_words),
        phone_sharers=dict(zip(phones, features.sharers["phone"].tolist(), strict=True)),
    )


def compare_pairs(features: PartyFeatures, left: Longs, right: Longs, *, known: Known) -> Levels:
    """Pair × comparison: the level of each pair in each comparison of the party kind."""
    kernels = KERNELS[features.party_kind]
    names = [comparison.name for comparison in COMPARISONS[features.party_kind]]
    parts = [
        compare(Side(features, left[at : at + _CHUNK], right[at : at + _CHUNK], known), kernels, names)
        for at in range(0, len(left), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty((0, len(names)), dtype=np.int8)


def weigh(levels: Levels, classes: LatentClasses, party_kind: str) -> Weights:
    """Match weight and probability of each row of levels; equal rows are computed once."""
    patterns = find_patterns(levels)
    scores = class_scores(patterns.levels, classes, party_kind)
    weight = match_weights(scores, classes)
    is_same = np.array(classes.is_same)
    other = np.where(is_same, np.iinfo(np.int64).min, scores).argmax(axis=1).astype(np.int8)
    at = patterns.pattern_of_pair
    return Weights(weight[at], probabilities(weight)[at], other[at])


def class_scores(levels: Levels, classes: LatentClasses, party_kind: str) -> Longs:
    """Row × class: prior and level weights added up, micro-bits."""
    scores = np.tile(np.array(classes.prior, dtype=np.int64), (len(levels), 1))
    for column, comparison in enumerate(COMPARISONS[party_kind]):
        scores += np.array(classes.weights[comparison.name], dtype=np.int64)[levels[:, column]]
    return scores


def match_weights(scores: Longs, classes: LatentClasses) -> Longs:
    """log2 odds of the classes that are one customer against those that are not, micro-bits."""
    is_same = np.array(classes.is_same)
    return _log2_sum(scores[:, is_same]) - _log2_sum(scores[:, ~is_same])


def posteriors(scores: Longs) -> Longs:
    """Row × class: parts per million."""
    odds = np.exp2((scores - scores.max(axis=1, keepdims=True)) / MICRO)
    return np.asarray(np.rint(odds / odds.sum(axis=1, keepdims=True) * MICRO), dtype=np.int64)


def _log2_sum(scores: Longs) -> Longs:
    top = scores.max(axis=1)
    rest = np.exp2((scores - top[:, None]) / MICRO).sum(axis=1)
    return np.asarray(top + np.rint(np.log2(rest) * MICRO), dtype=np.int64)


def probabilities(match_weight: Longs) -> Longs:
    """Log odds in micro-bits as parts per million."""
    bits = np.clip(match_weight, -60 * MICRO, 60 * MICRO) / MICRO
    return np.rint(MICRO / (1 + np.exp2(-bits))).astype(np.int64)
