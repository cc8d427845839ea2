"""Bytes of legacy files, written by hand: offsets and encodings stand here a second time on purpose."""

from __future__ import annotations

from collections.abc import Mapping


def packed(number: int, digits: int, *, sign: int | None = None) -> bytes:
    nibbles = f"{abs(number):0{digits}d}" + "CD"[number < 0] if sign is None else f"{abs(number):0{digits}d}{sign:X}"
    return bytes.fromhex(nibbles.zfill(len(nibbles) + len(nibbles) % 2))


def ebcdic_text(text: str, width: int, page: str = "cp870") -> bytes:
    encoded = text.encode(page)
    return encoded + b"\x40" * (width - len(encoded))


def framed(record: bytes) -> bytes:
    return (len(record) + 4).to_bytes(2, "big") + b"\0\0" + record


MAZOVIA = dict(zip("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", bytes.fromhex("868D9192A4A29EA6A78F95909CA5A398A0A1"), strict=True))


def mazovia_bytes(text: str) -> bytes:
    return bytes(MAZOVIA[letter] if letter in MAZOVIA else ord(letter) for letter in text)


def dbf_header(fields: tuple[tuple[str, str, int], ...], *, version: int, records: int, language: int = 0) -> bytes:
    head = bytearray(32)
    head[0], head[29] = version, language
    head[4:8] = records.to_bytes(4, "little")
    head[8:10] = (33 + 32 * len(fields)).to_bytes(2, "little")
    head[10:12] = (1 + sum(width for _, _, width in fields)).to_bytes(2, "little")
    for name, kind, width in fields:
        head += name.encode().ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, 0]) + bytes(14)
    return bytes(head) + b"\r"


def dbf_row(fields: tuple[tuple[str, str, int], ...], values: Mapping[str, bytes], *, flag: bytes = b" ") -> bytes:
    row = flag
    for name, kind, width in fields:
        value = values.get(name, b"")
        row += value.rjust(width) if kind in "NM" else value.ljust(width)
    return row


def dbt3(*texts: bytes) -> bytes:
    return bytes(512) + b"".join((text + b"\x1a\x1a").ljust(512, b"\0") for text in texts)


def fpt(*texts: bytes, block: int = 64) -> bytes:
    head = bytearray(512)
    head[6:8] = block.to_bytes(2, "big")
    content = bytes(head)
    for text in texts:
        piece = (1).to_bytes(4, "big") + len(text).to_bytes(4, "big") + text
        content += piece.ljust(-(-len(piece) // block) * block, b"\0")
    return content
