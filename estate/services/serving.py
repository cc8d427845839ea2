"""All simulated services of one folder at once, and where each of them answers.

    <folder>/postgres/<source_id>/tables.json …   a schema of one database in WIN1250, loaded into a server
    <folder>/sqlite/<source_id>/tables.json …     an SQLite file beside, <folder>/sqlite/<source_id>.sqlite
    <folder>/sftp/<source_id>/…                   a drop, as the sender left it
    <folder>/soap/<source_id>/service.json …      a SOAP service

Ports are free ones of the loopback interface. Passwords are made at random and put, with the public key of the SFTP
server, into the keys folder of whoever will ask; the locations name them. What else stands in a location, such as the
last day of a system, is in ``<source_id>.json`` beside its folder.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh

from estate.services.database import create_database, load_postgres, write_sqlite
from estate.services.sftp import LOOPBACK, SftpDrop
from estate.services.soap import SoapService

USER = "blekit"
DATABASE = "legacy"
Locations = dict[str, dict[str, Any]]

_HOST_KEY = "services-sftp.pub"
_PASSWORD = "services.password"


@contextmanager
def serving(folder: Path, *, keys: Path, admin_url: str | None = None) -> Iterator[Locations]:
    """Serve a folder until the block ends; yields where each source answers, in the shape of ``locations.yml``.

    Args:
        folder: what the estate wrote.
        keys: folder for password and public key.
        admin_url: a PostgreSQL server as somebody who may make databases; needed where ``postgres`` holds any.

    Raises:
        ValueError: ``postgres`` holds tables and there is no server to put them into.
    """
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = _kept(keys / _PASSWORD, secrets.token_urlsafe(24))
    found = _sqlite_files(folder / "sqlite") | _databases(folder / "postgres", admin_url, password=password)
    with ExitStack() as stack:
        if names := _names(folder / "sftp"):
            drop = SftpDrop(folder / "sftp", user=USER, password=password, host_key=_host_key(folder / "sftp.key"))
            stack.enter_context(drop)
            _write_key(keys / _HOST_KEY, drop.host_key)
            found |= {name: _drop_location(folder / "sftp" / name, port=drop.port) for name in names}
        if names := _names(folder / "soap"):
            service = stack.enter_context(SoapService(folder / "soap", user=USER, password=password))
            address = {"fetch": "http", "user": USER, "password": _PASSWORD}
            found |= {name: {**address, "url": service.url(name), **_place(folder / "soap" / name)} for name in names}
        yield found


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _drop_location(folder: Path, *, port: int) -> dict[str, Any]:
    address = {"fetch": "sftp", "host": LOOPBACK, "port": port, "user": USER, "folder": f"/{folder.name}"}
    return {**address, "host_key": _HOST_KEY, "password": _PASSWORD, **_place(folder)}


def _sqlite_files(folder: Path) -> Locations:
    found: Locations = {}
    for name in _names(folder):
        path = (folder / f"{name}.sqlite").resolve()
        write_sqlite(path, folder / name)
        found[name] = {"fetch": "sql", "url": f"sqlite:///{path}", **_place(folder / name)}
    return found


def _databases(folder: Path, admin_url: str | None, *, password: str) -> Locations:
    names = _names(folder)
    if not names:
        return {}
    if admin_url is None:
        raise ValueError(f"{folder} holds tables, and no server to load them into was named")
    # One for all: a database of its own takes 8 MB and a third of a second.
    create_database(admin_url, name=DATABASE, user=USER, password=password)
    server = urlsplit(admin_url)
    schemas = {name.replace("-", "_"): folder / name for name in names}
    load_postgres(server._replace(path=f"/{DATABASE}").geturl(), schemas, reader=USER)
    url = f"postgresql://{USER}@{server.netloc.rpartition('@')[2]}/{DATABASE}"
    address = {"fetch": "sql", "url": url, "password": _PASSWORD}
    return {
        name: {**address, "db_schema": schema, **_place(folder / name)}
        for name, schema in zip(names, schemas, strict=True)
    }


def _place(folder: Path) -> dict[str, Any]:
    path = folder.with_name(f"{folder.name}.json")
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _host_key(path: Path) -> asyncssh.SSHKey:
    """The server's own key; it stays the same from start to start, or whoever pinned it would turn away."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        _write_key(path, key.export_private_key().decode("ascii"))
    return asyncssh.read_private_key(path)


def _kept(path: Path, text: str) -> str:
    if not path.exists():
        _write_key(path, text)
    return path.read_text(encoding="ascii").strip()


def _write_key(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="ascii")
