"""How right the linkage was: everything ``blekit score`` says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from blekit.scoring.baselines import baselines
from blekit.scoring.merges import merges
from blekit.scoring.queue import queue_rates
from blekit.scoring.rates import Longs, bcubed_rates, cluster_rates, pairs_inside, rates, ratio, together
from blekit.scoring.relatives import by_relation
from blekit.scoring.reliability import reliability
from blekit.scoring.slices import across, by_trap, by_unit
from blekit.scoring.truth import codes, known_positions, known_records

Pairs = tuple[Longs, Longs]


@dataclass(frozen=True)
class Answer:
    """What the linkage said of the records whose entity is known; pairs are positions among them."""

    known: pd.DataFrame
    entity: Longs
    customer: Longs
    links: Pairs
    cases: Pairs
    by_model: Pairs
    """The pairs the model itself decided, with :attr:`probability` in parts per million."""
    probability: Longs

    def of_kind(self, party_kind: str) -> Answer:
        """The same of the records of one kind; a pair belongs to it when both records do."""
        inside = (self.known["party_kind"] == party_kind).to_numpy(dtype=bool)
        place = np.cumsum(inside) - 1
        both = inside[self.by_model[0]] & inside[self.by_model[1]]
        return Answer(
            known=self.known[inside].reset_index(drop=True),
            entity=np.unique(self.entity[inside], return_inverse=True)[1].astype(np.int64),
            customer=np.unique(self.customer[inside], return_inverse=True)[1].astype(np.int64),
            links=_among(self.links, inside, place),
            cases=_among(self.cases, inside, place),
            by_model=_among(self.by_model, inside, place),
            probability=self.probability[both],
        )


def _among(pairs: Pairs, inside: NDArray[np.bool_], place: Longs) -> Pairs:
    both = inside[pairs[0]] & inside[pairs[1]]
    return place[pairs[0][both]], place[pairs[1][both]]


def score(
    *,
    records: pa.Table,
    truth: pd.DataFrame,
    crosswalk: pa.Table,
    decisions: pa.Table,
    queue_cases: pa.Table,
    relations: pd.DataFrame | None = None,
    with_baselines: bool = False,
) -> dict[str, Any]:
    """Everything ``blekit score`` says, ready for JSON.

    Args:
        records: live party records.
        truth: as :func:`blekit.scoring.truth.read_truth` gives it; records it does not know are left out of every
            number but the queue's.
        crosswalk: record_id to customer_id.
        decisions: decided pairs, all of them.
        queue_cases: open cases.
        relations: as :func:`blekit.scoring.truth.read_relations` gives them; without them nothing is said of relatives.
        with_baselines: also score exact comparison and recordlinkage's two-class ECM on the same records.
    """
    answer = read_answer(records, truth, crosswalk, decisions, queue_cases)
    known, customer, entity = answer.known, answer.customer, answer.entity
    result: dict[str, Any] = {
        **overall(answer),
        "queue": {
            "size": queue_cases.num_rows,
            "share": round(queue_cases.num_rows / records.num_rows, 6) if records.num_rows else 0.0,
            **queue_rates(answer.cases, customer, entity),
        },
        "by_kind": {str(kind): of_kind(answer.of_kind(kind)) for kind in sorted(known["party_kind"].unique())},
        "across": across(known, customer, entity),
        "by_trap": by_trap(known["traps"], customer, entity),
        "by_unit": by_unit(known["unit"], customer, entity, links=answer.links),
    }
    if relations is not None:
        result["by_relation"] = by_relation(relations, known, customer, cases=answer.cases)
    if with_baselines:
        result["baselines"] = baselines(records, known["record_id"], entity)
    return result


def read_answer(
    records: pa.Table, truth: pd.DataFrame, crosswalk: pa.Table, decisions: pa.Table, queue_cases: pa.Table
) -> Answer:
    """The tables of a linkage as numbers, over the records the truth knows."""
    known = known_records(records, truth)
    ids = known["record_id"]
    customers = crosswalk.select(["record_id", "customer_id"]).to_pandas()
    is_link = decisions["decision"].to_numpy(zero_copy_only=False) == "link"
    by_model = decisions.filter(decisions["decided_by"].to_numpy(zero_copy_only=False) == "model")
    left, right = (pd.Index(ids).get_indexer(by_model[name].to_pandas()) for name in ("record_id_1", "record_id_2"))
    is_known = (left >= 0) & (right >= 0)
    return Answer(
        known=known,
        entity=codes(known["entity_id"]),
        customer=codes(known.merge(customers, on="record_id", how="left", validate="1:1")["customer_id"]),
        links=known_positions(decisions.filter(is_link), ids),
        cases=known_positions(queue_cases, ids),
        by_model=(left[is_known].astype(np.int64), right[is_known].astype(np.int64)),
        probability=by_model["match_probability"].to_numpy()[is_known].astype(np.int64),
    )


def overall(answer: Answer) -> dict[str, Any]:
    """Counts and rates of all records at once."""
    customer, entity, (left, right) = answer.customer, answer.entity, answer.links
    is_right = entity[left] == entity[right]
    published = pairs_inside(customer)
    return {
        "records": len(entity),
        "entities": len(np.unique(entity)),
        "pairwise": rates(right=int(is_right.sum()), found=len(left), true=pairs_inside(entity)),
        "cluster": cluster_rates(customer, entity),
        "bcubed": bcubed_rates(customer, entity),
        "links": {"count": len(left), "precision": ratio(int(is_right.sum()), len(left))},
        "crosswalk": {
            "pairs": published,
            "precision": ratio(pairs_inside(together(customer, entity)), published),
        },
        "merges": merges(customer, entity),
    }


def of_kind(answer: Answer) -> dict[str, Any]:
    """The same of persons or of firms alone, their queue, and how true the model's probabilities are."""
    left, right = answer.by_model
    return {
        **overall(answer),
        "queue": {"size": len(answer.cases[0]), **queue_rates(answer.cases, answer.customer, answer.entity)},
        "reliability": reliability(answer.probability, answer.entity[left] == answer.entity[right]),
    }
