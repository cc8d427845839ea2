"""One installation: where its things are and which keys it has.

Keys and passwords are made once, at random, and stay in ``<home>/keys`` (files 0600, folder 0700), outside the
database: customer ids are a keyed function, and whoever has key and database can tell from whom an id was made.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from config.errors import ConfigurationError, StorageFailed
from config.settings import Settings, load_settings

if TYPE_CHECKING:
    from warehouse import Warehouse

DATABASE_NAME = "blekit"
ADMIN_ROLE = "postgres"
ROLES = ("blekit_etl", "blekit_steward", "blekit_bi")
"""Database roles with a password of their own; nobody works as :data:`ADMIN_ROLE`."""

KEY_NAMES = ("id", "ref")
"""Secret keys: customer ids; record references and, derived from that one, the audit chain."""

_KEY_BYTES = 32


class Installation:
    """The folders, keys and database of one ``BLEKIT_HOME``."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()

    @property
    def home(self) -> Path:
        """Everything this installation writes."""
        return self.settings.home

    @property
    def deliveries_dir(self) -> Path:
        """Where legacy systems put their deliveries."""
        return self.settings.deliveries_dir

    @property
    def landing_dir(self) -> Path:
        """Accepted originals and what was read from them."""
        return self.settings.landing_dir

    @property
    def keys_dir(self) -> Path:
        """Secret keys, passwords and accounts."""
        return self.home / "keys"

    @property
    def port_file(self) -> Path:
        """Port of the embedded PostgreSQL, written by the runtime when it starts."""
        return self.home / "postgres" / "port"

    @property
    def accounts_file(self) -> Path:
        """Accounts of people: ``{name: {role, password}}``, written by the runtime."""
        return self.keys_dir / "accounts.json"

    @property
    def id_key(self) -> bytes:
        """Key of customer ids."""
        return self._key("id")

    @property
    def ref_key(self) -> bytes:
        """Key of record references and case references."""
        return self._key("ref")

    def ensure_keys(self) -> None:
        """Make the keys and passwords that are missing; those that exist stay."""
        self.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.keys_dir.chmod(0o700)
        for name in KEY_NAMES:
            _write_once(self.keys_dir / f"{name}.key", secrets.token_hex(_KEY_BYTES))
        for role in (ADMIN_ROLE, *ROLES):
            _write_once(self.keys_dir / f"{role}.password", secrets.token_urlsafe(24))

    def password(self, role: str) -> str:
        """The password of a database role."""
        return self._secret(f"{role}.password")

    def passwords(self) -> dict[str, str]:
        """The passwords of the roles ``Warehouse.bootstrap`` makes."""
        return {role: self.password(role) for role in ROLES}

    def database_url(self, role: str = "blekit_etl", *, database: str = DATABASE_NAME) -> str:
        """Where the warehouse answers, as that role; ``BLEKIT_DATABASE_URL`` is used as it is.

        Raises:
            ConfigurationError: the embedded PostgreSQL was never started here.
        """
        if self.settings.database_url:
            return self.settings.database_url
        return f"postgresql://{role}:{quote(self.password(role), safe='')}@127.0.0.1:{self._port()}/{database}"

    def admin_url(self, *, database: str = "postgres") -> str:
        """The embedded server as its owner, for ``Warehouse.bootstrap`` only."""
        return self.database_url(ADMIN_ROLE, database=database)

    def open_warehouse(self, role: str = "blekit_etl") -> Warehouse:
        """The warehouse as that role; use it as a context manager."""
        from warehouse import Warehouse

        return Warehouse(self.database_url(role), ref_key=self.ref_key)

    def _port(self) -> int:
        try:
            return int(self.port_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError) as exc:
            raise ConfigurationError(
                f"no database here yet: {self.port_file} is missing",
                hint="`blekit up` starts the embedded PostgreSQL, or set BLEKIT_DATABASE_URL",
            ) from exc

    def _key(self, name: str) -> bytes:
        return bytes.fromhex(self._secret(f"{name}.key"))

    def _secret(self, name: str) -> str:
        try:
            return (self.keys_dir / name).read_text(encoding="ascii").strip()
        except FileNotFoundError as exc:
            raise ConfigurationError(
                f"no key {name} in {self.keys_dir}", hint="`blekit up` makes the keys of an installation"
            ) from exc


def _write_once(path: Path, text: str) -> None:
    """Write a new secret; when the file exists, also by another process at the same moment, it stays as it is."""
    if path.exists():
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: a rename would replace the key of whoever was first.
            os.link(name, path)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    except OSError as exc:
        raise StorageFailed(f"cannot write {path}: {exc.strerror}") from exc
