"""Customers that hold too much and entities that are in pieces: how often, and how many records each concerns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from blekit.scoring.rates import Longs, pairs_inside, together


def merges(customer: Longs, entity: Longs) -> dict[str, Any]:
    """Over-merges and under-merges.

    Returns:
        ``over``: customers of more than one entity, their records, and the pairs in them that should be apart;
        ``under``: entities in more than one customer, their records, and the pairs that should be together.
    """
    right = pairs_inside(together(customer, entity))
    mixed, split = has_several(customer, entity), has_several(entity, customer)
    return {
        "over": {
            "customers": int(mixed.sum()),
            "records": int(mixed[customer].sum()),
            "wrong_pairs": pairs_inside(customer) - right,
        },
        "under": {
            "entities": int(split.sum()),
            "records": int(split[entity].sum()),
            "missed_pairs": pairs_inside(entity) - right,
        },
    }


def has_several(group: Longs, label: Longs) -> NDArray[np.bool_]:
    """Per group number, whether its records carry more than one label."""
    combination = together(group, label)
    _, first = np.unique(combination, return_index=True)
    return np.asarray(np.bincount(group[first], minlength=int(group.max(initial=-1)) + 1) > 1, dtype=np.bool_)
