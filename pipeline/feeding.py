"""Feeds: what systems of live units deliver after the cutover, published as releases of kind ``feed``.

A feed takes every delivery up to a day. Order of arrival does not matter: what counts is the latest version of each
record by business date and sequence, so a late delivery fills its gap and a corrected one replaces what it corrects
and nothing else. A delivery that cannot be accepted does not hold up the others; it is named, and so are gaps in the
numbering of a system's deliveries.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import GateFailed
from config.sources import SourceSystem, source_with_id
from config.units import UNITS, unit_named
from pipeline.batches import served_sources
from pipeline.evidence import feed_failures
from pipeline.extraction import extraction_report, take_delivery
from pipeline.fetched import sender_number
from pipeline.fetching import fetch_deliveries, services_with_news
from pipeline.landing import date_of, deliveries_of
from pipeline.preparing import Progress, draft_release, plan_release, prepare_draft, release_detail, release_summary
from pipeline.roster import ensure_roster

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch

NATION = "nation"
_PILOT = UNITS[0]


def is_due(source: SourceSystem, business_date: dt.date, *, until: dt.date, units: Iterable[str]) -> bool:
    """Whether a delivery belongs to the feed of live units: after the cutover of its system's unit, up to a day."""
    return source.unit in units and unit_named(source.unit).cutover_date < business_date <= until


def due_deliveries(source: SourceSystem, *, until: dt.date, units: Iterable[str], deliveries_dir: Path) -> list[Path]:
    """Delivery folders of a system that are due, oldest first."""
    folders = deliveries_of(deliveries_dir, source.source_id)
    return [folder for folder in folders if is_due(source, date_of(folder), until=until, units=units)]


def feed_points(installation: Installation, until: dt.date) -> list[str]:
    """Codes of the collection points that delivered something that is due, or have a service to be asked.

    Raises:
        GateFailed: nothing is live yet.
    """
    with installation.open_warehouse() as warehouse:
        units = _live_units(warehouse)
    asked = {source.point_code for source in services_with_news(installation, units=units)}
    delivering = {
        source.point_code
        for source in served_sources()
        if due_deliveries(source, until=until, units=units, deliveries_dir=installation.deliveries_dir)
    }
    return sorted(asked | delivering)


def extract_feed(installation: Installation, point: str, until: dt.date) -> dict[str, Any]:
    """Fetch, land, standardise and register what the systems of a point have since; what was taken is skipped."""
    with installation.open_warehouse() as warehouse:
        units = _live_units(warehouse)
        for source in services_with_news(installation, units=units):
            if source.point_code == point:
                fetch_deliveries(installation, source, until=until)
        pilot_keys = ensure_roster(installation, warehouse)
        taken = [
            take_delivery(
                installation, warehouse, folder, source=source, pilot_keys=pilot_keys.get(source.source_id, frozenset())
            )
            for source in served_sources()
            if source.point_code == point
            for folder in due_deliveries(source, until=until, units=units, deliveries_dir=installation.deliveries_dir)
        ]
    return extraction_report(NATION, point, taken)


def publish_feed(
    installation: Installation, until: dt.date, actor: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Publish what was extracted up to a day; nothing is published when there is nothing new.

    Raises:
        GateFailed: nothing is live yet, or a live unit would not pass its gates; the message names which.
        LockBusy, ParentMoved: somebody else is publishing; run it again.
    """
    with installation.open_warehouse() as warehouse:
        warehouse.require_current_schema()
        current = warehouse.current()
        units = _live_units(warehouse)
        batches = [batch for batch in warehouse.batches() if _is_of_feed(batch, until=until, units=units)]
        fresh = {batch.batch_id for batch in batches if batch.state == "accepted"}
        fresh -= set(current.inputs.batch_ids if current else ())
        told = {"until": until.isoformat(), "rejected": _rejected(batches), "gaps": list(gaps(batches))}
        if not fresh and current is not None:
            return {**release_summary(current), **told, "deliveries": 0, "changed": False}
        plan = plan_release(warehouse, batch_ids=fresh)
        draft = draft_release(installation, warehouse, plan, from_parent=True, progress=progress)
        prepared = prepare_draft(warehouse, draft, kind="feed", actor=actor)
        if failures := feed_failures(installation, warehouse, draft, prepared=prepared):
            warehouse.abandon(prepared.release_no)
            raise GateFailed(
                f"feed up to {until}: {'; '.join(failures)}",
                hint="`blekit quarantine list` shows what was left out; the releases before stay as they are",
            )
        release = warehouse.publish(prepared.release_no, actor=actor, detail=release_detail(draft))
    return {**release_summary(release), **told, "deliveries": len(fresh)}


def run_feed(
    installation: Installation, until: dt.date, actor: str, *, progress: Progress | None = None
) -> dict[str, Any]:
    """Extract every point and publish, as the DAG does."""
    for point in feed_points(installation, until):
        report = extract_feed(installation, point, until)
        if progress:
            progress(f"{point}: {report['batches']} deliveries, {report['standardised']} records")
    return publish_feed(installation, until, actor, progress=progress)


def gaps(batches: Iterable[Batch]) -> Iterator[dict[str, Any]]:
    """Numbers a system's deliveries skip: something was sent and never came."""
    by_source: dict[str, set[int]] = {}
    for batch in batches:
        number = sender_number(batch.source_id, batch.sequence)
        by_source.setdefault(batch.source_id, set()).add(number)
    for source_id, numbers in sorted(by_source.items()):
        missing = sorted(set(range(min(numbers), max(numbers) + 1)) - numbers)
        if missing:
            yield {"source_id": source_id, "sequences": missing}


def _is_of_feed(batch: Batch, *, until: dt.date, units: Iterable[str]) -> bool:
    return is_due(source_with_id(batch.source_id), batch.business_date, until=until, units=units)


def _rejected(batches: Iterable[Batch]) -> list[dict[str, str]]:
    return [
        {"source_id": batch.source_id, "business_date": batch.business_date.isoformat(), "reason": batch.reason}
        for batch in batches
        if batch.state == "rejected"
    ]


def _live_units(warehouse: Warehouse) -> tuple[str, ...]:
    current = warehouse.current()
    if current is None or not current.inputs.units:
        raise GateFailed("nothing is live yet: a feed follows a cutover", hint="`blekit cutover plan`")
    return current.inputs.units
