"""What an analyst may see, and in which release."""

from __future__ import annotations

import psycopg
import pytest

from warehouse import Batch
from warehouse.bi import VIEWS
from warehouse.references import record_ref

RAW_VALUES = (
    "Łucja", "Żółwicka", "04610100007", "618123456", "Święty Marcin", "61-806", "2204-01-01", "zt63-abonent:0", "NAZW",
)  # fmt: skip


def test_no_raw_value_comes_through(database, people, release):
    release(people(5))
    text = "".join(str(database.query(f"SELECT * FROM bi.{view.name}")) for view in VIEWS)
    assert [value for value in RAW_VALUES if value in text] == []


def test_a_customer_is_pseudonymous_and_masked(database, people, release):
    release(people(1))
    row = database.query(
        "SELECT customer_id, initials, sex, birth_year, pesel_masked, has_phone, has_email, postal_prefix, city, "
        "records, balance_grosze, release_no FROM bi.customer"
    )
    assert row == [
        ("pozcustomer00000", "Ł.Ż.", "F", 2204, "04*********", True, True, "61", "Poznań", 1, -1250, 1)
    ]  # fmt: skip


def test_a_source_record_is_named_by_its_reference(database, people, release):
    release(people(1))
    rows = database.query("SELECT customer_id, record_ref, source_id, unit FROM bi.customer_source")
    reference = record_ref("zt63-abonent:00000", key=b"reference key of the tests")
    assert rows == [("pozcustomer00000", reference, "zt63-abonent", "poznan")]


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param("SELECT * FROM mdm.golden_customer", id="table"),
        pytest.param("SELECT * FROM meta.release", id="ledger"),
        pytest.param("COPY mdm.party_record TO STDOUT", id="copy"),
        pytest.param("SET ROLE blekit_owner", id="owner's role"),
        pytest.param("SET ROLE blekit_etl", id="etl's role"),
        pytest.param("CREATE TABLE bi.x (a int)", id="create"),
        pytest.param("CREATE TEMP TABLE x (a int)", id="temporary table"),
        pytest.param(
            "CREATE FUNCTION pg_temp.leak(t text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS "
            "$$ BEGIN RAISE NOTICE '%', t; RETURN true; END $$",
            id="leaky function",
        ),
        pytest.param("UPDATE bi.customer SET city = 'x'", id="write through a view"),
        pytest.param("SELECT pg_read_file('/etc/passwd')", id="file"),
        pytest.param("SELECT query_to_xml('SELECT * FROM mdm.party_record', true, false, '')", id="xml"),
    ],
)
def test_the_analyst_reads_views_and_nothing_else(database, attempt):
    with psycopg.connect(database.url("blekit_bi"), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.Error) as raised:
            connection.execute(attempt)
    assert raised.value.sqlstate in ("42501", "55000", "0LP01")


def test_statistics_of_base_tables_stay_hidden(database, people, release):
    release(people(30))
    database.execute_as_owner("ANALYZE mdm.golden_customer")
    assert database.query("SELECT * FROM pg_stats WHERE schemaname IN ('mdm', 'meta', 'dw')") == []


def test_an_error_in_a_filter_does_not_quote_a_masked_value(database, people, release):
    release(people(1))
    with pytest.raises(psycopg.Error) as raised:
        database.query("SELECT * FROM bi.customer WHERE initials::int > 0")
    assert "Żółwicka" not in str(raised.value)


def test_before_the_first_release_every_view_is_empty(database):
    assert [database.query(f"SELECT count(*) FROM bi.{view.name}") for view in VIEWS] == [[(0,)]] * len(VIEWS)


def test_a_connection_sees_the_release_it_pins(database, people, release):
    for count in (2, 5):
        release(people(count))
    question = "SELECT (SELECT count(*) FROM bi.customer), (SELECT count(*) FROM bi.customer_source)"
    pins = [database.query(question, options=options) for options in ("-c blekit.release=1", "-c blekit.release=2", "")]
    assert pins == [[(2, 2)], [(5, 5)], [(5, 5)]]


@pytest.mark.parametrize("number", ["2", "99", "0", "-1", "one", "1;drop", "99999999999"])
def test_a_release_that_cannot_be_read_is_refused(database, warehouse, people, content_of, inputs, release, number):
    release(people(1))
    warehouse.prepare(kind="feed", inputs=inputs("poznan"), content=content_of(people(2)), actor="anna")
    with psycopg.connect(database.url("blekit_bi"), autocommit=True) as connection:
        connection.execute("SELECT set_config('blekit.release', %s, false)", (number,))
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="cannot be read"):
            connection.execute("SELECT count(*) FROM bi.customer")


def test_a_pruned_release_is_refused_and_no_longer_listed(database, people, release):
    for count in (1, 2):
        release(people(count))
    database.execute_as_owner("UPDATE meta.release SET pruned_at = now() WHERE release_no = 1")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        database.query("SELECT * FROM bi.customer", options="-c blekit.release=1")
    assert database.query("SELECT release_no, is_current FROM bi.release") == [(2, True)]


def test_unit_status_counts_what_the_release_holds(database, people, release):
    release(people(3, balance=100) + people(2, unit="krakow"), "poznan", "krakow", quarantine=4)
    rows = database.query(
        "SELECT unit, is_live, records, customers, balance_grosze, quarantined FROM bi.unit_status ORDER BY ordinal"
    )
    assert rows[1] == ("poznan", True, 3, 3, 300, 4)
    assert rows[5] == ("krakow", True, 2, 2, -2500, 0)
    assert [row[1] for row in rows] == [False, True, False, False, False, True]


def test_data_quality_says_where_rows_went_and_why(database, warehouse, people, release):
    import datetime as dt

    day = dt.date(2003, 9, 22)
    counts = {"delivered": 10, "standardised": 3, "quarantined": 4, "excluded": 3}
    reasons = {"deleted": 2, "test_row": 1}
    warehouse.register_batch(
        Batch("zt63-abonent:1", "zt63-abonent", day, 1, 1, 99, **counts, excluded_by_reason=reasons)
    )
    warehouse.register_batch(Batch("zt25-abonent:1", "zt25-abonent", day, 1, 1, 99, delivered=7))
    release(people(3), quarantine=4)
    rows = database.query(
        "SELECT source_id, delivered, loaded, quarantined, excluded, reasons FROM bi.data_quality ORDER BY 1"
    )
    assert rows == [("zt63-abonent", 10, 3, 4, 3, {"deleted": 2, "test_row": 1, "bad_packed_decimal": 4})]
