"""Some of the records alone, for work that must cost what they are and not what the nation is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedupe.coding import MISSING, Coded, PartyFeatures, Texts, as_arrow

Longs = NDArray[np.int64]


def only(features: PartyFeatures, rows: Longs) -> PartyFeatures:
    """The features of some records, ascending, each once; vocabularies and sharers stay those of all."""
    return replace(
        features,
        record_ids=features.record_ids[rows],
        positions=features.positions[rows],
        fields={name: Coded(field.codes[rows], field.values) for name, field in features.fields.items()},
    )


def narrow(features: PartyFeatures, rows: Longs) -> PartyFeatures:
    """The features of some records as if no others had been coded; sharers stay counted over all.

    Args:
        features: of all records.
        rows: ascending, each once.
    """
    some = only(features, rows)
    fields, sharers = dict(some.fields), dict(some.sharers)
    for names in _vocabularies(features):
        codes = np.stack([some.fields[name].codes for name in names])
        used = np.unique(codes[codes != MISSING])
        values = Texts(as_arrow(some.fields[names[0]].values).take(pa.array(used)))
        # A part of a sorted vocabulary is sorted, so the order of codes stays the order of texts.
        shrunk = np.where(codes == MISSING, MISSING, np.searchsorted(used, codes)).astype(np.int32)
        fields.update({name: Coded(part, values) for name, part in zip(names, shrunk, strict=True)})
        sharers.update({name: features.sharers[name][used] for name in names if name in sharers})
    return replace(some, fields=fields, sharers=sharers)


def _vocabularies(features: PartyFeatures) -> list[list[str]]:
    """Fields that share a vocabulary keep sharing one: their codes are compared with each other.

    Values that were not read but counted are a fixed few (``dedupe.rivals``); their codes mean something by themselves
    and stay as they are.
    """
    together: dict[int, list[str]] = {}
    for name, field in features.fields.items():
        if isinstance(field.values, Texts):
            together.setdefault(id(field.values), []).append(name)
    return list(together.values())
