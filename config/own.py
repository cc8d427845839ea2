"""Systems of an installation's own: registered outside of the package, beside those that come with the product.

``<home>/sources/sources.csv`` has the columns of ``config/sources.csv`` and ``<home>/sources/kinds/`` a YAML per kind,
both read as strictly. ``BLEKIT_SOURCES`` moves the folder. A process that runs for long sees a system that was
registered meanwhile: what is made of these files is kept under their stamps, and a look at the stamps is cheap.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from config.settings import load_settings

SOURCES_NAME, KINDS_NAME = "sources.csv", "kinds"


@dataclass(frozen=True)
class OwnFiles:
    """The files of an installation's own systems as they are now."""

    folder: Path
    stamps: tuple[tuple[str, int, int, int], ...]
    """Name below the folder, time of the last change, size and inode of each; empty where nothing was registered."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every one of them."""
        return tuple(self.folder / name for name, *_ in self.stamps)

    @property
    def sources(self) -> Path | None:
        """The rows of the registry."""
        return next((path for path in self.paths if path.name == SOURCES_NAME), None)

    @property
    def kinds(self) -> tuple[Path, ...]:
        """The YAML of each kind."""
        return tuple(path for path in self.paths if path.suffix == ".yml")

    def kind_path(self, name: str) -> Path:
        """Where the YAML of a kind is, or would be."""
        return self.folder / KINDS_NAME / f"{name}.yml"


def own_files() -> OwnFiles:
    """What this installation registered itself."""
    folder = _folder(os.environ.get("BLEKIT_HOME"), os.environ.get("BLEKIT_SOURCES"))
    entries = _entries(folder, names=(SOURCES_NAME,)) | _entries(folder / KINDS_NAME)
    return OwnFiles(folder, tuple((name, *entries[name]) for name in sorted(entries)))


@lru_cache(maxsize=8)
def _folder(home: str | None, sources: str | None) -> Path:
    # The two settings that say where it is are the key: reading all of them is too slow for every look.
    del home, sources
    return load_settings().sources_dir


def _entries(folder: Path, *, names: tuple[str, ...] = ()) -> dict[str, tuple[int, int, int]]:
    prefix = "" if names else f"{folder.name}/"
    found: dict[str, tuple[int, int, int]] = {}
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                is_wanted = entry.name in names if names else entry.name.endswith((".yml", ".cpy"))
                if is_wanted and entry.is_file() and not entry.name.startswith("."):
                    stat = entry.stat()
                    found[prefix + entry.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    return found
