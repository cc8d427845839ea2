"""Values of BER elements as text, a column at a time.

    tbcd       telephone digits, the low half of each octet first: 60 81 is 0618; F fills an odd number
    bcd        digits, the high half first
    integer    two's complement of one to eight octets
    timestamp  BCD: YYMMDDhhmmss, YYYYMMDDhhmmss, or YYMMDDhhmmss, a sign and hhmm
    utctime    the same in characters, with Z or a zone behind it
    ia5        characters of the kind's code page
    hex        the octets themselves

Whether a date exists is for the transforms to say; here it only has to be made of digits.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.ber_form import Decoder
from connectors.model import Bytes, Flags, Longs, reason_number
from connectors.text import gather, stored_array, stored_bytes

_TBCD = np.frombuffer(b"0123456789*#abc?", dtype=np.uint8)
_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)
_FILL = 15
_UTCTIME = r"^\d{10}(\d\d)?(Z|[+-]\d{4})$"
_ZONED, _PLAIN, _CENTURY = 9, 6, 7


def element_text(data: Bytes, *, starts: Longs, lengths: Longs, decoder: Decoder) -> tuple[Bytes, Longs, Bytes]:
    """Bytes of the texts, where each begins, and per cell the number of a reason.

    Args:
        data: bytes the elements lie in.
        starts: first byte of each element's content.
        lengths: its bytes; -1 where there is no element, which gives a cell of no bytes.
        decoder: how the octets are read.
    """
    has = lengths >= 0
    octets, offsets = gather(data, starts=starts, lengths=np.where(has, lengths, 0))
    none = np.zeros(len(starts), dtype=np.uint8)
    if decoder == "ia5":
        return octets, offsets, none
    if decoder == "hex":
        return _HEX[_halves(octets, is_low_first=False)], offsets * 2, none
    if decoder in ("tbcd", "bcd"):
        return _digits(octets, offsets=offsets, is_telephone=decoder == "tbcd")
    if decoder == "integer":
        return _integers(octets, offsets=offsets, has=has)
    if decoder == "timestamp":
        return _timestamps(octets, offsets=offsets, has=has)
    return _utctimes(octets, offsets=offsets, has=has)


def _halves(octets: Bytes, *, is_low_first: bool) -> Bytes:
    pair = (octets & 0x0F, octets >> 4) if is_low_first else (octets >> 4, octets & 0x0F)
    return np.stack(pair, axis=1).reshape(-1)


def _without(data: Bytes, *, offsets: Longs, is_kept: Flags) -> tuple[Bytes, Longs]:
    before = np.zeros(len(data) + 1, dtype=np.int64)
    np.cumsum(is_kept, out=before[1:])
    return data[is_kept], before[offsets]


def _digits(octets: Bytes, *, offsets: Longs, is_telephone: bool) -> tuple[Bytes, Longs, Bytes]:
    halves, ends = _halves(octets, is_low_first=is_telephone), offsets * 2
    is_fill = halves == _FILL
    is_bad = is_fill.copy() if is_telephone else halves > 9
    if len(halves):
        is_last = np.zeros(len(halves), dtype=np.bool_)
        is_last[ends[1:][np.diff(ends) > 0] - 1] = True
        is_bad &= ~(is_last & is_fill)  # one half is left over where the number of digits is odd
    texts, places = _without(_TBCD[halves], offsets=ends, is_kept=~is_fill)
    return _blanked(texts, places, is_bad=_any_of(is_bad, offsets=ends), reason="bad_number")


def _any_of(marks: Flags, *, offsets: Longs) -> Flags:
    before = np.concatenate([[0], np.cumsum(marks)])
    return np.asarray(before[offsets[1:]] > before[offsets[:-1]], dtype=np.bool_)


def _blanked(texts: Bytes, offsets: Longs, *, is_bad: Flags, reason: str) -> tuple[Bytes, Longs, Bytes]:
    """The texts without those of bad cells."""
    reasons = np.where(is_bad, np.uint8(reason_number(reason)), np.uint8(0)).astype(np.uint8)
    if is_bad.any():
        texts, offsets = _without(texts, offsets=offsets, is_kept=np.repeat(~is_bad, np.diff(offsets)))
    return texts, offsets, reasons


def _integers(octets: Bytes, *, offsets: Longs, has: Flags) -> tuple[Bytes, Longs, Bytes]:
    lengths = np.diff(offsets)
    is_good = has & (lengths >= 1) & (lengths <= 8)
    matrix = np.zeros((len(lengths), 8), dtype=np.uint8)
    rows = np.flatnonzero(is_good)
    matrix[rows[octets[offsets[rows]] >= 0x80]] = 0xFF  # the sign goes on to the left
    for back in range(1, 9):
        deep = rows[lengths[rows] >= back]
        matrix[deep, 8 - back] = octets[offsets[deep + 1] - back]
    values = pa.array(matrix.view(">i8").reshape(-1).astype(np.int64), mask=~is_good)
    texts, places = stored_bytes(pc.fill_null(pc.cast(values, pa.string()), ""))
    reasons = np.zeros(len(lengths), dtype=np.uint8)
    reasons[has & (lengths == 0)] = reason_number("bad_number")
    reasons[lengths > 8] = reason_number("numeric_overflow")
    return texts, places, reasons


def _timestamps(octets: Bytes, *, offsets: Longs, has: Flags) -> tuple[Bytes, Longs, Bytes]:
    lengths = np.diff(offsets)
    is_zoned = lengths == _ZONED
    is_bad = has & ~np.isin(lengths, (_PLAIN, _CENTURY, _ZONED))
    halves = _halves(octets, is_low_first=False)
    characters = _HEX[halves]
    is_wrong, is_kept = halves > 9, np.ones(len(halves), dtype=np.bool_)
    signs = offsets[:-1][is_zoned] + _PLAIN
    is_bad[is_zoned] |= ~np.isin(octets[signs], (0x2B, 0x2D))
    characters[signs * 2] = octets[signs]  # the sign is one character, and stands where two digits would
    is_wrong[signs * 2] = is_wrong[signs * 2 + 1] = is_kept[signs * 2 + 1] = False
    is_bad |= _any_of(is_wrong, offsets=offsets * 2)
    texts, places = _without(characters, offsets=offsets * 2, is_kept=is_kept)
    return _blanked(texts, places, is_bad=is_bad, reason="bad_date")


def _utctimes(octets: Bytes, *, offsets: Longs, has: Flags) -> tuple[Bytes, Longs, Bytes]:
    is_foreign = octets >= 0x80
    readable = stored_array(np.where(is_foreign, np.uint8(0x3F), octets).astype(np.uint8), offsets=offsets)
    is_time = pc.match_substring_regex(readable, _UTCTIME).to_numpy(zero_copy_only=False)
    return _blanked(octets, offsets, is_bad=has & ~is_time, reason="bad_date")
