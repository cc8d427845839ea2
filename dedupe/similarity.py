"""String similarity: once in plain words for one pair, once for millions of coded pairs.

Both forms ask rapidfuzz with the two texts in sorted order, so that a pair compares alike from either side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA, Hamming, JaroWinkler

Scores = NDArray[np.float64]


def edits(left: str, right: str) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours between two texts."""
    return int(OSA.distance(*sorted((left, right))))


def likeness(left: str, right: str) -> float:
    """Jaro-Winkler similarity, 0 to 1: wrong letters weigh less towards the end."""
    return float(JaroWinkler.similarity(*sorted((left, right))))


def wrong_digits(left: str, right: str) -> int:
    """Positions in which two numbers of equal length differ; their lengths count as well."""
    return int(Hamming.distance(*sorted((left, right)), pad=True))


def edits_of(values: Sequence[str], left: NDArray[np.int32], right: NDArray[np.int32]) -> Scores:
    """:func:`edits` for pairs of codes into a sorted vocabulary."""
    return _on_distinct(values, left, right, scorer=OSA.distance)


def likeness_of(values: Sequence[str], left: NDArray[np.int32], right: NDArray[np.int32]) -> Scores:
    """:func:`likeness` for pairs of codes into a sorted vocabulary."""
    return _on_distinct(values, left, right, scorer=JaroWinkler.similarity)


def wrong_digits_of(values: Sequence[str], left: NDArray[np.int32], right: NDArray[np.int32]) -> Scores:
    """:func:`wrong_digits` for pairs of codes into a sorted vocabulary."""
    return _on_distinct(values, left, right, scorer=Hamming.distance, pad=True)


def _on_distinct(
    values: Sequence[str],
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    *,
    scorer: Callable[..., Any],
    **options: Any,
) -> Scores:
    # Codes follow the order of the sorted vocabulary, so the smaller code is the smaller text.
    width = np.int64(len(values))
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    distinct, inverse = np.unique(low * width + high, return_inverse=True)
    if not len(distinct):
        return np.empty(0, dtype=np.float64)
    scores = process.cpdist(
        [values[code] for code in distinct // width],
        [values[code] for code in distinct % width],
        scorer=scorer,
        scorer_kwargs=options,
        dtype=np.float64,
    )
    return np.asarray(scores, dtype=np.float64)[inverse]
