"""Mazovia: the code page of Polish DOS machines before CP852.

Code page 437 with seventeen bytes replaced (``ó`` stands where CP437 has it already). Python does not know it, so
importing :mod:`connectors` registers it under the names vendors gave it: mazovia, cp620, cp667, cp790, cp991.

Source: https://en.wikipedia.org/wiki/Mazovia_encoding
"""

from __future__ import annotations

import codecs

from typing_extensions import Buffer

NAMES = frozenset({"mazovia", "cp620", "cp667", "cp790", "cp991"})

_REPLACED = {
    0x86: "ą",
    0x8D: "ć",
    0x8F: "Ą",
    0x90: "Ę",
    0x91: "ę",
    0x92: "ł",
    0x95: "Ć",
    0x98: "Ś",
    0x9C: "Ł",
    0x9E: "ś",
    0xA0: "Ź",
    0xA1: "Ż",
    0xA3: "Ó",
    0xA4: "ń",
    0xA5: "Ń",
    0xA6: "ź",
    0xA7: "ż",
}
DECODING_TABLE = "".join(_REPLACED.get(byte, bytes([byte]).decode("cp437")) for byte in range(256))
_ENCODING_TABLE = codecs.charmap_build(DECODING_TABLE)


def encode(text: str, errors: str = "strict", /) -> tuple[bytes, int]:
    """Text as Mazovia bytes."""
    return codecs.charmap_encode(text, errors, _ENCODING_TABLE)


def decode(data: Buffer, errors: str = "strict", /) -> tuple[str, int]:
    """Mazovia bytes as text."""
    return codecs.charmap_decode(bytes(data), errors, DECODING_TABLE)


def _find(name: str) -> codecs.CodecInfo | None:
    return codecs.CodecInfo(encode, decode, name="mazovia") if name in NAMES else None


def register() -> None:
    """Makes ``bytes.decode("mazovia")`` work; doing it twice changes nothing."""
    codecs.unregister(_find)
    codecs.register(_find)
