"""What a rehearsal shows before somebody signs: conservation, quality, precision, cross-check, reconciliation.

A gate that fails does not stop the collection: whoever has to act wants to see all of it at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.gates import Gates, load_gates
from pipeline.drift import drift_of
from pipeline.engines import local
from pipeline.livesets import unit_of_batch
from pipeline.preparing import Draft
from pipeline.reconciliation import read_central, reconcile

if TYPE_CHECKING:
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Prepared

_MILLION = 1_000_000


def collect_evidence(
    installation: Installation, warehouse: Warehouse, draft: Draft, *, prepared: Prepared, unit: str
) -> dict[str, Any]:
    """Everything a rehearsal found about a unit, as JSON; ``failures`` says in words what stops it."""
    gates, times = load_gates(), draft.times
    with times.stage("quality"):
        quality = _quality(draft, unit=unit, docs_dir=installation.home / "data_docs" / unit)
    links = linkage_evidence(draft, gates=gates)
    with times.stage("reconciliation"):
        central = read_central(warehouse, release_no=prepared.release_no)
        reconciliation = reconcile(draft.live, draft.batches, central, unit=unit)
    evidence = {
        "counts": draft.live.of_unit(unit),
        "customers": customers_of(draft.content.tables["golden_customer"], unit=unit),
        **links,
        "drift": drift_of(batch for batch in draft.batches if unit_of_batch(batch) == unit),
        "quality": quality,
        "reconciliation": reconciliation,
        "seconds": times.seconds,
    }
    evidence = plain(evidence)
    return {**evidence, "failures": failures_of(evidence, gates=gates, records=draft.live.records.num_rows)}


def feed_failures(installation: Installation, warehouse: Warehouse, draft: Draft, *, prepared: Prepared) -> list[str]:
    """Why a feed may not be published: quality and reconciliation of every live unit, as in its cutover."""
    complaints = []
    with draft.times.stage("gates"):
        central = read_central(warehouse, release_no=prepared.release_no)
        for unit in draft.plan.inputs.units:
            quality = _quality(draft, unit=unit, docs_dir=installation.home / "data_docs" / unit)
            if not quality["success"]:
                complaints.append(f"{unit}: quality: {', '.join(quality['failed'])}")
            if not reconcile(draft.live, draft.batches, central, unit=unit)["clean"]:
                complaints.append(f"{unit}: reconciliation has unexplained differences")
    return complaints


def plain(value: Any) -> Any:
    """The same in types JSON knows: counts may come as NumPy numbers."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value.item() if hasattr(value, "item") else value


def quality_thresholds() -> dict[str, Any]:
    """Thresholds of the quality gate, as JSON: they are part of what an approval covers."""
    from warehouse import quality

    return asdict(quality.Thresholds())


def failures_of(evidence: Mapping[str, Any], *, gates: Gates, records: int) -> list[str]:
    """Which gates the evidence does not pass, in words with numbers."""
    counts = evidence["counts"]
    quarantined = _share(counts["quarantined"], counts["delivered"])
    checks = (
        (counts["loaded"] > 0, "no record of the unit is live"),
        (quarantined <= gates.max_quarantined, f"{quarantined} ppm quarantined, allowed {gates.max_quarantined}"),
        (evidence["quality"]["success"], f"quality: {', '.join(evidence['quality']['failed'])}"),
        (evidence["reconciliation"]["clean"], "reconciliation has unexplained differences"),
    )
    complaints = [complaint for passed, complaint in checks if not passed]
    return [*complaints, *linkage_failures_of(evidence, gates=gates, records=records)]


def linkage_evidence(draft: Draft, *, gates: Gates) -> dict[str, Any]:
    """What a rehearsal found about the links of a draft, as JSON."""
    with draft.times.stage("cross_check"):
        cross = _cross_check(draft, gates=gates)
    found: dict[str, Any] = plain(
        {
            "customers_in_all": draft.content.tables["golden_customer"].num_rows,
            "queue": draft.content.tables["queue_case"].num_rows,
            "links": draft.content.stats,
            "expected_precision": _expected_precision(draft),
            "cross_check": cross,
        }
    )
    return found


def linkage_failures_of(evidence: Mapping[str, Any], *, gates: Gates, records: int) -> list[str]:
    """Which gates the links do not pass: those that another model may fail, too."""
    queue = _share(evidence["queue"], records)
    checks = (
        (queue <= gates.max_queue_share, f"{queue} ppm of records in the queue, allowed {gates.max_queue_share}"),
        (
            evidence["expected_precision"] >= gates.min_expected_precision,
            f"expected precision {evidence['expected_precision']} ppm, needed {gates.min_expected_precision}",
        ),
        (evidence["cross_check"]["equal"], f"recordlinkage: {', '.join(evidence['cross_check']['differences'])}"),
    )
    return [complaint for passed, complaint in checks if not passed]


def _share(part: int, whole: int) -> int:
    return part * _MILLION // whole if whole else 0


def customers_of(golden: pa.Table, *, unit: str) -> int:
    """Customers whose anchor record is of that unit."""
    return int(pc.sum(pc.equal(golden["unit"], unit)).as_py() or 0)


def _expected_precision(draft: Draft) -> int:
    import dedupe

    return int(dedupe.expected_precision(draft.content.resolution.decisions))


def _quality(draft: Draft, *, unit: str, docs_dir: Path) -> dict[str, Any]:
    from warehouse import quality

    report = quality.check_unit(draft.content.tables, unit=unit, thresholds=quality.Thresholds())
    report.write_data_docs(docs_dir)
    return {
        "success": bool(report.success),
        "expectations": len(report.results),
        "failed": [str(_name(result)) for result in report.results if not result.success],
        "data_docs": str(docs_dir),
    }


def _name(result: Any) -> str:
    return str(getattr(result, "name", result))


def _cross_check(draft: Draft, *, gates: Gates) -> dict[str, Any]:
    check = local.cross_check(
        draft.live.records,
        model=draft.model,
        seed=gates.cross_check_seed,
        sample_blocks=gates.cross_check_blocks,
    )
    return {
        "equal": bool(check.pairs_equal and check.levels_equal),
        "pairs_equal": bool(check.pairs_equal),
        "levels_equal": bool(check.levels_equal),
        "differences": list(check.differences),
        "ecm": dict(check.ecm),
    }
