"""Versions of what shapes content: hashes of code and configuration.

A standard record depends on the delivery and on our rules, nothing else. So what was read or standardised is kept
under the hash of the rules that made it: change a cleaner or a YAML, and it is made again from the originals. The
YAMLs of an installation's own systems count like ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from config.own import OwnFiles, own_files
from config.settings import REPOSITORY

_READING = ("config", "connectors")
_CONTENT = ("config", "connectors", "transforms", "dedupe")
_CONTENT_MODULES = ("live_events.py", "livesets.py", "previous.py", "resolving.py", "standardising.py", "landing.py")
_SUFFIXES = {".py", ".yml", ".csv", ".cpy", ".json"}


def reader_version() -> str:
    """Hash of what decides how bytes become raw records."""
    return _reader_version(own_files())


def rules_version() -> str:
    """Hash of what decides how deliveries become content: R of a release's inputs."""
    return _rules_version(own_files())


@lru_cache(maxsize=4)
def _reader_version(own: OwnFiles) -> str:
    return _with_own(_shipped(_READING), own)


@lru_cache(maxsize=4)
def _rules_version(own: OwnFiles) -> str:
    return _with_own(_shipped(_CONTENT, _CONTENT_MODULES), own)


@cache
def _shipped(packages: tuple[str, ...], modules: tuple[str, ...] = ()) -> str:
    return _hash_of([*_files_in(packages), *(Path(__file__).with_name(name) for name in modules)], root=REPOSITORY)


def _with_own(shipped: str, own: OwnFiles) -> str:
    """The product's hash, and that of the systems this installation registered itself, wherever they lie."""
    if not own.paths:
        return shipped
    return hashlib.sha256(f"{shipped}\n{_hash_of(own.paths, root=own.folder)}".encode()).hexdigest()


def _files_in(packages: Iterable[str]) -> list[Path]:
    roots = [REPOSITORY / package for package in packages]
    return [path for root in roots for path in root.rglob("*") if path.suffix in _SUFFIXES and path.is_file()]


def _hash_of(paths: Iterable[Path], *, root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda each: each.relative_to(root).as_posix()):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
