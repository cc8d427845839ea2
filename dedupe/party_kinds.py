"""Kinds of party: everything linkage knows about persons, and about firms.

The engine itself knows neither: it blocks, compares, learns and clusters whatever kind its features are of, so that
another kind, made from the columns of any table, runs through the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dedupe.blocking_rules import FIRM_RULES, PERSON_RULES, BlockingRule
from dedupe.coding import PartyFeatures
from dedupe.comparisons import Comparison
from dedupe.conflicts import Conflict, firms_conflict, persons_conflict
from dedupe.decisions import FIRM_RULES as FORBIDDEN_FIRMS
from dedupe.decisions import PERSON_RULES as FORBIDDEN_PERSONS
from dedupe.em import Floats, Tie
from dedupe.firm_comparisons import FIRM_COMPARISONS
from dedupe.firm_kernels import FIRM_KERNELS
from dedupe.kernels import Kernel, Mask
from dedupe.levels import Named
from dedupe.person_comparisons import PERSON_COMPARISONS
from dedupe.person_kernels import PERSON_KERNELS
from dedupe.starting_rules import (
    FIRM_CLASSES,
    PERSON_CLASSES,
    PERSON_NARROW_CLASSES,
    PERSON_TIES,
    known_firms,
    known_persons,
    start_firms,
    start_persons,
)

LevelMatrix = NDArray[np.int8]


@dataclass(frozen=True)
class PartyKind:
    """Everything linkage knows about one kind of party."""

    name: str
    comparisons: tuple[Comparison, ...]
    """The plain definitions, in the order of the waterfall."""
    kernels: Mapping[str, Kernel]
    """The same by name, for millions of coded pairs."""
    blocking_rules: tuple[BlockingRule, ...]
    """At most 62, in the order of their bits in ``candidate_pairs.rules``."""
    classes: tuple[str, ...]
    """Latent classes of pairs; those of one customer start with ``same_``."""
    start: Callable[[LevelMatrix], Floats]
    """Pattern × class: where the EM starts."""
    known: Callable[[LevelMatrix], Mask]
    """Pairs nobody doubts."""
    identifier: tuple[str, tuple[str, ...]] | None
    """The comparison that confirms a class and its levels that agree; None where no field is an identifier."""
    hard_rules: Mapping[str, Callable[[Named], Mask]]
    """What no probability may overrule; later rules overwrite the reason of earlier ones."""
    conflict: Callable[[PartyFeatures], Conflict]
    """What the identifiers of two records say that were never compared."""
    ties: tuple[Tie, ...] = ()
    """Shares of levels that classes have in common."""
    narrow_classes: Mapping[str, Callable[[Named], Mask]] = field(default_factory=dict)
    """Classes only some pairs may be in, and which."""


PERSON = PartyKind(
    name="person",
    comparisons=PERSON_COMPARISONS,
    kernels=PERSON_KERNELS,
    blocking_rules=PERSON_RULES,
    classes=PERSON_CLASSES,
    start=start_persons,
    known=known_persons,
    identifier=("pesel", ("near", "exact")),
    hard_rules=FORBIDDEN_PERSONS,
    conflict=persons_conflict,
    ties=PERSON_TIES,
    narrow_classes=PERSON_NARROW_CLASSES,
)
FIRM = PartyKind(
    name="firm",
    comparisons=FIRM_COMPARISONS,
    kernels=FIRM_KERNELS,
    blocking_rules=FIRM_RULES,
    classes=FIRM_CLASSES,
    start=start_firms,
    known=known_firms,
    # Not the NIP: all branches of a firm share it, and they are not one customer.
    identifier=("regon", ("near", "exact")),
    hard_rules=FORBIDDEN_FIRMS,
    conflict=firms_conflict,
)
PARTY_KINDS: Mapping[str, PartyKind] = {kind.name: kind for kind in (PERSON, FIRM)}
