"""Whose each event is: references, shared lines, names, and events that tell each other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from config.events import EVENT_RECORD
from config.schemas import PARTY_RECORD
from transforms import find_parties, keys_of_parties


def party(record_id: str, *, opened: str | None = None, unit: str = "poznan", **values: Any) -> dict[str, Any]:
    row = dict.fromkeys(PARTY_RECORD.names) | {
        "record_id": record_id,
        "source_id": record_id.partition(":")[0],
        "point_code": record_id[:4].upper(),
        "unit": unit,
        "raw_key": record_id.partition(":")[2],
        "part": 1,
        "batch_id": "b",
        "business_date": dt.date(2003, 9, 22),
        "sequence": 0,
        "party_kind": "person",
        "raw": "{}",
        "opened_on": dt.date.fromisoformat(opened) if opened else None,
    }
    return row | values


def whose(
    parties: list[dict[str, Any]],
    *events: dict[str, Any],
    accounts: list[str | None] | None = None,
    names: dict[str, str] | None = None,
):
    table = pa.Table.from_pylist(parties, schema=PARTY_RECORD.arrow)
    usual = {
        "event_type": "contact",
        "source_id": "zt63-il-rachunki",
        "point_code": "ZT63",
        "raw_key": "k",
        "batch_id": "b",
        "business_date": dt.date(2003, 10, 27),
        "sequence": 0,
        "occurred_on": dt.date(2003, 10, 22),
    }
    rows = [dict.fromkeys(EVENT_RECORD.names) | usual | {"event_id": str(at)} | row for at, row in enumerate(events)]
    keys = keys_of_parties(table, pa.array(accounts or [None] * len(parties), pa.string()))
    found = find_parties(
        pa.Table.from_pylist(rows, schema=EVENT_RECORD.arrow),
        keys,
        unit_of_source={"zt63-il-rachunki": "poznan", "zt99-payments": "pilot"},
        names=pd.DataFrame(list((names or {}).items()), columns=["record_id", "name"]),
    )
    return [(row["record_id"], row["unit"], row["resolved_by"]) for row in found.to_pylist()]


JAN = party("zt63-abonent:1", phone="618525252", unit="pilot")
EWA = party("zt63-abonent:2", phone="618525252", opened="2003-10-01")
TOMASZ = party("zt27-abonent:1", phone="329064756", unit="katowice")


def test_an_event_is_in_the_unit_of_its_party():
    assert whose([JAN], {"party_phone": "618525252"}) == [("zt63-abonent:1", "pilot", "phone")]


def test_an_event_of_nobody_stays_with_its_system():
    assert whose([JAN], {"party_phone": "600100200"}, {}) == [
        (None, "poznan", "unresolved"),
        (None, "poznan", "anonymous"),
    ]


def test_a_number_is_whose_it_was_at_the_time():
    then, now = {"party_phone": "618525252", "occurred_on": dt.date(2003, 9, 30)}, {"party_phone": "618525252"}
    assert [found[0] for found in whose([JAN, EWA], then, now)] == ["zt63-abonent:1", "zt63-abonent:2"]


def test_a_shared_number_says_so_and_ties_fall_to_the_least_record():
    twice = [party("zt63-abonent:9", phone="618525252"), JAN]
    assert whose(twice, {"party_phone": "618525252"}) == [("zt63-abonent:1", "pilot", "phone_shared")]


def test_an_account_number_is_of_its_point():
    found = whose([JAN, TOMASZ], {"party_account": "77"}, accounts=["77", "77"])
    assert found == [("zt63-abonent:1", "pilot", "account")]


def test_a_central_account_is_known_at_any_point_that_does_not_know_it_itself():
    firm = party("zt99-abonent:1", unit="pilot")
    asked = {"party_account": "77"}
    assert whose([firm], asked, accounts=["77"]) == [("zt99-abonent:1", "pilot", "account")]
    assert whose([JAN, firm], asked, accounts=["77", "77"]) == [("zt63-abonent:1", "pilot", "account")]
    assert whose([firm], asked | {"party_point": "ZT27"}, accounts=["77"]) == [(None, "poznan", "unresolved")]


def test_a_central_system_names_the_point_or_hopes_the_number_is_the_only_one():
    central = {"source_id": "zt99-payments", "point_code": "ZT99", "party_account": "77"}
    found = whose([JAN, TOMASZ], central | {"party_point": "ZT27"}, central, accounts=["77", "77"])
    assert found == [("zt27-abonent:1", "katowice", "account"), ("zt27-abonent:1", "katowice", "account_shared")]


def test_an_invoice_is_known_to_the_payment_that_names_it():
    invoice = {"event_type": "invoice", "party_account": "77", "number": "F63/03/0000012"}
    payment = {"event_type": "payment", "party_invoice": "F63/03/0000012", "number": "F63/03/0000013"}
    others = payment | {"party_invoice": "F63/03/0000013"}
    found = whose([JAN], payment, invoice, others, accounts=["77"])
    assert [(row[0], row[2]) for row in found] == [
        ("zt63-abonent:1", "invoice"),
        ("zt63-abonent:1", "account"),
        (None, "unresolved"),
    ]


def test_a_letter_is_known_to_the_complaint_that_came_by_it():
    letter = {"event_type": "letter", "party_account": "77", "number": "590000000017"}
    complaint = {"event_type": "complaint", "party_letter": "590000000017", "number": "R63/0000001"}
    found = whose([JAN], complaint, letter, complaint | {"party_letter": "590000000024"}, accounts=["77"])
    assert [(row[0], row[2]) for row in found] == [
        ("zt63-abonent:1", "letter"),
        ("zt63-abonent:1", "account"),
        (None, "unresolved"),
    ]


def test_an_invoice_introduces_the_bank_account_a_payment_names():
    invoice = {"party_account": "77", "party_payment_account": "1" * 26}
    found = whose([JAN], {"party_payment_account": "1" * 26}, invoice, accounts=["77"])
    assert found == [("zt63-abonent:1", "pilot", "payment_account"), ("zt63-abonent:1", "pilot", "account")]


def test_a_shared_line_is_whose_who_named_himself_on_it_not_long_before():
    twice = [party("zt63-abonent:9", phone="618525252"), JAN]
    named = {"party_account": "9", "party_phone": "618525252", "occurred_on": dt.date(2003, 9, 30)}
    soon, late = ({"party_phone": "618525252", "occurred_on": dt.date(2003, month, 5)} for month in (10, 11))
    assert whose(twice, named, soon, late, accounts=["9", "1"]) == [
        ("zt63-abonent:9", "poznan", "account"),
        ("zt63-abonent:9", "poznan", "phone_shared"),
        ("zt63-abonent:1", "pilot", "phone_shared"),
    ]


def test_a_shared_line_is_whose_name_stands_beside_it():
    names = {JAN["record_id"]: "nowakjan", EWA["record_id"]: "nowakewa"}
    asked = [{"party_phone": "618525252", "party_name": name} for name in ("NOWAK JAN", "Nowak Ewa", "NOWAK JAM")]
    assert whose([JAN, EWA], *asked, names=names) == [
        ("zt63-abonent:1", "pilot", "phone_named"),
        ("zt63-abonent:2", "poznan", "phone_named"),
        ("zt63-abonent:1", "pilot", "phone_shared"),
    ]


def test_of_two_of_one_name_the_one_who_had_the_line_then_counts():
    father = party("zt63-abonent:8", phone="618525252", opened="1980-01-01")
    son = party("zt63-abonent:9", phone="618525252", opened="2003-11-01")
    names = {father["record_id"]: "nowakjan", son["record_id"]: "nowakjan"}
    found = whose([son, father], {"party_phone": "618525252", "party_name": "Nowak Jan"}, names=names)
    assert found == [("zt63-abonent:8", "poznan", "phone_named")]


def test_a_survey_and_the_call_it_is_about_tell_each_other_whose_they_are():
    call = {"number": "063900000000000000817"}
    survey = {"event_type": "survey", "related_number": call["number"], "number": "1"}
    told = whose([JAN, EWA], call, survey | {"party_account": "77"}, accounts=["77", "78"])
    assert told == [("zt63-abonent:1", "pilot", "related"), ("zt63-abonent:1", "pilot", "account")]
    shared = survey | {"party_phone": "618525252"}
    told = whose([JAN, EWA], call | {"party_account": "77"}, shared, accounts=["77", "78"])
    assert told == [("zt63-abonent:1", "pilot", "account"), ("zt63-abonent:1", "pilot", "related")]


def test_who_called_from_a_number_and_named_himself_is_known_by_it():
    named = {"party_account": "77", "party_phone": "600100200"}
    found = whose([JAN], {"party_phone": "600100200"}, named, accounts=["77"])
    assert found == [("zt63-abonent:1", "pilot", "phone"), ("zt63-abonent:1", "pilot", "account")]


@given(st.permutations(range(4)))
def test_the_order_of_parties_does_not_matter(order):
    parties = [JAN, EWA, TOMASZ, party("zt63-abonent:5", phone="618525252", opened="2003-10-01")]
    asked = [{"party_phone": "618525252"}, {"party_phone": "329064756"}]
    assert whose([parties[at] for at in order], *asked) == whose(parties, *asked)
