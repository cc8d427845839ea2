"""Learning the weights of a table from its own candidate pairs, without labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from config.link_models import LinkModel
from dedupe.anytable.blocking import within_budget
from dedupe.anytable.starting import Standard, agreeing_classes, standard, start_classes, start_weights
from dedupe.blocking import Pairs, find_pairs
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import PartyFeatures
from dedupe.comparisons import Known
from dedupe.em import Fit, Patterns, find_patterns, fit
from dedupe.engine import compare_pairs, weigh
from dedupe.model import MICRO, LatentClasses
from dedupe.starting_rules import allowed_classes
from dedupe.training import ModelRefused, frozen, same_classes

RANDOM_PAIRS = 20_000
FEW_PAIRS = 60
"""Of fewer candidate pairs nothing can be learned: the standard weights stay."""
MAX_PAIRS = 3_000_000


@dataclass(frozen=True)
class Learned:
    """What was learned, with the pairs it was learned from."""

    features: PartyFeatures
    pairs: Pairs
    levels: NDArray[np.int8]
    classes: LatentClasses


def learn(
    features: PartyFeatures,
    *,
    model: LinkModel,
    known: Known,
    seed: int,
    wanted: Callable[[Pairs], NDArray[np.bool_]],
) -> Learned:
    """The latent classes of a table's pairs, and the blocking rules worth keeping.

    Args:
        features: the records, with every blocking rule their fields allow.
        model: caps and budget.
        known: what comparisons may ask.
        seed: of the random pairs, and of the sample of pairs when there are more than three million.
        wanted: which pairs count (of two files perhaps only those across).

    Raises:
        ModelRefused: there are no pairs, or no class is confirmed by the numbers of its records.
    """
    proposed = find_pairs(features, caps=model.caps)[0]
    pairs = some_of(proposed, wanted)
    if not len(pairs):
        raise ModelRefused(
            f"no candidate pairs among {len(features)} records: nothing to compare",
            hint="Give more roles in `columns`, or check that the columns named there are filled",
        )
    levels = compare_pairs(features, pairs.left, pairs.right, known=known)
    believed = _standard(features, known, seed, proposed)
    features = replace(features, kind=replace(features.kind, start=_starter(features, believed)))
    classes = _learn(features, levels, believed, seed=seed)
    kept = _worth_keeping(features, pairs, levels, classes, model)
    if kept == features.kind.blocking_rules:
        return Learned(features, pairs, levels, classes)
    features = replace(features, kind=replace(features.kind, blocking_rules=kept))
    pairs = some_of(find_pairs(features, caps=model.caps)[0], wanted)
    levels = compare_pairs(features, pairs.left, pairs.right, known=known)
    return Learned(features, pairs, levels, _learn(features, levels, believed, seed=seed))


def some_of(pairs: Pairs, wanted: Callable[[Pairs], NDArray[np.bool_]]) -> Pairs:
    """The pairs that count."""
    mask = wanted(pairs)
    return pairs if mask.all() else Pairs(pairs.left[mask], pairs.right[mask], pairs.rules[mask])


def _standard(features: PartyFeatures, known: Known, seed: int, proposed: Pairs) -> tuple[Standard, ...]:
    """What is believed, from random pairs no rule proposed: in a small file the others are often one party."""
    records, draw = np.int64(len(features)), np.random.default_rng(seed)
    left, right = np.sort(draw.integers(records, size=(2, RANDOM_PAIRS)), axis=0)
    keys = np.setdiff1d((left * records + right)[left != right], proposed.left * records + proposed.right)
    return standard(features.kind.comparisons, compare_pairs(features, keys // records, keys % records, known=known))


def _prior(records: int) -> float:
    """log2 odds of two random records being one party, if two in three records have a partner."""
    return float(np.log2(0.6 / max(records, 2)))


def _starter(
    features: PartyFeatures, believed: tuple[Standard, ...]
) -> Callable[[NDArray[np.int8]], NDArray[np.float64]]:
    kind, prior = features.kind, _prior(len(features))

    def start(levels: NDArray[np.int8]) -> NDArray[np.float64]:
        odds = np.exp2(np.clip(start_weights(levels, believed, prior=prior), -50, 50))
        return start_classes(levels, kind.comparisons, kind.classes, same=odds / (1 + odds))

    return start


def _learn(
    features: PartyFeatures, levels: NDArray[np.int8], believed: tuple[Standard, ...], *, seed: int
) -> LatentClasses:
    if len(levels) < FEW_PAIRS:
        return _unlearned(features, believed)
    if len(levels) > MAX_PAIRS:
        levels = levels[np.sort(np.random.default_rng(seed).choice(len(levels), MAX_PAIRS, replace=False))]
    kind = features.kind
    patterns = find_patterns(levels)
    fitted = fit(
        patterns,
        level_counts=[len(comparison.levels) for comparison in kind.comparisons],
        start=kind.start(patterns.levels),
        allowed=allowed_classes(patterns.levels, kind),
        smoothing=[one.smoothing(kind.classes) for one in believed],
    )
    return _frozen(features, patterns, fitted, believed)


def _frozen(features: PartyFeatures, patterns: Patterns, fitted: Fit, believed: tuple[Standard, ...]) -> LatentClasses:
    kind = features.kind
    if kind.identifier is None:
        confirmed = agreeing_classes(kind.comparisons, fitted, believed, prior=_prior(len(features)))
    else:
        confirmed = same_classes(kind, patterns, fitted)
    # A class nothing fell into has nothing to confirm it.
    is_same = tuple(bool(same and share > 1e-6) for same, share in zip(confirmed, fitted.prior, strict=True))
    if not any(is_same):
        evidence = "names and births" if kind.identifier is None else "numbers in national_id"
        raise ModelRefused(
            f"no class of {kind.name} pairs is confirmed: in none do half of the {evidence} agree",
            hint="Look at the roles: is each column what its role says? Or are there no duplicates?",
        )
    return frozen(kind, fitted, is_same=is_same)


def _unlearned(features: PartyFeatures, believed: tuple[Standard, ...]) -> LatentClasses:
    """Standard weights as two classes; the others get no share."""
    kind = features.kind
    is_same = tuple(place == 0 for place in range(len(kind.classes)))
    none = -60 * MICRO
    prior = (round(_prior(len(features)) * MICRO), *(none,) * (len(kind.classes) - 2), 0)
    return LatentClasses(
        classes=kind.classes,
        is_same=is_same,
        prior=prior,
        weights={
            comparison.name: tuple(
                (round(float(bits) * MICRO), *(0,) * (len(kind.classes) - 1))
                for bits in (one.weights - one.apart).tolist()
            )
            for comparison, one in zip(kind.comparisons, believed, strict=True)
        },
    )


def _worth_keeping(
    features: PartyFeatures, pairs: Pairs, levels: NDArray[np.int8], classes: LatentClasses, model: LinkModel
) -> tuple[BlockingRule, ...]:
    probability = weigh(levels, classes, features.kind).match_probability / MICRO
    return within_budget(
        features.kind.blocking_rules,
        pairs.rules,
        probability,
        most_pairs=round(model.pairs_per_record * len(features)),
    )
