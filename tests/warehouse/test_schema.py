"""Upgrades, and refusing a database that is something else than the code needs."""

from __future__ import annotations

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from config.errors import ConfigurationError, LockBusy, PermissionDenied
from config.schemas import CONTENT_TABLES
from warehouse import Warehouse, bootstrap, tables


def test_the_migrations_make_the_tables_of_the_code(database):
    options = {"version_table_schema": "meta", "include_schemas": True, "compare_type": True}
    with database.open() as warehouse, warehouse._engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), tables.metadata)
    assert differences == []


def test_an_upgraded_database_is_current(database):
    with database.open() as warehouse:
        warehouse.require_current_schema()


def test_an_upgrade_may_run_twice_and_keeps_what_is_there(database, warehouse, people, release):
    published = release(people(3))
    warehouse.upgrade()
    warehouse.require_current_schema()
    assert warehouse.current() == published


def test_a_database_never_upgraded_is_refused(empty_database):
    with empty_database.open() as warehouse, pytest.raises(ConfigurationError, match="never set up") as raised:
        warehouse.require_current_schema()
    assert raised.value.exit_code == 78


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param("ALTER TABLE mdm.crosswalk ADD colour text", "mdm.crosswalk.colour", id="a column more"),
        pytest.param("ALTER TABLE mdm.crosswalk DROP decided_by CASCADE", "mdm.crosswalk.decided_by", id="one less"),
        pytest.param(
            "ALTER TABLE mdm.queue_case ALTER match_weight TYPE integer", "mdm.queue_case.match_weight", id="a type"
        ),
        pytest.param("ALTER TABLE mdm.queue_case ALTER reason DROP NOT NULL", "mdm.queue_case.reason", id="nullable"),
        pytest.param("CREATE TABLE dw.stray (a int)", "dw.stray.a", id="a table more"),
        pytest.param("UPDATE meta.alembic_version SET version_num = '0000'", "revision 0000", id="revision"),
        pytest.param("UPDATE meta.schema_state SET fingerprint = 'x'", "another version", id="views"),
    ],
)
def test_a_database_that_differs_is_refused_by_name(own_database, change, message):
    own_database.execute_as_owner(change)
    with own_database.open() as warehouse, pytest.raises(ConfigurationError, match=message) as raised:
        warehouse.require_current_schema()
    assert raised.value.exit_code == 78


def test_an_upgrade_waits_for_nobody_who_publishes(database, warehouse, people, content_of, inputs):
    warehouse.prepare(kind="feed", inputs=inputs("poznan"), content=content_of(people(1)), actor="anna")
    with database.open() as other, pytest.raises(LockBusy):
        other.upgrade()


def test_bootstrap_may_run_twice_and_changes_passwords(admin_url, empty_database):
    old = {"blekit_steward": "steward-secret"}
    bootstrap(admin_url, {"blekit_steward": "another"}, database=empty_database.name)
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(empty_database.url("blekit_steward"))
    finally:
        bootstrap(admin_url, old, database=empty_database.name)
    psycopg.connect(empty_database.url("blekit_steward")).close()


def test_bootstrap_needs_no_superuser(admin_url):
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE landlord LOGIN CREATEDB CREATEROLE PASSWORD 'x'")
        for role in ("blekit_owner", "blekit_etl", "blekit_steward", "blekit_bi"):
            connection.execute(f"GRANT {role} TO landlord WITH ADMIN OPTION")
    bootstrap(admin_url.replace("postgres:admin-secret", "landlord:x"), {}, database="let")
    with psycopg.connect(admin_url) as connection:
        owner = connection.execute("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'let'").fetchone()
    assert owner == ("blekit_owner",)


def test_a_wrong_password_is_a_configuration_error_without_the_password(database):
    url = database.url().replace("etl-secret", "wrong-secret")
    with Warehouse(url) as stranger, pytest.raises(ConfigurationError) as raised:
        stranger.current()
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("DROP TABLE mdm.crosswalk", id="drop"),
        pytest.param("TRUNCATE mdm.crosswalk", id="truncate"),
        pytest.param("ALTER TABLE mdm.crosswalk ADD x int", id="alter"),
        pytest.param("CREATE TABLE meta.x (a int)", id="create"),
        pytest.param("UPDATE meta.audit_event SET actor = 'x'", id="rewrite audit"),
        pytest.param("DELETE FROM meta.decision", id="delete decisions"),
        pytest.param("UPDATE meta.approval SET decision = 'go'", id="rewrite approvals"),
        pytest.param("DELETE FROM meta.release", id="delete releases"),
        pytest.param("UPDATE dw.dim_unit SET wave = 0", id="rewrite dimensions"),
        pytest.param("CREATE TEMP TABLE x (a int)", id="temporary table"),
    ],
)
def test_the_etl_role_works_within_its_rights(database, statement):
    with psycopg.connect(database.url(), autocommit=True) as connection, pytest.raises(psycopg.Error) as raised:
        connection.execute(statement)
    assert raised.value.sqlstate == "42501"


def test_a_steward_decides_with_no_more_rights_than_that(database, people, release):
    release(people(1))
    with Warehouse(database.url("blekit_steward"), ref_key=b"reference key of the tests") as steward:
        assert steward.append_decision("same", "a:1", "b:2", actor="ola") == 1
        assert steward.read("golden_customer").num_rows == 1
        with pytest.raises(PermissionDenied):
            steward.move_unit("poznan", to="landed", actor="ola")


def test_missing_rights_are_named(database):
    with database.open() as warehouse, pytest.raises(PermissionDenied) as raised:
        from warehouse.engine import transaction

        with transaction(warehouse._engine) as connection:
            connection.exec_driver_sql("DELETE FROM meta.audit_event")
    assert raised.value.exit_code == 77


def test_nobody_of_ours_is_a_superuser(database):
    rows = database.query(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'blekit%' "
        "AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)"
    )
    assert rows == []


def test_every_table_and_column_has_a_comment(database):
    rows = database.query(
        """SELECT c.oid::regclass::text, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum >= 0 AND NOT a.attisdropped
           WHERE n.nspname IN ('meta', 'mdm', 'dw', 'bi') AND c.relkind IN ('r', 'v')
             AND c.relname <> 'alembic_version' AND col_description(c.oid, a.attnum) IS NULL
           UNION ALL
           SELECT c.oid::regclass::text, NULL FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname IN ('meta', 'mdm', 'dw', 'bi') AND c.relkind IN ('r', 'v')
             AND c.relname <> 'alembic_version' AND obj_description(c.oid, 'pg_class') IS NULL"""
    )
    assert rows == []


def test_content_columns_carry_their_meaning(database):
    rows = database.query(
        "SELECT a.attname, col_description(a.attrelid, a.attnum) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'golden_customer' AND a.attnum > 0"
    )
    meanings = {column.name: column.meaning for schema in CONTENT_TABLES for column in schema.columns}
    assert {name: found for name, found in rows if name in ("email", "family_name_rule")} == {
        "email": meanings["email"],
        "family_name_rule": meanings["family_name_rule"],
    }


def test_dimensions_come_from_config(database):
    counts = database.query(
        "SELECT (SELECT count(*) FROM dw.dim_unit), (SELECT count(*) FROM dw.dim_collection_point)", role="blekit_etl"
    )
    assert counts == [(6, 50)]
