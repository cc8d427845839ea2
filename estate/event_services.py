"""What systems that were services hold, written for :mod:`estate.services`.

    <services>/postgres/<source_id>/   tables of the desks, all years at once
    <services>/sqlite/<source_id>/     the same where the desk kept a file
    <services>/soap/<source_id>/       records of a web service, all years at once
    <services>/sftp/<source_id>/       a drop: a folder per delivery, one sent twice, one that is still being sent
    <services>/<kind>/<source_id>.json what else stands in its location: the last day of a system that is switched off

Which system was which is invented.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from config.sources import SourceSystem
from estate.deliveries import Delivery
from estate.services.soap import write_service
from estate.services.tables import write_table
from estate.systems.events import AnsweredEvents, ServedEvents
from estate.systems.events.periods import is_master_later

SQLITE_POINTS = ("ZT31",)
"""Points whose desks kept an SQLite file; the others share one PostgreSQL."""
DROPS = ("zt41-payments",)
"""Systems that put their deliveries into a drop."""

REPEATED = "-ponownie"
"""Behind the name of a delivery that was sent again."""
UNFINISHED = "-nowa"
"""Behind the name of the one before, of a delivery that is still being sent."""


def write_served(services: Path, source: SourceSystem, served: ServedEvents | AnsweredEvents, *, last_day: str) -> int:
    """Write the table of a desk, or what a web service holds; its bytes."""
    if isinstance(served, AnsweredEvents):
        kind = services / "soap"
        write_service(kind / source.source_id, served.dialect, served.records, days=served.days)
    else:
        kind = services / ("sqlite" if source.point_code in SQLITE_POINTS else "postgres")
        write_table(kind / source.source_id, served.table, served.rows)
    _write_place(kind, source, last_day=last_day)
    return sum(path.stat().st_size for path in (kind / source.source_id).iterdir())


def leave_in_drop(services: Path, source: SourceSystem, delivery: Delivery) -> None:
    """What the sender did after a delivery: he was not sure and sent it again, and began with the next one."""
    drop = services / "sftp" / source.source_id
    shutil.copytree(drop / delivery.folder, drop / (delivery.folder + REPEATED))
    later = drop / (delivery.folder + UNFINISHED)
    later.mkdir()
    name, content = delivery.files[0]
    (later / f"{name}.part").write_bytes(content[: len(content) // 2])
    _write_place(services / "sftp", source, last_day=delivery.business_date.isoformat())


def _write_place(kind: Path, source: SourceSystem, *, last_day: str) -> None:
    if not is_master_later(source):
        (kind / f"{source.source_id}.json").write_text(json.dumps({"last_day": last_day}), encoding="utf-8")
