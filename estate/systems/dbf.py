"""dBase III+ and FoxPro 2 tables with their memo files, written as those programs did.

A table is a header of 32 bytes, 32 per field, 0x0D, then rows of fixed length behind a flag (blank, ``*`` for deleted),
then 0x1A. dBase memos stand in blocks of 512 bytes and end with 0x1A 0x1A; FoxPro memos have a big-endian head with
type and length.
"""

from __future__ import annotations

import codecs
import datetime as dt
from dataclasses import dataclass

import numpy as np

from estate.digits import Bytes
from estate.draw import Draw, Flags, Ints, chance
from estate.systems.records import Encoder

_MAZOVIA = {
    0x86: "ą", 0x8D: "ć", 0x8F: "Ą", 0x90: "Ę", 0x91: "ę", 0x92: "ł", 0x95: "Ć", 0x98: "Ś", 0x9C: "Ł", 0x9E: "ś",
    0xA0: "Ź", 0xA1: "Ż", 0xA3: "Ó", 0xA4: "ń", 0xA5: "Ń", 0xA6: "ź", 0xA7: "ż",
}  # fmt: skip
"""What Mazovia changes in code page 437."""
_TABLE = "".join(_MAZOVIA.get(byte, bytes([byte]).decode("cp437")) for byte in range(256))
_ENCODING = codecs.charmap_build(_TABLE)
_FOXPRO_BLOCK = 64


def mazovia(text: str) -> bytes:
    """Text in the Mazovia code page."""
    return codecs.charmap_encode(text, "strict", _ENCODING)[0]


def latin2_dos(text: str) -> bytes:
    """Text in code page 852."""
    return text.encode("cp852")


@dataclass(frozen=True)
class Field:
    """One field of a table."""

    name: str
    type: str
    width: int
    decimals: int = 0


@dataclass(frozen=True)
class Layout:
    """A table's dialect and fields."""

    version: int
    language: int
    fields: tuple[Field, ...]

    @property
    def header_bytes(self) -> int:
        """Bytes before the first row."""
        return 33 + 32 * len(self.fields)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row with its flag."""
        return 1 + sum(field.width for field in self.fields)


def header(layout: Layout, *, date: dt.date, rows: int) -> bytes:
    """The header of a table last changed on that date."""
    head = bytearray(32)
    head[0] = layout.version
    head[1:4] = bytes((date.year % 100, date.month, date.day))
    head[4:8] = rows.to_bytes(4, "little")
    head[8:10] = layout.header_bytes.to_bytes(2, "little")
    head[10:12] = layout.row_bytes.to_bytes(2, "little")
    head[29] = layout.language
    for field in layout.fields:
        head += field.name.encode("ascii").ljust(11, b"\0") + field.type.encode("ascii") + bytes(4)
        head += bytes((field.width, field.decimals)) + bytes(14)
    return bytes(head) + b"\x0d"


def flags(*, is_deleted: Flags, has_no_flag: Flags) -> Bytes:
    """Flag bytes: blank, ``*`` for deleted, 0x00 where some tool forgot them."""
    return np.where(is_deleted, 0x2A, np.where(has_no_flag, 0x00, 0x20)).astype(np.uint8)[:, None]


def ending(draw: Draw, share: float) -> tuple[bytes, bool]:
    """What stands behind the last row, and whether that is unusual (F01)."""
    if not chance(draw, 1, share)[0]:
        return b"\x1a", False
    # None at all, two, or what the disk held before behind the mark.
    return (b"", b"\x1a\x1a", b"\x1a" + bytes(range(0x20, 0x60)))[int(draw.integers(3))], True


def dbase_memos(texts: list[str | None], encode: Encoder) -> tuple[list[str | None], bytes]:
    """Block number of each memo as text, and the memo file."""
    blocks: list[bytes] = []
    numbers: list[str | None] = []
    following = 1
    for text in texts:
        if text is None:
            numbers.append(None)
            continue
        content = encode(text) + b"\x1a\x1a"
        size = -(-len(content) // 512)
        numbers.append(str(following))
        blocks.append(content.ljust(size * 512, b"\0"))
        following += size
    head = bytearray(512)
    head[0:4] = following.to_bytes(4, "little")
    head[16] = 0x03
    return numbers, bytes(head) + b"".join(blocks)


def foxpro_memos(texts: list[str | None], encode: Encoder) -> tuple[list[str | None], bytes]:
    """Block number of each memo as text, and the memo file."""
    blocks: list[bytes] = []
    numbers: list[str | None] = []
    following = 512 // _FOXPRO_BLOCK
    for text in texts:
        if text is None:
            numbers.append(None)
            continue
        content = encode(text)
        block = (1).to_bytes(4, "big") + len(content).to_bytes(4, "big") + content
        size = -(-len(block) // _FOXPRO_BLOCK)
        numbers.append(str(following))
        blocks.append(block.ljust(size * _FOXPRO_BLOCK, b"\0"))
        following += size
    head = bytearray(512)
    head[0:4] = following.to_bytes(4, "big")
    head[6:8] = _FOXPRO_BLOCK.to_bytes(2, "big")
    return numbers, bytes(head) + b"".join(blocks)


def positions(layout: Layout, rows: int) -> tuple[Ints, Ints]:
    """Offset and length of each row."""
    offset = layout.header_bytes + np.arange(rows, dtype=np.int64) * layout.row_bytes
    return offset, np.full(rows, layout.row_bytes, dtype=np.int64)
