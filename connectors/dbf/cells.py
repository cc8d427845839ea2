"""Fields of a DBF record as text, by type.

Texts, numbers and dates are stored as characters and come out as they stand, without the blanks that pad them. Visual
FoxPro's binary types come out as decimal text or ISO instants. Whatever is not what its type says is null and an issue.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import Bytes, Longs, reason_number
from connectors.text import decode_cells, trimmed_bytes

Column = tuple[pa.Array, Bytes]
"""Values and per row the number of a reason."""

_BAD_NUMBER = reason_number("bad_number")
_BAD_DATE = reason_number("bad_date")
_BAD_LOGICAL = reason_number("bad_logical")
_BAD_FLOAT = reason_number("bad_float")
_OVERFLOW = reason_number("numeric_overflow")
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$"
_POINTER = r"^0{0,6}\d{1,12}$"
"""No memo file has more blocks: a longer number would not fit a machine word once blocks become bytes."""
_JULIAN_1970 = 2_440_588
_DAY_MS = 86_400_000
_LEAST_DAY, _MOST_DAY = 1_721_426, 5_373_484  # years 1 and 9999


PADS = b" \0"
_DIGIT, _POINT, _SIGN, _OTHER = range(4)
_SORTS = np.full(256, _OTHER, dtype=np.uint8)
_SORTS[0x30:0x3A] = _DIGIT
_SORTS[ord(".")] = _POINT
_SORTS[[ord("+"), ord("-")]] = _SIGN


def _checked(cells: Bytes, *, pattern: str, reason: int) -> Column:
    data, offsets = trimmed_bytes(cells, pads=PADS, is_left_too=True)
    values, reasons = decode_cells(data, offsets, pages=("ascii",), page_of_row=np.zeros(len(cells), dtype=np.uint8))
    if pattern == _NUMBER and _are_plain_numbers(data, offsets):
        return values, reasons
    fits = np.asarray(pc.fill_null(pc.match_substring_regex(values, pattern), True))
    is_bad = ~fits | (reasons != 0)
    if not is_bad.any():
        return values, reasons
    return pc.if_else(pa.array(is_bad), pa.scalar(None, pa.string()), values), np.where(is_bad, reason, 0).astype("u1")


def _are_plain_numbers(data: Bytes, offsets: Longs) -> bool:
    """Whether all are digits with a sign before and a point between them at most: then no closer look is needed."""
    sorts = _SORTS[data]
    if sorts.max(initial=0) == _OTHER:
        return False
    points, signs = np.flatnonzero(sorts == _POINT), np.flatnonzero(sorts == _SIGN)
    owners = np.searchsorted(offsets, points, side="right")
    ends = offsets[1:][np.diff(offsets) > 0] - 1
    return bool((np.diff(owners) > 0).all() and np.isin(signs, offsets[:-1]).all() and (sorts[ends] == _DIGIT).all())


def numbers(cells: Bytes) -> Column:
    """N and F: a number in characters; stars where it did not fit."""
    values, reasons = _checked(cells, pattern=_NUMBER, reason=_BAD_NUMBER)
    if reasons.any():
        reasons[(cells == ord("*")).any(axis=1)] = _OVERFLOW
    return values, reasons


def dates(cells: Bytes) -> Column:
    """D: eight digits. Whether they are a day is for others to judge."""
    return _checked(cells, pattern=r"^\d{8}$", reason=_BAD_DATE)


def logicals(cells: Bytes) -> Column:
    """L: one letter; a question mark is a missing value."""
    values, reasons = _checked(cells, pattern=r"^[TtYyFfNn?]$", reason=_BAD_LOGICAL)
    return pc.if_else(pc.equal(values, "?"), pa.scalar(None, pa.string()), values), reasons


def integers(cells: Bytes) -> Column:
    """I: a little-endian word."""
    values = np.ascontiguousarray(cells).view("<i4").reshape(len(cells))
    return pa.array(values).cast(pa.string()), np.zeros(len(cells), dtype=np.uint8)


def currencies(cells: Bytes) -> Column:
    """Y: ten-thousandths in a little-endian double word."""
    values = np.ascontiguousarray(cells).view("<i8").reshape(len(cells))
    words = np.stack([values, values >> 63], axis=1).astype("<i8")
    decimals = pa.Array.from_buffers(pa.decimal128(23, 4), len(values), [None, pa.py_buffer(words.tobytes())])
    return decimals.cast(pa.string()), np.zeros(len(cells), dtype=np.uint8)


def instants(cells: Bytes) -> Column:
    """T: Julian day and milliseconds, as ``2002-10-28 08:00:00``."""
    words = np.ascontiguousarray(cells).view("<i4").reshape(len(cells), 2).astype(np.int64)
    is_blank = ((cells == 0) | (cells == 0x20)).all(axis=1)
    is_bad = ~is_blank & ((words[:, 0] < _LEAST_DAY) | (words[:, 0] > _MOST_DAY))
    is_bad |= ~is_blank & ((words[:, 1] < 0) | (words[:, 1] >= _DAY_MS))
    is_null = is_blank | is_bad
    ms = np.where(is_null, 0, (words[:, 0] - _JULIAN_1970) * _DAY_MS + words[:, 1])
    texts = np.datetime_as_string(ms.astype("datetime64[ms]"), unit="ms").tolist()
    values = pa.array([text.replace("T", " ").removesuffix(".000") for text in texts], pa.string(), mask=is_null)
    return values, np.where(is_bad, _BAD_DATE, 0).astype(np.uint8)


def doubles(cells: Bytes) -> Column:
    """B of Visual FoxPro: the shortest decimal text that reads back the same."""
    values = np.ascontiguousarray(cells).view("<f8").reshape(len(cells))
    is_bad = ~np.isfinite(values)
    texts = [
        None if bad else format(Decimal(repr(value)), "f")
        for value, bad in zip(values.tolist(), is_bad.tolist(), strict=True)
    ]
    return pa.array(texts, pa.string()), np.where(is_bad, _BAD_FLOAT, 0).astype(np.uint8)


def pointers(cells: Bytes) -> tuple[Longs, Bytes]:
    """Block numbers of memo texts; 0 where there is none."""
    if cells.shape[1] == 4:
        words = np.ascontiguousarray(cells).view("<u4").reshape(len(cells)).astype(np.int64)
        return words, np.zeros(len(cells), dtype=np.uint8)
    values, reasons = _checked(cells, pattern=_POINTER, reason=_BAD_NUMBER)
    return np.asarray(values.cast(pa.int64()).fill_null(0), dtype=np.int64), reasons


DECODERS: dict[str, tuple[Callable[[Bytes], Column], int]] = {
    "N": (numbers, 0),
    "F": (numbers, 0),
    "D": (dates, 0),
    "L": (logicals, 1),
    "I": (integers, 4),
    "Y": (currencies, 8),
    "T": (instants, 8),
    "B": (doubles, 8),
}
"""Per field type its decoder and the width it needs; 0 for any."""
