"""One spoilt file, read: what came of it.

A mutation is a number: with the name of the case and the seed it makes the same spoilt file again, on any machine.
"""

from __future__ import annotations

import random
import signal
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from config.errors import BadData
from connectors.model import CELL_REASONS, RawChunk
from tests.connectors.contract.case import Opening, ReaderCase, check_conservation, opening, outcome

CPU_LIMIT_S = 1.0
"""Of processor time, so that a busy machine is no hang."""
WALL_LIMIT_S = 20.0
"""For whoever waits without computing."""


class Hung(BaseException):
    """A reader took longer than it may; no reader can catch it by mistake."""


@dataclass(frozen=True)
class Failure:
    """A promise that was broken, and the number that breaks it again."""

    case: str
    seed: int
    number: int
    what: str

    @property
    def command(self) -> str:
        """How to see it again."""
        return f'make fuzz ARGS="--connectors {self.case} --seed {self.seed} --only {self.number}"'


@dataclass
class Tally:
    """What came of many attempts at one format."""

    mutations: int = 0
    reached: int = 0
    """How many came as far as decoding a record."""
    ends: Counter[str] = field(default_factory=Counter)
    """``read``, or the code of the error."""
    slowest_ms: float = 0.0
    slowest: int = 0
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Counts another tally in."""
        self.mutations += other.mutations
        self.reached += other.reached
        self.ends.update(other.ends)
        self.failures += other.failures
        if other.slowest_ms > self.slowest_ms:
            self.slowest_ms, self.slowest = other.slowest_ms, other.slowest

    @property
    def reached_pct(self) -> float:
        """Per cent that reached the records."""
        return 100 * self.reached / max(1, self.mutations)


def spoilt(case: ReaderCase, *, seed: int, number: int) -> dict[str, bytes]:
    """The files of a mutation."""
    return dict(case.mutate(random.Random(f"{case.name}/{seed}/{number}"), case.files()))


def attempt(case: ReaderCase, folder: Path, *, seed: int, number: int, tally: Tally) -> None:
    """Reads one spoilt delivery and counts what came of it."""
    opened = opening(case, folder, spoilt(case, seed=seed, number=number))
    chunks: list[RawChunk] = []
    begun = time.process_time()
    try:
        end = _ending(case, opened, chunks)
    except Hung:
        end = "hung"
        tally.failures.append(Failure(case.name, seed, number, f"more than {CPU_LIMIT_S} s"))
    except Exception:  # noqa: BLE001 (any exception is what we are looking for)
        end = "uncaught"
        tally.failures.append(Failure(case.name, seed, number, traceback.format_exc(limit=-4)))
    took = 1000 * (time.process_time() - begun)
    if took > tally.slowest_ms:
        tally.slowest_ms, tally.slowest = took, number
    tally.mutations += 1
    tally.ends[end] += 1
    tally.reached += _has_decoded(opened, chunks)


def _ending(case: ReaderCase, opened: Opening, chunks: list[RawChunk]) -> str:
    """The code of the error, or ``read`` when all bytes were accounted for.

    Raises:
        Exception: whatever a reader must not raise, or an account that does not balance.
    """
    _set_limits(CPU_LIMIT_S, WALL_LIMIT_S)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for chunk in case.read(opened):
                chunks.append(chunk)
    except BadData as exc:
        assert exc.message.startswith(case.name), f"the message names no file: {exc.message}"
        return exc.code
    finally:
        _set_limits(0, 0)
    check_conservation(outcome(chunks, opened))
    return "read"


def _has_decoded(opened: Opening, chunks: list[RawChunk]) -> bool:
    if opened.ledgers["main"].delivered_records:
        return True
    return any(reason in CELL_REASONS for chunk in chunks for reason in chunk.quarantine.column("reason").to_pylist())


def _set_limits(cpu: float, wall: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, cpu)
    signal.setitimer(signal.ITIMER_REAL, wall)


def _hang(_: int, __: FrameType | None) -> None:
    raise Hung


def arm() -> None:
    """Makes the limits of time raise in this process; once, in its main thread."""
    signal.signal(signal.SIGPROF, _hang)
    signal.signal(signal.SIGALRM, _hang)
