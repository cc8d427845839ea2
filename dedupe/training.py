"""Training: a frozen model out of unlabelled records.

No label, no truth, no random numbers except a seeded sample when there are more pairs than it takes. What is learned is
rounded to integer micro-bits once, here; from then on every score is integer arithmetic on this table.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.errors import FatalError
from config.matching import Matching
from dedupe.blocking import find_pairs
from dedupe.em import Fit, Patterns, find_patterns, fit
from dedupe.engine import compare_pairs, knowledge
from dedupe.features import PartyFeatures, party_features
from dedupe.levels import Named
from dedupe.model import COMPARISONS, MICRO, PARTY_KINDS, LatentClasses, Model, Rarity
from dedupe.starting_rules import CLASSES, STARTS, allowed_classes

MAX_PAIRS = 3_000_000
RARE = 3
"""A name must occur this often to get a frequency of its own."""


class ModelRefused(FatalError):
    """The training found no class of pairs that identifiers confirm to be one customer."""


def train(records: pa.Table, *, seed: int, matching: Matching | None = None) -> Model:
    """A model of these records.

    Args:
        records: party records, persons and firms.
        seed: of the sample of pairs, drawn only when there are more than three million.
        matching: costs, limits and diminutives to freeze into it; without it the defaults.

    Raises:
        ModelRefused: no class passed the identity rule.
    """
    matching = matching or Matching()
    features = {kind: party_features(records, party_kind=kind, matching=matching) for kind in PARTY_KINDS}
    rarities = {
        "given_name": _rarity(features["person"].fields["given"].texts()),
        "family_name": _rarity(features["person"].fields["last"].texts()),
        "org_word": _rarity([word for name in features["firm"].fields["org"].texts() if name for word in name.split()]),
    }
    blank = Model(_unlearned("person"), _unlearned("firm"), rarities, matching, {})
    learned = {kind: _learn(features[kind], blank, seed=seed) for kind in PARTY_KINDS}
    counts = {f"{kind}_records": len(features[kind]) for kind in PARTY_KINDS}
    return Model(learned["person"], learned["firm"], rarities, matching, {**counts, "seed": seed})


def _unlearned(party_kind: str) -> LatentClasses:
    return LatentClasses(classes=CLASSES[party_kind], is_same=(), prior=(), weights={})


def _rarity(names: list[str | None]) -> Rarity:
    counts = Counter(name for name in names if name)
    total = max(sum(counts.values()), 1)
    frequent = {name: count for name, count in counts.items() if count >= RARE}
    return Rarity(
        default=_half_bits(1, total),
        values={name: _half_bits(count, total) for name, count in sorted(frequent.items())},
    )


def _half_bits(count: int, total: int) -> int:
    return round(2 * float(np.log2(total / count)))


def _learn(features: PartyFeatures, blank: Model, *, seed: int) -> LatentClasses:
    pairs, _ = find_pairs(features, caps=blank.matching.caps)
    if not len(pairs):
        raise ModelRefused(f"no candidate pairs of kind {features.party_kind}: nothing to learn from")
    left, right = pairs.left, pairs.right
    if len(left) > MAX_PAIRS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(left), MAX_PAIRS, replace=False))
        left, right = left[chosen], right[chosen]
    patterns = find_patterns(compare_pairs(features, left, right, known=knowledge(blank, features)))
    comparisons = COMPARISONS[features.party_kind]
    fitted = fit(
        patterns,
        level_counts=[len(comparison.levels) for comparison in comparisons],
        start=STARTS[features.party_kind](patterns.levels),
        allowed=allowed_classes(patterns.levels, features.party_kind),
    )
    return _frozen(features.party_kind, patterns, fitted)


def _frozen(party_kind: str, patterns: Patterns, fitted: Fit) -> LatentClasses:
    classes = CLASSES[party_kind]
    passed = identity_shares(party_kind, patterns, fitted) >= 0.5
    is_same = tuple(bool(one) for one in passed)
    if not any(is_same):
        raise ModelRefused(
            f"no class of {party_kind} pairs passed the identity rule: in none do half of the identifiers agree",
            hint="Train on more records, or on records of which more carry a PESEL, NIP or REGON",
        )
    return LatentClasses(
        classes=classes,
        is_same=is_same,
        prior=_micro_bits(fitted.prior),
        weights={
            comparison.name: tuple(_micro_bits(of_level) for of_level in probabilities)
            for comparison, probabilities in zip(COMPARISONS[party_kind], fitted.probabilities, strict=True)
        },
    )


def identity_shares(party_kind: str, patterns: Patterns, fitted: Fit) -> NDArray[np.float64]:
    """Per class, the share of pairs with a strong identifier on both sides in which it agrees within one edit.

    Source: LINKAGE, identity rule; measured .93–1.0 for classes of one customer, at most .31 for others.
    """
    named = Named(patterns.levels, COMPARISONS[party_kind])
    if party_kind == "person":
        present, agrees = ~named.at("pesel", "missing"), named.at("pesel", "near", "exact")
    else:
        # Not the NIP: all branches of a firm share it, and they are not one customer.
        present, agrees = ~named.at("regon", "missing"), named.at("regon", "near", "exact")
    weights = fitted.responsibilities * patterns.counts[:, None]
    shares: NDArray[np.float64] = (weights[agrees & present].sum(axis=0) + 1e-9) / (weights[present].sum(axis=0) + 2e-9)
    return shares


def _micro_bits(probabilities: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(round(float(bits) * MICRO) for bits in np.log2(np.maximum(probabilities, 1e-12)))
