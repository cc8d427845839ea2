"""``blekit bench linkage --oracle --reliability --ablation``: how right the matching is, and why, in tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from blekit.bench.ablation import ablation
from blekit.bench.data import Data
from blekit.bench.oracle import oracle
from blekit.bench.reliability import reliability_tables
from blekit.output import line, table
from config.models import load_model_dict
from dedupe import Model

Progress = Callable[[str], None]
TABLES = ("oracle", "reliability", "ablation")
_RATES = ("precision", "recall", "f1")


def quality(
    data: Sequence[Data], *, learn_from: Data | None, tables: Sequence[str], progress: Progress
) -> dict[str, Any]:
    """The tables asked for, one entry per data set of party records; other data have neither model nor kinds.

    Args:
        data: what is judged, with the shipped model.
        learn_from: unlabelled party records of another seed, for the ablation; it judges on the first data set only.
        tables: of :data:`TABLES`.
        progress: told what is done.
    """
    parties = [each for each in data if each.schema == "party"]
    model = Model.from_dict(load_model_dict())
    found: dict[str, Any] = {name: {} for name in tables}
    for each in parties:
        records, truth = _read(each)
        for name, make in (("oracle", oracle), ("reliability", reliability_tables)):
            if name in tables:
                progress(f"{name} on {each.name}")
                found[name][each.name] = make(records, truth, model=model)
    if "ablation" in tables and parties and learn_from is not None:
        records, truth = _read(parties[0])
        rows = ablation(_read(learn_from)[0], records, truth, progress=progress)
        found["ablation"][parties[0].name] = rows
    return found


def _read(data: Data) -> tuple[pa.Table, pd.DataFrame]:
    names = [name for name in pq.read_schema(data.file).names if name != "raw"]
    return pq.read_table(data.file, columns=names), pq.read_table(data.truth).to_pandas()


def render(found: Mapping[str, Any]) -> None:
    """The tables for a person."""
    for name, of_kinds in found.get("oracle", {}).items():
        line(
            f"\n{name}: ours, a supervised oracle on the same levels, and all candidate pairs judged rightly; clusters"
        )
        table(list(_oracle_rows(of_kinds)), ("kind", "who", *_RATES, "blocking_recall", "log_loss"))
    for name, of_kinds in found.get("reliability", {}).items():
        for kind, calibration in of_kinds.items():
            error = calibration["expected_calibration_error"]
            line(f"\n{name}, {kind}: pairs the model decided; expected calibration error {error}")
            table(calibration["bins"], ("from", "to", "pairs", "predicted", "observed"))
    for name, rows in found.get("ablation", {}).items():
        line(f"\n{name}: learned again without each idea; clusters at a posterior of one half, and at precision .999")
        table(rows, ("party_kind", "idea", "f1_natural", "delta", "recall_at_999", "delta_at_999", "blocking_recall"))


def _oracle_rows(of_kinds: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    rows = []
    for kind, found in of_kinds.items():
        for who in ("ours", "oracle", "perfect"):
            extra = {"blocking_recall": found.get("blocking_recall"), "log_loss": found.get("log_loss", {}).get(who)}
            rows.append({"kind": kind, "who": who, **found[who]["cluster"], **extra})
    return rows
