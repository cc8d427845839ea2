"""What is counted the same way for every engine: blocking recall, cluster rates, the best threshold with the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blekit.score import cluster_rates, components, pairs_inside

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

THRESHOLDS = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999),
    *(0.9995, 0.9998, 0.9999, 0.99995, 0.99999, 0.999995, 0.999999, 0.9999999, 0.99999999),
)
"""Cuts tried where the truth may choose: from one in a hundred to one wrong in a hundred million."""


def blocking_recall(left: Longs, right: Longs, entity: Longs) -> float:
    """The share of true pairs among the candidate pairs; each candidate pair once, in any order."""
    true = pairs_inside(entity)
    low, high = np.minimum(left, right), np.maximum(left, right)
    is_true = (entity[low] == entity[high]) & (low != high)
    found = len(np.unique(low[is_true] * np.int64(len(entity)) + high[is_true]))
    return round(found / true, 6) if true else 1.0


def best_by_components(
    left: Longs, right: Longs, probability: Floats, entity: Longs, *, thresholds: Iterable[float] = THRESHOLDS
) -> dict[str, Any]:
    """The cut whose connected components have the highest cluster F1: what an engine reaches if the truth chooses."""
    best: dict[str, Any] = {}
    for threshold in thresholds:
        rates = at_threshold(left, right, probability, entity, threshold=threshold)
        if not best or rates["f1"] > best["f1"]:
            best = {"threshold": threshold, **rates}
    return best


def best_by_kind(
    left: Longs, right: Longs, probability: Floats, entity: Longs, kinds: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Any]:
    """The same where each kind of records has a model, and so a best cut, of its own; no pair is of two kinds.

    Args:
        left, right, probability: candidate pairs.
        entity: of each record.
        kinds: name of a kind to which records are of it.
    """
    chosen: dict[str, float] = {}
    is_link = np.zeros(len(left), dtype=np.bool_)
    for kind, is_of_kind in kinds.items():
        place = np.cumsum(is_of_kind) - 1
        pairs = is_of_kind[left] & is_of_kind[right]
        sides = (place[left[pairs]], place[right[pairs]])
        chosen[kind] = best_by_components(*sides, probability[pairs], entity[is_of_kind])["threshold"]
        is_link |= pairs & (probability >= chosen[kind])
    rates = cluster_rates(components(len(entity), left[is_link], right[is_link]), entity)
    return {"threshold": chosen if len(chosen) > 1 else next(iter(chosen.values())), **rates}


def at_threshold(
    left: Longs, right: Longs, probability: Floats, entity: Longs, *, threshold: float
) -> dict[str, float]:
    """Cluster rates of the connected components of the pairs at least this likely."""
    is_link = probability >= threshold
    return cluster_rates(components(len(entity), left[is_link], right[is_link]), entity)
