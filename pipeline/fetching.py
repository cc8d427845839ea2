"""Fetching: a system that is a service is asked for its data, and what it answers becomes an ordinary delivery.

Landing then keeps the bytes and counts them as it does for any other delivery. Which systems are services is said by
their kind (``service``); where they answer by ``locations.yml`` of this installation.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.errors import ConfigurationError
from config.locations import HttpLocation, Location, SftpLocation, SqlLocation, load_locations
from config.services import PageService
from config.sources import SourceSystem, all_sources
from config.units import unit_named
from pipeline.fetched import Deliveries, Memory, alone

if TYPE_CHECKING:
    from pathlib import Path

    from connectors import DeliveryManifest
    from connectors.sftp import Pulled
    from connectors.sftp_drops import Left
    from pipeline.installation import Installation


@dataclass(frozen=True)
class Fetched:
    """What a fetch brought."""

    source_id: str
    fetch: str
    deliveries: tuple[str, ...]
    """Names of the delivery folders that are new."""
    unchanged: int
    """Deliveries that were there already, byte for byte."""
    left: tuple[Left, ...] = ()
    """Files of a drop that were not taken, and why."""
    warnings: tuple[str, ...] = ()

    def row(self) -> dict[str, Any]:
        """For a report."""
        left = [{"name": each.name, "code": each.code, "reason": each.reason} for each in self.left]
        found = {"source_id": self.source_id, "fetch": self.fetch, "deliveries": list(self.deliveries)}
        return {**found, "unchanged": self.unchanged, "left": left, "warnings": list(self.warnings)}


def located_sources(installation: Installation) -> tuple[SourceSystem, ...]:
    """Systems this installation knows as services."""
    locations = load_locations(installation.settings.locations_file)
    return tuple(source for source in all_sources() if source.source_id in locations)


def services_with_news(installation: Installation, *, units: Collection[str]) -> tuple[SourceSystem, ...]:
    """Services of units that may know something of later days than their cutover."""
    locations = load_locations(installation.settings.locations_file)
    last_days = {source_id: location.last_day or dt.date.max for source_id, location in locations.items()}
    return tuple(
        source
        for source in all_sources()
        if source.unit in units
        and source.source_id in locations
        and last_days[source.source_id] > unit_named(source.unit).cutover_date
    )


def fetch_deliveries(installation: Installation, source: SourceSystem, *, until: dt.date) -> Fetched | None:
    """Fetch what a system has up to a day; None for a system that delivers by itself. Safe to repeat.

    Args:
        installation: where it answers, which keys we have, and where deliveries go.
        source: the system.
        until: last day asked for, and business date of what a database or a web service answers; the last day of the
            system, where that is earlier. A drop gives its own dates.

    Raises:
        SourceUnavailable: it did not answer.
        BadData: what it has is not what its kind says, or cannot be accepted.
        PermissionDenied: it refused us, or is not the server it should be.
        ConfigurationError: location and kind do not fit, or a key is missing.
    """
    location = load_locations(installation.settings.locations_file).get(source.source_id)
    if location is None:
        return None
    service = source.kind.service
    if service is None or service.fetch != location.fetch:
        raise ConfigurationError(
            f"{source.source_id}: located as {location.fetch}, its kind {source.kind_name} is not fetched so",
            hint=f"Correct {installation.settings.locations_file} or service of config/kinds/{source.kind_name}.yml",
        )
    if location.last_day is not None:
        until = min(until, location.last_day)
    with alone(installation, source.source_id) as memories:
        fetcher = _Fetcher(installation, source, until=until, memories=memories)
        return fetcher.fetch(location)


class _Fetcher:
    """One fetch from one system."""

    def __init__(self, installation: Installation, source: SourceSystem, *, until: dt.date, memories: Path) -> None:
        self._keys = installation.keys_dir
        self._source = source
        self._kind = source.kind
        self._until = until
        self._scratch = memories / source.source_id
        self._memory = Memory(memories / f"{source.source_id}.json")
        self._deliveries = Deliveries(installation.deliveries_dir, source.source_id)

    def fetch(self, location: Location) -> Fetched:
        left: tuple[Left, ...] = ()
        warnings: tuple[str, ...] = ()
        if isinstance(location, SqlLocation):
            warnings = self._table(location)
        elif isinstance(location, HttpLocation):
            self._pages(location)
        else:
            left = self._drop(location)
        new, unchanged = tuple(self._deliveries.new), self._deliveries.unchanged
        return Fetched(self._source.source_id, location.fetch, new, unchanged, left, warnings)

    # -- a database ---

    def _table(self, location: SqlLocation) -> tuple[str, ...]:
        from connectors.sql import unload_table

        earlier = self._memory.earlier(self._until)
        path = self._new_file()
        unloaded = unload_table(
            path,
            url=location.url,
            password=self._secret(location.password),
            kind=self._kind,
            source_id=self._source.source_id,
            db_schema=location.db_schema,
            since=earlier[1] if earlier else None,
            until=self._until,
        )
        self._deliver(path, control=unloaded.control, is_news=bool(unloaded.records or not earlier))
        self._memory.keep_span(self._until, mark=unloaded.mark or (earlier[1] if earlier else None))
        return unloaded.warnings

    # -- a web service ---

    def _pages(self, location: HttpLocation) -> None:
        from connectors.http_soap import SoapServer, pull_pages

        assert isinstance(self._kind.service, PageService)
        earlier = self._memory.earlier(self._until)
        path = self._new_file()
        pulled = pull_pages(
            path,
            server=SoapServer(location.url, location.user, self._secret(location.password)),
            kind=self._kind,
            source_id=self._source.source_id,
            since=earlier[0] + dt.timedelta(days=1 - self._kind.service.overlap_days) if earlier else None,
            until=self._until,
        )
        self._deliver(path, control={"records": pulled.records}, is_news=bool(pulled.records or not earlier))
        self._memory.keep_span(self._until, mark=None)

    def _new_file(self) -> Path:
        self._scratch.mkdir(parents=True, exist_ok=True)
        return self._scratch / self._kind.files["main"]

    def _deliver(self, path: Path, *, control: dict[str, int], is_news: bool) -> None:
        """Make a delivery of a file; a later one without records is none."""
        try:
            if is_news:
                number = self._deliveries.next_number()
                self._deliveries.add(
                    lambda folder: self._pack([path], folder, day=self._until, sequence=number, control=control)
                )
        finally:
            path.unlink(missing_ok=True)

    # -- a drop ---

    def _drop(self, location: SftpLocation) -> tuple[Left, ...]:
        from connectors.sftp import SftpServer, pull_drop

        server = SftpServer(
            host=location.host,
            port=location.port,
            user=location.user,
            folder=location.folder,
            host_key=self._secret(location.host_key) or "",
            password=self._secret(location.password),
            private_key=(self._secret(location.private_key) or "").encode() or None,
        )
        left = pull_drop(
            server,
            kind=self._kind,
            source_id=self._source.source_id,
            scratch=self._scratch,
            is_known=lambda candidate: self._memory.is_taken(candidate.key, candidate.fingerprint),
            take=self._take,
        )
        self._memory.keep_left(left)
        return left

    def _take(self, pulled: Pulled) -> None:
        candidate = pulled.candidate
        day, files = candidate.business_date, sorted(pulled.folder.iterdir())
        if pulled.manifest is not None:
            added = self._deliveries.add(lambda folder: _copied(files, folder))
        else:
            number = self._deliveries.number_for(day, candidate.sequence)
            added = self._deliveries.add(
                lambda folder: self._pack(files, folder, day=day, sequence=number, control=dict(pulled.control))
            )
        self._memory.keep_taken(candidate.key, candidate.fingerprint, added=added)

    def _pack(
        self, files: list[Path], folder: Path, *, day: dt.date, sequence: int, control: dict[str, int]
    ) -> DeliveryManifest:
        from connectors.manifest_writing import write_manifest

        for path in files:
            shutil.copyfile(path, folder / path.name)
        return write_manifest(
            folder,
            source_id=self._source.source_id,
            business_date=day,
            sequence=sequence,
            names=[path.name for path in files],
            control=control,
        )

    def _secret(self, name: str | None) -> str | None:
        """What a file in the keys folder holds."""
        if name is None:
            return None
        try:
            return (self._keys / name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigurationError(
                f"{self._source.source_id}: no key file {name} in {self._keys}", hint="Write it there, mode 0600"
            ) from exc


def _copied(files: list[Path], folder: Path) -> DeliveryManifest:
    from connectors import read_manifest

    for path in files:
        shutil.copyfile(path, folder / path.name)
    return read_manifest(folder)
