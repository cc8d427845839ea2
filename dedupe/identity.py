"""Customer ids and references: keyed functions, so that nobody without the key can go back to a record.

A customer's id is a function of its anchor alone: the same partition gives the same ids, whatever happened before, and
a merge keeps the id of the older anchor (DESIGN §12).
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.units import UNITS

ORDINALS = {unit.name: unit.ordinal for unit in UNITS}


def keyed_text(text: str, *, key: bytes, length: int) -> str:
    """The first base32 characters of HMAC-SHA256 of a text."""
    return base64.b32encode(hmac.digest(key, text.encode(), hashlib.sha256))[:length].decode()


def customer_id(anchor_record_id: str, *, key: bytes) -> str:
    """The id of the customer with that anchor: 16 base32 characters."""
    return keyed_text(anchor_record_id, key=key, length=16)


def record_ref(record_id: str, *, key: bytes) -> str:
    """What stands for a record outside the database: 12 characters."""
    return keyed_text(record_id, key=key, length=12).lower()


def case_ref(record_id_1: str, record_id_2: str, *, key: bytes) -> str:
    """What stands for a pair of records in URLs and logs: 12 characters."""
    return keyed_text(f"{record_id_1}\n{record_id_2}", key=key, length=12).lower()


def anchor_order(
    record_ids: Sequence[str],
    units: Sequence[str],
    *,
    first_seen: Mapping[str, dt.date],
    business_dates: Sequence[dt.date],
) -> NDArray[np.int64]:
    """The rank of each record by unit, first delivery and id: the least of a customer is its anchor.

    A record without a first delivery counts from the business date it has.
    """
    frame = pd.DataFrame(
        {
            "ordinal": [ORDINALS[unit] for unit in units],
            "first_seen": [
                first_seen.get(record_id, date) for record_id, date in zip(record_ids, business_dates, strict=True)
            ],
            "record_id": list(record_ids),
        }
    )
    order = frame.sort_values(["ordinal", "first_seen", "record_id"], kind="stable").index.to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank
