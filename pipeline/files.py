"""Files and folders that are there whole or not at all.

A process may be killed at any moment. So whatever is read again later is written under a temporary name, synced, and
then renamed: a reader never meets half a file, and two writers of the same content do not hurt each other.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from config.errors import StorageFailed

_TEMPORARY = ".tmp-"


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """A temporary folder that becomes ``target`` when the block ends well, and disappears when it does not.

    If ``target`` is there already when the block ends, it stays: same name means same content here.

    Raises:
        StorageFailed: the disk refused.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=_TEMPORARY))
    except OSError as exc:
        raise StorageFailed(f"cannot write in {target.parent}: {exc.strerror}") from exc
    try:
        yield temporary
        _sync_tree(temporary)
        _rename(temporary, target)
    except OSError as exc:
        raise StorageFailed(f"cannot write {target}: {exc.strerror or exc}") from exc
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _rename(temporary: Path, target: Path) -> None:
    try:
        temporary.rename(target)
    except OSError:
        if not target.is_dir():
            raise
    _sync(target.parent)


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        _sync(path)
    _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary folders of processes that were killed; only call it while nobody writes there."""
    for path in folder.glob(f"**/{_TEMPORARY}*"):
        shutil.rmtree(path, ignore_errors=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all, keys sorted."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_TEMPORARY)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, ensure_ascii=False, sort_keys=True, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as exc:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise StorageFailed(f"cannot write {path}: {exc.strerror}") from exc


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of ours."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
