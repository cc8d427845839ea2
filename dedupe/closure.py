"""The touched records of one party kind with all pairs they are in, found by following links from the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dedupe.blocking import Pairs, find_pairs
from dedupe.coding import PartyFeatures
from dedupe.decisions import LINK, ClerkDecision, Decided
from dedupe.engine import Weights
from dedupe.model import Model
from dedupe.narrowing import narrow, only
from dedupe.scoring import Scored, awake, score
from dedupe.touched import Change, moved

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]
Standing = Mapping[tuple[str, str], ClerkDecision]


@dataclass(frozen=True)
class Touched:
    """What has to be looked at again of one party kind."""

    scored: Scored
    """All pairs of the touched records, over these and their neighbours."""
    is_touched: Mask
    """Which records of it are touched; the others are their neighbours."""

    @property
    def rows(self) -> Longs:
        """The touched records as rows of the table they came from."""
        return self.scored.features.positions[self.is_touched]


def touched_by(change: Change, *, before: Standing, after: Standing, model: Model) -> Touched:
    """The touched records of a change, closed under the links there were and the links there are.

    Args:
        change: the records before and after.
        before, after: standing decisions.
        model: the model of both.
    """
    seeds = change.is_seed.copy()
    for rule in change.new.kind.blocking_rules:
        seeds |= moved(change, rule, cap=getattr(model.matching.caps, rule.cap))
    then, now = (np.flatnonzero(rows).astype(np.int64) for rows in (change.was, change.now))
    former = _Asking(only(change.old, then), before, model).pairs_of(change.is_seed[then])
    seeds[then[former.decided_as(LINK)]] = True
    asking = _Asking(only(change.new, now), after, model)
    frontier, is_touched, found = seeds[now], np.zeros(len(now), dtype=np.bool_), [former.some(np.empty(0, np.int64))]
    while frontier.any():
        found.append(asking.pairs_of(frontier).without(is_touched))
        is_touched |= frontier
        frontier = np.zeros_like(is_touched)
        frontier[found[-1].decided_as(LINK)] = True
        frontier &= ~is_touched
    return asking.together(found, is_touched)


@dataclass(frozen=True)
class Found:
    """Compared pairs, as positions in the features of all."""

    left: Longs
    right: Longs
    rules: Longs
    weights: Weights
    decided: Decided

    def decided_as(self, decision: int) -> Longs:
        """The records of pairs decided so."""
        is_so = self.decided.decision == decision
        return np.concatenate([self.left[is_so], self.right[is_so]])

    def without(self, mask: Mask) -> Found:
        """The pairs that have none of these records."""
        return self.some(np.flatnonzero(~(mask[self.left] | mask[self.right])))

    def some(self, at: Longs) -> Found:
        """Some of the pairs."""
        return Found(
            self.left[at], self.right[at], self.rules[at], take_rows(self.weights, at), take_rows(self.decided, at)
        )


Columns = TypeVar("Columns", Weights, Decided)


def take_rows(columns: Columns, at: Longs | Mask) -> Columns:
    """Some rows of what is known of pairs."""
    return type(columns)(*(getattr(columns, field.name)[at] for field in fields(columns)))


def _stacked(parts: Sequence[Columns]) -> Columns:
    names = [field.name for field in fields(parts[0])]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class _Asking:
    """Compares the pairs of whoever is asked for."""

    def __init__(self, features: PartyFeatures, clerk: Standing, model: Model) -> None:
        self._features, self._clerk, self._model = features, clerk, model
        pairs, _ = awake(features, clerk)
        self._decided = np.array([(pair.left, pair.right) for pair in pairs], dtype=np.int64).reshape(-1, 2)

    def pairs_of(self, asked: Mask) -> Found:
        """All pairs of some records, compared and decided."""
        pairs, _ = find_pairs(self._features, caps=self._model.matching.caps, touching=asked)
        partners = self._decided[asked[self._decided].any(axis=1)].ravel()
        rows = np.unique(np.concatenate([pairs.left, pairs.right, partners, np.flatnonzero(asked)]))
        near = Pairs(np.searchsorted(rows, pairs.left), np.searchsorted(rows, pairs.right), pairs.rules)
        scored = score(narrow(self._features, rows), near, model=self._model, clerk=self._clerk)
        left, right = rows[scored.pairs.left], rows[scored.pairs.right]
        found = Found(left, right, scored.pairs.rules, scored.weights, scored.decided)
        # A clerk's pair is compared wherever both its records are at hand; those of others were not asked for.
        return found.some(np.flatnonzero(asked[left] | asked[right]))

    def together(self, found: Sequence[Found], is_touched: Mask) -> Touched:
        """All that was found, over the touched records and their neighbours."""
        pairs = _joined(found)
        rows = np.unique(np.concatenate([pairs.left, pairs.right, np.flatnonzero(is_touched)]))
        features = narrow(self._features, rows)
        near = Pairs(np.searchsorted(rows, pairs.left), np.searchsorted(rows, pairs.right), pairs.rules)
        scored = Scored(features, near, pairs.weights, pairs.decided, awake(features, self._clerk)[0])
        return Touched(scored, is_touched[rows])


def _joined(found: Sequence[Found]) -> Found:
    """All pairs in the order of their records."""
    left, right, rules = (
        np.concatenate([column[place] for column in ((part.left, part.right, part.rules) for part in found)])
        for place in range(3)
    )
    weights, decided = _stacked([part.weights for part in found]), _stacked([part.decided for part in found])
    return Found(left, right, rules, weights, decided).some(np.lexsort((right, left)))
