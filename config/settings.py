"""Settings: where things are on this machine. All of them are ``BLEKIT_*`` environment variables.

A variable that starts with ``BLEKIT_`` and is no setting is an error: a misspelt name must not fall back to a default.
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from config.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where this installation keeps its things."""

    model_config = SettingsConfigDict(env_prefix="BLEKIT_", frozen=True, extra="forbid")

    home: Path = REPOSITORY / ".blekit"
    """Everything this installation writes: database, landing, Airflow, keys, logs."""
    deliveries: Path | None = None
    """Where legacy systems put their deliveries; default ``<home>/deliveries``."""
    locations: Path | None = None
    """Where systems that are services answer (:mod:`config.locations`); default ``<home>/locations.yml``."""
    sources: Path | None = None
    """Where systems of your own are registered, beside those that come with the product; default ``<home>/sources``."""
    database_url: str | None = None
    """A PostgreSQL of your own instead of the embedded one (``postgresql://…``)."""
    airflow_port: int = 0
    """Port of the Airflow UI; 0 chooses 8080 and refuses if it is taken."""
    database_port: int = 0
    """Port of the embedded PostgreSQL; 0 takes a free one and remembers it."""
    """How many queue cases a page or a listing shows at most."""

    @property
    def deliveries_dir(self) -> Path:
        """Folder of deliveries: ``<source_id>/<business_date>/<files>`` with a ``manifest.json``."""
        return self.deliveries or self.home / "deliveries"

    @property
    def locations_file(self) -> Path:
        """Where systems that are services answer."""
        return self.locations or self.home / "locations.yml"

    @property
    def sources_dir(self) -> Path:
        """Folder of systems of your own: ``sources.csv`` and ``kinds/<kind>.yml`` (:mod:`config.own`)."""
        return self.sources or self.home / "sources"

    @property
    def landing_dir(self) -> Path:
        """Folder of accepted originals and what was read from them, by batch."""
        return self.home / "landing"


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        ConfigurationError: a ``BLEKIT_*`` variable is unknown or has a wrong value.
    """
    known = {f"BLEKIT_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(name for name in os.environ if name.startswith("BLEKIT_") and name not in known)
    if unknown:
        raise ConfigurationError(
            f"unknown setting {', '.join(unknown)}", hint=f"Known settings: {', '.join(sorted(known))}"
        )
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "BLEKIT_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"setting {name}: {first['msg']}") from exc
