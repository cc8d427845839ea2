"""A tiny estate of five Informix systems, a real PostgreSQL, and an installation per test.

Deliveries are written by hand here, so what is expected comes from this file and from no reader of ours. The pilot's
own central system is left out; the pilot lives from customers of Zielona Góra whom the roster names.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from blekit.runtime.postgres import EmbeddedPostgres
from config import sources
from config.settings import Settings
from pipeline import batches, cutover
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
    """Customers who have nothing in common."""
    families = [
        "Adamski",
        "Bielak",
        "Cieślik",
        "Dudek",
        "Englert",
        "Fijał",
        "Gołąb",
        "Hajduk",
        "Iwan",
        "Janik",
        "Kubiak",
        "Lis",
        "Mazur",
        "Nowak",
    ]
    givens = [
        "Anna",
        "Bogdan",
        "Celina",
        "Daniel",
        "Ewa",
        "Feliks",
        "Grażyna",
        "Henryk",
        "Irena",
        "Jan",
        "Karol",
        "Lidia",
        "Marek",
        "Natalia",
    ]
    rows = [
        Row(
            number=first + at,
            family=families[(at + first) % len(families)],
            given=givens[(at * 3 + first) % len(givens)],
            birth=f"{1 + (at * 7 + first) % 28:02d}/{1 + (at * 5 + first) % 12:02d}/{1930 + (at * 11 + first) % 50}",
            street=("Lipowa", "Długa", "Krótka", "Polna", "Leśna")[at % 5],
            house=str(1 + at * 13 + first % 50),
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
    poznan = [*newer, *pilots[3:], *people(200, 10), wanda]
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


@pytest.fixture(autouse=True)
def five_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = tuple(source for source in sources.all_sources() if source.source_id in SYSTEMS.values())
    monkeypatch.setattr(batches, "all_sources", lambda: chosen)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    home = tmp_path_factory.mktemp("server")
    postgres = EmbeddedPostgres(home, password=secrets.token_hex(8))
    postgres.start()
    Warehouse.bootstrap(postgres.url(), {"blekit_etl": "etl"}, database="template_pipeline")
    with Warehouse(_etl_url(postgres, "template_pipeline")) as warehouse:
        warehouse.upgrade()
    yield postgres
    postgres.stop()


def _etl_url(server: EmbeddedPostgres, name: str) -> str:
    return f"postgresql://blekit_etl:etl@127.0.0.1:{server.port}/{name}"


def _copy(server: EmbeddedPostgres, *, template: str) -> str:
    name = f"pipeline_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER blekit_owner STRATEGY wal_log")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO blekit_etl")
    return name


def _bench(server: EmbeddedPostgres, home: Path, *, template: str, estate: Estate | None = None) -> Bench:
    name = _copy(server, template=template)
    settings = Settings(home=home, deliveries=home / "deliveries", database_url=_etl_url(server, name))
    installation = Installation(settings)
    installation.ensure_keys()
    estate = estate or write_estate(home / "deliveries")
    return Bench(installation, estate, server.url(), name)


@pytest.fixture
def bench(server: EmbeddedPostgres, tmp_path: Path) -> Bench:
    """Nothing extracted yet."""
    return _bench(server, tmp_path / "home", template="template_pipeline")


@pytest.fixture(scope="session")
def _three_live(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    patch = pytest.MonkeyPatch()
    chosen = tuple(source for source in sources.all_sources() if source.source_id in SYSTEMS.values())
    patch.setattr(batches, "all_sources", lambda: chosen)
    made = _bench(server, tmp_path_factory.mktemp("three") / "home", template="template_pipeline")
    made.take_live("pilot", "poznan", "olsztyn")
    patch.undo()
    return made


@pytest.fixture
def three_live(server: EmbeddedPostgres, _three_live: Bench, tmp_path: Path) -> Bench:
    """Pilot, Poznań and Olsztyn are live, in a database and a home of this test's own."""
    home = tmp_path / "home"
    shutil.copytree(_three_live.installation.home, home)
    estate = Estate(home / "deliveries", told=_three_live.estate.told)
    return _bench(server, home, template=_three_live.name, estate=estate)


@pytest.fixture
def new_people() -> Callable[..., list[Row]]:
    return people


@pytest.fixture
def dates() -> dict[str, dt.date]:
    return {unit: dt.date.fromisoformat(day) for unit, day in CUTOVER.items()}
