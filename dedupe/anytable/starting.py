"""Where the latent classes of any table start: what agreement is worth before anything is learned.

How often a level occurs among random pairs is counted; how often among records of one party is stated here, roughly.
The sum gives each pattern a first probability of being one party, and rules over relatives, twins and namesakes divide
the rest. The EM forgets it after its first steps. Source: LINKAGE, "u from random pairs: use it for the start only".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.comparisons import Comparison
from dedupe.em import Fit, Floats
from dedupe.levels import Mask, Named

LevelMatrix = NDArray[np.int8]

# Of the pairs of one party that have a value on both sides, the share in which it agrees, and nearly agrees.
_AGREEMENT: Mapping[str, tuple[float, float]] = {
    "given_name": (0.80, 0.15),
    "family_name": (0.80, 0.13),
    "birth_date": (0.85, 0.13),
    "birth_year": (0.75, 0.22),
    "national_id": (0.85, 0.13),
    "phone": (0.55, 0.10),
    "email": (0.70, 0.15),
    "address": (0.60, 0.20),
    "organisation_name": (0.65, 0.28),
}
_TEXT_AGREEMENT = (0.55, 0.20)
_EXACT = ("exact", "full_name", "same_flat", "same_house")
_DIFFERENT = ("other", "elsewhere", "alike", "same_region", "common_word", "decade", "near_postal", "same_place")
_DIFFERENT_IN_POLISH = ("other_sex", "other_woman")
PERSON_CLASSES = ("same_person", "same_person_moved", "relative", "twin", "namesake", "unrelated")
FIRM_CLASSES = ("same_firm", "same_firm_elsewhere", "related_firm", "unrelated")
NEAR_ADDRESS = ("same_flat", "same_house", "flat_unknown", "other_flat", "same_street_and_house")


@dataclass(frozen=True)
class Standard:
    """What is believed of one comparison before anything is learned: shares of its levels, 0 for missing."""

    matched: Floats
    """Among pairs of one party."""
    unmatched: Floats
    """Among random pairs."""
    apart: Floats
    """Bits against one party beyond that where nothing is learned: relatives and neighbours share all the rest."""

    @property
    def weights(self) -> Floats:
        """log2 of matched over unmatched; 0 for missing."""
        of_level = np.zeros(len(self.matched))
        of_level[1:] = np.log2(self.matched[1:] / self.unmatched[1:])
        return of_level

    def smoothing(self, classes: Sequence[str]) -> Floats:
        """Level × class, pseudo-counts for the EM: what is believed counts as much as half a pair per level."""
        strength = 0.5 * (len(self.matched) - 1)
        uniform = np.full(len(self.matched), 1 / (len(self.matched) - 1))
        of_class = []
        for name in classes:
            believed = self.matched if name.startswith("same_") else self.unmatched if name == "unrelated" else uniform
            of_class.append(strength * believed)
        return np.stack(of_class, axis=1)


def standard(comparisons: Sequence[Comparison], random_levels: LevelMatrix) -> tuple[Standard, ...]:
    """What is believed of each comparison, given the levels of random pairs."""
    found = []
    for column, comparison in enumerate(comparisons):
        counts = np.bincount(random_levels[:, column], minlength=len(comparison.levels)).astype(np.float64) + 0.5
        counts[0] = 0.0
        unmatched = counts / counts.sum()
        found.append(Standard(_matched(comparison, unmatched), unmatched, _apart(comparison)))
    return tuple(found)


def _apart(comparison: Comparison) -> Floats:
    tells = comparison.name in _TELLS_APART
    return np.array([APART_BITS if tells and _group(level) == 0 else 0.0 for level in comparison.levels])


def _matched(comparison: Comparison, unmatched: Floats) -> Floats:
    """Shares among pairs of one party: stated for exact, near and different levels together, divided inside each."""
    exact_share, near_share = _AGREEMENT.get(comparison.name.rstrip("_23456789"), _TEXT_AGREEMENT)
    groups = np.array([_group(level) for level in comparison.levels])
    shares = np.zeros(len(comparison.levels))
    for group, share in ((2, exact_share), (1, near_share), (0, 1 - exact_share - near_share)):
        inside = groups == group
        if inside.any():
            # Rare values agree as often as frequent ones among pairs of one party, so levels of one group share alike.
            shares[inside] = share / inside.sum() if group else share * unmatched[inside] / unmatched[inside].sum()
    whole: Floats = shares / shares.sum()
    return whole


def _group(level: str) -> int:
    if level == "missing":
        return -1
    if level.startswith(_EXACT):
        return 2
    return 0 if level in (*_DIFFERENT, *_DIFFERENT_IN_POLISH) else 1


def start_weights(levels: LevelMatrix, believed: Sequence[Standard], *, prior: float) -> Floats:
    """Per pattern the first log2 odds of being one party."""
    total = np.full(len(levels), prior)
    for column, one in enumerate(believed):
        total += one.weights[levels[:, column]]
    return total


def agreeing_classes(
    comparisons: Sequence[Comparison], fitted: Fit, believed: Sequence[Standard], *, prior: float
) -> tuple[bool, ...]:
    """Which classes mean one party where no number says so: names and births agree, and so does the rest on the whole.

    Relatives have other given names, namesakes other births; strangers who share a blocking key have little else.
    """
    classes = len(fitted.prior)
    total, is_same = np.full(classes, prior), np.ones(classes, dtype=np.bool_)
    for comparison, of_level, one in zip(comparisons, fitted.probabilities, believed, strict=True):
        total += of_level[1:].T @ one.weights[1:]
        if comparison.name in _TELLS_APART:
            differs = [place for place, level in enumerate(comparison.levels) if _group(level) == 0]
            is_same &= of_level[differs].sum(axis=0) < 0.5
    return tuple(bool(same) for same in is_same & (total > 0))


APART_BITS = 6.0
_TELLS_APART = ("given_name", "birth_date", "birth_year", "organisation_name")


def start_classes(
    levels: LevelMatrix, comparisons: tuple[Comparison, ...], classes: tuple[str, ...], *, same: Floats
) -> Floats:
    """Pattern × class from the first probability of being one party."""
    named = _Asked(levels, comparisons)
    same = np.clip(same, 0.01, 0.97)
    return _six_of_persons(named, same) if classes == PERSON_CLASSES else _four_of_firms(named, same)


class _Asked:
    """:class:`Named`, with comparisons a table does not have answering no."""

    def __init__(self, levels: LevelMatrix, comparisons: tuple[Comparison, ...]) -> None:
        self._named = Named(levels, comparisons)
        self._names = {comparison.name for comparison in comparisons}
        self._rows = len(levels)

    def at(self, name: str, *levels: str) -> Mask:
        if name not in self._names:
            return np.zeros(self._rows, dtype=np.bool_)
        return self._named.at(name, *levels)


def _is_other_given(named: _Asked) -> Mask:
    return named.at("given_name", "other", "alike", "other_sex")


def _is_related(named: _Asked) -> Mask:
    """The same household, or the same group of firms, or a namesake."""
    shares = named.at("address", *NEAR_ADDRESS) | named.at("phone", "exact*") | named.at("family_name", "exact*")
    return (
        (_is_other_given(named) & shares)
        | named.at("given_name", "full_name*")
        | named.at("organisation_name", "exact*", "same_words", "contained", "most")
        | (named.at("organisation_name", "other", "common_word") & named.at("address", *NEAR_ADDRESS))
    )


def _six_of_persons(named: _Asked, same: Floats) -> Floats:
    near = named.at("address", *NEAR_ADDRESS)
    other_birth = named.at("birth_date", "other") | named.at("birth_year", "other", "decade")
    household = (_is_other_given(named) & (near | named.at("phone", "exact*")) & (same < 0.55)) | (
        near & (other_birth | named.at("national_id", "other")) & (same < 0.3)
    )
    relative = np.where(household, 0.95, 0.01)
    namesake = np.where(named.at("given_name", "full_name*", "exact*") & (same < 0.3) & (relative < 0.5), 0.9, 0.02)
    moved = np.where(near | named.at("address", "missing"), 0.05, 0.9)
    twin = np.where(_is_other_given(named) & named.at("birth_date", "swapped", "exact"), 0.9, 0.02)
    unrelated = np.maximum(1 - same - relative - namesake, 0.02)
    return np.stack(
        [same * (1 - moved), same * moved, relative * (1 - twin), relative * twin, namesake, unrelated], axis=1
    )


def _four_of_firms(named: _Asked, same: Floats) -> Floats:
    near = named.at("address", *NEAR_ADDRESS)
    moved = np.where(near | named.at("address", "missing"), 0.05, 0.9)
    related = np.where(_is_related(named) & (same < 0.5), 0.9, 0.05)
    return np.stack([same * (1 - moved), same * moved, related, np.maximum(1 - same - related, 0.02)], axis=1)
