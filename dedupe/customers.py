"""From groups of records to customers: which record is whose, and one golden row each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.matching import Clustering
from config.schemas import CROSSWALK
from dedupe.conflicts import conflict_of
from dedupe.decisions import CLERK, DECIDERS, LINK, RULE
from dedupe.golden import golden_customers
from dedupe.identity import anchor_order, customer_id
from dedupe.model import Model
from dedupe.partition import Partition, ScoredPairs, partition
from dedupe.scoring import Scored

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Customers:
    """Content tables of customers, each sorted by its key."""

    crosswalk: pa.Table
    golden: pa.Table


def cluster(scored: Scored, model: Model) -> Partition:
    """The groups of one party kind."""
    settings = model.matching.clustering
    return partition(
        len(scored.features),
        clustering_pairs(scored, settings),
        clerk=scored.clerk,
        conflict=conflict_of(scored.features),
        settings=settings,
        max_records=max_records(scored.features.party_kind, settings),
    )


def clustering_pairs(scored: Scored, settings: Clustering) -> ScoredPairs:
    """What the clusters are made of: the weight of each pair, and which pairs a rule or the model linked."""
    weight, decided = scored.weights.match_weight, scored.decided
    # What a rule forbids cannot speak for a merge, whatever the model thinks of it.
    weight = np.where(decided.decided_by == RULE, np.minimum(weight, settings.unseen_pair), weight)
    is_link = (decided.decision == LINK) & (decided.decided_by != CLERK)
    return ScoredPairs(scored.pairs.left, scored.pairs.right, weight, is_link)


def max_records(party_kind: str, settings: Clustering) -> int:
    """How many records one customer of this kind may have."""
    return settings.max_person_records if party_kind == "person" else settings.max_firm_records


def customer_tables(
    records: pa.Table,
    scored: Sequence[Scored],
    groups: Sequence[Partition],
    *,
    first_seen: Mapping[str, dt.date],
    survivorship: Mapping[str, Any],
    id_key: bytes,
) -> Customers:
    """The customers of records that are grouped.

    Args:
        records: party records in the order of their ids; whole groups, but not necessarily all there are.
        scored: compared pairs per party kind; their features' positions are rows of the records.
        groups: the groups of the same.
        first_seen: record_id to the business date of its first delivery, for the anchors.
        survivorship: rules per attribute and trust per source.
        id_key: key of customer ids.
    """
    customer = _customers(records, scored, groups)
    record_ids = records["record_id"].to_pylist()
    rank = anchor_order(
        record_ids,
        records["unit"].to_pylist(),
        first_seen=first_seen,
        business_dates=records["business_date"].to_pylist(),
    )
    anchors = _anchors(customer, rank)
    ids = np.array([customer_id(record_ids[anchor], key=id_key) for anchor in anchors], dtype=object)
    golden = golden_customers(
        records, customer, customer_ids=ids, anchors=anchors, anchor_rank=rank, rules=survivorship
    )
    return Customers(_crosswalk(records, ids[customer], scored, groups), golden)


def _customers(records: pa.Table, scored: Sequence[Scored], groups: Sequence[Partition]) -> Longs:
    """A dense customer number per row of the records."""
    group = np.empty(records.num_rows, dtype=np.int64)
    for one, its_groups in zip(scored, groups, strict=True):
        group[one.features.positions] = one.features.positions[its_groups.group]
    _, customer = np.unique(group, return_inverse=True)
    return customer.astype(np.int64)


def _anchors(customer: Longs, rank: Longs) -> Longs:
    order = np.lexsort((rank, customer))
    first = np.r_[True, customer[order][1:] != customer[order][:-1]] if len(order) else np.empty(0, dtype=np.bool_)
    return order[first].astype(np.int64)


def _crosswalk(
    records: pa.Table, ids: NDArray[np.object_], scored: Sequence[Scored], groups: Sequence[Partition]
) -> pa.Table:
    strength = np.full(records.num_rows, -1, dtype=np.int64)
    decider = np.full(records.num_rows, -1, dtype=np.int64)
    for one, its_groups in zip(scored, groups, strict=True):
        holds = one.decided.decision == LINK
        holds &= its_groups.group[one.pairs.left] == its_groups.group[one.pairs.right]
        for side in (one.pairs.left, one.pairs.right):
            rows = one.features.positions[side[holds]]
            np.maximum.at(strength, rows, one.weights.match_probability[holds])
            np.maximum.at(decider, rows, one.decided.decided_by[holds].astype(np.int64))
    names = np.array([*DECIDERS, "single"], dtype=object)
    columns = {
        "record_id": records["record_id"],
        "customer_id": pa.array(ids, type=pa.string()),
        "unit": records["unit"],
        "decided_by": pa.array(names[decider], type=pa.string()),
        "match_probability": pa.array(strength, mask=strength < 0),
    }
    return CROSSWALK.check(pa.table(columns, schema=CROSSWALK.arrow))
