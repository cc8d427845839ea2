"""The local engine: from features and pairs to levels and integer weights.

Everything the clusters need of a pair is computed here, column by column; a compiled or a distributed engine replaces
these three functions and must give the same integers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from config.matching import Matching
from dedupe.coding import PartyFeatures
from dedupe.comparisons import Known
from dedupe.compiled import in_threads
from dedupe.em import Patterns, find_patterns
from dedupe.kernels import Levels, Side, compare
from dedupe.model import MICRO, LatentClasses, Model, Rarity, full_names, org_rarity

if TYPE_CHECKING:
    from dedupe.party_kinds import PartyKind

Longs = NDArray[np.int64]
CHUNK = 250_000


@dataclass(frozen=True)
class Weights:
    """What the model says of each pair."""

    match_weight: Longs
    """log2 odds of being one customer, micro-bits."""
    match_probability: Longs
    """Parts per million."""
    likeliest_other: NDArray[np.int8]
    """The most probable class that is not one customer."""

    def of(self, rows: NDArray[np.int32]) -> Weights:
        """The weights of rows, by number."""
        return Weights(self.match_weight[rows], self.match_probability[rows], self.likeliest_other[rows])


def knowledge(model: Model, features: PartyFeatures) -> Known:
    """What comparisons may know: name frequencies of the model, and who shares a number in the live data."""
    return what_is_known(features, matching=model.matching, rarities=model.rarities)


def what_is_known(features: PartyFeatures, *, matching: Matching, rarities: Mapping[str, Rarity]) -> Known:
    """The same before there is a model. A kind of party without names or telephones needs no such entries."""
    return Known(
        given_rarity=_rarity(rarities, "given_name"),
        family_rarity=_rarity(rarities, "family_name"),
        org_rarity=org_rarity(rarities),
        full_names=full_names(matching),
        generic_words=frozenset(matching.generic_words),
        phone_sharers=_Sharers(features),
    )


class _Sharers(Mapping[str, int]):
    """How many live records carry a number; looked up by text only by whoever asks for one."""

    def __init__(self, features: PartyFeatures) -> None:
        self._features = features

    @cached_property
    def _counts(self) -> dict[str, int]:
        if "phone" not in self._features.sharers:
            return {}
        counts = self._features.sharers["phone"].tolist()
        return dict(zip(self._features.fields["phone"].values, counts, strict=True))

    def __getitem__(self, number: str) -> int:
        return self._counts[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)


def _rarity(rarities: Mapping[str, Rarity], name: str) -> Callable[[str], int]:
    return rarities.get(name, Rarity(default=0, values={})).of


def compare_pairs(features: PartyFeatures, left: Longs, right: Longs, *, known: Known) -> Levels:
    """Pair × comparison: the level of each pair in each comparison of the party kind."""
    names = [comparison.name for comparison in features.kind.comparisons]
    levels = np.empty((len(left), len(names)), dtype=np.int8)
    tables: dict[str, Any] = {}

    def compare_chunk(start: int) -> None:
        chunk = slice(start, start + CHUNK)
        side = Side(features, left[chunk], right[chunk], known, tables)
        levels[chunk] = compare(side, features.kind.kernels, names)

    for _ in in_threads(compare_chunk, range(0, len(left), CHUNK)):
        pass
    return levels


def weigh(levels: Levels, classes: LatentClasses, kind: PartyKind) -> Weights:
    """Match weight and probability of each row of levels; equal rows are computed once."""
    patterns = find_patterns(levels)
    return weigh_patterns(patterns, classes, kind).of(patterns.pattern_of_pair)


def weigh_patterns(patterns: Patterns, classes: LatentClasses, kind: PartyKind) -> Weights:
    """Match weight and probability of each pattern."""
    scores = class_scores(patterns.levels, classes, kind)
    weight = match_weights(scores, classes)
    is_same = np.array(classes.is_same)
    other = np.where(is_same, np.iinfo(np.int64).min, scores).argmax(axis=1).astype(np.int8)
    return Weights(weight, probabilities(weight), other)


def class_scores(levels: Levels, classes: LatentClasses, kind: PartyKind) -> Longs:
    """Row × class: prior and level weights added up, micro-bits."""
    scores = np.tile(np.array(classes.prior, dtype=np.int64), (len(levels), 1))
    for column, comparison in enumerate(kind.comparisons):
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
