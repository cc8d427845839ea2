"""What a unit must reach before it may go live: thresholds of the gates of a rehearsal.

They stand in ``gates.yml`` and are part of what an approval covers, so nobody can loosen a gate after the sign-off.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from config.errors import ConfigurationError

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
    try:
        return Gates.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path}: not YAML: {exc}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {key}: {first['msg']}") from exc


@cache
def load_gates() -> Gates:
    """The thresholds of this installation."""
    return read_gates(GATES_FILE)
