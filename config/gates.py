"""What a unit must reach before it may go live: thresholds of the gates of a rehearsal.

They stand in ``gates.yml`` and are part of what an approval covers, so nobody can loosen a gate after the sign-off.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config.strict import read_strict

GATES_FILE = Path(__file__).with_name("gates.yml")
_MILLION = 1_000_000


class Gates(BaseModel):
    """Thresholds of the gates; shares are parts per million."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_expected_precision: int = Field(ge=0, le=_MILLION)
    """Expected precision of the links of the release, from calibrated probabilities."""
    max_quarantined: int = Field(ge=0, le=_MILLION)
    """Quarantined records of the unit per delivered one."""
    max_queue_share: int = Field(ge=0, le=_MILLION)
    """Open queue cases per live record."""
    cross_check_blocks: int = Field(ge=1)
    """How many blocks recordlinkage goes through again."""
    cross_check_seed: int
    """Which blocks those are."""


def read_gates(path: Path) -> Gates:
    """The thresholds a YAML file states.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    return read_strict(path, Gates)


@cache
def load_gates() -> Gates:
    """The thresholds of this installation."""
    return read_gates(GATES_FILE)
