"""The pages of a TIFF file, counted from its directories without decoding an image.

A TIFF is a chain of directories, one a page, each saying how large its picture is and in which bytes its strips lie.
That is enough to see a transfer that was cut (a strip ends behind the file) and a file made to exhaust its reader (a
chain that bites its tail, a page of a billion pixels). Whether the G4 code inside a strip makes sense is not looked at.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from config.errors import StorageFailed

_TYPES = {1: "B", 3: "H", 4: "I"}
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of a value by its type; types we do not know may be anything."""
_SUBFILE, _WIDTH, _HEIGHT = 254, 256, 257
_PLACES = ((273, 279), (324, 325))
"""Offsets and lengths of strips, or of tiles."""
_REDUCED = 1
_MOST_STRIPS = 20_000


@dataclass(frozen=True)
class TiffLimits:
    """What one file may ask of its reader."""

    pages: int = 500
    pixels: int = 200_000_000
    """Per page; A3 at 600 dots an inch has 70 million."""


@dataclass(frozen=True)
class TiffPages:
    """What a file holds, or why it cannot be said."""

    pages: int = 0
    """Pages without reduced copies."""
    reason: str = ""
    detail: str = ""


class _BadTiff(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def count_pages(path: Path, *, size: int, limits: TiffLimits) -> TiffPages:
    """The pages of a file; damage is an answer, not an error.

    Raises:
        StorageFailed: the disk refused, or the file became shorter than it was.
    """
    try:
        with path.open("rb") as file:
            there = os.fstat(file.fileno()).st_size
            if there < size:
                # Not damage: quarantine would be for good, and the next attempt may find the file whole.
                raise StorageFailed(f"{path.name}: byte {there}: the file became shorter")
            return TiffPages(_Walker(file, size=size, limits=limits).pages())
    except _BadTiff as bad:
        return TiffPages(reason=bad.reason, detail=bad.detail)
    except OSError as exc:
        raise StorageFailed(f"{path.name}: {exc.strerror}") from exc


class _Walker:
    def __init__(self, file: BinaryIO, *, size: int, limits: TiffLimits) -> None:
        self._file = file
        self._size = size
        self._limits = limits
        self._order = "<"

    def pages(self) -> int:
        """Follows the chain of directories."""
        head = self._read(0, 8)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self._order or struct.unpack(f"{self._order}H", head[2:4])[0] != 42:
            raise _BadTiff("tiff_damaged", "byte 0: no TIFF header")
        seen: set[int] = set()
        pages, place = 0, self._unpack("I", head[4:8])[0]
        while place:
            if place in seen:
                raise _BadTiff("tiff_damaged", f"byte {place}: the chain of directories comes back here")
            seen.add(place)
            if len(seen) > self._limits.pages:
                raise _BadTiff("tiff_budget", f"more than {self._limits.pages} pages")
            is_page, place = self._directory(place)
            pages += is_page
        return pages

    def _unpack(self, codes: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self._order + codes, data)

    def _read(self, place: int, length: int) -> bytes:
        if place + length > self._size:
            raise _BadTiff("tiff_truncated", f"byte {self._size}: {length} bytes at byte {place} were expected")
        self._file.seek(place)
        data = self._file.read(length)
        if len(data) < length:
            raise StorageFailed(f"{Path(self._file.name).name}: byte {place + len(data)}: the file became shorter")
        return data

    def _directory(self, place: int) -> tuple[bool, int]:
        """Whether a directory is a page, and where the next one is."""
        count = self._unpack("H", self._read(place, 2))[0]
        table = self._read(place + 2, count * 12 + 4)
        entries = {self._unpack("H", table[at : at + 2])[0]: table[at + 2 : at + 12] for at in range(0, count * 12, 12)}
        for entry in entries.values():
            self._check_place(entry, place)
        width, height = self._number(entries, _WIDTH, place), self._number(entries, _HEIGHT, place)
        if width * height > self._limits.pixels:
            raise _BadTiff("tiff_budget", f"byte {place}: a page of {width} x {height} pixels")
        self._check_strips(entries, place)
        subfile = self._values(entries[_SUBFILE])[0] if _SUBFILE in entries else 0
        return not subfile & _REDUCED, self._unpack("I", table[-4:])[0]

    def _check_place(self, entry: bytes, place: int) -> None:
        # Resolutions and remarks often stand last in a file, so a cut shows there first.
        code, count, start = self._unpack("HII", entry)
        length = _BYTES.get(code, 0) * count
        if length > 4 and start + length > self._size:
            raise _BadTiff("tiff_truncated", f"byte {self._size}: a value of the directory at byte {place} is cut")

    def _number(self, entries: dict[int, bytes], tag: int, place: int) -> int:
        number = self._values(entries[tag])[0] if tag in entries else 0
        if number < 1:
            raise _BadTiff("tiff_damaged", f"byte {place}: a page without its size (tag {tag})")
        return number

    def _values(self, entry: bytes) -> tuple[int, ...]:
        code, count = self._unpack("HI", entry[:6])
        if code not in _TYPES or count < 1:
            raise _BadTiff("tiff_damaged", f"a value of type {code}, {count} times")
        if count > _MOST_STRIPS:
            raise _BadTiff("tiff_budget", f"more than {_MOST_STRIPS} strips in a page")
        codes = f"{count}{_TYPES[code]}"
        length = struct.calcsize(f"={codes}")
        data = entry[6 : 6 + length] if length <= 4 else self._read(self._unpack("I", entry[6:])[0], length)
        return self._unpack(codes, data)

    def _check_strips(self, entries: dict[int, bytes], place: int) -> None:
        for offsets_tag, lengths_tag in _PLACES:
            if offsets_tag not in entries or lengths_tag not in entries:
                continue
            offsets, lengths = self._values(entries[offsets_tag]), self._values(entries[lengths_tag])
            if len(offsets) != len(lengths):
                raise _BadTiff("tiff_damaged", f"byte {place}: {len(offsets)} strips, {len(lengths)} lengths")
            end = max(map(sum, zip(offsets, lengths, strict=True)))
            if end > self._size:
                raise _BadTiff(
                    "tiff_truncated", f"byte {self._size}: a strip of the page at byte {place} ends at {end}"
                )
            return
        raise _BadTiff("tiff_damaged", f"byte {place}: a page without strips")
