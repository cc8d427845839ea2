"""Records of many columns put together a column at a time: texts are rows of bytes, NULs where a text is shorter.

A record is a million times the same handful of columns; joined as matrices, it costs a microsecond.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from estate.digits import Bytes, ascii_column, digits, matrix
from estate.draw import Flags, Ints
from estate.writing import has_polish

_AT_ONCE = 50_000


def constant(text: str, count: int) -> Bytes:
    """The same ASCII text in every record."""
    row = np.array([*text.encode("ascii")], dtype=np.uint8)
    return np.broadcast_to(row, (count, len(row)))


def plain(numbers: Ints, width: int = 15) -> Bytes:
    """Numbers without leading zeros."""
    block = digits(numbers, width)
    is_leading = np.logical_and.accumulate(block == ord("0"), axis=1)
    is_leading[:, -1] = False
    block[is_leading] = 0
    return block


def where(is_there: Flags, block: Bytes) -> Bytes:
    """The block, nothing in other rows."""
    return np.asarray(block * is_there[:, None], dtype=np.uint8)


def column(values: Sequence[str]) -> Bytes:
    """ASCII texts, as wide as the longest."""
    return ascii_column(values)


def mixed_column(values: Sequence[str], page: str, *, other: str, strays: Flags) -> tuple[Bytes, Flags]:
    """Like :func:`column`, the strays in another code page; and which of them really differ."""
    encoded = "\0".join(values).encode(page).split(b"\0") if len(values) else []
    really = np.zeros(len(values), dtype=bool)
    for at in np.flatnonzero(strays).tolist():
        stray = values[at].encode(other) if has_polish(values[at]) else encoded[at]
        really[at], encoded[at] = stray != encoded[at], stray
    return matrix(np.array(encoded, dtype=np.bytes_)), really


def word_column(words: Sequence[str], codes: Ints, *, page: str) -> Bytes:
    """The word of each code."""
    return np.asarray(matrix(np.array([word.encode(page) for word in words], dtype=np.bytes_))[codes])


def left(block: Bytes, width: int) -> Bytes:
    """A column of fixed width of texts that have NULs between their letters; none is longer."""
    is_letter = block != 0
    field = np.full((len(block), width), ord(" "), dtype=np.uint8)
    field[np.arange(width) < is_letter.sum(axis=1)[:, None]] = block[is_letter]
    return field


def padded(block: Bytes, width: int) -> Bytes:
    """A column of fixed width: cut, or filled with blanks."""
    field = np.full((len(block), width), ord(" "), dtype=np.uint8)
    cut = block[:, :width]
    field[:, : cut.shape[1]] = np.where(cut == 0, ord(" "), cut)
    return field


def joined(blocks: Sequence[Bytes], count: int) -> tuple[bytes, Ints]:
    """The records one after another, and the length of each."""
    parts: list[bytes] = []
    lengths: list[Ints] = [np.zeros(0, dtype=np.int64)]
    for first in range(0, count, _AT_ONCE):
        whole = np.hstack([block[first : first + _AT_ONCE] for block in blocks])
        is_text = whole != 0
        parts.append(whole[is_text].tobytes())
        lengths.append(is_text.sum(axis=1, dtype=np.int64))
    return b"".join(parts), np.concatenate(lengths)
