"""Blocking: candidate pairs from the records of one party kind.

A pair is proposed exactly when the values of a key are equal (:mod:`dedupe.blocking_loops`). Which pairs a block gives
depends on that block's content alone, which is what lets a region be added without touching the rest of the nation
(DESIGN §12). Rules run one after another, so memory is a few integers per record and per pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from config.matching import Caps
from dedupe.blocking_loops import find_blocks, hash_keys, merge_pairs, pairs_within, without_lonely
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import MISSING, PartyFeatures
from dedupe.compiled import in_threads

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]
ALL_BITS = 2**64 - 1
_BUCKETS = 1 << 22


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
    """What one rule did: the pairs it gave, and what became of its blocks over the cap."""

    rule: str
    pairs: int
    new_pairs: int
    """Those no earlier rule gave."""
    split_blocks: int
    """Blocks over the cap that were split by one more field."""
    dropped_blocks: int
    """Blocks, or parts of a split one, that gave no pairs: over the cap, or without the splitting field."""
    dropped_records: int


@dataclass(frozen=True)
class Blocks:
    """The blocks of one rule: records in order of block, ascending within each, and where each starts and ends."""

    records: Longs
    starts: Longs
    ends: Longs

    @property
    def sizes(self) -> Longs:
        """Records of each block."""
        return self.ends - self.starts

    def only(self, mask: Mask) -> Blocks:
        """Some of the blocks."""
        return Blocks(self.records, self.starts[mask], self.ends[mask])


def find_pairs(features: PartyFeatures, *, caps: Caps, touching: Mask | None = None) -> tuple[Pairs, tuple[Block, ...]]:
    """All candidate pairs of one party kind with what each rule did.

    Args:
        features: the records.
        caps: largest blocks.
        touching: records of which a pair must have at least one; all records if not given. Counts are then of those.
    """
    keys, bits = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    done: list[Block] = []

    def of_rule(rule: BlockingRule) -> tuple[Longs, tuple[int, int, int]]:
        small, block = _blocks_within_cap(features, rule, cap=getattr(caps, rule.cap), touching=touching)
        return _sorted_pairs(small, records=len(features), touching=touching), block

    rules = features.kind.blocking_rules
    for number, (rule, (found, block)) in enumerate(zip(rules, in_threads(of_rule, rules), strict=True)):
        keys, bits, given, new = merge_pairs(keys, bits, found, 1 << number)
        done.append(Block(rule.name, given, new, *block))
    width = np.int64(max(len(features), 1))
    left = keys // width
    return Pairs(left, keys - left * width, bits.copy()), tuple(done)


def rule_pairs(features: PartyFeatures, rule: BlockingRule, *, cap: int) -> tuple[Longs, Block]:
    """The pairs one rule proposes, each as ``left * records + right``, sorted, each once."""
    small, block = _blocks_within_cap(features, rule, cap=cap, touching=None)
    pairs = np.unique(_sorted_pairs(small, records=len(features), touching=None))
    return pairs, Block(rule.name, len(pairs), len(pairs), *block)


def block_keys(features: PartyFeatures, rule: BlockingRule) -> tuple[Longs, Longs]:
    """The number of each block of at least two records, once per record, and the records."""
    blocks = rule_blocks(features, rule)
    return np.repeat(np.arange(len(blocks.starts)), blocks.sizes), blocks.records


def rule_blocks(
    features: PartyFeatures, rule: BlockingRule, *, touching: Mask | None = None, hash_bits: int = ALL_BITS
) -> Blocks:
    """The blocks of a rule, of at least two records; a field of several values enters with each.

    Args:
        features: the records.
        rule: the rule.
        touching: leave out blocks with none of these records (some may stay).
        hash_bits: the bits of the hash in use: fewer are slower, never other blocks.
    """
    fields = list(dict.fromkeys(slot for field in rule.fields for slot in features.slots(field)))
    columns = np.stack([features.fields[slot].codes for slot in fields])
    choices = product(*(features.slots(field) for field in rule.fields))
    slots = np.array([[fields.index(slot) for slot in choice] for choice in choices], dtype=np.int64)
    slot_bits = (len(slots) - 1).bit_length()
    bits = {"low_bits": len(features).bit_length() + slot_bits, "slot_bits": slot_bits}
    entries = hash_keys(columns, slots, mask=np.uint64(hash_bits), **bits)
    if touching is not None:
        entries = _near(entries, touching, **bits)
    entries = without_lonely(entries, bits["low_bits"])
    entries.sort()
    records, ends = find_blocks(entries, columns, slots, **bits)
    return Blocks(records, np.concatenate([[0], ends[:-1]]).astype(np.int64)[: len(ends)], ends)


def _near(entries: NDArray[np.uint64], touching: Mask, *, low_bits: int, slot_bits: int) -> NDArray[np.uint64]:
    """Entries that may share a key with a touched record: no others need sorting."""
    records = (entries & np.uint64((1 << low_bits) - 1)) >> np.uint64(slot_bits)
    buckets = (entries >> np.uint64(low_bits)) % np.uint64(_BUCKETS)
    is_near = np.zeros(_BUCKETS, dtype=np.bool_)
    is_near[buckets[touching[records]]] = True
    near: NDArray[np.uint64] = entries[is_near[buckets]]
    return near


def _blocks_within_cap(
    features: PartyFeatures, rule: BlockingRule, *, cap: int, touching: Mask | None
) -> tuple[list[Blocks], tuple[int, int, int]]:
    """The blocks that give pairs; how many over the cap were split, and the blocks and records that were dropped."""
    blocks = rule_blocks(features, rule, touching=touching)
    is_big = blocks.sizes > cap
    small, big = blocks.only(~is_big), blocks.only(is_big)
    if rule.split_by is None or not is_big.any():
        return [small], (0, int(is_big.sum()), int(big.sizes.sum()))
    parts, is_missing = _split(big, features.fields[rule.split_by].codes)
    is_dropped = (parts.sizes > cap) | is_missing
    dropped = parts.only(is_dropped)
    return [small, parts.only(~is_dropped)], (int(is_big.sum()), int(is_dropped.sum()), int(dropped.sizes.sum()))


def _split(blocks: Blocks, codes: NDArray[np.int32]) -> tuple[Blocks, Mask]:
    """Blocks split by one more field, and which parts are of records without it."""
    sizes = blocks.sizes
    number = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    records = blocks.records[blocks.starts[number] + within]
    width = np.int64(codes.max(initial=0) + 2)
    finer = number * width + codes[records] + 1
    order = np.argsort(finer, kind="stable")
    finer = finer[order]
    starts = np.flatnonzero(np.concatenate([[True], finer[1:] != finer[:-1]])).astype(np.int64)
    parts = Blocks(records[order], starts, np.append(starts[1:], len(finer)))
    return parts, np.asarray(finer[starts] % width == MISSING + 1, dtype=np.bool_)


def _sorted_pairs(parts: list[Blocks], *, records: int, touching: Mask | None) -> Longs:
    asked = np.zeros(1, dtype=np.bool_) if touching is None else touching
    found = [pairs_within(part.records, part.starts, part.ends, records, asked, touching is not None) for part in parts]
    pairs = np.concatenate(found)
    pairs.sort()
    return pairs
