"""The tables of the warehouse, as SQLAlchemy sees them.

Four schemas: ``meta`` (what happened: batches, ledgers, releases, audit), ``mdm`` (records, links, customers), ``dw``
(dimensions and facts) and ``bi`` (views only, :mod:`warehouse.bi`). Content tables are made from ``config.schemas``,
which gives names, types and comments; each row carries the releases that see it and its canonical hash.

Migrations make the tables, this module reads and writes them; :func:`warehouse.schema.require_current_schema` notices
when the two differ.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from config.events import FACTS
from config.schemas import CONTENT_TABLES
from config.table_schema import INSTANT, TableSchema

SCHEMAS = ("meta", "mdm", "dw", "bi")

metadata = sa.MetaData()

_Instant = sa.DateTime(timezone=True)
_ARROW_TO_SQL: dict[pa.DataType, sa.types.TypeEngine[Any]] = {
    pa.string(): sa.Text(),
    pa.date32(): sa.Date(),
    pa.int64(): sa.BigInteger(),
    pa.bool_(): sa.Boolean(),
    INSTANT: _Instant,
}


def _now() -> sa.TextClause:
    return sa.text("now()")


def _text(name: str, meaning: str, *, is_required: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=not is_required, comment=meaning)


def _count(name: str, meaning: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, comment=meaning)


def _content_table(schema: TableSchema) -> sa.Table:
    arrow = schema.arrow
    columns = [
        sa.Column(
            column.name,
            _ARROW_TO_SQL[column.type],
            nullable=arrow.field(column.name).nullable,
            comment=column.meaning,
        )
        for column in schema.columns
    ]
    return sa.Table(
        schema.name,
        metadata,
        sa.Column("row_no", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="surrogate, no content"),
        *columns,
        *_reference_columns(schema),
        sa.Column("row_hash", sa.LargeBinary, nullable=False, comment="BLAKE2b-128 of the canonical row"),
        sa.Column("from_release", sa.Integer, nullable=False, comment="first release that sees the row"),
        sa.Column("to_release", sa.Integer, comment="first release that no longer sees it; null while it stands"),
        # One open version of a key: a second one is our mistake, and the database is the one to say so.
        sa.Index(
            f"{schema.name}_one_open_version",
            *schema.key,
            unique=True,
            postgresql_where=sa.text("to_release IS NULL"),
        ),
        *_extra_indexes(schema),
        schema="dw" if schema.name.startswith("fact_") else "mdm",
        comment=schema.meaning,
    )


def _extra_indexes(schema: TableSchema) -> list[sa.Index]:
    # Members of one customer, and what happened to them, are looked up by people who wait for the page.
    if schema.name == "crosswalk":
        return [sa.Index("crosswalk_customer", "customer_id")]
    return [sa.Index(f"{schema.name}_record", "record_id")] if schema in FACTS else []


def _reference_columns(schema: TableSchema) -> list[sa.Column[str]]:
    if schema.name != "crosswalk":
        return []
    return [_text("record_ref", "keyed 12 characters that stand for the record outside; no content")]


CONTENT = {schema.name: _content_table(schema) for schema in CONTENT_TABLES}

unit = sa.Table(
    "dim_unit",
    metadata,
    sa.Column("unit", sa.Text, primary_key=True, comment="unit of cutover"),
    _text("title", "name as people write it"),
    _count("ordinal", "position in the rollout, from 0"),
    _count("wave", "wave it goes live in"),
    sa.Column("cutover_date", sa.Date, nullable=False, comment="date of its cutover"),
    schema="dw",
    comment="units of cutover",
)

collection_point = sa.Table(
    "dim_collection_point",
    metadata,
    sa.Column("point_code", sa.Text, primary_key=True, comment="ZT and two digits"),
    _text("name", "town of the point"),
    _text("unit", "unit of cutover"),
    _text("area_code", "two digits a bare telephone number of this point lacks"),
    _text("voivodeship", "voivodeship of today"),
    schema="dw",
    comment="regional points of data collection",
)

source_system = sa.Table(
    "dim_source_system",
    metadata,
    sa.Column("source_id", sa.Text, primary_key=True, comment="registered legacy system"),
    _text("title", "name as people write it"),
    _text("point_code", "collection point"),
    _text("unit", "unit of its records, unless the pilot roster names them"),
    _text("role", "subscriber, billing, roster, …"),
    _text("kind", "kind of legacy system"),
    sa.Column("is_served", sa.Boolean, nullable=False, comment="whether something reads it yet"),
    schema="dw",
    comment="the registry of legacy systems",
)

schema_state = sa.Table(
    "schema_state",
    metadata,
    sa.Column("is_only", sa.Boolean, primary_key=True, comment="always true: there is one row"),
    _text("fingerprint", "what views, comments, grants and dimensions were made from"),
    sa.Column("upgraded_at", _Instant, nullable=False, server_default=_now(), comment="when"),
    sa.CheckConstraint("is_only", name="schema_state_one_row"),
    schema="meta",
    comment="what the code that last upgraded this database looked like",
)

batch = sa.Table(
    "source_batch",
    metadata,
    sa.Column("batch_id", sa.Text, primary_key=True, comment="source and sha256 of what it delivered"),
    _text("source_id", "legacy system"),
    sa.Column("business_date", sa.Date, nullable=False, comment="business date of the delivery"),
    _count("sequence", "position among the deliveries of its source"),
    _count("files", "number of files"),
    _count("bytes", "size of the files"),
    _count("delivered", "raw rows in the files"),
    _count("standardised", "raw rows that became standard records"),
    _count("quarantined", "raw rows and spans that could not"),
    _count("excluded", "raw rows left out by name of a reason"),
    _text("state", "landed, accepted or rejected"),
    _text("reason", "why it was rejected"),
    sa.Column("control", JSONB, nullable=False, comment="control totals as the sender stated them"),
    sa.Column("excluded_by_reason", JSONB, nullable=False, comment="reason to raw rows"),
    sa.Column("by_unit", JSONB, nullable=False, comment="unit to its counts, where the batch serves several"),
    sa.Column("landed_at", _Instant, nullable=False, server_default=_now(), comment="when it was landed"),
    sa.CheckConstraint("state IN ('landed', 'accepted', 'rejected')", name="source_batch_state"),
    schema="meta",
    comment="deliveries of legacy systems",
)

unit_ledger = sa.Table(
    "unit_ledger",
    metadata,
    sa.Column("unit", sa.Text, primary_key=True, comment="unit of cutover"),
    _text("state", "planned, landed, rehearsed, approved, live or rolled_back"),
    sa.Column("release_no", sa.Integer, comment="release that made it live, or took it back"),
    sa.Column("went_live_at", _Instant, comment="when it last went live"),
    sa.Column("changed_at", _Instant, nullable=False, server_default=_now(), comment="when the state was entered"),
    sa.CheckConstraint(
        "state IN ('planned', 'landed', 'rehearsed', 'approved', 'live', 'rolled_back')", name="unit_ledger_state"
    ),
    schema="meta",
    comment="where each unit stands; the only authority on it",
)

attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("attempt_id", sa.Text, primary_key=True, comment="given by who runs it"),
    _text("unit", "unit it works on"),
    _text("kind", "extract, rehearse, publish, rollback, …"),
    _text("actor", "account that started it"),
    _text("state", "running, succeeded, failed, no_go or abandoned"),
    sa.Column("started_at", _Instant, nullable=False, server_default=_now(), comment="when it started"),
    sa.Column("ended_at", _Instant, comment="when it ended"),
    sa.Column("detail", JSONB, nullable=False, comment="counts and run times"),
    schema="meta",
    comment="runs, with their times",
)

rehearsal = sa.Table(
    "rehearsal",
    metadata,
    sa.Column("rehearsal_id", sa.Text, primary_key=True, comment="unit and number"),
    _text("unit", "unit that was rehearsed"),
    sa.Column("evidence", JSONB, nullable=False, comment="what the rehearsal found"),
    sa.Column("recorded_at", _Instant, nullable=False, server_default=_now(), comment="when"),
    schema="meta",
    comment="rehearsals and their evidence",
)

approval = sa.Table(
    "approval",
    metadata,
    sa.Column("approval_no", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="order of entry"),
    _text("unit", "unit it is about, or nation"),
    _text("rehearsal_id", "evidence that was seen"),
    _text("covers", "sha256 over what it covers; void when that changes"),
    _text("decision", "go or no_go"),
    _text("actor", "account that decided"),
    _text("requested_by", "account that asked; never the same"),
    _text("reason", "why"),
    sa.Column("decided_at", _Instant, nullable=False, server_default=_now(), comment="when"),
    sa.CheckConstraint("decision IN ('go', 'no_go')", name="approval_decision"),
    sa.CheckConstraint("actor <> requested_by", name="approval_by_another"),
    schema="meta",
    comment="approvals; appended only",
)

decision = sa.Table(
    "decision",
    metadata,
    sa.Column("decision_no", sa.Integer, primary_key=True, autoincrement=False, comment="without gaps, from 1"),
    _text("kind", "same or different"),
    _text("record_id_1", "the smaller record_id; personal"),
    _text("record_id_2", "the larger record_id; personal"),
    _text("actor", "account that decided"),
    _text("reason", "why"),
    sa.Column("decided_at", _Instant, nullable=False, server_default=_now(), comment="when"),
    sa.Column("match_weight", sa.BigInteger, comment="log2 odds in micro-bits that the steward saw; null if none"),
    sa.CheckConstraint("kind IN ('same', 'different')", name="decision_kind"),
    sa.CheckConstraint('record_id_1 < record_id_2 COLLATE "C"', name="decision_pair_in_order"),
    schema="meta",
    comment="decisions of stewards on pairs of records; appended only",
)

matching_model = sa.Table(
    "matching_model",
    metadata,
    sa.Column("version", sa.Text, primary_key=True, comment="sha256 of the document"),
    _text("document", "the model as canonical JSON"),
    _text("registered_by", "account that brought it"),
    sa.Column("registered_at", _Instant, nullable=False, server_default=_now(), comment="when"),
    sa.CheckConstraint("version = encode(sha256(convert_to(document, 'UTF8')), 'hex')", name="matching_model_version"),
    schema="meta",
    comment="matching models that releases are made with; appended only",
)

release_number = sa.Sequence("release_number", schema="meta", metadata=metadata, start=1)

release = sa.Table(
    "release",
    metadata,
    sa.Column("release_no", sa.Integer, primary_key=True, autoincrement=False, comment="only grows, never reused"),
    sa.Column("parent", sa.Integer, comment="release it was prepared upon"),
    _text("kind", "cutover, rollback, feed, decisions, model, erase or upgrade"),
    _text("state", "prepared, published or abandoned"),
    sa.Column("units", ARRAY(sa.Text), nullable=False, comment="units that are live in it"),
    sa.Column("batch_ids", ARRAY(sa.Text), nullable=False, comment="deliveries in it"),
    sa.Column("decisions_up_to", sa.Integer, nullable=False, comment="last decision it knows"),
    _text("model_version", "matching model"),
    _text("rules_version", "code and config that shape content"),
    sa.Column("erased", ARRAY(sa.Text), nullable=False, comment="references of erased subjects"),
    _text("content_hash", "SHA-256 over its content tables"),
    _text("unit", "unit whose cutover or rollback it is", is_required=False),
    _text("actor", "account that prepared it"),
    sa.Column("prepared_at", _Instant, nullable=False, server_default=_now(), comment="when it was prepared"),
    sa.Column("published_at", _Instant, comment="when it was published"),
    sa.Column("abandoned_at", _Instant, comment="when it was abandoned"),
    sa.Column("pruned_at", _Instant, comment="since when it can no longer be read"),
    sa.Column("detail", JSONB, nullable=False, comment="what the publisher noted"),
    sa.CheckConstraint("state IN ('prepared', 'published', 'abandoned')", name="release_state"),
    sa.Index("release_one_prepared", "state", unique=True, postgresql_where=sa.text("state = 'prepared'")),
    schema="meta",
    comment="the ledger of releases",
)

release_table_hash = sa.Table(
    "release_table_hash",
    metadata,
    sa.Column("release_no", sa.Integer, primary_key=True, comment="release"),
    sa.Column("table_name", sa.Text, primary_key=True, comment="content table"),
    _count("row_count", "rows it sees"),
    _text("hash", "sum of row hashes modulo 2^128, hexadecimal"),
    _count("inserted", "rows that are new in it"),
    _count("closed", "rows of its parent that it no longer sees"),
    schema="meta",
    comment="content hashes by table",
)

release_pointer = sa.Table(
    "release_pointer",
    metadata,
    sa.Column("is_only", sa.Boolean, primary_key=True, comment="always true: there is one row"),
    sa.Column("release_no", sa.Integer, comment="release that everybody sees; null before the first"),
    sa.CheckConstraint("is_only", name="release_pointer_one_row"),
    schema="meta",
    comment="which release is current",
)

customer_id_registry = sa.Table(
    "customer_id_registry",
    metadata,
    sa.Column("customer_id", sa.Text, primary_key=True, comment="an id that was published"),
    _text("anchor_record_id", "record it names, for ever; personal"),
    sa.Column("members", ARRAY(sa.Text), nullable=False, comment="its records when last published, anchor order"),
    sa.Column("first_release", sa.Integer, nullable=False, comment="release that first had it"),
    sa.Column("last_release", sa.Integer, nullable=False, comment="release that last changed what it stands for"),
    _text("resolved_to", "current customer it stands for; null when retired", is_required=False),
    _text("reason", "current, anchor_moved, member_moved or retired"),
    sa.CheckConstraint("(resolved_to IS NULL) = (reason = 'retired')", name="customer_id_registry_reason"),
    schema="mdm",
    comment="every customer id ever published; history, no content",
)

audit_event = sa.Table(
    "audit_event",
    metadata,
    sa.Column("event_no", sa.BigInteger, primary_key=True, autoincrement=False, comment="without gaps, from 1"),
    sa.Column("happened_at", _Instant, nullable=False, comment="when"),
    _text("actor", "account that did it"),
    _text("action", "what was done"),
    _text("subject", "to which unit, release, batch or decision"),
    _text("detail", "JSON, keys sorted; never personal"),
    sa.Column("code", sa.LargeBinary, nullable=False, comment="HMAC-SHA256 over the code before and this event"),
    schema="meta",
    comment="the audit chain; appended only",
)
