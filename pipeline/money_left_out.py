"""Money a sender counted that is in no record: of rows the rules rejected or excluded, and of those nobody could read.

What the former hold can be read, so it can be added up. What a quarantined span holds cannot: the reader did not make
out which bytes are the amount, or whether it is one record. So much is known of those only: how many they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from config.sources import source_with_id
from pipeline.event_checks import MONEY
from pipeline.standardising import STANDARD, StandardBatch


class LeftOut(NamedTuple):
    """What is not loaded of some deliveries."""

    known: int
    """Records that were rejected or excluded and whose amount can be read, or that have none."""
    grosze: int
    """Their sum, as senders add up: turnover without signs, balances with them."""
    unknown: int
    """Quarantined records, and rows with an amount that cannot be read, loaded or not."""


def money_left_out(batches: Iterable[StandardBatch], column: str) -> LeftOut:
    """What the batches of one system do not bring into a sum of a column of money."""
    parts = [_of_batch(batch, column) for batch in batches]
    return LeftOut(*(sum(part[at] for part in parts) for at in range(3)))


def _of_batch(batch: StandardBatch, column: str) -> LeftOut:
    unknown = batch.landed.quarantined + _loaded_without(batch)
    fates = batch.fates()
    gone = fates.filter(pc.not_equal(fates["fate"], STANDARD))["record_no"]
    if not len(gone):
        return LeftOut(0, 0, unknown)
    amounts = _amounts(batch, gone)
    grosze = amounts["grosze"].abs() if column == MONEY else amounts["grosze"]
    unread = int(amounts["is_unreadable"].sum())
    return LeftOut(len(amounts) - unread, int(grosze.fillna(0).sum()), unknown + unread)


def _amounts(batch: StandardBatch, gone: pa.ChunkedArray) -> pd.DataFrame:
    from config.lookups import load_lookups
    from transforms import Context, amounts_of

    source = source_with_id(batch.landed.source_id)
    raw = batch.landed.raw()
    context = Context(source, source.kind, batch.landed.business_date, load_lookups())
    return amounts_of(
        raw.filter(pc.is_in(raw["_record_no"], value_set=pa.array(gone.to_pylist(), pa.int64()))), context
    )


def _loaded_without(batch: StandardBatch) -> int:
    """Loaded parties whose balance is left out because it cannot be read."""
    if batch.is_event:
        return 0
    issues = pq.read_table(batch.folder / "records.parquet", columns=["issues"])["issues"]
    return int(pc.sum(pc.match_substring(issues, "balance_unreadable")).as_py() or 0)
