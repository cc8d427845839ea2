"""What the warehouse takes and gives besides tables: small frozen records."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

BatchState = Literal["landed", "accepted", "rejected"]
UnitStateName = Literal["planned", "landed", "rehearsed", "approved", "live", "rolled_back"]
ReleaseKind = Literal["cutover", "rollback", "feed", "decisions", "model", "erase", "upgrade"]
ReleaseState = Literal["prepared", "published", "abandoned"]
DecisionKind = Literal["same", "different"]
ApprovalDecision = Literal["go", "no_go"]
Detail = Mapping[str, Any]


@dataclass(frozen=True)
class Batch:
    """One delivery of one legacy system, and where its raw rows went.

    ``delivered = standardised + quarantined + excluded``, counted in raw rows (a row of two parties counts once).
    """

    batch_id: str
    source_id: str
    business_date: dt.date
    sequence: int
    """Position among the deliveries of its source, from 1."""
    files: int
    bytes: int
    delivered: int = 0
    standardised: int = 0
    quarantined: int = 0
    excluded: int = 0
    state: BatchState = "landed"
    reason: str = ""
    control: Detail = field(default_factory=dict)
    """Control totals as the sender stated them."""
    excluded_by_reason: Mapping[str, int] = field(default_factory=dict)
    by_unit: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Unit to its share of ``delivered``, ``standardised``, ``quarantined`` and ``excluded``; empty when all of it
    belongs to the unit of the source."""


@dataclass(frozen=True)
class UnitState:
    """Where a unit stands, and where its raw rows went.

    ``delivered = loaded + quarantined + excluded + superseded + suppressed`` for a live unit; nothing of another unit
    is loaded yet. Counts of a live unit are over the batches of the current release, else over all it landed.
    """

    unit: str
    wave: int
    state: UnitStateName
    release_no: int | None = None
    """Release that made it live, or took it back."""
    went_live_at: dt.datetime | None = None
    systems: int = 0
    delivered: int = 0
    loaded: int = 0
    quarantined: int = 0
    excluded: int = 0
    superseded: int = 0
    suppressed: int = 0
    customers: int = 0


@dataclass(frozen=True)
class Attempt:
    """One run of something upon a unit, for the record and for run times."""

    attempt_id: str
    unit: str
    kind: str
    actor: str
    state: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    detail: Detail


@dataclass(frozen=True)
class Rehearsal:
    """The evidence of one rehearsal."""

    rehearsal_id: str
    unit: str
    evidence: Detail
    recorded_at: dt.datetime


@dataclass(frozen=True)
class Approval:
    """Who let a unit go on, or did not, and what exactly that covers."""

    approval_no: int
    unit: str
    rehearsal_id: str
    covers: str
    decision: ApprovalDecision
    actor: str
    requested_by: str
    reason: str
    decided_at: dt.datetime


@dataclass(frozen=True)
class Decision:
    """One decision of a steward on a pair of records; never changed, only followed by another."""

    decision_no: int
    kind: DecisionKind
    record_id_1: str
    record_id_2: str
    actor: str
    reason: str
    decided_at: dt.datetime
    match_weight: int | None = None
    """Micro-bits of the evidence it was taken on; None when nobody had weighed the pair."""


@dataclass(frozen=True)
class RegisteredModel:
    """A matching model the warehouse keeps."""

    version: str
    document: str
    """Canonical JSON; the version is its sha256."""
    registered_by: str
    registered_at: dt.datetime


@dataclass(frozen=True)
class Inputs:
    """What a release is a pure function of (DESIGN §12)."""

    units: tuple[str, ...]
    batch_ids: tuple[str, ...]
    decisions_up_to: int
    model_version: str
    rules_version: str
    erased: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableCount:
    """Rows of a content table in a release, and their hash."""

    rows: int
    hash: str


@dataclass(frozen=True)
class Prepared:
    """A release that is in the tables and that nobody sees yet."""

    release_no: int
    parent: int | None
    content_hash: str
    tables: Mapping[str, TableCount]
    inserted: Mapping[str, int]
    closed: Mapping[str, int]


@dataclass(frozen=True)
class Release:
    """One line of the ledger of releases."""

    release_no: int
    parent: int | None
    kind: ReleaseKind
    state: ReleaseState
    inputs: Inputs
    content_hash: str
    unit: str | None
    actor: str
    prepared_at: dt.datetime
    published_at: dt.datetime | None
    detail: Detail
    tables: Mapping[str, TableCount]

    @property
    def units(self) -> tuple[str, ...]:
        """Units that are live in it."""
        return self.inputs.units


@dataclass(frozen=True)
class Verified:
    """A content hash as the ledger has it and as the rows give it."""

    release_no: int
    content_hash: str
    recomputed: str
    tables: Mapping[str, TableCount]
    """As recomputed from the rows."""
    differing: tuple[str, ...]
    """Tables whose hash differs from the ledger."""

    @property
    def equal(self) -> bool:
        """Whether rows and ledger agree."""
        return self.content_hash == self.recomputed and not self.differing


@dataclass(frozen=True)
class ResolvedCustomer:
    """Which customer an id that was ever published stands for now."""

    customer_id: str
    resolved_to: str | None
    """The current customer; null when retired."""
    reason: str
    """``current``, ``anchor_moved``, ``member_moved`` or ``retired``."""


@dataclass(frozen=True)
class AuditVerdict:
    """What reading the audit chain from its start found."""

    events: int
    is_intact: bool
    first_broken: int | None
    """Number of the first event that does not follow from the one before."""
    unrecorded: tuple[str, ...]
    """Ledger entries without their event."""
    head: str
    """Code of the last event: keep it elsewhere to notice a chain that was cut short."""
