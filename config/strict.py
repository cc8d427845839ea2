"""YAML files read strictly: a misspelt, missing or wrongly typed key is an error with file and key."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from config.errors import ConfigurationError

M = TypeVar("M", bound=BaseModel)


def read_strict(path: Path, model: type[M]) -> M:
    """What a YAML file states, as a frozen model; an empty file states nothing.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError) as exc:
        told = exc.strerror if isinstance(exc, OSError) else f"byte {exc.start} is not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {told}") from exc
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path}: not YAML: {exc}") from exc
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: {key}: {first['msg']}") from exc
