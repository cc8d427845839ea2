"""Bytes in, text table out: one reader per format of the legacy estate.

    manifest = read_manifest(folder)
    reader = read_delivery(folder, manifest=manifest, kind=source.kind)
    for chunk in reader.chunks():
        …                                  # chunk.records, chunk.quarantine, chunk.issues
    assert all(account.is_balanced for account in reader.accounts)

Texts come out exactly as stored, decoded strictly; numbers that are not stored as text (packed, zoned, binary) come out
as decimal text. Every byte of a file is header, record, quarantined span, filler or trailer.
"""

from connectors.delivery import DeliveryReader, read_delivery
from connectors.manifest import DeliveryManifest, FileEntry, read_manifest
from connectors.model import FileAccount, RawChunk

__all__ = [
    "DeliveryManifest",
    "DeliveryReader",
    "FileAccount",
    "FileEntry",
    "RawChunk",
    "read_delivery",
    "read_manifest",
]
