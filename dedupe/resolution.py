"""From party records to customers: the stages in order, and the tables they give."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from config.matching import Clustering
from config.schemas import CROSSWALK, MATCH_DECISION, QUEUE_CASE
from dedupe.blocking import Pairs, find_pairs
from dedupe.cases import open_cases
from dedupe.conflicts import conflict_of
from dedupe.decisions import (
    CLERK,
    DECIDERS,
    LINK,
    POSSIBLE_LINK,
    RULE,
    ClerkDecision,
    standing_decisions,
)
from dedupe.features import party_features
from dedupe.golden import golden_customers
from dedupe.identity import anchor_order, case_ref, customer_id
from dedupe.model import Model
from dedupe.partition import Partition, ScoredPairs, partition
from dedupe.party_kinds import PARTY_KINDS
from dedupe.relationships import relationships
from dedupe.scoring import Scored, decision_table, pair_table, score, sorted_pairs

Longs = NDArray[np.int64]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Resolution:
    """Everything a release needs to know about customers; each table sorted by its key."""

    crosswalk: pa.Table
    golden_customers: pa.Table
    relationships: pa.Table
    queue_cases: pa.Table
    decisions: pa.Table
    stats: dict[str, Any]


def resolve(
    records: pa.Table,
    *,
    first_seen: Mapping[str, dt.date],
    model: Model,
    clerk: Sequence[ClerkDecision],
    survivorship: Mapping[str, Any],
    id_key: bytes,
    ref_key: bytes,
    progress: Progress | None = None,
) -> Resolution:
    """Which records are one customer, and what each customer is like.

    Args:
        records: the live party records, in any order.
        first_seen: record_id to the business date of its first delivery, for the anchors.
        model: frozen matching model.
        clerk: all decisions of stewards; one whose records are not both here sleeps.
        survivorship: rules per attribute and trust per source (``config.survivorship.load_survivorship``).
        id_key: key of customer ids.
        ref_key: key of case references.
        progress: told what is being done, with counts.
    """
    tell = progress or (lambda message: None)
    records = records.sort_by("record_id").combine_chunks()
    standing = standing_decisions(clerk)
    scored, groups = [], []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        tell(f"block {len(features)} {party_kind}s")
        pairs, blocks = find_pairs(features, caps=model.matching.caps)
        tell(f"compare {len(pairs)} pairs of {party_kind}s")
        scored.append(score(features, pairs, model=model, clerk=standing, blocks=blocks))
        tell(f"cluster {len(features)} {party_kind}s")
        groups.append(cluster(scored[-1], model))
    tell("choose golden values")
    return _tables(records, scored, groups, first_seen, survivorship, id_key=id_key, ref_key=ref_key)


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


def _tables(
    records: pa.Table,
    scored: Sequence[Scored],
    groups: Sequence[Partition],
    first_seen: Mapping[str, dt.date],
    survivorship: Mapping[str, Any],
    *,
    id_key: bytes,
    ref_key: bytes,
) -> Resolution:
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
    crosswalk = _crosswalk(records, ids[customer], scored, groups)
    cases = sorted_pairs([_case_table(one, group, ref_key) for one, group in zip(scored, groups, strict=True)])
    return Resolution(
        crosswalk=crosswalk,
        golden_customers=golden,
        relationships=relationships(records, pd.Series(ids[customer]), golden),
        queue_cases=QUEUE_CASE.check(cases),
        decisions=MATCH_DECISION.check(sorted_pairs([decision_table(one) for one in scored])),
        stats=_stats(scored, groups, customers=len(ids), cases=cases.num_rows),
    )


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


def _case_table(scored: Scored, groups: Partition, ref_key: bytes) -> pa.Table:
    decided, pairs = scored.decided, scored.pairs
    answered = {
        (min(one, other), max(one, other))
        for pair in scored.clerk
        if not pair.is_same
        for one, other in [(int(groups.group[pair.left]), int(groups.group[pair.right]))]
    }
    cases = open_cases(
        left=pairs.left,
        right=pairs.right,
        weight=scored.weights.match_weight,
        is_possible=(decided.decision == POSSIBLE_LINK),
        group=groups.group,
        refusals=groups.refusals,
        answered=answered,
        records=len(scored.features),
    )
    places = np.array([case.place for case in cases], dtype=np.int64)
    chosen = Pairs(pairs.left[places], pairs.right[places], pairs.rules[places])
    ids = scored.features.record_ids
    refs = [case_ref(ids[one], ids[other], key=ref_key) for one, other in zip(chosen.left, chosen.right, strict=True)]
    columns = {
        "case_ref": pa.array(refs, type=pa.string()),
        "match_weight": scored.weights.match_weight[places],
        "match_probability": scored.weights.match_probability[places],
        "reason": pa.array([case.reason for case in cases], type=pa.string()),
    }
    return pair_table(scored.features, chosen, columns, QUEUE_CASE.arrow)


def _stats(scored: Sequence[Scored], groups: Sequence[Partition], *, customers: int, cases: int) -> dict[str, Any]:
    """Counts for the ledger and the log; no ids, no values."""
    kinds = {
        one.features.party_kind: {
            "records": len(one.features),
            "candidate_pairs": len(one.pairs),
            "links": int((one.decided.decision == LINK).sum()),
            "possible_links": int((one.decided.decision == POSSIBLE_LINK).sum()),
            "by_rule": int((one.decided.decided_by == RULE).sum()),
            "by_clerk": len(one.clerk),
            "groups": len(np.unique(its_groups.group)),
            "refused_links": len(its_groups.refusals),
            "dropped_blocks": sum(block.dropped_blocks for block in one.blocks),
            "rules": {block.rule: {"pairs": block.pairs, "dropped": block.dropped_blocks} for block in one.blocks},
        }
        for one, its_groups in zip(scored, groups, strict=True)
    }
    return {**kinds, "customers": customers, "queue_cases": cases}
