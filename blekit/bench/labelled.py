"""Candidate pairs of one party kind with what is true of them: for the oracle to learn from and to judge by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from blekit.scoring.rates import cluster_rates, pairs_inside, rates
from config.matching import Clustering
from dedupe.blocking import Pairs, find_pairs
from dedupe.coding import PartyFeatures
from dedupe.conflicts import conflict_of
from dedupe.customers import max_records
from dedupe.features import party_features
from dedupe.model import Model
from dedupe.partition import ScoredPairs, partition
from dedupe.scoring import Scored, score

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]
Rates = Mapping[str, float]


@dataclass(frozen=True)
class Labelled:
    """Records and candidate pairs of one party kind, with the truth about those the truth knows."""

    features: PartyFeatures
    pairs: Pairs
    entity: Longs
    """A number per record; a record nobody knows is alone."""
    is_known: Mask
    """Per record."""

    @property
    def is_same(self) -> Mask:
        """Per pair: whether both records are of one entity."""
        return np.asarray(self.entity[self.pairs.left] == self.entity[self.pairs.right], dtype=np.bool_)

    @property
    def is_judged(self) -> Mask:
        """Per pair: whether the truth knows both records."""
        return np.asarray(self.is_known[self.pairs.left] & self.is_known[self.pairs.right], dtype=np.bool_)

    @property
    def true_pairs(self) -> int:
        """Pairs of records of one entity, candidates or not."""
        return pairs_inside(self.entity[self.is_known])

    def blocking_recall(self) -> float:
        """The share of them among the candidates."""
        return round(int((self.is_same & self.is_judged).sum()) / max(self.true_pairs, 1), 6)

    def pair_rates(self, is_link: Mask) -> Rates:
        """Rates of links against all true pairs."""
        judged = is_link & self.is_judged
        return rates(right=int((judged & self.is_same).sum()), found=int(judged.sum()), true=self.true_pairs)

    def cluster_rates(self, group: Longs) -> Rates:
        """Rates of a partition of all records, over those known."""
        return cluster_rates(group[self.is_known], self.entity[self.is_known])

    def cluster(self, weight: Longs, is_link: Mask, *, settings: Clustering) -> Longs:
        """The partition function of the product on other weights and links."""
        return partition(
            len(self.features),
            ScoredPairs(self.pairs.left, self.pairs.right, weight, is_link),
            clerk=(),
            conflict=conflict_of(self.features),
            settings=settings,
            max_records=max_records(self.features.party_kind, settings),
        ).group


def label(features: PartyFeatures, pairs: Pairs, truth: pd.DataFrame) -> Labelled:
    """Candidate pairs with their truth.

    Args:
        features: records of one kind.
        pairs: their candidate pairs.
        truth: ``record_id, entity_id``, as :func:`blekit.score.known_records` gives them.
    """
    of_record = truth.set_index("record_id")["entity_id"]
    entities: Any = of_record.reindex(list(features.record_ids))
    numbers, distinct = pd.factorize(entities, sort=True)
    alone = len(distinct) + np.arange(len(numbers))
    return Labelled(features, pairs, np.where(numbers < 0, alone, numbers).astype(np.int64), numbers >= 0)


def score_labelled(records: pa.Table, truth: pd.DataFrame, *, party_kind: str, model: Model) -> tuple[Labelled, Scored]:
    """The candidate pairs of one kind, their truth, and what the model says of them."""
    features = party_features(records, party_kind=party_kind, matching=model.matching)
    pairs, _ = find_pairs(features, caps=model.matching.caps)
    return label(features, pairs, truth), score(features, pairs, model=model, clerk={})
