"""Golden customers: one row each, every value beside the record it came from and the rule that chose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.schemas import ADDRESS_COLUMNS, GOLDEN_ATTRIBUTES, GOLDEN_CUSTOMER
from dedupe.features import MISSING
from dedupe.survivorship import Chosen, choose

Longs = NDArray[np.int64]


def golden_customers(
    records: pa.Table,
    customer: Longs,
    *,
    customer_ids: NDArray[np.object_],
    anchors: Longs,
    anchor_rank: Longs,
    rules: Mapping[str, Any],
) -> pa.Table:
    """The golden table.

    Args:
        records: party records.
        customer: number of each record's customer.
        customer_ids: id of each customer.
        anchors: row of each customer's anchor.
        anchor_rank: rank of each record in anchor order.
        rules: survivorship (:func:`dedupe.survivorship.choose`).
    """
    chosen = choose(records, customer, customers=len(customer_ids), anchor_rank=anchor_rank, rules=rules)
    columns: dict[str, Any] = {
        "customer_id": pa.array(customer_ids, type=pa.string()),
        "anchor_record_id": records["record_id"].take(pa.array(anchors)),
        "unit": records["unit"].take(pa.array(anchors)),
        "party_kind": records["party_kind"].take(pa.array(anchors)),
        **_counts(records, customer, customers=len(customer_ids)),
    }
    for attribute in GOLDEN_ATTRIBUTES:
        columns.update(_attribute_columns(records, attribute, chosen[attribute]))
    table = pa.table({name: columns[name] for name in GOLDEN_CUSTOMER.names}, schema=GOLDEN_CUSTOMER.arrow)
    return GOLDEN_CUSTOMER.check(table.sort_by("customer_id").combine_chunks())


def _attribute_columns(records: pa.Table, attribute: str, chosen: Chosen) -> dict[str, Any]:
    rows = pa.array(chosen.row, mask=chosen.row == MISSING)
    names = ADDRESS_COLUMNS if attribute == "address" else (attribute,)
    return {
        **{name: records[name].take(rows) for name in names},
        f"{attribute}_record_id": records["record_id"].take(rows),
        f"{attribute}_rule": pa.array(chosen.rule, type=pa.string()),
    }


def _counts(records: pa.Table, customer: Longs, *, customers: int) -> dict[str, Any]:
    """Records, systems and balance of each customer; money is summed as integers."""
    balance = pc.fill_null(records["balance_grosze"], 0).to_numpy().astype(np.int64)
    source, _ = pd.factorize(records["source_id"].to_pandas(), sort=True)
    total = np.zeros(customers, dtype=np.int64)
    np.add.at(total, customer, balance)
    width = np.int64(source.max(initial=0) + 1)
    pairs = np.unique(customer * width + source)
    return {
        "records": np.bincount(customer, minlength=customers).astype(np.int64),
        "sources": np.bincount(pairs // width, minlength=customers).astype(np.int64),
        "balance_grosze": total,
    }
