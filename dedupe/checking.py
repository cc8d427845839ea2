"""The cross-check of every rehearsal: recordlinkage against our engine.

A seeded sample of whole blocks is linked twice: by the engine, on integer codes, and by ``recordlinkage.Index`` and
``Compare`` on plain texts with the plain definitions. One differing pair or level fails the rehearsal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import recordlinkage
from numpy.typing import NDArray

from dedupe.blocking import Pairs, block_keys, find_pairs
from dedupe.blocking_rules import BlockingRule
from dedupe.comparisons import Known
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import PartyFeatures, party_features
from dedupe.model import Model
from dedupe.party_kinds import PARTY_KINDS
from dedupe.recordlinkage_api import LevelFeature, RuleIndex, text_frame
from dedupe.two_class import ecm_links

Longs = NDArray[np.int64]
_MODERATE = 5
"""Blocks up to so many times the cap are drawn: the plain code would take minutes over a block of thousands."""


@dataclass(frozen=True)
class CrossCheck:
    """What the two found."""

    pairs_equal: bool
    levels_equal: bool
    differences: tuple[str, ...]
    """What differs, without values: party kind, comparison or rule, and how many pairs."""
    ecm: dict[str, int]
    """Baseline on the sample: pairs, links of recordlinkage's two-class ECM, records."""


def cross_check(records: pa.Table, *, model: Model, seed: int, sample_blocks: int) -> CrossCheck:
    """Link a sample twice and say where the results differ.

    Args:
        records: live party records.
        model: the model in use.
        seed: of the sample.
        sample_blocks: how many blocks to draw, per party kind.
    """
    pair_differences: list[str] = []
    level_differences: list[str] = []
    counts = {"records": 0, "pairs": 0, "links": 0}
    for party_kind in PARTY_KINDS:
        sample = sample_of_blocks(records, party_kind=party_kind, model=model, seed=seed, blocks=sample_blocks)
        features = party_features(sample, party_kind=party_kind, matching=model.matching)
        pairs, _ = find_pairs(features, caps=model.matching.caps)
        frame, known = text_frame(features), knowledge(model, features)
        by_rule = pairs_by_rule(frame, party_kind=party_kind, model=model)
        index = _union(by_rule)
        pair_differences += _pair_differences(features, pairs, index) + _rule_differences(features, pairs, by_rule)
        level_differences += _level_differences(features, index, frame, known)
        counts["records"] += len(features)
        counts["pairs"] += len(index)
        counts["links"] += len(ecm_links(index, frame, party_kind=party_kind))
    return CrossCheck(
        pairs_equal=not pair_differences,
        levels_equal=not level_differences,
        differences=(*pair_differences, *level_differences),
        ecm=counts,
    )


def sample_of_blocks(records: pa.Table, *, party_kind: str, model: Model, seed: int, blocks: int) -> pa.Table:
    """The records of randomly drawn blocks of at least two; the same seed draws the same, whatever the row order.

    Blocks over the cap are few among many and would seldom be drawn, so each rule gives one of them besides, if it has
    any of moderate size: else nobody would notice that caps are ignored.
    """
    features = party_features(records, party_kind=party_kind, matching=model.matching)
    draw, caps = np.random.default_rng(seed), model.matching.caps
    rules = features.kind.blocking_rules
    rows = [
        _rows_of_blocks(features, rule, draw, blocks // len(rules) + 1, cap=getattr(caps, rule.cap)) for rule in rules
    ]
    chosen = np.unique(np.concatenate(rows))
    return records.take(pa.array(np.sort(features.positions[chosen])))


def _rows_of_blocks(
    features: PartyFeatures, rule: BlockingRule, draw: np.random.Generator, blocks: int, *, cap: int
) -> Longs:
    keys, rows = block_keys(features, rule)
    sizes = np.bincount(keys) if len(keys) else np.zeros(0, dtype=np.int64)
    drawn = [
        draw.choice(among, min(count, len(among)), replace=False)
        for among, count in (
            (np.flatnonzero((sizes > 1) & (sizes <= cap)), blocks),
            (np.flatnonzero((sizes > cap) & (sizes <= _MODERATE * cap)), 1),
        )
        if len(among)
    ]
    return np.asarray(rows[np.isin(keys, np.concatenate(drawn))] if drawn else rows[:0], dtype=np.int64)


def pairs_by_rule(frame: pd.DataFrame, *, party_kind: str, model: Model) -> dict[str, pd.MultiIndex]:
    """The candidate pairs of each rule by ``recordlinkage.Index``."""
    if len(frame) < 2:
        return {}
    caps = model.matching.caps
    return {
        rule.name: recordlinkage.Index([RuleIndex(rule, cap=getattr(caps, rule.cap))]).index(frame)
        for rule in PARTY_KINDS[party_kind].blocking_rules
    }


def _union(by_rule: Mapping[str, pd.MultiIndex]) -> pd.MultiIndex:
    pairs = sorted({pair for index in by_rule.values() for pair in index})
    return pd.MultiIndex.from_tuples(pairs) if pairs else pd.MultiIndex.from_arrays([[], []])


def _pair_differences(features: PartyFeatures, pairs: Pairs, theirs: pd.MultiIndex) -> list[str]:
    ids = features.record_ids
    ours = set(zip(ids[pairs.left], ids[pairs.right], strict=True))
    differing = len(ours.symmetric_difference(set(theirs)))
    return [f"{features.party_kind}: {differing} pairs found by one side only"] if differing else []


def _rule_differences(features: PartyFeatures, pairs: Pairs, by_rule: Mapping[str, pd.MultiIndex]) -> list[str]:
    """Which rule is to blame; rules overlap, so one may fail although no pair is lost."""
    ids, found = features.record_ids, []
    for bit, rule in enumerate(features.kind.blocking_rules):
        has_bit = (pairs.rules >> bit) & 1 == 1
        ours = set(zip(ids[pairs.left[has_bit]], ids[pairs.right[has_bit]], strict=True))
        if differing := len(ours.symmetric_difference(set(by_rule.get(rule.name, ())))):
            found.append(f"{features.party_kind}: rule {rule.name}: {differing} pairs found by one side only")
    return found


def _level_differences(features: PartyFeatures, index: pd.MultiIndex, frame: pd.DataFrame, known: Known) -> list[str]:
    if not len(index):
        return []
    comparisons = features.kind.comparisons
    theirs: Any = recordlinkage.Compare([LevelFeature(comparison, known) for comparison in comparisons])
    theirs = theirs.compute(index, frame).to_numpy()
    place = pd.Index(features.record_ids)
    left, right = (place.get_indexer(index.get_level_values(side)).astype(np.int64) for side in (0, 1))
    differs = (compare_pairs(features, left, right, known=known) != theirs).sum(axis=0)
    return [
        f"{features.party_kind}: {comparison.name}: {count} levels differ"
        for comparison, count in zip(comparisons, differs.tolist(), strict=True)
        if count
    ]
