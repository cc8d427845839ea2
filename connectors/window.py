"""A file read through a sliding window: bounded memory whatever the size of the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from config.errors import BudgetExceeded, StorageFailed
from connectors.model import Bytes, Ledger

WINDOW_BYTES = 4 * 2**20


@dataclass(frozen=True)
class View:
    """Some bytes of a file."""

    data: Bytes
    offset: int
    is_last: bool
    """Whether the view ends where the file ends."""


class Window:
    """Hands out views of a file; what a reader does not consume comes again, with more behind it."""

    def __init__(self, path: Path, *, ledger: Ledger, window_bytes: int = WINDOW_BYTES) -> None:
        self._ledger = ledger
        self._size = window_bytes
        self._grown = window_bytes
        self._position = 0
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as exc:
            raise StorageFailed(f"{path.name}: {exc.strerror}") from exc

    def __enter__(self) -> Window:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    @property
    def is_done(self) -> bool:
        """Whether everything was consumed."""
        return self._position >= self._ledger.size

    def view(self) -> View:
        """The bytes from the position on."""
        try:
            self._file.seek(self._position)
            data = self._file.read(self._grown)
        except OSError as exc:
            raise StorageFailed(f"{self._ledger.file}: byte {self._position}: {exc.strerror}") from exc
        wanted = min(self._grown, self._ledger.size - self._position)
        if len(data) < wanted:
            raise StorageFailed(f"{self._ledger.file}: byte {self._position + len(data)}: the file became shorter")
        is_last = self._position + wanted >= self._ledger.size
        return View(np.frombuffer(data, dtype=np.uint8)[:wanted], self._position, is_last)

    def consume(self, length: int) -> None:
        """Moves on; consuming nothing widens the next view, up to the budget of one record."""
        self._position += length
        if length:
            self._grown = self._size
            return
        if self._grown > self._size + self._ledger.budgets.max_record_bytes:
            limit = self._ledger.budgets.max_record_bytes
            raise BudgetExceeded(
                f"{self._ledger.file}: byte {self._position}: a record of more than {limit} bytes",
                hint="The file is damaged, or raise budgets.max_record_bytes in the kind's YAML",
            )
        self._grown *= 2
