"""The workbook inside an OLE2 compound file, and where each byte of it lies in that file.

A compound file is a small file system: sectors chained by a table, so a stream may lie in pieces. The stream is put
together for whoever reads it, and every offset in it can be turned back into an offset in the file. Chains are followed
at most as far as the file has sectors, so a chain that bites its tail ends in an error and not in a loop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.errors import BadData
from connectors.model import Longs

MAGIC = bytes.fromhex("D0CF11E0A1B11AE1")
_HEADER_BYTES = 512
_ENTRY_BYTES = 128
_IN_HEADER = 109
_STREAM, _ROOT = 2, 5
_NAMES = ("workbook", "book")


@dataclass(frozen=True)
class Stream:
    """A stream and where its sectors lie."""

    data: bytes
    sector_bytes: int
    sectors: Longs
    """Offset of each of its sectors in the file."""

    def place(self, at: int) -> int:
        """Where a byte of the stream lies in the file."""
        return int(self.sectors[at // self.sector_bytes]) + at % self.sector_bytes

    def run(self, start: int, end: int) -> int:
        """How many of these bytes follow each other in the file, from the first on."""
        first, last = start // self.sector_bytes, (end - 1) // self.sector_bytes
        gaps = np.flatnonzero(np.diff(self.sectors[first : last + 1]) != self.sector_bytes)
        return end - start if not gaps.size else (first + int(gaps[0]) + 1) * self.sector_bytes - start


def workbook_stream(content: bytes, *, file: str) -> Stream:
    """The workbook of a compound file.

    Raises:
        BadData: it is no compound file, is damaged, or holds no workbook.
    """
    return _Container(content, file=file).workbook()


class _Container:
    def __init__(self, content: bytes, *, file: str) -> None:
        self._content = content
        self._file = file
        if content[:8] != MAGIC or len(content) < _HEADER_BYTES:
            raise BadData(f"{file}: byte 0: an Excel 97 workbook was expected{_what(content)}", hint=_SAVE_AS)
        shift, self._mini_shift = self._word(30), self._word(32)
        if shift not in (9, 12) or self._mini_shift != 6:
            raise self._damaged(30, "sectors of 512 or 4096 bytes were expected")
        self._sector = 1 << shift
        # Offsets count from the first sector, which the header fills.
        self._count = max(0, len(content) - self._sector + self._sector - 1) // self._sector
        self._table = self._read_table()
        self._mini: Longs | None = None

    def _damaged(self, at: int, what: str) -> BadData:
        return BadData(f"{self._file}: byte {at}: {what}", hint="The workbook is damaged: ask for it again")

    def _word(self, at: int) -> int:
        return int.from_bytes(self._content[at : at + 2], "little")

    def _long(self, at: int) -> int:
        return int.from_bytes(self._content[at : at + 4], "little")

    def _longs(self, number: int) -> list[int]:
        start = self._place(number)
        piece = self._content[start : start + self._sector]
        if len(piece) < self._sector:
            raise self._damaged(len(self._content), f"the file ends inside sector {number}")
        return [int(value) for value in np.frombuffer(piece, dtype="<u4")]

    def _place(self, number: int) -> int:
        if number >= self._count:
            raise self._damaged(len(self._content), f"sector {number} was expected, the file has {self._count}")
        return (number + 1) * self._sector

    def _read_table(self) -> list[int]:
        """For each sector the one behind it."""
        numbers = [self._long(76 + 4 * at) for at in range(_IN_HEADER)]
        following, left = self._long(68), self._long(72)
        while left and following < self._count and len(numbers) <= self._count + _IN_HEADER:
            *more, following = self._longs(following)
            numbers += more
            left -= 1
        wanted = [number for number in numbers[: self._long(44)] if number < 0xFFFFFFFC]
        if len(wanted) > self._count:
            raise self._damaged(44, "more sectors of its table than sectors")
        return [value for number in wanted for value in self._longs(number)]

    def _chain(self, first: int, *, table: list[int], most: int) -> list[int]:
        """The sectors of a stream; most is how many there can be."""
        numbers: list[int] = []
        at = first
        while at < 0xFFFFFFFC:
            if at >= len(table) or len(numbers) > most:
                raise self._damaged(_HEADER_BYTES, f"a chain of sectors leads to {at}, or into itself")
            numbers.append(at)
            at = table[at]
        return numbers

    def _stream_sectors(self, first: int) -> Longs:
        numbers = self._chain(first, table=self._table, most=self._count)
        return np.array([self._place(number) for number in numbers], dtype=np.int64)

    def _joined(self, sectors: Longs, *, size: int, sector_bytes: int) -> Stream:
        content = self._content
        data = b"".join(content[start : start + sector_bytes] for start in sectors.tolist())
        # Only the last sector of a stream may be cut by the end of the file, else all behind it would be shifted.
        is_cut = bool((sectors[:-1] + sector_bytes > len(content)).any())
        if len(data) < size or is_cut:
            raise self._damaged(len(content), f"{size} bytes of workbook were expected, {len(data)} are there")
        return Stream(data[:size], sector_bytes, sectors)

    def workbook(self) -> Stream:
        root, book = self._entries()
        first, size = int.from_bytes(book[116:120], "little"), int.from_bytes(book[120:124], "little")
        if size >= self._long(56):
            return self._joined(self._stream_sectors(first), size=size, sector_bytes=self._sector)
        # Small streams share a stream of their own, in sectors of 64 bytes.
        host = self._stream_sectors(int.from_bytes(root[116:120], "little"))
        table = [v for n in self._chain(self._long(60), table=self._table, most=self._count) for v in self._longs(n)]
        numbers = self._chain(first, table=table, most=len(table))
        each = self._sector >> self._mini_shift
        if any(number // each >= len(host) for number in numbers):
            raise self._damaged(_HEADER_BYTES, "a small stream leaves the stream that holds it")
        places = [int(host[number // each]) + (number % each << self._mini_shift) for number in numbers]
        return self._joined(np.array(places, dtype=np.int64), size=size, sector_bytes=1 << self._mini_shift)

    def _entries(self) -> tuple[bytes, bytes]:
        """The directory's root entry and the workbook's."""
        sectors = self._stream_sectors(self._long(48))
        directory = b"".join(self._content[start : start + self._sector] for start in sectors.tolist())
        entries = [directory[at : at + _ENTRY_BYTES] for at in range(0, len(directory), _ENTRY_BYTES)]
        if not entries or len(entries[0]) < _ENTRY_BYTES or entries[0][66] != _ROOT:
            raise self._damaged(48, "a directory with its root was expected")
        for entry in entries[1:]:
            if len(entry) == _ENTRY_BYTES and entry[66] == _STREAM and _name(entry) in _NAMES:
                return entries[0], entry
        raise BadData(f"{self._file}: byte {int(sectors[0])}: no workbook in this compound file", hint=_SAVE_AS)


_SAVE_AS = "Ask for the sheet saved as 'Microsoft Excel 97–2003' (.xls), without password"


def _what(content: bytes) -> str:
    for start, what in (
        (b"PK\x03\x04", "; this is a .xlsx or another archive"),
        (b"<", "; this is HTML or XML"),
        (b"\x09\x04", "; this is a sheet of Excel 4 or before"),
        (b"\x09\x02", "; this is a sheet of Excel 4 or before"),
        (b"\x09\x00", "; this is a sheet of Excel 4 or before"),
    ):
        if content.startswith(start):
            return what
    return ""


def _name(entry: bytes) -> str:
    length = int.from_bytes(entry[64:66], "little")
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace").lower()
