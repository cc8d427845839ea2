"""How the columns of customer systems are called: ``source_columns.yml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import RootModel

from config.kinds import Role
from config.strict import read_strict

SOURCE_COLUMNS_FILE = Path(__file__).with_name("source_columns.yml")


class SourceColumns(RootModel[dict[Role, tuple[str, ...]]]):
    """Role to folded names."""


@cache
def load_source_columns() -> dict[str, tuple[str, ...]]:
    """Role to the folded names its columns have; a name of two roles stands with both."""
    return {str(role): names for role, names in read_strict(SOURCE_COLUMNS_FILE, SourceColumns).root.items()}
