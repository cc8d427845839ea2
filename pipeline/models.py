"""Which matching model is in use, and where it is kept.

The active model is the one the current release was made with, and before the first release the one that ships with the
code. Only ``blekit model activate`` changes it, by a release of its own; a new version of the code, or another file in
``config/models``, does not. So cutovers, rollbacks, the queue and explanations all speak of one model, and a release
can be made again with what it was made with.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from config.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from dedupe import Model
    from warehouse import Warehouse


SHIPPED = "default"
"""Names the model that ships with the code."""

_FILES = (".yml", ".yaml", ".json")
_SHORTEST = 8


@cache
def shipped_model() -> Model:
    """The model that ships with the code."""
    from config.models import load_model_dict
    from dedupe import Model

    return Model.from_dict(load_model_dict())


def active_version(warehouse: Warehouse) -> str:
    """Version of the model in use."""
    current = warehouse.current()
    return current.inputs.model_version if current else shipped_model().version


def active_model(warehouse: Warehouse) -> Model:
    """The model in use."""
    return model_of(warehouse, active_version(warehouse))


def model_of(warehouse: Warehouse, version: str) -> Model:
    """The model of that version.

    Raises:
        ConfigurationError: it is not kept here, or this code compares otherwise than the code that trained it.
    """
    registered = warehouse.model(version)
    if registered is not None:
        return _parsed(registered.document)
    if version == shipped_model().version:
        return shipped_model()
    raise ConfigurationError(
        f"matching model {version[:12]} is not kept in this warehouse",
        hint="`blekit model activate FILE` with its file, or with that of another model",
    )


@lru_cache(maxsize=4)
def _parsed(document: str) -> Model:
    from dedupe import Model

    return Model.from_dict(json.loads(document))


def find_model(warehouse: Warehouse | None, name: str) -> tuple[str, Model]:
    """A model and its version, by file, version or ``default``; without a warehouse no registered one is known.

    Raises:
        UsageError: no such model.
        ConfigurationError: the file is no model, or one with other comparisons or levels than this code has.
    """
    if is_file_of_model(name):
        model = _read(Path(name))
        return model.version, model
    shipped = shipped_model().version
    if name == SHIPPED or (len(name) >= _SHORTEST and shipped.startswith(name)):
        return shipped, shipped_model()
    registered = warehouse.model(name) if warehouse else None
    if registered is None:
        raise UsageError(
            f"no model {name!r}", hint="`blekit model list` shows the registered ones; a file ends with .yml"
        )
    return registered.version, _parsed(registered.document)


def is_file_of_model(name: str) -> bool:
    """Whether a name means a file; versions and ``default`` have no ending."""
    return Path(name).suffix in _FILES


def _read(path: Path) -> Model:
    from config.models import read_model_dict
    from dedupe import Model

    if not path.is_file():
        raise UsageError(f"no file {path}", hint="`blekit model train --out FILE` writes one")
    return Model.from_dict(read_model_dict(path))


def keep_model(warehouse: Warehouse, model: Model, *, version: str, actor: str) -> None:
    """Register the model a release is about to be made with, unless it is.

    The version is given, because it is the text of a model that has one: a later code may spell an old model otherwise.
    """
    if warehouse.model(version) is None:
        warehouse.register_model(model.canonical, actor=actor)
