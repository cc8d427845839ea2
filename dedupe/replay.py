"""One component of links, joined once more and slowly, so that every step can be told.

The engine (:mod:`dedupe.partition`) keeps nothing but the groups it ends with. Here the links of one component are
followed again in plain Python, in the same order and by the same definition (DESIGN §12), and each attempt is written
down: who met, what all pairs between the two groups said together, and why the merge was refused if it was. A test
holds both against each other on random worlds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from config.matching import Clustering
from dedupe.conflicts import Conflict
from dedupe.partition import ClerkPair

Members = tuple[int, ...]
JOINED = ""


@dataclass(frozen=True)
class SeenPair:
    """What is known of a pair of records that was compared."""

    weight: int
    """As the clustering sees it, micro-bits."""
    is_link: bool
    """Linked by rule or model; what a clerk joined is not among them."""


@dataclass(frozen=True)
class Evidence:
    """What all pairs between two groups say together."""

    summed: int
    """Clipped weights, unseen pairs included, micro-bits."""
    compared: int
    unseen: int
    """Pairs no blocking rule proposed."""


@dataclass(frozen=True)
class Attempt:
    """Two groups that met by a link or by a clerk's word."""

    left: int
    right: int
    weight: int | None
    """Of the pair they met by, not clipped; None where a clerk joined records that were never compared."""
    is_clerk: bool
    ours: Members
    theirs: Members
    evidence: Evidence
    conflicts: tuple[tuple[int, int], ...]
    """Pairs between the groups whose identifiers contradict each other."""
    refusal: str
    """Empty where they joined; else ``clerk``, ``oversize``, ``refused_merge`` or ``weak_bridge``."""


@dataclass(frozen=True)
class World:
    """What the links of one component are followed in."""

    pairs: Mapping[tuple[int, int], SeenPair]
    """Compared pairs, the lesser record first."""
    clerk: Sequence[ClerkPair]
    """Standing decisions in the order they were made."""
    conflict: Conflict
    settings: Clustering
    max_records: int

    def evidence(self, ours: Iterable[int], theirs: Collection[int]) -> Evidence:
        """What all pairs between two groups say together."""
        clip, summed, compared, unseen = self.settings.clip, 0, 0, 0
        for pair in _between(ours, theirs):
            seen = self.pairs.get(pair)
            summed += self.settings.unseen_pair if seen is None else max(-clip, min(clip, seen.weight))
            compared += seen is not None
            unseen += seen is None
        return Evidence(summed, compared, unseen)

    def is_link(self, pair: tuple[int, int]) -> bool:
        """Whether a pair was compared and linked."""
        seen = self.pairs.get(pair)
        return seen is not None and seen.is_link


def _between(ours: Iterable[int], theirs: Collection[int]) -> Iterable[tuple[int, int]]:
    return ((min(one, other), max(one, other)) for one in ours for other in theirs)


def replay(records: Iterable[int], world: World) -> tuple[Attempt, ...]:
    """Every attempt to join two groups of one component, in the order they were made.

    Args:
        records: all records that links and clerks' "same" connect.
        world: their pairs, the decisions on them and the limits.
    """
    groups = _Groups({record: (record,) for record in records}, world)
    attempts = [groups.try_to_join(pair.left, pair.right, is_clerk=True) for pair in world.clerk if pair.is_same]
    groups.remember_atoms()
    links = [(-seen.weight, pair) for pair, seen in world.pairs.items() if seen.is_link and pair[0] in groups.of]
    attempts += [groups.try_to_join(*pair, is_clerk=False) for _, pair in sorted(links)]
    return tuple(attempt for attempt in attempts if attempt is not None)


@dataclass
class _Groups:
    """The group of each record, as far as they grew."""

    of: dict[int, Members]
    world: World
    atoms: dict[int, Members] = field(default_factory=dict)
    """What clerks joined before any link was followed."""

    def remember_atoms(self) -> None:
        """Keep the groups clerks made."""
        self.atoms = dict(self.of)

    def try_to_join(self, left: int, right: int, *, is_clerk: bool) -> Attempt | None:
        """Join the groups of two records if nothing speaks against it; None where they are one already."""
        if left not in self.of or self.of[left] is self.of[right]:
            return None
        ours, theirs = self.of[left], self.of[right]
        evidence, conflicts = self.world.evidence(ours, theirs), self._conflicts(ours, theirs)
        refusal = self._refusal(ours, theirs, evidence, bool(conflicts), is_clerk=is_clerk)
        if refusal == JOINED:
            joined = tuple(sorted(ours + theirs))
            self.of.update(dict.fromkeys(joined, joined))
        seen = self.world.pairs.get((min(left, right), max(left, right)))
        weight = None if seen is None else seen.weight
        return Attempt(left, right, weight, is_clerk, ours, theirs, evidence, conflicts, refusal)

    def _refusal(
        self, ours: Members, theirs: Members, evidence: Evidence, has_conflict: bool, *, is_clerk: bool
    ) -> str:
        settings = self.world.settings
        if self._is_kept_apart(ours, theirs):
            return "clerk"
        if is_clerk or len(self.of) <= 2:  # two records and the link between them: no third record can speak
            return JOINED
        if len(ours) + len(theirs) > self.world.max_records:
            return "oversize"
        if evidence.summed <= settings.refuse_at or has_conflict:
            return "refused_merge"
        is_bridge = len(ours) > 1 and len(theirs) > 1
        return "weak_bridge" if is_bridge and evidence.summed <= settings.weak_bridge_at else JOINED

    def _is_kept_apart(self, ours: Members, theirs: Members) -> bool:
        sides = set(ours), set(theirs)
        return any(
            (pair.left in one and pair.right in other)
            for pair in self.world.clerk
            if not pair.is_same
            for one, other in (sides, sides[::-1])
        )

    def _conflicts(self, ours: Members, theirs: Members) -> tuple[tuple[int, int], ...]:
        return tuple(pair for pair in sorted(_between(ours, theirs)) if self._is_conflict(*pair))

    def _is_conflict(self, one: int, other: int) -> bool:
        conflict = self.world.conflict
        if self.world.is_link((one, other)) or conflict(one, other) != "conflict":
            return False
        # A clerk who joined two identifiers has said they are one: a record that agrees with either is welcome.
        mine, its = self.atoms.get(one, (one,)), self.atoms.get(other, (other,))
        return not any(conflict(ours, theirs) == "agreement" for ours in mine for theirs in its)
