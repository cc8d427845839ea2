"""Does a release still hold what its ledger says: the content hash, recomputed in full from the rows."""

from __future__ import annotations

import sqlalchemy as sa

from config.schemas import CONTENT_TABLES
from warehouse.content import read_content
from warehouse.content_hash import content_hash, table_hash
from warehouse.engine import ArrowReader, transaction
from warehouse.records import TableCount, Verified
from warehouse.releases import get_release, require_readable


def verify_release(engine: sa.Engine, reader: ArrowReader, release_no: int) -> Verified:
    """Read every row a release sees and hash it again.

    Raises:
        UsageError: the release is unknown, abandoned or pruned.
    """
    with transaction(engine) as connection:
        require_readable(connection, release_no)
        release = get_release(connection, release_no)
    hashes = {
        schema.name: table_hash(read_content(reader, schema.name, release_no=release_no), schema)
        for schema in CONTENT_TABLES
        # A table that came after the release is no part of it.
        if schema.name in release.tables
    }
    found = {name: TableCount(hashed.rows, hashed.hex) for name, hashed in hashes.items()}
    return Verified(
        release_no=release_no,
        content_hash=release.content_hash,
        recomputed=content_hash(hashes),
        tables=found,
        differing=tuple(sorted(name for name, count in found.items() if release.tables.get(name) != count)),
    )
