"""The queue of the steward: pairs the model will not decide alone, and what a person decides about them.

A decision is an event on two record_ids, appended and never changed. It acts from the next release on, whatever brings
that release about; `apply_decisions` makes one when nothing else is due.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from config.errors import PermissionDenied, UsageError
from pipeline.engines import local
from pipeline.explain import RECORD_COLUMNS, Row, references_of, require_release
from pipeline.models import active_model

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Decision

KINDS = ("same", "different")


def queue(installation: Installation, *, limit: int | None = None) -> list[Row]:
    """Open cases of the current release, the most doubtful first; without personal data.

    A case that was decided since stays listed with its decision until a release honours it. A case of reason
    ``reopened`` was decided before, on other evidence than there is now: ``earlier_decision`` says how.

    Args:
        installation: whose queue.
        limit: at most so many; all of them by default.
    """
    with installation.open_warehouse() as warehouse:
        current = warehouse.current()
        if current is None:
            return []
        cases = warehouse.read("queue_case").to_pylist()
        decided = _decided(warehouse)
        sources = {row["record_id_1"] for row in cases} | {row["record_id_2"] for row in cases}
        units = _units(warehouse, sources)
    rows = [_queue_row(case, decided=decided, units=units, known=current.inputs.decisions_up_to) for case in cases]
    rows.sort(key=lambda row: (row["decision"] is not None, abs(row["match_weight"]), row["case_ref"]))
    return rows[:limit]


def _units(warehouse: Warehouse, record_ids: set[str]) -> dict[str, str]:
    rows = warehouse.read("crosswalk", columns=["record_id", "unit"], where={"record_id": sorted(record_ids)})
    return dict(zip(rows["record_id"].to_pylist(), rows["unit"].to_pylist(), strict=True))


def _decided(warehouse: Warehouse) -> dict[tuple[str, str], Decision]:
    """The last decision on each pair."""
    return {(each.record_id_1, each.record_id_2): each for each in warehouse.decisions()}


def _queue_row(
    case: Mapping[str, Any],
    *,
    decided: Mapping[tuple[str, str], Decision],
    units: Mapping[str, str],
    known: int,
) -> Row:
    """One case; ``known`` is the last decision the release honours."""
    pair = case["record_id_1"], case["record_id_2"]
    standing = decided.get(pair)
    decision = standing if standing and standing.decision_no > known else None
    earlier = standing if standing and standing.decision_no <= known else None
    return {
        "case_ref": case["case_ref"],
        "match_weight": case["match_weight"],
        "match_probability": case["match_probability"],
        "reason": case["reason"],
        "sources": [record_id.partition(":")[0] for record_id in pair],
        "units": [units.get(record_id) for record_id in pair],
        "decision": decision.kind if decision else None,
        "decision_no": decision.decision_no if decision else None,
        "earlier_decision": earlier.kind if earlier else None,
    }


def case(installation: Installation, case_ref: str) -> Row:
    """One case: both records side by side and the waterfall of weights; for the steward's eyes only."""
    with installation.open_warehouse() as warehouse:
        found, current = _case_row(warehouse, case_ref), warehouse.release(require_release(warehouse))
        pair = [found["record_id_1"], found["record_id_2"]]
        records = warehouse.read("party_record", columns=RECORD_COLUMNS)
        decided = _decided(warehouse)
        units = _units(warehouse, set(pair))
        model = active_model(warehouse)
    explanation = local.explain_pair(records, *pair, model=model)
    refs = {record_id: ref for ref, record_id in references_of(_ids(pair), key=installation.ref_key).items()}
    return {
        **_queue_row(found, decided=decided, units=units, known=current.inputs.decisions_up_to),
        "records": [{"record_ref": refs[record_id], **_record(records, record_id)} for record_id in pair],
        "explanation": explanation.for_reader(),
    }


def _ids(record_ids: list[str]) -> Any:
    import pyarrow as pa

    return pa.chunked_array([pa.array(record_ids, pa.string())])


def _record(records: Any, record_id: str) -> Row:
    import pyarrow.compute as pc

    row: Row = records.filter(pc.equal(records["record_id"], record_id)).to_pylist()[0]
    return {name: value for name, value in row.items() if name not in ("record_id", "raw_key")}


def _case_row(warehouse: Warehouse, case_ref: str) -> Row:
    require_release(warehouse)
    rows: list[Row] = warehouse.read("queue_case", where={"case_ref": case_ref}).to_pylist()
    if not rows:
        raise UsageError(f"no open case {case_ref!r}", hint="`blekit review queue` lists the open cases")
    return rows[0]


def decide(installation: Installation, case_ref: str, kind: str, actor: str, reason: str) -> Row:
    """Append a decision on a case, with the weight it is taken on; one that stands on it already is not written twice.

    Raises:
        UsageError: no such case, or neither same nor different.
        PermissionDenied: no account is named.
    """
    if kind not in KINDS:
        raise UsageError(f"no decision {kind!r}", hint=f"Decisions: {', '.join(KINDS)}")
    if not actor.strip():
        raise PermissionDenied("a decision needs a named account")
    with installation.open_warehouse() as warehouse:
        row = _case_row(warehouse, case_ref)
        pair = row["record_id_1"], row["record_id_2"]
        standing = _decided(warehouse).get(pair)
        weight = int(row["match_weight"])
        if standing is not None and standing.kind == kind and standing.match_weight in (None, weight):
            return {"case_ref": case_ref, "decision_no": standing.decision_no, "kind": kind, "changed": False}
        number = warehouse.append_decision(kind, *pair, actor=actor, reason=reason, match_weight=weight)
    return {"case_ref": case_ref, "decision_no": number, "kind": kind, "changed": True}
