"""Training: another matching model out of stated deliveries, without labels. A cutover never does this.

What a model was trained on is written into it, so its version names it too: how many deliveries and records, a hash
over the batch ids, the seed and the version of the code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.errors import GateFailed, StorageFailed, UsageError
from config.matching import load_matching
from config.sources import source_with_id
from config.units import UNIT_NAMES, unit_named
from pipeline.extraction import standard_batches
from pipeline.livesets import LiveSet, live_set
from pipeline.offline import live_batches
from pipeline.roster import roster_source

if TYPE_CHECKING:
    from dedupe import Model
    from dedupe.training import Lesson
    from pipeline.installation import Installation
    from warehouse.records import Batch

Progress = Callable[[str], None]


def train_on_deliveries(
    deliveries_dir: Path, *, out: Path, seed: int, progress: Progress | None = None
) -> dict[str, Any]:
    """Train on the live records of a folder of deliveries and write the model as YAML.

    Raises:
        ModelRefused: no class of pairs passed the identity rule.
    """
    live, batch_ids = live_batches(deliveries_dir, progress=progress)
    return _train(live, batch_ids, units=UNIT_NAMES, out=out, seed=seed, progress=progress)


def train_on_batches(
    installation: Installation,
    *,
    out: Path,
    seed: int,
    units: Collection[str] = (),
    batch_ids: Collection[str] = (),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Train on the accepted deliveries of this installation, on some of them or on the records of some units.

    Raises:
        UsageError: a unit or a batch that is not there.
        GateFailed: nothing was accepted yet.
        ModelRefused: no class of pairs passed the identity rule.
    """
    chosen = {unit_named(name).name for name in units}
    with installation.open_warehouse() as warehouse:
        accepted = warehouse.batches(states=["accepted"])
    wanted = _chosen(accepted, batch_ids)
    batches = standard_batches(installation, wanted)
    live = live_set(batches, units=chosen or UNIT_NAMES)
    if progress:
        progress(f"{len(batches)} deliveries, {live.records.num_rows} live records")
    ids = [batch.batch_id for batch in batches]
    return _train(live, ids, units=chosen or UNIT_NAMES, out=out, seed=seed, progress=progress)


def _chosen(accepted: Sequence[Batch], batch_ids: Collection[str]) -> list[Batch]:
    if not accepted:
        raise GateFailed(
            "no delivery was accepted here yet: there is nothing to train on",
            hint="`blekit model train --deliveries DIR` trains on a folder",
        )
    if unknown := sorted(set(batch_ids) - {batch.batch_id for batch in accepted}):
        raise UsageError(
            f"no accepted batch {', '.join(unknown)}", hint="`blekit sources show ID` lists the batches of a system"
        )
    # The roster says whose record is the pilot's; it goes with any choice.
    rosters = {batch.batch_id for batch in accepted if batch.source_id == roster_source().source_id}
    chosen = [batch for batch in accepted if not batch_ids or batch.batch_id in rosters.union(batch_ids)]
    return [batch for batch in chosen if not source_with_id(batch.source_id).kind.is_event]


def _train(
    live: LiveSet,
    batch_ids: Iterable[str],
    *,
    units: Collection[str],
    out: Path,
    seed: int,
    progress: Progress | None,
) -> dict[str, Any]:
    import dedupe

    lessons: list[Lesson] = []

    def note(lesson: Lesson) -> None:
        lessons.append(lesson)
        if progress:
            counts = f"{lesson.candidate_pairs} pairs, {lesson.patterns} patterns, {lesson.steps} steps"
            progress(f"learned {lesson.party_kind}s: {counts}")

    learned = dedupe.train(live.records, seed=seed, matching=load_matching(), note=note)
    model = replace(learned, trained_on={**learned.trained_on, **_provenance(batch_ids, units=units)})
    write_model(model, out=out)
    return {
        "version": model.version,
        "file": str(out),
        "records": live.records.num_rows,
        "trained_on": dict(model.trained_on),
        "lessons": [asdict(lesson) for lesson in lessons],
    }


def _provenance(batch_ids: Iterable[str], *, units: Collection[str]) -> dict[str, int | str]:
    ids = sorted(batch_ids)
    return {
        "batches": len(ids),
        "batches_sha256": hashlib.sha256("\n".join(ids).encode()).hexdigest(),
        "units": " ".join(name for name in UNIT_NAMES if name in units),
        "blekit": version("blekit"),
    }


def write_model(model: Model, *, out: Path) -> None:
    """A model as YAML, keys sorted: the same model is the same bytes."""
    import yaml

    text = yaml.safe_dump(model.to_dict(), sort_keys=True, allow_unicode=True, width=120, default_flow_style=None)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise StorageFailed(f"cannot write {out}: {exc.strerror}") from exc
