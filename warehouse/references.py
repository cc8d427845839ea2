"""References: what stands for a record where its id may not appear.

A ``record_id`` holds the key a legacy system knows a person by, so outside the database a record is named by the first
12 characters of a keyed code. The key lies outside the database; whoever reads ``bi`` cannot turn a reference back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

import pyarrow as pa

REFERENCE_CHARACTERS = 12


def record_refs(record_ids: pa.ChunkedArray, *, key: bytes) -> list[str]:
    """The reference of each record."""
    return [record_ref(record_id, key=key) for record_id in record_ids.to_pylist()]


def record_ref(record_id: str, *, key: bytes) -> str:
    """The reference of one record: base32 of HMAC-SHA256, lower case."""
    code = hmac.digest(key, record_id.encode(), hashlib.sha256)
    return base64.b32encode(code).decode().lower()[:REFERENCE_CHARACTERS]


def audit_key(ref_key: bytes) -> bytes:
    """The key of the audit chain, drawn from the installation's reference key so that neither serves for the other."""
    return hmac.digest(ref_key, b"blekit audit chain", hashlib.sha256)
