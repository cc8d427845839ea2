"""Spools of SQL*Plus: pages with a heading and its dashes, lines cut at LINESIZE, the number of rows at the end."""

from __future__ import annotations

import numpy as np

from estate.draw import Draw, Ints

_PAGES = (24, 50, 60)


def spooled(rows: list[bytes], *, heading: str, linesize: int, draw: Draw) -> tuple[bytes, Ints, Ints]:
    """The file, and offset and length of each row in it.

    What is longer than a line goes on in the next one, the heading too. Line feeds, rows of a page and the language of
    the last line are those of the operator's client.
    """
    feed = b"\r\n" if draw.random() < 0.5 else b"\n"
    size = int(draw.choice(np.array(_PAGES)))
    is_english = draw.random() < 0.5
    head = feed + _cut(heading.encode("ascii"), linesize, feed) + _cut(b"-" * len(heading), linesize, feed)
    printed = [_cut(row, linesize, feed) for row in rows]
    pages = [head + b"".join(printed[first : first + size]) for first in range(0, len(rows) or 1, size)]
    ending = f"{len(rows)} rows selected." if is_english else f"wybrano {len(rows)} wierszy."
    lengths = np.array([len(row) for row in printed], dtype=np.int64)
    before = np.cumsum(lengths) - lengths
    offsets = before + len(head) * (np.arange(len(rows)) // size + 1)
    return b"".join(pages) + feed + ending.encode("ascii") + feed, offsets, lengths


def _cut(text: bytes, linesize: int, feed: bytes) -> bytes:
    if len(text) <= linesize:
        return text + feed
    return feed.join([text[start : start + linesize] for start in range(0, len(text), linesize)]) + feed
