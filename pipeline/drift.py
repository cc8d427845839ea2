"""Do deliveries still have the columns their kinds name? Both ways: what is new, and what is gone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.errors import BlekitError
from config.kinds import Kind, kind_file
from config.sources import SourceSystem, source_with_id
from pipeline.batches import served_sources
from pipeline.landing import deliveries_of
from pipeline.standardising import StandardBatch

if TYPE_CHECKING:
    from pipeline.installation import Installation

_OUTCOME = {"freeze": "stops the delivery", "evolve": "kept in the raw row", "discard": "left out"}


def check_columns(columns: Sequence[str], kind: Kind, *, edit: str) -> list[dict[str, Any]]:
    """One row per column that a file and its kind do not share.

    Args:
        columns: what the file has.
        kind: what is expected.
        edit: the YAML to edit.
    """
    known = {*kind.columns, *kind.ignore}
    new = [name for name in columns if name not in known and name.partition("(")[0] not in kind.ignore]
    gone = [name for name in dict.fromkeys((*kind.columns, *kind.key)) if name not in columns]
    missing = [name for name in kind.ignore if name not in columns and not any(_repeats(name, of=columns))]
    return [
        *(_row(name, "new", outcome=_OUTCOME[kind.on_new_column], edit=edit) for name in new),
        *(_row(name, "gone", outcome=_OUTCOME["freeze"], edit=edit) for name in gone),
        *(_row(name, "ignored and gone", outcome="nothing is lost", edit=edit) for name in missing if name not in gone),
    ]


def _repeats(name: str, *, of: Sequence[str]) -> Iterable[bool]:
    return (column.partition("(")[0] == name for column in of)


def _row(column: str, state: str, *, outcome: str, edit: str) -> dict[str, Any]:
    return {"column": column, "state": state, "outcome": outcome, "edit": edit}


def breaks(row: dict[str, Any]) -> bool:
    """Whether a row of :func:`check_columns` stops a delivery."""
    return bool(row["outcome"] == _OUTCOME["freeze"])


def check_sources(installation: Installation, source_id: str | None = None) -> list[dict[str, Any]]:
    """Unmapped columns of the newest delivery of a system, or of every served one.

    A delivery that cannot be read gives one row of state ``unreadable``.

    Raises:
        UsageError: no such system is registered.
        ConfigurationError: it is registered and nothing reads it yet.
    """
    chosen = served_sources() if source_id is None else (source_with_id(source_id),)
    rows: list[dict[str, Any]] = []
    for source in chosen:
        kind = source.kind
        folders = deliveries_of(installation.deliveries_dir, source.source_id)
        edit = kind_file(source.kind_name)
        if folders:
            found = _columns_of(folders[-1], source)
            told = [_row("–", "unreadable", outcome=found, edit=edit)] if isinstance(found, str) else None
            rows += [
                {"source_id": source.source_id, "delivery": folders[-1].name, **row}
                for row in (told if told is not None else check_columns(found, kind, edit=edit))
            ]
        elif source_id is not None:
            row = _row("–", "nothing delivered", outcome="nothing to look at", edit=edit)
            rows.append({"source_id": source_id, "delivery": "–", **row})
    return rows


def _columns_of(folder: Path, source: SourceSystem) -> list[str] | str:
    """Columns of a delivery, or why it cannot be read."""
    from connectors.delivery import read_file
    from transforms.contract import raw_columns

    kind = source.kind
    try:
        chunk = next(iter(read_file(folder, kind=kind, main=kind.files["main"], chunk_records=1_000).chunks()))
    except BlekitError as exc:
        return f"{exc.code}: {exc.message}"
    return list(raw_columns(chunk.records.schema))


def drift_of(batches: Iterable[StandardBatch]) -> list[dict[str, Any]]:
    """New columns of these batches that their kinds let pass, with how many values they hold."""
    found = []
    for batch in batches:
        kind = source_with_id(batch.landed.source_id).kind
        if kind.on_new_column != "freeze":
            found += _let_pass(batch, kind)
    return found


def _let_pass(batch: StandardBatch, kind: Kind) -> list[dict[str, Any]]:
    from transforms.contract import check_contract

    raw = batch.landed.folder / "raw.parquet"
    drift = check_contract(pq.read_schema(raw), kind)
    return [
        {
            "source_id": batch.landed.source_id,
            "batch_id": batch.batch_id,
            "column": column,
            "policy": policy,
            "values": _filled(pq.read_table(raw, columns=[column])[column]),
        }
        for policy, columns in (("evolve", drift.kept), ("discard", drift.discarded))
        for column in columns
    ]


def _filled(column: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.is_valid(column)).as_py() or 0)
