"""The simulated services as a process of their own: they say where they answer, and the product fetches there."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blekit.runtime.place import SHARED, find_place
from blekit.runtime.postgres import EmbeddedPostgres
from config.kinds import Kind
from config.locations import load_locations
from connectors.http_soap import SoapServer, pull_pages
from connectors.sftp import SftpServer, pull_drop
from connectors.sql import unload_table
from estate.services.serving import serving
from estate.services.sftp import begin, put
from estate.services.soap import Dialect, write_service
from estate.services.tables import Table, write_table

TABLE = Table("usterki", (("nr", "integer"), ("opis", "text")), ("nr",))
NAMES = {"postgres": "zt63-usterki", "sqlite": "zt31-reklam", "sftp": "zt99-elixir", "soap": "zt99-portal"}
UNTIL = dt.date(2006, 12, 31)
SOURCE = "zt63-abonent"


@dataclass(frozen=True)
class Served:
    """A running process of services."""

    home: Path
    printed: dict[str, Any]

    @property
    def password(self) -> str:
        return (self.home / "keys" / "services.password").read_text()

    def location(self, name: str) -> Any:
        """Where one of them answers, as the product reads it; the registry need not know its source yet."""
        path = self.home / f"{name}.yml"
        path.write_text(json.dumps({SOURCE: self.printed[NAMES[name]]}))
        return load_locations(path)[SOURCE]


def write_folder(served: Path) -> None:
    for kind in ("postgres", "sqlite"):
        write_table(served / kind / NAMES[kind], TABLE, [("1", "głucha linia"), ("2", None)])
    put(served / "sftp" / NAMES["sftp"], "W_20030922.TXT", b"1||\n", sidecar="ctl", records=1)
    begin(served / "sftp" / NAMES["sftp"], "W_20030923.TXT", b"1||\n")
    write_service(served / "soap" / NAMES["soap"], Dialect(), ['<z dzien="2003-09-22"/>'])


@pytest.fixture(scope="module")
def admin_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("services")
    server = EmbeddedPostgres(home, password="admin")
    server.start()
    yield server.url()
    data = find_place(home).data
    server.stop()
    if data.is_relative_to(SHARED):
        shutil.rmtree(data.parent)


@pytest.fixture(scope="module")
def served(admin_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("served")
    write_folder(home / "folder")
    command = [sys.executable, "-m", "estate.services", str(home / "folder"), "--keys", str(home / "keys")]
    process = subprocess.Popen(
        [*command, "--locations", str(home / "locations.yml")],
        env={**os.environ, "ESTATE_ADMIN_URL": admin_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    yield Served(home, json.loads(process.stdout.readline()))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def kind_of(**service: Any) -> Kind:
    return Kind.model_validate(
        {
            "kind": "zz", "title": "t", "format": "informix_unload", "code_page": "cp1250", "files": {"main": "z.unl"},
            "key": ("nr",), "columns": {"nr": "account_number"}, "options": {"columns": "nr opis"}, "service": service,
        }
    )  # fmt: skip


@pytest.mark.parametrize("name", ["postgres", "sqlite"])
def test_databases(served: Served, tmp_path: Path, name: str) -> None:
    location = served.location(name)
    unload_table(
        tmp_path / "z.unl",
        url=location.url,
        password=served.password if location.password else None,
        kind=kind_of(fetch="sql", table="usterki"),
        source_id=SOURCE,
        db_schema=location.db_schema,
        until=UNTIL,
    )
    assert (tmp_path / "z.unl").read_bytes().decode("cp1250") == "1|głucha linia|\n2||\n"


def test_the_drop(served: Served, tmp_path: Path) -> None:
    where = served.location("sftp")
    key = (served.home / "keys" / where.host_key).read_text()
    taken: list[str] = []
    left = pull_drop(
        SftpServer(where.host, where.port, where.user, where.folder, key, served.password),
        kind=kind_of(fetch="sftp", layout="files", names={"main": r"W_(?P<date>\d{8})\.TXT"}),
        source_id=SOURCE,
        scratch=tmp_path / "scratch",
        is_known=lambda _: False,
        take=lambda pulled: taken.append(pulled.candidate.key),
    )
    assert (taken, [each.name for each in left]) == (["W_20030922.TXT"], ["W_20030923.TXT.part"])


def test_the_soap_service(served: Served, tmp_path: Path) -> None:
    where = served.location("soap")
    kind = kind_of(
        fetch="http", namespace="urn:konto:zgloszenia", operation="PobierzZgloszenia", record="z", cursor="nastepny",
        parameters={"doDnia": "until"}, total="razem",
    )  # fmt: skip
    server = SoapServer(where.url, where.user, served.password)
    pulled = pull_pages(tmp_path / "p.xml", server=server, kind=kind, source_id=SOURCE, since=None, until=UNTIL)
    assert pulled.records == 1


def test_no_secret_is_printed(served: Served) -> None:
    assert served.password not in json.dumps(served.printed) + (served.home / "locations.yml").read_text()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (served.home / "keys").iterdir())


def test_the_drop_keeps_its_key_from_start_to_start(tmp_path: Path) -> None:
    put(tmp_path / "folder" / "sftp" / "x", "a.txt", b"a")
    keys = []
    for _ in range(2):
        with serving(tmp_path / "folder", keys=tmp_path / "keys"):
            keys.append((tmp_path / "keys" / "services-sftp.pub").read_text())
    assert keys[0] == keys[1]


def test_tables_without_a_server_to_put_them_into(tmp_path: Path) -> None:
    write_table(tmp_path / "postgres" / "x", TABLE, [])
    with pytest.raises(ValueError, match="no server"), serving(tmp_path, keys=tmp_path / "keys"):
        pass
