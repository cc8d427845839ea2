"""Advisory locks and the order they are taken in: publish, then pair, then audit.

The publish lock belongs to a session and spans prepare and publish: when its holder dies the connection dies with it
and the next one may clean up. The other two belong to a transaction. Taking them out of order can deadlock.
"""

from __future__ import annotations

import time
from typing import Literal

import sqlalchemy as sa

from config.errors import LockBusy

_BLEKIT = 0x424C
_NUMBERS = {"publish": 1, "pair": 2, "audit": 3}
_POLL_S = 0.1


def take_publish_lock(connection: sa.Connection, *, wait_s: float = 0.0) -> None:
    """Take the publish lock for the session of this connection.

    Raises:
        LockBusy: another session holds it, and did for ``wait_s`` seconds.
    """
    deadline = time.monotonic() + wait_s
    while not _try_publish_lock(connection):
        if time.monotonic() >= deadline:
            raise LockBusy("somebody else prepares or publishes a release", hint="Try again when it is done.")
        time.sleep(_POLL_S)


def _try_publish_lock(connection: sa.Connection) -> bool:
    taken = connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_BLEKIT, _NUMBERS["publish"])))
    connection.commit()
    return bool(taken)


def release_publish_lock(connection: sa.Connection) -> None:
    """Give the publish lock back."""
    connection.execute(sa.select(sa.func.pg_advisory_unlock(_BLEKIT, _NUMBERS["publish"])))
    connection.commit()


def lock_until_commit(connection: sa.Connection, name: Literal["pair", "audit"]) -> None:
    """Wait for a lock that ends with the transaction."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_BLEKIT, _NUMBERS[name])))
