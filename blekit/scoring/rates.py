"""Precision and recall of partitions, counted in pairs without ever listing the pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Longs = NDArray[np.int64]


def ratio(part: int, whole: int) -> float:
    """A share; of nothing, all is right."""
    return round(part / whole, 6) if whole else 1.0


def rates(*, right: int, found: int, true: int) -> dict[str, float]:
    """Precision, recall and F1 from counts."""
    precision, recall = ratio(right, found), ratio(right, true)
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": round(2 * precision * recall / total, 6) if total else 0.0}


def pairs_inside(labels: Longs) -> int:
    """How many pairs have the same label."""
    sizes = np.bincount(labels).astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def together(one: Longs, other: Longs) -> Longs:
    """The number of each combination of two labels."""
    _, combined = np.unique(one * np.int64(other.max(initial=0) + 1) + other, return_inverse=True)
    return np.asarray(combined, dtype=np.int64)


def cluster_rates(customer: Longs, entity: Longs) -> dict[str, float]:
    """Pairs of records of one customer against pairs of one entity: the closure of all links."""
    return rates(
        right=pairs_inside(together(customer, entity)), found=pairs_inside(customer), true=pairs_inside(entity)
    )


def rates_touching(inside: NDArray[np.bool_], customer: Longs, entity: Longs) -> dict[str, float]:
    """:func:`cluster_rates` over the pairs with at least one record inside."""

    def touching(labels: Longs) -> int:
        return pairs_inside(labels) - pairs_inside(labels[~inside])

    return rates(right=touching(together(customer, entity)), found=touching(customer), true=touching(entity))


def rates_across(place: Longs, customer: Longs, entity: Longs) -> dict[str, float]:
    """:func:`cluster_rates` over the pairs whose two records are of different places, and how many are true."""

    def across(labels: Longs) -> int:
        return pairs_inside(labels) - pairs_inside(together(labels, place))

    true = across(entity)
    return {"true_pairs": true, **rates(right=across(together(customer, entity)), found=across(customer), true=true)}


def bcubed_rates(customer: Longs, entity: Longs) -> dict[str, float]:
    """Per record, how pure and how complete its customer is; averaged. Large customers do not dominate.

    Source: Bagga & Baldwin 1998, https://aclanthology.org/P98-1012/
    """
    if not len(customer):
        return rates(right=0, found=0, true=0)
    both = together(customer, entity)
    common = np.bincount(both)[both]
    precision = float((common / np.bincount(customer)[customer]).mean())
    recall = float((common / np.bincount(entity)[entity]).mean())
    f1 = 2 * precision * recall / (precision + recall)
    return {"precision": round(precision, 6), "recall": round(recall, 6), "f1": round(f1, 6)}


def components(records: int, left: Longs, right: Longs) -> Longs:
    """Connected components."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
