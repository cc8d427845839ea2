"""``blekit bench linkage``: engines in turn on the same files, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from blekit.bench.data import Data
from blekit.bench.jobs import Job
from blekit.bench.judging import judge
from blekit.bench.measuring import machine
from config.errors import FatalError, UsageError

Progress = Callable[[str], None]
ENGINES = ("blekit", "splink", "recordlinkage")
RECORDLINKAGE_LIMIT = 150_000
"""Records beyond which recordlinkage is left out, because its pairs live in pandas objects; not measured beyond."""


class EngineFailed(FatalError):
    """An engine did not finish: its output is in the message's log file."""


@dataclass(frozen=True)
class Turn:
    """One engine on one data set, once."""

    engine: str
    data: Data
    with_training: bool

    @property
    def has_frozen_model(self) -> bool:
        """Whether the engine comes with a model for such data."""
        return self.data.schema == "party" and self.engine != "recordlinkage"

    @property
    def title(self) -> str:
        """As progress and rows name it."""
        return f"{self.engine} + training" if self.with_training and self.has_frozen_model else self.engine


def run(
    data: Sequence[Data],
    *,
    engines: Sequence[str],
    runs: int,
    with_training: bool,
    scratch: Path,
    progress: Progress,
) -> dict[str, Any]:
    """All engines on all data sets, alternating, and what each answer is worth.

    Args:
        data: what to link.
        engines: which engines, in the order they take turns.
        runs: how often each turn is repeated; an engine that fails gives a row with ``failed`` in it.
        with_training: whether engines with a frozen model also run without it, learning from the file.
        scratch: folder for what engines write; emptied after each turn.
        progress: told what runs now, and what came out.

    Raises:
        UsageError: an engine is unknown or not installed.
    """
    check_engines(engines)
    described = machine()
    if "blekit" in engines and data:
        progress("warm up: our compiled kernels are made once, before the clock")
        _warm_up(data[0], scratch=scratch)
    turns = [
        turn for each in data for _ in range(runs) for turn in turns_of(each, engines, with_training=with_training)
    ]
    rows = []
    for at, turn in enumerate(turns, start=1):
        progress(f"{at} of {len(turns)}: {turn.title} on {turn.data.name}, {turn.data.records:,} records")
        rows.append(_row(turn, scratch=scratch, progress=progress))
    return {"machine": described, "rows": rows}


def _row(turn: Turn, *, scratch: Path, progress: Progress) -> dict[str, Any]:
    """A turn's row; one that failed is a row too: an hour's other numbers are not thrown away for it."""
    try:
        row = take(turn, scratch=scratch)
    except EngineFailed as failure:
        progress(f"  failed: {failure.hint}")
        return {"engine": turn.title, "data": turn.data.name, "records": turn.data.records, "failed": failure.hint}
    progress(f"  {row['wall_s']} s, {row['peak_mb']:,} MB, cluster F1 {row['cluster']['f1']}")
    return row


def installed_engines() -> tuple[str, ...]:
    """All engines that can run here."""
    return tuple(name for name in ENGINES if name != "splink" or find_spec("splink") is not None)


def _warm_up(data: Data, *, scratch: Path) -> None:
    smallest = Turn("blekit", data, with_training=data.schema != "party")
    take(smallest, scratch=scratch)


def check_engines(engines: Sequence[str]) -> None:
    """Refuse engines nobody knows, and those that are not installed."""
    if unknown := sorted(set(engines) - set(ENGINES)):
        raise UsageError(f"no engine {', '.join(unknown)}", hint=f"Engines: {', '.join(ENGINES)}")
    if "splink" in engines and find_spec("splink") is None:
        raise UsageError("Splink is not installed", hint="`make bench`, or uv pip install 'blekit[bench]'")


def turns_of(data: Data, engines: Sequence[str], *, with_training: bool) -> Iterator[Turn]:
    """The turns on one data set: frozen models first, then each engine learning from the file itself.

    Frozen models exist for party records only; elsewhere every engine learns. recordlinkage has none at all.
    """
    for is_training in (False, True):
        for engine in engines:
            turn = Turn(engine, data, is_training)
            is_wanted = (with_training if turn.has_frozen_model else True) if is_training else turn.has_frozen_model
            if is_wanted and _can(engine, data):
                yield turn


def _can(engine: str, data: Data) -> bool:
    return engine != "recordlinkage" or (data.schema != "table" and data.records <= RECORDLINKAGE_LIMIT)


def take(turn: Turn, *, scratch: Path) -> dict[str, Any]:
    """One turn in a process of its own."""
    with tempfile.TemporaryDirectory(dir=scratch, prefix=f"{turn.engine}-") as folder:
        out = Path(folder)
        job = Job(
            engine=turn.engine,
            file=str(turn.data.file),
            out=str(out),
            schema=turn.data.schema,
            with_training=turn.with_training,
            options={"is_link_only": turn.data.is_link_only},
        )
        _in_own_process(job, out)
        return {
            "engine": turn.title,
            "data": turn.data.name,
            "records": turn.data.records,
            **judge(turn.data, out),
        }


def _in_own_process(job: Job, out: Path) -> None:
    job.write(out / "job.json")
    command = [sys.executable, "-m", "blekit.bench.worker", str(out / "job.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        log = out.parent / f"failed-{job.engine}.log"
        log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise EngineFailed(f"engine {job.engine} ended with {done.returncode}", hint=f"What it said is in {log}")
