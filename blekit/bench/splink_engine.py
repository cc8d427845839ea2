# ruff: noqa: S608 - the names in this SQL are of tables Splink made.
"""Splink 5 on DuckDB, by its own functions throughout: blocking, prediction, connected components."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from splink.clustering import cluster_pairwise_predictions_at_threshold
from splink.internals.splink_dataframe import SplinkDataFrame

from blekit.bench.jobs import Job, Linked
from blekit.bench.splink_any import any_linker
from blekit.bench.splink_choice import SplinkChoice
from blekit.bench.splink_febrl import febrl_linker
from blekit.bench.splink_tables import prepare
from blekit.bench.splink_training import Loaded, load, settings, train
from blekit.bench.splink_tried import KINDS, MODELS

LEAST = 0.01
"""Pairs less likely than this are not kept: no threshold tried reaches them."""
NATURAL = 0.5
_SEED = 1
_U_PAIRS = 3e6
"""Random pairs when it trains within a run; the frozen models saw more."""


@dataclass(frozen=True)
class Predicted:
    """Splink's tables of one run of a linker."""

    connection: duckdb.DuckDBPyConnection
    blocked: SplinkDataFrame
    pairs: SplinkDataFrame
    clusters: SplinkDataFrame
    id_column: str = "unique_id"


class SplinkEngine:
    """Party records by the models chosen on another seed; FEBRL and other tables by models made for them."""

    def link(self, job: Job) -> Linked:
        """Link the file of a job, reading included."""
        warnings.simplefilter("ignore")
        connection = duckdb.connect()
        if job.schema == "party":
            prepare(connection, Path(job.file))
            predicted = [_link(connection, kind, with_training=job.with_training) for kind in KINDS]
        else:
            predicted = [_link_table(connection, job)]
        return Linked(clusters=_clusters(predicted), candidates=lambda: candidates_of(predicted))


def frozen(kind: str) -> Mapping[str, Any]:
    """The published model of one party kind."""
    model: dict[str, Any] = json.loads((MODELS / f"splink_{kind}.json").read_text(encoding="utf-8"))
    return model


def chosen(kind: str) -> SplinkChoice:
    """The configuration the published model has."""
    choices = json.loads((MODELS / "splink_choice.json").read_text(encoding="utf-8"))
    return SplinkChoice(**choices[kind])


def _link(connection: duckdb.DuckDBPyConnection, kind: str, *, with_training: bool) -> Predicted:
    if not with_training:
        return predict(connection, load(connection, kind, frozen(kind)))
    choice = chosen(kind)
    loaded = load(connection, kind, settings(kind, choice))
    train(loaded.linker, kind, choice, seed=_SEED, u_pairs=_U_PAIRS)
    return predict(connection, loaded)


def predict(connection: duckdb.DuckDBPyConnection, loaded: Loaded) -> Predicted:
    """Blocked pairs, scored pairs, and clusters at the natural threshold."""
    inference = loaded.linker.inference
    blocked = inference.compute_blocked_pairs_for_predict()
    pairs = inference.predict(threshold_match_probability=LEAST)
    # The function under `linker.clustering`, without joining every input column to the clusters.
    clusters = cluster_pairwise_predictions_at_threshold(
        loaded.table, pairs, loaded.api, node_id_column_name="unique_id", threshold_match_probability=NATURAL
    )
    return Predicted(connection, blocked, pairs, clusters)


def _link_table(connection: duckdb.DuckDBPyConnection, job: Job) -> Predicted:
    is_link_only = bool(job.options.get("is_link_only"))
    if job.schema == "febrl":
        linker = febrl_linker(connection, job.file, is_link_only=is_link_only)
    else:
        linker = any_linker(connection, job.file)
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    pairs = linker.inference.predict(threshold_match_probability=LEAST)
    if is_link_only:
        # Neither file holds a record twice, and everybody is told so.
        clusters = linker.clustering.cluster_using_single_best_links(
            pairs, duplicate_free_datasets=["a", "b"], threshold_match_probability=NATURAL
        )
    else:
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=NATURAL
        )
    return Predicted(connection, blocked, pairs, clusters, id_column="record_id")


def _clusters(predicted: Sequence[Predicted]) -> pa.Table:
    return pa.concat_tables(
        one.connection.sql(
            f"select {one.id_column} as record_id, cast(cluster_id as varchar) as cluster_id "
            f"from {one.clusters.physical_name}"
        ).to_arrow_table()
        for one in predicted
    )


def candidates_of(predicted: Sequence[Predicted]) -> pa.Table:
    """All blocked pairs; the probability where Splink kept it."""
    return pa.concat_tables(
        one.connection.sql(
            f"""
            select split_part(join_key_l, '-__-', -1) as record_id_1, split_part(join_key_r, '-__-', -1) as record_id_2,
                match_probability
            from {one.blocked.physical_name} left join {one.pairs.physical_name}
                on split_part(join_key_l, '-__-', -1) = {one.id_column}_l
                and split_part(join_key_r, '-__-', -1) = {one.id_column}_r
            """
        ).to_arrow_table()
        for one in predicted
    )


ENGINE = SplinkEngine()
