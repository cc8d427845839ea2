"""What each idea is worth: learned again without it on one estate, judged on another.

Two numbers for each. At the natural cut (a posterior of one half) no truth chooses anything: cluster F1. At precision
.999 the truth chooses the cut, for every variant alike: the lowest link weight, in quarters of a bit, at which the
closure of the links is right in 999 of 1000 pairs, and the recall it leaves. The product publishes near that point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from blekit.bench.ideas import IDEAS, Compared, Idea
from blekit.bench.labelled import Labelled, Longs, Mask, label
from blekit.scoring.rates import components
from config.matching import Matching, load_matching
from dedupe.blocking import Pairs, find_pairs
from dedupe.decisions import RULE
from dedupe.em import find_patterns, fit
from dedupe.engine import compare_pairs, weigh, what_is_known
from dedupe.features import party_features
from dedupe.kernels import Levels
from dedupe.model import MICRO, LatentClasses, Model
from dedupe.party_kinds import PARTY_KINDS, PartyKind
from dedupe.scoring import decide_pairs
from dedupe.starting_rules import allowed_classes
from dedupe.training import same_classes, train

Progress = Callable[[str], None]
PRECISION = 0.999
MOST_BITS = 20
EVERYTHING = "everything"
NOTHING = dict.fromkeys(("precision_natural", "recall_natural", "f1_natural", "recall_at_999", "f1_at_999"), 0.0)
"""What a model is worth that the identity rule refuses."""
_SEED = 11


@dataclass(frozen=True)
class Side:
    """One estate's records of one kind, blocked and compared with everything in place."""

    records: pa.Table
    compared: Compared


def ablation(
    train_records: pa.Table,
    records: pa.Table,
    truth: pd.DataFrame,
    *,
    ideas: Sequence[Idea] = IDEAS,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """One row per idea, after a row with everything for each party kind.

    Args:
        train_records: party records to learn from, without labels; another seed.
        records: party records to judge on.
        truth: ``record_id, entity_id`` of those.
        ideas: what to take out, one at a time.
        progress: told what is tried.

    Returns:
        ``idea, party_kind, f1_natural, delta, recall_at_999, delta_at_999, f1_at_999, candidate_pairs, blocking_recall,
        changed_pairs, is_refused``; a delta is the variant's less that with everything: negative is what the idea
        brings. A variant whose classes the identity rule refuses (none of one customer, or none of others) links
        nothing.
    """
    tell = progress or (lambda message: None)
    model = train(train_records, seed=_SEED, matching=load_matching())
    rows: list[dict[str, Any]] = []
    for party_kind in PARTY_KINDS:
        bench = Bench.make(party_kind, model, train_records, records, truth)
        tell(f"{party_kind}: {EVERYTHING}")
        full = {"idea": EVERYTHING, "party_kind": party_kind, **bench.judge_full()}
        rows.append(_with_deltas(full, full))
        for idea in ideas:
            if idea.party_kind == party_kind:
                tell(f"{party_kind}: without {idea.name}")
                row = {"idea": idea.name, "party_kind": party_kind, **bench.judge(idea)}
                rows.append(_with_deltas(row, full))
    return rows


def _with_deltas(row: dict[str, Any], full: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "delta": round(row["f1_natural"] - full["f1_natural"], 6),
        "delta_at_999": round(row["recall_at_999"] - full["recall_at_999"], 6),
    }


@dataclass(frozen=True)
class Bench:
    """What all variants of one party kind share."""

    model: Model
    truth: pd.DataFrame
    learning: Side
    judging: Side

    @classmethod
    def make(
        cls, party_kind: str, model: Model, train_records: pa.Table, records: pa.Table, truth: pd.DataFrame
    ) -> Bench:
        """Both estates compared once with everything in place."""
        sides = [
            Side(table, _compare(table, model, Idea(EVERYTHING, party_kind))) for table in (train_records, records)
        ]
        return cls(model, truth, *sides)

    def judge_full(self) -> dict[str, Any]:
        """The row with everything in place."""
        compared = self.judging.compared
        kind = compared.features.kind
        classes = self.model.classes_of(kind.name)
        return self._judge(compared, compared.levels, kind, classes, is_agglomerated=True)

    def judge(self, idea: Idea) -> dict[str, Any]:
        """The row of one idea."""
        compared = self._compared(self.judging, idea)
        kind, levels = _kind_without(idea, compared.features.kind), idea.levels(compared)
        classes = self._learned(idea) if idea.is_retrained else self.model.classes_of(kind.name)
        seen = _hidden(levels, kind, idea.hidden)
        return self._judge(compared, levels, kind, classes, seen=seen, is_agglomerated=idea.is_agglomerated)

    def _compared(self, side: Side, idea: Idea) -> Compared:
        return _compare(side.records, self.model, idea) if idea.is_rebuilt else side.compared

    def _learned(self, idea: Idea) -> LatentClasses:
        compared = self._compared(self.learning, idea)
        kind, levels = _kind_without(idea, compared.features.kind), idea.levels(compared)
        return learn_classes(kind, levels, hidden=idea.hidden)

    def _judge(
        self,
        compared: Compared,
        levels: Levels,
        kind: PartyKind,
        classes: LatentClasses,
        *,
        is_agglomerated: bool,
        seen: Levels | None = None,
    ) -> dict[str, Any]:
        features, pairs = replace(compared.features, kind=kind), compared.pairs
        labelled = label(features, pairs, self.truth)
        counts = {
            "candidate_pairs": len(pairs),
            "blocking_recall": labelled.blocking_recall(),
            "changed_pairs": self._changed(pairs, levels if seen is None else seen),
        }
        if not any(classes.is_same) or all(classes.is_same):
            return {**NOTHING, **counts, "is_refused": True}
        weight = weigh(levels if seen is None else seen, classes, kind).match_weight
        decided = decide_pairs(features, pairs.left, pairs.right, levels, model=self._model_of(kind, classes), clerk={})
        forbidden = decided.decided_by == RULE
        variant = Variant(labelled, weight, forbidden, self.model.matching, is_agglomerated)
        return {**variant.rates(), **counts, "is_refused": False}

    def _model_of(self, kind: PartyKind, classes: LatentClasses) -> Model:
        is_person = kind.name == "person"
        return replace(self.model, person=classes) if is_person else replace(self.model, firm=classes)

    def _changed(self, pairs: Pairs, levels: Levels) -> int:
        """Candidate pairs that come, go or have another level: an idea that concerns none was not tried."""
        full, records = self.judging.compared, np.int64(len(self.judging.compared.features))
        before, after = (each.left * records + each.right for each in (full.pairs, pairs))
        _, at, at_2 = np.intersect1d(before, after, assume_unique=True, return_indices=True)
        shared = full.levels.shape[1]
        differing = (full.levels[at] != levels[at_2][:, :shared]).any(axis=1)
        return len(before) + len(after) - 2 * len(at) + int(differing.sum())


def _compare(records: pa.Table, model: Model, idea: Idea) -> Compared:
    matching: Matching = idea.matching(model.matching) if idea.matching else model.matching
    features = party_features(records, party_kind=idea.party_kind, matching=matching)
    features = idea.features(features) if idea.features else features
    pairs, _ = find_pairs(features, caps=matching.caps)
    known = what_is_known(features, matching=matching, rarities=model.rarities)
    return Compared(features, pairs, compare_pairs(features, pairs.left, pairs.right, known=known), known)


def _kind_without(idea: Idea, full: PartyKind) -> PartyKind:
    kind = idea.kind(full) if idea.kind else full
    return replace(kind, comparisons=kind.comparisons + idea.more)


def _hidden(levels: Levels, kind: PartyKind, hidden: Sequence[str]) -> Levels:
    """The levels with some comparisons missing everywhere: no factor in any class."""
    places = [place for place, comparison in enumerate(kind.comparisons) if comparison.name in hidden]
    found = levels.copy()
    found[:, places] = 0
    return found


def learn_classes(kind: PartyKind, levels: Levels, *, hidden: Sequence[str] = ()) -> LatentClasses:
    """The latent classes of some levels, as training learns them, but with comparisons the model does not see."""
    patterns = find_patterns(levels)
    seen = replace(patterns, levels=_hidden(patterns.levels, kind, hidden))
    fitted = fit(
        seen,
        level_counts=[len(comparison.levels) for comparison in kind.comparisons],
        start=kind.start(patterns.levels),
        allowed=allowed_classes(patterns.levels, kind),
    )
    return LatentClasses(
        classes=kind.classes,
        is_same=same_classes(kind, patterns, fitted),
        prior=_micro_bits(fitted.prior),
        weights={
            comparison.name: tuple(_micro_bits(of_level) for of_level in probabilities)
            for comparison, probabilities in zip(kind.comparisons, fitted.probabilities, strict=True)
        },
    )


def _micro_bits(probabilities: Any) -> tuple[int, ...]:
    return tuple(round(float(bits) * MICRO) for bits in np.log2(np.maximum(probabilities, 1e-12)))


@dataclass(frozen=True)
class Variant:
    """Weights of the candidate pairs without an idea, and how they become clusters."""

    labelled: Labelled
    weight: Longs
    forbidden: Mask
    matching: Matching
    is_agglomerated: bool

    def rates(self) -> dict[str, float]:
        """At the natural cut, and at the cut of precision .999."""
        natural = self.at(0)
        precise = self.precise()
        return {
            "precision_natural": natural["precision"],
            "recall_natural": natural["recall"],
            "f1_natural": natural["f1"],
            "recall_at_999": precise["recall"],
            "f1_at_999": precise["f1"],
        }

    def at(self, micro_bits: int) -> dict[str, float]:
        """Cluster rates with links from a weight on."""
        is_link = (self.weight >= micro_bits) & ~self.forbidden
        return dict(self.labelled.cluster_rates(self._groups(is_link)))

    def precise(self) -> dict[str, float]:
        """Cluster rates at the lowest cut that is precise enough; no recall where none is."""
        for cut in _cuts():
            if (found := self.at(cut))["precision"] >= PRECISION:
                finer = (self.at(cut - quarter * MICRO // 4) for quarter in (3, 2, 1))
                return next((better for better in finer if better["precision"] >= PRECISION), found)
        return {"precision": 1.0, "recall": 0.0, "f1": 0.0}

    def _groups(self, is_link: Mask) -> Longs:
        pairs, clustering = self.labelled.pairs, self.matching.clustering
        if not self.is_agglomerated:
            return components(len(self.labelled.features), pairs.left[is_link], pairs.right[is_link])
        # As in the product: what a rule forbids cannot speak for a merge.
        weight = np.where(self.forbidden, np.minimum(self.weight, clustering.unseen_pair), self.weight)
        return self.labelled.cluster(weight, is_link, settings=clustering)


def _cuts() -> Iterator[int]:
    return (bits * MICRO for bits in range(MOST_BITS + 1))
