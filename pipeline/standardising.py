"""Standardising: from the raw records of a batch to standard records, kept beside them.

``<read folder>/standard-<key>/`` holds the standard records and one row per raw record that says what became of it
(``fates``). The key covers the rules and the pilot roster, because the roster decides to which unit a record belongs.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.errors import BugError
from config.events import EVENT_RECORD
from config.schemas import PARTY_RECORD
from config.sources import SourceSystem, source_with_id
from config.units import UNITS
from pipeline.files import new_folder
from pipeline.landing import Landed, read_report
from pipeline.versions import rules_version

if TYPE_CHECKING:
    from transforms import Standardised

STANDARD, REJECTED, EXCLUDED = "standard", "rejected", "excluded"
_PILOT = UNITS[0]

FATES = pa.schema(
    [
        pa.field("record_no", pa.int64(), nullable=False),
        pa.field("raw_key", pa.string()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("fate", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("length", pa.int64(), nullable=False),
    ]
)
"""One row per raw record: what became of it, and the unit it counts for."""


@dataclass(frozen=True)
class StandardBatch:
    """A landed batch and what our rules made of it."""

    landed: Landed
    folder: Path

    @property
    def batch_id(self) -> str:
        """The batch."""
        return self.landed.batch_id

    @property
    def is_event(self) -> bool:
        """Whether its records are events; otherwise they are parties."""
        return source_with_id(self.landed.source_id).kind.is_event

    def records(self) -> pa.Table:
        """Standard records: of PARTY_RECORD or EVENT_RECORD."""
        schema = EVENT_RECORD if self.is_event else PARTY_RECORD
        return pq.read_table(self.folder / "records.parquet", schema=schema.arrow)

    def record_ids(self) -> pa.ChunkedArray:
        """Ids of the standard records."""
        return pq.read_table(self.folder / "records.parquet", columns=["record_id"])["record_id"]

    def fates(self) -> pa.Table:
        """What became of every raw record."""
        return pq.read_table(self.folder / "fates.parquet", schema=FATES)

    def notes(self) -> pa.Table:
        """What was odd about rows and put right: ``_record_no`` and ``code``."""
        return pq.read_table(self.folder / "notes.parquet")

    def excluded_by_reason(self) -> dict[str, int]:
        """Excluded records by reason."""
        fates = self.fates()
        counts = pc.value_counts(fates.filter(pc.equal(fates["fate"], EXCLUDED))["reason"])
        return {
            entry["values"]: entry["counts"] for entry in sorted(counts.to_pylist(), key=lambda e: str(e["values"]))
        }

    def count(self, fate: str) -> int:
        """How many raw records had that fate."""
        return int(pc.sum(pc.equal(self.fates()["fate"], fate)).as_py() or 0)


def standardise_batch(landed: Landed, *, source: SourceSystem, pilot_keys: frozenset[str]) -> StandardBatch:
    """Standard records of a landed batch; made once for the rules and the roster of today.

    Raises:
        SourceContractBroken: the raw columns are not those of the source's kind.
    """
    folder = landed.folder / _folder_name(pilot_keys, rules=rules_version())
    if not folder.is_dir():
        raw = landed.raw()
        result = _standardise(raw, landed=landed, source=source, pilot_keys=pilot_keys)
        fates = fates_of(raw, result, landed=landed, source=source, pilot_keys=pilot_keys)
        with new_folder(folder) as temporary:
            pq.write_table(result.records, temporary / "records.parquet", compression="zstd")
            pq.write_table(fates, temporary / "fates.parquet", compression="zstd")
            pq.write_table(result.notes, temporary / "notes.parquet", compression="zstd")
    return StandardBatch(landed, folder)


def _folder_name(pilot_keys: frozenset[str], *, rules: str) -> str:
    shaping = "\n".join((rules, *sorted(pilot_keys)))
    return f"standard-{hashlib.sha256(shaping.encode()).hexdigest()[:16]}"


def standardised_earlier(batch_home: Path, *, rules: str, pilot_keys: frozenset[str]) -> StandardBatch | None:
    """What other rules made of a batch, if it is still kept: a release is accounted for by the rules that made it."""
    for folder in sorted(batch_home.glob(f"read-*/{_folder_name(pilot_keys, rules=rules)}")):
        return StandardBatch(read_report(folder.parent), folder)
    return None


def _standardise(raw: pa.Table, *, landed: Landed, source: SourceSystem, pilot_keys: frozenset[str]) -> Standardised:
    from config.lookups import load_lookups
    from transforms import standardise, standardise_events

    if source.kind.is_event:
        return standardise_events(
            raw,
            source=source,
            batch_id=landed.batch_id,
            business_date=landed.business_date,
            lookups=load_lookups(),
        )
    return standardise(
        raw,
        source=source,
        batch_id=landed.batch_id,
        business_date=landed.business_date,
        pilot_keys=pilot_keys,
        lookups=load_lookups(),
    )


def fates_of(
    raw: pa.Table, result: Standardised, *, landed: Landed, source: SourceSystem, pilot_keys: frozenset[str]
) -> pa.Table:
    """One row per raw record; a record that is in none or in two of the results is our own mistake."""
    rows = pd.DataFrame(
        {
            "record_no": raw["_record_no"].to_pandas().astype("int64"),
            "raw_key": _keys(raw, landed=landed, source=source),
            "offset": raw["_offset"].to_pandas(),
            "length": raw["_length"].to_pandas(),
        }
    )
    rows["unit"] = _units(rows["raw_key"], landed=landed, source=source, pilot_keys=pilot_keys)
    rows = rows.merge(_fate_by_record(result), on="record_no", how="left", validate="1:1")
    if rows["fate"].isna().any() or len(rows) != raw.num_rows:
        lost = int(rows["fate"].isna().sum())
        raise BugError(f"{landed.batch_id}: {lost} raw records are neither standard nor rejected nor excluded")
    return pa.Table.from_pandas(rows[FATES.names], schema=FATES, preserve_index=False)


def _fate_by_record(result: Standardised) -> pd.DataFrame:
    records = result.records
    first_parts = records.filter(pc.equal(records["part"], 1)) if "part" in records.column_names else records
    fates = (
        pd.DataFrame({"record_no": first_parts["sequence"].to_pandas(), "fate": STANDARD}),
        _with_reason(result.rejects, fate=REJECTED),
        _with_reason(result.excluded, fate=EXCLUDED),
    )
    together = pd.concat(fates, ignore_index=True).astype({"record_no": "int64"})
    if together["record_no"].duplicated().any():
        raise BugError("a raw record is in two of records, rejects and excluded")
    return together.reindex(columns=["record_no", "fate", "reason", "detail"])


def _with_reason(table: pa.Table, *, fate: str) -> pd.DataFrame:
    columns = {"record_no": table["_record_no"].to_pandas(), "fate": fate, "reason": table["reason"].to_pandas()}
    if "detail" in table.column_names:
        columns["detail"] = table["detail"].to_pandas()
    return pd.DataFrame(columns)


def _keys(raw: pa.Table, *, landed: Landed, source: SourceSystem) -> pd.Series:
    from transforms.rawrows import keys_of

    return keys_of(raw, kind=source.kind, business_date=landed.business_date)


def _units(keys: pd.Series, *, landed: Landed, source: SourceSystem, pilot_keys: frozenset[str]) -> pd.Series:
    units = pd.Series(source.unit, index=keys.index, dtype="string")
    units[keys.isin(pilot_keys)] = _PILOT.name
    # A record whose key cannot be read counts for whoever the delivery was made for.
    units[keys.isna()] = unit_of_delivery(source, landed.business_date)
    return units


def unit_of_delivery(source: SourceSystem, business_date: dt.date) -> str:
    """Unit that unreadable records count for; up to the pilot's date regions send pilot customers only."""
    return _PILOT.name if business_date <= _PILOT.cutover_date else source.unit
