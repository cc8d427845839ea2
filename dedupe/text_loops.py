"""String similarity on packed texts; the same answers as :mod:`dedupe.similarity`, whose words are the definition.

A vocabulary is one long array of characters with the place where each text ends; a text is named by its code, and codes
stand in the order of the texts. Nothing is cut off: texts of any length compare as they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe.compiled import compiled

Chars = NDArray[Any]
"""Bytes where all texts of a vocabulary are ASCII, else code points."""
WINKLER_PREFIX, WINKLER_WEIGHT, WINKLER_FROM = 4, 0.1, 0.7


class Text(NamedTuple):
    """One field of text: a code per record, and its vocabulary, packed."""

    codes: NDArray[np.int32]
    """-1 where missing."""
    chars: Chars
    ends: NDArray[np.int64]
    """Text ``code`` is ``chars[ends[code]:ends[code + 1]]``; the first entry is 0."""


@compiled()
def is_one_edit(text: Text, one: int, other: int) -> bool:
    """Whether two texts are at most one edit apart: an insertion, deletion, substitution or swap of neighbours."""
    return are_one_edit(text.chars, text.ends[one], text.ends[one + 1], text.ends[other], text.ends[other + 1])


@compiled()
def are_one_edit(chars: Chars, a: int, a_end: int, b: int, b_end: int) -> bool:
    """The same for two stretches of characters."""
    if abs((a_end - a) - (b_end - b)) > 1:
        return False
    while a < a_end and b < b_end and chars[a] == chars[b]:
        a, b = a + 1, b + 1
    while a < a_end and b < b_end and chars[a_end - 1] == chars[b_end - 1]:
        a_end, b_end = a_end - 1, b_end - 1
    ours, theirs = a_end - a, b_end - b
    if ours <= 1 and theirs <= 1:
        return True
    return bool(ours == 2 and theirs == 2 and chars[a] == chars[b + 1] and chars[a + 1] == chars[b])


@compiled()
def wrong_places(text: Text, one: int, other: int) -> int:
    """Places in which two texts differ; what one is longer counts as well."""
    a, b = text.ends[one], text.ends[other]
    ours, theirs = text.ends[one + 1] - a, text.ends[other + 1] - b
    wrong = int(abs(ours - theirs))
    for place in range(min(ours, theirs)):
        wrong += text.chars[a + place] != text.chars[b + place]
    return wrong


@compiled()
def is_start(chars: Chars, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether the first stretch of characters is how the second one begins."""
    if a_end - a > b_end - b:
        return False
    for place in range(a_end - a):  # noqa: SIM110 (numba has no all())
        if chars[a + place] != chars[b + place]:
            return False
    return True


@compiled()
def likeness(text: Text, one: int, other: int, least: float = 0.0) -> float:
    """Jaro-Winkler similarity, asked in the order of the texts.

    Args:
        text: the vocabulary.
        one, other: codes.
        least: what matters is above it; 0 may be said of texts that are less alike. Most pairs are, and seen to be so
            by their letters alone.
    """
    low, high = min(one, other), max(one, other)
    a, b = text.ends[low], text.ends[high]
    ours, theirs = text.ends[low + 1] - a, text.ends[high + 1] - b
    if ours == 0 or theirs == 0:
        return 1.0 if ours == theirs else 0.0
    prefix = 0
    while prefix < min(WINKLER_PREFIX, ours, theirs) and text.chars[a + prefix] == text.chars[b + prefix]:
        prefix += 1
    met = _common_letters(text.chars, a, ours, b, theirs)
    if _with_prefix((met / ours + met / theirs + 1.0) / 3.0, prefix) < least - 1e-9:
        return 0.0
    return _with_prefix(_jaro(text.chars, a, ours, b, theirs), prefix)


@compiled()
def _with_prefix(jaro: float, prefix: int) -> float:
    return jaro + prefix * WINKLER_WEIGHT * (1.0 - jaro) if jaro > WINKLER_FROM else jaro


@compiled()
def _common_letters(chars: Chars, a: int, ours: int, b: int, theirs: int) -> int:
    """At least as many letters as two texts have in common, looking at six bits of each."""
    letters, common = np.uint64(0), 0
    for place in range(theirs):
        letters |= np.uint64(1) << np.uint64(chars[b + place] & 63)
    for place in range(ours):
        common += int(letters >> np.uint64(chars[a + place] & 63) & np.uint64(1))
    return min(common, theirs)


@compiled()
def _jaro(chars: Chars, a: int, ours: int, b: int, theirs: int) -> float:
    if ours > 64 or theirs > 64:
        return _jaro_of_long(chars, a, ours, b, theirs)
    reach = max(max(ours, theirs) // 2 - 1, 0)
    is_met, is_met_2, met = np.uint64(0), np.uint64(0), 0
    for place in range(theirs):
        for place_2 in range(max(0, place - reach), min(ours, place + reach + 1)):
            bit = np.uint64(1) << np.uint64(place_2)
            if chars[a + place_2] == chars[b + place] and not is_met & bit:
                is_met |= bit
                is_met_2 |= np.uint64(1) << np.uint64(place)
                met += 1
                break
    moved, place_2 = 0, 0
    for place in range(theirs):
        if is_met_2 & (np.uint64(1) << np.uint64(place)):
            while not is_met & (np.uint64(1) << np.uint64(place_2)):
                place_2 += 1
            moved += chars[b + place] != chars[a + place_2]
            place_2 += 1
    return (met / ours + met / theirs + (met - moved // 2) / met) / 3.0 if met else 0.0


@compiled()
def _jaro_of_long(chars: Chars, a: int, ours: int, b: int, theirs: int) -> float:
    reach = max(ours, theirs) // 2 - 1
    is_met, is_met_2, met = np.zeros(ours, np.bool_), np.zeros(theirs, np.bool_), 0
    for place in range(theirs):
        for place_2 in range(max(0, place - reach), min(ours, place + reach + 1)):
            if chars[a + place_2] == chars[b + place] and not is_met[place_2]:
                is_met[place_2] = is_met_2[place] = True
                met += 1
                break
    moved, place_2 = 0, 0
    for place in range(theirs):
        if is_met_2[place]:
            while not is_met[place_2]:
                place_2 += 1
            moved += chars[b + place] != chars[a + place_2]
            place_2 += 1
    return (met / ours + met / theirs + (met - moved // 2) / met) / 3.0 if met else 0.0
