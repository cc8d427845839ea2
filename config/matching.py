"""What people decide about matching: costs of mistakes, limits, diminutives. The weights themselves are learned.

``matching.yml`` states every value; a value it leaves out is the default written here. The whole of it becomes part of
the matching model (:func:`config.models.load_model_dict`), so changing a cost makes another model version and voids
approvals given for the old one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config.lookups import load_lookups
from config.strict import read_strict

MATCHING_FILE = Path(__file__).with_name("matching.yml")


class Costs(BaseModel):
    """What a mistake costs, in any one unit; a decision is the one of least expected cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    false_link: int = Field(default=80, gt=0)
    """Two customers published as one."""
    missed_link: int = Field(default=8, gt=0)
    """One customer published as two."""
    review: int = Field(default=4, gt=0)
    """A steward looks at the pair."""


class Caps(BaseModel):
    """Largest block a blocking rule turns into pairs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wide: int = Field(default=20, ge=2, le=200)
    narrow: int = Field(default=6, ge=2, le=200)


class SharerLimits(BaseModel):
    """How many records may share a value before it is neither a key nor evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phone: int = Field(default=12, ge=2)
    pesel: int = Field(default=12, ge=2)
    id_document: int = Field(default=12, ge=2)
    email: int = Field(default=12, ge=2)
    nip: int = Field(default=400, ge=2)
    regon: int = Field(default=400, ge=2)


class Clustering(BaseModel):
    """When two groups of records become one customer. Weights are micro-bits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clip: int = Field(default=11_541_560, gt=0)
    """One pair speaks at most this loudly for or against a merge (8 nats)."""
    unseen_pair: int = Field(default=-1_442_695, le=0)
    """What a pair no blocking rule proposed says (-1 nat)."""
    refuse_at: int = -2_885_390
    """A merge whose cross pairs sum to this or less is refused (-2 nats)."""
    weak_bridge_at: int = 0
    """Two groups of several records each are joined only above this sum, else the steward is asked."""
    max_person_records: int = Field(default=60, ge=2)
    max_firm_records: int = Field(default=200, ge=2)


class Matching(BaseModel):
    """Everything people decide about matching."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    costs: Costs = Costs()
    caps: Caps = Caps()
    sharer_limits: SharerLimits = SharerLimits()
    clustering: Clustering = Clustering()
    unique_sources: tuple[str, ...] = ()
    """Systems that never hold one customer twice: two of their records are never linked."""
    generic_words: tuple[str, ...] = ()
    """Folded words of firm names that say the trade, not the firm; those of ``config/lookups`` are added."""
    diminutives: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Folded diminutive to the folded given names it may stand for; by default those of ``config/lookups``."""


def read_matching(path: Path) -> Matching:
    """The matching rules a YAML file states.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    return read_strict(path, Matching)


@cache
def load_matching() -> Matching:
    """The matching rules of this installation, with the diminutives and firm words of the lookups."""
    matching, lookups = read_matching(MATCHING_FILE), load_lookups()
    diminutives = {short: tuple(sorted(names)) for short, names in sorted(lookups.diminutives.items())}
    firm_words = {word for words in lookups.firm_words for word in words.split()}
    return matching.model_copy(
        update={
            "diminutives": matching.diminutives or diminutives,
            "generic_words": tuple(sorted(firm_words.union(matching.generic_words))),
        }
    )
