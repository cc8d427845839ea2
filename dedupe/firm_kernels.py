"""The comparisons of firms for millions of coded pairs: what is derived once per distinct name, and the loops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dedupe.coding import as_arrow, code_columns
from dedupe.firm_comparisons import BRANCH_WORDS
from dedupe.firm_loops import OrgNames, core_words, heads_of, legal_form_levels, org_name_levels, regon_levels
from dedupe.kernels import Kernel, Levels, Side, address, email, number, pesel, phone
from dedupe.text_loops import Text


def org_name(side: Side) -> Levels:
    """Levels of a firm's name."""
    return org_name_levels(side.left, side.right, side.once("org", _org_names))


def _org_names(side: Side) -> OrgNames:
    by_name = pc.split_pattern(as_arrow(side.features.fields["org"].values), " ").cast(pa.large_list(pa.string()))
    (words,) = code_columns([by_name.flatten()])
    ends = np.concatenate([[0], np.cumsum(pc.list_value_length(by_name).to_numpy())]).astype(np.int64)
    is_branch_word, is_generic = (
        np.array([word in chosen for word in words.values], dtype=np.bool_)
        for chosen in (BRANCH_WORDS, side.known.generic_words)
    )
    heads = heads_of(words.codes, ends, is_branch_word)
    core, core_ends = core_words(words.codes, ends, heads, is_generic)
    rarity = np.array([side.known.org_rarity(name) for name in side.values("org")], dtype=np.int64)
    return OrgNames(side.text("org"), Text(words.codes, *words.packed), ends, heads, core, core_ends, rarity)


def legal_form(side: Side) -> Levels:
    """Levels of the legal form."""
    return legal_form_levels(side.left, side.right, side.features.fields["legal_form"].codes)


def regon(side: Side) -> Levels:
    """Levels of the REGON."""
    return regon_levels(side.left, side.right, side.text("regon"), side.text("regon9"))


FIRM_KERNELS: Mapping[str, Kernel] = {
    "org_name": org_name,
    "legal_form": legal_form,
    "nip": number("nip"),
    "regon": regon,
    "pesel": pesel,
    "phone": phone,
    "email": email,
    "address": address,
}
