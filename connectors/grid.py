"""All fields of many records at once.

Records of one length are a table as they lie: where each field begins is known before a byte is read. So the padding
of every field of a chunk is cut off in one pass over its bytes, and a column is taken out of what is left, which is
less than half in most tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.model import Bytes, Longs
from connectors.page_choice import choose_among, differing_places


class Grid:
    """Fields of one layout by place: the same in every chunk, so they are computed once."""

    def __init__(self, edges: Sequence[int], *, rows: int, pads: bytes) -> None:
        """The grid over at most so many records at once.

        Args:
            edges: where each field begins, from 0, and where the next record does; fields lie side by side.
            rows: how many records.
            pads: bytes that pad fields at their end.
        """
        self.edges = np.array(edges, dtype=np.int64)
        step, width = len(self.edges) - 1, int(self.edges[-1])
        starts = np.arange(rows, dtype=np.int64)[:, None] * width + self.edges[:-1]
        self._places = np.append(starts.reshape(-1), rows * width).astype(np.int32)
        self._cells_of = [pa.array(np.arange(field, rows * step, step, dtype=np.int32)) for field in range(step)]
        self._pads = pads.decode("ascii")

    def fill(self, data: Bytes) -> Filled:
        """The grid over some records."""
        width = int(self.edges[-1])
        rows = len(data) // width
        stored = pa.StringArray.from_buffers(
            rows * len(self._cells_of), pa.py_buffer(self._places), pa.py_buffer(np.ascontiguousarray(data))
        )
        trimmed = pc.ascii_rtrim(stored, characters=self._pads)
        return Filled(self.edges, [cells[:rows] for cells in self._cells_of], data.reshape(-1, width), trimmed)


class Filled:
    """The fields of some records."""

    def __init__(self, edges: Longs, cells_of: list[pa.Array], matrix: Bytes, trimmed: pa.Array) -> None:
        self._edges = edges
        self._cells_of = cells_of
        self.matrix = matrix
        """Rows × bytes of a record."""
        self._trimmed = trimmed
        """Record by record its fields, without the padding behind them."""

    def cells(self, field: int) -> Bytes:
        """A field as it lies, rows × bytes."""
        return self.matrix[:, self._edges[field] : self._edges[field + 1]]

    def column(self, field: int) -> pa.Array:
        """A field without the padding behind it; stored bytes, not yet text."""
        return self._trimmed.take(self._cells_of[field])

    def choose_pages(self, fields: Sequence[int], *, pages: Sequence[str]) -> Bytes:
        """Per row the position of its code page, judged by these fields."""
        rows, width = self.matrix.shape
        if len(pages) == 1:
            return np.zeros(rows, dtype=np.uint8)
        # Only fields with a byte that the pages read differently are looked at.
        row, at = np.divmod(differing_places(self.matrix.reshape(-1), pages=pages), width)
        step = len(self._cells_of)
        field = np.repeat(np.arange(step), np.diff(self._edges))[at]
        is_asked = np.zeros(step, dtype=np.bool_)
        is_asked[np.asarray(fields, dtype=np.int64)] = True
        cell = (row * step + field)[is_asked[field]]
        cell = cell[np.append(True, np.diff(cell) > 0)] if len(cell) else cell
        return choose_among(self._trimmed.take(pa.array(cell)), row_of_cell=cell // step, rows=rows, pages=pages)
