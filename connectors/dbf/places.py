"""Bytes at places of a file, read when they are asked for.

A memo file is not mapped into memory: the process would be killed by the system, without an error anyone could catch,
if somebody made the file shorter meanwhile.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from config.errors import StorageFailed
from connectors.model import Bytes, Ledger, Longs
from connectors.text import gather, gather_in_order

_SPAN_BYTES = 32 * 2**20
"""Places as near as this are read together: memos of neighbouring records are mostly neighbours too."""


class PlacedBytes:
    """A file whose bytes are asked for by place."""

    def __init__(self, path: Path, *, ledger: Ledger) -> None:
        self._ledger = ledger
        try:
            self._file = os.open(path, os.O_RDONLY)
        except OSError as exc:
            raise StorageFailed(f"{path.name}: {exc.strerror}") from exc

    def close(self) -> None:
        """Closes the file."""
        os.close(self._file)

    def piece(self, start: int, length: int) -> Bytes:
        """Bytes of one place.

        Raises:
            StorageFailed: the file has become shorter, or the disk refused.
        """
        try:
            data = os.pread(self._file, length, start)
        except OSError as exc:
            raise StorageFailed(f"{self._ledger.file}: byte {start}: {exc.strerror}") from exc
        if len(data) != length:
            raise StorageFailed(f"{self._ledger.file}: byte {start + len(data)}: the file became shorter")
        return np.frombuffer(data, dtype=np.uint8)

    def gather(self, starts: Longs, lengths: Longs) -> tuple[Bytes, Longs]:
        """The bytes of many places one after another, and where each begins (one more offset than places)."""
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])
        wanted = np.flatnonzero(lengths)
        if not wanted.size:
            return np.zeros(0, dtype=np.uint8), offsets
        first, last = int(starts[wanted].min()), int((starts + lengths)[wanted].max())
        if last - first <= _SPAN_BYTES:
            piece = self.piece(first, last - first)
            return _gathered(piece, starts=starts[wanted] - first, lengths=lengths[wanted]), offsets
        places = zip(starts[wanted].tolist(), lengths[wanted].tolist(), strict=True)
        return np.concatenate([self.piece(start, length) for start, length in places]), offsets


def _gathered(piece: Bytes, *, starts: Longs, lengths: Longs) -> Bytes:
    """Places of a piece one after another: those in the order of the file are taken as they lie, text after text."""
    ends = starts + lengths
    if (starts[1:] < ends[:-1]).any():
        return gather(piece, starts=starts, lengths=lengths)[0]
    return gather_in_order(piece, starts=starts, ends=ends)[0]
