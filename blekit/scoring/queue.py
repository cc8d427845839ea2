"""What the queue is worth: how many cases are truly one customer, and what a steward who never errs would add."""

from __future__ import annotations

from typing import Any

import numpy as np

from blekit.scoring.rates import Longs, cluster_rates, components, ratio


def queue_rates(cases: tuple[Longs, Longs], customer: Longs, entity: Longs) -> dict[str, Any]:
    """The share of cases truly one, and the rates after a perfect steward joined exactly those.

    Args:
        cases: both known records of each open case, as positions.
        customer: of each known record; the whole customers of a case are joined, what is wrong in them included.
        entity: of each known record.
    """
    is_same = entity[cases[0]] == entity[cases[1]]
    joined = joined_customers(customer, cases[0][is_same], cases[1][is_same])
    before, after = cluster_rates(customer, entity), cluster_rates(joined, entity)
    return {
        "share_same": ratio(int(is_same.sum()), len(is_same)),
        "recall_added": round(after["recall"] - before["recall"], 6),
        "with_perfect_steward": after,
    }


def joined_customers(customer: Longs, left: Longs, right: Longs) -> Longs:
    """Customers after those of the given records were joined."""
    of_customer = components(int(customer.max(initial=-1)) + 1, customer[left], customer[right])
    return np.asarray(of_customer[customer], dtype=np.int64)
