"""Bytes in, text table out: one reader per format of the legacy estate.

    manifest = read_manifest(folder)
    reader = read_delivery(folder, manifest=manifest, kind=source.kind)
    for chunk in reader.chunks():
        …                                  # chunk.records, chunk.quarantine, chunk.issues
    assert all(account.is_balanced for account in reader.accounts)

Texts come out exactly as stored, decoded strictly; numbers that are not stored as text (packed, zoned, binary) come out
as decimal text. Every byte of a file is header, record, quarantined span, filler or trailer.
"""

import pyarrow as pa

from connectors.delivery import DeliveryReader, read_delivery
from connectors.manifest import DeliveryManifest, FileEntry, read_manifest
from connectors.model import FileAccount, RawChunk

# Arrow's own allocator takes memory in huge pages and keeps what was freed: a quarter more than the system's holds, and
# a pause wherever a new page is zeroed. Columns are a few large pieces, which the system's hands out as quickly.
pa.set_memory_pool(pa.system_memory_pool())

__all__ = [
    "DeliveryManifest",
    "DeliveryReader",
    "FileAccount",
    "FileEntry",
    "RawChunk",
    "read_delivery",
    "read_manifest",
]
