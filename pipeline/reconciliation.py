"""Reconciliation: what the legacy systems said they sent against what stands in the warehouse.

Counts and sums are compared per system, from three independent ends: the sender's control totals, what landing counted
in the bytes, and what the central tables hold. Many records become one customer, so money is compared before and after
that merge as well: it must survive to the grosz. Each difference is named; one that quarantine explains says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.errors import GateFailed
from config.sources import source_with_id
from config.units import unit_named
from pipeline import event_checks
from pipeline.batches import counts_for
from pipeline.livesets import LiveSet
from pipeline.standardising import StandardBatch

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse

CENTRAL_COLUMNS = {
    "fact_account": ["source_id", "unit", "balance_grosze"],
    "golden_customer": ["balance_grosze"],
    "crosswalk": ["unit"],
    **event_checks.CENTRAL_COLUMNS,
}
"""What reconciliation reads of a release."""


def reconcile(
    live: LiveSet, batches: Sequence[StandardBatch], central: Mapping[str, pa.Table], *, unit: str
) -> dict[str, Any]:
    """All checks of a unit, ``{clean, checks}``.

    Args:
        live: live set of the release, made from the landing.
        batches: batches of the release.
        central: :data:`CENTRAL_COLUMNS` of the release as the warehouse gives them.
        unit: unit to reconcile.
    """
    checks = [
        *_source_checks(live, central["fact_account"], unit=unit),
        *_event_checks(live, central, unit=unit),
        *_control_checks(live, batches, unit=unit),
        *_nation_checks(live, central),
    ]
    return {"clean": all(check["difference"] == 0 or check["explained_by"] for check in checks), "checks": checks}


def _check(
    name: str, legacy: int, central: int, *, source_id: str | None = None, explained_by: str | None = None
) -> dict[str, Any]:
    difference = central - legacy
    return {
        "name": name,
        "source_id": source_id,
        "point": source_with_id(source_id).point_code if source_id else None,
        "legacy": legacy,
        "central": central,
        "difference": difference,
        "explained_by": explained_by if difference else None,
    }


def _source_checks(live: LiveSet, accounts: pa.Table, *, unit: str) -> Iterable[dict[str, Any]]:
    """Loaded rows and their balances per system: landing against the fact table."""
    loaded = live.records.filter(pc.and_(pc.equal(live.records["unit"], unit), pc.equal(live.records["part"], 1)))
    stands = accounts.filter(pc.equal(accounts["unit"], unit))
    counts = {
        source: own["loaded"]
        for (source, its_unit), own in live.counts.items()
        if its_unit == unit and not source_with_id(source).kind.is_event
    }
    legacy, central = _totals(loaded), _totals(stands)
    for source_id in sorted(counts.keys() | central.keys()):
        rows, balance = central.get(source_id, (0, 0))
        yield _check("loaded_records", counts.get(source_id, 0), rows, source_id=source_id)
        yield _check("loaded_balance_grosze", legacy.get(source_id, (0, 0))[1], balance, source_id=source_id)


def _event_checks(live: LiveSet, central: Mapping[str, pa.Table], *, unit: str) -> Iterable[dict[str, Any]]:
    for each in event_checks.event_differences(live.events, central, unit=unit):
        yield _check(each.name, each.legacy, each.central, source_id=each.source_id)


def _totals(table: pa.Table) -> dict[str, tuple[int, int]]:
    """Rows and balance per system."""
    grouped = table.group_by("source_id").aggregate([("source_id", "count"), ("balance_grosze", "sum")])
    return {row["source_id"]: (row["source_id_count"], row["balance_grosze_sum"] or 0) for row in grouped.to_pylist()}


def _control_checks(live: LiveSet, batches: Sequence[StandardBatch], *, unit: str) -> Iterable[dict[str, Any]]:
    """The sender's own totals against what was read of his deliveries for this unit."""
    by_source: dict[str, list[StandardBatch]] = {}
    for batch in batches:
        landed = batch.landed
        source = source_with_id(landed.source_id)
        if counts_for(unit_named(unit), source=source, business_date=landed.business_date):
            by_source.setdefault(landed.source_id, []).append(batch)
    for source_id, own in sorted(by_source.items()):
        yield from _control_of(source_id, own)


def _control_of(source_id: str, batches: Sequence[StandardBatch]) -> Iterable[dict[str, Any]]:
    unread = sum(batch.landed.quarantined for batch in batches)
    lost = unread + sum(
        batch.landed.delivered - batch.landed.quarantined - batch.count("standard") for batch in batches
    )
    stated = [batch.landed.control for batch in batches]
    if all("records" in control for control in stated):
        delivered = sum(batch.landed.delivered for batch in batches)
        yield _check(
            "control_records",
            sum(control["records"] for control in stated),
            delivered,
            source_id=source_id,
            explained_by=f"{unread} quarantined spans" if unread else None,
        )
    for column in ("balance_grosze", event_checks.MONEY):
        if all(column in control for control in stated):
            total = sum(_total(batch.records(), column) for batch in batches)
            yield _check(
                f"control_{column}",
                sum(control[column] for control in stated),
                total,
                source_id=source_id,
                explained_by=f"{lost} records quarantined or excluded" if lost else None,
            )


def _total(records: pa.Table, column: str) -> int:
    """Sum of balances, or turnover: senders add up amounts without their sign, what is taken back too."""
    amounts = records[column]
    return int(pc.sum(pc.abs(amounts) if column == event_checks.MONEY else amounts).as_py() or 0)


def _nation_checks(live: LiveSet, central: Mapping[str, pa.Table]) -> Iterable[dict[str, Any]]:
    """What must survive the merge of many records into one customer."""
    accounts, customers = central["fact_account"], central["golden_customer"]
    yield _check("crosswalk_records", live.records.num_rows, central["crosswalk"].num_rows)
    yield _check("customers_balance_grosze", _sum(accounts), _sum(customers))


def _sum(table: pa.Table) -> int:
    return int(pc.sum(table["balance_grosze"]).as_py() or 0)


def read_central(warehouse: Warehouse, *, release_no: int) -> dict[str, pa.Table]:
    """What reconciliation compares with, as the warehouse gives it."""
    return {
        table: warehouse.read(table, release_no=release_no, columns=columns)
        for table, columns in CENTRAL_COLUMNS.items()
    }


def reconcile_unit(
    installation: Installation, unit: str, *, progress: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Reconcile a live unit: the landing is counted anew and compared with the current release.

    Raises:
        GateFailed: the unit is not live.
    """
    from pipeline.extraction import batches_of_release
    from pipeline.livesets import live_set

    unit_named(unit)
    with installation.open_warehouse() as warehouse:
        release = warehouse.current()
        if release is None or unit not in release.units:
            raise GateFailed(f"{unit} is not live: there is nothing to reconcile")
        batches = batches_of_release(installation, warehouse, release)
        if progress:
            progress(f"counting {len(batches)} deliveries anew")
        live = live_set(batches, units=release.units)
        return reconcile(live, batches, read_central(warehouse, release_no=release.release_no), unit=unit)
