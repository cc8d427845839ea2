"""recordlinkage's own two-class ECM: the baseline our classes are measured against.

Fields are compared exactly and missing counts as disagreement, which is recordlinkage's default. What it links stands
beside our result in every rehearsal and in ``blekit score --baselines``; it decides nothing. Our EM with two classes
comes to the same (:func:`two_classes`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import recordlinkage
from numpy.typing import NDArray

from dedupe.blocking import find_pairs
from dedupe.em import MAX_STEPS, Fit, find_patterns, fit
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


NON_MATCH, MATCH = range(2)
START_PRIOR = (0.9, 0.1)
START_AGREE = (0.1, 0.9)
"""Where recordlinkage starts (``init="jaro"``): non-matches and matches, and how often a field agrees in each."""


def two_classes(agreement: NDArray[np.bool_], *, max_steps: int = MAX_STEPS) -> Fit:
    """Our own EM on two classes, non-match and match, started where recordlinkage starts and smoothed as little.

    It shows that what sets our result apart is the classes, not the arithmetic: a test holds it against
    ``recordlinkage.ECMClassifier``.

    Args:
        agreement: pair × field, whether the two records agree; nothing missing.
        max_steps: recordlinkage's ``max_iter``; it is taken to the end, converged or not.
    """
    disagree, agree = 1, 2  # 0 is missing
    patterns = find_patterns(np.where(agreement, agree, disagree).astype(np.int8))
    likelihoods = [np.where(patterns.levels == agree, share, 1 - share).prod(axis=1) for share in START_AGREE]
    start = np.stack(likelihoods, axis=1) * np.array(START_PRIOR)
    fields = agreement.shape[1]
    with np.errstate(divide="ignore"):  # nothing is added to the counts, so a level may be impossible
        return fit(
            patterns,
            level_counts=[3] * fields,
            start=start / start.sum(axis=1, keepdims=True),
            allowed=np.ones(start.shape, dtype=np.bool_),
            smoothing=[np.zeros((3, 2))] * fields,
            tolerance=-np.inf,
            max_steps=max_steps,
        )
