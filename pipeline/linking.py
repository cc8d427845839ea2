"""``blekit link``: files in, links and clusters out.

The shell around :mod:`dedupe.anytable`: it reads, checks that the model fits the files, counts, and writes.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BadData, ConfigurationError
from config.link_models import KindByColumn, LinkModel, Trained, read_link_model
from config.matching import load_matching
from pipeline.linking_files import TextTable, read_text_table, write_parquet, write_text

if TYPE_CHECKING:
    from dedupe.anytable.linking import Linked

Progress = Callable[[str], None]
MICRO = 1_000_000


class NothingLearned(BadData):
    """The records do not tell who is the same party: no pairs, or none that names or numbers confirm."""


@dataclass(frozen=True)
class Inputs:
    """The records of one or two files, one below the other."""

    table: pa.Table
    record_ids: list[str]
    """As in the files; the same id may be in both."""
    files: np.ndarray[Any, np.dtype[np.int32]]
    keys: list[str] = field(default_factory=list)
    """Unique over both files, in the order of file and id."""

    @property
    def has_two_files(self) -> bool:
        """Whether there is a second file."""
        return bool(self.files.any())


def link_files(
    files: Sequence[Path],
    *,
    model_file: Path,
    out: Path,
    clusters: Path | None = None,
    save_model: Path | None = None,
    is_dedupe_too: bool = False,
    seed: int = 7,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Link the records of one file, or of two with one another, and write what was found.

    Args:
        files: one or two.
        model_file: ``MODEL.yml``.
        out: Parquet of links and possible links.
        clusters: Parquet of record and cluster.
        save_model: where to keep the model with what was learned.
        is_dedupe_too: of two files, also pairs inside each.
        seed: of random samples in the training.
        progress: told what is being done, with counts.

    Returns:
        The counts and costs of DESIGN §11.
    """
    tell = progress or (lambda message: None)
    began, cpu = time.monotonic(), time.process_time()
    model = read_link_model(model_file)
    if model.layout == "party_record":
        from pipeline.linking_party_records import link_party_records

        counts = link_party_records(files, model=model, model_file=model_file, out=out, clusters=clusters, tell=tell)
    else:
        counts = _link_columns(files, model, model_file, out, clusters, save_model, is_dedupe_too, seed, tell)
    return {
        **counts,
        "wall_s": round(time.monotonic() - began, 3),
        "cpu_s": round(time.process_time() - cpu, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if _IS_MAC else 1024), 1),
    }


_IS_MAC = sys.platform == "darwin"


def _link_columns(
    files: Sequence[Path],
    model: LinkModel,
    model_file: Path,
    out: Path,
    clusters: Path | None,
    save_model: Path | None,
    is_dedupe_too: bool,
    seed: int,
    tell: Progress,
) -> dict[str, Any]:
    inputs = read_inputs(files, model=model, model_file=model_file)
    tell(f"read {len(inputs.keys)} records")
    scope = "across" if inputs.has_two_files and not is_dedupe_too else "within"
    linked = _link_kinds(inputs, model, scope, seed, tell)
    links = _links_table(inputs, linked.values())
    write_parquet(links, out)
    grouped = _clusters_table(inputs, linked.values())
    if clusters is not None:
        write_parquet(grouped, clusters)
    if save_model is not None:
        write_text(_with_trained(model, inputs, linked), save_model)
    decisions = links["decision"].to_pylist()
    return {
        "records": len(inputs.keys),
        "candidate_pairs": sum(one.candidate_pairs for one in linked.values()),
        "links": decisions.count("link"),
        "possible_links": decisions.count("possible_link"),
        "clusters": len(pc.unique(grouped["cluster_id"])),
    }


def read_inputs(files: Sequence[Path], *, model: LinkModel, model_file: Path) -> Inputs:
    """The columns a model names, of one or two files.

    Raises:
        ConfigurationError: a column is not there or no role can take it; the message says which key to edit.
        BadData: a record id is missing or there twice.
    """
    used = [column for columns in model.columns.used.values() for column in columns]
    if isinstance(model.party_kind, KindByColumn) and model.party_kind.column not in used:
        used.append(model.party_kind.column)
    tables, ids = [], []
    for path in files:
        read = read_text_table(path, model.reading)
        _check_columns(read, model, model_file)
        tables.append(read.table.select(used))
        ids.append(_record_ids(read, model, model_file))
    record_ids = [one for of_file in ids for one in of_file]
    numbers = np.repeat(np.arange(len(files), dtype=np.int32), [table.num_rows for table in tables])
    keys = [f"{file}\n{one}" for file, one in zip(numbers.tolist(), record_ids, strict=True)]
    return Inputs(pa.concat_tables(tables), record_ids, numbers, keys)


def _check_columns(read: TextTable, model: LinkModel, model_file: Path) -> None:
    present = set(read.table.schema.names)
    roles = {f"columns.{role}": columns for role, columns in model.columns.used.items()}
    if isinstance(model.party_kind, KindByColumn):
        roles["party_kind.column"] = (model.party_kind.column,)
    for key, columns in roles.items():
        for column in columns:
            if column in read.unreadable:
                raise ConfigurationError(
                    f"{model_file}: {key}: column {column!r} of {read.path.name} holds lists, structs or bytes",
                    hint="A role takes text, numbers or dates: name another column or leave the role out",
                )
            if column not in present:
                raise ConfigurationError(
                    f"{model_file}: {key}: {read.path.name} has no column {column!r}",
                    hint=f"Edit {key}. Present: {', '.join(sorted(present))}",
                )


def _record_ids(read: TextTable, model: LinkModel, model_file: Path) -> list[str]:
    """The ids as they stand in the file; the number of the row, from 1, where the model names no column."""
    columns = model.columns.record_id
    if not columns:
        return [str(row) for row in range(1, read.table.num_rows + 1)]
    values = [read.table[column].to_pylist() for column in columns]
    if missing := [row for row, parts in enumerate(zip(*values, strict=True), start=1) if not all(parts)]:
        raise BadData(
            f"{read.path}: {len(missing)} records have no {'/'.join(columns)}, the first is row {missing[0]}",
            hint=f"Name another columns.record_id in {model_file}, or none: then rows are numbered",
        )
    ids = ["/".join(parts) for parts in zip(*values, strict=True)]
    _refuse_duplicates(ids, read, columns, model_file)
    return ids


def _refuse_duplicates(ids: list[str], read: TextTable, columns: Sequence[str], model_file: Path) -> None:
    rows: dict[str, int] = {}
    twice = [(rows[one], row) for row, one in enumerate(ids, start=1) if rows.setdefault(one, row) != row]
    if twice:
        raise BadData(
            f"{read.path}: {len(twice)} record ids in {'/'.join(columns)} were there before;"
            f" rows {twice[0][0]} and {twice[0][1]} have the same",
            hint=f"Name another columns.record_id in {model_file}, several columns, or none: then rows are numbered",
        )


def _link_kinds(inputs: Inputs, model: LinkModel, scope: str, seed: int, tell: Progress) -> dict[str, Linked]:
    """What was found among persons, and among firms; a kind nobody can be compared in is left out."""
    from dedupe import ModelRefused
    from dedupe.anytable.linking import Rows, link_rows

    linked: dict[str, Linked] = {}
    places = rows_of_kinds(inputs.table, model)
    for party_kind, rows in places.items():
        at = pa.array(rows)
        of_kind = Rows(inputs.table.take(at), [inputs.keys[row] for row in rows], inputs.files[rows])
        trained = getattr(model.trained, party_kind) if model.trained is not None else None
        try:
            found = link_rows(
                of_kind,
                model=model,
                party_kind=party_kind,
                scope=scope,
                seed=seed,
                tell=tell,
                trained=trained,
                matching=load_matching() if model.locale == "pl" else None,
            )
        except ModelRefused as exc:
            if len(places) == 1:
                raise NothingLearned(exc.message, hint=exc.hint) from exc
            tell(f"{party_kind}s: {exc.message}")
            continue
        linked[party_kind] = found.at_rows(rows)
    if not linked:
        raise NothingLearned("neither among persons nor among firms there is anything to compare")
    return linked


def rows_of_kinds(table: pa.Table, model: LinkModel) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """The rows of persons and of firms.

    Raises:
        BadData: the column that tells them apart holds a value the model does not know.
    """
    if not isinstance(model.party_kind, KindByColumn):
        return {model.party_kind: np.arange(table.num_rows, dtype=np.int64)}
    kinds = model.party_kind
    values = table[kinds.column].to_pylist()
    known = {**dict.fromkeys(kinds.person, "person"), **dict.fromkeys(kinds.firm, "firm")}
    if unknown := [row for row, value in enumerate(values, start=1) if value not in known]:
        raise BadData(
            f"column {kinds.column!r}: {len(unknown)} records are neither in party_kind.person nor in party_kind.firm,"
            f" the first is row {unknown[0]}",
            hint="Add their values to one of the two",
        )
    found = {
        kind: np.flatnonzero([known[str(value)] == kind for value in values]).astype(np.int64)
        for kind in ("person", "firm")
    }
    return {kind: rows for kind, rows in found.items() if len(rows) > 1}


def _links_table(inputs: Inputs, linked: Any) -> pa.Table:
    """Links and possible links, each pair with its weight in bits and its probability."""
    from dedupe.decisions import DECISIONS, NON_LINK

    left, right, weight, chance, decision = (
        np.concatenate([getattr(one, name) for one in linked])
        for name in ("left", "right", "match_weight", "match_probability", "decision")
    )
    kept = decision != NON_LINK
    left, right = left[kept], right[kept]
    ids = np.array(inputs.record_ids, dtype=object)
    columns = {
        "record_id_1": pa.array(ids[left], type=pa.string()),
        "record_id_2": pa.array(ids[right], type=pa.string()),
        "match_weight": pa.array(weight[kept] / MICRO),
        "match_probability": pa.array(chance[kept] / MICRO),
        "decision": pa.array(np.array(DECISIONS, dtype=object)[decision[kept]], type=pa.string()),
    }
    order = [("record_id_1", "ascending"), ("record_id_2", "ascending")]
    if inputs.has_two_files:
        columns |= {"file_1": pa.array(inputs.files[left] + 1), "file_2": pa.array(inputs.files[right] + 1)}
        order = [("file_1", "ascending"), ("file_2", "ascending"), *order]
    return pa.table(columns).sort_by(order)


def _clusters_table(inputs: Inputs, linked: Any) -> pa.Table:
    """Every record with its cluster, which is named after its first record."""
    group = np.arange(len(inputs.keys), dtype=np.int64)
    for one in linked:
        group[one.rows] = one.group
    names = np.array(
        [f"{file + 1}:{one}" for file, one in zip(inputs.files.tolist(), inputs.record_ids, strict=True)]
        if inputs.has_two_files
        else inputs.record_ids,
        dtype=object,
    )
    columns = {
        "record_id": pa.array(inputs.record_ids, type=pa.string()),
        "cluster_id": pa.array(names[group], type=pa.string()),
    }
    if inputs.has_two_files:
        columns["file"] = pa.array(inputs.files + 1)
    order = [(name, "ascending") for name in ("file", "record_id") if name in columns]
    return pa.table(columns).sort_by(order)


def _with_trained(model: LinkModel, inputs: Inputs, linked: dict[str, Linked]) -> str:
    """The model with what was learned, as YAML."""
    import yaml

    trained = Trained(
        records=len(inputs.keys),
        pairs=sum(one.candidate_pairs for one in linked.values()),
        **{party_kind: one.trained for party_kind, one in linked.items()},
    )
    whole = model.model_copy(update={"trained": trained}).model_dump(mode="json", exclude_defaults=True)
    text = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return (
        f"# Learned from {trained.records} records and {trained.pairs} pairs; a model like this never learns.\n{text}"
    )
