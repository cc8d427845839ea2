"""recordlinkage's own two-class ECM: the baseline our classes are measured against.

Fields are compared exactly and missing counts as disagreement, which is recordlinkage's default. What it links stands
beside our result in every rehearsal and in ``blekit score --baselines``; it decides nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import recordlinkage

from dedupe.blocking import find_pairs
from dedupe.features import party_features
from dedupe.model import Model
from dedupe.party_kinds import PARTY_KINDS
from dedupe.recordlinkage_api import text_frame

FIELDS: Mapping[str, tuple[str, ...]] = {
    "person": ("given", "last", "birth", "pesel", "phone", "city", "street", "house", "postal"),
    "firm": ("org", "nip", "regon", "phone", "city", "street", "house", "postal"),
}


def two_class_links(records: pa.Table, *, model: Model) -> pa.Table:
    """The pairs recordlinkage's ECM links among our candidate pairs: ``record_id_1``, ``record_id_2``."""
    found = []
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=model.matching)
        pairs, _ = find_pairs(features, caps=model.matching.caps)
        ids = features.record_ids
        index = pd.MultiIndex.from_arrays([ids[pairs.left], ids[pairs.right]])
        found.append(ecm_links(index, text_frame(features), party_kind=party_kind))
    left, right = ([record_id for links in found for record_id in links.get_level_values(side)] for side in (0, 1))
    return pa.table({"record_id_1": pa.array(left, pa.string()), "record_id_2": pa.array(right, pa.string())})


def ecm_links(pairs: pd.MultiIndex, frame: pd.DataFrame, *, party_kind: str) -> pd.MultiIndex:
    """The pairs the ECM takes for matches; none when the fields tell no two pairs apart."""
    if not len(pairs):
        return pairs
    compare = recordlinkage.Compare()
    for field in FIELDS[party_kind]:
        compare.exact(field, field, label=field)
    agreement = compare.compute(pairs, frame)
    agreement = agreement.loc[:, agreement.nunique() > 1]
    if not agreement.shape[1]:
        return pairs[:0]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # log of zero in recordlinkage's own M-step
        links: pd.MultiIndex = recordlinkage.ECMClassifier().fit_predict(agreement)
    return links
