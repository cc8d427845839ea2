"""Are probabilities true? Of the pairs called .9, nine in ten should be one customer.

Only pairs the model itself decided count: a hard rule or a clerk overrules it because something is known that the
probability does not hold. The ends are cut finely, because that is where links and non-links are made.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from blekit.scoring.rates import Longs

EDGES = (
    *(0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999),
    *(0.9999, 1.000001),
)
"""A bin holds its lower edge and not its upper one."""


def reliability(probability: Longs, is_same: NDArray[np.bool_]) -> dict[str, Any]:
    """The reliability table of some pairs.

    Args:
        probability: what the model said of each pair, parts per million.
        is_same: whether its records are of one entity.

    Returns:
        ``bins``: from, to, pairs, mean predicted, observed share true, of bins that hold pairs;
        ``expected_calibration_error``: mean distance of predicted and observed, weighted by pairs;
        ``log_loss``: nats a pair, probabilities kept a millionth away from 0 and 1; ``brier``: mean squared distance.
    """
    share = probability / 1e6
    place = np.searchsorted(np.array(EDGES), share, side="right") - 1
    count = np.bincount(place, minlength=len(EDGES) - 1)
    predicted = np.bincount(place, weights=share, minlength=len(EDGES) - 1)
    observed = np.bincount(place, weights=is_same, minlength=len(EDGES) - 1)
    pairs = max(len(share), 1)
    clipped = np.clip(share, 1e-6, 1 - 1e-6)
    return {
        "pairs": len(share),
        "expected_calibration_error": round(float(np.abs(predicted - observed).sum() / pairs), 6),
        "log_loss": round(float(-np.log(np.where(is_same, clipped, 1 - clipped)).sum() / pairs), 6),
        "brier": round(float(((share - is_same) ** 2).sum() / pairs), 6),
        "bins": [
            _bin(EDGES[at], EDGES[at + 1], int(count[at]), float(predicted[at]), float(observed[at]))
            for at in np.flatnonzero(count)
        ],
    }


def _bin(low: float, high: float, pairs: int, predicted: float, observed: float) -> dict[str, Any]:
    return {
        "from": low,
        "to": min(high, 1),
        "pairs": pairs,
        "predicted": round(predicted / pairs, 6),
        "observed": round(observed / pairs, 6),
    }
