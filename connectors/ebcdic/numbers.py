"""Packed, zoned, binary and floating-point numbers, a whole column at a time.

A number is decoded to its decimal digits, not to a machine word: COBOL knows 37 digits and more, and text wants digits
anyway. What is no number becomes a reason per cell (a nibble above nine, blanks moved into a packed field, low-values).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa

from connectors.ebcdic.layout import Field
from connectors.model import Bytes, Flags, Longs, reason_number
from connectors.text import code_points, gather_in_order, string_array

_BAD_NIBBLE = reason_number("bad_packed_nibble")
_BAD_SIGN = reason_number("bad_packed_sign")
_BLANKS = reason_number("blanks_in_number")
_LOW_VALUES = reason_number("low_values_in_number")
_BAD_ZONED = reason_number("bad_zoned_digit")
_BAD_NUMBER = reason_number("bad_number")
_BAD_FLOAT = reason_number("bad_float")
_NO_DIGIT = 255
_EDITED = re.compile(r"[+-]?\d*\.?\d*[+-]?")


@dataclass(frozen=True)
class Digits:
    """Numbers as decimal digits, most significant first."""

    digits: Bytes
    """Matrix of rows × digits, 0 to 9."""
    is_negative: Flags
    reasons: Bytes
    """Per row why it is no number; 0 where it is one."""
    is_blank: Flags
    """Rows that hold no number and need no reason: nothing was ever entered."""


def is_ebcdic(page: str) -> bool:
    """Whether a code page is an EBCDIC one: its blank is 0x40."""
    return bool(code_points(page)[0x40] == 0x20)


def packed_digits(cells: Bytes, *, is_signed: bool) -> Digits:
    """COMP-3: two digits a byte, the sign in the last nibble."""
    nibbles = np.empty((len(cells), cells.shape[1] * 2), dtype=np.uint8)
    nibbles[:, 0::2] = cells >> 4
    nibbles[:, 1::2] = cells & 0x0F
    digits, sign = nibbles[:, :-1], nibbles[:, -1]
    is_negative = (sign == 0x0D) | (sign == 0x0B)
    reasons = np.zeros(len(cells), dtype=np.uint8)
    reasons[(sign < 10) | (is_negative & (not is_signed))] = _BAD_SIGN
    if digits.max(initial=0) > 9:
        reasons[(digits > 9).any(axis=1)] = _BAD_NIBBLE
    if reasons.any():
        reasons[(cells == 0x40).all(axis=1)] = _BLANKS
        reasons[(cells == 0x00).all(axis=1)] = _LOW_VALUES
    return Digits(digits, is_negative, reasons, np.zeros(len(cells), dtype=np.bool_))


@cache
def _zones(is_ebcdic_text: bool) -> tuple[Bytes, Bytes, Flags]:
    """Per byte: its plain digit, its digit where a sign is punched over it, whether that sign is negative."""
    plain = np.full(256, _NO_DIGIT, dtype=np.uint8)
    signed = np.full(256, _NO_DIGIT, dtype=np.uint8)
    negative = np.zeros(256, dtype=np.bool_)
    for digit in range(10):
        if is_ebcdic_text:
            plain[0xF0 + digit] = digit
            positives, negatives = (0xA0, 0xC0, 0xE0, 0xF0), (0xB0, 0xD0)
            signed[[zone + digit for zone in (*positives, *negatives)]] = digit
            negative[[zone + digit for zone in negatives]] = True
        else:
            plain[0x30 + digit] = digit
            positive, negative_letter = ord("{ABCDEFGHI"[digit]), ord("}JKLMNOPQR"[digit])
            signed[[0x30 + digit, positive, negative_letter, 0x70 + digit]] = digit
            negative[[negative_letter, 0x70 + digit]] = True
    return plain, signed, negative


def zoned_digits(cells: Bytes, *, field: Field, is_ebcdic_text: bool) -> Digits:
    """DISPLAY numbers: one digit a byte, the sign over the first or last one or beside them."""
    assert field.picture is not None
    plain, signed, negative = _zones(is_ebcdic_text)
    blank = 0x40 if is_ebcdic_text else 0x20
    body, is_negative, is_sign_bad = cells, np.zeros(len(cells), dtype=np.bool_), np.zeros(len(cells), dtype=np.bool_)
    if field.sign.is_separate:
        sign = cells[:, 0] if field.sign.is_leading else cells[:, -1]
        body = cells[:, 1:] if field.sign.is_leading else cells[:, :-1]
        plus, minus = (0x4E, 0x60) if is_ebcdic_text else (0x2B, 0x2D)
        is_negative = sign == minus
        is_sign_bad = ~is_negative & (sign != plus) & (sign != blank)
    if field.picture.kind == "pointed":
        body, is_point_bad = _without_point(body, field=field, point=0x4B if is_ebcdic_text else 0x2E)
        is_sign_bad = is_sign_bad | is_point_bad
    digits = plain[body]
    if field.picture.is_signed and not field.sign.is_separate:
        at = 0 if field.sign.is_leading else body.shape[1] - 1
        digits[:, at] = signed[body[:, at]]
        is_negative = negative[body[:, at]]
    reasons = np.zeros(len(cells), dtype=np.uint8)
    if digits.max(initial=0) <= 9 and not is_sign_bad.any():
        return Digits(digits, is_negative, reasons, np.zeros(len(cells), dtype=np.bool_))
    reasons[(digits == _NO_DIGIT).any(axis=1) | is_sign_bad] = _BAD_ZONED
    # Blanks or low-values in every byte: nothing was ever entered, which is a missing value and no damage.
    is_blank = ((cells == blank) | (cells == 0)).all(axis=1)
    reasons[is_blank] = 0
    return Digits(digits, is_negative, reasons, is_blank)


def _without_point(body: Bytes, *, field: Field, point: int) -> tuple[Bytes, Flags]:
    assert field.picture is not None
    at = body.shape[1] - field.picture.scale - 1
    return np.delete(body, at, axis=1), body[:, at] != point


def binary_digits(cells: Bytes, *, is_signed: bool) -> Digits:
    """COMP: big-endian words. A compiler may let more digits in than the PICTURE says; they are kept."""
    rows, width = cells.shape
    is_negative = (cells[:, 0] >= 0x80) & is_signed
    if width <= 8:
        word = np.zeros((rows, 8), dtype=np.uint8)
        word[:, 8 - width :] = cells
        word[:, : 8 - width][is_negative] = 0xFF
        values = word.view(">u8").reshape(rows).astype(np.uint64)
        values = np.where(is_negative, ~values + np.uint64(1), values)
        digits = np.empty((rows, 20), dtype=np.uint8)
        for place in range(19, -1, -1):
            values, rest = np.divmod(values, np.uint64(10))
            digits[:, place] = rest
        most = max(5, int(width * 2.41) + 1)
        digits = digits[:, -most:] if most < 20 else digits
    else:
        digits = _long_binary_digits(cells, is_signed=is_signed)
    return Digits(digits, is_negative, np.zeros(rows, dtype=np.uint8), np.zeros(rows, dtype=np.bool_))


def _long_binary_digits(cells: Bytes, *, is_signed: bool) -> Bytes:
    most = int(cells.shape[1] * 2.41) + 1
    texts = [str(abs(int.from_bytes(row.tobytes(), "big", signed=is_signed))).zfill(most) for row in cells]
    return np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(cells), most) - 0x30


def as_integers(numbers: Digits) -> Longs:
    """The numbers as machine words; for counters, which have few digits."""
    digits = numbers.digits[:, -18:]
    powers = 10 ** np.arange(digits.shape[1] - 1, -1, -1, dtype=np.int64)
    values = digits.astype(np.int64) @ powers
    return np.asarray(np.where(numbers.is_negative, -values, values), dtype=np.int64)


def stored_digits(numbers: Digits) -> pa.Array:
    """Digits as they stand, leading zeros kept: an account number or a date is not a quantity."""
    rows, count = numbers.digits.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * count
    is_null = (numbers.reasons != 0) | numbers.is_blank
    chars = numbers.digits + np.uint8(0x30)
    chars[is_null] = 0x30
    return string_array(chars.reshape(-1), offsets=offsets, is_null=is_null)


def decimal_text(numbers: Digits, *, scale: int) -> pa.Array:
    """Numbers as decimal text: ``-12.50``, no leading zeros, as many decimals as declared."""
    is_null = (numbers.reasons != 0) | numbers.is_blank
    chars, integers = _padded(numbers.digits, scale=scale)
    rows, width = chars.shape
    is_significant = chars[:, 1:integers] != 0x30
    is_significant[:, -1] = True
    first = is_significant.argmax(axis=1) + 1
    negative = np.flatnonzero(numbers.is_negative)
    negative = negative[numbers.digits[negative].any(axis=1)]
    first[negative] -= 1
    chars[negative, first[negative]] = 0x2D
    ends = np.arange(1, rows + 1, dtype=np.int64) * width
    # What is no number has digits that are none: nothing of it is taken.
    starts = np.where(is_null, ends, ends - width + first)
    data, offsets = gather_in_order(chars.reshape(-1), starts=starts, ends=ends)
    return string_array(data, offsets=offsets, is_null=is_null)


def _padded(digits: Bytes, *, scale: int) -> tuple[Bytes, int]:
    """Digits as characters with their point, one place before them for a sign; and how many stand before the point."""
    rows, count = digits.shape
    missing = max(0, scale + 1 - count)
    integers = 1 + missing + count - max(0, scale)
    chars = np.full((rows, 1 + missing + count + max(0, -scale) + (scale > 0)), 0x30, dtype=np.uint8)
    before = max(0, count - max(0, scale))
    chars[:, 1 + missing : 1 + missing + before] += digits[:, :before]
    if scale > 0:
        chars[:, integers] = 0x2E
        chars[:, chars.shape[1] - (count - before) :] += digits[:, before:]
    return chars, integers - min(0, scale)


def float_texts(cells: Bytes, *, is_ieee: bool) -> tuple[pa.Array, Bytes]:
    """COMP-1 and COMP-2 as the shortest decimal text that reads back the same."""
    values = _ieee_floats(cells) if is_ieee else _hexadecimal_floats(cells)
    is_bad = ~np.isfinite(values)
    narrow = np.float32 if cells.shape[1] == 4 else np.float64
    with np.errstate(over="ignore"):
        texts = [
            None if bad else format(Decimal(str(narrow(value))), "f")
            for value, bad in zip(values.tolist(), is_bad.tolist(), strict=True)
        ]
    texts = [None if text is None or "n" in text.lower() else text for text in texts]
    reasons = np.array([_BAD_FLOAT if text is None else 0 for text in texts], dtype=np.uint8)
    return pa.array(texts, pa.string()), reasons


def _ieee_floats(cells: Bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.ascontiguousarray(cells).view(f">f{cells.shape[1]}").reshape(len(cells)).astype(np.float64)


def _hexadecimal_floats(cells: Bytes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    # IBM: sign, exponent of 16 with an excess of 64, fraction.
    fraction = np.zeros(len(cells), dtype=np.float64)
    for place in range(1, cells.shape[1]):
        fraction += cells[:, place] * 2.0 ** (-8 * place)
    exponent = (cells[:, 0] & 0x7F).astype(np.int64) - 64
    value = fraction * 16.0**exponent
    return np.where(cells[:, 0] & 0x80, -value, value)


def edited_texts(cells: Bytes, *, scale: int, page: str) -> tuple[pa.Array, Bytes]:
    """Numbers edited for people (``  305.03-``) as decimal text."""
    known: dict[bytes, str | None] = {}
    texts: list[str | None] = []
    reasons = np.zeros(len(cells), dtype=np.uint8)
    for row, cell in enumerate(cells):
        raw = cell.tobytes()
        if raw not in known:
            known[raw] = _edited_text(raw.decode(page, "replace"), scale=scale)
        texts.append(known[raw] or None)
        if known[raw] is None:
            reasons[row] = _BAD_NUMBER
    return pa.array(texts, pa.string()), reasons


def _edited_text(text: str, *, scale: int) -> str | None:
    """Decimal text, an empty one for blanks, None for what is no number."""
    text = text.replace(",", "").replace("*", "").replace("$", "").strip()
    if text.endswith(("CR", "DB")):
        text = text[:-2].strip() + "-"
    if not text:
        return ""
    signs, body = (text[:1] + text[-1:]), text.strip("+- ")
    if not _EDITED.fullmatch(text.replace(" ", "")) or not re.fullmatch(r"\d*\.?\d*", body) or body in ("", "."):
        return None
    number = Decimal(body).scaleb(-scale) if "." not in body else Decimal(body)
    return format(-number if "-" in signs and number else number, "f")
