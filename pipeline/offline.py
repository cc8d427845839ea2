"""The whole line without a database: deliveries in, records and customers out.

For scoring, benchmarks, training a model and tests. It takes the same steps as a cutover of every unit, over the
landing of a temporary folder; only ledger, approvals and gates are left out.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from config.errors import SourceUnavailable
from config.units import UNIT_NAMES
from pipeline.batches import served_sources
from pipeline.landing import Landed, date_of, deliveries_of, land
from pipeline.livesets import LiveSet, check_conservation, live_set
from pipeline.resolving import content_of
from pipeline.roster import PilotKeys, read_pilot_keys, roster_source
from pipeline.standardising import StandardBatch, standardise_batch

if TYPE_CHECKING:
    from dedupe import Model, Resolution

_KEY = b"offline: ids of no installation"


def resolve_deliveries(
    deliveries_dir: Path,
    *,
    up_to: dt.date | None = None,
    model: Model | None = None,
    landing_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[pa.Table, Resolution]:
    """Live records of all units and what they resolve to, with no decisions of stewards.

    Args:
        deliveries_dir: folder of deliveries, one folder per system.
        up_to: deliveries after this business date are left out; all are taken when missing.
        model: matching model; the one cutovers use when missing.
        landing_dir: where to keep what was read, to read it faster next time; a temporary folder when missing.
        progress: told in a sentence after each stage.
    """
    live = live_deliveries(deliveries_dir, up_to=up_to, landing_dir=landing_dir, progress=progress)
    content = content_of(live, decisions=(), id_key=_KEY, ref_key=_KEY, model=model, progress=progress)
    return live.records, content.resolution


def live_deliveries(
    deliveries_dir: Path,
    *,
    up_to: dt.date | None = None,
    landing_dir: Path | None = None,
    progress: Callable[[str], None] | None = None,
) -> LiveSet:
    """The live set of all units over everything that was delivered; rejected deliveries are left out."""
    with tempfile.TemporaryDirectory(prefix="blekit-offline-") as temporary:
        landing = landing_dir or Path(temporary)
        batches = _standard_batches(deliveries_dir, landing=landing, up_to=up_to)
        live = live_set(batches, units=UNIT_NAMES)
        check_conservation(live, batches, units=UNIT_NAMES)
        if progress:
            progress(f"{len(batches)} deliveries, {live.records.num_rows} live records")
        return live


def _standard_batches(deliveries_dir: Path, *, landing: Path, up_to: dt.date | None) -> list[StandardBatch]:
    pilot_keys = _pilot_keys(deliveries_dir, landing=landing)
    batches: dict[str, StandardBatch] = {}
    for source in served_sources():
        for folder in deliveries_of(deliveries_dir, source.source_id):
            if up_to is None or date_of(folder) <= up_to:
                landed = land(landing, folder, source=source)
                if isinstance(landed, Landed):
                    keys = pilot_keys.get(source.source_id, frozenset())
                    batches.setdefault(landed.batch_id, standardise_batch(landed, source=source, pilot_keys=keys))
    return list(batches.values())


def _pilot_keys(deliveries_dir: Path, *, landing: Path) -> PilotKeys:
    source = roster_source()
    rosters = [land(landing, folder, source=source) for folder in deliveries_of(deliveries_dir, source.source_id)]
    accepted = [roster for roster in rosters if isinstance(roster, Landed)]
    if not accepted:
        raise SourceUnavailable(
            f"{source.source_id}: no pilot roster in {deliveries_dir}",
            hint="`blekit estate build` writes one; without it nobody knows which unit a record belongs to",
        )
    return read_pilot_keys(max(accepted, key=lambda roster: (roster.business_date, roster.sequence)))
