"""Locations: where systems that are services answer. They belong to an installation, not to the product.

``<home>/locations.yml`` (or the file ``BLEKIT_LOCATIONS`` names) maps a source to its place::

    zt63-biuro: {fetch: sql, url: "postgresql://biuro@10.1.63.4/naprawy", password: zt63-biuro.password}
    zt25-biuro: {fetch: sql, url: "postgresql://biuro@10.1.1.4/kraj", db_schema: zt25, last_day: 2003-09-22}
    zt63-wplaty: {fetch: sftp, host: 10.1.63.9, user: blekit, folder: /wplaty, host_key: zt63.pub, password: zt63.txt}
    zt99-portal: {fetch: http, url: "https://portal.example/soap"}

It holds no secret: passwords and keys are files in ``<home>/keys``, named here. A source without a location delivers
files by itself.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator

from config.errors import ConfigurationError
from config.sources import all_sources
from config.strict import read_strict

KeyFile = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*$")]
"""Name of a file in the keys folder; no path, so that nothing else can be read through it."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    last_day: dt.date | None = None
    """Last day it knows anything of: a system that is switched off at its cutover is not asked by feeds."""


def _without_password(url: str) -> str:
    # A hint and no echo of the address: it would put the password into logs.
    if urlsplit(url).password is not None or "password=" in url:
        raise ValueError("holds a password; put it into a file in the keys folder and name it under `password`")
    return url


class SqlLocation(_Strict):
    """A database: ``postgresql://user@host:port/database`` or ``sqlite:////path/to/file``."""

    fetch: Literal["sql"]
    url: str = Field(pattern=r"^(postgresql|sqlite)://")
    db_schema: str | None = None
    """Schema of its table, where many systems of a kind share one database; the kind's otherwise."""
    password: KeyFile | None = None

    _no_password = field_validator("url")(_without_password)


class SftpLocation(_Strict):
    """A directory on an SFTP server."""

    fetch: Literal["sftp"]
    host: str
    port: int = Field(default=22, ge=1, le=65_535)
    user: str
    folder: str = "."
    host_key: KeyFile
    """File with the server's public key (OpenSSH); a server with another one is not spoken to."""
    password: KeyFile | None = None
    private_key: KeyFile | None = None


class HttpLocation(_Strict):
    """A web service."""

    fetch: Literal["http"]
    url: str = Field(pattern=r"^https?://")
    user: str = ""
    password: KeyFile | None = None

    _no_password = field_validator("url")(_without_password)


Location = Annotated[SqlLocation | SftpLocation | HttpLocation, Field(discriminator="fetch")]


class _Locations(RootModel[dict[str, Location]]):
    model_config = ConfigDict(frozen=True)


@lru_cache(maxsize=4)
def _read(path: Path, *, changed: tuple[int, int]) -> dict[str, Location]:
    # Every system of every point is looked up; of a hundred entries a reading costs 0.1 s.
    return read_strict(path, _Locations).root


def load_locations(path: Path) -> dict[str, Location]:
    """Locations by source; without the file there are none.

    Raises:
        ConfigurationError: the file is no such YAML, holds a password, or names a source nobody registered.
    """
    try:
        state = path.stat()
    except OSError:
        return {}
    found = dict(_read(path, changed=(state.st_mtime_ns, state.st_ino)))
    if unknown := sorted(set(found) - {source.source_id for source in all_sources()}):
        raise ConfigurationError(
            f"{path}: {', '.join(unknown)}: not registered", hint="`blekit sources list` shows every source"
        )
    return found
