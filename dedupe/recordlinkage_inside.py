"""recordlinkage inside our engine: its index algorithms propose pairs, its compare features become comparisons.

Whoever has an index or a measure of recordlinkage they trust can keep it, and still have our classes, clusters and
explanations:

    pairs = pairs_of([SortedNeighbourhood("last", window=5)], features)
    place = feature_comparison(String("city", "city", method="jarowinkler"), edges=(0.8, 0.92, 1.0))
    kind = with_comparisons(PERSON, place)

A feature is asked only about pairs that have every value. What recordlinkage would answer for missing ones (``0`` by
default, which makes missing a disagreement) never counts: missing is a level of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from recordlinkage.base import BaseCompareFeature, BaseIndexAlgorithm
from recordlinkage.compare import Date, Geographic, Numeric

from dedupe.blocking import Pairs
from dedupe.coding import PartyFeatures
from dedupe.comparisons import Comparison, Known, Party
from dedupe.kernels import Kernel, Side
from dedupe.party_kinds import PartyKind
from dedupe.recordlinkage_api import text_frame

MISSING_LEVEL = "missing"


def pairs_of(
    algorithms: Sequence[BaseIndexAlgorithm], features: PartyFeatures, *, frame: pd.DataFrame | None = None
) -> Pairs:
    """The union of the pairs some index algorithms propose, in our order and each once.

    Args:
        algorithms: ``Block``, ``SortedNeighbourhood``, ``Full`` or anybody's own.
        features: the records.
        frame: what the algorithms read, indexed by record_id; the folded texts unless given.
    """
    frame = text_frame(features) if frame is None else frame
    place = pd.Index(features.record_ids)
    keys = [np.empty(0, dtype=np.int64)]
    for algorithm in algorithms:
        index = algorithm.index(frame)
        one, other = (place.get_indexer(index.get_level_values(side)).astype(np.int64) for side in (0, 1))
        keys.append(np.minimum(one, other) * np.int64(max(len(features), 1)) + np.maximum(one, other))
    found = np.unique(np.concatenate(keys))
    left, right = np.divmod(found, np.int64(max(len(features), 1)))
    return Pairs(left, right, np.zeros(len(found), dtype=np.int64))


def feature_comparison(
    feature: BaseCompareFeature, *, edges: Sequence[float], name: str | None = None, meaning: str = ""
) -> tuple[Comparison, Kernel]:
    """A compare feature as a comparison with levels, as plain definition and as kernel.

    Args:
        feature: compares the same fields of both records and gives one number per pair; dates and numbers are read
            from the folded texts.
        edges: growing scores at which a level begins; below the first is a level too.
        name: of the comparison; the feature's label unless given.
        meaning: what a clerk reads beside the pair.

    Raises:
        ValueError: it compares one field with another one, or has neither name nor label.
    """
    fields = _listed(feature.labels_left)
    if fields != _listed(feature.labels_right):
        raise ValueError("a comparison reads the same fields of both records")
    name = name or feature.label
    if name is None:
        raise ValueError("a comparison has a name, or its feature a label")
    adapted = _Adapted(feature, fields, tuple(edges))

    def level_of(left: Party, right: Party, known: Known) -> str:
        one, other = ([[side[field]] for field in fields] for side in (left, right))
        return adapted.levels[int(adapted.numbers(one, other)[0])]

    level_of.__doc__ = meaning or f"{type(feature).__name__} of recordlinkage on {', '.join(fields)}."
    return Comparison(name, adapted.levels, level_of, fields), adapted.kernel


def with_comparisons(kind: PartyKind, *added: tuple[Comparison, Kernel]) -> PartyKind:
    """A kind of party that compares something more. It needs a model of its own: another one is refused."""
    return replace(
        kind,
        comparisons=(*kind.comparisons, *(comparison for comparison, _ in added)),
        kernels={**kind.kernels, **{comparison.name: kernel for comparison, kernel in added}},
    )


def _listed(labels: Any) -> tuple[str, ...]:
    return (labels,) if isinstance(labels, str) else tuple(labels)


@dataclass(frozen=True)
class _Adapted:
    """A feature that is asked about columns of texts and answers with numbers of levels."""

    feature: BaseCompareFeature
    fields: tuple[str, ...]
    edges: tuple[float, ...]

    @property
    def levels(self) -> tuple[str, ...]:
        return (MISSING_LEVEL, f"below_{self.edges[0]:g}", *(f"from_{edge:g}" for edge in self.edges))

    def kernel(self, side: Side) -> NDArray[np.int8]:
        """One level per pair; a pair of values is asked about once, however many records share it."""
        codes = np.stack([codes for which in (0, 1) for codes in (side.codes(name)[which] for name in self.fields)])
        distinct, inverse = np.unique(codes, axis=1, return_inverse=True)
        texts = [np.array([*side.values(name), None], dtype=object) for name in self.fields]
        width = len(self.fields)
        one, other = (
            [text[column] for text, column in zip(texts, distinct[at : at + width], strict=True)] for at in (0, width)
        )
        return self.numbers(one, other)[inverse.reshape(-1)]

    def numbers(self, left: Sequence[Any], right: Sequence[Any]) -> NDArray[np.int8]:
        """The level of each pair: a column of texts per field and side, None where missing."""
        columns = [self._readable(column) for column in (*left, *right)]
        present = np.logical_and.reduce([column.notna().to_numpy() for column in columns])
        found = np.zeros(len(present), dtype=np.int8)
        if not present.any():
            return found
        asked = [column[present].reset_index(drop=True) for column in columns]
        width = len(self.fields)
        scores = np.asarray(self.feature._compute(tuple(asked[:width]), tuple(asked[width:])), dtype=np.float64)
        level = 1 + np.searchsorted(np.array(self.edges), scores, side="right")
        found[present] = np.where(np.isnan(scores), 0, level)
        return found

    def _readable(self, texts: Sequence[Any]) -> pd.Series:
        """Texts as the feature wants them: dates, numbers, or as they are; what cannot be read is missing."""
        series = pd.Series(texts, dtype=object)
        if isinstance(self.feature, Date):
            return pd.to_datetime(series, format="%Y%m%d", errors="coerce")
        if isinstance(self.feature, Numeric | Geographic):
            return pd.to_numeric(series, errors="coerce").astype("float64")
        return series
