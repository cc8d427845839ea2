"""The loops of the partition function: groups in arrays, links followed best first.

A group is a linked list of records under its least record. Whoever needs more than arrays to tell whether two records
contradict each other is asked in between: :func:`follow_links` stops where it needs an answer, and goes on from there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedupe import conflict_loops, text_loops
from dedupe.compiled import compiled
from dedupe.conflict_loops import AGREEMENT, CONFLICT, PackedIdentifiers, verdict

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Mask = NDArray[np.bool_]
FOLLOWED, CLERK, REFUSED_MERGE, WEAK_BRIDGE, OVERSIZE = range(5)
UNKNOWN, NO, YES = range(-1, 2)


class Groups(NamedTuple):
    """Disjoint groups of records that grow by merging."""

    parent: Ints
    after: Ints
    """The next record of the group, -1 behind the last."""
    last: Ints
    """Of a root: the last record of its group."""
    size: Ints
    """Of a root: how many records its group has."""
    has_foe: Mask
    """Of a root: whether a clerk keeps any of its records apart from another one."""


class Neighbours(NamedTuple):
    """Pairs by record, from either side."""

    starts: Longs
    others: Ints
    pairs: Ints
    """The number of the pair."""


class Seen(NamedTuple):
    """Pairs that were compared, inside components of links."""

    by_record: Neighbours
    weights: Longs
    """Clipped, micro-bits."""
    is_link: Mask


class Limits(NamedTuple):
    """When two groups join (:class:`config.matching.Clustering`)."""

    unseen_pair: int
    refuse_at: int
    weak_bridge_at: int
    max_records: int


@compiled()
def make_groups(records: int) -> Groups:
    """Every record for itself."""
    alone = np.arange(records).astype(np.int32)
    after, size = np.full(records, -1, np.int32), np.ones(records, np.int32)
    return Groups(alone, after, alone.copy(), size, np.zeros(records, np.bool_))


@compiled()
def root(parent: Ints, record: int) -> int:
    """The group of a record: its least one."""
    while parent[record] != record:
        parent[record] = parent[parent[record]]
        record = parent[record]
    return record


@compiled()
def join(groups: Groups, one: int, other: int) -> None:
    """Make one group of two."""
    low, high = min(one, other), max(one, other)
    groups.parent[high] = low
    groups.after[groups.last[low]] = high
    groups.last[low] = groups.last[high]
    groups.size[low] += groups.size[high]
    groups.has_foe[low] |= groups.has_foe[high]


@compiled()
def join_all(groups: Groups, left: Longs, right: Longs) -> Ints:
    """The root of every record once all pairs are joined."""
    for place in range(len(left)):
        one, other = root(groups.parent, left[place]), root(groups.parent, right[place])
        if one != other:
            join(groups, one, other)
    return roots(groups.parent)


@compiled()
def roots(parent: Ints) -> Ints:
    """The group of every record."""
    found = np.empty(len(parent), np.int32)
    for record in range(len(parent)):
        found[record] = root(parent, record)
    return found


@compiled()
def neighbours(records: int, left: Longs, right: Longs) -> Neighbours:
    """Pairs by record."""
    starts = np.zeros(records + 1, np.int64)
    for place in range(len(left)):
        starts[left[place] + 1] += 1
        starts[right[place] + 1] += 1
    starts = np.cumsum(starts)
    others, pairs = np.empty(2 * len(left), np.int32), np.empty(2 * len(left), np.int32)
    free = starts.copy()
    for place in range(len(left)):
        one, other = left[place], right[place]
        others[free[one]], pairs[free[one]] = other, place
        others[free[other]], pairs[free[other]] = one, place
        free[one] += 1
        free[other] += 1
    return Neighbours(starts, others, pairs)


@compiled()
def are_apart(groups: Groups, foes: Neighbours, one: int, other: int) -> bool:
    """Whether a clerk keeps two groups apart."""
    if not (groups.has_foe[one] and groups.has_foe[other]):
        return False
    record = one
    while record >= 0:
        for place in range(foes.starts[record], foes.starts[record + 1]):
            if root(groups.parent, foes.others[place]) == other:
                return True
        record = groups.after[record]
    return False


@compiled()
def follow_clerk(groups: Groups, foes: Neighbours, left: Longs, right: Longs) -> NDArray[np.int8]:
    """Join what clerks join, in their order; what they keep apart stays so."""
    reasons = np.zeros(len(left), np.int8)
    for place in range(len(left)):
        one, other = root(groups.parent, left[place]), root(groups.parent, right[place])
        if one != other:
            if are_apart(groups, foes, one, other):
                reasons[place] = CLERK
            else:
                join(groups, one, other)
    return reasons


@compiled()
def evidence(groups: Groups, seen: Seen, one: int, other: int, unseen_pair: int) -> int:
    """What all pairs between two groups say together."""
    small, large = (one, other) if groups.size[one] <= groups.size[other] else (other, one)
    total, compared, record = 0, 0, small
    while record >= 0:
        for place in range(seen.by_record.starts[record], seen.by_record.starts[record + 1]):
            if root(groups.parent, seen.by_record.others[place]) == large:
                total += seen.weights[seen.by_record.pairs[place]]
                compared += 1
        record = groups.after[record]
    return int(total + unseen_pair * (np.int64(groups.size[one]) * np.int64(groups.size[other]) - compared))


@compiled()
def copied(groups: Groups) -> Groups:
    """The groups as they are now."""
    parent, after, last, size, has_foe = groups
    return Groups(parent.copy(), after.copy(), last.copy(), size.copy(), has_foe.copy())


@compiled()
def is_linked(seen: Seen, one: int, other: int) -> bool:
    """Whether two records were compared and linked."""
    for place in range(seen.by_record.starts[one], seen.by_record.starts[one + 1]):
        if seen.by_record.others[place] == other:
            return bool(seen.is_link[seen.by_record.pairs[place]])
    return False


@compiled(conflict_loops, text_loops)
def _contradict(groups: Groups, seen: Seen, atoms: Groups, known: PackedIdentifiers, one: int, other: int) -> bool:
    """Whether any two records of two groups that were not linked themselves contradict each other."""
    mine = one
    while mine >= 0:
        its = other
        while its >= 0:
            is_conflict = verdict(known, mine, its) == CONFLICT and not is_linked(seen, mine, its)
            if is_conflict and not _agree(atoms, known, mine, its):
                return True
            its = groups.after[its]
        mine = groups.after[mine]
    return False


@compiled(conflict_loops, text_loops)
def _agree(atoms: Groups, known: PackedIdentifiers, one: int, other: int) -> bool:
    """Whether any records that clerks joined with these agree: a clerk who joined two numbers has said they are one."""
    mine = root(atoms.parent, one)
    while mine >= 0:
        its = root(atoms.parent, other)
        while its >= 0:
            if verdict(known, mine, its) == AGREEMENT:
                return True
            its = atoms.after[its]
        mine = atoms.after[mine]
    return False


@compiled()
def _by_evidence(groups: Groups, seen: Seen, limits: Limits, one: int, other: int) -> int:
    if groups.size[one] + groups.size[other] > limits.max_records:
        return OVERSIZE
    total = evidence(groups, seen, one, other, limits.unseen_pair)
    if total <= limits.refuse_at:
        return REFUSED_MERGE
    is_bridge = groups.size[one] > 1 and groups.size[other] > 1
    return WEAK_BRIDGE if is_bridge and total <= limits.weak_bridge_at else FOLLOWED


@compiled(conflict_loops, text_loops)
def follow_links(
    groups: Groups,
    left: Longs,
    right: Longs,
    is_simple: Mask,
    seen: Seen,
    foes: Neighbours,
    atoms: Groups,
    known: PackedIdentifiers,
    limits: Limits,
    reasons: NDArray[np.int8],
    start: int,
    has_conflict: int,
    is_asking: bool,
) -> int:
    """Follow links in their order, as far as the answers go.

    Args:
        groups: grow.
        left, right: links, best first.
        is_simple: links of two records and nobody else: no third record can speak.
        seen, foes, atoms, known, limits: what is asked; ``atoms`` are the groups clerks made.
        reasons: why a link was not followed; filled in.
        start: link to go on with.
        has_conflict: the answer for that link, ``UNKNOWN`` if it was not asked for.
        is_asking: whether to stop for answers; if not, ``known`` has them.

    Returns:
        The link that needs an answer; behind the last one when all is done.
    """
    for place in range(start, len(left)):
        one, other = root(groups.parent, left[place]), root(groups.parent, right[place])
        if one == other:
            continue
        reason = FOLLOWED
        if are_apart(groups, foes, one, other):
            reason = CLERK
        elif not is_simple[place]:
            reason = _by_evidence(groups, seen, limits, one, other)
            if reason in (FOLLOWED, WEAK_BRIDGE):
                if not is_asking:
                    has_conflict = YES if _contradict(groups, seen, atoms, known, one, other) else NO
                elif has_conflict == UNKNOWN:
                    return place
                if has_conflict == YES:
                    reason = REFUSED_MERGE
                has_conflict = UNKNOWN
        reasons[place] = reason
        if reason == FOLLOWED:
            join(groups, one, other)
    return len(left)
