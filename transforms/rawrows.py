"""Raw rows: their key, their text, and themselves as JSON.

The key is made of stored text only, so that better cleaning never renames a record. Pad blanks are not text.
"""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.kinds import Kind
from transforms.contract import POSITION

_PAD = " \t\u00a0\x00"


def blank_to_missing(stored: pa.Table) -> pd.DataFrame:
    """The raw columns as text without pad blanks at the ends; nothing but blanks is missing."""
    columns: dict[str, pd.Series] = {}
    for name in stored.column_names:
        trimmed = pc.utf8_trim(stored.column(name), characters=_PAD)
        text = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
        columns[name] = text.to_pandas(types_mapper={pa.string(): pd.StringDtype()}.get)
    return pd.DataFrame(columns, index=pd.RangeIndex(stored.num_rows))


def raw_keys(text: pd.DataFrame, kind: Kind) -> pd.Series:
    """Texts of the key columns joined by ``/``; a missing part is empty."""
    key = text[kind.key[0]].fillna("")
    for column in kind.key[1:]:
        key = key + "/" + text[column].fillna("")
    return key


def keys_of(raw: pa.Table, *, kind: Kind, business_date: dt.date) -> pd.Series:
    """The raw key of each row; missing where every part of it is.

    A log has no key of its own. There the key is the day of the delivery and the position in it (``_business_date`` and
    ``_record_no`` in :attr:`~config.kinds.Kind.key`), so that a delivery of the same day sent again replaces it.
    """
    stored = [name for name in kind.key if name not in POSITION]
    text = blank_to_missing(raw.select(stored)) if stored else pd.DataFrame(index=pd.RangeIndex(raw.num_rows))
    if "_business_date" in kind.key:
        text["_business_date"] = pd.Series(business_date.isoformat(), index=text.index, dtype="string")
    if "_record_no" in kind.key:
        text["_record_no"] = raw["_record_no"].to_pandas().astype("string")
    keys = raw_keys(text, kind)
    return keys.mask(keys.str.strip("/").eq(""))


def raw_json(stored: pa.Table) -> pd.Series:
    """Each row as JSON exactly as stored: keys sorted, missing ones left out."""
    names = sorted(stored.column_names)
    columns = [stored.column(name).to_pylist() for name in names]
    rows = [
        json.dumps(
            {name: value for name, value in zip(names, row, strict=True) if value is not None},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for row in zip(*columns, strict=True)
    ]
    return pd.Series(rows, index=pd.RangeIndex(len(rows)), dtype="string")
