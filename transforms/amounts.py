"""What rows say of money, whatever becomes of them.

A row that is rejected or excluded has no standard record, but the sender counted its amount in his control total.
Reconciliation asks here what such rows hold, read by the very rules that would have read it into a record.
"""

from __future__ import annotations

import pandas as pd
import pyarrow as pa

from transforms.contract import raw_columns
from transforms.draft import Context, Draft
from transforms.events.measures import read_amount
from transforms.money import sum_money
from transforms.rawrows import blank_to_missing


def amounts_of(stored: pa.Table, context: Context) -> pd.DataFrame:
    """``grosze`` of each raw row, nothing where none stands, and ``is_unreadable`` where one stands and is not read.

    Args:
        stored: raw text columns and place of parties or events.
        context: of the delivery they are of.
    """
    text = blank_to_missing(stored.select(list(raw_columns(stored.schema))))
    if context.kind.is_event:
        grosze, unreadable = read_amount(text, context)
        return pd.DataFrame({"grosze": grosze, "is_unreadable": unreadable.notna()})
    read = sum_money(Draft(raw=text), context)
    is_unreadable = read.issues[0].notna()
    return pd.DataFrame({"grosze": read.value("balance_grosze").mask(is_unreadable), "is_unreadable": is_unreadable})
