"""Blocking: candidate pairs from the records of one party kind.

A key is exact, never hashed: the codes of its fields are folded into one dense integer, so a pair is proposed exactly
when its values are equal. Which pairs a block gives depends on that block's content alone, which is what lets a region
be added without touching the rest of the nation (DESIGN §12).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from config.matching import Caps
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import MISSING, PartyFeatures

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Pairs:
    """Candidate pairs as positions in the features; ``left < right``, sorted, each once."""

    left: Longs
    right: Longs
    rules: Longs
    """Bit set of the blocking rules of the kind, in their order; there is room for 62."""

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class Block:
    """What one rule did: pairs it gave, and blocks and records it dropped for being over the cap."""

    rule: str
    pairs: int
    dropped_blocks: int
    dropped_records: int


def find_pairs(
    features: PartyFeatures, *, caps: Caps, touching: NDArray[np.bool_] | None = None
) -> tuple[Pairs, tuple[Block, ...]]:
    """All candidate pairs of one party kind with what each rule did.

    Args:
        features: the records.
        caps: largest blocks.
        touching: records of which a pair must have at least one; all records if not given.
    """
    keys: list[Longs] = []
    bits: list[Longs] = []
    blocks: list[Block] = []
    for number, rule in enumerate(features.kind.blocking_rules):
        found, block = rule_pairs(features, rule, cap=getattr(caps, rule.cap))
        if touching is not None:
            found = found[touching[found // len(features)] | touching[found % len(features)]]
        keys.append(found)
        bits.append(np.full(len(found), np.int64(1) << np.int64(number), dtype=np.int64))
        blocks.append(block)
    return _union(np.concatenate(keys), np.concatenate(bits), records=len(features)), tuple(blocks)


def rule_pairs(features: PartyFeatures, rule: BlockingRule, *, cap: int) -> tuple[Longs, Block]:
    """The pairs one rule proposes, each as ``left * records + right``, sorted, each once."""
    keys, rows = block_keys(features, rule)
    keys, too_big = _split(features, rule, keys, rows, cap=cap)
    pairs = np.unique(_pairs_within(keys[~too_big], rows[~too_big], cap=cap, records=len(features)))
    return pairs, Block(rule.name, len(pairs), len(np.unique(keys[too_big])), int(too_big.sum()))


def block_keys(features: PartyFeatures, rule: BlockingRule) -> tuple[Longs, Longs]:
    """The dense keys of a rule with the rows that have them; a field of several values enters with each."""
    parts = [_field_entries(features, slots) for slots in product(*map(features.slots, rule.fields))]
    keys = _dense(np.concatenate([codes for codes, _ in parts]))
    rows = np.concatenate([rows for _, rows in parts])
    width = np.int64(len(features) + 1)
    entries = np.unique(keys * width + rows)  # the same key by two slots is one entry
    return entries // width, entries % width


def _field_entries(features: PartyFeatures, slots: tuple[str, ...]) -> tuple[NDArray[np.int32], Longs]:
    codes = np.stack([features.fields[slot].codes for slot in slots], axis=1)
    rows = np.flatnonzero((codes != MISSING).all(axis=1))
    return codes[rows], rows.astype(np.int64)


def _dense(codes: NDArray[np.int32]) -> Longs:
    """One integer per row of codes, equal exactly when the rows are."""
    keys = np.zeros(len(codes), dtype=np.int64)
    for column in codes.T:
        width = np.int64(column.max(initial=0) + 1)
        _, keys = np.unique(keys * width + column, return_inverse=True)
        keys = keys.astype(np.int64)
    return keys


def _split(
    features: PartyFeatures, rule: BlockingRule, keys: Longs, rows: Longs, *, cap: int
) -> tuple[Longs, NDArray[np.bool_]]:
    """The keys with blocks over the cap split by the rule's field, and which entries are still in too big a block."""
    too_big = np.bincount(keys)[keys] > cap if len(keys) else np.zeros(0, dtype=np.bool_)
    if rule.split_by is None or not too_big.any():
        return keys, too_big
    extra = features.fields[rule.split_by].codes[rows].astype(np.int64)
    width = np.int64(extra.max(initial=0) + 2)
    finer = np.where(too_big, keys * width + extra + 1, keys * width)
    _, finer = np.unique(finer, return_inverse=True)
    still = np.bincount(finer)[finer] > cap
    return finer.astype(np.int64), still | (too_big & (extra == MISSING))


def _pairs_within(keys: Longs, rows: Longs, *, cap: int, records: int) -> Longs:
    """All pairs of rows of equal key; no key has more than ``cap`` rows."""
    order = np.lexsort((rows, keys))
    keys, rows = keys[order], rows[order]
    found = []
    for distance in range(1, min(cap, len(keys))):
        same = keys[:-distance] == keys[distance:]
        if not same.any():
            break
        found.append(rows[:-distance][same] * np.int64(records) + rows[distance:][same])
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _union(pairs: Longs, bits: Longs, *, records: int) -> Pairs:
    if not len(pairs):
        empty = np.empty(0, dtype=np.int64)
        return Pairs(empty, empty, empty)
    order = np.argsort(pairs, kind="stable")
    pairs, bits = pairs[order], bits[order]
    starts = np.flatnonzero(np.r_[True, pairs[1:] != pairs[:-1]])
    unique = pairs[starts]
    return Pairs(unique // records, unique % records, np.bitwise_or.reduceat(bits, starts))
