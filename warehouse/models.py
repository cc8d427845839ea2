"""Registered matching models: what a release was made with must be there when it is made again.

A model is kept as the text its version is the sha256 of; the database itself refuses another one under that name.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from config.errors import UsageError
from warehouse import tables
from warehouse.audit import append_event
from warehouse.records import RegisteredModel

_MODEL = tables.matching_model
SHORTEST_VERSION = 8
"""Characters of a version that name a model, if they name only one."""


def register_model(connection: sa.Connection, document: str, *, actor: str, key: bytes) -> tuple[str, bool]:
    """Keep a model; its version, and whether it is new. One that is known stays as it is."""
    version = hashlib.sha256(document.encode()).hexdigest()
    added = connection.scalar(
        sa.dialects.postgresql.insert(_MODEL)
        .values(version=version, document=document, registered_by=actor)
        .on_conflict_do_nothing(index_elements=["version"])
        .returning(_MODEL.c.version)
    )
    if added is not None:
        append_event(connection, key=key, actor=actor, action="model.registered", subject=version)
    return version, added is not None


def list_models(connection: sa.Connection) -> list[RegisteredModel]:
    """Registered models in the order they came."""
    rows = connection.execute(sa.select(_MODEL).order_by(_MODEL.c.registered_at, _MODEL.c.version))
    return [RegisteredModel(**row) for row in rows.mappings()]


def find_model(connection: sa.Connection, version: str) -> RegisteredModel | None:
    """The model of that version, or of the only one that begins so.

    Raises:
        UsageError: several begin so.
    """
    is_short = len(version) >= SHORTEST_VERSION
    condition = _MODEL.c.version.startswith(version, autoescape=True) if is_short else _MODEL.c.version == version
    rows = connection.execute(sa.select(_MODEL).where(condition)).mappings().all()
    if len(rows) > 1:
        raise UsageError(f"{len(rows)} models begin with {version}", hint="Give more characters of the version")
    return RegisteredModel(**rows[0]) if rows else None
