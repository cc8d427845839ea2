"""Why the records of one customer hang together, and where that is weakest.

A customer grew link by link; each join is told with the weight of its link and with what all pairs between the two
groups said together at that moment. The join with the least of it is the weakest bridge: cut it, and the records on its
lesser side leave. Refused links and clerks' decisions stand beside it. Everything is given by record_id, which is
personal; :meth:`ClusterExplanation.to_dict` puts references in their place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import UsageError
from config.matching import Clustering
from dedupe.decisions import ClerkDecision, standing_decisions
from dedupe.features import party_features
from dedupe.linked import Linked, linked_around
from dedupe.model import Model
from dedupe.replay import JOINED, Attempt, Evidence

References = Mapping[str, str]
"""record_id to what stands for it in front of people."""


@dataclass(frozen=True)
class Meeting:
    """Two groups that met by a link or a clerk's word: they joined, or were refused."""

    record_id_1: str
    record_id_2: str
    micro_bits: int | None
    """Weight of the pair they met by; None where a clerk joined records that were never compared."""
    decided_by: str
    """``model`` or ``clerk``: whose word brought them together."""
    group_1: tuple[str, ...]
    group_2: tuple[str, ...]
    evidence: Evidence
    """What all pairs between the two groups said together."""
    conflicts: tuple[tuple[str, str], ...]
    """Pairs between them whose identifiers contradict each other."""
    refusal: str | None
    """None where they joined; else ``clerk``, ``oversize``, ``refused_merge`` or ``weak_bridge``."""

    def to_dict(self, references: References) -> dict[str, Any]:
        """As JSON, without record ids."""
        return {
            "record_ref_1": references[self.record_id_1],
            "record_ref_2": references[self.record_id_2],
            "micro_bits": self.micro_bits,
            "decided_by": self.decided_by,
            "group_1": _named(self.group_1, references),
            "group_2": _named(self.group_2, references),
            **evidence_dict(self.evidence),
            "conflicts": [_named(pair, references) for pair in self.conflicts],
            "refusal": self.refusal,
        }


@dataclass(frozen=True)
class Bridge:
    """The join with the least evidence."""

    join: int
    """Its number, from 1."""
    leaving: tuple[str, ...]
    """Records that would leave if it were cut: the lesser side of the tree of links."""
    evidence: Evidence
    """What all pairs between both sides say now that the customer is complete."""


@dataclass(frozen=True)
class ClusterExplanation:
    """How one customer came about."""

    party_kind: str
    records: tuple[str, ...]
    joins: tuple[Meeting, ...]
    """In the order they were made: a tree over the records."""
    weakest: Bridge | None
    """None for a single record, and where clerks made every join: their word is not weak."""
    refusals: tuple[Meeting, ...]
    """Links of its records that were not followed, within it or to other customers."""
    decisions: tuple[ClerkDecision, ...]
    """Standing decisions of clerks on its records."""
    is_reproduced: bool
    """Whether the same records come out again; False when model, decisions or records changed since the release."""
    limits: Clustering

    def to_dict(self, references: References) -> dict[str, Any]:
        """As JSON, without record ids.

        Args:
            references: of all records that occur (:attr:`mentioned`).
        """
        weakest = self.weakest and {
            "join": self.weakest.join,
            "leaving": _named(self.weakest.leaving, references),
            **evidence_dict(self.weakest.evidence),
        }
        return {
            "party_kind": self.party_kind,
            "record_refs": _named(self.records, references),
            "joins": [{"join": number, **join.to_dict(references)} for number, join in enumerate(self.joins, start=1)],
            "weakest_bridge": weakest,
            "refusals": [refusal.to_dict(references) for refusal in self.refusals],
            "decisions": [decision_dict(decision, references) for decision in self.decisions],
            "is_reproduced": self.is_reproduced,
            "limits": limits_dict(self.limits),
        }

    @property
    def mentioned(self) -> frozenset[str]:
        """Every record that occurs, those of other customers among them."""
        return frozenset(self.records).union(*(meeting.group_1 + meeting.group_2 for meeting in self.refusals))


def explain_cluster(
    records: pa.Table, record_ids: Collection[str], *, model: Model, clerk: Sequence[ClerkDecision]
) -> ClusterExplanation:
    """Why these records are one customer.

    Args:
        records: the live party records: who shares a value with whom is part of the evidence.
        record_ids: all records of one customer.
        model: the model in use.
        clerk: the decisions the customer was made with.

    Raises:
        UsageError: a record is not live, or they are not of one party kind.
    """
    linked = linked_records(records, record_ids, model=model, clerk=clerk)
    members = linked.positions(record_ids)
    attempts = [attempt for attempt in linked.attempts() if set(attempt.ours + attempt.theirs) & set(members)]
    joins = [attempt for attempt in attempts if attempt.refusal == JOINED]
    ends = set(members).union(*(attempt.ours + attempt.theirs for attempt in joins))
    return ClusterExplanation(
        party_kind=linked.features.party_kind,
        records=linked.ids(members),
        joins=tuple(meeting(join, linked) for join in joins),
        weakest=_weakest(joins, linked),
        refusals=tuple(meeting(attempt, linked) for attempt in attempts if attempt.refusal != JOINED),
        decisions=decisions_on(record_ids, clerk),
        is_reproduced=ends == set(members) and len(joins) == len(members) - 1,
        limits=linked.world.settings,
    )


def linked_records(
    records: pa.Table, record_ids: Collection[str], *, model: Model, clerk: Sequence[ClerkDecision]
) -> Linked:
    """What links connect with records of one party kind.

    Raises:
        UsageError: a record is not live, or they are not of one party kind.
    """
    chosen = pc.is_in(records["record_id"], value_set=pa.array(sorted(record_ids), pa.string()))
    kinds = records["party_kind"].filter(chosen).to_pylist()
    if not kinds or len(kinds) != len(set(record_ids)):
        raise UsageError("only live records can be explained")
    if len(set(kinds)) > 1:
        raise UsageError("a person and a firm are never one customer: they are related, if at all")
    features = party_features(records, party_kind=kinds[0], matching=model.matching)
    return linked_around(features, record_ids, model=model, clerk=clerk)


def meeting(attempt: Attempt, linked: Linked) -> Meeting:
    """An attempt, by record ids."""
    one, other = linked.ids((attempt.left, attempt.right))
    ours, theirs = linked.ids(attempt.ours), linked.ids(attempt.theirs)
    return Meeting(
        record_id_1=one,
        record_id_2=other,
        micro_bits=attempt.weight,
        decided_by="clerk" if attempt.is_clerk else "model",
        group_1=ours,
        group_2=theirs,
        evidence=attempt.evidence,
        conflicts=tuple((one, other) for one, other in map(linked.ids, attempt.conflicts)),
        refusal=attempt.refusal or None,
    )


def _weakest(joins: Sequence[Attempt], linked: Linked) -> Bridge | None:
    """The join with the least evidence when it was made, and what its cut would part; ties go to the later one."""
    numbered = [(join.evidence.summed, -number) for number, join in enumerate(joins, start=1) if not join.is_clerk]
    if not numbered:
        return None
    number = -min(numbered)[1]
    cut = joins[number - 1]
    rest = [(join.left, join.right) for join in joins if join is not cut]
    one, other = _side(cut.left, rest), _side(cut.right, rest)
    # Of two equal sides the one without the least record leaves.
    leaving, staying = sorted((one, other), key=lambda side: (len(side), -min(side)))
    evidence = linked.world.evidence(sorted(leaving), sorted(staying))
    return Bridge(number, linked.ids(sorted(leaving)), evidence)


def _side(start: int, edges: Sequence[tuple[int, int]]) -> set[int]:
    """The records a tree still connects with one of them."""
    found, is_growing = {start}, True
    while is_growing:
        reached = {end for edge in edges if found & set(edge) for end in edge}
        is_growing = not reached <= found
        found |= reached
    return found


def decisions_on(record_ids: Collection[str], clerk: Sequence[ClerkDecision]) -> tuple[ClerkDecision, ...]:
    """The standing decisions on pairs of these records, in the order they were made."""
    own = set(record_ids)
    standing = standing_decisions(clerk).values()
    inside = [decision for decision in standing if {decision.record_id_1, decision.record_id_2} <= own]
    return tuple(sorted(inside, key=lambda decision: decision.decision_no))


def evidence_dict(evidence: Evidence) -> dict[str, int]:
    """What two groups say together, as JSON."""
    return {
        "summed_micro_bits": evidence.summed,
        "compared_pairs": evidence.compared,
        "unseen_pairs": evidence.unseen,
    }


def decision_dict(decision: ClerkDecision, references: References) -> dict[str, Any]:
    """A clerk's decision as JSON, without record ids."""
    return {
        "decision_no": decision.decision_no,
        "kind": decision.kind,
        "record_ref_1": references[decision.record_id_1],
        "record_ref_2": references[decision.record_id_2],
    }


def limits_dict(limits: Clustering) -> dict[str, int]:
    """The limits of merges as JSON, micro-bits."""
    return {
        "refuse_at": limits.refuse_at,
        "weak_bridge_at": limits.weak_bridge_at,
        "unseen_pair": limits.unseen_pair,
        "clip": limits.clip,
    }


def _named(record_ids: Sequence[str], references: References) -> list[str]:
    return [references[record_id] for record_id in record_ids]
