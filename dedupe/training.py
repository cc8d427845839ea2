"""Training: a frozen model out of unlabelled records.

No label, no truth, no random numbers except a seeded sample when there are more pairs than it takes. What is learned is
rounded to integer micro-bits once, here; from then on every score is integer arithmetic on this table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from config.errors import FatalError
from config.matching import Matching
from dedupe.blocking import Block, find_pairs
from dedupe.em import Fit, Patterns, find_patterns, fit
from dedupe.engine import compare_pairs, what_is_known
from dedupe.features import PartyFeatures, party_features
from dedupe.levels import Named
from dedupe.model import MICRO, LatentClasses, Model, Rarity
from dedupe.party_kinds import PARTY_KINDS, PartyKind
from dedupe.starting_rules import allowed_classes

MAX_PAIRS = 3_000_000
RARE = 3
"""A name must occur this often to get a frequency of its own."""


class ModelRefused(FatalError):
    """The training found no class of pairs that identifiers confirm to be one customer."""


@dataclass(frozen=True)
class ClassLesson:
    """What one latent class turned out to be."""

    name: str
    share: int
    """Of the pairs, parts per million."""
    identified_pairs: int
    """Pairs of the class with the identifier on both sides, rounded."""
    identity_share: int | None
    """Of those, how many agree within one edit, parts per million; None where there is none to ask."""
    is_same: bool
    """Whether it passed the identity rule, and so counts as one customer."""


@dataclass(frozen=True)
class Lesson:
    """How the learning of one kind of party went, for people."""

    party_kind: str
    records: int
    candidate_pairs: int
    learned_from: int
    """Pairs of the sample; all of them up to three million."""
    patterns: int
    """Distinct combinations of levels."""
    steps: int
    """Of the EM until the mean log-likelihood gained less than a millionth."""
    classes: tuple[ClassLesson, ...]
    blocks: tuple[Block, ...]


Note = Callable[[Lesson], None]


def train(records: pa.Table, *, seed: int, matching: Matching | None = None, note: Note | None = None) -> Model:
    """A model of these records.

    Args:
        records: party records, persons and firms.
        seed: of the sample of pairs, drawn only when there are more than three million.
        matching: costs, limits and diminutives to freeze into it; without it the defaults.
        note: told how the learning of each kind of party went, also when the model is refused for it.

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
    learned = {
        kind: learn(its_features, matching=matching, rarities=rarities, seed=seed, note=note)
        for kind, its_features in features.items()
    }
    counts = {f"{kind}_records": len(its_features) for kind, its_features in features.items()}
    return Model(learned["person"], learned["firm"], rarities, matching, {**counts, "seed": seed})


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


def learn(
    features: PartyFeatures,
    *,
    matching: Matching,
    rarities: Mapping[str, Rarity],
    seed: int,
    note: Note | None = None,
) -> LatentClasses:
    """The latent classes of the candidate pairs of one kind of party, any kind.

    Args:
        features: the records.
        matching: caps of blocks, diminutives, generic words.
        rarities: of names; a kind without names needs none.
        seed: of the sample of pairs, drawn only when there are more than three million.
        note: told how it went.

    Raises:
        ModelRefused: there are no candidate pairs, or no class passed the identity rule.
    """
    pairs, blocks = find_pairs(features, caps=matching.caps)
    if not len(pairs):
        raise ModelRefused(f"no candidate pairs of kind {features.party_kind}: nothing to learn from")
    left, right = pairs.left, pairs.right
    if len(left) > MAX_PAIRS:
        chosen = np.sort(np.random.default_rng(seed).choice(len(left), MAX_PAIRS, replace=False))
        left, right = left[chosen], right[chosen]
    known = what_is_known(features, matching=matching, rarities=rarities)
    patterns = find_patterns(compare_pairs(features, left, right, known=known))
    fitted = fit(
        patterns,
        level_counts=[len(comparison.levels) for comparison in features.kind.comparisons],
        start=features.kind.start(patterns.levels),
        allowed=allowed_classes(patterns.levels, features.kind),
        ties=features.kind.ties,
    )
    if note:
        note(
            Lesson(
                party_kind=features.party_kind,
                records=len(features),
                candidate_pairs=len(pairs),
                learned_from=len(left),
                patterns=len(patterns.levels),
                steps=fitted.steps,
                classes=_class_lessons(features.kind, patterns, fitted),
                blocks=tuple(blocks),
            )
        )
    return _frozen(features.kind, patterns, fitted)


def _class_lessons(kind: PartyKind, patterns: Patterns, fitted: Fit) -> tuple[ClassLesson, ...]:
    present, agreeing = _identified(kind, patterns, fitted)
    return tuple(
        ClassLesson(
            name=name,
            share=round(float(fitted.prior[place]) * MICRO),
            identified_pairs=round(float(present[place])),
            identity_share=round(float(agreeing[place] / present[place]) * MICRO) if present[place] >= 1 else None,
            is_same=is_same,
        )
        for place, (name, is_same) in enumerate(zip(kind.classes, same_classes(kind, patterns, fitted), strict=True))
    )


def _frozen(kind: PartyKind, patterns: Patterns, fitted: Fit) -> LatentClasses:
    is_same = same_classes(kind, patterns, fitted)
    if not any(is_same):
        raise ModelRefused(
            f"no class of {kind.name} pairs passed the identity rule: in none do half of the identifiers agree"
            f" ({_told_shares(kind, patterns, fitted)})",
            hint="Train on more records, or on records of which more carry a PESEL, NIP or REGON",
        )
    return frozen(kind, fitted, is_same=is_same)


def frozen(kind: PartyKind, fitted: Fit, *, is_same: tuple[bool, ...]) -> LatentClasses:
    """What was learned, rounded once to integer micro-bits."""
    return LatentClasses(
        classes=kind.classes,
        is_same=is_same,
        prior=_micro_bits(fitted.prior),
        weights={
            comparison.name: tuple(_micro_bits(of_level) for of_level in probabilities)
            for comparison, probabilities in zip(kind.comparisons, fitted.probabilities, strict=True)
        },
    )


def _told_shares(kind: PartyKind, patterns: Patterns, fitted: Fit) -> str:
    lessons = _class_lessons(kind, patterns, fitted)
    told = [f"{one.name} {one.identity_share / MICRO:.2f}" for one in lessons if one.identity_share is not None]
    return ", ".join(told) or "no pair has one on both sides"


def same_classes(kind: PartyKind, patterns: Patterns, fitted: Fit) -> tuple[bool, ...]:
    """Which classes mean one customer: what the identifiers say, and the names of the classes where there are none."""
    if kind.identifier is None:
        return tuple(name.startswith("same_") for name in kind.classes)
    return tuple(bool(share >= 0.5) for share in identity_shares(kind, patterns, fitted))


def identity_shares(kind: PartyKind, patterns: Patterns, fitted: Fit) -> NDArray[np.float64]:
    """Per class, the share of pairs with a strong identifier on both sides in which it agrees within one edit.

    Nought for a class without such a pair: nothing confirms it.

    Source: LINKAGE, identity rule; measured .93–1.0 for classes of one customer, at most .31 for others.
    """
    if kind.identifier is None:
        raise ValueError(f"parties of kind {kind.name} have no identifier")
    present, agreeing = _identified(kind, patterns, fitted)
    return np.where(present >= 1, agreeing / np.maximum(present, 1), 0.0)


def _identified(kind: PartyKind, patterns: Patterns, fitted: Fit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per class, how many pairs have the identifier on both sides, and in how many of those it agrees."""
    if kind.identifier is None:
        return np.zeros(len(kind.classes)), np.zeros(len(kind.classes))
    name, agreeing = kind.identifier
    named = Named(patterns.levels, kind.comparisons)
    present, agrees = ~named.at(name, "missing"), named.at(name, *agreeing)
    weights = fitted.responsibilities * patterns.counts[:, None]
    return weights[present].sum(axis=0), weights[agrees & present].sum(axis=0)


def _micro_bits(probabilities: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(round(float(bits) * MICRO) for bits in np.log2(np.maximum(probabilities, 1e-12)))
