"""Content hashes: what a release holds, as one number that does not depend on how it got there.

Every row is written down canonically (columns in schema order; type tag, length, UTF-8 in NFC; null is not the empty
text; dates ISO, everything else as decimal digits), hashed with BLAKE2b-128, and the hashes of a table are summed
modulo 2^128. A sum ignores the order of rows and can be kept: plus what was inserted, minus what was closed.

The content hash of a release is the SHA-256 over the sorted lines ``table count sum``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import BugError
from config.table_schema import INSTANT, TableSchema

_MODULUS = 1 << 128
_TAGS = {pa.string(): b"s", pa.date32(): b"d", pa.int64(): b"i", pa.bool_(): b"b", INSTANT: b"t"}
_NULL = b"n" + bytes(4)
_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class TableHash:
    """Rows of a table and the sum of their hashes; tables add and subtract."""

    rows: int = 0
    total: int = 0

    def __add__(self, other: TableHash) -> TableHash:
        return TableHash(self.rows + other.rows, (self.total + other.total) % _MODULUS)

    def __sub__(self, other: TableHash) -> TableHash:
        return TableHash(self.rows - other.rows, (self.total - other.total) % _MODULUS)

    @property
    def hex(self) -> str:
        """The sum as 32 hexadecimal digits."""
        return f"{self.total:032x}"


def row_hashes(table: pa.Table, schema: TableSchema) -> list[bytes]:
    """BLAKE2b-128 of each canonical row, in the order of the rows."""
    hashes: list[bytes] = []
    for start in range(0, table.num_rows, _ROWS_AT_ONCE):
        part = table.slice(start, _ROWS_AT_ONCE)
        columns = [_cells(part.column(column.name), tag=_tag(column.type)) for column in schema.columns]
        rows = map(b"".join, zip(*columns, strict=True))
        hashes.extend(hashlib.blake2b(row, digest_size=16).digest() for row in rows)
    return hashes


def sum_hashes(hashes: Iterable[bytes]) -> TableHash:
    """The table hash of rows with these hashes."""
    limbs = np.frombuffer(b"".join(hashes), dtype=">u4").reshape(-1, 4)
    # Four sums of 32-bit limbs in 64 bits: exact for up to 2^32 rows, and no Python integer per row.
    sums = [int(limb) for limb in limbs.sum(axis=0, dtype=np.uint64)]
    total = sum(limb << shift for limb, shift in zip(sums, (96, 64, 32, 0), strict=True))
    return TableHash(len(limbs), total % _MODULUS)


def table_hash(table: pa.Table, schema: TableSchema) -> TableHash:
    """The hash of one content table, whatever the order of its rows."""
    return sum_hashes(row_hashes(table, schema))


def content_hash(tables: Mapping[str, TableHash]) -> str:
    """The hash of a release from the hashes of its content tables, 64 hexadecimal digits."""
    lines = sorted(f"{name} {hashed.rows} {hashed.hex}" for name, hashed in tables.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _tag(type_: pa.DataType) -> bytes:
    if type_ not in _TAGS:
        raise BugError(f"content holds no {type_}")
    return _TAGS[type_]


def _cells(column: pa.ChunkedArray, *, tag: bytes) -> list[bytes]:
    """The canonical bytes of each cell; the work is done once per distinct value."""
    encoded = column.combine_chunks().dictionary_encode()
    values = pc.cast(encoded.dictionary, pa.string()).to_pylist()
    framed = [_framed(tag, value) for value in values]
    framed.append(_NULL)
    codes = pc.fill_null(encoded.indices, len(values)).to_pylist()
    return [framed[code] for code in codes]


def _framed(tag: bytes, text: str) -> bytes:
    payload = (text if text.isascii() else unicodedata.normalize("NFC", text)).encode()
    return tag + len(payload).to_bytes(4, "big") + payload
