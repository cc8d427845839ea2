"""Random draws that depend on the seed and a name, never on the order of calls elsewhere.

Every part of the estate draws from a stream of its own, so that a new draw in one system does not change
another system's file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
"""``str`` or ``None`` per element."""
Draw = np.random.Generator


def stream(seed: int, *scope: str) -> Draw:
    """The random stream of that name."""
    name = "/".join((str(seed), *scope))
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))


def chance(draw: Draw, count: int, share: float | Floats) -> Flags:
    """Which of ``count`` things happen."""
    return np.asarray(draw.random(count) < share)


def weighted(draw: Draw, weights: Floats, count: int) -> Ints:
    """``count`` positions, each as often as its weight says."""
    edges = np.cumsum(weights)
    return np.asarray(np.searchsorted(edges, draw.random(count) * edges[-1], side="right"), dtype=np.int64)


def texts(values: Sequence[Any]) -> Texts:
    """An object array of texts, also when all of them have the same length."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def distinct_numbers(draw: Draw, count: int, *, low: int, high: int) -> Ints:
    """``count`` different numbers in random order, none of which tells anything about another."""
    numbers = np.unique(draw.integers(low, high, int(count * 1.2) + 50))
    while len(numbers) < count:
        numbers = np.unique(np.concatenate([numbers, draw.integers(low, high, count + 50)]))
    return draw.permutation(numbers)[:count]


def either(where: Flags, yes: Texts | str | None, no: Texts | str | None) -> Texts:
    """Texts from the one or the other; ``numpy.where`` for texts that may be missing."""
    chosen = np.empty(len(where), dtype=object)
    for mask, value in ((where, yes), (~where, no)):
        chosen[mask] = value[mask] if isinstance(value, np.ndarray) else value
    return chosen


def is_known(values: Texts) -> Flags:
    """Which of the texts are there."""
    return np.fromiter((value is not None for value in values), dtype=bool, count=len(values))
