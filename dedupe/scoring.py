"""Pairs and what is decided of them: the public functions over tables, and the stage the clusters build on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from config.schemas import CANDIDATE_PAIRS, MATCH_DECISION
from dedupe.blocking import Block, Pairs, find_pairs
from dedupe.decisions import DECIDERS, DECISIONS, ClerkDecision, Decided, decide, hard_rules, rule_names
from dedupe.em import Patterns, find_patterns
from dedupe.engine import Weights, compare_pairs, knowledge, weigh_patterns
from dedupe.features import PartyFeatures, party_features
from dedupe.kernels import Levels
from dedupe.model import Model
from dedupe.partition import ClerkPair
from dedupe.party_kinds import PARTY_KINDS

Longs = NDArray[np.int64]


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
        tables.append(pair_table(features, pairs, {"rules": pairs.rules}, CANDIDATE_PAIRS.arrow))
    return CANDIDATE_PAIRS.check(sorted_pairs(tables))


def score_pairs(records: pa.Table, pairs: pa.Table, *, model: Model) -> pa.Table:
    """The decision on each pair; pairs of a person with a firm are left out, they are never one customer."""
    tables = []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        scored = score(features, _positions(features, pairs), model=model, clerk={})
        tables.append(decision_table(scored))
    return MATCH_DECISION.check(sorted_pairs(tables))


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


def score(
    features: PartyFeatures,
    pairs: Pairs,
    *,
    model: Model,
    clerk: Mapping[tuple[str, str], ClerkDecision],
    blocks: tuple[Block, ...] = (),
) -> Scored:
    """Levels, weights and decisions of pairs; a pair a clerk decided is added if no rule proposed it."""
    live, standing = awake(features, clerk)
    pairs = _with_clerk(pairs, live, records=len(features))
    patterns = find_patterns(compare_pairs(features, pairs.left, pairs.right, known=knowledge(model, features)))
    keys = pairs.left * np.int64(len(features)) + pairs.right
    places = np.searchsorted(keys, [pair.left * len(features) + pair.right for pair in live])
    by_place = dict(zip(places.tolist(), standing, strict=True))
    weights, decided = _judge(features, pairs.left, pairs.right, patterns, model=model, clerk=by_place)
    return Scored(features, pairs, weights, decided, live, blocks)


def decide_pairs(
    features: PartyFeatures,
    left: Longs,
    right: Longs,
    levels: Levels,
    *,
    model: Model,
    clerk: Mapping[int, ClerkDecision],
) -> Decided:
    """The decision on each row of levels; ``clerk`` has the standing decisions by row."""
    return _judge(features, left, right, find_patterns(levels), model=model, clerk=clerk)[1]


def _judge(
    features: PartyFeatures,
    left: Longs,
    right: Longs,
    patterns: Patterns,
    *,
    model: Model,
    clerk: Mapping[int, ClerkDecision],
) -> tuple[Weights, Decided]:
    classes = model.classes_of(features.party_kind)
    weights = weigh_patterns(patterns, classes, features.kind)
    decided = decide(
        weights,
        patterns,
        hard_rules(features, left, right, patterns, unique_sources=model.matching.unique_sources),
        rules=rule_names(features.kind),
        costs=model.matching.costs,
        classes=classes.classes,
        clerk=clerk,
    )
    return weights.of(patterns.pattern_of_pair), decided


def awake(
    features: PartyFeatures, clerk: Mapping[tuple[str, str], ClerkDecision]
) -> tuple[tuple[ClerkPair, ...], list[ClerkDecision]]:
    """Standing decisions whose records are both live, in the order they were made."""
    if not clerk:
        return (), []
    position = {record_id: place for place, record_id in enumerate(features.record_ids)}
    found = [
        (ClerkPair(position[low], position[high], decision.kind == "same"), decision)
        for (low, high), decision in sorted(clerk.items(), key=lambda item: item[1].decision_no)
        if low in position and high in position and low != high
    ]
    return tuple(pair for pair, _ in found), [decision for _, decision in found]


def _with_clerk(pairs: Pairs, live: Sequence[ClerkPair], *, records: int) -> Pairs:
    if not live:
        return pairs
    return _canonical(
        np.concatenate([pairs.left, np.array([pair.left for pair in live], dtype=np.int64)]),
        np.concatenate([pairs.right, np.array([pair.right for pair in live], dtype=np.int64)]),
        np.concatenate([pairs.rules, np.zeros(len(live), dtype=np.int64)]),
        records=records,
    )


def decision_table(scored: Scored) -> pa.Table:
    """The decisions of one party kind as rows."""
    decided = scored.decided
    columns = {
        "match_weight": scored.weights.match_weight,
        "match_probability": scored.weights.match_probability,
        "decision": pa.array(np.array(DECISIONS, dtype=object)[decided.decision], type=pa.string()),
        "decided_by": pa.array(np.array(DECIDERS, dtype=object)[decided.decided_by], type=pa.string()),
        "reason": pa.array(decided.reason, type=pa.string()),
    }
    return pair_table(scored.features, scored.pairs, columns, MATCH_DECISION.arrow)


def pair_table(features: PartyFeatures, pairs: Pairs, columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    """Columns about pairs beside the ids of their records."""
    ids = {
        "record_id_1": pa.array(features.record_ids[pairs.left], type=pa.string()),
        "record_id_2": pa.array(features.record_ids[pairs.right], type=pa.string()),
    }
    return pa.table({**ids, **columns}, schema=schema)


def sorted_pairs(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of pairs as one, in the order of their ids."""
    joined = pa.concat_tables(tables)
    return joined.sort_by([("record_id_1", "ascending"), ("record_id_2", "ascending")]).combine_chunks()


def expected_precision(decisions: pa.Table) -> int:
    """Mean match probability over the links the model made, parts per million; a million when there is none."""
    is_link = (decisions["decision"].to_numpy() == "link") & (decisions["decided_by"].to_numpy() == "model")
    chances = decisions["match_probability"].to_numpy()[is_link]
    return int(chances.sum() // len(chances)) if len(chances) else 1_000_000
