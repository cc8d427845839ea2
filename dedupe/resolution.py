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

from config.schemas import CANDIDATE_PAIRS, CROSSWALK, MATCH_DECISION, QUEUE_CASE
from dedupe.blocking import Block, Pairs, find_pairs
from dedupe.cases import Case, open_cases
from dedupe.conflicts import conflict_of
from dedupe.decisions import (
    CLERK,
    DECIDERS,
    DECISIONS,
    LINK,
    POSSIBLE_LINK,
    RULE,
    ClerkDecision,
    Decided,
    decide,
    hard_rules,
    standing_decisions,
)
from dedupe.engine import Weights, compare_pairs, knowledge, weigh
from dedupe.features import PartyFeatures, party_features
from dedupe.golden import golden_customers
from dedupe.identity import anchor_order, case_ref, customer_id
from dedupe.model import PARTY_KINDS, Model
from dedupe.partition import ClerkPair, Partition, ScoredPairs, partition
from dedupe.relationships import relationships

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


@dataclass(frozen=True)
class Scored:
    """The compared pairs of one party kind."""

    features: PartyFeatures
    pairs: Pairs
    weights: Weights
    decided: Decided
    clerk: tuple[ClerkPair, ...]
    blocks: tuple[Block, ...] = ()


def candidate_pairs(records: pa.Table, *, model: Model) -> pa.Table:
    """The pairs worth comparing, of persons and of firms."""
    tables = []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        pairs, _ = find_pairs(features, caps=model.matching.caps)
        tables.append(_pair_table(features, pairs, {"rules": pairs.rules}, CANDIDATE_PAIRS.arrow))
    return CANDIDATE_PAIRS.check(_sorted_pairs(tables))


def score_pairs(records: pa.Table, pairs: pa.Table, *, model: Model) -> pa.Table:
    """The decision on each pair; pairs of a person with a firm are left out, they are never one customer."""
    tables = []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        scored = score(features, _positions(features, pairs), model=model, clerk={})
        tables.append(_decision_table(scored))
    return MATCH_DECISION.check(_sorted_pairs(tables))


def _positions(features: PartyFeatures, pairs: pa.Table) -> Pairs:
    index = pd.Index(features.record_ids)
    left, right = (index.get_indexer(pd.Index(pairs[name].to_pylist())) for name in ("record_id_1", "record_id_2"))
    known = (left >= 0) & (right >= 0)
    rules = pairs["rules"].to_numpy()[known].astype(np.int64)
    return _canonical(left[known].astype(np.int64), right[known].astype(np.int64), rules, records=len(features))


def _canonical(left: Longs, right: Longs, rules: Longs, *, records: int) -> Pairs:
    low, high = np.minimum(left, right), np.maximum(left, right)
    _, first = np.unique(low * np.int64(max(records, 1)) + high, return_index=True)
    return Pairs(low[first], high[first], rules[first])


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


def score(
    features: PartyFeatures,
    pairs: Pairs,
    *,
    model: Model,
    clerk: Mapping[tuple[str, str], ClerkDecision],
    blocks: tuple[Block, ...] = (),
) -> Scored:
    """Levels, weights and decisions of pairs; a pair a clerk decided is added if no rule proposed it."""
    live, awake = _awake(features, clerk)
    pairs = _with_clerk(pairs, live, records=len(features))
    levels = compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features))
    classes = model.classes_of(features.party_kind)
    weights = weigh(levels, classes, features.party_kind)
    forbidden = hard_rules(features, pairs.left, pairs.right, levels, unique_sources=model.matching.unique_sources)
    keys = pairs.left * np.int64(len(features)) + pairs.right
    places = np.searchsorted(keys, [pair.left * len(features) + pair.right for pair in live])
    decided = decide(
        weights,
        forbidden,
        costs=model.matching.costs,
        classes=classes.classes,
        clerk=dict(zip(places.tolist(), awake, strict=True)),
    )
    return Scored(features, pairs, weights, decided, live, blocks)


def _awake(
    features: PartyFeatures, clerk: Mapping[tuple[str, str], ClerkDecision]
) -> tuple[tuple[ClerkPair, ...], list[ClerkDecision]]:
    """Standing decisions whose records are both live, in the order they were made."""
    if not clerk:
        return (), []
    position = {record_id: place for place, record_id in enumerate(features.record_ids)}
    awake = [
        (ClerkPair(position[low], position[high], decision.kind == "same"), decision)
        for (low, high), decision in sorted(clerk.items(), key=lambda item: item[1].decision_no)
        if low in position and high in position and low != high
    ]
    return tuple(pair for pair, _ in awake), [decision for _, decision in awake]


def _with_clerk(pairs: Pairs, live: Sequence[ClerkPair], *, records: int) -> Pairs:
    if not live:
        return pairs
    return _canonical(
        np.concatenate([pairs.left, np.array([pair.left for pair in live], dtype=np.int64)]),
        np.concatenate([pairs.right, np.array([pair.right for pair in live], dtype=np.int64)]),
        np.concatenate([pairs.rules, np.zeros(len(live), dtype=np.int64)]),
        records=records,
    )


def cluster(scored: Scored, model: Model) -> Partition:
    """The groups of one party kind."""
    settings = model.matching.clustering
    is_person = scored.features.party_kind == "person"
    weight = scored.weights.match_weight
    # What a rule forbids cannot speak for a merge, whatever the model thinks of it.
    by_rule = np.where(scored.decided.decided_by == RULE, np.minimum(weight, settings.unseen_pair), weight)
    return partition(
        len(scored.features),
        ScoredPairs(
            scored.pairs.left,
            scored.pairs.right,
            by_rule,
            (scored.decided.decision == LINK) & (scored.decided.decided_by != CLERK),
        ),
        clerk=scored.clerk,
        conflict=conflict_of(scored.features),
        settings=settings,
        max_records=settings.max_person_records if is_person else settings.max_firm_records,
    )


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
    cases = _sorted_pairs([_case_table(one, group, ref_key) for one, group in zip(scored, groups, strict=True)])
    return Resolution(
        crosswalk=crosswalk,
        golden_customers=golden,
        relationships=relationships(records, pd.Series(ids[customer]), golden),
        queue_cases=QUEUE_CASE.check(cases),
        decisions=MATCH_DECISION.check(_sorted_pairs([_decision_table(one) for one in scored])),
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


def _decision_table(scored: Scored) -> pa.Table:
    decided = scored.decided
    columns = {
        "match_weight": scored.weights.match_weight,
        "match_probability": scored.weights.match_probability,
        "decision": pa.array(np.array(DECISIONS, dtype=object)[decided.decision], type=pa.string()),
        "decided_by": pa.array(np.array(DECIDERS, dtype=object)[decided.decided_by], type=pa.string()),
        "reason": pa.array(decided.reason, type=pa.string()),
    }
    return _pair_table(scored.features, scored.pairs, columns, MATCH_DECISION.arrow)


def _pair_table(features: PartyFeatures, pairs: Pairs, columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    ids = {
        "record_id_1": pa.array(features.record_ids[pairs.left], type=pa.string()),
        "record_id_2": pa.array(features.record_ids[pairs.right], type=pa.string()),
    }
    return pa.table({**ids, **columns}, schema=schema)


def _sorted_pairs(tables: Sequence[pa.Table]) -> pa.Table:
    joined = pa.concat_tables(tables)
    return joined.sort_by([("record_id_1", "ascending"), ("record_id_2", "ascending")]).combine_chunks()


def _case_table(scored: Scored, groups: Partition, ref_key: bytes) -> pa.Table:
    decided, pairs = scored.decided, scored.pairs
    answered = {
        (min(one, other), max(one, other))
        for pair in scored.clerk
        if not pair.is_same
        for one, other in [(int(groups.group[pair.left]), int(groups.group[pair.right]))]
    }
    cases: list[Case] = open_cases(
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
    return _pair_table(scored.features, chosen, columns, QUEUE_CASE.arrow)


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


def expected_precision(decisions: pa.Table) -> int:
    """Mean match probability over the links the model made, parts per million; a million when there is none."""
    is_link = (decisions["decision"].to_numpy() == "link") & (decisions["decided_by"].to_numpy() == "model")
    chances = decisions["match_probability"].to_numpy()[is_link]
    return int(chances.sum() // len(chances)) if len(chances) else 1_000_000
