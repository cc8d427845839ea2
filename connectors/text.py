"""Bytes in single-byte code pages, or in UTF-8, as Arrow strings, a whole column at a time.

A column of a chunk is a buffer with the start and length of each cell. Each byte becomes a code point by table, the
table chosen per row, and the result is encoded to UTF-8 once: no Python string is made per cell. Decoding is strict: a
byte without a character makes its cell a bad one, never a replacement character.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from functools import cache

import ebcdic as _ebcdic_codecs
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import ConfigurationError
from connectors import mazovia
from connectors.model import Bytes, Flags, Longs, reason_number

mazovia.register()
assert _ebcdic_codecs  # importing it registers cp870 and its relatives

NO_CHARACTER = np.uint32(0xFFFFFFFF)
_UNDECODABLE = reason_number("undecodable_byte")
_NUL = reason_number("nul_in_text")
_NOTHING = np.zeros(0, dtype=np.uint8)
_SAMPLE = 512
"""Cells that are looked at to learn whether a column repeats itself."""


@cache
def is_utf8(page: str) -> bool:
    """Whether a code page is UTF-8, by whatever of its names."""
    try:
        return codecs.lookup(page).name in ("utf-8", "utf-8-sig")
    except LookupError:
        return False


@cache
def code_points(page: str) -> npt.NDArray[np.uint32]:
    """256 code points of a single-byte code page; :data:`NO_CHARACTER` where a byte means nothing.

    Raises:
        ConfigurationError: there is no such code page, or it is not a single-byte one.
    """
    table = np.full(256, NO_CHARACTER, dtype=np.uint32)
    for byte in range(256):
        try:
            text = bytes([byte]).decode(page)
        except UnicodeDecodeError:
            continue
        except LookupError as exc:
            raise ConfigurationError(f"no code page {page!r}", hint="Use a Python codec name, or mazovia") from exc
        if len(text) == 1:
            table[byte] = ord(text)
    if (table == NO_CHARACTER).sum() > 128 or len("ą".encode(page, "ignore")) > 1:
        raise ConfigurationError(f"{page!r} is not a single-byte code page")
    return table


def gather(buffer: Bytes, *, starts: Longs, lengths: Longs) -> tuple[Bytes, Longs]:
    """The bytes of all cells one after another, and where each begins (one more offset than cells)."""
    offsets = np.zeros(len(starts) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    index = np.repeat(starts - offsets[:-1], lengths)
    index += np.arange(offsets[-1], dtype=np.int64)
    return buffer[index], offsets


def gather_in_order(buffer: Bytes, *, starts: Longs, ends: Longs) -> tuple[Bytes, Longs]:
    """The same for cells that lie in the order of the buffer and do not overlap; quicker."""
    if not len(starts):
        return buffer[:0], np.zeros(1, dtype=np.int64)
    edges = np.stack([starts, ends], axis=1).reshape(-1)
    return stored_bytes(stored_array(buffer, offsets=edges).take(pa.array(np.arange(0, len(edges), 2))))


def stored_array(data: Bytes, *, offsets: Longs) -> pa.Array:
    """Stored bytes in the shape of a string array, for Arrow's byte-wise kernels; not yet text."""
    return pa.StringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(np.ascontiguousarray(data))
    )


def stored_bytes(array: pa.Array) -> tuple[Bytes, Longs]:
    """The bytes of such an array, and where each cell begins."""
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    stored = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, dtype=np.uint8)
    return stored[: ends[-1]], ends


def trimmed_bytes(cells: Bytes, *, pads: bytes, is_left_too: bool = False) -> tuple[Bytes, Longs]:
    """Fields of one width without the padding behind them, and before them where asked for."""
    rows, width = cells.shape
    array = stored_array(cells.reshape(-1), offsets=np.arange(rows + 1, dtype=np.int64) * width)
    trim = pc.ascii_trim if is_left_too else pc.ascii_rtrim
    return stored_bytes(trim(array, characters=pads.decode("ascii")))


def string_array(data: Bytes, *, offsets: Longs, is_null: Flags) -> pa.Array:
    """An Arrow string array over UTF-8 bytes."""
    valid = None if not is_null.any() else pa.py_buffer(np.packbits(~is_null, bitorder="little"))
    return pa.StringArray.from_buffers(len(is_null), pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data), valid)


def decode_cells(
    data: Bytes, offsets: Longs, *, pages: Sequence[str], page_of_row: Bytes, is_empty_text: Flags | None = None
) -> tuple[pa.Array, Bytes]:
    """Cells of one column as strings, and per cell the number of a reason.

    Args:
        data: the bytes of all cells one after another, without padding.
        offsets: where each cell begins, one more than cells; a cell of no bytes is null.
        pages: code pages that occur.
        page_of_row: position of each row's page in ``pages``.
        is_empty_text: cells that are stored as an empty text, not as a missing one.
    """
    lengths = np.diff(offsets)
    is_null = lengths == 0 if is_empty_text is None else (lengths == 0) & ~is_empty_text
    if _is_plain_ascii(data, pages=pages):
        return string_array(data, offsets=offsets, is_null=is_null), np.zeros(len(lengths), dtype=np.uint8)
    if any(is_utf8(page) for page in pages):
        return _decode_with_utf8(data, offsets, pages=pages, page_of_row=page_of_row, is_empty_text=is_empty_text)
    if len(pages) == 1 or not page_of_row.any():
        encoded = _encoded(data, offsets=offsets, page=pages[0])
        if encoded is not None:
            return string_array(encoded[0], offsets=encoded[1], is_null=is_null), np.zeros(len(lengths), dtype=np.uint8)
    points = _points(data, lengths=lengths, pages=pages, page_of_row=page_of_row)
    reasons = _bad_cells(points, offsets=offsets)
    bad = reasons != 0
    if bad.any():
        points = points.copy()
        points[np.repeat(bad, lengths)] = 0x20
    utf8, utf8_offsets = _utf8(points, offsets=offsets)
    is_null = (lengths == 0) | bad
    if is_empty_text is not None:
        is_null &= ~is_empty_text
    return string_array(utf8, offsets=utf8_offsets, is_null=is_null), reasons


def decode_stored(array: pa.Array, *, pages: Sequence[str], page_of_row: Bytes) -> tuple[pa.Array, Bytes]:
    """The same for stored bytes in the shape of a string array; where they are ASCII nothing is copied."""
    if array.offset == 0 and array.null_count == 0 and len(array):
        _, places, data = array.buffers()
        offsets = np.frombuffer(places, dtype=np.int32)[: len(array) + 1]
        stored = np.frombuffer(data, dtype=np.uint8)[: offsets[-1]] if data is not None else _NOTHING
        if offsets[0] == 0 and _is_plain_ascii(stored, pages=pages):
            is_filled = offsets[1:] != offsets[:-1]
            valid = None if is_filled.all() else pa.py_buffer(np.packbits(is_filled, bitorder="little"))
            values = pa.StringArray.from_buffers(len(array), places, data, valid)
            return values, np.zeros(len(array), dtype=np.uint8)
    return decode_cells(*stored_bytes(array), pages=pages, page_of_row=page_of_row)


@cache
def _utf8_sorts(page: str) -> tuple[Bytes, Bytes]:
    """Per byte of a page its ASCII character, or 0x80 where it has none; and how many bytes more UTF-8 needs.

    NUL and bytes without a character are 0: neither has a place in a text.
    """
    points = code_points(page)
    ascii_of = np.where(points < 0x80, points, 0x80).astype(np.uint8)
    ascii_of[points == NO_CHARACTER] = 0
    more = ((points >= 0x80).astype(np.uint8) + (points >= 0x800)).astype(np.uint8)
    return ascii_of, more


def _encoded(data: Bytes, *, offsets: Longs, page: str) -> tuple[Bytes, Longs] | None:
    """Cells all in one page as UTF-8, and where each begins; None when a byte of them has no place in a text."""
    if not _holds_ascii(page):
        letters = _ascii_letters(data, page=page)
        if not letters.size or (letters.max() < 0x80 and letters.all()):
            return letters, offsets
    cells = stored_array(data, offsets=offsets)
    if not _repeats(cells):
        return _encoded_all(data, offsets=offsets, page=page)
    # Towns, streets and names come again and again: each of them is encoded once.
    repeated = cells.dictionary_encode()
    each, places = stored_bytes(repeated.dictionary)
    encoded = _encoded_all(each, offsets=places, page=page)
    if encoded is None:
        return None
    return stored_bytes(stored_array(encoded[0], offsets=encoded[1]).take(repeated.indices))


def _ascii_letters(data: Bytes, *, page: str) -> Bytes:
    """Each byte as :func:`_utf8_sorts` has it; a table of bytes is quicker for bytes than an index."""
    return np.frombuffer(data.tobytes().translate(_utf8_sorts(page)[0].tobytes()), dtype=np.uint8)


def _repeats(cells: pa.Array) -> bool:
    """Whether most cells are likely to say what others say too, by a look at the first ones."""
    return len(cells) > 4 * _SAMPLE and len(cells[:_SAMPLE].unique()) <= _SAMPLE // 2


def _encoded_all(data: Bytes, *, offsets: Longs, page: str) -> tuple[Bytes, Longs] | None:
    """The same cell by cell: few letters are no ASCII and are looked at one by one, the rest is left to the codec."""
    ascii_of, more = _utf8_sorts(page)
    letters = data if _holds_ascii(page) else _ascii_letters(data, page=page)
    wide = np.flatnonzero(letters >= 0x80)
    if not letters.all() or not ascii_of[data[wide]].all():
        return None
    if not wide.size:
        return letters, offsets
    added = np.zeros(wide.size + 1, dtype=np.int64)
    np.cumsum(more[data[wide]], out=added[1:])
    utf8 = data.tobytes().decode(page).encode("utf-8")
    return np.frombuffer(utf8, dtype=np.uint8), offsets + added[np.searchsorted(wide, offsets)]


def _decode_with_utf8(
    data: Bytes, offsets: Longs, *, pages: Sequence[str], page_of_row: Bytes, is_empty_text: Flags | None
) -> tuple[pa.Array, Bytes]:
    """Rows in UTF-8 and rows in single-byte pages each in their own way, then in the order of the file again."""
    is_wide = np.array([is_utf8(page) for page in pages])[page_of_row]
    if is_wide.all():
        return _decode_utf8(data, offsets, is_empty_text=is_empty_text)
    others = [page for page in pages if not is_utf8(page)]
    place = np.array([others.index(page) if page in others else 0 for page in pages], dtype=np.uint8)
    parts, reasons = [], np.zeros(len(is_wide), dtype=np.uint8)
    for rows in (np.flatnonzero(is_wide), np.flatnonzero(~is_wide)):
        own, own_offsets = gather(data, starts=offsets[rows], lengths=offsets[rows + 1] - offsets[rows])
        emptied = None if is_empty_text is None else is_empty_text[rows]
        if rows.size and is_wide[rows[0]]:
            part, bad = _decode_utf8(own, own_offsets, is_empty_text=emptied)
        else:
            part, bad = decode_cells(
                own, own_offsets, pages=others, page_of_row=place[page_of_row[rows]], is_empty_text=emptied
            )
        parts.append(part)
        reasons[rows] = bad
    order = np.concatenate([np.flatnonzero(is_wide), np.flatnonzero(~is_wide)])
    return pa.concat_arrays(parts).take(pa.array(np.argsort(order))), reasons


def _decode_utf8(data: Bytes, offsets: Longs, *, is_empty_text: Flags | None) -> tuple[pa.Array, Bytes]:
    reasons = np.where(valid_utf8(data, offsets), 0, _UNDECODABLE).astype(np.uint8)
    nul = np.flatnonzero(data == 0)
    reasons[np.searchsorted(offsets, nul, side="right") - 1] = _NUL
    bad = reasons != 0
    lengths = np.diff(offsets)
    is_null = (lengths == 0) | bad
    if is_empty_text is not None:
        is_null &= ~is_empty_text
    if bad.any():
        data = data[~np.repeat(bad, lengths)]
        offsets = np.concatenate([[0], np.cumsum(np.where(bad, 0, lengths))])
    return string_array(np.ascontiguousarray(data), offsets=offsets, is_null=is_null), reasons


def valid_utf8(data: Bytes, offsets: Longs) -> Flags:
    """Whether each cell is UTF-8 by itself; the cells lie one after another."""
    valid = np.ones(len(offsets) - 1, dtype=np.bool_)
    if not data.size or data.max() < 0x80:
        return valid
    begins = offsets[:-1][np.diff(offsets) > 0]
    # Whole sequences in all, and no cell that begins inside one: then each cell is whole too.
    if not (data[begins] & 0xC0 == 0x80).any() and _is_utf8(data.tobytes()):
        return valid
    wide = np.unique(np.searchsorted(offsets, np.flatnonzero(data >= 0x80), side="right") - 1)
    for cell in wide:
        valid[cell] = _is_utf8(data[offsets[cell] : offsets[cell + 1]].tobytes())
    return valid


def _is_utf8(stored: bytes) -> bool:
    try:
        stored.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@cache
def _holds_ascii(page: str) -> bool:
    return is_utf8(page) or bool((code_points(page)[:128] == np.arange(128)).all())


def _is_plain_ascii(data: Bytes, *, pages: Sequence[str]) -> bool:
    """Whether the bytes are their own UTF-8 whatever the page: most columns of most files."""
    if not all(_holds_ascii(page) for page in pages):
        return False
    return not data.size or bool(data.max() < 0x80 and data.min() > 0)


def _points(data: Bytes, *, lengths: Longs, pages: Sequence[str], page_of_row: Bytes) -> npt.NDArray[np.uint32]:
    if len(pages) == 1 or not page_of_row.any():
        return code_points(pages[0])[data]
    tables = np.stack([code_points(page) for page in pages])
    return np.asarray(tables[np.repeat(page_of_row, lengths), data], dtype=np.uint32)


def _bad_cells(points: npt.NDArray[np.uint32], *, offsets: Longs) -> Bytes:
    # NUL has no place in text: PostgreSQL refuses it, so it is named here and not found out there.
    reasons = np.zeros(len(offsets) - 1, dtype=np.uint8)
    if points.size and points.min() > 0 and points.max() < NO_CHARACTER:
        return reasons
    for wrong, reason in ((points == 0, _NUL), (points == NO_CHARACTER, _UNDECODABLE)):
        at = np.flatnonzero(wrong)
        if at.size:
            reasons[np.searchsorted(offsets, at, side="right") - 1] = reason
    return reasons


def _utf8(points: npt.NDArray[np.uint32], *, offsets: Longs) -> tuple[Bytes, Longs]:
    if not points.size or points.max() < 0x80:
        return points.astype(np.uint8), offsets
    ends = np.zeros(points.size + 1, dtype=np.int64)
    np.cumsum(1 + (points >= 0x80) + (points >= 0x800), out=ends[1:])
    encoded = points.astype("<u4").tobytes().decode("utf-32-le").encode("utf-8")
    return np.frombuffer(encoded, dtype=np.uint8), ends[offsets]
