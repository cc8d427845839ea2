"""What one engine is asked to do in a process of its own, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa


@dataclass(frozen=True)
class Job:
    """One engine on one file."""

    engine: str
    file: str
    """Parquet with a column ``record_id``; it never holds the truth."""
    out: str
    """Folder for ``clusters.parquet``, ``candidates.parquet`` and ``answer.json``."""
    schema: str
    """``party`` (standard party records), ``febrl``, or ``table`` (any other)."""
    with_training: bool = False
    """Learn from the file itself; otherwise use what was frozen on another seed."""
    options: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Job:
        """From JSON."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Linked:
    """What an engine made of a file."""

    clusters: pa.Table
    """``record_id, cluster_id`` at the engine's natural threshold, a posterior of one half."""
    candidates: Callable[[], pa.Table]
    """``record_id_1, record_id_2, match_probability`` of all candidate pairs; asked for after the clock stopped. The
    probability is null where the engine did not keep the pair."""
    more: Callable[[], Mapping[str, pa.Table]] = dict
    """Further tables to judge, also after the clock stopped."""


class Engine(Protocol):
    """An engine: what it imports is loaded before the clock starts, everything else is counted."""

    def link(self, job: Job) -> Linked:
        """Link the file of a job, reading included."""
        ...
