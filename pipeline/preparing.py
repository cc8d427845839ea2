"""From a choice of units and batches to a prepared release.

Content is computed without holding the publish lock, because it takes long; so the release everybody sees may have
moved meanwhile, and what was computed would silently undo it. The parent that was planned upon is checked again when
the release is prepared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.errors import BugError, ParentMoved
from config.schemas import schema_named
from config.units import UNIT_NAMES
from pipeline.extraction import standard_batches
from pipeline.livesets import LiveSet, check_conservation, live_set
from pipeline.models import active_version, keep_model, model_of
from pipeline.previous import previous_of
from pipeline.resolving import Content, content_of
from pipeline.standardising import StandardBatch
from pipeline.versions import rules_version
from warehouse.records import Inputs, Prepared, Release, ReleaseKind

if TYPE_CHECKING:
    from dedupe import Model
    from pipeline.installation import Installation
    from warehouse import Warehouse
    from warehouse.records import Batch

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What a release will be made of, and upon which release."""

    inputs: Inputs
    parent: int | None


@dataclass
class Times:
    """Seconds each stage took; evidence, never content."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage."""
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)


@dataclass(frozen=True)
class Draft:
    """The content of a planned release, not in the warehouse yet."""

    plan: Plan
    batches: Sequence[StandardBatch]
    live: LiveSet
    content: Content
    times: Times
    model: Model


def plan_release(
    warehouse: Warehouse,
    *,
    add: str | None = None,
    remove: str | None = None,
    batch_ids: Iterable[str] = (),
    model_version: str | None = None,
) -> Plan:
    """Inputs of the release that follows the current one: a unit more or less, more batches, another model, and all
    decisions so far."""
    current = warehouse.current()
    units = set(current.inputs.units if current else ()) | ({add} if add else set())
    batches = set(current.inputs.batch_ids if current else ()) | set(batch_ids)
    return Plan(
        inputs=Inputs(
            units=tuple(name for name in UNIT_NAMES if name in units and name != remove),
            batch_ids=tuple(sorted(batches)),
            decisions_up_to=max((each.decision_no for each in warehouse.decisions()), default=0),
            model_version=model_version or active_version(warehouse),
            rules_version=rules_version(),
            erased=current.inputs.erased if current else (),
        ),
        parent=current.release_no if current else None,
    )


def draft_release(
    installation: Installation,
    warehouse: Warehouse,
    plan: Plan,
    *,
    from_parent: bool = False,
    progress: Progress | None = None,
) -> Draft:
    """Compute the content of a planned release and check that no record was lost on the way.

    Args:
        installation, warehouse, plan: what to make, and where.
        from_parent: resolve only what changed since the parent, where that is possible and quicker. The tables are the
            same, but the draft then knows no decisions outside of it, which is not enough for evidence.
        progress: told in a sentence after each stage.
    """
    say = progress or (lambda _: None)
    times, model = Times(), model_of(warehouse, plan.inputs.model_version)
    with times.stage("live_set"):
        batches = standard_batches(installation, _batches_named(warehouse, plan.inputs.batch_ids))
        live = live_set(batches, units=plan.inputs.units)
        check_conservation(live, batches, units=plan.inputs.units)
    say(f"live set: {live.records.num_rows} records of {len(batches)} deliveries")
    with times.stage("read_parent"):
        previous = previous_of(warehouse, plan.inputs, parent=plan.parent, batches=batches) if from_parent else None
    with times.stage("resolve"):
        content = content_of(
            live,
            decisions=warehouse.decisions(up_to=plan.inputs.decisions_up_to),
            id_key=installation.id_key,
            ref_key=installation.ref_key,
            model=model,
            previous=previous,
            progress=progress,
        )
    say(f"resolved: {content.tables['golden_customer'].num_rows} customers")
    return Draft(plan, batches, live, content, times, model)


def _batches_named(warehouse: Warehouse, batch_ids: Iterable[str]) -> list[Batch]:
    wanted = set(batch_ids)
    found = [batch for batch in warehouse.batches() if batch.batch_id in wanted]
    if len(found) != len(wanted):
        raise BugError(f"{len(wanted) - len(found)} batches of the release are not registered")
    return found


def prepare_draft(warehouse: Warehouse, draft: Draft, *, kind: ReleaseKind, actor: str) -> Prepared:
    """Put a draft into the warehouse under an unpublished number.

    Raises:
        LockBusy: somebody else prepares or publishes.
        ParentMoved: a release was published since the draft was planned.
    """
    keep_model(warehouse, draft.model, version=draft.plan.inputs.model_version, actor=actor)
    with draft.times.stage("prepare"):
        prepared = warehouse.prepare(kind=kind, inputs=draft.plan.inputs, content=draft.content.tables, actor=actor)
    if prepared.parent != draft.plan.parent:
        warehouse.abandon(prepared.release_no)
        raise ParentMoved(
            f"release {prepared.parent} was published while content was computed upon {draft.plan.parent}",
            hint="Run it again",
        )
    return prepared


def hash_of_content(tables: Mapping[str, pa.Table]) -> str:
    """The content hash these tables would have as a release."""
    from warehouse.content_hash import content_hash, table_hash

    return content_hash({name: table_hash(table, schema_named(name)) for name, table in tables.items()})


def release_detail(draft: Draft) -> dict[str, Any]:
    """What the ledger keeps of a release beside its inputs: counts per unit and per system."""
    live = draft.live
    sources = sorted({source_id for source_id, _ in live.counts})
    return {
        "units": {unit: live.of_unit(unit) for unit in draft.plan.inputs.units},
        "sources": {source_id: live.of_source(source_id) for source_id in sources},
        "seconds": draft.times.seconds,
    }


def release_summary(release: Release, *, unit: str | None = None) -> dict[str, Any]:
    """What a published release is told as."""
    return {
        "unit": unit,
        "release_no": release.release_no,
        "parent": release.parent,
        "kind": release.kind,
        "content_hash": release.content_hash,
    }
