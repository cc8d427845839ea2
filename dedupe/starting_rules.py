"""Where the latent classes start: rough rules over levels, forgotten after the first steps of the EM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedupe.comparisons import (
    GIVEN_NAME_LEVELS,
    JOINT_FAMILY_EDGES,
    JOINT_NAME_LEVELS,
)
from dedupe.em import Floats, Tie
from dedupe.firm_comparisons import FIRM_COMPARISONS
from dedupe.levels import Mask, Named
from dedupe.person_comparisons import PERSON_COMPARISONS

if TYPE_CHECKING:
    from dedupe.party_kinds import PartyKind

PERSON_CLASSES = (
    "same_person",
    "same_person_moved",
    "same_person_renamed",
    "relative",
    "twin",
    "namesake",
    "neighbour",
    "townsman",
    "contemporary",
    "unrelated",
)
FIRM_CLASSES = ("same_firm", "same_firm_elsewhere", "related_firm", "related_firm_same_address", "unrelated")


def start_persons(levels: NDArray[np.int8]) -> Floats:
    """Pattern × class for persons: one vote per identifying agreement, then who they may be instead."""
    named = Named(levels, PERSON_COMPARISONS)
    is_named = ~named.at("given_name", "missing", "other_sex", "other", "alike")
    is_near = named.at("address", "same_flat", "same_house", "flat_unknown", "other_flat")
    votes = (
        3.5 * named.at("pesel", "near", "exact")
        + 2.0 * named.at("id_document", "exact")
        + 1.5 * named.at("birth_date", "swapped", "exact")
        + 0.7 * named.at("birth_date", "typo")
        + 1.0 * named.at("phone", "exact*")
        + 1.0 * is_near
        + 1.0 * named.at("email", "exact")
        + 0.5 * (named.at("given_name", "full_name*") | ~named.at("family_name", "missing", "other*", "alike"))
        - 4.5 * named.at("pesel", "other")
        - 2.0 * named.at("birth_date", "other")
    )
    same = np.select(
        [is_named & (votes >= 2.5), is_named & (votes >= 1.5), ~is_named & (votes >= 4)], [0.97, 0.5, 0.6], 0.01
    )
    household = (~is_named & (is_near | named.at("phone", "exact*")) & (same < 0.55)) | (
        is_near & (named.at("birth_date", "other") | named.at("pesel", "other")) & (same < 0.3)
    )
    is_rival = named.at("rivals", "another_generation") | named.at("second_given_name", "other")
    same = np.where(is_rival, 0.03, same)
    relative = np.where(household | is_rival, 0.95, 0.01)
    is_exact = named.at("given_name", "full_name*", "exact*", "diminutive")
    namesake = np.where(is_exact & (same < 0.3) & (relative < 0.5), 0.9, 0.02)
    moved = np.where(is_near | named.at("address", "missing"), 0.05, 0.9)
    twin = np.where(
        ~is_named & (named.at("birth_date", "swapped", "exact") | named.at("pesel", "same_birth")), 0.9, 0.02
    )
    renamed = np.where(named.at("family_name", "other*", "alike", "part", "former"), 0.9, 0.05)
    # Two men of one given name and two family names in a house are two; as many women are so by chance.
    is_apart = named.at("birth_date", "other") | named.at("pesel", "other")
    is_another = is_apart | named.at("family_name", "other")
    neighbour = np.where(is_neighbour(named) & (same < 0.5), np.where(is_another, 0.9, 0.3), 0.001)
    townsman = np.where(is_townsman(named), np.where(is_apart, 0.9, 0.15), 0.001)
    is_other_number = named.at("pesel", "same_birth", "other") | named.at("family_name", "other")
    contemporary = np.where(is_contemporary(named), np.where(is_other_number, 0.9, 0.2), 0.001)
    unrelated = np.maximum(1 - same - relative - namesake, 0.02)
    kept = same * (1 - renamed)
    return np.stack(
        [
            *(kept * (1 - moved), kept * moved, same * renamed),
            *(relative * (1 - twin), relative * twin, namesake, neighbour, townsman, contemporary, unrelated),
        ],
        axis=1,
    )


def _person_ties() -> tuple[Tie, ...]:
    """Among relatives the rarity of the family name of two equal full names says nothing."""
    families = len(JOINT_FAMILY_EDGES) + 1
    places = [GIVEN_NAME_LEVELS.index(level) for level in JOINT_NAME_LEVELS]
    groups = tuple(tuple(places[at : at + families]) for at in range(0, len(places), families))
    classes = tuple(PERSON_CLASSES.index(name) for name in ("relative", "twin"))
    like = tuple(place for place, name in enumerate(PERSON_CLASSES) if name.startswith("same_"))
    return (Tie(0, groups, classes, like),)


PERSON_TIES = _person_ties()


def start_firms(levels: NDArray[np.int8]) -> Floats:
    """Pattern × class for firms: one name at one address, one firm at two addresses, or neither."""
    named = Named(levels, FIRM_COMPARISONS)
    is_named = named.at("org_name", "exact*", "same_core", "near", "contained", "initials")
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
    moved = np.where(is_elsewhere, 0.9, 0.05)
    related = np.where((same < 0.5) & (has_number | (is_named & is_elsewhere & has_phone)), 0.9, 0.05)
    beside = np.where(named.at("org_name", "other_branch", "shared") & is_near, 0.95, 0.02)
    same = same * (1 - beside)
    return np.stack(
        [
            *(same * (1 - moved), same * moved, related * (1 - beside), beside),
            np.maximum(1 - same - related - beside, 0.02),
        ],
        axis=1,
    )


def known_persons(levels: NDArray[np.int8]) -> Mask:
    """Pairs nobody doubts: the same PESEL and a given name that agrees with it."""
    named = Named(levels, PERSON_COMPARISONS)
    return named.at("pesel", "exact") & ~named.at("given_name", "missing", "other_sex", "other", "alike", "similar")


def is_neighbour(named: Named) -> Mask:
    """One given name, two family names, one house: by chance in a house of many, or one woman before and after."""
    is_near = named.at("address", "same_flat", "same_house", "flat_unknown", "other_flat")
    return is_near & named.at("given_name", "exact*") & named.at("family_name", "other", "other_woman")


def is_townsman(named: Named) -> Mask:
    """A given name that agrees, in one town but not in one house."""
    return named.at("given_name", "full_name*", "exact*", "diminutive", "initial") & named.at(
        "address", "same_place", "same_postal", "near_postal", "same_street", "same_numbers"
    )


def is_contemporary(named: Named) -> Mask:
    """One given name, one date of birth, two family names, two places."""
    is_born = named.at("birth_date", "exact") | named.at("pesel", "same_birth")
    is_far = named.at("address", "elsewhere", "near_postal", "same_place", "same_postal", "missing")
    return is_born & is_far & named.at("given_name", "exact*") & named.at("family_name", "other", "other_woman")


PERSON_NARROW_CLASSES: Mapping[str, Callable[[Named], Mask]] = {
    "neighbour": is_neighbour,
    "townsman": is_townsman,
    "contemporary": is_contemporary,
}
"""Classes only some pairs may be in. Left free, a class of few pairs drifts and becomes one more of relatives."""


def known_firms(levels: NDArray[np.int8]) -> Mask:
    """Pairs nobody doubts: the same REGON, local unit included, and a name that agrees with it."""
    named = Named(levels, FIRM_COMPARISONS)
    return named.at("regon", "exact") & ~named.at("org_name", "missing", "other", "generic", "other_branch")


def allowed_classes(levels: NDArray[np.int8], kind: PartyKind) -> NDArray[np.bool_]:
    """Pattern × class: pairs nobody doubts may be in a class of one customer only, narrow classes have their own pairs.

    Without it a wide class takes some of them in: namesakes then seem to share a PESEL now and then, and equal PESELs
    stop being proof (measured: recall .940 instead of .957).
    """
    is_same = np.array([name.startswith("same_") for name in kind.classes])
    known = kind.known(levels)
    allowed = ~known[:, None] | is_same[None, :]
    for name, may_be in kind.narrow_classes.items():
        allowed[:, kind.classes.index(name)] &= may_be(Named(levels, kind.comparisons))
    return np.asarray(allowed)
