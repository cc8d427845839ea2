"""The part of the live records that links connect with a few of them, and everything that was compared around it.

A customer can be explained without resolving the nation: only pairs that touch its component are found and weighed, and
the component grows until no link leads out of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.blocking import find_pairs
from dedupe.coding import PartyFeatures
from dedupe.conflicts import conflict_of
from dedupe.customers import clustering_pairs, max_records
from dedupe.decisions import ClerkDecision, standing_decisions
from dedupe.model import Model
from dedupe.partition import ScoredPairs
from dedupe.replay import Attempt, SeenPair, World, replay
from dedupe.scoring import Scored, score

Mask = NDArray[np.bool_]
Edges = list[tuple[int, int]]


@dataclass(frozen=True)
class Linked:
    """What links connect with the records asked for."""

    features: PartyFeatures
    scored: Scored
    """All pairs that touch the components."""
    world: World
    components: tuple[tuple[int, ...], ...]
    """Positions of the records, one component after the other."""

    def positions(self, record_ids: Collection[str]) -> tuple[int, ...]:
        """Where records stand in the features, sorted."""
        return tuple(np.flatnonzero(np.isin(self.features.record_ids, list(record_ids))).tolist())

    def ids(self, positions: Iterable[int]) -> tuple[str, ...]:
        """The record ids at positions."""
        return tuple(self.features.record_ids[position] for position in positions)

    def attempts(self) -> tuple[Attempt, ...]:
        """Every attempt to join two groups, component by component."""
        return tuple(attempt for component in self.components for attempt in replay(component, self.world))


def linked_around(
    features: PartyFeatures, record_ids: Collection[str], *, model: Model, clerk: Sequence[ClerkDecision]
) -> Linked:
    """The components of some records.

    Args:
        features: all live records of one party kind: who shares a value with whom is part of the evidence.
        record_ids: the records asked for.
        model: the model in use.
        clerk: all decisions of stewards; one whose records are not both live sleeps.
    """
    settings, standing = model.matching.clustering, standing_decisions(clerk)
    inside = np.isin(features.record_ids, list(record_ids))
    while True:
        pairs, _ = find_pairs(features, caps=model.matching.caps, touching=inside)
        scored = score(features, pairs, model=model, clerk=standing)
        weighed = clustering_pairs(scored, settings)
        edges = _edges(weighed, scored, inside)
        grown = inside.copy()
        grown[[end for edge in edges for end in edge]] = True
        if (grown == inside).all():
            break
        inside = grown
    limit = max_records(features.party_kind, settings)
    world = World(_seen(weighed, inside), scored.clerk, conflict_of(features), settings, limit)
    return Linked(features, scored, world, _components(np.flatnonzero(inside).tolist(), edges))


def _edges(pairs: ScoredPairs, scored: Scored, inside: Mask) -> Edges:
    """Links and clerks' "same" that touch the records inside."""
    at = np.flatnonzero(pairs.is_link & (inside[pairs.left] | inside[pairs.right]))
    links = list(zip(pairs.left[at].tolist(), pairs.right[at].tolist(), strict=True))
    same = [(pair.left, pair.right) for pair in scored.clerk if pair.is_same]
    return links + [(left, right) for left, right in same if inside[left] or inside[right]]


def _seen(pairs: ScoredPairs, inside: Mask) -> dict[tuple[int, int], SeenPair]:
    at = np.flatnonzero(inside[pairs.left] & inside[pairs.right])
    columns = (pairs.left[at], pairs.right[at], pairs.weight[at], pairs.is_link[at])
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return {(left, right): SeenPair(weight, is_link) for left, right, weight, is_link in rows}


def _components(records: Sequence[int], edges: Edges) -> tuple[tuple[int, ...], ...]:
    of = {record: frozenset({record}) for record in records}
    for one, other in edges:
        if of[one] is not of[other]:
            joined = of[one] | of[other]
            of.update(dict.fromkeys(joined, joined))
    return tuple(sorted(tuple(sorted(component)) for component in set(of.values())))
