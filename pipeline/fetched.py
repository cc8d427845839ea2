"""What was fetched from a service: the delivery folders made of it, and the memory that keeps a second fetch short.

``<home>/fetched/<source_id>.json`` remembers which spans of days were asked for and which files of a drop were taken.
It is written after the delivery is in its place: a process killed in between fetches once more, and the same bytes
are recognised by their digests. Losing the file costs time, never data. What was odd in a drop (a delivery that came
again, one whose transfer is not over) makes no delivery of its own, so it is remembered here too.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from config.errors import BadData, RetriableError
from config.services import DropService
from config.sources import all_sources
from pipeline.files import new_folder, read_json, write_json
from pipeline.landing import deliveries_of

if TYPE_CHECKING:
    from connectors import DeliveryManifest
    from connectors.sftp_drops import Left
    from pipeline.installation import Installation

MEMORIES = "fetched"
"""Folder of an installation."""
SENT_AGAIN = "sent_again"
_SPARE = 100
"""Numbers kept free behind each number of a sender, for what he sends again under the same name."""


def sender_number(source_id: str, sequence: int) -> int:
    """The number a sender gave a delivery; ours is another one where he may send the same name twice."""
    source = next((each for each in all_sources() if each.source_id == source_id), None)
    service = source.kind.service if source is not None and source.is_served else None
    is_loose = isinstance(service, DropService) and service.layout == "files"
    return sequence // _SPARE if is_loose else sequence


class Added(NamedTuple):
    """A delivery that was added."""

    batch_id: str
    is_new: bool
    """False where the same files were a whole delivery already."""


class Memory:
    """What was fetched of one source before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        content: dict[str, Any] = read_json(path) if path.exists() else {}
        self._spans: dict[str, dict[str, str | None]] = content.get("spans", {})
        self._drop: dict[str, str] = content.get("drop", {})
        self._batches: dict[str, str] = content.get("batches", {})
        self._again: list[str] = content.get("sent_again", [])
        self._left: list[dict[str, str]] = content.get("left", [])

    def earlier(self, until: dt.date) -> tuple[dt.date, str | None] | None:
        """Last day and watermark of the latest span that ended before a day.

        The span that ends on that very day does not count: asked again, it begins where it began the first time, so
        that an unchanged service gives the same bytes.
        """
        days = [day for day in self._spans if day < until.isoformat()]
        return (dt.date.fromisoformat(max(days)), self._spans[max(days)]["mark"]) if days else None

    def keep_span(self, until: dt.date, *, mark: str | None) -> None:
        """Remember a span and the highest watermark seen until its end."""
        self._spans[until.isoformat()] = {"mark": mark}
        self._save()

    def is_taken(self, key: str, fingerprint: str) -> bool:
        """Whether these files of a drop were taken and not touched since."""
        return self._drop.get(key) == fingerprint

    def keep_taken(self, key: str, fingerprint: str, *, added: Added) -> None:
        """Remember that these files were taken, and whether they had come before: under another name, or touched."""
        # Not known alone: a process killed between the two memories finds the delivery it made itself.
        if not added.is_new and added.batch_id in self._batches.values() and key not in self._again:
            self._again.append(key)
        self._drop[key], self._batches[key] = fingerprint, added.batch_id
        self._save()

    def keep_left(self, left: Iterable[Left]) -> None:
        """Remember what lay in the drop and was not taken this time."""
        self._left = [{"name": each.name, "code": each.code, "reason": each.reason} for each in left]
        self._save()

    @property
    def oddities(self) -> list[dict[str, str]]:
        """What was odd in the drop, ``{name, code, reason}``: sent again at any time, left alone the last time."""
        again = [{"name": name, "code": SENT_AGAIN, "reason": "the same delivery once more"} for name in self._again]
        return sorted([*again, *self._left], key=lambda each: each["name"])

    def _save(self) -> None:
        drop = {"drop": self._drop, "batches": self._batches, "sent_again": self._again, "left": self._left}
        write_json(self._path, {"spans": self._spans, **drop})


def oddities_of_drops(installation: Installation) -> dict[str, list[dict[str, str]]]:
    """What was odd in the drop of each system that has one; see :attr:`Memory.oddities`."""
    found = {path.stem: Memory(path).oddities for path in sorted((installation.home / MEMORIES).glob("*.json"))}
    return {source_id: oddities for source_id, oddities in found.items() if oddities}


class Deliveries:
    """The delivery folders of one source."""

    def __init__(self, deliveries_dir: Path, source_id: str) -> None:
        self._dir = deliveries_dir
        self._source_id = source_id
        # Not beside the deliveries: whoever looks for manifests there would find one that is not in its place yet.
        self._staging = deliveries_dir / ".fetching" / source_id
        self.new: list[str] = []
        self.unchanged = 0

    def add(self, write: Callable[[Path], DeliveryManifest]) -> Added:
        """Make a delivery of what ``write`` writes into a folder, unless the same files are one already.

        Raises:
            BadData: its number belongs to another delivery.
        """
        shutil.rmtree(self._staging, ignore_errors=True)
        staged = self._staging / "delivery"
        with new_folder(staged) as temporary:
            manifest = write(temporary)
        try:
            is_new = not self._is_known(manifest)
            if is_new:
                self._place(staged, f"{manifest.business_date.isoformat()}-{manifest.sequence}")
            else:
                self.unchanged += 1
            return Added(manifest.batch_id, is_new)
        finally:
            shutil.rmtree(self._staging, ignore_errors=True)

    def next_number(self) -> int:
        """The next number of the system: who gives none is counted by us, over all days."""
        numbers = [folder.name[11:] for folder in deliveries_of(self._dir, self._source_id)]
        return 1 + max((int(number) for number in numbers if number.isdigit()), default=0)

    def number_for(self, day: dt.date, sequence: int) -> int:
        """The number of a delivery a sender gave a number: what he sends again stays below his next number.

        Raises:
            BadData: he sent it too often.
        """
        for number in range(sequence * _SPARE, (sequence + 1) * _SPARE):
            if not (self._dir / self._source_id / f"{day.isoformat()}-{number}").exists():
                return number
        raise BadData(f"{self._source_id}: {day}: too many deliveries of one number")

    def _is_known(self, manifest: DeliveryManifest) -> bool:
        from connectors.manifest import read_manifest

        for folder in deliveries_of(self._dir, self._source_id):
            try:
                if read_manifest(folder).batch_id == manifest.batch_id and _is_whole(folder):
                    return True
            except (BadData, RetriableError):
                continue
        return False

    def _place(self, staged: Path, name: str) -> None:
        target = self._dir / self._source_id / name
        if target.exists():
            if _is_whole(target):
                raise BadData(
                    f"{self._source_id}: {name} was sent again with other content",
                    hint="Ask the sender for a number of its own for a correction",
                )
            # What came broken may be replaced: landing has kept the broken one with its reason.
            target.rename(self._staging / "broken")
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.rename(target)
        self.new.append(name)


def _is_whole(folder: Path) -> bool:
    from connectors.manifest import check_files, read_manifest

    try:
        check_files(folder, manifest=read_manifest(folder))
    except (BadData, RetriableError):
        return False
    return True


@contextmanager
def alone(installation: Installation, source_id: str) -> Iterator[Path]:
    """Nobody else fetches from this source meanwhile; yields the folder of memories."""
    folder = installation.home / MEMORIES
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{source_id}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield folder
