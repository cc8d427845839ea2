"""Schemas of the tables that flow between packages.

A :class:`~config.table_schema.TableSchema` is the one description of a table: Arrow types, key and what each column
means. Packages check their results with it; the warehouse makes its columns and comments from the content tables; the
content hash reads columns in this order. Events and their facts are in :mod:`config.events`. Money is ``int64`` grosze,
weights ``int64`` micro-bits, probabilities ``int64`` parts per million: content holds no floats.
"""

from __future__ import annotations

from config.errors import BugError
from config.events import FACTS
from config.table_schema import DATE, FLAG, LONG, TEXT, Column, TableSchema, required

# What connectors add to the columns of a raw record. Raw columns stand before them, all text, as stored.
RAW_PLACE = (
    required("_record_no", LONG, "position among the delivered records of the file, from 0"),
    required("_offset", LONG, "first byte of the record in the file"),
    required("_length", LONG, "bytes of the record"),
    required("_is_deleted", FLAG, "whether the source marked the record as deleted"),
    required("_code_page", TEXT, "code page the record was decoded with"),
)

QUARANTINED_SPAN = TableSchema(
    "quarantined_span",
    ("file", "offset", "reason"),
    (
        Column("file", TEXT, "name of the file in its delivery"),
        Column("offset", LONG, "first byte"),
        required("length", LONG, "bytes; 0 when a later span of the same record was counted already"),
        Column("reason", TEXT, "reason code"),
        Column("detail", TEXT, "what was expected and what stood there; never a value"),
    ),
    "bytes that could not become a record",
)

CELL_ISSUE = TableSchema(
    "cell_issue",
    ("record_no", "column", "reason"),
    (
        Column("record_no", LONG, "record the cell belongs to"),
        Column("column", TEXT, "raw column"),
        Column("reason", TEXT, "reason code"),
        required("offset", LONG, "first byte of the cell in the file"),
    ),
    "cells that could not be decoded, the delete flag of a row among them; the record was delivered with a null there",
)

PARTY_RECORD = TableSchema(
    "party_record",
    ("record_id",),
    (
        Column("record_id", TEXT, "<source_id>:<raw key>, with #2 for the second party of one row; personal"),
        required("source_id", TEXT, "legacy system it comes from"),
        required("point_code", TEXT, "collection point"),
        required("unit", TEXT, "unit of cutover it belongs to for ever"),
        required("raw_key", TEXT, "key as stored"),
        required("part", LONG, "1, or 2 for the second party of one row"),
        required("batch_id", TEXT, "delivery it comes from"),
        required("business_date", DATE, "business date of that delivery"),
        required("sequence", LONG, "position in that delivery"),
        required("party_kind", TEXT, "person or firm"),
        Column("given_name", TEXT, "first given name, title case, diminutives kept"),
        Column("second_given_name", TEXT, "second given name"),
        Column("family_name", TEXT, "family name, title case, hyphen for double-barrelled"),
        Column("former_family_name", TEXT, "family name before marriage, where the source tells"),
        Column("sex", TEXT, "F or M, from PESEL, else from the given name"),
        Column("birth_date", DATE, "date of birth; from PESEL when only that tells"),
        Column("pesel", TEXT, "11 digits with right check digit and date"),
        Column("pesel_status", TEXT, "valid, repaired, missing, sentinel, invalid"),
        Column("nip", TEXT, "10 digits with right check digit"),
        Column("regon", TEXT, "9 or 14 digits with right check digits"),
        Column("id_document", TEXT, "identity card or passport, upper case without blanks"),
        Column("org_name", TEXT, "name of a firm without its legal form, upper case as cleaned"),
        Column("legal_form", TEXT, "code of the legal form (sp_zoo, sa, sc, fhu, …)"),
        Column("phone", TEXT, "9 national digits; area code of the point implied where missing"),
        Column("phone_2", TEXT, "second number, likewise"),
        Column("email", TEXT, "lower case"),
        Column("street", TEXT, "street without its prefix, title case"),
        Column("house", TEXT, "house number, upper case"),
        Column("flat", TEXT, "flat number, upper case"),
        Column("postal_code", TEXT, "NN-NNN"),
        Column("city", TEXT, "place, title case"),
        Column("opened_on", DATE, "since when the account exists"),
        Column("balance_grosze", LONG, "balance of the account in grosze; on part 1 only"),
        Column("monthly_fee_grosze", LONG, "sum of monthly fees in grosze; on part 1 only"),
        Column("services", LONG, "number of services"),
        Column("issues", TEXT, "reason codes of values left out, sorted, comma between"),
        required("raw", TEXT, "the raw row as JSON, keys sorted; personal"),
    ),
    "one standard row per source customer",
)

CANDIDATE_PAIRS = TableSchema(
    "candidate_pairs",
    ("record_id_1", "record_id_2"),
    (
        Column("record_id_1", TEXT, "the smaller record_id"),
        Column("record_id_2", TEXT, "the larger record_id"),
        required("rules", LONG, "bit set of the blocking rules that found the pair"),
    ),
    "pairs worth comparing",
)

MATCH_DECISION = TableSchema(
    "match_decision",
    ("record_id_1", "record_id_2"),
    (
        Column("record_id_1", TEXT, "the smaller record_id"),
        Column("record_id_2", TEXT, "the larger record_id"),
        required("match_weight", LONG, "log2 odds in micro-bits"),
        required("match_probability", LONG, "parts per million"),
        required("decision", TEXT, "link, possible_link or non_link"),
        required("decided_by", TEXT, "clerk, rule or model"),
        Column("reason", TEXT, "which rule, or why it is only possible"),
    ),
    "what was decided of a candidate pair",
)

CROSSWALK = TableSchema(
    "crosswalk",
    ("record_id",),
    (
        Column("record_id", TEXT, "legacy record; personal"),
        required("customer_id", TEXT, "customer it belongs to"),
        required("unit", TEXT, "unit of the record"),
        required("decided_by", TEXT, "single, model, rule or clerk: the best evidence that holds it there"),
        Column("match_probability", LONG, "parts per million of its strongest link; null for a customer of one record"),
    ),
    "which customer a legacy record is",
)

GOLDEN_ATTRIBUTES = (
    "given_name",
    "second_given_name",
    "family_name",
    "sex",
    "birth_date",
    "pesel",
    "nip",
    "regon",
    "id_document",
    "org_name",
    "legal_form",
    "phone",
    "email",
    "address",
)
ADDRESS_COLUMNS = ("street", "house", "flat", "postal_code", "city")


def _golden_columns() -> tuple[Column, ...]:
    meanings = {column.name: column for column in PARTY_RECORD.columns}
    columns: list[Column] = []
    for attribute in GOLDEN_ATTRIBUTES:
        for name in ADDRESS_COLUMNS if attribute == "address" else (attribute,):
            columns.append(Column(name, meanings[name].type, meanings[name].meaning))
        columns.append(Column(f"{attribute}_record_id", TEXT, f"record the {attribute} comes from; personal"))
        columns.append(Column(f"{attribute}_rule", TEXT, f"survivorship rule that chose the {attribute}"))
    return tuple(columns)


GOLDEN_CUSTOMER = TableSchema(
    "golden_customer",
    ("customer_id",),
    (
        Column("customer_id", TEXT, "16 base32 characters, a keyed function of the anchor record"),
        required("anchor_record_id", TEXT, "least record by unit, first delivery and id; personal"),
        required("unit", TEXT, "unit of the anchor"),
        required("party_kind", TEXT, "person or firm"),
        *_golden_columns(),
        required("records", LONG, "how many legacy records it has"),
        required("sources", LONG, "in how many legacy systems"),
        required("balance_grosze", LONG, "sum of balances in grosze"),
    ),
    "one row per customer; each value with the record it came from and why it won",
)

RELATIONSHIP = TableSchema(
    "relationship",
    ("customer_id_1", "customer_id_2", "kind"),
    (
        Column("customer_id_1", TEXT, "first customer; the owner, or the head office, where the kind has a direction"),
        Column("customer_id_2", TEXT, "second customer; the firm, or the branch"),
        Column("kind", TEXT, "household, owner_of_firm or branch_of_firm"),
        required("evidence", TEXT, "what says so (same_address_and_family_name, pesel_of_owner, regon_14, …)"),
    ),
    "edges between customers: relations are not merges",
)

QUEUE_CASE = TableSchema(
    "queue_case",
    ("record_id_1", "record_id_2"),
    (
        Column("record_id_1", TEXT, "the smaller record_id; personal"),
        Column("record_id_2", TEXT, "the larger record_id; personal"),
        required("case_ref", TEXT, "keyed 12 characters that may appear in URLs and logs"),
        required("match_weight", LONG, "log2 odds in micro-bits"),
        required("match_probability", LONG, "parts per million"),
        required("reason", TEXT, "possible_link, refused_merge, oversize, weak_bridge or reopened"),
    ),
    "open cases for the steward",
)

QUARANTINE = TableSchema(
    "quarantine",
    ("batch_id", "file", "offset", "reason"),
    (
        Column("batch_id", TEXT, "delivery"),
        Column("file", TEXT, "name of the file in its delivery"),
        Column("offset", LONG, "first byte"),
        Column("reason", TEXT, "reason code"),
        required("length", LONG, "bytes"),
        required("source_id", TEXT, "legacy system"),
        required("unit", TEXT, "unit it counts for"),
        Column("detail", TEXT, "what was expected and what stood there; never a value"),
    ),
    "what was not loaded, where it stands and why",
)

ACCOUNT = TableSchema(
    "fact_account",
    ("record_id",),
    (
        Column("record_id", TEXT, "legacy record that holds the account; personal"),
        required("source_id", TEXT, "legacy system"),
        required("unit", TEXT, "unit of the record"),
        Column("opened_on", DATE, "since when"),
        required("balance_grosze", LONG, "balance in grosze"),
        required("monthly_fee_grosze", LONG, "sum of monthly fees in grosze"),
        required("services", LONG, "number of services"),
    ),
    "one row per account; the crosswalk of the release gives its customer",
)

CONTENT_TABLES = (
    PARTY_RECORD,
    CROSSWALK,
    GOLDEN_CUSTOMER,
    RELATIONSHIP,
    QUEUE_CASE,
    QUARANTINE,
    ACCOUNT,
    *FACTS,
)
"""What a release holds, and what its content hash covers (DESIGN §12)."""


def schema_named(name: str) -> TableSchema:
    """The content table of that name; a wrong name is our own mistake."""
    for schema in CONTENT_TABLES:
        if schema.name == name:
            return schema
    raise BugError(f"no content table {name!r}")
