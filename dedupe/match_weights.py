"""A model as people read it: what each level is worth, and where the decisions fall.

A score is a mixture of classes and not a sum, so these weights do not add up to one; they answer the question a reader
has first: how much more often does this level occur among pairs of one customer than among all other pairs?
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from config.matching import Costs
from dedupe.decisions import LINK, NON_LINK, by_cost
from dedupe.model import MICRO, LatentClasses, Model
from dedupe.party_kinds import PARTY_KINDS, PartyKind


@dataclass(frozen=True)
class LevelWeight:
    """What one level of one comparison is worth."""

    comparison: str
    level: str
    same_share: int
    """m: of the pairs of one customer where both have a value, how many are at this level; parts per million."""
    other_share: int
    """u: the same of all other pairs."""
    match_weight: int
    """log2 m/u, micro-bits."""


@dataclass(frozen=True)
class ClassShare:
    """One latent class."""

    name: str
    share: int
    """Of the candidate pairs it was learned from, parts per million."""
    is_same: bool


@dataclass(frozen=True)
class Threshold:
    """From, or up to, which probability a decision is the cheapest."""

    probability: int
    """Parts per million."""
    match_weight: int
    """The same as log2 odds, micro-bits."""


@dataclass(frozen=True)
class Thresholds:
    """Where the costs put the decisions; None where a decision is never the cheapest."""

    link_from: Threshold | None
    non_link_up_to: Threshold | None


def level_weights(model: Model, party_kind: str) -> tuple[LevelWeight, ...]:
    """Every level of every comparison of one kind of party, in the order of the waterfall; "missing" weighs nothing."""
    kind, classes = PARTY_KINDS[party_kind], model.classes_of(party_kind)
    return tuple(weight for place in range(len(kind.comparisons)) for weight in _weights(kind, classes, place))


def _weights(kind: PartyKind, classes: LatentClasses, place: int) -> list[LevelWeight]:
    comparison = kind.comparisons[place]
    priors = [2 ** (bits / MICRO) for bits in classes.prior]
    weights = []
    for level, of_level in list(zip(comparison.levels, classes.weights[comparison.name], strict=True))[1:]:
        same = _mean(of_level, priors, classes.is_same)
        other = _mean(of_level, priors, [not one for one in classes.is_same])
        bits = round(math.log2(same / other) * MICRO)
        weights.append(LevelWeight(comparison.name, level, round(same * MICRO), round(other * MICRO), bits))
    return weights


def _mean(of_level: Sequence[int], priors: Sequence[float], wanted: Sequence[bool]) -> float:
    """Probability of a level over some classes, by their shares; one over none of them."""
    chosen = [
        (2 ** (bits / MICRO), prior) for bits, prior, is_in in zip(of_level, priors, wanted, strict=True) if is_in
    ]
    return sum(level * prior for level, prior in chosen) / sum(prior for _, prior in chosen) if chosen else 1.0


def class_shares(model: Model, party_kind: str) -> tuple[ClassShare, ...]:
    """The latent classes of one kind of party, with their shares of the candidate pairs."""
    classes = model.classes_of(party_kind)
    return tuple(
        ClassShare(name, round(2 ** (bits / MICRO) * MICRO), is_same)
        for name, bits, is_same in zip(classes.classes, classes.prior, classes.is_same, strict=True)
    )


def thresholds(costs: Costs) -> Thresholds:
    """Where the decision of least expected cost changes."""
    decisions = by_cost(np.arange(MICRO + 1, dtype=np.int64), costs)
    links, non_links = np.flatnonzero(decisions == LINK), np.flatnonzero(decisions == NON_LINK)
    return Thresholds(
        link_from=_threshold(int(links[0])) if len(links) else None,
        non_link_up_to=_threshold(int(non_links[-1])) if len(non_links) else None,
    )


def _threshold(probability: int) -> Threshold:
    inside = min(max(probability, 1), MICRO - 1)
    return Threshold(probability, round(math.log2(inside / (MICRO - inside)) * MICRO))
