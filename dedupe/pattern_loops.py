"""The loop that finds the distinct rows of a matrix of levels, or of codes: a table of rows met so far."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedupe.compiled import compiled

Rows = NDArray[np.int8] | NDArray[np.int32]


@compiled()
def number_rows(rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
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
