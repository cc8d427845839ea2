"""How far is left: a supervised oracle on our features, and a perfect classifier on our candidate pairs.

The oracle is gradient boosting, trained on the truth in two folds of entities, each judged by the model of the other.
It sees the matrix of levels our latent classes see, each comparison as the number of its level, and nothing else: no
hard rule, no third record. Its log odds then go through our partition function, as integers. What it gains over us is
what better weights of the same evidence could gain; what it misses too needs other evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from blekit.bench.labelled import Labelled, Longs, Mask, score_labelled
from blekit.scoring.rates import cluster_rates
from config.matching import Clustering
from dedupe.decisions import RULE
from dedupe.em import find_patterns
from dedupe.engine import compare_pairs, knowledge
from dedupe.kernels import Levels
from dedupe.model import MICRO, Model
from dedupe.party_kinds import PARTY_KINDS

Floats = NDArray[np.float64]
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
NATURAL = 0.5
_SEED = 7
_CERTAIN = 20 * MICRO
"""What a perfect classifier says of a pair."""
_UNLIKELY = 1e-9
"""Probabilities are kept this far from 0 and 1, so that log odds are finite."""


@dataclass(frozen=True)
class _Opinion:
    """What somebody says of every candidate pair."""

    probability: Floats
    weight: Longs
    forbidden: Mask

    def links(self, threshold: float) -> Mask:
        return np.asarray((self.probability >= threshold) & ~self.forbidden, dtype=np.bool_)


def oracle(records: pa.Table, truth: pd.DataFrame, *, model: Model) -> dict[str, Any]:
    """Ours, the oracle and a perfect classifier on the same candidate pairs, by party kind and in all.

    Args:
        records: party records.
        truth: ``record_id, entity_id``.
        model: ours; its caps make the candidate pairs, its weights are ``ours`` at a posterior of one half.

    Returns:
        Per kind: ``blocking_recall``; for ``ours``, ``oracle``, ``oracle_best`` (the cut the truth chooses) and
        ``perfect`` the rates of clusters and pairs; ``gap_f1`` = oracle's less our cluster F1; log losses; and
        ``importance``: the log loss the oracle suffers when a comparison is shuffled. Under ``all`` the clusters of
        both kinds together.
    """
    found, groups = {}, []
    for party_kind in PARTY_KINDS:
        labelled, levels, ours = _ours(records, truth, party_kind, model)
        rows, of_kind = _judge(labelled, levels, ours, settings=model.matching.clustering)
        found[party_kind] = rows
        groups.append((labelled, of_kind))
    return {**found, "all": _all(groups)}


def _ours(records: pa.Table, truth: pd.DataFrame, party_kind: str, model: Model) -> tuple[Labelled, Levels, _Opinion]:
    labelled, scored = score_labelled(records, truth, party_kind=party_kind, model=model)
    features, pairs = labelled.features, labelled.pairs
    forbidden = scored.decided.decided_by == RULE
    unseen = model.matching.clustering.unseen_pair
    # As in the product: what a rule forbids cannot speak for a merge.
    weight = np.where(forbidden, np.minimum(scored.weights.match_weight, unseen), scored.weights.match_weight)
    levels = compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features))
    opinion = _Opinion(scored.weights.match_probability / MICRO, weight, forbidden)
    return labelled, levels, opinion


def _judge(
    labelled: Labelled, levels: Levels, ours: _Opinion, *, settings: Clustering
) -> tuple[dict[str, Any], dict[str, Longs]]:
    crossed = CrossFitted.fit(levels, labelled.is_same, folds=folds_of(labelled), is_judged=labelled.is_judged)
    learned = _opinion_of(crossed.probability(levels))
    truth = np.where(labelled.is_same, _CERTAIN, -_CERTAIN).astype(np.int64)
    groups = {
        "ours": labelled.cluster(ours.weight, ours.links(NATURAL), settings=settings),
        "oracle": labelled.cluster(learned.weight, learned.links(NATURAL), settings=settings),
        "perfect": labelled.cluster(truth, labelled.is_same, settings=settings),
    }
    rates = {name: labelled.cluster_rates(group) for name, group in groups.items()}
    judged, is_same = labelled.is_judged, labelled.is_same
    return {
        "records": len(labelled.features),
        "candidate_pairs": len(labelled.pairs),
        "blocking_recall": labelled.blocking_recall(),
        "ours": {"cluster": rates["ours"], "pairs": labelled.pair_rates(ours.links(NATURAL))},
        "oracle": {"cluster": rates["oracle"], "pairs": labelled.pair_rates(learned.links(NATURAL))},
        "oracle_best": _best(labelled, learned, settings),
        "perfect": {"cluster": rates["perfect"], "pairs": labelled.pair_rates(is_same)},
        "gap_f1": round(rates["oracle"]["f1"] - rates["ours"]["f1"], 6),
        "log_loss": {
            "ours": log_loss(ours.probability[judged], is_same[judged]),
            "oracle": log_loss(learned.probability[judged], is_same[judged]),
        },
        "importance": _importance(labelled, levels, crossed),
    }, groups


def _best(labelled: Labelled, opinion: _Opinion, settings: Clustering) -> dict[str, Any]:
    tried = [
        {
            "threshold": threshold,
            "cluster": labelled.cluster_rates(
                labelled.cluster(opinion.weight, opinion.links(threshold), settings=settings)
            ),
        }
        for threshold in THRESHOLDS
    ]
    return max(tried, key=_cluster_f1)


def _cluster_f1(row: Mapping[str, Any]) -> float:
    return float(row["cluster"]["f1"])


def folds_of(labelled: Labelled) -> Longs:
    """Fold 0 or 1 of each pair: that of its left record's entity, which is where all true pairs of the entity are."""
    names = labelled.features.record_ids[np.unique(labelled.entity, return_index=True)[1]]
    of_entity = np.array([hashlib.blake2b(str(name).encode(), digest_size=1).digest()[0] & 1 for name in names])
    return of_entity[np.unique(labelled.entity, return_inverse=True)[1]][labelled.pairs.left].astype(np.int64)


@dataclass(frozen=True)
class CrossFitted:
    """Two classifiers, each trained on one fold and asked about the other."""

    models: tuple[Any, Any]
    folds: Longs

    @classmethod
    def fit(cls, levels: Levels, is_same: Mask, *, folds: Longs, is_judged: Mask) -> CrossFitted:
        """Train on levels and truth: the first model on fold 1, to be asked about fold 0, and the other way round."""
        first, second = (
            _boosted(levels[use], is_same[use]) for use in (is_judged & (folds == 1), is_judged & (folds == 0))
        )
        return cls((first, second), folds)

    def probability(self, levels: Levels) -> Floats:
        """The probability of each pair by the model that has not seen its fold."""
        patterns = find_patterns(levels)
        with threadpool_limits(1):
            both = np.stack([model.predict_proba(patterns.levels)[:, 1] for model in self.models], axis=1)
        found: Floats = both[patterns.pattern_of_pair, self.folds]
        return found


def _boosted(levels: Levels, is_same: Mask) -> Any:
    """Boosting on distinct patterns, weighted by how many pairs have them: the same loss, far fewer rows."""
    patterns = find_patterns(levels)
    true = np.bincount(patterns.pattern_of_pair, weights=is_same, minlength=len(patterns.levels))
    rows = np.concatenate([patterns.levels, patterns.levels])
    weights = np.concatenate([true, patterns.counts - true])
    labels = np.repeat([1, 0], len(patterns.levels))
    use = weights > 0
    booster = HistGradientBoostingClassifier(
        max_iter=200,
        learning_rate=0.05,
        max_leaf_nodes=31,
        min_samples_leaf=1,  # a row is a pattern, be it of one pair or of ten thousand
        l2_regularization=1.0,
        early_stopping=False,
        random_state=_SEED,
    )
    # One thread: threads would spend more time waiting for one another than small trees take to grow.
    with threadpool_limits(1):
        return booster.fit(rows[use], labels[use], sample_weight=weights[use])


def _opinion_of(probability: Floats) -> _Opinion:
    clipped = np.clip(probability, _UNLIKELY, 1 - _UNLIKELY)
    weight = np.rint(np.log2(clipped / (1 - clipped)) * MICRO).astype(np.int64)
    return _Opinion(probability, weight, np.zeros(len(weight), dtype=np.bool_))


def log_loss(probability: Floats, is_same: Mask) -> float:
    """Nats a pair; probabilities are kept a millionth away from 0 and 1."""
    kept = np.clip(probability, 1e-6, 1 - 1e-6)
    return round(float(-np.log(np.where(is_same, kept, 1 - kept)).mean()), 6) if len(kept) else 0.0


def _importance(labelled: Labelled, levels: Levels, crossed: CrossFitted) -> dict[str, float]:
    judged, is_same = labelled.is_judged, labelled.is_same
    before = log_loss(crossed.probability(levels)[judged], is_same[judged])
    order = np.random.default_rng(_SEED).permutation(len(levels))
    lost = {}
    for column, comparison in enumerate(labelled.features.kind.comparisons):
        shuffled = levels.copy()
        shuffled[:, column] = levels[order, column]
        after = log_loss(crossed.probability(shuffled)[judged], is_same[judged])
        lost[comparison.name] = round(after - before, 6)
    return lost


def _all(groups: Sequence[tuple[Labelled, dict[str, Longs]]]) -> dict[str, Any]:
    """Clusters of persons and firms together, and the gap."""
    rates = {name: _joined(groups, name) for name in ("ours", "oracle", "perfect")}
    gap = round(rates["oracle"]["f1"] - rates["ours"]["f1"], 6)
    return {**{name: {"cluster": found} for name, found in rates.items()}, "gap_f1": gap}


def _joined(groups: Sequence[tuple[Labelled, dict[str, Longs]]], name: str) -> dict[str, float]:
    """A record of a person and one of a firm are never of one customer, and seldom of one entity."""
    customers, entities, offset = [], [], 0
    for labelled, of_kind in groups:
        customers.append(of_kind[name][labelled.is_known] + offset)
        entities.append(labelled.entity[labelled.is_known] + offset)
        offset += int(max(labelled.entity.max(initial=0), of_kind[name].max(initial=0))) + 1
    return cluster_rates(np.concatenate(customers), np.concatenate(entities))
