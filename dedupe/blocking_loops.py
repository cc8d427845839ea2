"""The loops of blocking: keys, blocks, pairs.

An entry is one key of one record in a single integer: a hash of the key's values above, the record and the slots the
values came from below. Sorted entries put records of one key side by side. A hash may stand for two keys; therefore
values are compared before records go into a block, and two keys that share a hash make two blocks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe.compiled import compiled

Longs = NDArray[np.int64]
Entries = NDArray[np.uint64]


@compiled()
def hash_keys(columns: NDArray[np.int32], slots: Longs, *, low_bits: int, slot_bits: int, mask: np.uint64) -> Entries:
    """One entry per record and choice of slots in which no value is missing.

    Args:
        columns: column × record, codes.
        slots: choice × field, the column each field of the key is read from.
        low_bits: bits for record and choice together.
        slot_bits: bits for the choice.
        mask: bits of the hash in use; all of them except where a test wants collisions.
    """
    entries = np.empty(len(slots) * columns.shape[1], np.uint64)
    found = 0
    for choice in range(len(slots)):
        for record in range(columns.shape[1]):
            key = np.uint64(1469598103934665603)
            for place in range(slots.shape[1]):
                code = columns[slots[choice, place], record]
                if code < 0:
                    break
                key = (key ^ np.uint64(code)) * np.uint64(0x9E3779B97F4A7C15)
                key ^= key >> np.uint64(29)
            else:
                key = (key * np.uint64(0xBF58476D1CE4E5B9)) & mask
                low = (np.uint64(record) << np.uint64(slot_bits)) | np.uint64(choice)
                entries[found] = ((key >> np.uint64(low_bits)) << np.uint64(low_bits)) | low
                found += 1
    return entries[:found]


@compiled()
def without_lonely(entries: Entries, low_bits: int) -> Entries:
    """Entries whose hash, as far as a small table tells, another entry has too: the others need no sorting."""
    size = np.uint64(1)
    while size < 4 * len(entries) and size < np.uint64(1) << np.uint64(64 - low_bits):
        size <<= np.uint64(1)
    met = np.zeros(size, np.uint8)
    for entry in entries:
        slot = (entry >> np.uint64(low_bits)) & (size - np.uint64(1))
        met[slot] = min(met[slot] + 1, 2)
    kept = 0
    for entry in entries:
        if met[(entry >> np.uint64(low_bits)) & (size - np.uint64(1))] == 2:
            entries[kept] = entry
            kept += 1
    return entries[:kept]


@compiled()
def find_blocks(
    entries: Entries, columns: NDArray[np.int32], slots: Longs, low_bits: int, slot_bits: int
) -> tuple[Longs, Longs]:
    """The records of all blocks of at least two, and where each block ends.

    Args:
        entries: sorted; its order is lost.
        columns, slots, low_bits, slot_bits: as of :func:`hash_keys`.
    """
    records, ends = np.empty(len(entries), np.int64), np.empty(len(entries) // 2 + 1, np.int64)
    written, blocks, start = 0, 0, 0
    while start < len(entries):
        end = start + 1
        while end < len(entries) and entries[end] >> np.uint64(low_bits) == entries[start] >> np.uint64(low_bits):
            end += 1
        behind = end
        while end - start > 1:
            first, begin, others = entries[start], written, start
            for place in range(start, end):
                if _is_same_key(entries[place], first, columns, slots, low_bits, slot_bits):
                    record = _record_of(entries[place], low_bits, slot_bits)
                    if written == begin or records[written - 1] != record:  # the same key by two slots counts once
                        records[written] = record
                        written += 1
                else:
                    entries[others] = entries[place]
                    others += 1
            end = others
            if written - begin > 1:
                ends[blocks] = written
                blocks += 1
            else:
                written = begin
        start = behind
    return records[:written], ends[:blocks]


@compiled()
def _record_of(entry: np.uint64, low_bits: int, slot_bits: int) -> int:
    low = entry & ((np.uint64(1) << np.uint64(low_bits)) - np.uint64(1))
    return int(low >> np.uint64(slot_bits))


@compiled()
def _is_same_key(
    one: np.uint64, other: np.uint64, columns: NDArray[np.int32], slots: Longs, low_bits: int, slot_bits: int
) -> bool:
    choices = (np.uint64(1) << np.uint64(slot_bits)) - np.uint64(1)
    ours, theirs = np.int64(one & choices), np.int64(other & choices)
    record, record_2 = _record_of(one, low_bits, slot_bits), _record_of(other, low_bits, slot_bits)
    for place in range(slots.shape[1]):
        if columns[slots[ours, place], record] != columns[slots[theirs, place], record_2]:
            return False
    return True


@compiled()
def pairs_within(
    records: Longs, starts: Longs, ends: Longs, width: int, touching: NDArray[np.bool_], is_touched: bool
) -> Longs:
    """All pairs of records of one block, as ``left * width + right``.

    Args:
        records: of all blocks, ascending within each.
        starts, ends: of the blocks to emit.
        width: number of records there are.
        touching: records of which a pair must have one.
        is_touched: whether ``touching`` is to be asked at all.
    """
    many = 0
    for block in range(len(starts)):
        size = ends[block] - starts[block]
        many += size * (size - 1) // 2
    pairs, found = np.empty(many, np.int64), 0
    for block in range(len(starts)):
        for place in range(starts[block], ends[block]):
            for place_2 in range(place + 1, ends[block]):
                left, right = records[place], records[place_2]
                if not is_touched or touching[left] or touching[right]:
                    pairs[found] = left * width + right
                    found += 1
    return pairs[:found]


@compiled()
def merge_pairs(pairs: Longs, rules: Longs, found: Longs, bit: int) -> tuple[Longs, Longs, int, int]:
    """The pairs so far and the pairs of one more rule, with how many it gave and how many of them are new.

    Args:
        pairs: sorted, each once.
        rules: bits of the rules that gave them.
        found: of the next rule, sorted, maybe several times.
        bit: of the next rule.
    """
    both, bits = np.empty(len(pairs) + len(found), np.int64), np.empty(len(pairs) + len(found), np.int64)
    place, place_2, written, given = 0, 0, 0, 0
    while place < len(pairs) or place_2 < len(found):
        if place_2 == len(found) or (place < len(pairs) and pairs[place] < found[place_2]):
            both[written], bits[written] = pairs[place], rules[place]
            place += 1
        else:
            both[written], bits[written] = found[place_2], bit
            if place < len(pairs) and pairs[place] == found[place_2]:
                bits[written] |= rules[place]
                place += 1
            while place_2 < len(found) and found[place_2] == both[written]:
                place_2 += 1
            given += 1
        written += 1
    return both[:written], bits[:written], given, written - len(pairs)
