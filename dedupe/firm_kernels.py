"""The comparisons of firms for millions of coded pairs; same levels as :mod:`dedupe.firm_comparisons`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dedupe.coding import MISSING
from dedupe.comparisons import ORG_RARITY_EDGES
from dedupe.firm_comparisons import LEGAL_FORM_LEVELS, ORG_NAME_LEVELS, REGON_LEVELS, word_level
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
)
from dedupe.similarity import edits_of


def org_name(side: Side) -> Levels:
    """Levels of a firm's name; words are compared once per distinct pair of names."""
    both, exact = side.both("org"), side.equal("org")
    unlike = both & ~exact
    levels = np.where(both, _word_levels(side, unlike), 0).astype(np.int8)
    levels[text_edits(side, "org", unlike) <= 1] = ORG_NAME_LEVELS.index("near")
    rarity = side.per_value("org", side.known.org_rarity)
    return np.where(exact, steps(ORG_NAME_LEVELS, "exact", rarity, ORG_RARITY_EDGES), levels)


def _word_levels(side: Side, where: Mask) -> Levels:
    values, (one, other), generic = side.values("org"), side.codes("org"), side.known.generic_words
    at = np.flatnonzero(where)
    pairs, inverse = np.unique(one[at].astype(np.int64) * len(values) + other[at], return_inverse=True)
    found = [word_level(values[pair // len(values)], values[pair % len(values)], generic) for pair in pairs]
    levels = np.zeros(len(where), dtype=np.int8)
    if len(at):
        levels[at] = np.array([ORG_NAME_LEVELS.index(level) for level in found], dtype=np.int8)[inverse]
    return levels


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
