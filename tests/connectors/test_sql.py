"""Databases unloaded into files: a real PostgreSQL in WIN1250, and SQLite files."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from blekit.runtime.place import SHARED, find_place
from blekit.runtime.postgres import EmbeddedPostgres
from config.errors import (
    BadData,
    BudgetExceeded,
    ConfigurationError,
    ControlTotalsDiffer,
    PermissionDenied,
    SourceContractBroken,
    SourceUnavailable,
)
from config.kinds import Budgets, Kind
from connectors.informix_unload import UnloadFormat, read_unload
from connectors.model import Ledger
from connectors.sql import Unloaded, unload_table
from connectors.unloading import unload_line
from estate.services.database import create_database, load_postgres, write_sqlite
from estate.services.tables import Table, read_rows, write_table

TABLE = Table(
    "Zgłoszenia",
    (
        ("nr", "integer"), ("nazwa", "text"), ("opis", "text"), ("kwota", "numeric(12,2)"),
        ("zmiana", "timestamp"),
    ),
    ("nr",),
)  # fmt: skip
ROWS: list[tuple[str | None, ...]] = [
    ("1", "Święcicka Łucja", "zażółć gęślą jaźń", "-12.50", "2003-09-01 08:00:00"),
    ("2", "", None, "300.75", "2003-09-02 08:00:00"),
    ("3", None, "", None, "2003-09-03 08:00:00"),
    ("4", "A|B\\C", "dwa\nwiersze\r\ni trzy\t", "0.00", "2003-09-04 23:59:59.5"),
    ("5", " ", "\\ ", "0.05", None),
    ("10", "Żak", "|", "1.00", "2003-09-05 08:00:00"),
]
UNTIL = dt.date(2003, 9, 30)
PASSWORD = "hasło@:/%"


def make_kind(**changes: Any) -> Kind:
    service = {
        "fetch": "sql", "table": "Zgłoszenia", "watermark": "zmiana", "overlap": 1,
        "sums": {"kwota_grosze": {"column": "kwota"}},
    } | changes.pop("service", {})  # fmt: skip
    values = {
        "kind": "zz", "title": "t", "format": "informix_unload", "code_page": "cp1250", "files": {"main": "z.unl"},
        "key": ("nr",), "columns": {"nr": "account_number", "nazwa": "party_name"}, "ignore": ("opis",),
        "options": {"columns": "nr nazwa opis kwota zmiana"}, "service": service,
    }  # fmt: skip
    return Kind.model_validate(values | changes)


@dataclass(frozen=True)
class Place:
    """A database with the table, and how its bytes are written."""

    url: str
    password: str | None

    def unload(self, path: Path, kind: Kind | None = None, **options: Any) -> Unloaded:
        values = {"kind": kind or make_kind(), "source_id": "zt00-test", "until": UNTIL, **options}
        return unload_table(path / "z.unl", url=self.url, password=self.password, **values)


def cells_of(path: Path, kind: Kind | None = None) -> list[list[str | None]]:
    kind = kind or make_kind()
    file = path / kind.files["main"]
    ledger = Ledger(file.name, file.stat().st_size, kind.budgets)
    names = tuple(str(kind.options["columns"]).split())
    form = UnloadFormat(names, (kind.code_page,))
    chunks = list(read_unload(file, form=form, ledger=ledger))
    assert ledger.account().is_balanced
    assert not sum(chunk.quarantine.num_rows for chunk in chunks)
    return [[row[name] for name in names] for chunk in chunks for row in chunk.records.to_pylist()]


@pytest.fixture(scope="session")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("sql")
    server = EmbeddedPostgres(home, password="admin")
    server.start()
    yield server.url()
    data = find_place(home).data
    server.stop()
    if data.is_relative_to(SHARED):
        shutil.rmtree(data.parent)


@pytest.fixture(scope="session")
def win1250(admin: str) -> str:
    """Makes the database; its table is loaded anew for each test."""
    create_database(admin, name="biuro", user="biuro", password=PASSWORD)
    return admin


@pytest.fixture
def postgres(win1250: str, tmp_path: Path) -> Place:
    admin = win1250
    write_table(tmp_path / "tables", TABLE, ROWS)
    address = admin.rpartition("@")[2].partition("/")[0]
    load_postgres(admin_of(admin), {"public": tmp_path / "tables"}, reader="biuro")
    return Place(f"postgresql://biuro@{address}/biuro", PASSWORD)


def admin_of(admin: str) -> str:
    return admin.removesuffix("/postgres") + "/biuro"


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    write_table(tmp_path / "tables", TABLE, ROWS)
    write_sqlite(tmp_path / "biuro.sqlite", tmp_path / "tables")
    return Place(f"sqlite:///{tmp_path / 'biuro.sqlite'}", None)


@pytest.fixture(params=["postgres", "sqlite"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def by_number(rows: list[list[str | None]]) -> dict[str | None, list[str | None]]:
    return {row[0]: row for row in rows}


# -- what is unloaded ---


def test_texts_come_as_the_database_stores_them(place: Place, tmp_path: Path) -> None:
    place.unload(tmp_path)
    found = by_number(cells_of(tmp_path))
    assert [found[row[0]][:3] for row in ROWS] == [list(row[:3]) for row in ROWS]


def test_win1250_bytes_reach_the_file(postgres: Place, tmp_path: Path) -> None:
    postgres.unload(tmp_path)
    assert "Święcicka Łucja|zażółć gęślą jaźń".encode("cp1250") in (tmp_path / "z.unl").read_bytes()


def test_control_totals_are_what_the_database_counts(place: Place, tmp_path: Path) -> None:
    found = place.unload(tmp_path)
    assert found.control == {"records": 6, "kwota_grosze": 28930}


def test_a_table_without_watermark_or_sums_comes_whole(place: Place, tmp_path: Path) -> None:
    found = place.unload(tmp_path, make_kind(service={"watermark": None, "sums": {}}), since="2005-01-01")
    assert (found.control, found.mark) == ({"records": 6}, None)


def test_rows_come_in_the_order_of_the_key(place: Place, tmp_path: Path) -> None:
    place.unload(tmp_path, chunk_records=2)
    assert [row[0] for row in cells_of(tmp_path)] == ["1", "2", "3", "4", "5", "10"]


def test_unloading_twice_gives_the_same_bytes(place: Place, tmp_path: Path) -> None:
    place.unload(tmp_path)
    first = (tmp_path / "z.unl").read_bytes()
    place.unload(tmp_path, chunk_records=1)
    assert (tmp_path / "z.unl").read_bytes() == first


def test_an_empty_table(place: Place, tmp_path: Path) -> None:
    found = place.unload(tmp_path, make_kind(service={"watermark": "zmiana"}), since="2005-01-01 00:00:00")
    assert (found.control["records"], found.mark) == (1, None)  # the row nobody dated
    assert len(cells_of(tmp_path)) == 1


def test_a_view_is_a_table(sqlite: Place, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "biuro.sqlite") as connection:
        connection.execute('CREATE VIEW nowe AS SELECT * FROM "Zgłoszenia" WHERE nr > 3')
    assert sqlite.unload(tmp_path, make_kind(service={"table": "nowe"})).records == 3


def test_windows_bytes_in_a_sqlite_file(tmp_path: Path) -> None:
    write_table(tmp_path / "tables", TABLE, ROWS)
    write_sqlite(tmp_path / "b.sqlite", tmp_path / "tables", page="cp1250")
    Place(f"sqlite:///{tmp_path / 'b.sqlite'}", None).unload(tmp_path, make_kind(service={"stored_page": "cp1250"}))
    assert cells_of(tmp_path)[0][1] == "Święcicka Łucja"


def test_a_byte_without_a_character_reaches_the_reader(postgres: Place, admin: str, tmp_path: Path) -> None:
    # 0x81 means nothing in WIN1250; a client that reads UTF-8 gets an error for the whole query.
    with psycopg.connect(admin_of(admin), client_encoding="WIN1250") as connection:
        connection.execute(b"UPDATE \"Zg\xb3oszenia\" SET nazwa = E'A\\x81B' WHERE nr = 1")
    assert postgres.unload(tmp_path).records == 6
    assert b"1|A\x81B|" in (tmp_path / "z.unl").read_bytes()


# -- watermarks ---


@pytest.mark.parametrize(
    ("since", "until", "overlap", "numbers"),
    [
        pytest.param(None, "2003-09-30", 0, "1 2 3 4 5 10", id="all at first"),
        pytest.param(None, "2003-09-04", 0, "1 2 3 4 5", id="until the end of a day"),
        pytest.param("2003-09-03 08:00:00", "2003-09-30", 0, "3 4 5 10", id="from the mark, which comes again"),
        pytest.param("2003-09-05 08:00:00", "2003-09-30", 2, "3 4 5 10", id="overlap catches what came late"),
    ],
)
def test_watermarks(place: Place, tmp_path: Path, since: str | None, until: str, overlap: int, numbers: str) -> None:
    kind = make_kind(service={"overlap": overlap})
    place.unload(tmp_path, kind, since=since, until=dt.date.fromisoformat(until))
    assert [row[0] for row in cells_of(tmp_path)] == numbers.split()


def test_the_mark_is_the_highest_seen(place: Place, tmp_path: Path) -> None:
    assert place.unload(tmp_path).mark == "2003-09-05 08:00:00"
    assert str(place.unload(tmp_path, until=dt.date(2003, 9, 4)).mark).startswith("2003-09-04 23:59:59.5")


def test_an_integer_is_a_watermark(place: Place, tmp_path: Path) -> None:
    kind = make_kind(service={"watermark": "nr", "watermark_type": "integer", "overlap": 2})
    found = place.unload(tmp_path, kind, since="5")
    assert (found.mark, [row[0] for row in cells_of(tmp_path)]) == ("10", ["3", "4", "5", "10"])


def test_a_watermark_that_is_no_time(place: Place, tmp_path: Path) -> None:
    with pytest.raises(SourceContractBroken if place.password is None else BadData):
        place.unload(tmp_path, make_kind(service={"watermark": "nazwa"}))


# -- contracts ---


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"service": {"table": "nie_ma"}}, "no table or view", id="no such table"),
        pytest.param({"options": {"columns": "nr nazwa opis kwota zmiana telefon"}}, "'telefon' is gone", id="gone"),
        pytest.param({"ignore": (), "options": {"columns": "nr nazwa kwota zmiana"}}, "'opis' is new", id="new"),
        pytest.param({"service": {"watermark": "zmiana_dnia"}}, "'zmiana_dnia' is gone", id="watermark gone"),
        pytest.param({"service": {"table": 'x"; DROP TABLE y; --'}}, "no table or view", id="a name is no statement"),
    ],
)
def test_a_broken_contract_names_the_column(place: Place, tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(SourceContractBroken, match=message):
        place.unload(tmp_path, make_kind(**changes))


def test_a_new_column_may_be_left_out(place: Place, tmp_path: Path) -> None:
    kind = make_kind(ignore=(), options={"columns": "nr kwota zmiana"}, service={"new_columns": "discard"})
    found = place.unload(tmp_path, kind)
    assert [warning.split("'")[1] for warning in found.warnings] == ["nazwa", "opis"]
    assert len(cells_of(tmp_path, kind)[0]) == 3


def test_a_sum_the_database_reads_otherwise(sqlite: Place, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "biuro.sqlite") as connection:
        connection.execute("""UPDATE "Zgłoszenia" SET kwota = '12,50' WHERE nr = 1""")
    with pytest.raises(BadData, match="no number"):
        sqlite.unload(tmp_path)


def test_totals_that_differ(sqlite: Place, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "biuro.sqlite") as connection:  # a thousand to us, one to SQLite
        connection.execute("""UPDATE "Zgłoszenia" SET kwota = '1_000' WHERE nr = 1""")
    with pytest.raises(ControlTotalsDiffer, match="kwota_grosze"):
        sqlite.unload(tmp_path)


def test_a_sum_that_is_no_number(postgres: Place, admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin_of(admin)) as connection:
        connection.execute("""UPDATE "Zgłoszenia" SET kwota = 'NaN' WHERE nr = 1""")
    with pytest.raises(BadData, match="no number"):
        postgres.unload(tmp_path)


def test_a_file_that_stores_utf_16(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("PRAGMA encoding = 'UTF-16'")
        connection.execute('CREATE TABLE "Zgłoszenia" (nr integer)')
    with pytest.raises(BadData, match="UTF-16"):
        Place(f"sqlite:///{tmp_path / 'x.sqlite'}", None).unload(tmp_path)


def test_a_locked_file(sqlite: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sql._CONNECT_SECONDS", 0)
    with sqlite3.connect(tmp_path / "biuro.sqlite", isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceUnavailable, match="SQLITE_BUSY"):
            sqlite.unload(tmp_path)


def test_a_database_in_another_encoding_than_its_kind_says(postgres: Place, tmp_path: Path) -> None:
    with pytest.raises(SourceContractBroken, match="in WIN1250, the kind says iso8859_2"):
        postgres.unload(tmp_path, make_kind(code_page="iso8859_2"))


@pytest.mark.parametrize(
    ("letter", "is_there"), [pytest.param("Ż", True, id="there"), pytest.param("€", False, id="not")]
)
def test_letters_of_a_utf8_database(postgres: Place, admin: str, tmp_path: Path, letter: str, is_there: bool) -> None:
    create_database(admin, name="biuro_utf8", user="biuro", password=PASSWORD, encoding="UTF8")
    place = Place(f"{postgres.url}_utf8", PASSWORD)
    with psycopg.connect(place.url, password=PASSWORD) as connection:
        connection.execute('CREATE TABLE "Zgłoszenia" (nr int, nazwa text, kwota numeric, zmiana timestamp)')
        connection.execute("""INSERT INTO "Zgłoszenia" VALUES (1, %s, 1, NULL)""", (letter,))
    kind = make_kind(code_page="iso8859_2", options={"columns": "nr nazwa kwota zmiana"})
    if is_there:
        place.unload(tmp_path, kind)
        assert cells_of(tmp_path, kind)[0][1] == letter
    else:
        with pytest.raises(BadData, match="lacks"):
            place.unload(tmp_path, kind)


def test_a_character_the_code_page_of_a_file_lacks(sqlite: Place, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="'nazwa'"):
        sqlite.unload(tmp_path, make_kind(code_page="ascii"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"code_page": "cp852"}, "PostgreSQL knows no cp852", id="page PostgreSQL lacks"),
        pytest.param({"code_page": "cp9999"}, "no code page", id="no such page"),
        pytest.param({"format": "dbf"}, "landed as an unload", id="another format"),
    ],
)
def test_kinds_that_cannot_be_unloaded(postgres: Place, tmp_path: Path, changes: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        postgres.unload(tmp_path, make_kind(**changes))


@pytest.mark.parametrize("budgets", [Budgets(max_records=3), Budgets(max_file_bytes=50)], ids=["rows", "bytes"])
def test_budgets(place: Place, tmp_path: Path, budgets: Budgets) -> None:
    with pytest.raises(BudgetExceeded):
        place.unload(tmp_path, make_kind(budgets=budgets), chunk_records=2)


# -- services that do not answer ---


def test_nobody_listens(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable):
        Place("postgresql://biuro@127.0.0.1:1/biuro", "x").unload(tmp_path)


def test_a_wrong_password(postgres: Place, tmp_path: Path) -> None:
    with pytest.raises(PermissionDenied) as caught:
        Place(postgres.url, "secret-guess").unload(tmp_path)
    assert "secret-guess" not in str(caught.value)


def test_a_table_the_account_may_not_read(postgres: Place, admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin_of(admin)) as connection:
        connection.execute('REVOKE ALL ON "Zgłoszenia" FROM biuro')
    with pytest.raises(PermissionDenied):
        postgres.unload(tmp_path)


class CuttingProxy:
    """Passes bytes on to a server and hangs up after so many of its answer."""

    def __init__(self, port: int, *, after: int) -> None:
        self._target, self._left = port, after
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._target))
        threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
        while (block := server.recv(4096)) and self._left > 0:
            client.sendall(block[: self._left])
            self._left -= len(block)
        client.shutdown(socket.SHUT_RDWR)
        server.close()

    @staticmethod
    def _forward(client: socket.socket, server: socket.socket) -> None:
        try:
            while block := client.recv(4096):
                server.sendall(block)
        except OSError:
            pass


def test_a_connection_cut_in_the_middle(postgres: Place, admin: str, tmp_path: Path) -> None:
    with psycopg.connect(admin_of(admin)) as connection:
        connection.execute(
            """INSERT INTO "Zgłoszenia" SELECT n, repeat('x', 200), 'o', 1, NULL FROM generate_series(100, 9000) AS n"""
        )
    port = int(postgres.url.rpartition(":")[2].partition("/")[0])
    proxy = CuttingProxy(port, after=400_000)
    with pytest.raises(SourceUnavailable):
        Place(f"postgresql://biuro@127.0.0.1:{proxy.port}/biuro", PASSWORD).unload(tmp_path)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        pytest.param(None, SourceUnavailable, id="no file"),
        pytest.param(b"to nie baza" * 500, BadData, id="no database"),
        pytest.param(b"", SourceContractBroken, id="an empty file has no tables"),
    ],
)
def test_files_that_are_no_database(tmp_path: Path, content: bytes | None, error: type[Exception]) -> None:
    if content is not None:
        (tmp_path / "x.sqlite").write_bytes(content)
    with pytest.raises(error):
        Place(f"sqlite:///{tmp_path / 'x.sqlite'}", None).unload(tmp_path)
    assert (tmp_path / "x.sqlite").exists() == (content is not None)


def test_a_damaged_database(sqlite: Place, tmp_path: Path) -> None:
    path = tmp_path / "biuro.sqlite"
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * len(content[4096:8192])
    path.write_bytes(bytes(content))
    with pytest.raises(BadData, match="damaged"):
        sqlite.unload(tmp_path)


def test_all_of_it_is_one_snapshot(postgres: Place, admin: str, tmp_path: Path, monkeypatch: Any) -> None:
    # Between counting and reading somebody adds a row: both must see the table without it.
    from connectors import sql

    counted = sql._Rows.counted

    def and_a_row_comes(self: Any) -> Any:
        found = counted(self)
        with psycopg.connect(admin_of(admin)) as connection:
            connection.execute("""INSERT INTO "Zgłoszenia" VALUES (99, 'x', 'y', 5, NULL)""")
        return found

    monkeypatch.setattr(sql._Rows, "counted", and_a_row_comes)
    assert postgres.unload(tmp_path).records == 6
    assert len(cells_of(tmp_path)) == 6


# -- the parts ---


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        pytest.param((b"1", b"x"), b"1|x|\n", id="plain"),
        pytest.param((b"1", None), b"1||\n", id="missing"),
        pytest.param((b"1", b""), b"1|\\ |\n", id="empty"),
        pytest.param((b"a|b", b"c\\"), b"a\\|b|c\\\\|\n", id="escaped"),
        pytest.param((None, b"\n"), b"|\\\n|\n", id="line feed"),
    ],
)
def test_lines_of_an_unload(cells: tuple[bytes | None, ...], line: bytes) -> None:
    assert unload_line(cells, delimiter=b"|") == line


def test_table_files_keep_every_text(tmp_path: Path) -> None:
    write_table(tmp_path, TABLE, ROWS)
    assert [tuple(row) for row in read_rows(tmp_path, TABLE)] == ROWS
