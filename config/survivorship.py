"""Which value survives into the golden record: rules per attribute and the order of trust in systems."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from config.schemas import GOLDEN_ATTRIBUTES
from config.sources import SourceSystem, all_sources
from config.strict import read_strict

SURVIVORSHIP_FILE = Path(__file__).with_name("survivorship.yml")

Rule = Literal["verified", "source_trust", "most_recent", "latest_opened", "most_frequent", "most_complete"]


class Survivorship(BaseModel):
    """Rules per attribute, asked in order until one value is left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trust: tuple[str, ...]
    """Patterns on ``kind:source_id``, most trusted first; a system none matches is trusted least."""
    attributes: dict[str, tuple[Rule, ...]]

    @field_validator("attributes")
    @classmethod
    def _names_every_attribute(cls, attributes: dict[str, tuple[Rule, ...]]) -> dict[str, tuple[Rule, ...]]:
        if set(attributes) != set(GOLDEN_ATTRIBUTES):
            raise ValueError(f"must name exactly {', '.join(GOLDEN_ATTRIBUTES)}")
        return attributes


def read_survivorship(path: Path) -> Survivorship:
    """The survivorship rules a YAML file states.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    return read_strict(path, Survivorship)


def load_survivorship() -> dict[str, Any]:
    """The rules as ``dedupe.resolve`` takes them: ``attributes``, and ``trust`` as source_id to rank, 0 best."""
    return _survivorship(all_sources())


@lru_cache(maxsize=4)
def _survivorship(sources: tuple[SourceSystem, ...]) -> dict[str, Any]:
    rules = read_survivorship(SURVIVORSHIP_FILE)
    trust = {source.source_id: _rank(rules.trust, f"{source.kind_name}:{source.source_id}") for source in sources}
    return {"attributes": {name: list(names) for name, names in rules.attributes.items()}, "trust": trust}


def _rank(patterns: tuple[str, ...], name: str) -> int:
    return next((rank for rank, pattern in enumerate(patterns) if fnmatchcase(name, pattern)), len(patterns))
