"""The partition function: which records are one customer (DESIGN §12).

Never plain connected components: one wrong link would chain two households together. Groups grow best link first, and
two of them join only when nothing forbids it and the sum of what all pairs between them say does not speak against it.
A clerk's word is taken first and holds through any bridge. Everything is integers with ties broken by record id, so
neither row order nor threads can change the outcome. The loops are in :mod:`dedupe.partition_loops`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.matching import Clustering
from dedupe.coding import Coded
from dedupe.conflicts import Conflict, Identifiers
from dedupe.partition_loops import (
    CLERK,
    FOLLOWED,
    NO,
    OVERSIZE,
    REFUSED_MERGE,
    UNKNOWN,
    WEAK_BRIDGE,
    YES,
    Groups,
    Limits,
    Neighbours,
    Seen,
    copied,
    follow_clerk,
    follow_links,
    is_linked,
    join_all,
    make_groups,
    neighbours,
    root,
    roots,
)

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs of record positions with their weight; ``left < right``, sorted, each once."""

    left: Longs
    right: Longs
    weight: Longs
    is_link: NDArray[np.bool_]


@dataclass(frozen=True)
class ClerkPair:
    """A standing decision on two live records."""

    left: int
    right: int
    is_same: bool


@dataclass(frozen=True)
class Refusal:
    """A link, or a clerk's word, that was not followed."""

    left: int
    right: int
    reason: str
    """``clerk``, ``refused_merge``, ``weak_bridge`` or ``oversize``."""


@dataclass(frozen=True)
class Partition:
    """A group number per record, and the links that were refused."""

    group: Longs
    refusals: tuple[Refusal, ...]


REASONS = {CLERK: "clerk", REFUSED_MERGE: "refused_merge", WEAK_BRIDGE: "weak_bridge", OVERSIZE: "oversize"}


def partition(
    records: int,
    pairs: ScoredPairs,
    *,
    clerk: Sequence[ClerkPair],
    conflict: Conflict,
    settings: Clustering,
    max_records: int,
) -> Partition:
    """Which records belong together.

    Args:
        records: how many there are.
        pairs: all compared pairs; the rule's and the clerk's decisions are already in ``is_link``.
        clerk: standing decisions in the order they were made.
        conflict: what the identifiers of two records say about each other; fastest as :class:`Identifiers`.
        settings: clipping and thresholds, micro-bits.
        max_records: how large a group may grow.
    """
    same, apart = _of_clerk(clerk, is_same=True), _of_clerk(clerk, is_same=False)
    groups, foes = make_groups(records), neighbours(records, *apart)
    for side in apart:
        groups.has_foe[side] = True
    refusals = _refusals(*same, follow_clerk(groups, foes, *same))
    order = np.flatnonzero(pairs.is_link)
    order = order[np.argsort(-pairs.weight[order], kind="stable")]  # the pairs are sorted: ties go to the lesser record
    left, right = pairs.left[order], pairs.right[order]
    component, is_large = _components(records, (np.append(left, same[0]), np.append(right, same[1])))
    links = _Links(
        groups=groups,
        left=left,
        right=right,
        is_simple=~is_large[component[left]],
        seen=_seen(records, pairs, component, is_large, settings),
        foes=foes,
        atoms=copied(groups),
        limits=Limits(settings.unseen_pair, settings.refuse_at, settings.weak_bridge_at, max_records),
    )
    reasons = links.follow(conflict)
    return Partition(roots(groups.parent).astype(np.int64), (*refusals, *_refusals(left, right, reasons)))


def _of_clerk(clerk: Sequence[ClerkPair], *, is_same: bool) -> tuple[Longs, Longs]:
    chosen = [(pair.left, pair.right) for pair in clerk if pair.is_same == is_same]
    left, right = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    return left.copy(), right.copy()


def _refusals(left: Longs, right: Longs, reasons: NDArray[np.int8]) -> tuple[Refusal, ...]:
    refused = np.flatnonzero(reasons != FOLLOWED)
    return tuple(
        Refusal(one, other, REASONS[reason])
        for one, other, reason in zip(
            left[refused].tolist(), right[refused].tolist(), reasons[refused].tolist(), strict=True
        )
    )


def _components(records: int, links: tuple[Longs, Longs]) -> tuple[NDArray[np.int32], Mask]:
    """What links and clerks connect, and which components have a third record that may speak."""
    component = join_all(make_groups(records), *links)
    return component, np.bincount(component, minlength=records) > 2


def _seen(records: int, pairs: ScoredPairs, component: NDArray[np.int32], is_large: Mask, settings: Clustering) -> Seen:
    """The pairs that can be asked for: those inside one component of links."""
    ours = component[pairs.left]
    inside = np.flatnonzero(is_large[ours] & (ours == component[pairs.right]))
    weights = np.clip(pairs.weight[inside], -settings.clip, settings.clip)
    return Seen(neighbours(records, pairs.left[inside], pairs.right[inside]), weights, pairs.is_link[inside])


@dataclass(frozen=True)
class _Links:
    """Links to be followed, best first."""

    groups: Groups
    left: Longs
    right: Longs
    is_simple: Mask
    seen: Seen
    foes: Neighbours
    atoms: Groups
    """As clerks made them."""
    limits: Limits

    def follow(self, conflict: Conflict) -> NDArray[np.int8]:
        """Why each link was not followed, 0 where it was."""
        reasons = np.zeros(len(self.left), dtype=np.int8)
        is_asking = not isinstance(conflict, Identifiers)
        known = (conflict if isinstance(conflict, Identifiers) else _NOBODY).packed()
        asked = (self.is_simple, self.seen, self.foes, self.atoms, known, self.limits, reasons)
        place, answer = 0, UNKNOWN
        while True:
            place = follow_links(self.groups, self.left, self.right, *asked, place, answer, is_asking)
            if place == len(self.left):
                return reasons
            answer = YES if self._contradict(place, conflict) else NO

    def _contradict(self, place: int, conflict: Conflict) -> bool:
        """What the loop does itself for :class:`Identifiers`."""
        ours, theirs = (_members(self.groups, side[place]) for side in (self.left, self.right))
        return any(
            conflict(one, other) == "conflict"
            and not is_linked(self.seen, one, other)
            and not any(
                conflict(mine, its) == "agreement"
                for mine in _members(self.atoms, one)
                for its in _members(self.atoms, other)
            )
            for one in ours
            for other in theirs
        )


def _members(groups: Groups, record: int) -> list[int]:
    found = [int(root(groups.parent, record))]
    while groups.after[found[-1]] >= 0:
        found.append(int(groups.after[found[-1]]))
    return found


_NOTHING = Coded(np.empty(0, dtype=np.int32), ())
_NOBODY = Identifiers(_NOTHING, _NOTHING, None)
