"""The impact of another model, counted by hand on nine records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pytest

from config.schemas import schema_named
from pipeline.impact import COMPARED, impact

#           a  b  c  d  e  f  g  h  i
BEFORE = "   1  1  2  3  3  4  5  5  6"
AFTER = "    1  1  1  3  7  4  5  8  8"
# 1 and 2 become 1 (merged), 3 becomes 3 and 7 (split), 4 stays, 5 and 6 become 5 and 8 (regrouped).
UNITS = dict(zip("abcdefghi", ["pilot"] * 2 + ["poznan"] * 4 + ["krakow"] * 3, strict=True))


def _table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = schema_named(name).arrow
    filled = [{field.name: row.get(field.name, _blank(field)) for field in schema} for row in rows]
    return pa.Table.from_pylist(filled, schema=schema)


def _blank(field: pa.Field) -> Any:
    if field.nullable:
        return None
    return 0 if pa.types.is_integer(field.type) else ""


def state(
    customers: str,
    *,
    cases: Mapping[tuple[str, str], str],
    values: Mapping[str, Mapping[str, Any]],
    relations: tuple[tuple[str, str], ...] = (),
) -> dict[str, pa.Table]:
    of = dict(zip("abcdefghi", customers.split(), strict=True))
    anchors: dict[str, str] = {}
    for record, customer in of.items():
        anchors.setdefault(customer, record)
    golden = [
        {"customer_id": customer, "unit": UNITS[anchor], "party_kind": "person", **values.get(customer, {})}
        for customer, anchor in anchors.items()
    ]
    return {
        "crosswalk": _table(
            "crosswalk",
            [{"record_id": r, "customer_id": c, "unit": UNITS[r], "decided_by": "model"} for r, c in of.items()],
        ),
        "golden_customer": _table("golden_customer", golden),
        "relationship": _table(
            "relationship",
            [{"customer_id_1": a, "customer_id_2": b, "kind": "household", "evidence": "x"} for a, b in relations],
        ),
        "queue_case": _table(
            "queue_case", [{"record_id_1": a, "record_id_2": b, "reason": reason} for (a, b), reason in cases.items()]
        ),
    }


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    before = state(
        BEFORE,
        cases={("a", "c"): "possible_link", ("f", "g"): "possible_link"},
        values={"1": {"given_name": "Ewa", "street": "Lipowa"}, "3": {"phone": "1"}, "4": {"given_name": "Jan"}},
        relations=(("1", "2"), ("3", "4")),
    )
    after = state(
        AFTER,
        cases={("f", "g"): "possible_link", ("d", "e"): "refused_merge", ("h", "i"): "reopened"},
        values={"1": {"given_name": "Ewa", "street": "Długa", "house": "3"}, "3": {}, "4": {"given_name": "Jan"}},
        relations=(("3", "4"), ("3", "7")),
    )
    return impact(before, after, ref=lambda record: f"ref-{record}")


def test_customers_merged_split_and_left_alone(found: Any) -> None:
    assert found["customers"] == {
        "before": 6,
        "after": 6,
        "unchanged": 1,  # 4
        "merged": {"from": 2, "into": 1},
        "split": {"from": 1, "into": 2},
        "regrouped": {"from": 2, "into": 2},
    }


def test_ids_follow_their_records(found: Any) -> None:
    # 4 is kept; 1, 3 and 5 stand for other records now; 7 and 8 are new; 2 and 6 are gone.
    assert found["ids"] == {"kept": 1, "changed": 3, "new": 2, "retired": 2}


def test_links_are_pairs_of_records(found: Any) -> None:
    # Before ab, de, gh; after ab, ac, bc, hi.
    assert found["links"] == {"before": 3, "after": 4, "kept": 1, "gained": 3, "lost": 2}


def test_cases_and_relationships(found: Any) -> None:
    assert found["queue"] == {"opened": 2, "closed": 1, "kept": 1, "reopened": 1}
    assert found["relationships"] == {"gained": 1, "lost": 1, "kept": 1}


def test_values_of_customers_that_stay(found: Any) -> None:
    changed = {name: count for name, count in found["golden_values"].items() if count}
    assert changed == {"address": 1, "phone": 1}


def test_units(found: Any) -> None:
    columns = ("customers_before", "customers_after", "records", "records_regrouped", "cases_opened", "cases_closed")
    rows = {row["unit"]: tuple(row[name] for name in columns) for row in found["by_unit"]}
    assert rows == {"pilot": (1, 1, 2, 2, 0, 1), "poznan": (3, 3, 4, 3, 1, 0), "krakow": (2, 2, 3, 3, 1, 0)}


def test_examples_name_no_record_id(found: Any) -> None:
    assert found["examples"] == [
        {
            "change": "merged",
            "records": 3,
            "customer_ids_before": ["1", "2"],
            "customer_ids_after": ["1"],
            "record_refs": ["ref-a", "ref-b", "ref-c"],
        },
        {
            "change": "split",
            "records": 2,
            "customer_ids_before": ["3"],
            "customer_ids_after": ["3", "7"],
            "record_refs": ["ref-d", "ref-e"],
        },
        {
            "change": "regrouped",
            "records": 3,
            "customer_ids_before": ["5", "6"],
            "customer_ids_after": ["5", "8"],
            "record_refs": ["ref-g", "ref-h", "ref-i"],
        },
    ]


def test_the_same_state_twice_changes_nothing() -> None:
    same = state(BEFORE, cases={("a", "c"): "possible_link"}, values={})
    found = impact(same, same, ref=str)
    assert (found["customers"]["unchanged"], found["ids"]["kept"], found["examples"]) == (6, 6, [])
    assert (found["links"]["gained"], found["links"]["lost"], found["queue"]["opened"]) == (0, 0, 0)


def test_nothing_is_live_on_either_side() -> None:
    empty = {name: schema_named(name).empty() for name in COMPARED}
    assert impact(empty, empty, ref=str)["customers"]["before"] == 0
