"""The partition function: which records are one customer (DESIGN §12).

Never plain connected components: one wrong link would chain two households together. Groups grow best link first, and
two of them join only when nothing forbids it and the sum of what all pairs between them say does not speak against it.
A clerk's word is taken first and holds through any bridge. Everything is integers with ties broken by record id, so
neither row order nor threads can change the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from config.matching import Clustering
from dedupe.conflicts import Conflict

Longs = NDArray[np.int64]


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


@dataclass
class Groups:
    """Disjoint groups of records that grow by merging."""

    parent: list[int]
    members: dict[int, list[int]] = field(default_factory=dict)

    def root(self, record: int) -> int:
        """The group of a record."""
        parent = self.parent
        while parent[record] != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    def of(self, root: int) -> list[int]:
        """The records of a group."""
        return self.members.get(root) or [root]

    def join(self, one: int, other: int) -> int:
        """Make one group of two; the least record is its root."""
        low, high = min(one, other), max(one, other)
        self.members[low] = self.of(low) + self.of(high)
        self.members.pop(high, None)
        self.parent[high] = low
        return low


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
        conflict: what the identifiers of two records say about each other.
        settings: clipping and thresholds, micro-bits.
        max_records: how large a group may grow.
    """
    groups = Groups(list(range(records)))
    apart = _Apart(groups, [(pair.left, pair.right) for pair in clerk if not pair.is_same])
    refusals = _follow_clerk(groups, apart, [pair for pair in clerk if pair.is_same])
    atoms = {record: list(groups.of(root)) for root in list(groups.members) for record in groups.of(root)}
    joining = _Joining(
        groups, apart, _Evidence(pairs, records, settings, clerk), conflict, atoms, settings, max_records
    )
    refusals += joining.follow(pairs)
    return Partition(np.array([groups.root(record) for record in range(records)], dtype=np.int64), tuple(refusals))


def _follow_clerk(groups: Groups, apart: _Apart, must: Iterable[ClerkPair]) -> list[Refusal]:
    refusals = []
    for pair in must:
        one, other = groups.root(pair.left), groups.root(pair.right)
        if one == other:
            continue
        if apart.between(one, other):
            refusals.append(Refusal(pair.left, pair.right, "clerk"))
        else:
            apart.merged(one, other, groups.join(one, other))
    return refusals


class _Apart:
    """Pairs of groups a clerk keeps apart; follows the groups as they merge."""

    def __init__(self, groups: Groups, pairs: Iterable[tuple[int, int]]) -> None:
        self._groups = groups
        self._foes: dict[int, set[int]] = {}
        for left, right in pairs:
            self._foes.setdefault(left, set()).add(right)
            self._foes.setdefault(right, set()).add(left)

    def between(self, one: int, other: int) -> bool:
        """Whether two groups must stay apart."""
        root = self._groups.root
        return any(root(foe) == other for foe in self._foes.get(one, ()))

    def merged(self, one: int, other: int, root: int) -> None:
        """Two groups became one: it has the foes of both."""
        foes = self._foes.pop(one, set()) | self._foes.pop(other, set())
        if foes:
            self._foes[root] = foes


class _Evidence:
    """Clipped weights of pairs, looked up by position; only pairs inside one component of links are ever asked."""

    def __init__(self, pairs: ScoredPairs, records: int, settings: Clustering, clerk: Sequence[ClerkPair]) -> None:
        self._records = records
        self._unseen = settings.unseen_pair
        self.component, sizes = _components(records, pairs, clerk)
        self.is_large = sizes > 2
        inside = self.component[pairs.left] == self.component[pairs.right]
        inside &= self.is_large[self.component[pairs.left]]
        keys = (pairs.left[inside] * records + pairs.right[inside]).tolist()
        weights = np.clip(pairs.weight[inside], -settings.clip, settings.clip).tolist()
        self._weights: dict[int, int] = dict(zip(keys, weights, strict=True))
        self._links = {key for key, is_link in zip(keys, pairs.is_link[inside].tolist(), strict=True) if is_link}

    def is_link(self, one: int, other: int) -> bool:
        """Whether two records were compared and linked."""
        return min(one, other) * self._records + max(one, other) in self._links

    def between(self, ours: Sequence[int], theirs: Sequence[int]) -> int:
        """What all pairs between two groups say together."""
        total, weights, records, unseen = 0, self._weights, self._records, self._unseen
        for one in ours:
            for other in theirs:
                key = one * records + other if one < other else other * records + one
                total += weights.get(key, unseen)
        return total


def _components(records: int, pairs: ScoredPairs, clerk: Sequence[ClerkPair]) -> tuple[Longs, Longs]:
    same = [pair for pair in clerk if pair.is_same]
    left = np.concatenate([pairs.left[pairs.is_link], np.array([pair.left for pair in same], dtype=np.int64)])
    right = np.concatenate([pairs.right[pairs.is_link], np.array([pair.right for pair in same], dtype=np.int64)])
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    _, labels = connected_components(graph, directed=False)
    return labels.astype(np.int64), np.bincount(labels).astype(np.int64)


@dataclass
class _Joining:
    """Follows links, best first."""

    groups: Groups
    apart: _Apart
    evidence: _Evidence
    conflict: Conflict
    atoms: dict[int, list[int]]
    settings: Clustering
    max_records: int
    refused: dict[tuple[int, int, int], str] = field(default_factory=dict)

    def follow(self, pairs: ScoredPairs) -> list[Refusal]:
        """Take the links in order of weight, ties by record; what was refused comes back."""
        order = np.flatnonzero(pairs.is_link)
        order = order[np.lexsort((pairs.right[order], pairs.left[order], -pairs.weight[order]))]
        refusals = []
        for left, right in zip(pairs.left[order].tolist(), pairs.right[order].tolist(), strict=True):
            one, other = self.groups.root(left), self.groups.root(right)
            if one == other:
                continue
            if reason := self._reason_against(one, other, is_simple=not self._is_large(left)):
                refusals.append(Refusal(left, right, reason))
            else:
                self.apart.merged(one, other, self.groups.join(one, other))
        return refusals

    def _is_large(self, record: int) -> bool:
        return bool(self.evidence.is_large[self.evidence.component[record]])

    def _reason_against(self, one: int, other: int, *, is_simple: bool) -> str:
        if self.apart.between(one, other):
            return "clerk"
        if is_simple:  # two records and the link between them: no third record can speak
            return ""
        ours, theirs = self.groups.of(one), self.groups.of(other)
        key = (min(one, other), max(one, other), len(ours) + len(theirs))
        if key not in self.refused:
            self.refused[key] = self._judge(ours, theirs)
        return self.refused[key]

    def _judge(self, ours: list[int], theirs: list[int]) -> str:
        if len(ours) + len(theirs) > self.max_records:
            return "oversize"
        total = self.evidence.between(ours, theirs)
        if total <= self.settings.refuse_at or self._conflicts(ours, theirs):
            return "refused_merge"
        is_bridge = len(ours) > 1 and len(theirs) > 1
        return "weak_bridge" if is_bridge and total <= self.settings.weak_bridge_at else ""

    def _conflicts(self, ours: list[int], theirs: list[int]) -> bool:
        return any(self._is_conflict(one, other) for one in ours for other in theirs)

    def _is_conflict(self, one: int, other: int) -> bool:
        """Whether two records that were not linked themselves contradict each other.

        A clerk who joined two identifiers has said they are one: a record that agrees with either is welcome.
        """
        if self.evidence.is_link(one, other) or self.conflict(one, other) != "conflict":
            return False
        return not any(
            self.conflict(mine, its) == "agreement"
            for mine in self.atoms.get(one, [one])
            for its in self.atoms.get(other, [other])
        )
