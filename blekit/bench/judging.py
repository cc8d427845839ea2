"""What an engine's answer is worth against the truth; the same for every engine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from blekit.bench.data import Data
from blekit.bench.metrics import at_threshold, best_by_kind, blocking_recall
from blekit.score import cluster_rates

Longs = NDArray[np.int64]


@dataclass(frozen=True)
class Truth:
    """The records whose entity is known."""

    record_ids: pa.Array
    entity: Longs

    @classmethod
    def read(cls, path: Path) -> Truth:
        """From ``record_id, entity_id``."""
        table = pq.read_table(path).combine_chunks()
        codes = table["entity_id"].combine_chunks().dictionary_encode().indices
        return cls(table["record_id"].combine_chunks(), codes.to_numpy().astype(np.int64))

    def only(self, ids: pa.ChunkedArray) -> Truth:
        """The truth about some of the records."""
        chosen = pc.is_in(self.record_ids, value_set=pa.chunked_array(ids.chunks, type=pa.string()))
        entity = self.entity[chosen.to_numpy(zero_copy_only=False)]
        return Truth(self.record_ids.filter(chosen), np.unique(entity, return_inverse=True)[1].astype(np.int64))

    def positions(self, ids: pa.ChunkedArray) -> Longs:
        """The place of each record; -1 where its entity is unknown."""
        found = pc.fill_null(pc.index_in(ids, value_set=self.record_ids), -1)
        return np.asarray(found.to_numpy(), dtype=np.int64)

    def pairs(self, table: pa.Table) -> tuple[Longs, Longs, NDArray[np.bool_]]:
        """Both sides of pairs of known records, and which rows those are."""
        left, right = self.positions(table["record_id_1"]), self.positions(table["record_id_2"])
        known = (left >= 0) & (right >= 0)
        return left[known], right[known], known


def judge(data: Data, out: Path) -> dict[str, Any]:
    """The costs an engine measured, and everything its answer is worth."""
    truth = Truth.read(data.truth)
    answer = json.loads((out / "answer.json").read_text(encoding="utf-8"))
    candidates = pq.read_table(out / "candidates.parquet")
    left, right, known = truth.pairs(candidates)
    probability = pc.fill_null(candidates["match_probability"], 0.0).to_numpy()[known]
    result = {
        **answer,
        "candidate_pairs": candidates.num_rows,
        "pairs_per_record": round(candidates.num_rows / data.records, 3),
        "blocking_recall": blocking_recall(left, right, truth.entity),
        "cluster": cluster_rates(_customers(truth, out / "clusters.parquet"), truth.entity),
        "at_95": at_threshold(left, right, probability, truth.entity, threshold=0.95),
        "best": best_by_kind(left, right, probability, truth.entity, _kinds(data, truth)),
    }
    if (out / "product_links.parquet").is_file():
        result["product"] = _product(truth, out, records=data.records)
    return result


def _kinds(data: Data, truth: Truth) -> dict[str, NDArray[np.bool_]]:
    """Which of the known records are persons and which firms; all are one kind where nobody tells."""
    if data.schema != "party":
        return {"all": np.ones(len(truth.entity), dtype=np.bool_)}
    table = pq.read_table(data.file, columns=["record_id", "party_kind"]).combine_chunks()
    at = truth.positions(table["record_id"])
    kind_of = np.full(len(truth.entity), "", dtype=object)
    kind_of[at[at >= 0]] = table["party_kind"].to_numpy()[at >= 0]
    return {str(kind): kind_of == kind for kind in sorted(set(kind_of.tolist()))}


def _customers(truth: Truth, path: Path) -> Longs:
    """The cluster of each known record; one the engine forgot is alone."""
    table = pq.read_table(path)
    at = truth.positions(table["record_id"])
    codes = table["cluster_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    customer = len(codes) + np.arange(len(truth.entity), dtype=np.int64)
    customer[at[at >= 0]] = codes[at >= 0]
    return np.unique(customer, return_inverse=True)[1].astype(np.int64)


def _product(truth: Truth, out: Path, *, records: int) -> dict[str, Any]:
    """At the product's own costs: links, the customers they close to, and what is left to stewards."""
    left, right, _ = truth.pairs(pq.read_table(out / "product_links.parquet"))
    is_right = truth.entity[left] == truth.entity[right]
    cases = pq.read_metadata(out / "product_cases.parquet").num_rows
    return {
        "links": len(left),
        "links_precision": round(float(is_right.mean()), 6) if len(left) else 1.0,
        "closure": cluster_rates(_customers(truth, out / "product_clusters.parquet"), truth.entity),
        "queue_share": round(cases / records, 6),
    }
