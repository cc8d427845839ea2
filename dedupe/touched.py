"""Which records a change can have touched: what an incremental resolution has to look at again.

The partition is a function of the live records, the clerks' decisions and the model (DESIGN §12). Its steps are local,
and this module turns that into a set T of records such that everything outside T, and between records outside T, is
what it was. Why that set is enough:

1. *Pairs.* A candidate pair, its levels, weight and decision depend on the two records' own values, on the sharers of
   their values (a value over its limit is missing; the number of sharers of a telephone picks a level), on the blocks
   they stand in together (a block is used whole, split, or dropped by its size alone), and on a clerk's word about
   just them. So a pair can differ from before only if one of its records

   a. is new, gone, or other than it was in any column the resolution reads, or in its first delivery;
   b. carries a value whose sharers crossed the limit or a level's edge, or got or lost a rival at its home, or whose
       house, name in the town, or given name and birthday reached another step of :mod:`dedupe.neighbours`;
   c. is named by a decision that is not the standing one it was; or if both
   d. stand in a block that was used and is not, or the other way round, or was whole and is split. A block that only
      got or lost a record gives all its other pairs as before: those of that record are (a).

   These records are the seeds.
2. *Links.* Groups are made inside components of links and must-links, from the pairs inside alone. T is the seeds
   closed under links after the change and under links before it. For the latter it is enough to ask the seeds for the
   links they had: a link between two others is among the pairs that did not change, hence a link after the change too.
   A component outside T is therefore a component before and after, with the same pairs and the same decisions in the
   same order: its groups are what they were, and so are its crosswalk and golden rows, ids and anchors.
3. *Questions.* A case belongs to two groups. If neither is in T, all pairs between them are as before, and so is the
   case. If one is, all its pairs are compared again anyway, those with neighbours outside T too.
4. *Relationships* depend on more than two customers; :mod:`dedupe.changed_relationships` has its own closure.

What still looks at every live record, in vectorised passes: comparing its columns with what they were, coding them,
counting sharers and rivals, hashing the keys of each blocking rule to find the blocks of the seeds, finding who shares
a key with a changed customer, and carrying over the rows that stay. Comparing pairs, weighing, clustering and
survivorship see T and its neighbours only. Measured on 185 000 records: ten decisions (26 touched records) 4
CPU-seconds, a region of 29 000 (35 000 touched) 6, everything 8 to 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from config.matching import Matching
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import MISSING, Codes, PartyFeatures
from dedupe.comparisons import PHONE_SHARER_EDGES
from dedupe.features import COUNTED, SHARED_COLUMNS, without_hubs

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]

LEVEL_EDGES: Mapping[str, tuple[int, ...]] = {
    "phone": PHONE_SHARER_EDGES,
    **dict.fromkeys(("pesel", "id_document", "email", "nip", "regon"), ()),
}
"""Where the number of sharers of a value picks another level. A shared field that is not named here counts exactly:
every new sharer then touches all others."""

_BITS = 22
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Change:
    """The records of one party kind before and after a change: every version of a record is a row."""

    was: Mask
    """Rows that were live before."""
    now: Mask
    """Rows that are live."""
    old: PartyFeatures
    """Features of all rows, with what too many shared before missing."""
    new: PartyFeatures
    """The same with what too many share now; both are coded over one vocabulary."""
    is_seed: Mask
    """Rows of which a pair may differ from before, whatever the other record is."""


def change_of(coded: PartyFeatures, *, was: Mask, now: Mask, named: Mask, matching: Matching) -> Change:
    """What a change is to the records of one party kind.

    Args:
        coded: features of all rows, hubs included.
        was, now: which rows were, and are, live.
        named: rows of records that a changed decision names.
        matching: limits of sharers.
    """
    old, new = (without_hubs(coded, matching=matching, among=rows) for rows in (was, now))
    is_seed = (was != now) | named
    for name in COUNTED:
        if name in old.fields:
            is_seed |= old.fields[name].codes != new.fields[name].codes
    for name, slots in SHARED_COLUMNS.items():
        if name in coded.fields:
            counts = (features.sharers[name] for features in (old, new))
            before, after = (_step(count, name, limit=getattr(matching.sharer_limits, name)) for count in counts)
            crossed = np.append(before != after, False)  # MISSING is -1: the last one
            for slot in slots:
                is_seed |= crossed[coded.fields[slot].codes]
    return Change(was=was, now=now, old=old, new=new, is_seed=is_seed)


def _step(count: Longs, name: str, *, limit: int) -> Longs:
    """What matters of a number of sharers: its level, or that it is too large to be anything."""
    level = np.searchsorted(np.array(LEVEL_EDGES[name]), count, side="right") if name in LEVEL_EDGES else count
    return np.where(count > limit, -1, level).astype(np.int64)


def moved(change: Change, rule: BlockingRule, *, cap: int) -> Mask:
    """Rows that are no seeds but stand in a block that is used otherwise than it was."""
    entries = _entries(change, rule)
    is_both = entries.side == _BOTH
    before, after = (_use(entries, side=side, cap=cap, splits=rule.split_by is not None) for side in (_OLD, _NEW))
    found = np.zeros(len(change.was), dtype=np.bool_)
    found[entries.rows[is_both & (before != after)]] = True
    return found


_BOTH, _OLD, _NEW = range(3)


@dataclass(frozen=True)
class _Entries:
    """Rows in the blocks a seed stands in, or stood in; a row with several values has several entries."""

    keys: Longs
    rows: Longs
    side: Longs
    """Of seeds, what they were or what they are; the other records are the same on both sides."""
    extra: Longs
    """Code of the splitting field."""


def _use(entries: _Entries, *, side: int, cap: int, splits: bool) -> NDArray[np.int8]:
    """How the block of each entry is used on one side: 0 not at all, 1 whole, 2 split."""
    is_in = (entries.side == _BOTH) | (entries.side == side)
    is_whole = _sizes(entries.keys, is_in) <= cap
    if not splits:
        return is_whole.astype(np.int8)
    part = entries.keys * np.int64(entries.extra.max(initial=0) + 2) + entries.extra + 1
    _, part = np.unique(part, return_inverse=True)
    is_split = (entries.extra != MISSING) & (_sizes(part, is_in) <= cap)
    return np.where(is_whole, 1, np.where(is_split, 2, 0)).astype(np.int8)


def _sizes(keys: Longs, is_in: Mask) -> Longs:
    return np.asarray(np.bincount(keys, weights=is_in)[keys] if len(keys) else keys, dtype=np.int64)


def _entries(change: Change, rule: BlockingRule) -> _Entries:
    sides = (
        (_OLD, change.old, np.flatnonzero(change.is_seed & change.was)),
        (_NEW, change.new, np.flatnonzero(change.is_seed & change.now)),
    )
    found = [
        (codes, rows, np.full(len(rows), side), features)
        for side, features, seeds in sides
        for codes, rows in _keyed(features, rule, seeds)
    ]
    is_asked = np.zeros(1 << _BITS, dtype=np.bool_)
    for codes, *_ in found:
        is_asked[_places(codes)] = True
    others = np.flatnonzero(change.was & change.now & ~change.is_seed)
    for codes, rows in _keyed(change.new, rule, others):
        # Two keys may meet in one place: that asks a block in vain, and never a part of one.
        hit = is_asked[_places(codes)]
        found.append((codes[:, hit], rows[hit], np.full(int(hit.sum()), _BOTH), change.new))
    return _joined(found, rule)


def _keyed(features: PartyFeatures, rule: BlockingRule, rows: Longs) -> Iterator[tuple[Codes, Longs]]:
    """Field × entry: the codes of a rule's fields for those rows that have all of them, once per choice of slots."""
    for slots in product(*map(features.slots, rule.fields)):
        codes = np.stack([features.fields[slot].codes[rows] for slot in slots])
        has_all = (codes != MISSING).all(axis=0)
        yield codes[:, has_all], rows[has_all]


def _places(codes: Codes) -> NDArray[np.uint64]:
    """A place for each key, the same for equal keys."""
    mixed = np.zeros(codes.shape[1], dtype=np.uint64)
    for column in codes:
        mixed = (mixed ^ column.astype(np.uint64)) * _ODD
        mixed ^= mixed >> np.uint64(32)
    return (mixed * _ODD) >> np.uint64(64 - _BITS)


def _joined(found: list[tuple[Codes, Longs, Longs, PartyFeatures]], rule: BlockingRule) -> _Entries:
    keys = _dense(np.concatenate([codes for codes, *_ in found], axis=1))
    rows = np.concatenate([rows for _, rows, *_ in found])
    side = np.concatenate([side for _, _, side, _ in found])
    split_by = rule.split_by
    extra = np.concatenate(
        [
            features.fields[split_by].codes[rows] if split_by else np.full(len(rows), MISSING)
            for _, rows, _, features in found
        ]
    )
    width = np.int64(rows.max(initial=0) + 1)
    _, once = np.unique((keys * 3 + side) * width + rows, return_index=True)  # the same key by two slots is one entry
    return _Entries(keys[once], rows[once], side[once], extra[once].astype(np.int64))


def _dense(codes: Codes) -> Longs:
    """One small integer per column of codes, equal exactly when the columns are."""
    keys = np.zeros(codes.shape[1], dtype=np.int64)
    for column in codes:
        _, keys = np.unique(keys * np.int64(column.max(initial=0) + 1) + column, return_inverse=True)
    return keys.astype(np.int64)
