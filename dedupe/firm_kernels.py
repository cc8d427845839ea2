"""The comparisons of firms for millions of coded pairs; same levels as :mod:`dedupe.firm_comparisons`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dedupe.comparisons import ORG_RARITY_EDGES
from dedupe.features import MISSING
from dedupe.firm_comparisons import LEGAL_FORM_LEVELS, ORG_NAME_LEVELS, REGON_LEVELS, is_initials
from dedupe.folding import initials_of
from dedupe.kernels import (
    Kernel,
    Levels,
    Mask,
    Side,
    address,
    email,
    number_levels,
    only,
    pesel,
    phone,
    pick,
    steps,
    text_edits,
    text_likeness,
)
from dedupe.similarity import edits_of


def org_name(side: Side) -> Levels:
    """Levels of a firm's name; word sets are asked once per distinct pair of names."""
    both, exact = side.both("org"), side.equal("org")
    unlike = both & ~exact
    edit, like = text_edits(side, "org", unlike), text_likeness(side, "org", unlike)
    words, initials, shares_word = _word_masks(side, unlike)
    levels = pick(
        ORG_NAME_LEVELS,
        ("missing", ~both),
        ("same_words", unlike & side.equal("org_words")),
        ("near", (edit <= 1) | (like > 0.95)),
        ("contained", words),
        ("initials", initials),
        ("alike", like > 0.85),
        ("one_word", shares_word),
        otherwise="other",
    )
    rarity = side.per_value("org", side.known.org_rarity)
    return np.where(exact, steps(ORG_NAME_LEVELS, "exact", rarity, ORG_RARITY_EDGES), levels)


def _word_masks(side: Side, where: Mask) -> tuple[Mask, Mask, Mask]:
    """Whether one name contains the other, is its initials, or shares a word with it."""
    values, (one, other) = side.values("org"), side.codes("org")
    at = np.flatnonzero(where)
    pairs, inverse = np.unique(one[at].astype(np.int64) * len(values) + other[at], return_inverse=True)
    found = np.array([_word_relations(values[pair // len(values)], values[pair % len(values)]) for pair in pairs])
    masks = np.zeros((3, len(where)), dtype=np.bool_)
    if len(at):
        masks[:, at] = found[inverse].T
    return masks[0], masks[1], masks[2]


def _word_relations(one: str, other: str) -> tuple[bool, bool, bool]:
    words, words_2 = frozenset(one.split()), frozenset(other.split())
    contained = words <= words_2 or words_2 <= words or one.startswith(other) or other.startswith(one)
    initials = is_initials(one, initials_of(other)) or is_initials(other, initials_of(one))
    return contained, initials, any(len(word) > 3 for word in words & words_2)


def legal_form(side: Side) -> Levels:
    """Levels of the legal form."""
    both, exact = side.both("legal_form"), side.equal("legal_form")
    return pick(LEGAL_FORM_LEVELS, ("missing", ~both), ("exact", exact), otherwise="other")


def regon(side: Side) -> Levels:
    """Levels of the REGON."""
    both, exact = side.both("regon"), side.equal("regon")
    lengths = np.array([len(value) for value in side.values("regon")] + [0])
    one, other = side.codes("regon")
    firm, firm_2 = side.codes("regon9")
    same_firm = (firm != MISSING) & (firm == firm_2)
    edit = only(both & ~same_firm, lambda at: edits_of(side.values("regon9"), firm[at], firm_2[at]))
    return pick(
        REGON_LEVELS,
        ("missing", ~both),
        ("exact", exact),
        ("other_unit", same_firm & (lengths[one] == lengths[other])),
        ("firm_and_unit", same_firm),
        ("near", edit <= 1),
        otherwise="other",
    )


FIRM_KERNELS: Mapping[str, Kernel] = {
    "org_name": org_name,
    "legal_form": legal_form,
    "nip": number_levels("nip"),
    "regon": regon,
    "pesel": pesel,
    "phone": phone,
    "email": email,
    "address": address,
}
