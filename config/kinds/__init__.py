"""Kinds of legacy system: how each writes its files and what its columns mean. One YAML per kind.

A kind maps every column it delivers to a role (a :data:`ROLES` word) or ignores it by name; a column that is neither,
or a mapped column that is gone, breaks the contract in :mod:`transforms`. Kinds the registry knows but nothing serves
yet stand in ``planned.yml``, so that a misspelt kind in ``sources.csv`` still fails.
"""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field

from config.errors import ConfigurationError
from config.own import OwnFiles, own_files
from config.strict import read_strict

FOLDER = Path(__file__).parent

Role = Literal[
    "account_number",
    "party_flag",
    "party_name",
    "full_name",
    "given_name",
    "second_given_name",
    "family_name",
    "org_name",
    "pesel",
    "nip",
    "regon",
    "id_document",
    "birth_date",
    "street_line",
    "street",
    "house_flat",
    "house",
    "flat",
    "postal_code",
    "city",
    "phone",
    "email",
    "opened_date",
    "balance",
    "service_count",
    "service_fee",
    "remarks",
    "roster_source",
    "roster_key",
]
ROLES: tuple[str, ...] = get_args(Role)

Format = Literal["ebcdic", "dbf", "informix_unload", "oracle_spool", "delimited"]


class Budgets(BaseModel):
    """What a parser may read before it fails closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_file_bytes: int = 8 * 2**30
    max_records: int = 50_000_000
    max_record_bytes: int = 1 * 2**20
    max_field_chars: int = 65_536


class Kind(BaseModel):
    """One kind of legacy system."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    title: str
    format: Format
    code_page: str
    """Python codec name; ``mazovia`` is ours (:mod:`connectors`)."""
    code_page_candidates: tuple[str, ...] = ()
    """Code pages records of one file may really be in; empty when the file does not lie."""
    files: dict[str, str]
    """What a delivery holds: part (``main``, ``memo``) to file name."""
    key: tuple[str, ...]
    """Raw columns whose stored texts, joined by ``/``, are the raw key."""
    columns: dict[str, Role]
    """Raw column to role. Several columns may share a role; their order is their preference."""
    on_new_column: Literal["freeze", "evolve", "discard"] = "freeze"
    """What a column nobody mapped does: stops the batch, is kept in the raw row, or is left out and counted."""
    ignore: tuple[str, ...] = ()
    """Raw columns we know and do not use."""
    required: tuple[str, ...] = ()
    """Raw columns without which a row is quarantined."""
    date_formats: dict[str, str] = Field(default_factory=dict)
    """Raw column to ``YYMMDD``, ``YYYYMMDD``, ``YYYY-MM-DD``, ``DD.MM.YYYY``, ``DD/MM/YYYY``, ``MM/DD/YYYY`` or
    ``RR/MM/DD``."""
    flag_values: dict[str, Literal["person", "firm"]] = Field(default_factory=dict)
    """What the values of the ``party_flag`` column mean."""
    name_order: Literal["family_first", "given_first"] = "family_first"
    """Order of words in ``party_name`` and ``full_name`` columns."""
    decimal_comma: bool = False
    options: dict[str, str | int | bool] = Field(default_factory=dict)
    """What only this format's reader needs (copybook, delimiter, line size); the reader refuses others."""
    budgets: Budgets = Budgets()

    def columns_with(self, role: str) -> tuple[str, ...]:
        """Raw columns of that role, most trusted first."""
        return tuple(column for column, its_role in self.columns.items() if its_role == role)


def load_kind(path: Path) -> Kind:
    """The kind a YAML file describes.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    return read_strict(path, Kind)


def all_kinds() -> dict[str, Kind]:
    """Every kind we serve, by name: those that come with the product, then those of this installation.

    Raises:
        ConfigurationError: a YAML of this installation is none, or takes the name of a kind of the product.
    """
    return _all_kinds(own_files())


@lru_cache(maxsize=4)
def _all_kinds(own: OwnFiles) -> dict[str, Kind]:
    kinds = dict(shipped_kinds())
    for path in own.kinds:
        kind = load_kind(path)
        if kind.kind in kinds or kind.kind in planned_kinds():
            raise ConfigurationError(
                f"{path}: kind: {kind.kind!r} is a kind of the product", hint="Choose another name"
            )
        if kind.kind != path.stem:
            raise ConfigurationError(f"{path}: kind: {kind.kind!r} is not the name of the file")
        kinds[kind.kind] = kind
    return kinds


@cache
def shipped_kinds() -> dict[str, Kind]:
    """The kinds that come with the product."""
    paths = sorted(path for path in FOLDER.glob("*.yml") if path.name != "planned.yml")
    return {path.stem: load_kind(path) for path in paths}


def kind_file(name: str) -> str:
    """The YAML somebody edits to change a kind."""
    return f"config/kinds/{name}.yml" if name in shipped_kinds() else str(own_files().kind_path(name))


@cache
def planned_kinds() -> dict[str, str]:
    """Kinds the registry may name although nothing reads them yet, with what they are."""
    planned: dict[str, str] = yaml.safe_load((FOLDER / "planned.yml").read_text(encoding="utf-8"))
    return planned


def kind_named(name: str) -> Kind:
    """The kind of that name.

    Raises:
        ConfigurationError: no kind of that name is served.
    """
    try:
        return all_kinds()[name]
    except KeyError:
        raise ConfigurationError(
            f"no kind {name!r} is served", hint=f"Kinds: {', '.join(sorted(all_kinds()))}; add config/kinds/{name}.yml"
        ) from None
