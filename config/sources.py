"""The registry of legacy systems: one row each in ``sources.csv``.

350 systems of the 50 points (subscribers, billing, payments, orders, faults, complaints, office sheets), 140 hotlines,
5 call-centre platforms, 5 talking machines, 7 central ones: 507 systems, an invented split of the story's "hundreds"
and "140". The pilot roster is a list, not a system, and is one more row. A system whose kind nothing reads yet is
``registered``, not served.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.errors import ConfigurationError, UsageError
from config.kinds import Kind, all_kinds, kind_named, planned_kinds
from config.units import UNIT_NAMES, CollectionPoint, point_with_code

_SOURCES_FILE = Path(__file__).with_name("sources.csv")


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

    @property
    def kind(self) -> Kind:
        """Its kind; raises :class:`ConfigurationError` for a system that is only registered."""
        return kind_named(self.kind_name)

    @property
    def point(self) -> CollectionPoint:
        """The collection point it belongs to."""
        return point_with_code(self.point_code)


def _source(row: dict[str, str], *, line: int) -> SourceSystem:
    kind = row["kind"]
    if kind not in all_kinds() and kind not in planned_kinds():
        raise ConfigurationError(f"{_SOURCES_FILE}:{line}: kind: no kind {kind!r}, served or planned")
    if row["unit"] not in UNIT_NAMES:
        raise ConfigurationError(f"{_SOURCES_FILE}:{line}: unit: no unit {row['unit']!r}")
    return SourceSystem(
        source_id=row["source_id"],
        title=row["title"],
        point_code=row["point_code"],
        unit=row["unit"],
        role=row["role"],
        kind_name=kind,
        code_page=row["code_page"],
        is_served=kind in all_kinds(),
    )


@cache
def all_sources() -> tuple[SourceSystem, ...]:
    """Every registered system, in the order of the file."""
    with _SOURCES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_source(row, line=line) for line, row in enumerate(csv.DictReader(file), start=2))


def source_with_id(source_id: str) -> SourceSystem:
    """The system of that id.

    Raises:
        UsageError: it is not registered.
    """
    for source in all_sources():
        if source.source_id == source_id:
            return source
    raise UsageError(f"no source {source_id!r}", hint="`blekit sources list` shows all")
