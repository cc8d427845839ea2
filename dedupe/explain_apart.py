"""Why two customers are not one.

Told are the best pair between them with its decision, and what keeps them apart: the party kind, a clerk's word, a
refused merge with the numbers that refused it, a hard rule, or the model. Where no blocking rule proposed any pair
between them, all pairs are compared here, so that the reader still sees how near they come.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.matching import Clustering
from dedupe.blocking import Pairs
from dedupe.customers import max_records
from dedupe.decisions import CLERK, DECIDERS, DECISIONS, POSSIBLE_LINK, RULE, ClerkDecision, standing_decisions
from dedupe.explain_cluster import (
    Meeting,
    References,
    decision_dict,
    evidence_dict,
    limits_dict,
    linked_records,
    meeting,
)
from dedupe.linked import Linked
from dedupe.model import Model
from dedupe.replay import JOINED, Evidence
from dedupe.scoring import Scored, score

REASONS = {
    "party_kinds": "One is a person and one a firm: they are related, if at all.",
    "clerk": "A clerk said that they are different.",
    "oversize": "Together they would have more records than a customer may have.",
    "refused_merge": "A link between them was not followed: records contradict each other, or the pairs speak against.",
    "weak_bridge": "A link between them was not followed: between two groups more evidence is asked for.",
    "rule": "A rule forbids the best pair.",
    "possible_link": "The model leaves the best pair to a clerk.",
    "model": "The model takes the best pair for two customers.",
    "never_compared": "No blocking rule proposed a pair of theirs; what is shown was compared for this answer only.",
    "one_customer": "By the model and decisions of now they are one customer.",
}
"""What keeps two customers apart."""


@dataclass(frozen=True)
class BestPair:
    """The pair between two customers that says most for a link."""

    record_id_1: str
    record_id_2: str
    match_weight: int
    match_probability: int
    decision: str
    decided_by: str
    reason: str | None
    is_candidate: bool
    """Whether a blocking rule proposed it."""


@dataclass(frozen=True)
class ApartExplanation:
    """What keeps two customers apart."""

    reason: str
    """A key of :data:`REASONS`."""
    best: BestPair | None
    """None only for a person and a firm."""
    evidence: Evidence | None
    """What all pairs between them say together, whether or not anybody asked."""
    conflicts: tuple[tuple[str, str], ...]
    """Pairs whose identifiers contradict each other."""
    refusals: tuple[Meeting, ...]
    """Links between them that were not followed, in the order they were tried."""
    decisions: tuple[ClerkDecision, ...]
    """Clerks' standing decisions between them."""
    records: int
    """How many records both have together."""
    max_records: int
    limits: Clustering

    def to_dict(self, references: References) -> dict[str, Any]:
        """As JSON, without record ids."""
        return {
            "reason": self.reason,
            "meaning": REASONS[self.reason],
            "best_pair": self.best and _best_dict(self.best, references),
            "together": self.evidence and evidence_dict(self.evidence),
            "conflicts": [[references[one], references[other]] for one, other in self.conflicts],
            "refusals": [refusal.to_dict(references) for refusal in self.refusals],
            "decisions": [decision_dict(decision, references) for decision in self.decisions],
            "records": self.records,
            "limits": {**limits_dict(self.limits), "max_records": self.max_records},
        }


def explain_apart(
    records: pa.Table,
    record_ids_1: Collection[str],
    record_ids_2: Collection[str],
    *,
    model: Model,
    clerk: Sequence[ClerkDecision],
) -> ApartExplanation:
    """Why the records of two customers were not joined.

    Args:
        records: the live party records.
        record_ids_1: all records of one customer.
        record_ids_2: all records of the other; the order does not matter.
        model: the model in use.
        clerk: the decisions the customers were made with.

    Raises:
        UsageError: a record is not live, or those of one customer are not of one party kind.
    """
    first, second = sorted((sorted(record_ids_1), sorted(record_ids_2)))
    limits = model.matching.clustering
    if _kind(records, first) != _kind(records, second):
        return ApartExplanation("party_kinds", None, None, (), (), (), len(first) + len(second), 0, limits)
    linked = linked_records(records, [*first, *second], model=model, clerk=clerk)
    ours, theirs = linked.positions(first), linked.positions(second)
    best, refusals = _best_pair(linked, ours, theirs, model), _refusals(linked, ours, theirs)
    decisions = _between(first, second, clerk)
    return ApartExplanation(
        reason=_reason(linked, ours, theirs, best, refusals, decisions),
        best=best,
        evidence=linked.world.evidence(ours, theirs),
        conflicts=_conflicts(linked, ours, theirs),
        refusals=refusals,
        decisions=decisions,
        records=len(first) + len(second),
        max_records=max_records(linked.features.party_kind, limits),
        limits=limits,
    )


def _kind(records: pa.Table, record_ids: Sequence[str]) -> set[str]:
    chosen = pc.is_in(records["record_id"], value_set=pa.array(record_ids, pa.string()))
    return set(records["party_kind"].filter(chosen).to_pylist())


def _best_pair(linked: Linked, ours: Sequence[int], theirs: Sequence[int], model: Model) -> BestPair:
    """The pair of the best decision, then of the greatest weight; of candidates if there are any."""
    scored, places = linked.scored, _candidates(linked.scored, ours, theirs)
    is_candidate = bool(len(places))
    if not is_candidate:
        scored = _compare_all(linked, ours, theirs, model)
        places = np.arange(len(scored.pairs))
    weight, decided = scored.weights.match_weight, scored.decided
    at = int(max(places.tolist(), key=lambda place: (decided.decision[place], weight[place], -place)))
    one, other = linked.ids((int(scored.pairs.left[at]), int(scored.pairs.right[at])))
    reason = "possible_link" if decided.decision[at] == POSSIBLE_LINK else decided.reason[at]
    return BestPair(
        record_id_1=one,
        record_id_2=other,
        match_weight=int(weight[at]),
        match_probability=int(scored.weights.match_probability[at]),
        decision=DECISIONS[int(decided.decision[at])],
        decided_by=DECIDERS[int(decided.decided_by[at])],
        reason=reason,
        is_candidate=is_candidate,
    )


def _candidates(scored: Scored, ours: Sequence[int], theirs: Sequence[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    left, right = scored.pairs.left, scored.pairs.right
    one_way = np.isin(left, ours) & np.isin(right, theirs)
    return np.flatnonzero(one_way | (np.isin(left, theirs) & np.isin(right, ours)))


def _compare_all(linked: Linked, ours: Sequence[int], theirs: Sequence[int], model: Model) -> Scored:
    crossing = sorted((min(pair), max(pair)) for pair in product(ours, theirs))
    left, right = (np.array(side, dtype=np.int64) for side in zip(*crossing, strict=True))
    return score(linked.features, Pairs(left, right, np.zeros(len(left), dtype=np.int64)), model=model, clerk={})


def _refusals(linked: Linked, ours: Sequence[int], theirs: Sequence[int]) -> tuple[Meeting, ...]:
    """Attempts between parts of the two customers and of nobody else."""
    sides = set(ours), set(theirs)
    return tuple(
        meeting(attempt, linked)
        for attempt in linked.attempts()
        for one, other in (sides, sides[::-1])
        if attempt.refusal != JOINED and set(attempt.ours) <= one and set(attempt.theirs) <= other
    )


def _between(first: Collection[str], second: Collection[str], clerk: Sequence[ClerkDecision]) -> tuple[Any, ...]:
    sides = {*product(first, second), *product(second, first)}
    standing = sorted(standing_decisions(clerk).values(), key=lambda decision: decision.decision_no)
    return tuple(decision for decision in standing if (decision.record_id_1, decision.record_id_2) in sides)


def _conflicts(linked: Linked, ours: Sequence[int], theirs: Sequence[int]) -> tuple[tuple[str, str], ...]:
    conflict = linked.world.conflict
    found = [pair for pair in product(ours, theirs) if conflict(*pair) == "conflict"]
    return tuple((one, other) for one, other in map(linked.ids, found))


def _reason(
    linked: Linked,
    ours: Sequence[int],
    theirs: Sequence[int],
    best: BestPair,
    refusals: Sequence[Meeting],
    decisions: Sequence[ClerkDecision],
) -> str:
    if _is_one(linked, ours, theirs):
        return "one_customer"
    if any(decision.kind == "different" for decision in decisions):
        return "clerk"
    if refusals:  # the most urgent one, as in the queue
        return min(refusals, key=lambda one: (one.refusal == "refused_merge", -(one.micro_bits or 0))).refusal or ""
    if not best.is_candidate:
        return "never_compared"
    return {DECIDERS[RULE]: "rule", DECIDERS[CLERK]: "clerk"}.get(best.decided_by) or best.reason or "model"


def _is_one(linked: Linked, ours: Sequence[int], theirs: Sequence[int]) -> bool:
    joined = [attempt for attempt in linked.attempts() if attempt.refusal == JOINED]
    return any(
        set(ours) & set(group) and set(theirs) & set(group) for group in (one.ours + one.theirs for one in joined)
    )


def _best_dict(best: BestPair, references: References) -> dict[str, Any]:
    return {
        "record_ref_1": references[best.record_id_1],
        "record_ref_2": references[best.record_id_2],
        "match_weight": best.match_weight,
        "match_probability": best.match_probability,
        "decision": best.decision,
        "decided_by": best.decided_by,
        "reason": best.reason,
        "is_candidate": best.is_candidate,
    }
