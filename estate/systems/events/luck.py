"""Luck that belongs to an event, not to the file it is told in.

A message is told again when it was answered, a PIN register line is not; whoever writes an event a second time must
write the same charset, the same nickname, the same mistake. So the luck of an event is a function of its number.
"""

from __future__ import annotations

import hashlib

import numpy as np

from estate.draw import Floats, Ints

_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
"""Shifts and factors of the splitmix64 generator."""


def luck(numbers: Ints, *scope: str) -> Floats:
    """A number from 0 to 1 for each event; another scope, another luck."""
    digest = hashlib.blake2b("/".join(scope).encode(), digest_size=8).digest()
    mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(int.from_bytes(digest, "big"))
    for shift, factor in _STEPS:
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return np.asarray((mixed >> np.uint64(11)).astype(np.float64) / 2**53)


def chosen(numbers: Ints, count: int, *scope: str) -> Ints:
    """One of ``count`` things for each event."""
    return (luck(numbers, *scope) * count).astype(np.int64)
