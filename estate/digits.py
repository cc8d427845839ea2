"""Numbers and texts as rows of bytes, whole columns at a time; a NUL is no letter.

A number is written for each of fifty million events: as matrices of bytes that costs a tenth of what texts cost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from estate.draw import Ints, Texts, texts

Bytes = npt.NDArray[np.uint8]

_GROUP = 4
_NOUGHT = ord("0")
_GROUPS: Bytes = (np.arange(10**_GROUP)[:, None] // 10 ** np.arange(_GROUP - 1, -1, -1) % 10 + _NOUGHT).astype(np.uint8)
"""The digits of every number of four."""


def digits(numbers: Ints, width: int) -> Bytes:
    """Numbers of ``width`` digits, leading zeros kept."""
    count = -(-width // _GROUP)
    block = np.empty((len(numbers), count * _GROUP), dtype=np.uint8)
    rest = numbers
    for at in range(count - 1, -1, -1):
        rest, low = np.divmod(rest, 10**_GROUP)
        block[:, at * _GROUP : (at + 1) * _GROUP] = _GROUPS[low]
    return block[:, count * _GROUP - width :]


def at_least(numbers: Ints, width: int) -> Bytes:
    """Numbers of ``width`` digits, leading zeros kept, and of more where it takes more."""
    whole = max(width, len(str(int(numbers.max(initial=0)))))
    block = digits(numbers, whole)
    more = block[:, : whole - width]
    more[np.logical_and.accumulate(more == _NOUGHT, axis=1)] = 0
    return block


def weighted(block: Bytes, weights: Sequence[int]) -> Ints:
    """Sum of the digits of each row, each times its weight."""
    total = np.full(len(block), -_NOUGHT * sum(weights), dtype=np.int64)
    # Column by column: as a product of matrices it would take eight bytes for every digit.
    for column, weight in zip(block.T, weights, strict=True):
        total += column * np.int64(weight)
    return total


def ascii_column(words: Sequence[str]) -> Bytes:
    """ASCII texts, as wide as the longest."""
    return matrix(np.array(words, dtype=np.bytes_))


def matrix(words: npt.NDArray[np.bytes_]) -> Bytes:
    """Stored texts as rows."""
    return np.ascontiguousarray(words).view(np.uint8).reshape(len(words), words.dtype.itemsize)


def texts_of(*blocks: Bytes) -> Texts:
    """The rows of ASCII blocks that stand beside each other, as texts."""
    if not len(blocks[0]):
        return texts([])
    lines = np.hstack([*blocks, np.full((len(blocks[0]), 1), ord("\n"), dtype=np.uint8)])
    return texts(lines[lines != 0].tobytes().decode("ascii").split("\n")[:-1])
