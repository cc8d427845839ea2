"""Our engine on any table: what ``blekit link`` does with the model ``blekit link --propose-model`` makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from blekit.bench.jobs import Job, Linked
from config.link_models import read_link_model
from dedupe.anytable.linking import Rows, link_rows
from dedupe.model import MICRO
from pipeline.linking import link_files, read_inputs, rows_of_kinds
from pipeline.proposing import propose_model

_SEED = 7
_NATURAL = {"false_link": 1, "missed_link": 1, "review": 1}
"""Link when it is likelier than not."""


@dataclass(frozen=True)
class _Files:
    records: Sequence[Path]
    """One, or two to link with one another."""
    model: Path
    out: Path


def link_table(job: Job) -> Linked:
    """Propose a model for the file, link with it, and read the clusters it wrote."""
    files = _files(job)
    propose_model(files.records[0], out=files.model)
    _cut_naturally(files.model)
    clusters = files.out / "clusters_written.parquet"
    link_files(files.records, model_file=files.model, out=files.out / "links.parquet", clusters=clusters, seed=_SEED)
    found = pq.read_table(clusters)
    return Linked(
        clusters=found.select(["record_id", "cluster_id"]).cast(_TEXTS),
        candidates=lambda: _candidates(files),
    )


_TEXTS = pa.schema([("record_id", pa.string()), ("cluster_id", pa.string())])


def _files(job: Job) -> _Files:
    out = Path(job.out)
    if not job.options.get("is_link_only"):
        return _Files([Path(job.file)], out / "model.yml", out)
    table = pq.read_table(job.file)
    parts = []
    for name in sorted(pc.unique(table["source"]).to_pylist()):
        parts.append(out / f"{name}.parquet")
        pq.write_table(table.filter(pc.equal(table["source"], name)).drop_columns(["source"]), parts[-1])
    return _Files(parts, out / "model.yml", out)


def _cut_naturally(model: Path) -> None:
    plain = yaml.safe_load(model.read_text(encoding="utf-8"))
    model.write_text(yaml.safe_dump({**plain, "costs": _NATURAL}, allow_unicode=True), encoding="utf-8")


def _candidates(files: _Files) -> pa.Table:
    """All pairs that were compared, by doing it again: links are all that ``blekit link`` writes."""
    model = read_link_model(files.model)
    inputs = read_inputs(files.records, model=model, model_file=files.model)
    ids = np.array(inputs.record_ids, dtype=object)
    tables = []
    for kind, rows in rows_of_kinds(inputs.table, model).items():
        of_kind = Rows(inputs.table.take(pa.array(rows)), [inputs.keys[row] for row in rows], inputs.files[rows])
        scope = "across" if inputs.has_two_files else "within"
        found = link_rows(of_kind, model=model, party_kind=kind, scope=scope, seed=_SEED, tell=lambda _: None)
        found = found.at_rows(rows)
        tables.append(
            pa.table(
                {
                    "record_id_1": pa.array(ids[found.left], type=pa.string()),
                    "record_id_2": pa.array(ids[found.right], type=pa.string()),
                    "match_probability": found.match_probability / MICRO,
                }
            )
        )
    return pa.concat_tables(tables)
