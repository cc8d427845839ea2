"""The ledger of releases: what was prepared, published, abandoned, and which one is current.

Releases only go forward: numbers grow and are never reused, the pointer advances from a parent to its child, and taking
a unit back is a new release without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from config.errors import ParentMoved, UsageError
from warehouse import tables
from warehouse.content_hash import TableHash
from warehouse.records import Inputs, Prepared, Release, ReleaseKind, TableCount

_RELEASE, _HASH, _POINTER = tables.release, tables.release_table_hash, tables.release_pointer


def current_number(connection: sa.Connection) -> int | None:
    """Number of the release everybody sees; None before the first."""
    number: int | None = connection.scalar(sa.select(_POINTER.c.release_no))
    return number


def table_hashes(connection: sa.Connection, release_no: int | None) -> dict[str, TableHash]:
    """Hashes of the content tables as the ledger keeps them; empty before the first release."""
    rows = connection.execute(sa.select(_HASH).where(_HASH.c.release_no == release_no))
    return {row.table_name: TableHash(row.row_count, int(row.hash, 16)) for row in rows}


def get_release(connection: sa.Connection, release_no: int) -> Release:
    """One line of the ledger.

    Raises:
        UsageError: no release has that number.
    """
    for found in list_releases(connection, only=(release_no,)):
        return found
    raise UsageError(f"no release {release_no}", hint="`blekit release list` shows all")


def require_readable(connection: sa.Connection, release_no: int) -> None:
    """Refuse a number whose rows are not those of a release, now or any more; a prepared one can be looked at.

    Raises:
        UsageError: the release is unknown, abandoned or pruned.
    """
    row = connection.execute(
        sa.select(_RELEASE.c.state, _RELEASE.c.pruned_at).where(_RELEASE.c.release_no == release_no)
    ).one_or_none()
    if row is None or row.state == "abandoned" or row.pruned_at is not None:
        raise UsageError(f"release {release_no} cannot be read", hint="`blekit release list` shows those that can")


def list_releases(connection: sa.Connection, *, only: Iterable[int] | None = None) -> list[Release]:
    """The ledger of releases in order, abandoned ones too."""
    statement, hashes = sa.select(_RELEASE).order_by(_RELEASE.c.release_no), sa.select(_HASH)
    if only is not None:
        chosen = list(only)
        statement = statement.where(_RELEASE.c.release_no.in_(chosen))
        hashes = hashes.where(_HASH.c.release_no.in_(chosen))
    counts: dict[int, dict[str, TableCount]] = {}
    for row in connection.execute(hashes.order_by(_HASH.c.table_name)):
        counts.setdefault(row.release_no, {})[row.table_name] = TableCount(row.row_count, row.hash)
    return [_release(row, counts.get(row.release_no, {})) for row in connection.execute(statement)]


def _release(row: sa.Row[Any], counts: Mapping[str, TableCount]) -> Release:
    inputs = Inputs(
        units=tuple(row.units),
        batch_ids=tuple(row.batch_ids),
        decisions_up_to=row.decisions_up_to,
        model_version=row.model_version,
        rules_version=row.rules_version,
        erased=tuple(row.erased),
    )
    return Release(
        release_no=row.release_no,
        parent=row.parent,
        kind=row.kind,
        state=row.state,
        inputs=inputs,
        content_hash=row.content_hash,
        unit=row.unit,
        actor=row.actor,
        prepared_at=row.prepared_at,
        published_at=row.published_at,
        detail=row.detail,
        tables=counts,
    )


def write_prepared(
    connection: sa.Connection, prepared: Prepared, *, kind: ReleaseKind, inputs: Inputs, actor: str
) -> None:
    """Enter a prepared release and its table hashes."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(inputs).items()}
    connection.execute(
        sa.insert(_RELEASE).values(
            release_no=prepared.release_no,
            parent=prepared.parent,
            kind=kind,
            state="prepared",
            content_hash=prepared.content_hash,
            actor=actor,
            detail={},
            **values,
        )
    )
    connection.execute(
        sa.insert(_HASH),
        [
            {
                "release_no": prepared.release_no,
                "table_name": name,
                "row_count": count.rows,
                "hash": count.hash,
                "inserted": prepared.inserted[name],
                "closed": prepared.closed[name],
            }
            for name, count in prepared.tables.items()
        ],
    )


def require_prepared(connection: sa.Connection, release_no: int) -> int | None:
    """Parent of a prepared release, its ledger row locked; one that is settled cannot be settled again."""
    row = connection.execute(
        sa.select(_RELEASE.c.state, _RELEASE.c.parent).where(_RELEASE.c.release_no == release_no).with_for_update()
    ).one_or_none()
    if row is None or row.state != "prepared":
        state = "unknown" if row is None else row.state
        raise ParentMoved(f"release {release_no} is {state}, no longer prepared", hint="Prepare again.")
    parent: int | None = row.parent
    return parent


def advance_pointer(connection: sa.Connection, *, parent: int | None, release_no: int) -> None:
    """Make a release the current one, if its parent still is.

    Raises:
        ParentMoved: it is not.
    """
    moved = connection.execute(
        sa.update(_POINTER).where(_POINTER.c.release_no.is_not_distinct_from(parent)).values(release_no=release_no)
    )
    if moved.rowcount != 1:
        raise ParentMoved(f"release {release_no} was prepared upon {parent}, which is no longer current")
