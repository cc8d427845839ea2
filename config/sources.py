"""The registry of legacy systems: one row each in ``sources.csv``.

350 systems of the 50 points (subscribers, billing, payments, orders, faults, complaints, office sheets), 140 hotlines,
5 call-centre platforms, 5 talking machines, 7 central ones: 507 systems, an invented split of the story's "hundreds"
and "140". The pilot roster is a list, not a system, and is one more row. A system whose kind nothing reads yet is
``registered``, not served. Systems an installation registers itself stand outside of the package (:mod:`config.own`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from config.errors import ConfigurationError, UsageError
from config.kinds import Kind, all_kinds, kind_named, planned_kinds, shipped_kinds
from config.own import OwnFiles, own_files
from config.units import UNIT_NAMES, CollectionPoint, point_with_code

_SOURCES_FILE = Path(__file__).with_name("sources.csv")
SOURCE_COLUMNS = ("source_id", "title", "point_code", "unit", "role", "kind", "code_page")
SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,38}[a-z0-9]")
OWN_ROLE = "own"
"""Role of the systems an installation registered itself; the estate simulates none of them."""


@dataclass(frozen=True)
class SourceSystem:
    """One registered legacy system."""

    source_id: str
    title: str
    point_code: str
    unit: str
    """Unit of its records unless the pilot roster names them: the unit of its point, ``pilot`` for central systems."""
    role: str
    kind_name: str
    code_page: str
    is_served: bool
    is_own: bool = False
    """Whether this installation registered it (:mod:`config.own`)."""

    @property
    def kind(self) -> Kind:
        """Its kind; raises :class:`ConfigurationError` for a system that is only registered."""
        return kind_named(self.kind_name)

    @property
    def point(self) -> CollectionPoint:
        """The collection point it belongs to."""
        return point_with_code(self.point_code)


def _source(row: dict[str, str], *, place: str, kinds: Mapping[str, Kind], is_own: bool = False) -> SourceSystem:
    kind = row["kind"]
    if kind not in kinds and kind not in planned_kinds():
        raise ConfigurationError(f"{place}: kind: no kind {kind!r}, served or planned")
    if row["unit"] not in UNIT_NAMES:
        raise ConfigurationError(f"{place}: unit: no unit {row['unit']!r}", hint=f"Units: {', '.join(UNIT_NAMES)}")
    return SourceSystem(
        source_id=row["source_id"],
        title=row["title"],
        point_code=row["point_code"],
        unit=row["unit"],
        role=row["role"],
        kind_name=kind,
        code_page=row["code_page"],
        is_served=kind in kinds,
        is_own=is_own,
    )


def all_sources() -> tuple[SourceSystem, ...]:
    """Every registered system: those that come with the product in the order of the file, then this installation's.

    Raises:
        ConfigurationError: a row of this installation's registry is wrong; the message names file, line and column.
    """
    return _all_sources(own_files())


@lru_cache(maxsize=4)
def _all_sources(own: OwnFiles) -> tuple[SourceSystem, ...]:
    shipped = shipped_sources()
    if own.sources is None:
        return shipped
    taken = {source.source_id for source in shipped}
    return (*shipped, *_own_sources(own.sources, taken=taken))


@cache
def shipped_sources() -> tuple[SourceSystem, ...]:
    """The systems that come with the product."""
    kinds = shipped_kinds()
    with _SOURCES_FILE.open(encoding="utf-8", newline="") as file:
        rows = enumerate(csv.DictReader(file), start=2)
        return tuple(_source(row, place=f"{_SOURCES_FILE}:{line}", kinds=kinds) for line, row in rows)


def _own_sources(path: Path, *, taken: set[str]) -> Iterator[SourceSystem]:
    kinds, seen = all_kinds(), set(taken)
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines(), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise ConfigurationError(f"{path}: cannot be read: {type(exc).__name__}") from exc
    if not rows or tuple(rows[0]) != SOURCE_COLUMNS:
        raise ConfigurationError(f"{path}:1: the columns must be {', '.join(SOURCE_COLUMNS)}")
    for line, values in enumerate(rows[1:], start=2):
        place = f"{path}:{line}"
        if len(values) != len(SOURCE_COLUMNS):
            raise ConfigurationError(f"{place}: {len(values)} values, {len(SOURCE_COLUMNS)} are expected")
        source = _source(dict(zip(SOURCE_COLUMNS, values, strict=True)), place=place, kinds=kinds, is_own=True)
        _check_own(source, place=place, seen=seen)
        seen.add(source.source_id)
        yield source


def _check_own(source: SourceSystem, *, place: str, seen: set[str]) -> None:
    if not SOURCE_ID.fullmatch(source.source_id):
        raise ConfigurationError(
            f"{place}: source_id: {source.source_id!r}", hint="Small letters, digits and hyphens, 2 to 40 of them"
        )
    if source.source_id in seen:
        raise ConfigurationError(f"{place}: source_id: {source.source_id!r} is registered already")
    if source.role != OWN_ROLE:
        raise ConfigurationError(f"{place}: role: {source.role!r}, {OWN_ROLE!r} is expected")
    if not source.is_served or source.kind_name == "roster":
        raise ConfigurationError(f"{place}: kind: {source.kind_name!r} reads no customers")
    try:
        unit = source.point.unit
    except UsageError as exc:
        raise ConfigurationError(f"{place}: point_code: {exc.message}", hint=exc.hint) from exc
    if unit != source.unit:
        raise ConfigurationError(f"{place}: unit: {source.point_code} belongs to {unit}, not to {source.unit}")


def source_with_id(source_id: str) -> SourceSystem:
    """The system of that id.

    Raises:
        UsageError: it is not registered.
    """
    for source in all_sources():
        if source.source_id == source_id:
            return source
    raise UsageError(f"no source {source_id!r}", hint="`blekit sources list` shows all")
