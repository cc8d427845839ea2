"""Pairs no blocking rule proposed, inside groups that links would make.

Before two groups become one, every pair between them has a say. A pair no rule proposed shares no key at all, which
says "probably not" (:class:`config.matching.Clustering`) whatever else it has in common. What it has against a merge
counts in full, so it is compared after all: inside a group that links hold together this costs little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from dedupe.anytable.learning import Learned
from dedupe.comparisons import Known
from dedupe.engine import compare_pairs, weigh
from dedupe.partition import ScoredPairs

Longs = NDArray[np.int64]
MAX_RECORDS = 60
"""A larger group is not filled: its pairs grow with the square."""


def with_unseen(learned: Learned, pairs: ScoredPairs, *, known: Known, at_most: int) -> ScoredPairs:
    """The pairs, and those inside the groups their links make that were never compared; none of these is a link."""
    records = len(learned.features)
    keys = _inside(records, pairs)
    keys = keys[~np.isin(keys, pairs.left * records + pairs.right)]
    if not len(keys):
        return pairs
    left, right = keys // records, keys % records
    levels = compare_pairs(learned.features, left, right, known=known)
    weight = np.minimum(weigh(levels, learned.classes, learned.features.kind).match_weight, at_most)
    order = np.argsort(np.r_[pairs.left * records + pairs.right, keys], kind="stable")
    return ScoredPairs(
        np.r_[pairs.left, left][order],
        np.r_[pairs.right, right][order],
        np.r_[pairs.weight, weight][order],
        np.r_[pairs.is_link, np.zeros(len(keys), dtype=np.bool_)][order],
    )


def _inside(records: int, pairs: ScoredPairs) -> Longs:
    """All pairs of records inside one group, as ``left * records + right``, sorted."""
    left, right = pairs.left[pairs.is_link], pairs.right[pairs.is_link]
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    _, group = connected_components(graph, directed=False)
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    order = order[(sizes[group[order]] > 2) & (sizes[group[order]] <= MAX_RECORDS)]
    found = []
    for distance in range(1, MAX_RECORDS):
        same = group[order[:-distance]] == group[order[distance:]] if len(order) > distance else np.zeros(0, np.bool_)
        if not same.any():
            break
        found.append(order[:-distance][same].astype(np.int64) * records + order[distance:][same])
    return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
