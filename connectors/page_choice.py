"""Which code page a record is really in, where files lie.

Operators with another terminal, or another DOS, left records in other code pages among the rest, and the bytes of one
are often letters of the other: nothing is invalid, the name is merely wrong. So every record whose bytes differ between
the candidates is read in each of them, and how Polish the texts look decides. The declared page wins unless another is
clearly better: a single doubtful letter must not move a record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from connectors.model import Bytes, Flags, Longs
from connectors.polish import (
    BOUNDARY,
    CLOSING,
    LETTERS,
    OPENING,
    PAIR_OF_BRACKETS,
    bigram_weights,
    class_of,
)
from connectors.text import code_points, gather, is_utf8, stored_array, stored_bytes, valid_utf8

Floats = npt.NDArray[np.float64]

CLEARLY_BETTER = 2.0
"""Natural logarithm of the odds another page must win by."""
_CASE_BREAK = -3.0
_SCAN_BYTES = 4 * 2**20
_HIGH_BITS = np.uint64(0x8080808080808080)


@dataclass(frozen=True)
class TextCells:
    """The cells of one text column."""

    buffer: Bytes
    starts: Longs
    lengths: Longs


def choose_pages(cells: Sequence[TextCells], *, rows: int, pages: Sequence[str]) -> Bytes:
    """Per row the position of its code page in ``pages``; the first one is the declared one.

    Args:
        cells: the text columns of a chunk.
        rows: how many rows each of them has.
        pages: the declared page, then the others that occur in such files.
    """
    if len(pages) == 1:
        return np.zeros(rows, dtype=np.uint8)
    if any(is_utf8(page) for page in pages):
        return _choose_beside_utf8(cells, rows=rows, pages=pages)
    marks: dict[int, _Marks] = {}
    scores = np.zeros((len(pages), rows))
    for column in cells:
        if id(column.buffer) not in marks:
            marks[id(column.buffer)] = _Marks(differing_places(column.buffer, pages=pages))
        chosen = marks[id(column.buffer)].rows_with(column)
        if chosen.size:
            data, offsets = gather(column.buffer, starts=column.starts[chosen], lengths=column.lengths[chosen])
            _add_scores(stored_array(data, offsets=offsets), rows=chosen, scores=scores, pages=pages)
    return _best(scores)


class _Marks:
    """Places of a buffer, and which cells of a column hold one."""

    def __init__(self, places: Longs) -> None:
        self._places = places
        self._step = 0
        self._base = 0
        self._rows = self._rests = np.zeros(0, dtype=np.int64)

    def rows_with(self, column: TextCells) -> Longs:
        """Rows whose cell holds a place."""
        shift = self._shift(column)
        if shift < 0:
            ends = column.starts + column.lengths
            return np.flatnonzero(np.searchsorted(self._places, column.starts) < np.searchsorted(self._places, ends))
        is_inside = (self._rests >= shift) & (self._rests < shift + column.lengths[0])
        is_marked = np.zeros(len(column.starts), dtype=np.bool_)
        is_marked[self._rows[is_inside]] = True
        return np.flatnonzero(is_marked)

    def _shift(self, column: TextCells) -> int:
        """Where the column begins in records of one length, counted from its first neighbour; -1 in others.

        There the rows of all places are known by one division, for all columns together.
        """
        starts, lengths = column.starts, column.lengths
        step = int(starts[1] - starts[0]) if len(starts) > 1 else 0
        if step <= 0 or (np.diff(starts) != step).any() or (lengths != lengths[0]).any():
            return -1
        if not self._step:
            self._step, self._base = step, int(starts[0])
            is_inside = (self._places >= self._base) & (self._places < self._base + step * len(starts))
            self._rows, self._rests = np.divmod(self._places[is_inside] - self._base, step)
        shift = int(starts[0]) - self._base
        return shift if step == self._step and 0 <= shift <= step - int(lengths[0]) else -1


def choose_among(cells: pa.Array, *, row_of_cell: Longs, rows: int, pages: Sequence[str]) -> Bytes:
    """The same where the cells that matter were found already.

    Args:
        cells: stored bytes of cells that hold one of :func:`differing_places`.
        row_of_cell: the row of each of them.
        rows: how many rows there are.
        pages: as above.
    """
    scores = np.zeros((len(pages), rows))
    if len(cells):
        _add_scores(cells, rows=row_of_cell, scores=scores, pages=pages)
    return _best(scores)


def _best(scores: Floats) -> Bytes:
    others = scores[1:].max(axis=0)
    best = 1 + scores[1:].argmax(axis=0)
    return np.where(others > scores[0] + CLEARLY_BETTER, best, 0).astype(np.uint8)


def _choose_beside_utf8(cells: Sequence[TextCells], *, rows: int, pages: Sequence[str]) -> Bytes:
    """UTF-8 for rows that are valid in it and not plain ASCII: by chance no text of another page is.

    The others are of the likeliest single-byte page, and rows of plain ASCII of the declared one.
    """
    others = [place for place, page in enumerate(pages) if not is_utf8(page)]
    utf8 = next(place for place, page in enumerate(pages) if is_utf8(page))
    is_wide, is_valid = np.zeros(rows, dtype=np.bool_), np.ones(rows, dtype=np.bool_)
    for column in cells:
        data, offsets = gather(column.buffer, starts=column.starts, lengths=column.lengths)
        is_wide[np.searchsorted(offsets, np.flatnonzero(data >= 0x80), side="right") - 1] = True
        is_valid &= valid_utf8(data, offsets)
    if not others:
        return np.full(rows, utf8, dtype=np.uint8)
    single = choose_pages(cells, rows=rows, pages=[pages[place] for place in others])
    chosen = np.array(others, dtype=np.uint8)[single]
    return np.where(is_wide, np.where(is_valid, utf8, chosen), 0).astype(np.uint8)


def rank_pages(texts: Sequence[bytes], *, pages: Sequence[str]) -> list[tuple[str, float]]:
    """Single-byte pages with how Polish these texts look in each (natural logarithm), the likeliest first.

    Only texts in which the pages differ tell anything; a page earlier in ``pages`` goes first where two look alike.
    """
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
    is_telling = _differing_bytes(tuple(pages))[data]
    told = np.unique(np.searchsorted(offsets, np.flatnonzero(is_telling), side="right") - 1)
    own, own_offsets = gather(data, starts=offsets[told], lengths=offsets[told + 1] - offsets[told])
    scores = {page: float(_scores(own, offsets=own_offsets, page=page).sum()) if told.size else 0.0 for page in pages}
    return sorted(scores.items(), key=lambda scored: (-scored[1], list(pages).index(scored[0])))


@cache
def _differing_bytes(pages: tuple[str, ...]) -> Flags:
    """Bytes that are not the same character in all pages."""
    tables = np.stack([code_points(page) for page in pages])
    return np.asarray((tables != tables[0]).any(axis=0), dtype=np.bool_)


@cache
def _classes(page: str) -> Bytes:
    return np.array([class_of(int(point)) for point in code_points(page)], dtype=np.uint8)


@cache
def _is_capital(page: str) -> Flags:
    return np.array([int(p) <= 0x10FFFF and chr(p).isupper() for p in code_points(page)], dtype=np.bool_)


def differing_places(buffer: Bytes, *, pages: Sequence[str]) -> Longs:
    """Places of the bytes that are not the same character in all pages."""
    differs = _differing_bytes(tuple(pages))
    find = _high_places if not differs[:0x80].any() else _places
    parts = [
        find(buffer[first : first + _SCAN_BYTES], differs=differs) + first
        for first in range(0, len(buffer), _SCAN_BYTES)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _places(buffer: Bytes, *, differs: Flags) -> Longs:
    return np.flatnonzero(differs[buffer])


def _high_places(buffer: Bytes, *, differs: Flags) -> Longs:
    """The same where only bytes above ASCII differ: most words of eight bytes hold none."""
    whole = len(buffer) // 8 * 8
    words = np.flatnonzero((buffer[:whole].view("<u8") & _HIGH_BITS) != 0)
    near = np.flatnonzero(differs[buffer[:whole].reshape(-1, 8)[words]])
    rest = np.flatnonzero(differs[buffer[whole:]]) + whole
    return np.concatenate([words[near >> 3] * 8 + (near & 7), rest])


def _add_scores(cells: pa.Array, *, rows: Longs, scores: Floats, pages: Sequence[str]) -> None:
    encoded = cells.dictionary_encode()  # towns and streets come again and again
    data, offsets = stored_bytes(encoded.dictionary)
    value_of_cell = np.asarray(encoded.indices)
    for number, page in enumerate(pages):
        prices = _scores(data, offsets=offsets, page=page)[value_of_cell]
        scores[number] += np.bincount(rows, weights=prices, minlength=scores.shape[1])


def _scores(data: Bytes, *, offsets: Longs, page: str) -> Floats:
    """How Polish each cell looks when read in a page."""
    weights = bigram_weights()
    classes = _classes(page)[data]
    before = np.empty_like(classes)
    before[1:] = classes[:-1]
    before[offsets[:-1]] = BOUNDARY
    prices = weights[before, classes]
    prices += _case_prices(data, classes=classes, before=before, page=page)
    sums = np.concatenate([[0.0], np.cumsum(prices)])
    ends = weights[classes[offsets[1:] - 1], BOUNDARY]
    pairs = np.minimum(_count(classes == OPENING, offsets=offsets), _count(classes == CLOSING, offsets=offsets))
    return np.asarray(sums[offsets[1:]] - sums[offsets[:-1]] + ends + PAIR_OF_BRACKETS * pairs, dtype=np.float64)


def _count(marks: Flags, *, offsets: Longs) -> Longs:
    before = np.concatenate([[0], np.cumsum(marks)])
    return np.asarray(before[offsets[1:]] - before[offsets[:-1]], dtype=np.int64)


def _case_prices(data: Bytes, *, classes: Bytes, before: Bytes, page: str) -> Floats:
    """A price for capitals inside a word, ``KRAKóW``: the small letter among them came from a wrong page."""
    is_capital = _is_capital(page)[data]
    is_letter = (classes > BOUNDARY) & (classes <= LETTERS)
    follows = is_letter & (before > BOUNDARY) & (before <= LETTERS)
    rises = follows.copy()
    rises[1:] &= is_capital[1:] & ~is_capital[:-1]
    rises[:1] = False
    falls = follows.copy()
    falls[2:] &= ~is_capital[2:] & is_capital[1:-1] & is_capital[:-2] & follows[1:-1]
    falls[:2] = False
    return _CASE_BREAK * (rises.astype(np.float64) + falls)
