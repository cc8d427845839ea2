"""Why the records of a customer hang together, and why two customers are not one: read from the live warehouse.

Links are followed again with the model and the decisions of the current release. What comes back names records by
reference; beside it stand their names and systems, for the eyes of whoever asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import UsageError
from pipeline.engines import local
from pipeline.explain import RECORD_COLUMNS, Row, references_of, require_release
from pipeline.models import active_model

if TYPE_CHECKING:
    from dedupe import ClerkDecision, ClusterExplanation, Model
    from pipeline.installation import Installation
    from warehouse import Warehouse

SHOWN = ("source_id", "unit", "business_date")
NAMES = ("given_name", "family_name", "org_name")


class _Release:
    """The live records of the current release with what they were linked by."""

    def __init__(self, installation: Installation, warehouse: Warehouse) -> None:
        require_release(warehouse)
        self._key = installation.ref_key
        self._warehouse = warehouse
        self.records: pa.Table = warehouse.read("party_record", columns=RECORD_COLUMNS)
        self.model: Model = active_model(warehouse)
        self.clerk = _clerk(warehouse)

    def customer(self, customer_id: str) -> str:
        """The customer an id stands for now.

        Raises:
            UsageError: the id was never published, or nobody has it any more.
        """
        resolved = self._warehouse.resolve_customer_id(customer_id)
        if resolved.resolved_to is None:
            raise UsageError(
                f"customer {customer_id} has no live records: {resolved.reason}",
                hint="`blekit customer ID` tells what became of it",
            )
        return resolved.resolved_to

    def members(self, customer_id: str) -> list[str]:
        """The records of a customer."""
        rows = self._warehouse.read("crosswalk", columns=["record_id"], where={"customer_id": customer_id})
        return sorted(rows["record_id"].to_pylist())

    def customers_of(self, record_ids: Sequence[str]) -> dict[str, str]:
        """Record to customer."""
        rows = self._warehouse.read("crosswalk", where={"record_id": sorted(record_ids)})
        return dict(zip(rows["record_id"].to_pylist(), rows["customer_id"].to_pylist(), strict=True))

    def explained(self, record_ids: Sequence[str]) -> ClusterExplanation:
        """How the customer with these records came about."""
        return local.explain_cluster(self.records, record_ids, model=self.model, clerk=self.clerk)

    def references(self, record_ids: Iterable[str]) -> dict[str, str]:
        """Record to its reference."""
        column = pa.chunked_array([pa.array(sorted(record_ids), pa.string())])
        return {record_id: reference for reference, record_id in references_of(column, key=self._key).items()}

    def shown(self, record_ids: Iterable[str]) -> list[Row]:
        """The records as people tell them apart: reference, name, system, customer."""
        wanted = sorted(record_ids)
        references, customers = self.references(wanted), self.customers_of(wanted)
        chosen = pc.is_in(self.records["record_id"], value_set=pa.array(wanted, pa.string()))
        rows = self.records.filter(chosen).select(["record_id", *SHOWN, *NAMES]).sort_by("record_id").to_pylist()
        return [
            {
                "record_ref": references[row["record_id"]],
                "name": " ".join(row[name] for name in NAMES if row[name] is not None) or None,
                **{name: row[name] for name in SHOWN},
                "customer_id": customers[row["record_id"]],
            }
            for row in rows
        ]

    def case_between(self, ours: Sequence[str], theirs: Sequence[str]) -> Row | None:
        """The open case about two customers, as the queue has it."""
        both = sorted({*ours, *theirs})
        cases = self._warehouse.read("queue_case", where={"record_id_1": both, "record_id_2": both}).to_pylist()
        between = [case for case in cases if (case["record_id_1"] in ours) != (case["record_id_2"] in ours)]
        return {name: between[0][name] for name in ("case_ref", "reason")} if between else None

    def pair_of(self, case_ref: str) -> tuple[str, str]:
        """The records of an open case.

        Raises:
            UsageError: there is no such case.
        """
        rows = self._warehouse.read("queue_case", where={"case_ref": case_ref}).to_pylist()
        if not rows:
            raise UsageError(f"no open case {case_ref!r}", hint="`blekit review queue` lists the open cases")
        return rows[0]["record_id_1"], rows[0]["record_id_2"]


def _clerk(warehouse: Warehouse) -> list[ClerkDecision]:
    """The decisions the current release knows; later ones act from the next."""
    from dedupe import ClerkDecision

    current = warehouse.current()
    return [
        ClerkDecision(each.decision_no, each.record_id_1, each.record_id_2, each.kind, each.match_weight)
        for each in warehouse.decisions(up_to=current.inputs.decisions_up_to if current else None)
    ]


def explain_customer(installation: Installation, customer_id: str) -> Row:
    """Why the records of a customer hang together: the tree of links, its weakest bridge, refusals and decisions.

    Raises:
        UsageError: the id was never published, or nobody has it any more.
    """
    with installation.open_warehouse() as warehouse:
        release = _Release(installation, warehouse)
        return {"customer_id": customer_id, **_customer(release, release.customer(customer_id))}


def _customer(release: _Release, customer_id: str) -> Row:
    told = release.explained(release.members(customer_id))
    return {
        "resolved_to": customer_id,
        **told.to_dict(release.references(told.mentioned)),
        "records": release.shown(told.mentioned),
    }


def explain_customers(installation: Installation, customer_id_1: str, customer_id_2: str) -> Row:
    """Why two customers are not one, and how each of them hangs together.

    Raises:
        UsageError: an id stands for nobody, or both for the same customer.
    """
    with installation.open_warehouse() as warehouse:
        release = _Release(installation, warehouse)
        first, second = (release.customer(each) for each in (customer_id_1, customer_id_2))
        if first == second:
            raise UsageError(
                "both ids stand for one customer", hint="`blekit explain --customer ID` tells why it hangs together"
            )
        return _apart(release, first, second)


def explain_case(installation: Installation, case_ref: str) -> Row:
    """The customers behind a case of the queue: why they are not one; for a case within one customer, why they are.

    Raises:
        UsageError: there is no such case.
    """
    with installation.open_warehouse() as warehouse:
        release = _Release(installation, warehouse)
        pair = release.pair_of(case_ref)
        customers, references = release.customers_of(pair), release.references(pair)
        first, second = (customers[record_id] for record_id in pair)
        case = {"case_ref": case_ref, "pair": [references[record_id] for record_id in pair]}
        if first == second:
            return {**case, "apart": None, "customers": [_customer(release, first)]}
        return {**case, **_apart(release, first, second)}


def _apart(release: _Release, first: str, second: str) -> Row:
    ours, theirs = release.members(first), release.members(second)
    told = local.explain_apart(release.records, ours, theirs, model=release.model, clerk=release.clerk)
    return {
        "apart": told.to_dict(release.references([*ours, *theirs])),
        "case": release.case_between(ours, theirs),
        "customers": [_customer(release, first), _customer(release, second)],
    }
