"""What the identifiers of two records say, compiled; the same answers as :class:`dedupe.conflicts.Identifiers`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import text_loops
from dedupe.compiled import compiled
from dedupe.text_loops import Text, is_one_edit, wrong_places

NOTHING, CONFLICT, AGREEMENT = range(3)


class PackedIdentifiers(NamedTuple):
    """Identifiers by record."""

    rows: NDArray[np.int32]
    """The raw row a record was made of."""
    numbers: Text
    """PESEL or REGON."""
    births: NDArray[np.int32]
    """Year, month and day in one number; 0 where missing."""
    wrong_digits: int
    """How many wrong digits are one number still."""
    unit_from: int
    """From which digit on a longer number names a unit of the same firm; 0 where none does."""


@compiled(text_loops)
def verdict(identifiers: PackedIdentifiers, one: int, other: int) -> int:
    """``CONFLICT``, ``AGREEMENT`` or ``NOTHING``."""
    if identifiers.rows[one] == identifiers.rows[other]:
        return CONFLICT
    number, number_2 = identifiers.numbers.codes[one], identifiers.numbers.codes[other]
    if number >= 0 and number_2 >= 0:
        return AGREEMENT if number == number_2 else _numbers_verdict(identifiers, number, number_2)
    birth, birth_2 = identifiers.births[one], identifiers.births[other]
    if birth == 0 or birth_2 == 0:
        return NOTHING
    is_other_year, is_other_day = birth // 10_000 != birth_2 // 10_000, birth % 100 != birth_2 % 100
    return CONFLICT if is_other_year and is_other_day and birth // 100 % 100 != birth_2 // 100 % 100 else NOTHING


@compiled(text_loops)
def _numbers_verdict(identifiers: PackedIdentifiers, number: int, number_2: int) -> int:
    text, firm = identifiers.numbers, identifiers.unit_from
    start, start_2 = text.ends[number], text.ends[number_2]
    length, length_2 = text.ends[number + 1] - start, text.ends[number_2 + 1] - start_2
    if firm > 0 and length != length_2:
        if min(length, firm) != min(length_2, firm):
            return CONFLICT
        for place in range(min(length, firm)):
            if text.chars[start + place] != text.chars[start_2 + place]:
                return CONFLICT
        return NOTHING
    if is_one_edit(text, number, number_2):
        return AGREEMENT
    return AGREEMENT if wrong_places(text, number, number_2) <= identifiers.wrong_digits else CONFLICT
