"""Why two records are one customer, and where every golden value came from: read from the live warehouse.

What comes back holds personal data. It is for the eyes of whoever asked, on their own terminal or page, never for logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import GateFailed, UsageError
from config.schemas import ADDRESS_COLUMNS, GOLDEN_ATTRIBUTES, PARTY_RECORD
from pipeline.engines import local
from pipeline.models import active_model

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse

Row = dict[str, Any]

RECORD_COLUMNS = [name for name in PARTY_RECORD.names if name != "raw"]
"""What is read of records to look at them: the raw rows are most of their bytes and nothing of their evidence."""


def require_release(warehouse: Warehouse) -> int:
    """Number of the current release.

    Raises:
        GateFailed: nothing was published yet.
    """
    current = warehouse.current()
    if current is None:
        raise GateFailed("no release was published yet", hint="`blekit cutover run pilot` makes the first")
    return current.release_no


def references_of(record_ids: pa.ChunkedArray, *, key: bytes) -> dict[str, str]:
    """Reference to record_id."""
    from warehouse.references import record_refs

    return dict(zip(record_refs(record_ids, key=key), record_ids.to_pylist(), strict=True))


def record_named(installation: Installation, warehouse: Warehouse, name: str) -> str:
    """The record_id that a reference, or a record_id itself, stands for in the current release.

    Raises:
        UsageError: no live record has that name; the message does not repeat it, it may be personal.
    """
    require_release(warehouse)
    ids = warehouse.read("crosswalk", columns=["record_id"])["record_id"]
    if ":" in name:
        if pc.is_in(pa.scalar(name), value_set=ids.combine_chunks()).as_py():
            return name
    elif found := references_of(ids, key=installation.ref_key).get(name):
        return found
    raise UsageError("no live record of that name", hint="`blekit customer ID` lists the references of its records")


def explain(installation: Installation, name_1: str, name_2: str) -> Row:
    """The waterfall of a pair, its decision, and whether the release holds it as one customer."""
    with installation.open_warehouse() as warehouse:
        id_1, id_2 = sorted(record_named(installation, warehouse, name) for name in (name_1, name_2))
        if id_1 == id_2:
            raise UsageError("that is one record twice: a pair has two")
        records = warehouse.read("party_record", columns=RECORD_COLUMNS)
        crosswalk = warehouse.read("crosswalk", where={"record_id": [id_1, id_2]})
        model = active_model(warehouse)
        case = open_case(warehouse, id_1, id_2)
    explanation = local.explain_pair(records, id_1, id_2, model=model)
    customers = dict(zip(crosswalk["record_id"].to_pylist(), crosswalk["customer_id"].to_pylist(), strict=True))
    refs = {
        record_id: ref for ref, record_id in references_of(crosswalk["record_id"], key=installation.ref_key).items()
    }
    return {
        "record_ref_1": refs[id_1],
        "record_ref_2": refs[id_2],
        "customer_id_1": customers[id_1],
        "customer_id_2": customers[id_2],
        "is_one_customer": customers[id_1] == customers[id_2],
        "records": [_shown(records, id_1), _shown(records, id_2)],
        **explanation.for_reader(),
        **case,
    }


def open_case(warehouse: Warehouse, id_1: str, id_2: str) -> Row:
    """Reference and reason of the open case on a pair; empty when there is none.

    The queue's reason goes before the model's: a link that was not followed is a link to the model.
    """
    cases = warehouse.read("queue_case", where={"record_id_1": id_1, "record_id_2": id_2}).to_pylist()
    return {name: cases[0][name] for name in ("case_ref", "reason")} if cases else {}


def _shown(records: pa.Table, record_id: str) -> Row:
    """One record as a person looks at it: without its raw row, and without what is missing."""
    row: Row = records.filter(pc.equal(records["record_id"], record_id)).to_pylist()[0]
    return {name: value for name, value in row.items() if value is not None}


def customer(installation: Installation, customer_id: str) -> Row:
    """A golden customer: each value with the record and rule it came from, its records and its relationships.

    Raises:
        UsageError: the id was never published.
    """
    with installation.open_warehouse() as warehouse:
        require_release(warehouse)
        resolved = warehouse.resolve_customer_id(customer_id)
        if resolved.resolved_to is None:
            return {"customer_id": customer_id, "resolved_to": None, "reason": resolved.reason}
        golden = warehouse.read("golden_customer", where={"customer_id": resolved.resolved_to}).to_pylist()[0]
        members = warehouse.read("crosswalk", where={"customer_id": resolved.resolved_to})
        records = warehouse.read(
            "party_record", columns=RECORD_COLUMNS, where={"record_id": members["record_id"].to_pylist()}
        )
        relations = _relations(warehouse, resolved.resolved_to)
    refs = {record_id: ref for ref, record_id in references_of(members["record_id"], key=installation.ref_key).items()}
    return {
        "customer_id": customer_id,
        "resolved_to": resolved.resolved_to,
        "reason": resolved.reason,
        "unit": golden["unit"],
        "party_kind": golden["party_kind"],
        "balance_grosze": golden["balance_grosze"],
        "values": golden_values(golden, refs=refs),
        "records": _members(members, records, refs=refs),
        "relationships": relations,
    }


def golden_values(golden: Mapping[str, Any], *, refs: Mapping[str, str]) -> list[Row]:
    """Each golden value with the record and the rule it came from; missing values are left out."""
    values = []
    for attribute in GOLDEN_ATTRIBUTES:
        names = ADDRESS_COLUMNS if attribute == "address" else (attribute,)
        parts = {name: golden[name] for name in names if golden[name] is not None}
        if parts:
            value = parts.get(attribute, parts)
            origin = golden[f"{attribute}_record_id"]
            values.append(
                {
                    "attribute": attribute,
                    "value": value,
                    "record_ref": refs.get(origin),
                    "source_id": origin.partition(":")[0] if origin else None,
                    "rule": golden[f"{attribute}_rule"],
                }
            )
    return values


def _members(members: pa.Table, records: pa.Table, *, refs: Mapping[str, str]) -> list[Row]:
    by_id = {row["record_id"]: row for row in records.to_pylist()}
    rows = []
    for member in sorted(members.to_pylist(), key=lambda row: str(row["record_id"])):
        record = by_id[member["record_id"]]
        rows.append(
            {
                "record_ref": refs[member["record_id"]],
                "source_id": record["source_id"],
                "unit": record["unit"],
                "business_date": record["business_date"],
                "balance_grosze": record["balance_grosze"],
                "decided_by": member["decided_by"],
                "match_probability": member["match_probability"],
            }
        )
    return rows


def _relations(warehouse: Warehouse, customer_id: str) -> list[Row]:
    first = warehouse.read("relationship", where={"customer_id_1": customer_id})
    second = warehouse.read("relationship", where={"customer_id_2": customer_id})
    rows: list[Row] = pa.concat_tables([first, second]).to_pylist()
    return sorted(rows, key=lambda row: (row["kind"], row["customer_id_1"], row["customer_id_2"]))
