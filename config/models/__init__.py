"""Matching models: one YAML each, learned from records without labels by ``blekit model train``.

``default.yml`` was trained on a simulated estate of another seed than the demo's. A file that lacks the section
``matching`` takes it from ``config/matching.yml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, UsageError
from config.matching import load_matching

FOLDER = Path(__file__).parent

# The C loader reads the name frequencies ten times faster; libyaml may be missing where PyYAML was built without it.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_model_dict(name: str = "default") -> dict[str, Any]:
    """The model of that name as a plain dict for ``dedupe.Model.from_dict``.

    Raises:
        UsageError: there is no such model.
        ConfigurationError: its file is not YAML.
    """
    path = FOLDER / f"{name}.yml"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.yml")))
        raise UsageError(f"no matching model {name!r}", hint=f"Models: {known}")
    return read_model_dict(path)


def read_model_dict(path: Path) -> dict[str, Any]:
    """The model a YAML file holds, its ``matching`` section filled in.

    Raises:
        ConfigurationError: the file is not YAML, or not a mapping.
    """
    try:
        model = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path}: not YAML: {exc}") from exc
    if not isinstance(model, dict):
        raise ConfigurationError(f"{path}: a model is a mapping")
    return {"matching": load_matching().model_dump(mode="json"), **model}
