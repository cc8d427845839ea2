"""The hidden truth of a simulated estate: which record is of which entity, and which entities are related.

Only here, in the benchmarks and in tests is it opened; the product never sees it. A record is named by its raw key, as
the estate knows it, and entities by the estate's own numbers.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from blekit.scoring.rates import Longs
from config.errors import UsageError

KEY = ["source_id", "raw_key", "part"]
OF_RECORD = ["record_id", "unit", "point_code", "party_kind", "given_name", "family_name"]


def read_truth(folder: Path) -> pd.DataFrame:
    """The truth about records: ``source_id, raw_key, part, entity_id, entity_kind, traps``; one row each.

    Raises:
        UsageError: the folder holds no truth.
    """
    truth = read_table(folder, "records.parquet")
    return truth.drop_duplicates(KEY, ignore_index=True)


def read_relations(folder: Path) -> pd.DataFrame:
    """The truth about entities: ``entity_id_1, entity_id_2, kind``; household, owner_of_firm or branch_of_firm.

    Raises:
        UsageError: the folder holds no truth.
    """
    return read_table(folder, "relations.parquet")


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """A table of the truth.

    Raises:
        UsageError: the folder holds no truth.
    """
    path = folder / name
    if not path.is_file():
        raise UsageError(f"no truth in {folder}", hint="`blekit estate build` writes it beside the deliveries")
    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    return frame


def known_records(records: pa.Table, truth: pd.DataFrame) -> pd.DataFrame:
    """Live records the truth knows an entity for, in the order of their ids, with unit, point, entity and traps."""
    live: pd.DataFrame = records.select([*OF_RECORD, *KEY]).to_pandas()
    known = live.merge(truth, on=KEY, how="inner", validate="1:1")
    known = known[known["entity_id"].notna()]
    return known.sort_values("record_id", ignore_index=True)


def codes(values: pd.Series) -> Longs:
    """A number per distinct value; a missing one is alone."""
    found, distinct = pd.factorize(values, sort=True)
    alone = len(distinct) + np.arange(len(found))
    return np.where(found < 0, alone, found).astype(np.int64)


def positions(pairs: pa.Table, record_ids: pd.Series) -> tuple[Longs, Longs]:
    """Both records of each pair as positions; -1 where the truth does not know the record."""
    index = pd.Index(record_ids)
    left, right = (
        index.get_indexer(pairs[name].to_pandas()).astype(np.int64) for name in ("record_id_1", "record_id_2")
    )
    return left, right


def known_positions(pairs: pa.Table, record_ids: pd.Series) -> tuple[Longs, Longs]:
    """:func:`positions` of the pairs of which both records are known."""
    left, right = positions(pairs, record_ids)
    known = (left >= 0) & (right >= 0)
    return left[known], right[known]
