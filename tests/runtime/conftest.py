"""A PostgreSQL of its own for each test that asks, stopped and removed afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blekit.runtime.place import SHARED, record_file
from blekit.runtime.postgres import EmbeddedPostgres


@pytest.fixture
def postgres_in() -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Describe a server in a home; whatever was started is stopped, whatever lies outside the home is removed."""
    servers: list[EmbeddedPostgres] = []

    def describe(home: Path, **settings: int) -> EmbeddedPostgres:
        home.mkdir(parents=True, exist_ok=True)
        servers.append(EmbeddedPostgres(home, password="pass word/@:%", **settings))
        return servers[-1]

    yield describe
    for server in servers:
        server.stop()
        record = record_file(server.home)
        data = Path(json.loads(record.read_text(encoding="utf-8"))["data"]) if record.exists() else server.home
        if data.is_relative_to(SHARED):
            shutil.rmtree(data.parent)
