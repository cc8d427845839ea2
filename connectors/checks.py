"""Cells whose text is stored well and yet says nothing: 30 February, an amount with a letter in it.

Such a cell becomes a null with its reason, as a cell that cannot be decoded does; its bytes stay where its offset says.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import Cells, reason_number

_LEAP_YEAR = 2000


def checked(cells: Cells, *, is_fine: Callable[[str], bool], reason: str) -> Cells:
    """The cells without those that fail a test; each different text is tested once, missing ones never."""
    encoded = cells.values.dictionary_encode()
    is_bad = np.array([not is_fine(text) for text in encoded.dictionary.to_pylist()] + [False], dtype=np.bool_)
    if not is_bad.any():
        return cells
    bad = is_bad[np.asarray(pc.fill_null(encoded.indices, len(is_bad) - 1))]
    values = pc.if_else(pa.array(bad), pa.scalar(None, pa.string()), cells.values)
    return replace(cells, values=values, reasons=np.where(bad, reason_number(reason), cells.reasons).astype(np.uint8))


def is_date8(text: str) -> bool:
    """Whether ``YYYYMMDD`` is a day."""
    return re.fullmatch(r"[0-9]{8}", text) is not None and _is_day(int(text[:4]), text[4:])


def is_date6(text: str) -> bool:
    """Whether ``YYMMDD`` is a day of 1950 to 2049; in no other century is another year a leap year."""
    return re.fullmatch(r"[0-9]{6}", text) is not None and _is_day(2000 + int(text[:2]), text[2:])


def is_date4(text: str) -> bool:
    """Whether ``MMDD`` is a day of any year."""
    return re.fullmatch(r"[0-9]{4}", text) is not None and _is_day(_LEAP_YEAR, text)


def _is_day(year: int, text: str) -> bool:
    try:
        dt.date(year, int(text[:2]), int(text[2:]))
    except ValueError:
        return False
    return True
