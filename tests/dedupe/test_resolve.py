import datetime as dt

import numpy as np
import pyarrow.compute as pc
import pytest

from config.schemas import CROSSWALK, GOLDEN_CUSTOMER, MATCH_DECISION, QUEUE_CASE, RELATIONSHIP
from dedupe import ClerkDecision

HOME = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500"}
JAN = {"given_name": "Jan", "family_name": "Brzęczek", "sex": "M", "pesel": "50640712345"}
TABLES = {
    "crosswalk": CROSSWALK,
    "golden_customers": GOLDEN_CUSTOMER,
    "relationships": RELATIONSHIP,
    "queue_cases": QUEUE_CASE,
    "decisions": MATCH_DECISION,
}


@pytest.fixture(scope="module")
def resolution(village, resolved):
    return resolved(village)


@pytest.mark.parametrize("name", TABLES)
def test_tables_keep_their_schema_and_order(name, resolution):
    table = TABLES[name].check(getattr(resolution, name))
    keys = list(zip(*(table[column].to_pylist() for column in TABLES[name].key), strict=True))
    assert keys == sorted(set(keys))
    assert len(keys) > 0


def test_row_order_changes_nothing(village, resolved, resolution):
    shuffled = resolved(village.take(np.random.default_rng(9).permutation(village.num_rows)))
    assert all(getattr(shuffled, name).equals(getattr(resolution, name)) for name in TABLES)
    assert shuffled.stats == resolution.stats


def test_every_record_has_exactly_one_customer(village, resolution):
    assert sorted(resolution.crosswalk["record_id"].to_pylist()) == sorted(village["record_id"].to_pylist())
    ids = resolution.golden_customers["customer_id"].to_pylist()
    assert set(resolution.crosswalk["customer_id"].to_pylist()) == set(ids)


def test_money_and_records_survive_the_merge(village, resolution):
    golden = resolution.golden_customers
    assert pc.sum(golden["balance_grosze"]).as_py() == pc.sum(village["balance_grosze"]).as_py()
    assert pc.sum(golden["records"]).as_py() == village.num_rows


def test_a_customer_is_a_person_or_a_firm(village, resolution):
    kind = dict(zip(village["record_id"].to_pylist(), village["party_kind"].to_pylist(), strict=True))
    kinds = {}
    for row in resolution.crosswalk.to_pylist():
        kinds.setdefault(row["customer_id"], set()).add(kind[row["record_id"]])
    assert all(len(of_customer) == 1 for of_customer in kinds.values())


def test_golden_values_name_a_record_of_their_customer(resolution):
    customer = dict(
        zip(resolution.crosswalk["record_id"].to_pylist(), resolution.crosswalk["customer_id"].to_pylist(), strict=True)
    )
    for row in resolution.golden_customers.to_pylist():
        assert row["phone_record_id"] is None or customer[row["phone_record_id"]] == row["customer_id"]
        assert (row["phone"] is None) == (row["phone_rule"] is None)


def test_a_record_nobody_is_linked_to_changes_no_other_customer(
    village, resolved, resolution, customers, record, table
):
    import pyarrow as pa

    stranger = table(record("zt99-abonent:stranger", given_name="Zyta", family_name="Qwerty", city="Hel"))
    more = resolved(pa.concat_tables([village, stranger]))
    assert customers(more) == customers(resolution) | {frozenset({"zt99-abonent:stranger"})}


def test_no_records(village, resolved):
    assert resolved(village.slice(0, 0)).crosswalk.num_rows == 0


def three_records(record, table):
    """The first and the second share a PESEL, the second and the third a document and an address."""
    return table(
        record("zt63-abonent:1", **JAN, **HOME),
        record("zt99-abonent:2", **JAN, id_document="DB1234567", **HOME),
        record("zt25-abonent:3", given_name="Jan", family_name="Brzęczek", sex="M", id_document="DB1234567", **HOME),
    )


ALL = frozenset({"zt63-abonent:1", "zt99-abonent:2", "zt25-abonent:3"})


def test_three_records_are_one_customer(record, table, resolved, customers):
    found = resolved(three_records(record, table))
    assert customers(found) == {ALL}
    golden = found.golden_customers.to_pylist()[0]
    assert (golden["records"], golden["sources"], golden["pesel"]) == (3, 3, "50640712345")
    assert golden["id_document_record_id"] in ALL


def test_a_clerk_parts_two_records_a_third_bridges(record, table, resolved, customers):
    clerk = [ClerkDecision(1, "zt63-abonent:1", "zt25-abonent:3", "different")]
    found = customers(resolved(three_records(record, table), clerk=clerk))
    assert not any({"zt63-abonent:1", "zt25-abonent:3"} <= group for group in found)
    assert len(found) == 2


def test_a_clerk_joins_what_shares_nothing(record, table, resolved, customers):
    records = table(
        record("zt63-abonent:1", **JAN, **HOME),
        record("zt25-abonent:9", given_name="Ewa", family_name="Lis", city="Hel"),
    )
    clerk = [ClerkDecision(1, "zt25-abonent:9", "zt63-abonent:1", "same")]
    found = resolved(records, clerk=clerk)
    assert customers(found) == {frozenset({"zt63-abonent:1", "zt25-abonent:9"})}
    assert set(found.crosswalk["decided_by"].to_pylist()) == {"clerk"}


def test_a_decision_sleeps_while_one_record_is_away(record, table, resolved, customers):
    clerk = [ClerkDecision(1, "zt63-abonent:1", "zt99-abonent:gone", "different")]
    assert customers(resolved(three_records(record, table), clerk=clerk)) == {ALL}


def test_a_decided_case_leaves_the_queue(village, resolved, resolution):
    case = resolution.queue_cases.to_pylist()[0]
    clerk = [ClerkDecision(1, case["record_id_1"], case["record_id_2"], "different")]
    left = resolved(village, clerk=clerk).queue_cases["case_ref"].to_pylist()
    assert case["case_ref"] not in left


def test_a_merge_keeps_the_older_anchors_id(record, table, resolved):
    apart = table(record("zt63-abonent:1", **JAN, **HOME), record("zt35-abonent:2", given_name="Ewa", unit="krakow"))
    together = [ClerkDecision(1, "zt35-abonent:2", "zt63-abonent:1", "same")]
    first_seen = {"zt63-abonent:1": dt.date(2003, 9, 22), "zt35-abonent:2": dt.date(2002, 10, 28)}
    before = {
        row["record_id"]: row["customer_id"] for row in resolved(apart, first_seen=first_seen).crosswalk.to_pylist()
    }
    after = resolved(apart, first_seen=first_seen, clerk=together)
    assert set(after.crosswalk["customer_id"].to_pylist()) == {before["zt63-abonent:1"]}
    assert after.golden_customers["anchor_record_id"].to_pylist() == ["zt63-abonent:1"]


def test_sole_trader_and_owner_are_related_not_merged(record, table, resolved, customers):
    records = table(
        record("zt63-abonent:1", **JAN, **HOME),
        record("zt99-abonent:2", org_name="JAN BRZĘCZEK TRANSPORT", pesel="50640712345", nip="5260250995", **HOME),
    )
    found = resolved(records)
    assert len(customers(found)) == 2
    edges = found.relationships.to_pylist()
    owner = {row["record_id"]: row["customer_id"] for row in found.crosswalk.to_pylist()}
    assert [(e["customer_id_1"], e["customer_id_2"], e["kind"]) for e in edges] == [
        (owner["zt63-abonent:1"], owner["zt99-abonent:2"], "owner_of_firm")
    ]


def test_branches_hang_on_the_head_office(record, table, resolved):
    bank = {"nip": "5260250995", "legal_form": "sa"}
    records = table(
        record("zt63-abonent:head", org_name="BANK ROLNY", regon="123456785", **bank, **HOME),
        record("zt63-abonent:hel", org_name="BANK ROLNY O HEL", regon="12345678512347", **bank, city="Hel", house="1"),
    )
    found = resolved(records)
    customer = {row["record_id"]: row["customer_id"] for row in found.crosswalk.to_pylist()}
    assert found.relationships.to_pylist() == [
        {
            "customer_id_1": customer["zt63-abonent:head"],
            "customer_id_2": customer["zt63-abonent:hel"],
            "kind": "branch_of_firm",
            "evidence": "same_nip",
        }
    ]


def test_a_household_is_an_edge(record, table, resolved):
    records = table(
        record("zt63-abonent:1", **JAN, **HOME),
        record("zt63-abonent:2", given_name="Ewa", family_name="Brzęczek", sex="F", pesel="55720188888", **HOME),
    )
    edge = resolved(records).relationships.to_pylist()[0]
    assert (edge["kind"], edge["evidence"]) == ("household", "same_address_and_family_name")
