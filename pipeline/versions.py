"""Versions of what shapes content: hashes of code and configuration.

A standard record depends on the delivery and on our rules, nothing else. So what was read or standardised is kept
under the hash of the rules that made it: change a cleaner or a YAML, and it is made again from the originals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from config.settings import REPOSITORY

_READING = ("config", "connectors")
_CONTENT = ("config", "connectors", "transforms", "dedupe")
_CONTENT_MODULES = ("live_events.py", "livesets.py", "previous.py", "resolving.py", "standardising.py", "landing.py")
_SUFFIXES = {".py", ".yml", ".csv", ".cpy", ".json"}


@cache
def reader_version() -> str:
    """Hash of what decides how bytes become raw records."""
    return _hash_of(_files_in(_READING))


@cache
def rules_version() -> str:
    """Hash of what decides how deliveries become content: R of a release's inputs."""
    ours = [Path(__file__).with_name(name) for name in _CONTENT_MODULES]
    return _hash_of([*_files_in(_CONTENT), *ours])


def _files_in(packages: Iterable[str]) -> list[Path]:
    roots = [REPOSITORY / package for package in packages]
    return [path for root in roots for path in root.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]


def _hash_of(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda each: each.relative_to(REPOSITORY).as_posix()):
        digest.update(path.relative_to(REPOSITORY).as_posix().encode())
        digest.update(b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
