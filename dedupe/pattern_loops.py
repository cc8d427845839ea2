"""Loops that number what is equal, by a table of what was met so far: rows of levels or of codes, and texts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe import text_loops
from dedupe.compiled import compiled
from dedupe.text_loops import Chars, is_start

Longs = NDArray[np.int64]
Rows = NDArray[np.int8] | NDArray[np.int32]
Numbered = tuple[NDArray[np.int32], NDArray[np.int64]]


@compiled()
def number_rows(rows: Rows) -> Numbered:
    """The number of each row's pattern, in the order patterns are met, and the first row of each pattern."""
    numbers, first = np.empty(len(rows), np.int32), np.empty(1 << 10, np.int64)
    slots, met = np.full(1 << 12, -1, np.int32), 0
    for row in range(len(rows)):
        if 2 * met >= len(slots):
            slots = _larger(slots, rows, first)
        slot = _slot(slots, rows, first, row)
        if slots[slot] < 0:
            if met == len(first):
                first = np.append(first, np.empty(met, np.int64))
            slots[slot], first[met] = met, row
            met += 1
        numbers[row] = slots[slot]
    return numbers, first[:met].copy()


@compiled()
def _slot(slots: NDArray[np.int32], rows: Rows, first: NDArray[np.int64], row: int) -> int:
    """Where a row's pattern is in the table, or where it would be."""
    key = np.uint64(1469598103934665603)
    for column in range(rows.shape[1]):
        key = (key ^ np.uint64(rows[row, column])) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    slot = np.int64(key >> np.uint64(20)) & np.int64(len(slots) - 1)
    while slots[slot] >= 0 and not _is_same_row(rows, first[slots[slot]], row):
        slot = (slot + 1) & np.int64(len(slots) - 1)
    return int(slot)


@compiled()
def _is_same_row(rows: Rows, one: int, other: int) -> bool:
    for column in range(rows.shape[1]):  # noqa: SIM110 (numba has no all())
        if rows[one, column] != rows[other, column]:
            return False
    return True


@compiled()
def _larger(slots: NDArray[np.int32], rows: Rows, first: NDArray[np.int64]) -> NDArray[np.int32]:
    larger = np.full(4 * len(slots), -1, np.int32)
    for number in slots:
        if number >= 0:
            larger[_slot(larger, rows, first, first[number])] = number
    return larger


@compiled(text_loops)
def number_texts(
    chars: Chars, ends: NDArray[np.int64], groups: NDArray[np.int32], order: NDArray[np.int64]
) -> Numbered:
    """The number of each text of each group, in the order they are met, and the first place of each.

    Args:
        chars, ends: packed texts (:class:`dedupe.text_loops.Text`).
        groups: of each text.
        order: in which to meet them; the answer is in this order.
    """
    numbers, first = np.empty(len(order), np.int32), np.empty(len(order), np.int64)
    size, met = 1, 0
    while size < 2 * len(order):
        size *= 2
    slots = np.full(size, -1, np.int32)
    for place in range(len(order)):
        text = order[place]
        slot = _hash(chars, ends[text], ends[text + 1], groups[text]) & np.int64(size - 1)
        while slots[slot] >= 0:
            other = order[first[slots[slot]]]
            if groups[other] == groups[text] and _is_same_text(chars, ends, text, other):
                break
            slot = (slot + 1) & np.int64(size - 1)
        if slots[slot] < 0:
            slots[slot], first[met] = met, place
            met += 1
        numbers[place] = slots[slot]
    return numbers, first[:met].copy()


@compiled()
def _hash(chars: Chars, start: int, end: int, seed: int) -> int:
    key = np.uint64(seed) ^ np.uint64(1469598103934665603)
    for place in range(start, end):
        key = (key ^ np.uint64(chars[place])) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    return int(key >> np.uint64(20))


@compiled(text_loops)
def _is_same_text(chars: Chars, ends: Longs, one: int, other: int) -> bool:
    if ends[one + 1] - ends[one] != ends[other + 1] - ends[other]:
        return False
    return is_start(chars, ends[one], ends[one + 1], ends[other], ends[other + 1])
