"""dedupe in recordlinkage's words: blocking rules as index algorithms, comparisons as compare features.

Anyone who knows recordlinkage can run one rule or one comparison of ours in their own ``Index`` and ``Compare``. The
code here takes plain texts and the plain definitions, on purpose: it is what the fast engine is checked against.

    index = recordlinkage.Index([RuleIndex(rule, cap=20) for rule in PERSON_RULES])
    pairs = index.index(frame)
    compare = recordlinkage.Compare([LevelFeature(comparison, known) for comparison in PERSON_COMPARISONS])
    levels = compare.compute(pairs, frame)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from recordlinkage.base import BaseCompareFeature, BaseIndexAlgorithm

from dedupe.blocking_rules import BlockingRule
from dedupe.comparisons import Comparison, Known
from dedupe.features import ALTERNATIVES, PartyFeatures


def text_frame(features: PartyFeatures) -> pd.DataFrame:
    """The folded values of each record, indexed by record_id in order; None where missing."""
    columns = {name: np.array(coded.texts(), dtype=object) for name, coded in features.fields.items()}
    return pd.DataFrame(columns, index=pd.Index(features.record_ids, name="record_id"))


class RuleIndex(BaseIndexAlgorithm):  # type: ignore[misc]
    """One blocking rule: pairs of records equal in all of its fields, in blocks of at most ``cap``."""

    def __init__(self, rule: BlockingRule, *, cap: int) -> None:
        super().__init__()
        self.rule = rule
        self.cap = cap

    def _dedup_index(self, frame: pd.DataFrame) -> pd.MultiIndex:
        pairs = {pair for block in self._blocks(frame) for pair in combinations(sorted(block), 2)}
        left = [frame.index[one] for one, _ in sorted(pairs)]
        right = [frame.index[other] for _, other in sorted(pairs)]
        return pd.MultiIndex.from_arrays([left, right])

    def _blocks(self, frame: pd.DataFrame) -> Iterator[list[int]]:
        for rows in self._by_key(frame).values():
            if len(rows) <= self.cap:
                yield list(rows)
            elif self.rule.split_by is not None:
                yield from self._split(frame[self.rule.split_by], sorted(rows))

    def _by_key(self, frame: pd.DataFrame) -> dict[tuple[str, ...], set[int]]:
        found: dict[tuple[str, ...], set[int]] = {}
        for slots in product(*(_slots(field, frame) for field in self.rule.fields)):
            for row, key in enumerate(zip(*(frame[slot] for slot in slots), strict=True)):
                if all(part is not None for part in key):
                    found.setdefault(key, set()).add(row)
        return found

    def _split(self, extra: pd.Series, rows: list[int]) -> Iterator[list[int]]:
        parts: dict[str, list[int]] = {}
        for row in rows:
            if extra.iloc[row] is not None:
                parts.setdefault(extra.iloc[row], []).append(row)
        yield from (part for part in parts.values() if len(part) <= self.cap)


def _slots(field: str, frame: pd.DataFrame) -> tuple[str, ...]:
    """The columns a key on a field may use; a table of strangers may lack some of ours."""
    return tuple(slot for slot in ALTERNATIVES.get(field, ()) if slot in frame) or (field,)


class LevelFeature(BaseCompareFeature):  # type: ignore[misc]
    """One comparison: the number of the level of each pair; 0 is missing, which is not a disagreement."""

    def __init__(self, comparison: Comparison, known: Known) -> None:
        fields = list(comparison.fields)
        super().__init__(fields, fields, label=comparison.name)
        self.comparison = comparison
        self.known = known

    def _compute_vectorized(self, *columns: pd.Series) -> NDArray[np.int8]:
        fields, half = self.comparison.fields, len(columns) // 2
        left, right = (zip(*side, strict=True) for side in (columns[:half], columns[half:]))
        number = {level: place for place, level in enumerate(self.comparison.levels)}
        return np.array(
            [number[self._level(fields, one, other)] for one, other in zip(left, right, strict=True)], dtype=np.int8
        )

    def _level(self, fields: tuple[str, ...], one: tuple[Any, ...], other: tuple[Any, ...]) -> str:
        # The right-hand record may lack fields only its own comparison reads; both have the same ones here.
        return self.comparison.level_of(
            dict(zip(fields, one, strict=True)), dict(zip(fields, other, strict=True)), self.known
        )
