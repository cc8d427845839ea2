"""Reconciliation: what the legacy systems said they sent against what stands in the warehouse.

Counts and sums are compared per system, from three independent ends: the sender's control totals, what landing counted
in the bytes, and what the central tables hold. Many records become one customer, so money is compared before and after
that merge as well: it must survive to the grosz. Each difference is named, with a status:

    equal      no difference
    explained  money: rows that were rejected or excluded hold exactly the difference; counts: records are in quarantine
    unproven   money: records are in quarantine whose amounts nobody could read, so nobody can add them up
    different  nothing says why: it stops a cutover
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
from pipeline.money_left_out import money_left_out
from pipeline.standardising import StandardBatch

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse

EQUAL, EXPLAINED, UNPROVEN, DIFFERENT = "equal", "explained", "unproven", "different"
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
    """All checks of a unit, ``{clean, unproven, checks}``: clean as long as none is different.

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
    statuses = [check["status"] for check in checks]
    return {"clean": DIFFERENT not in statuses, "unproven": statuses.count(UNPROVEN), "checks": checks}


def _check(
    name: str,
    legacy: int,
    central: int,
    *,
    source_id: str | None = None,
    explained_by: str | None = None,
    status: str = "",
) -> dict[str, Any]:
    difference = central - legacy
    return {
        "name": name,
        "source_id": source_id,
        "point": source_with_id(source_id).point_code if source_id else None,
        "legacy": legacy,
        "central": central,
        "difference": difference,
        "status": (status or (EXPLAINED if explained_by else DIFFERENT)) if difference else EQUAL,
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
            told = sum(control[column] for control in stated)
            total = sum(_total(batch.records(), column) for batch in batches)
            status, words = _why(batches, column, difference=total - told)
            yield _check(f"control_{column}", told, total, source_id=source_id, explained_by=words, status=status)


def _why(batches: Sequence[StandardBatch], column: str, *, difference: int) -> tuple[str, str | None]:
    """Status of a difference of money, and in words what is known of it."""
    if not difference:
        return EQUAL, None
    left_out = money_left_out(batches, column)
    added_up = f"{left_out.known} records rejected or excluded hold {in_zloty(left_out.grosze)}"
    rest = difference + left_out.grosze
    if left_out.unknown:
        count = f"{left_out.unknown} records quarantined or unreadable, their amounts are not known"
        told = f"{count}; difference {in_zloty(rest)}"
        return UNPROVEN, f"{added_up}; {told}" if left_out.known else told
    return (EXPLAINED, added_up) if rest == 0 else (DIFFERENT, None)


def in_zloty(grosze: int) -> str:
    """An amount to be read: ``-1 234,05 zł``."""
    whole, rest = divmod(abs(grosze), 100)
    return f"{'-' if grosze < 0 else ''}{whole:,},{rest:02d} zł".replace(",", " ", f"{whole:,}".count(","))


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
