"""recordlinkage as its manual does it: ``Index`` with blocks, ``Compare`` with Jaro-Winkler, ``ECMClassifier``.

Two classes, binary features, no labels; clusters are connected components, because recordlinkage makes none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import recordlinkage
from numpy.typing import NDArray

from blekit.bench.jobs import Job, Linked
from blekit.score import components

SIMILAR = 0.88
"""Jaro-Winkler from which two texts count as equal."""


@dataclass(frozen=True)
class Plan:
    """How one kind of records is linked."""

    blocks: tuple[tuple[str, ...], ...]
    similar: tuple[str, ...]
    """Columns compared by Jaro-Winkler."""
    exact: tuple[str, ...]


PERSON = Plan(
    blocks=(
        *(("pesel",), ("id_document",), ("email",), ("phone",), ("given_name", "family_name", "city")),
        *(("family_name", "birth_date"), ("given_name", "birth_date"), ("given_name", "family_name", "birth_year")),
        *(("family_name", "city", "street", "house"), ("given_name", "city", "street", "house")),
    ),
    similar=("given_name", "family_name", "city", "street"),
    exact=("birth_date", "pesel", "id_document", "phone", "email", "house", "flat", "postal_code", "sex"),
)
FIRM = Plan(
    blocks=(
        *(("regon",), ("nip", "postal_code"), ("phone",), ("email",), ("org_name", "city")),
        *(("city", "street", "house"), ("org_name", "postal_code")),
    ),
    similar=("org_name", "city", "street"),
    exact=("nip", "regon", "phone", "email", "house", "flat", "postal_code", "legal_form"),
)
FEBRL = Plan(
    blocks=(
        *(("given_name",), ("surname",), ("date_of_birth",), ("soc_sec_id",), ("postcode", "street_number")),
        *(("address_1",),),
    ),
    similar=("given_name", "surname", "address_1", "address_2", "suburb"),
    exact=("street_number", "postcode", "state", "date_of_birth", "soc_sec_id"),
)


class RecordlinkageEngine:
    """The library as it comes."""

    def link(self, job: Job) -> Linked:
        """Link the file of a job, reading included."""
        frame = pq.read_table(job.file).to_pandas().set_index("record_id")
        if job.schema == "party":
            frame["birth_year"] = pd.to_datetime(frame["birth_date"]).dt.year
            kinds = [(frame[frame["party_kind"] == kind], plan) for kind, plan in (("person", PERSON), ("firm", FIRM))]
        else:
            kinds = [(frame, FEBRL)]
        is_link_only = bool(job.options.get("is_link_only"))
        pairs = [_pairs(part, plan, is_link_only=is_link_only) for part, plan in kinds]
        found = pd.concat(pairs)
        return Linked(clusters=_clusters(frame.index, found[found >= 0.5]), candidates=lambda: _candidates(found))


def _pairs(frame: pd.DataFrame, plan: Plan, *, is_link_only: bool) -> pd.Series:
    """The probability of each candidate pair."""
    sides = _sides(frame, is_link_only=is_link_only)
    indexer = recordlinkage.Index()
    for block in plan.blocks:
        indexer.block(list(block))
    pairs = indexer.index(*sides)
    compare = recordlinkage.Compare()
    for column in plan.similar:
        compare.string(column, column, method="jarowinkler", threshold=SIMILAR, label=column)
    for column in plan.exact:
        compare.exact(column, column, label=column)
    features = compare.compute(pairs, *sides)
    # A column that always or never agrees makes the likelihood singular.
    varied = features.loc[:, features.nunique() > 1]
    if varied.empty:  # no pair differs from another: the blocks have the last word
        return pd.Series(1.0, index=features.index)
    classifier = recordlinkage.ECMClassifier(init="jaro", max_iter=100)
    classifier.fit(varied)
    probability: pd.Series = classifier.prob(varied)
    return probability


def _sides(frame: pd.DataFrame, *, is_link_only: bool) -> Sequence[pd.DataFrame]:
    if not is_link_only:
        return [frame]
    return [frame[frame["source"] == name] for name in sorted(frame["source"].unique())]


def _positions(index: pd.Index, pairs: pd.Series) -> tuple[NDArray[Any], NDArray[Any]]:
    left, right = (index.get_indexer(pairs.index.get_level_values(level)) for level in (0, 1))
    return left.astype(np.int64), right.astype(np.int64)


def _clusters(index: pd.Index, links: pd.Series) -> pa.Table:
    group = components(len(index), *_positions(index, links))
    return pa.table({"record_id": pa.array(index, type=pa.string()), "cluster_id": pa.array(group.astype(str))})


def _candidates(found: pd.Series) -> pa.Table:
    left, right = (pa.array(found.index.get_level_values(level), type=pa.string()) for level in (0, 1))
    return pa.table({"record_id_1": left, "record_id_2": right, "match_probability": found.to_numpy()})


ENGINE = RecordlinkageEngine()
