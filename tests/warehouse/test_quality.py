"""Every expectation of the quality gate has a planted defect that trips it, and it alone."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Callable

import pyarrow as pa
import pytest

from config.schemas import schema_named
from warehouse.quality import Thresholds, check_unit, checks

Content = dict[str, pa.Table]


def _change(content: Content, table: str, row: int, **values: object) -> None:
    rows = content[table].to_pylist()
    rows[row] |= values
    content[table] = pa.Table.from_pylist(rows, schema=_nullable(table))


def _repeat(content: Content, table: str, **values: object) -> None:
    rows = content[table].to_pylist()
    content[table] = pa.Table.from_pylist([*rows, rows[0] | values], schema=_nullable(table))


def _drop(content: Content, table: str, row: int) -> None:
    rows = content[table].to_pylist()
    del rows[row]
    content[table] = pa.Table.from_pylist(rows, schema=_nullable(table))


def _nullable(table: str) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema_named(table).arrow])


def _empty_unit(content: Content) -> None:
    for table in ("party_record", "crosswalk", "golden_customer", "fact_account", "fact_contact", "quarantine"):
        content[table] = schema_named(table).empty()


def _without_record_id(content: Content) -> None:
    # Its link goes too: what is planted is the missing key, not a lost link.
    _drop(content, "crosswalk", -1)
    _change(content, "party_record", -1, record_id=None)


def _second_customer_of_the_same_id(content: Content) -> None:
    _change(content, "golden_customer", 1, customer_id=content["golden_customer"]["customer_id"][0].as_py())


def _too_many_customers(content: Content) -> None:
    for number in (1, 2):
        _repeat(content, "golden_customer", customer_id=f"pozcustomer9999{number}", balance_grosze=0)


def _without(column: str) -> Callable[[Content], None]:
    def plant(content: Content) -> None:
        table = content["party_record"]
        nulls = pa.nulls(table.num_rows, pa.string())
        content["party_record"] = table.set_column(table.column_names.index(column), column, nulls)

    return plant


def _one(table: str, **values: object) -> Callable[[Content], None]:
    return lambda content: _change(content, table, 0, **values)


def _twice(table: str, **values: object) -> Callable[[Content], None]:
    return lambda content: _repeat(content, table, **values)


def _invoice_without_amount(content: Content) -> None:
    invoice = content["fact_contact"].to_pylist()[0] | {"event_id": "zt63-billing:1", "amount_grosze": None}
    content["fact_invoice"] = pa.Table.from_pylist([invoice], schema=_nullable("fact_invoice"))


STRANGER = "zt63-abonent:99999"
DEFECTS: dict[str, Callable[[Content], None]] = {
    "records_exist": _empty_unit,
    "record_id_present": _without_record_id,
    "record_id_unique": _twice("party_record", balance_grosze=None),
    "party_kind_known": _one("party_record", party_kind="household"),
    "point_known": _one("party_record", point_code="ZT64"),
    "pesel_wellformed": _one("party_record", pesel="0461010000"),
    "nip_wellformed": _one("party_record", nip="123-456-32-18"),
    "regon_wellformed": _one("party_record", regon="1234567890"),
    "phone_wellformed": _one("party_record", phone="+48618123456"),
    "postal_code_wellformed": _one("party_record", postal_code="61806"),
    "names_present": _without("family_name"),
    "places_present": _without("city"),
    "link_unique": _twice("crosswalk"),
    "link_customer_present": _one("crosswalk", customer_id=None),
    "link_decision_known": _one("crosswalk", decided_by="guess"),
    "customer_unique": _second_customer_of_the_same_id,
    "customer_kind_known": _one("golden_customer", party_kind="household"),
    "customer_has_records": _one("golden_customer", records=0),
    "account_unique": _twice("fact_account", balance_grosze=0),
    "fees_not_negative": _one("fact_account", monthly_fee_grosze=-1),
    "records_all_linked": lambda content: _drop(content, "crosswalk", -1),
    "links_all_to_records": _twice("crosswalk", record_id=STRANGER),
    "anchors_all_linked": _one("golden_customer", anchor_record_id=STRANGER),
    "customers_not_more_than_records": _too_many_customers,
    "balances_of_accounts": _one("party_record", balance_grosze=-1249),
    "balances_of_customers": _one("golden_customer", balance_grosze=-1249),
    "event_unique": _twice("fact_contact"),
    "event_reference_known": _one("fact_contact", resolved_by="guess"),
    "event_year_plausible": _one("fact_contact", occurred_on=dt.date(1900, 1, 1)),
    "event_amount_present": _invoice_without_amount,
    "unresolved_share": lambda content: [
        _change(content, "fact_contact", at, resolved_by="unresolved") for at in range(9)
    ],
    "events_of_known_records": _one("fact_contact", record_id=STRANGER),
    "units_known": _twice("party_record", record_id=STRANGER, unit="gdansk"),
}


@pytest.fixture
def sound(people, person, content_of) -> Content:
    """39 customers of 40 records: the last one belongs to the customer before it."""
    rows = people(40)
    return content_of([*rows[:39], person("zt63-abonent:00039", rows[38].customer_id)])


def test_a_sound_unit_passes(sound):
    assert check_unit(sound, unit="poznan", thresholds=Thresholds()).failed == ()


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_trips_its_expectation_alone(sound, name):
    DEFECTS[name](sound)
    report = check_unit(sound, unit="poznan", thresholds=Thresholds())
    assert (report.success, report.failed) == (False, (name,))


def test_too_much_quarantine_stops_a_unit(people, content_of):
    report = check_unit(content_of(people(40), quarantine=5), unit="poznan", thresholds=Thresholds())
    assert report.failed == ("quarantine_share",)


def test_every_expectation_has_its_defect():
    assert {check.name for check in checks(Thresholds())} == DEFECTS.keys() | {"quarantine_share"}


def test_another_unit_is_not_judged(sound):
    _change(sound, "party_record", 0, unit="krakow", pesel="1")
    assert "pesel_wellformed" not in check_unit(sound, unit="poznan", thresholds=Thresholds()).failed


def test_data_docs_hold_no_value_and_fetch_nothing(sound, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("something tried the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    _change(sound, "party_record", 0, pesel="4405140135X")
    check_unit(sound, unit="poznan", thresholds=Thresholds()).write_data_docs(tmp_path)
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    text = "".join(pages.values())
    layers = ("accounts", "customers", "events", "index", "links", "money", "records", "sums")
    assert sorted(pages) == [f"{layer}.html" for layer in layers]
    assert "pesel_wellformed" in pages["index.html"]
    assert not [word for word in ("4405140135X", "Żółwicka", 'src="http', "<link") if word in text]
