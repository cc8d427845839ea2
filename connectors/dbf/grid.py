"""All fields of many records at once.

Records of one length are a table as they lie: where each field begins is known before a byte is read. So the padding
of every field of a chunk is cut off in one pass over its bytes, and a column is taken out of what is left, which is
less than half in most tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from connectors.dbf.cells import PADS
from connectors.model import Bytes, Longs
from connectors.page_choice import choose_among, differing_places


class Grid:
    """Fields of one table by place; remembers the places of a chunk, which are the same in the next."""

    def __init__(self, offsets: Sequence[int], *, record_bytes: int) -> None:
        self.edges = np.array([0, *offsets, record_bytes], dtype=np.int64)
        """Where the delete flag, each field, and the next record begin."""
        self._edge_of_byte = np.repeat(np.arange(len(self.edges) - 1), np.diff(self.edges))
        self._places: npt.NDArray[np.int32] = np.zeros(0, dtype=np.int32)
        self._cells_of: list[pa.Array] = []

    def fill(self, data: Bytes) -> Filled:
        """The grid over some records."""
        width = int(self.edges[-1])
        rows = len(data) // width
        cells = rows * (len(self.edges) - 1)
        if len(self._places) != cells + 1:
            starts = np.arange(rows, dtype=np.int64)[:, None] * width + self.edges[:-1]
            self._places = np.append(starts.reshape(-1), rows * width).astype(np.int32)
            step = len(self.edges) - 1
            self._cells_of = [pa.array(np.arange(field, cells, step, dtype=np.int32)) for field in range(1, step)]
        stored = pa.StringArray.from_buffers(cells, pa.py_buffer(self._places), pa.py_buffer(data))
        return Filled(
            self.edges,
            self._edge_of_byte,
            self._cells_of,
            data.reshape(-1, width),
            pc.ascii_rtrim(stored, characters=PADS.decode("ascii")),
        )


class Filled:
    """The fields of some records."""

    def __init__(
        self, edges: Longs, edge_of_byte: Longs, cells_of: list[pa.Array], matrix: Bytes, trimmed: pa.Array
    ) -> None:
        self._edges = edges
        self._edge_of_byte = edge_of_byte
        self._cells_of = cells_of
        self.matrix = matrix
        """Rows × bytes of a record."""
        self._trimmed = trimmed
        """Record by record its flag and fields, without the padding behind them."""

    def cells(self, field: int) -> Bytes:
        """A field as it lies, rows × bytes."""
        return self.matrix[:, self._edges[field + 1] : self._edges[field + 2]]

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
        edge = self._edge_of_byte[at]
        is_asked = np.zeros(len(self._edges), dtype=np.bool_)
        is_asked[np.asarray(fields, dtype=np.int64) + 1] = True
        cell = (row * (len(self._edges) - 1) + edge)[is_asked[edge]]
        cell = cell[np.append(True, np.diff(cell) > 0)] if len(cell) else cell
        return choose_among(
            self._trimmed.take(pa.array(cell)), row_of_cell=cell // (len(self._edges) - 1), rows=rows, pages=pages
        )
