"""``blekit link`` over our own standard records: the product's model, blocking and rules, without a warehouse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.errors import BadData, ConfigurationError, SourceUnavailable, UsageError
from config.link_models import LinkModel
from config.models import load_model_dict, read_model_dict
from config.schemas import PARTY_RECORD
from pipeline.linking_files import write_parquet

if TYPE_CHECKING:
    from dedupe import Model

MICRO = 1_000_000
_NOT_COMPARED = ("raw", "issues", "batch_id")


def link_party_records(
    files: Sequence[Path],
    *,
    model: LinkModel,
    model_file: Path,
    out: Path,
    clusters: Path | None,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Link a Parquet file of party records as a cutover would, clerks and golden values apart.

    Raises:
        UsageError: there are two files: a nation is one table.
        ConfigurationError: a column of the standard record is not there or of another type.
    """
    from dedupe.blocking import find_pairs
    from dedupe.features import party_features
    from dedupe.party_kinds import PARTY_KINDS
    from dedupe.resolution import cluster
    from dedupe.scoring import decision_table, score, sorted_pairs

    if len(files) > 1:
        raise UsageError("layout party_record takes one file", hint="Append one to the other")
    records = read_party_records(files[0])
    matcher = _matching_model(model, model_file)
    tables, group, pairs = [], np.arange(records.num_rows, dtype=np.int64), 0
    for party_kind in PARTY_KINDS:
        features = party_features(records, party_kind=party_kind, matching=matcher.matching)
        tell(f"block {len(features)} {party_kind}s")
        found, blocks = find_pairs(features, caps=matcher.matching.caps)
        tell(f"compare {len(found)} pairs of {party_kind}s")
        scored = score(features, found, model=matcher, clerk={}, blocks=blocks)
        tell(f"cluster {len(features)} {party_kind}s")
        group[features.positions] = features.positions[cluster(scored, matcher).group]
        pairs += len(found)
        decided = decision_table(scored)
        tables.append(decided.filter(pc.not_equal(decided["decision"], "non_link")))
    links = sorted_pairs(tables)
    write_parquet(_in_bits(links), out)
    if clusters is not None:
        write_parquet(_clusters(records, group), clusters)
    return _counts(records, links, group, candidate_pairs=pairs)


def read_party_records(path: Path) -> pa.Table:
    """Standard records of a Parquet file; columns nobody compares may be absent.

    Raises:
        SourceUnavailable: there is no such file.
        BadData: it is no Parquet file, has no records, or an id twice.
        ConfigurationError: a column is missing or of another type.
    """
    if not path.is_file():
        raise SourceUnavailable(f"{path}: no such file")
    wanted = {field.name: field.type for field in PARTY_RECORD.arrow if field.name not in _NOT_COMPARED}
    try:
        schema = pq.read_schema(path)
    except pa.ArrowInvalid as exc:
        raise BadData(f"{path}: cannot be read as Parquet", hint="layout party_record is Parquet only") from exc
    if missing := [name for name in wanted if name not in schema.names]:
        raise ConfigurationError(
            f"{path}: no party records: column {missing[0]!r} is missing",
            hint=f"Present: {', '.join(sorted(schema.names))}. For other columns use layout: columns",
        )
    table = pq.read_table(path, columns=list(wanted))
    if table.num_rows == 0:
        raise BadData(f"{path}: no records")
    try:
        table = table.cast(pa.schema(list(wanted.items())))
    except pa.ArrowInvalid as exc:
        raise ConfigurationError(f"{path}: a column has not the type of party records") from exc
    if pc.count_distinct(table["record_id"]).as_py() != table.num_rows:
        raise BadData(f"{path}: a record_id is there twice")
    return table


def _matching_model(model: LinkModel, model_file: Path) -> Model:
    from dedupe import Model

    name = model.matching_model
    path = model_file.parent / name
    return Model.from_dict(read_model_dict(path) if path.is_file() else load_model_dict(name))


def _in_bits(links: pa.Table) -> pa.Table:
    return pa.table(
        {
            "record_id_1": links["record_id_1"],
            "record_id_2": links["record_id_2"],
            "match_weight": pa.array(links["match_weight"].to_numpy() / MICRO),
            "match_probability": pa.array(links["match_probability"].to_numpy() / MICRO),
            "decision": links["decision"],
        }
    )


def _clusters(records: pa.Table, group: np.ndarray[Any, np.dtype[np.int64]]) -> pa.Table:
    ids = records["record_id"].combine_chunks()
    table = pa.table({"record_id": ids, "cluster_id": ids.take(pa.array(group))})
    return table.sort_by("record_id")


def _counts(
    records: pa.Table, links: pa.Table, group: np.ndarray[Any, np.dtype[np.int64]], *, candidate_pairs: int
) -> dict[str, Any]:
    decisions = {row["values"]: row["counts"] for row in pc.value_counts(links["decision"]).to_pylist()}
    return {
        "records": records.num_rows,
        "candidate_pairs": candidate_pairs,
        "links": decisions.get("link", 0),
        "possible_links": decisions.get("possible_link", 0),
        "clusters": len(np.unique(group)),
    }
