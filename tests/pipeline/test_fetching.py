"""Services become deliveries, and deliveries are landed as any other: real SQLite files, SFTP and SOAP on loopback."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blekit import cli
from config.errors import BadData, ConfigurationError, SourceUnavailable
from config.kinds import Kind, all_kinds
from config.locations import load_locations
from config.settings import Settings
from config.sources import source_with_id
from connectors import read_manifest
from connectors.unloading import unload_line
from estate.services.sftp import SftpDrop, put
from estate.services.soap import Dialect, SoapService, write_service
from pipeline.fetched import oddities_of_drops
from pipeline.fetching import Fetched, fetch_deliveries
from pipeline.installation import Installation
from pipeline.landing import Landed, Rejection, land

SOURCE = source_with_id("zt97-abonent")
COLUMNS = str(all_kinds()["a3"].options["columns"]).split()
FIRST, SECOND, THIRD = dt.date(2003, 9, 20), dt.date(2003, 9, 21), dt.date(2003, 9, 22)
ADDRESS = {"user": "blekit", "password": "sekret"}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Kind]:
    """Makes the kind of our source one that is fetched."""

    def serve(**service: Any) -> Kind:
        kind = Kind.model_validate({**all_kinds()["a3"].model_dump(), "service": service})
        monkeypatch.setitem(all_kinds(), "a3", kind)
        return kind

    return serve


@dataclasses.dataclass
class Home:
    """An installation that knows one service."""

    installation: Installation

    def locate(self, **location: Any) -> None:
        path = self.installation.settings.locations_file
        path.write_text(json.dumps({SOURCE.source_id: location}), encoding="utf-8")

    def keep(self, name: str, text: str) -> str:
        (self.installation.keys_dir / name).write_text(text, encoding="utf-8")
        return name

    def fetch(self, until: dt.date = THIRD) -> Fetched:
        found = fetch_deliveries(self.installation, SOURCE, until=until)
        assert found is not None
        return found

    def folder(self, name: str) -> Path:
        return self.installation.deliveries_dir / SOURCE.source_id / name

    def land(self, name: str) -> Landed | Rejection:
        return land(self.installation.landing_dir, self.folder(name), source=SOURCE)

    def landed(self, name: str) -> list[str]:
        found = self.land(name)
        assert isinstance(found, Landed)
        return [str(key) for key in found.raw().column("id_klienta").to_pylist()]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    installation = Installation(Settings(home=tmp_path / "home"))
    installation.ensure_keys()
    return Home(installation)


# -- a database ---


def row_of(number: int, day: dt.date) -> tuple[str | None, ...]:
    known = {
        "id_klienta": str(number), "typ": "F", "nazwa": "Święcicka", "imie": "", "data_od": f"{day:%d/%m/%Y}",
        "saldo": "-12.50",
    }  # fmt: skip
    return (*(known.get(name) for name in COLUMNS), day.isoformat())


class Office:
    """The SQLite file of an office."""

    def __init__(self, path: Path) -> None:
        self.path = path
        columns = ", ".join(f"{name} {'numeric' if name == 'saldo' else 'text'}" for name in (*COLUMNS, "zmiana"))
        self._run(f"CREATE TABLE klient ({columns})")

    def add(self, number: int, day: dt.date) -> None:
        self._run(f"INSERT INTO klient VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", row_of(number, day))

    def _run(self, statement: str, values: tuple[str | None, ...] = ()) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.execute(statement, values)
        connection.close()


@pytest.fixture
def office(home: Home, served: Callable[..., Kind], tmp_path: Path) -> Office:
    served(
        fetch="sql", table="klient", watermark="zmiana", watermark_type="date", overlap=1,
        sums={"balance_grosze": {"column": "saldo"}}, new_columns="discard",
    )  # fmt: skip
    office = Office(tmp_path / "biuro.sqlite")
    home.locate(fetch="sql", url=f"sqlite:///{office.path}")
    office.add(1, FIRST - dt.timedelta(days=30))
    office.add(2, FIRST)
    return office


def test_a_table_is_landed_as_any_delivery(home: Home, office: Office) -> None:
    assert home.fetch(FIRST).deliveries == ("2003-09-20-1",)
    landed = home.land("2003-09-20-1")
    assert isinstance(landed, Landed)
    assert landed.control == {"records": 2, "balance_grosze": -2500}
    row = landed.raw().to_pylist()[0]
    assert (row["nazwa"], row["imie"], row["pesel"]) == ("Święcicka", "", None)


def test_a_later_fetch_takes_what_is_new_and_the_overlap(home: Home, office: Office) -> None:
    home.fetch(FIRST)
    office.add(3, SECOND)
    home.fetch(SECOND)
    assert home.landed("2003-09-21-2") == ["2", "3"]


def test_a_row_that_became_visible_late_is_not_lost(home: Home, office: Office) -> None:
    home.fetch(FIRST)
    office.add(3, FIRST)
    home.fetch(SECOND)
    assert home.landed("2003-09-21-2") == ["2", "3"]


def test_fetching_again_changes_nothing(home: Home, office: Office) -> None:
    home.fetch(FIRST)
    again = home.fetch(FIRST)
    assert (again.deliveries, again.unchanged) == ((), 1)


def test_a_lost_memory_costs_no_data_and_doubles_none(home: Home, office: Office) -> None:
    home.fetch(FIRST)
    shutil.rmtree(home.installation.home / "fetched")
    assert home.fetch(FIRST).unchanged == 1


def test_a_changed_table_is_a_further_delivery_of_the_day(home: Home, office: Office) -> None:
    home.fetch(FIRST)
    office.add(3, FIRST)
    assert home.fetch(FIRST).deliveries == ("2003-09-20-2",)
    assert home.landed("2003-09-20-2") == ["1", "2", "3"]


def test_days_to_come_are_left_to_later_deliveries(home: Home, office: Office) -> None:
    office.add(3, THIRD)
    home.fetch(FIRST)
    assert home.landed("2003-09-20-1") == ["1", "2"]


def test_a_failed_fetch_leaves_no_delivery(home: Home, office: Office) -> None:
    office.path.write_bytes(b"no database" * 500)
    with pytest.raises(BadData):
        home.fetch(FIRST)
    assert not list(home.installation.deliveries_dir.rglob("manifest.json"))


def test_columns_left_out_are_told(home: Home, office: Office) -> None:
    office._run("ALTER TABLE klient ADD COLUMN tel_trzeci text")
    assert home.fetch(FIRST).warnings == ("zt97-abonent: new column 'tel_trzeci' is left out",)


# -- a drop ---


@pytest.fixture
def drop(home: Home, tmp_path: Path) -> Iterator[SftpDrop]:
    (tmp_path / "drop").mkdir()
    with SftpDrop(tmp_path / "drop", **ADDRESS) as served:
        home.locate(
            fetch="sftp", host="127.0.0.1", port=served.port, user="blekit", folder="/",
            host_key=home.keep("drop.pub", served.host_key), password=home.keep("drop.password", "sekret\n"),
        )  # fmt: skip
        yield served


@pytest.fixture
def loose(drop: SftpDrop, served: Callable[..., Kind]) -> SftpDrop:
    served(fetch="sftp", layout="files", names={"main": r"KL_(?P<date>\d{8})_(?P<sequence>\d+)\.UNL"})
    return drop


@pytest.fixture
def folders(drop: SftpDrop, served: Callable[..., Kind]) -> SftpDrop:
    served(fetch="sftp", layout="folders")
    return drop


def unload(*numbers: int) -> bytes:
    rows = [[cell and cell.encode("iso8859_2") for cell in row_of(number, FIRST)[:-1]] for number in numbers]
    return b"".join(unload_line(row, delimiter=b"|") for row in rows)


def send(drop: SftpDrop, sequence: int, *numbers: int, day: str = "20030920") -> Path:
    return put(drop.folder, f"KL_{day}_{sequence}.UNL", unload(*numbers), sidecar="ctl", records=len(numbers))


def test_a_dropped_file_is_landed(home: Home, loose: SftpDrop) -> None:
    send(loose, 1, 1, 2)
    assert home.fetch().deliveries == ("2003-09-20-100",)
    assert home.landed("2003-09-20-100") == ["1", "2"]
    assert read_manifest(home.folder("2003-09-20-100")).control == {"records": 2}


def test_what_is_sent_again_is_the_same_delivery(home: Home, loose: SftpDrop) -> None:
    path = send(loose, 1, 1)
    home.fetch()
    os.utime(path, (1000, 1000))
    found = home.fetch()
    assert (found.deliveries, found.unchanged) == ((), 1)
    assert home.fetch().unchanged == 0  # and is not read a third time


def test_numbers_do_not_depend_on_the_order_of_arrival(home: Home, loose: SftpDrop) -> None:
    send(loose, 2, 2)
    home.fetch()
    send(loose, 1, 1)
    home.fetch()
    path = send(loose, 1, 1, 3)
    os.utime(path, (1000, 1000))
    home.fetch()
    # What corrects the first stays below the second, whenever it comes.
    assert {name: home.landed(f"2003-09-20-{name}") for name in (100, 101, 200)} == {
        100: ["1"], 101: ["1", "3"], 200: ["2"],
    }  # fmt: skip


def test_spare_numbers_are_no_gaps(home: Home, loose: SftpDrop) -> None:
    from pipeline.feeding import gaps

    taken: list[Any] = [SimpleNamespace(source_id=SOURCE.source_id, sequence=number) for number in (100, 101, 300)]
    assert list(gaps(taken)) == [{"source_id": SOURCE.source_id, "sequences": [2]}]


def test_what_is_left_is_told(home: Home, loose: SftpDrop) -> None:
    put(loose.folder, "KL_20030920_1.UNL", b"")
    assert [(left["name"], left["code"]) for left in home.fetch().row()["left"]] == [
        ("KL_20030920_1.UNL", "still_arriving")
    ]


def send_folder(drop: SftpDrop, *numbers: int, sent: bytes | None = None) -> None:
    content = unload(*numbers)
    folder = drop.folder / "dostawa"
    folder.mkdir(exist_ok=True)
    (folder / "klient.unl").write_bytes(content if sent is None else sent)
    entry = {"name": "klient.unl", "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = {
        "source_id": SOURCE.source_id, "business_date": "2003-09-20", "sequence": 3, "files": [entry],
        "control": {"records": len(numbers)},
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_broken_folder_is_rejected_and_its_good_copy_taken(home: Home, folders: SftpDrop) -> None:
    send_folder(folders, 1, 2, sent=unload(1, 2)[:-5])
    home.fetch()
    assert isinstance(home.land("2003-09-20-3"), Rejection)
    send_folder(folders, 1, 2)
    assert home.fetch().deliveries == ("2003-09-20-3",)
    assert home.landed("2003-09-20-3") == ["1", "2"]


def test_other_content_under_the_same_number_is_refused(home: Home, folders: SftpDrop) -> None:
    send_folder(folders, 1)
    home.fetch()
    send_folder(folders, 1, 2)
    assert [(left.code, left.name) for left in home.fetch().left] == [("BadData", "dostawa")]
    assert home.landed("2003-09-20-3") == ["1"]


ODDITIES = {
    "nothing": ([1], []),
    "the same once more": ([1, 1], ["KL_20030920_1.UNL sent_again"]),
    "something else under its name": ([1, 2], []),
}


@pytest.mark.parametrize(("numbers", "expected"), ODDITIES.values(), ids=list(ODDITIES))
def test_what_was_odd_in_a_drop_is_remembered(
    home: Home, loose: SftpDrop, numbers: list[int], expected: list[str]
) -> None:
    for at, number in enumerate(numbers):
        os.utime(send(loose, 1, number), (1000 + at, 1000 + at))
        home.fetch()
    odd = oddities_of_drops(home.installation).get(SOURCE.source_id, [])
    assert [f"{each['name']} {each['code']}" for each in odd] == expected


def test_what_has_come_whole_at_last_is_not_odd_any_more(home: Home, folders: SftpDrop) -> None:
    (folders.folder / "dostawa").mkdir()
    home.fetch()
    told = oddities_of_drops(home.installation)
    assert [(each["name"], each["code"]) for each in told[SOURCE.source_id]] == [("dostawa", "still_arriving")]
    send_folder(folders, 1, 2, sent=unload(1, 2)[:-5])
    home.fetch()
    send_folder(folders, 1, 2)  # a good copy of a broken one is no repetition
    home.fetch()
    assert oddities_of_drops(home.installation) == {}


def test_who_was_killed_before_he_remembered_does_not_blame_the_sender(home: Home, loose: SftpDrop) -> None:
    send(loose, 1, 1)
    home.fetch()
    (home.installation.home / "fetched" / f"{SOURCE.source_id}.json").unlink()
    assert home.fetch().unchanged == 1
    assert oddities_of_drops(home.installation) == {}


def test_a_cut_line_is_told_and_nothing_is_lost(home: Home, loose: SftpDrop) -> None:
    send(loose, 1, *range(1, 40_000))
    loose.mishaps.cut_after = 1 << 20
    with pytest.raises(SourceUnavailable):
        home.fetch()
    assert not list(home.installation.deliveries_dir.rglob("manifest.json"))
    home.fetch()
    assert len(home.landed("2003-09-20-100")) == 39_999


# -- a web service ---


@pytest.fixture
def portal(home: Home, served: Callable[..., Kind], tmp_path: Path) -> Iterator[SoapService]:
    served(
        fetch="http", namespace="urn:konto:zgloszenia", operation="PobierzZgloszenia",
        parameters={"odDnia": "since", "doDnia": "until", "kursor": "cursor", "ile": "page_size"},
        record="z", cursor="nastepny", total="razem", page_size=2, overlap_days=1,
    )  # fmt: skip
    write_service(tmp_path / "portal" / "zt97", Dialect(), [f'<z dzien="2003-09-{day}"/>' for day in range(18, 23)])
    with SoapService(tmp_path / "portal", **ADDRESS) as service:
        home.locate(fetch="http", url=service.url("zt97"), user="blekit", password=home.keep("p.password", "sekret"))
        yield service


def test_spans_of_days_follow_each_other_and_overlap(home: Home, portal: SoapService) -> None:
    assert home.fetch(FIRST).deliveries == ("2003-09-20-1",)
    assert home.fetch(THIRD).deliveries == ("2003-09-22-2",)
    content = home.folder("2003-09-22-2").joinpath("klient.unl").read_bytes()
    assert [day for day in range(18, 23) if f'"2003-09-{day}"'.encode() in content] == [20, 21, 22]
    assert read_manifest(home.folder("2003-09-22-2")).control == {"records": 3}


# -- locations ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param('zt97-abonent: {fetch: sql, url: "postgresql://u:tajne@h/d"}', "holds a password", id="password"),
        pytest.param("zt97-abonent: {fetch: ftp, url: x}", "fetch", id="no such service"),
        pytest.param("zt97-abonent: {fetch: sql, url: x, hots: y}", "url", id="misspelt"),
        pytest.param("zt00-nie-ma: {fetch: sql, url: 'sqlite:///x'}", "not registered", id="no such source"),
        pytest.param(
            "zt97-abonent: {fetch: sftp, host: h, user: u, host_key: ../id.key}", "host_key", id="a path for a key"
        ),
        pytest.param("[1]", "dictionary", id="no mapping"),
    ],
)
def test_locations_we_refuse(home: Home, content: str, message: str) -> None:
    path = home.installation.settings.locations_file
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_locations(path)
    assert "tajne" not in str(caught.value)


def test_without_a_location_nothing_is_fetched(home: Home) -> None:
    assert fetch_deliveries(home.installation, SOURCE, until=FIRST) is None


def test_a_location_its_kind_does_not_fit(home: Home) -> None:
    home.locate(fetch="sql", url="sqlite:///x")
    with pytest.raises(ConfigurationError, match="not fetched so"):
        home.fetch()


def test_a_missing_key(home: Home, loose: SftpDrop) -> None:
    (home.installation.keys_dir / "drop.password").unlink()
    with pytest.raises(ConfigurationError, match=r"drop\.password"):
        home.fetch()


# -- who calls it ---


def test_the_command(home: Home, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("BLEKIT_HOME", str(home.installation.home))
    code = cli.run(["sources", "fetch", "--until", "2003-09-20", "--json"])
    row = json.loads(capsys.readouterr().out)[0]
    assert (code, row["source_id"], row["deliveries"], row["error"]) == (0, "zt97-abonent", ["2003-09-20-1"], None)


def test_the_command_goes_on_and_ends_with_the_first_failure(
    home: Home, office: Office, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("BLEKIT_HOME", str(home.installation.home))
    office.path.unlink()
    assert cli.run(["sources", "fetch", "--json"]) == SourceUnavailable.exit_code
    assert json.loads(capsys.readouterr().out)[0]["error"] == "SourceUnavailable"


def test_extraction_fetches_first(bench: Any, office: Office, home: Home) -> None:
    from config.units import unit_named
    from pipeline.extraction import extract_point

    shutil.copy(home.installation.settings.locations_file, bench.installation.settings.locations_file)
    unit = unit_named(SOURCE.unit)
    with bench.installation.open_warehouse() as warehouse:
        batches = extract_point(bench.installation, warehouse, unit, point=SOURCE.point_code)
    fetched = [batch for batch in batches if batch.control.get("balance_grosze") == -2500]
    assert [(batch.state, batch.delivered, str(batch.business_date)) for batch in fetched] == [
        ("accepted", 2, unit.cutover_date.isoformat())
    ]


def test_a_feed_asks_services_of_live_units(three_live: Any, office: Office, home: Home) -> None:
    from pipeline.feeding import feed_points, run_feed

    shutil.copy(home.installation.settings.locations_file, three_live.installation.settings.locations_file)
    until = dt.date(2006, 12, 31)
    assert feed_points(three_live.installation, until) == [SOURCE.point_code]
    fed = run_feed(three_live.installation, until, "engineer")
    assert (fed["deliveries"], fed["rejected"]) == (1, [])
    assert run_feed(three_live.installation, until, "engineer")["deliveries"] == 0
