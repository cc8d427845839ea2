"""Attempts: what was tried upon a unit, by whom, and how it ended.

A unit has few states and an attempt can end badly in many ways; so failures belong to attempts, and a unit stays where
it stood. An attempt of a process that was killed stays ``running`` in the ledger: nobody was left to say otherwise.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from config.errors import BlekitError

if TYPE_CHECKING:
    from warehouse import Warehouse


@contextmanager
def attempt(warehouse: Warehouse, unit: str, *, kind: str, actor: str) -> Iterator[str]:
    """Record an attempt around a block; its id. The ledger keeps how it ended and how long it took."""
    attempt_id = f"{unit}-{kind}-{uuid.uuid4().hex[:12]}"
    begun = time.perf_counter()

    def note(state: str, **detail: object) -> None:
        warehouse.record_attempt(attempt_id, unit=unit, kind=kind, actor=actor, state=state, detail=detail)

    note("running")
    try:
        yield attempt_id
    except BlekitError as error:
        note("failed", code=error.code, seconds=round(time.perf_counter() - begun, 3))
        raise
    note("succeeded", seconds=round(time.perf_counter() - begun, 3))
