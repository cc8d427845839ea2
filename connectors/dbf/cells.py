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
from connectors.text import decode_stored, stored_bytes

Column = tuple[pa.Array, Bytes]
"""Values and per row the number of a reason."""

_BAD_NUMBER = reason_number("bad_number")
_BAD_DATE = reason_number("bad_date")
_BAD_LOGICAL = reason_number("bad_logical")
_BAD_FLOAT = reason_number("bad_float")
_OVERFLOW = reason_number("numeric_overflow")
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$"
_DATE = r"^\d{8}$"
_LOGICAL = r"^[TtYyFfNn?]$"
_POINTER = r"^0{0,6}\d{1,12}$"
"""No memo file has more blocks: a longer number would not fit a machine word once blocks become bytes."""
_JULIAN_1970 = 2_440_588
_DAY_MS = 86_400_000
_LEAST_DAY, _MOST_DAY = 1_721_426, 5_373_484  # years 1 and 9999


PADS = b" \0"
_LOGICALS = np.zeros(256, dtype=np.bool_)
_LOGICALS[list(b"TtYyFfNn?")] = True


def _checked(stored: pa.Array, *, pattern: str, reason: int) -> Column:
    trimmed = stored if _begins_filled(stored) else pc.ascii_ltrim(stored, characters=PADS.decode("ascii"))
    data, offsets = stored_bytes(trimmed)
    values, reasons = decode_stored(trimmed, pages=("ascii",), page_of_row=np.zeros(len(stored), dtype=np.uint8))
    if _PLAIN[pattern](data, offsets):
        return values, reasons
    fits = np.asarray(pc.fill_null(pc.match_substring_regex(values, pattern), True))
    is_bad = ~fits | (reasons != 0)
    if not is_bad.any():
        return values, reasons
    return pc.if_else(pa.array(is_bad), pa.scalar(None, pa.string()), values), np.where(is_bad, reason, 0).astype("u1")


def _begins_filled(stored: pa.Array) -> bool:
    """Whether there is no byte that could be padding: nothing then stands before the values."""
    data, _ = stored_bytes(stored)
    return not data.size or bool(data.min() > max(PADS))


def _are_plain_numbers(data: Bytes, offsets: Longs) -> bool:
    """Whether all are digits with a sign before and a point between them at most: then no closer look is needed."""
    if _are_digits(data):
        return True
    is_point, is_sign = data == ord("."), (data == ord("+")) | (data == ord("-"))
    is_digit = (data >= 0x30) & (data <= 0x39)
    points, signs = np.flatnonzero(is_point), np.count_nonzero(is_sign)
    if np.count_nonzero(is_digit) + len(points) + signs != len(data):
        return False
    is_filled = np.diff(offsets) > 0
    firsts, lasts = offsets[:-1][is_filled], offsets[1:][is_filled] - 1
    owners = np.searchsorted(offsets, points, side="right")
    are_signs_first = not signs or signs == np.count_nonzero(is_sign[firsts])
    return bool((np.diff(owners) > 0).all() and are_signs_first and is_digit[lasts].all())


def _are_digits(data: Bytes) -> bool:
    return not data.size or bool(data.min() >= 0x30 and data.max() <= 0x39)


def _are_plain_dates(data: Bytes, offsets: Longs) -> bool:
    lengths = np.diff(offsets)
    return _are_digits(data) and bool(((lengths == 8) | (lengths == 0)).all())


def _are_plain_logicals(data: Bytes, offsets: Longs) -> bool:
    return bool(_LOGICALS[data].all()) and len(data) == np.count_nonzero(np.diff(offsets))


def _are_plain_pointers(data: Bytes, offsets: Longs) -> bool:
    return _are_digits(data) and int(np.diff(offsets).max(initial=0)) <= 12


_PLAIN: dict[str, Callable[[Bytes, Longs], bool]] = {
    _NUMBER: _are_plain_numbers,
    _DATE: _are_plain_dates,
    _LOGICAL: _are_plain_logicals,
    _POINTER: _are_plain_pointers,
}
"""Per pattern a quick look at all cells at once: what passes it fits the pattern, what does not may fit it still."""


def numbers(stored: pa.Array) -> Column:
    """N and F: a number in characters; stars where it did not fit."""
    values, reasons = _checked(stored, pattern=_NUMBER, reason=_BAD_NUMBER)
    if reasons.any():
        reasons[_holding(stored, byte=ord("*"))] = _OVERFLOW
    return values, reasons


def _holding(stored: pa.Array, *, byte: int) -> Longs:
    """Rows whose cells hold a byte."""
    data, offsets = stored_bytes(stored)
    return np.searchsorted(offsets, np.flatnonzero(data == byte), side="right") - 1


def dates(stored: pa.Array) -> Column:
    """D: eight digits. Whether they are a day is for others to judge."""
    return _checked(stored, pattern=_DATE, reason=_BAD_DATE)


def logicals(stored: pa.Array) -> Column:
    """L: one letter; a question mark is a missing value."""
    values, reasons = _checked(stored, pattern=_LOGICAL, reason=_BAD_LOGICAL)
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


def binary_pointers(cells: Bytes) -> tuple[Longs, Bytes]:
    """Block numbers of Visual FoxPro; 0 where there is none."""
    words = np.ascontiguousarray(cells).view("<u4").reshape(len(cells)).astype(np.int64)
    return words, np.zeros(len(cells), dtype=np.uint8)


def pointers(stored: pa.Array) -> tuple[Longs, Bytes]:
    """Block numbers of memo texts; 0 where there is none."""
    values, reasons = _checked(stored, pattern=_POINTER, reason=_BAD_NUMBER)
    return np.asarray(values.cast(pa.int64()).fill_null(0), dtype=np.int64), reasons


CHARACTERS: dict[str, tuple[Callable[[pa.Array], Column], int]] = {
    "N": (numbers, 0),
    "F": (numbers, 0),
    "D": (dates, 0),
    "L": (logicals, 1),
}
"""Types stored as characters: decoder of what is stored without padding, and the width it needs; 0 for any."""

BINARY: dict[str, tuple[Callable[[Bytes], Column], int]] = {
    "I": (integers, 4),
    "Y": (currencies, 8),
    "T": (instants, 8),
    "B": (doubles, 8),
}
"""Types of Visual FoxPro: decoder of the bytes, and how many it needs."""
