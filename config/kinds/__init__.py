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
from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.errors import ConfigurationError
from config.events import codes_of
from config.own import OwnFiles, own_files
from config.services import Service
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
EventRole = Literal[
    "event_type",
    "occurred_date",
    "occurred_time",
    "occurred_stamp",
    "party_account",
    "party_point",
    "party_phone",
    "party_email",
    "party_login",
    "party_payment_account",
    "party_title",
    "party_letter",
    "party_text",
    "party_name",
    "number",
    "related_number",
    "line",
    "channel",
    "topic",
    "subject",
    "product",
    "outcome",
    "decided_by",
    "is_solved",
    "amount",
    "disputed_amount",
    "wait",
    "talk",
    "units",
    "office",
    "score",
    "pages",
    "travel",
    "period_date",
    "due_date",
    "closed_date",
    "closed_stamp",
]
ROLES: tuple[str, ...] = get_args(Role)
EVENT_ROLES: tuple[str, ...] = get_args(EventRole)

Format = Literal[
    "ebcdic",
    "dbf",
    "informix_unload",
    "oracle_spool",
    "elixir",
    "mt940",
    "fixed_width",
    "ber",
    "scan_batch",
    "mbox",
    "xml_records",
    "xls",
    "access_log",
    "delimited",
]


class Budgets(BaseModel):
    """What a parser may read before it fails closed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_file_bytes: int = 8 * 2**30
    max_records: int = 50_000_000
    max_record_bytes: int = 1 * 2**20
    max_field_chars: int = 65_536


class AnswerRules(BaseModel):
    """How a correspondence tells which of its messages are ours, and what they answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: str
    """Raw column with the number of a message."""
    follows: str
    """Raw column with the number of the message it answers."""
    sender: str
    """Raw column with the address of who wrote it."""
    ours: tuple[str, ...]
    """Addresses of the company, lower case."""


class RepeatRules(BaseModel):
    """Which rows of a log only say again what stands a moment before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...]
    """Raw columns in which the rows agree."""
    seconds: int = Field(gt=0)
    """At most this long after the row before."""


class EventRules(BaseModel):
    """How the rows of a kind that delivers events, not parties, become standard events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | None = None
    """Type of every row (a name of ``config.events.EVENT_TYPES``); none where a column of role ``event_type`` tells."""
    codes: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Raw column to what its values mean; a value that does not stand there quarantines its row."""
    constants: dict[str, str] = Field(default_factory=dict)
    """Coded measure to what it is in every row."""
    amount_unit: Literal["zloty", "grosze"] = "zloty"
    negative: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Raw column to values whose rows take back what their amount says; the amounts themselves carry no sign."""
    minutes: tuple[str, ...] = ()
    """Raw columns of role ``wait`` or ``talk`` that count whole minutes; others count seconds."""
    exclude: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Raw column to values whose rows are no events, with the reason they are excluded by."""
    answers: AnswerRules | None = None
    """Given where answers of ours stand among the messages; they are no events, they close the one they answer."""
    repeats: RepeatRules | None = None
    """Given where clients send a request again and again; all but the first are excluded as ``repeat``."""
    other_clock: str | None = None
    """Raw column with what another clock said; where it is minutes off, the event has the issue ``clock_skew``."""
    double_encoded: tuple[str, ...] = ()
    """Raw columns of free text that were now and then encoded twice."""

    @property
    def raw_columns(self) -> tuple[str, ...]:
        """Every raw column these rules look at."""
        answers = (self.answers.number, self.answers.follows, self.answers.sender) if self.answers else ()
        repeated = self.repeats.columns if self.repeats else ()
        clock = (self.other_clock,) if self.other_clock else ()
        return (*self.codes, *self.negative, *self.exclude, *answers, *repeated, *clock, *self.double_encoded)

    @model_validator(mode="after")
    def _known_words(self) -> EventRules:
        """Types and codes are those of :mod:`config.events`."""
        types = codes_of("event_type") or ()
        if self.type is not None and self.type not in types:
            raise ValueError(f"type: no event type {self.type!r}; known: {', '.join(types)}")
        for measure, word in self.constants.items():
            if word not in (codes_of(measure) or ()):
                raise ValueError(f"constants.{measure}: {word!r} is not known")
        return self


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
    """What a delivery holds: part (``main``, ``memo``) to file name; a part of many files to a pattern, ``*.TIF``."""
    key: tuple[str, ...]
    """Raw columns whose stored texts, joined by ``/``, are the raw key."""
    columns: dict[str, Role | EventRole]
    """Raw column to role. Several columns may share a role; their order is their preference."""
    on_new_column: Literal["freeze", "evolve", "discard"] = "freeze"
    """What a column nobody mapped does: stops the batch, is kept in the raw row, or is left out and counted."""
    ignore: tuple[str, ...] = ()
    """Raw columns we know and do not use."""
    required: tuple[str, ...] = ()
    """Raw columns without which a row is quarantined."""
    date_formats: dict[str, str] = Field(default_factory=dict)
    """Raw column to ``YYMMDD``, ``YYYYMMDD``, ``YYYY-MM-DD``, ``DD.MM.YYYY``, ``DD/MM/YYYY``, ``MM/DD/YYYY`` or
    ``RR/MM/DD``.

    Columns of events take any order of ``YYYY YY RR MM MON DD HH MI SS`` and what stands between (``MMDDYY HHMI``), or
    one of ``ISO``, ``RFC2822``, ``APACHE``, ``EXCEL`` (serial days; ``EXCEL EXCEL`` with the time of day).
    """
    flag_values: dict[str, Literal["person", "firm"]] = Field(default_factory=dict)
    """What the values of the ``party_flag`` column mean."""
    name_order: Literal["family_first", "given_first"] = "family_first"
    """Order of words in ``party_name`` and ``full_name`` columns."""
    widths: dict[str, int] = Field(default_factory=dict)
    """Raw column, mapped or ignored, to the most letters its field takes: a text that fills it may be cut off."""
    decimal_comma: bool = False
    event: EventRules | None = None
    """Given by kinds that deliver events; their columns have event roles."""
    options: dict[str, str | int | bool] = Field(default_factory=dict)
    """What only this format's reader needs (copybook, delimiter, line size); the reader refuses others."""
    budgets: Budgets = Budgets()
    service: Service | None = None
    """How a system of this kind is asked for a delivery where it answers as a service; most write files by themselves.
    Where each answers: :mod:`config.locations`."""

    @property
    def patterns(self) -> dict[str, str]:
        """The parts that are many files: part to pattern."""
        return {part: name for part, name in self.files.items() if "*" in name}

    def columns_with(self, role: str) -> tuple[str, ...]:
        """Raw columns of that role, most trusted first."""
        return tuple(column for column, its_role in self.columns.items() if its_role == role)

    @property
    def is_event(self) -> bool:
        """Whether it delivers events; otherwise it delivers parties."""
        return self.event is not None

    @model_validator(mode="after")
    def _roles_fit(self) -> Kind:
        """Roles are those of parties or those of events, and every code means a known word."""
        if unknown_columns := sorted(set(self.widths) - {*self.columns, *self.ignore}):
            raise ValueError(f"widths: {', '.join(unknown_columns)}: no such column")
        allowed = EVENT_ROLES if self.event else ROLES
        for column, role in self.columns.items():
            if role not in allowed:
                raise ValueError(f"columns.{column}: role {role!r} is none of a kind that delivers {self._delivers}")
        for column, words in (self.event.codes if self.event else {}).items():
            known = codes_of(self.columns.get(column, "")) or ()
            if unknown := sorted(set(words.values()) - set(known)):
                raise ValueError(f"event.codes.{column}: {', '.join(unknown)}: no such {self.columns.get(column)}")
        delivered = {*self.columns, *self.ignore}
        if gone := sorted(set(self.event.raw_columns if self.event else ()) - delivered):
            raise ValueError(f"event: {', '.join(gone)}: neither in columns nor ignored")
        return self

    @property
    def _delivers(self) -> str:
        return "events" if self.event else "parties"


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
    planned: dict[str, str] = yaml.safe_load((FOLDER / "planned.yml").read_text(encoding="utf-8")) or {}
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
