"""Compiling ahead: the first linkage of an installation should not wait for the compiler.

What was compiled is kept (:mod:`dedupe.compiled`), so ``python -m dedupe.warming`` is needed once per installation and
user, and does nothing the second time. It is never necessary: the rest is compiled when it is first called.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from config.models import load_model_dict
from config.schemas import PARTY_RECORD
from dedupe.blocking import Pairs, find_pairs
from dedupe.customers import cluster
from dedupe.features import party_features
from dedupe.model import Model
from dedupe.party_kinds import PARTY_KINDS
from dedupe.scoring import score


def warm(model: Model) -> None:
    """Compile everything a linkage of party records needs, by linking two records of each kind that say nothing.

    The types of the columns decide what is compiled, not their values.
    """
    pair = Pairs(*(np.array([value], dtype=np.int64) for value in (0, 1, 0)))
    for party_kind in PARTY_KINDS:
        features = party_features(_blank(party_kind), party_kind=party_kind, matching=model.matching)
        find_pairs(features, caps=model.matching.caps, touching=np.ones(2, dtype=np.bool_))
        cluster(score(features, pair, model=model, clerk={}), model)


def _blank(party_kind: str) -> pa.Table:
    columns: dict[str, list[object]] = {column.name: [None, None] for column in PARTY_RECORD.columns}
    columns |= {"record_id": ["a", "b"], "raw_key": ["a", "b"], "source_id": ["", ""], "party_kind": [party_kind] * 2}
    return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in PARTY_RECORD.arrow]))


if __name__ == "__main__":  # python -m dedupe.warming
    warm(Model.from_dict(load_model_dict()))
