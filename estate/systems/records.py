"""Fixed-length fields, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from estate.digits import Bytes
from estate.draw import Flags, Ints, Texts

Encoder = Callable[[str], bytes]


def field(values: list[str | None], width: int, encode: Encoder, *, is_right: bool = False) -> Bytes:
    """Texts as rows of ``width`` bytes, cut or padded with blanks; for codes of one byte per letter."""
    if is_right:
        padded = "".join([(value or "")[:width].rjust(width) for value in values])
    else:
        padded = "".join([(value or "")[:width].ljust(width) for value in values])
    return np.frombuffer(encode(padded), dtype=np.uint8).reshape(len(values), width).copy()


def mixed_field(values: list[str | None], width: int, encode: Encoder, *, other: Encoder, strays: Flags) -> Bytes:
    """Like :func:`field`, the strays in another code page."""
    block = field(values, width, encode)
    chosen = np.flatnonzero(strays)
    if len(chosen):
        block[chosen] = field([values[at] for at in chosen.tolist()], width, other)
    return block


def too_long(columns: list[tuple[list[str | None], int]]) -> Ints:
    """Records in which one of the texts does not fit its field and ends there in the middle.

    What is cut off behind a word cannot be seen in the file: it is the same as that of a record of the shorter text.
    """
    count = len(columns[0][0])
    lost = np.zeros(count, dtype=bool)
    for values, width in columns:
        lost |= np.fromiter((is_cut(value or "", width) for value in values), dtype=bool, count=count)
    return np.flatnonzero(lost)


def is_cut(text: str, width: int) -> bool:
    """Whether a field of that width shows no end of the text."""
    return len(text) > width and text[width - 1] != " "


def packed(numbers: Ints, digits: int, sign: Ints) -> Bytes:
    """Numbers as packed decimals of an odd count of digits; ``sign`` is the last nibble of each."""
    body = (np.abs(numbers)[:, None] // 10 ** np.arange(digits - 1, -1, -1, dtype=np.int64)) % 10
    nibbles = np.column_stack([body, sign]).astype(np.uint8)
    return np.asarray(nibbles[:, ::2] << 4 | nibbles[:, 1::2])


def zoned(texts: Texts, width: int) -> Bytes:
    """Digits as EBCDIC zoned decimals; blanks stay blanks."""
    return field(texts.tolist(), width, lambda text: text.encode("cp500"))
