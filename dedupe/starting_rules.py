"""Where the latent classes start: rough rules over levels, forgotten after the first steps of the EM."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from dedupe.comparisons import PERSON_COMPARISONS, Comparison
from dedupe.em import Floats
from dedupe.firm_comparisons import FIRM_COMPARISONS

PERSON_CLASSES = ("same_person", "same_person_moved", "relative", "twin", "namesake", "unrelated")
FIRM_CLASSES = ("same_firm", "related_firm", "unrelated")
SAME_CLASSES = frozenset({"same_person", "same_person_moved", "same_firm"})
"""Classes that may count as one customer, if the identity rule lets them."""

Mask = NDArray[np.bool_]


class Named:
    """Level matrix of patterns, asked by names."""

    def __init__(self, levels: NDArray[np.int8], comparisons: tuple[Comparison, ...]) -> None:
        self._levels = levels
        self._comparisons = {comparison.name: (place, comparison) for place, comparison in enumerate(comparisons)}

    def at(self, name: str, *levels: str) -> Mask:
        """Where a comparison has one of the levels; a name ending in ``*`` means all that start so."""
        place, comparison = self._comparisons[name]
        wanted = [
            number
            for number, level in enumerate(comparison.levels)
            if any(level == want or (want.endswith("*") and level.startswith(want[:-1])) for want in levels)
        ]
        return np.isin(self._levels[:, place], wanted)


def start_persons(levels: NDArray[np.int8]) -> Floats:
    """Pattern × class for persons: one vote per identifying agreement, then who they may be instead."""
    named = Named(levels, PERSON_COMPARISONS)
    is_named = ~named.at("given_name", "missing", "other_sex", "other", "alike")
    is_near = named.at("address", "same_flat", "same_house", "flat_unknown", "other_flat")
    votes = (
        2.0 * named.at("pesel", "near", "exact")
        + 2.0 * named.at("id_document", "exact")
        + 1.5 * named.at("birth_date", "swapped", "exact")
        + 0.7 * named.at("birth_date", "typo")
        + 1.0 * named.at("phone", "exact*")
        + 1.0 * is_near
        + 1.0 * named.at("email", "exact")
        + 0.5 * (named.at("given_name", "full_name*") | ~named.at("family_name", "missing", "other", "alike"))
        - 2.5 * named.at("pesel", "other")
        - 2.0 * named.at("birth_date", "other")
    )
    same = np.select(
        [is_named & (votes >= 2.5), is_named & (votes >= 1.5), ~is_named & (votes >= 4)], [0.97, 0.5, 0.6], 0.01
    )
    household = (~is_named & (is_near | named.at("phone", "exact*")) & (same < 0.55)) | (
        is_near & named.at("birth_date", "other") & (same < 0.3)
    )
    relative = np.where(household, 0.95, 0.01)
    is_exact = named.at("given_name", "full_name*", "exact*", "diminutive")
    namesake = np.where(is_exact & (same < 0.3) & (relative < 0.5), 0.9, 0.02)
    moved = np.where(is_near | named.at("address", "missing"), 0.05, 0.9)
    twin = np.where(~is_named & named.at("birth_date", "swapped", "exact"), 0.9, 0.02)
    unrelated = np.maximum(1 - same - relative - namesake, 0.02)
    return np.stack(
        [same * (1 - moved), same * moved, relative * (1 - twin), relative * twin, namesake, unrelated], axis=1
    )


def start_firms(levels: NDArray[np.int8]) -> Floats:
    """Pattern × class for firms: one name at one address, one firm at two addresses, or neither."""
    named = Named(levels, FIRM_COMPARISONS)
    is_named = named.at("org_name", "exact*", "same_words", "near", "contained", "initials")
    is_near = named.at("address", "same_flat", "same_house", "flat_unknown", "same_house_by_postal")
    has_number = named.at("nip", "exact", "near") | named.at("regon", "exact", "near", "firm_and_unit", "other_unit")
    is_elsewhere = named.at("address", "elsewhere", "same_place", "same_postal", "near_postal", "same_street")
    is_unit = named.at("regon", "other_unit")
    has_phone = named.at("phone", "exact*")
    same = np.select(
        [is_unit, (has_number | is_named) & is_near, named.at("regon", "exact"), is_named & has_phone],
        [0.02, 0.95, 0.7, 0.8],
        0.02,
    )
    related = np.where((same < 0.5) & (has_number | (is_named & is_elsewhere & has_phone)), 0.9, 0.05)
    return np.stack([same, related, np.maximum(1 - same - related, 0.02)], axis=1)


STARTS: Mapping[str, Callable[[NDArray[np.int8]], Floats]] = {"person": start_persons, "firm": start_firms}
CLASSES: Mapping[str, tuple[str, ...]] = {"person": PERSON_CLASSES, "firm": FIRM_CLASSES}
