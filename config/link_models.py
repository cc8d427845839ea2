"""What ``blekit link`` knows of a stranger's table: which column plays which role, and what a mistake costs.

A model is a YAML file that a person writes, or reads and corrects after ``blekit link FILE --propose-model``. It says
nothing about Polish customers: every role may be absent, and ``locale`` is ``none`` until somebody writes ``pl``. A
model without ``trained`` learns from the file it is used on; one with it is frozen and never learns.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from config.matching import Caps, Clustering, Costs
from config.strict import read_strict

PartyKindName = Literal["person", "firm"]
SINGLE_ROLES = (
    *("full_name", "birth_date", "birth_year", "address", "house", "flat", "postal_code", "place", "region"),
    *("organisation_name", "source_system"),
)
"""Roles of one column; the others take one or several."""
_FROZEN = ConfigDict(frozen=True, extra="forbid")


def _as_columns(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[str, ...], BeforeValidator(_as_columns), Field(strict=False)]


class Roles(BaseModel):
    """Role to column, or to several columns. What is not named here is not looked at."""

    model_config = _FROZEN

    record_id: Columns = ()
    """Unique per file; several columns are joined. Without it, records are numbered in the order of the file."""
    source_system: Columns = ()
    given_name: Columns = ()
    """A second column is the second given name."""
    family_name: Columns = ()
    """A second column is another name of the same person: the one before marriage, a second surname."""
    full_name: Columns = ()
    birth_date: Columns = ()
    birth_year: Columns = ()
    national_id: Columns = ()
    """Numbers that name one person or firm, the strongest first. Each is compared on its own."""
    phone: Columns = ()
    """At most two, compared crosswise."""
    email: Columns = ()
    address: Columns = ()
    """A whole address line: street, house and flat in any order."""
    street: Columns = ()
    """At most two, compared crosswise: sources disagree which line holds the street."""
    house: Columns = ()
    flat: Columns = ()
    postal_code: Columns = ()
    place: Columns = ()
    region: Columns = ()
    organisation_name: Columns = ()
    free_text: Columns = ()
    """Whatever else says who it is: occupation, place of birth, legal form. Each is compared on its own."""

    @property
    def used(self) -> dict[str, tuple[str, ...]]:
        """The roles that have columns."""
        return {role: columns for role in type(self).model_fields if (columns := getattr(self, role))}

    @model_validator(mode="after")
    def _is_consistent(self) -> Roles:
        for role, columns in self.used.items():
            most = 1 if role in SINGLE_ROLES else MOST_COLUMNS.get(role)
            if most is not None and len(columns) > most:
                raise ValueError(f"{role} takes {most} column{'s' * (most > 1)}, not {len(columns)}")
        named = [column for columns in self.used.values() for column in columns]
        if twice := sorted({column for column in named if named.count(column) > 1}):
            raise ValueError(f"column {twice[0]!r} plays two roles")
        if self.full_name and (self.given_name or self.family_name):
            raise ValueError("full_name is split into given_name and family_name: state it or those, not both")
        if self.address and (self.street or self.house or self.flat):
            raise ValueError("address is split into street, house and flat: state it or those, not both")
        return self


MOST_COLUMNS = {
    "given_name": 2,
    "family_name": 2,
    "phone": 2,
    "email": 2,
    "street": 2,
    "national_id": 4,
    "free_text": 8,
}
"""How many columns a role takes that is not of one; ``record_id`` takes any number."""


class KindByColumn(BaseModel):
    """Persons and firms in one file, told apart by the value of a column."""

    model_config = _FROZEN

    column: str
    person: tuple[str, ...] = Field(min_length=1)
    firm: tuple[str, ...] = Field(min_length=1)


class Reading(BaseModel):
    """How a text file is written; what is left out is found out."""

    model_config = _FROZEN

    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    nulls: tuple[str, ...] = ("", "NULL", "NaN", "nan", "N/A", "n/a", "\\N", "-", "?")
    """Values that stand for nothing. ``Null`` and ``Na`` are left out: people are called so."""


class TwoFiles(BaseModel):
    """How two files are linked with one another."""

    model_config = _FROZEN

    one_to_one: bool | Literal["auto"] = "auto"
    """Whether a record has at most one partner; ``auto``: if neither file seems to hold one party twice."""


class RarityTable(BaseModel):
    """How surprising a value is, half-bits; values of equal surprise on one line, separated by tabs."""

    model_config = _FROZEN

    default: int
    values: dict[int, str]


class TrainedKind(BaseModel):
    """What was learned about one party kind. All numbers are micro-bits."""

    model_config = _FROZEN

    rules: tuple[str, ...]
    """Blocking rules: fields, then the cap they obey (``given family birth : wide``)."""
    classes: tuple[str, ...]
    is_same: tuple[bool, ...]
    prior: tuple[int, ...]
    weights: dict[str, dict[str, tuple[int, ...]]]
    rarities: dict[str, RarityTable]


class Trained(BaseModel):
    """The frozen part of a model."""

    model_config = _FROZEN

    records: int
    pairs: int
    one_to_one: bool = False
    name_order: Literal["given_first", "family_first"] = "given_first"
    person: TrainedKind | None = None
    firm: TrainedKind | None = None


class LinkModel(BaseModel):
    """The whole of a ``MODEL.yml``."""

    model_config = _FROZEN

    layout: Literal["columns", "party_record"] = "columns"
    """``party_record``: a table of our own standard records, linked by a matching model of the product."""
    matching_model: str = "default"
    """For ``party_record``: a model of config/models by name, or a file."""
    party_kind: PartyKindName | KindByColumn = "person"
    locale: Literal["none", "pl"] = "none"
    """``pl``: endings and short forms of names, PESEL and postal codes mean what they mean in Poland."""
    columns: Roles = Roles()
    ignored: dict[str, str] = Field(default_factory=dict)
    """Columns nobody compares, and why; for the reader."""
    reading: Reading = Reading()
    date_order: Literal["ymd", "dmy", "mdy"] = "ymd"
    name_order: Literal["auto", "given_first", "family_first"] = "auto"
    """Of full_name without a comma; ``auto``: where there are fewer different words stand the given names."""
    two_files: TwoFiles = TwoFiles()
    costs: Costs = Costs(false_link=10, missed_link=20, review=5)
    caps: Caps = Caps()
    clustering: Clustering = Clustering()
    sharer_limit: int = Field(default=12, ge=2)
    """A number, telephone or e-mail on more records than this is neither a key nor evidence."""
    pairs_per_record: float = Field(default=4.0, gt=0, le=50)
    """How many candidate pairs the blocking rules may give, per record."""
    trained: Trained | None = None

    @model_validator(mode="after")
    def _says_what_to_compare(self) -> LinkModel:
        if self.layout == "party_record":
            if self.columns.used:
                raise ValueError("layout party_record has its own columns: leave `columns` out")
        elif not set(self.columns.used) - {"record_id", "source_system"}:
            raise ValueError("columns: no role to compare by is given")
        return self


class ColumnNames(BaseModel):
    """How columns are called in many languages: ``link_columns.yml``."""

    model_config = _FROZEN

    names: dict[str, tuple[str, ...]]
    """Role to folded phrases."""
    ignored: dict[str, tuple[str, ...]]
    """Why a column is of no use, to folded names of such columns."""
    firm_words: tuple[str, ...]
    """Folded words only firms have in their names."""


def load_column_names() -> ColumnNames:
    """The names of columns that come with the product."""
    return read_strict(Path(__file__).with_name("link_columns.yml"), ColumnNames)


def read_link_model(path: Path) -> LinkModel:
    """The model of a YAML file.

    Raises:
        ConfigurationError: the file is no such YAML; the message names file and key.
    """
    return read_strict(path, LinkModel)
