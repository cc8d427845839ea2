"""``make fuzz``: many spoilt files per format, in two processes.

    make fuzz                                              100 000 mutations per connector
    make fuzz ARGS="--mutations 2000 --connectors dbf"     fewer, of one
    make fuzz ARGS="--connectors dbf --seed 1 --only 4711" one again, with its traceback

A reader may take a spoilt file, or refuse it with a coded error that names file and place. It must not raise anything
else, not take a second, and not lose or invent a byte. At least half of the spoilt files must reach the decoding of
records: damage that dies in the header proves little.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

from tests.connectors.contract.case import ReaderCase, opening, read_case
from tests.connectors.contract.cases import CASES, case_named
from tests.fuzz.attempts import Failure, Tally, arm, attempt

LEAST_REACHED_PCT = 50.0
_BLOCK = 500
_SHM = Path("/dev/shm")
Block = tuple[str, range]
"""A case by name and the numbers of some of its mutations."""


def fuzz(case: ReaderCase, numbers: Sequence[int], *, seed: int) -> Tally:
    """Attempts of these numbers, one after another in this process."""
    arm()
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=_SHM if _SHM.is_dir() else None) as folder:
        # What is imported or compiled at the first file is not the fault of a spoilt one.
        read_case(case, opening(case, Path(folder), case.files()))
        with nothing_to_collect():
            for number in numbers:
                attempt(case, Path(folder), seed=seed, number=number, tally=tally)
    return tally


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """What other tests left in this process is not walked again and again while a reader is being timed.

    With a million objects of theirs, one collection took longer than a reader may.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _fuzz_named(name: str, numbers: range, seed: int) -> Tally:
    return fuzz(case_named(name), numbers, seed=seed)


def fuzz_all(
    cases: Sequence[ReaderCase],
    *,
    mutations: int,
    seed: int,
    processes: int = 2,
    finished: Callable[[str, Tally], None] = lambda name, tally: None,
) -> dict[str, Tally]:
    """All cases, each told when it is finished.

    Where a process is killed, what all of them were at is done again, a block a process: a block that kills its process
    once more is a failure, one that does not was killed from outside.
    """
    tallies = {case.name: Tally() for case in cases}
    blocks = [
        (case.name, range(first, min(first + _BLOCK, mutations)))
        for case in cases
        for first in range(0, mutations, _BLOCK)
    ]
    left = Counter(name for name, _ in blocks)
    for (name, numbers), tally in _all_blocks(blocks, seed=seed, processes=processes):
        what = f"the process died between {numbers.start} and {numbers.stop}, twice"
        tallies[name].add(tally or Tally(failures=[Failure(name, seed, numbers.start, what)]))
        left[name] -= 1
        if not left[name]:
            finished(name, tallies[name])
    return tallies


def _all_blocks(blocks: Sequence[Block], *, seed: int, processes: int) -> Iterator[tuple[Block, Tally | None]]:
    lost: list[Block] = []
    for block, tally in _in_a_pool(blocks, seed=seed, processes=processes):
        if tally is None:
            lost.append(block)
        else:
            yield block, tally
    for block in lost:
        yield from _in_a_pool([block], seed=seed, processes=1)


def _in_a_pool(blocks: Sequence[Block], *, seed: int, processes: int) -> Iterator[tuple[Block, Tally | None]]:
    """Blocks as they are finished; nothing for those whose process died, or another of the same pool."""
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(_fuzz_named, *block, seed): block for block in blocks}
        for done in as_completed(waiting):
            try:
                yield waiting[done], done.result()
            except BrokenProcessPool:
                yield waiting[done], None


HEADING = f"{'connector':<18}{'mutations':>10}{'reached %':>11}{'slowest ms':>12}  how they ended"


def line_of(name: str, tally: Tally) -> str:
    """A line of the table people read."""
    ends = ", ".join(f"{end} {count}" for end, count in tally.ends.most_common())
    return f"{name:<18}{tally.mutations:>10}{tally.reached_pct:>11.1f}{tally.slowest_ms:>12.1f}  {ends}"


def complaints(tallies: dict[str, Tally]) -> Iterator[str]:
    """What was broken, each with the command that shows it again."""
    for name, tally in tallies.items():
        if tally.mutations and tally.reached_pct < LEAST_REACHED_PCT:
            yield f"{name}: only {tally.reached_pct:.1f} % reached the records; spoil its headers less"
        for failure in tally.failures[:5]:
            yield f"{name} {failure.number}: {failure.what}\n  {failure.command}"
        if len(tally.failures) > 5:
            yield f"{name}: {len(tally.failures) - 5} more failures"


def main() -> int:
    """As the command line says; 1 when something was broken."""
    parser = argparse.ArgumentParser(prog="make fuzz", description="Spoil valid files and read them.")
    parser.add_argument("--mutations", type=int, default=100_000, help="per connector")
    parser.add_argument("--connectors", default="", help="names of cases, comma between; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="one mutation by its number")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    cases = [case_named(name) for name in asked.connectors.split(",")] if asked.connectors else list(CASES)
    _say(HEADING)
    wrongs: list[str] = []

    def finished(name: str, tally: Tally) -> None:
        # At once, so that a run that is cut off has proved what it says.
        _say(line_of(name, tally))
        wrongs.extend(complaints({name: tally}) if asked.only is None else [each.what for each in tally.failures])

    if asked.only is not None:
        for case in cases:
            finished(case.name, fuzz(case, [asked.only], seed=asked.seed))
    else:
        fuzz_all(cases, mutations=asked.mutations, seed=asked.seed, processes=asked.processes, finished=finished)
    for wrong in wrongs:
        _say(f"\n{wrong}")
    return 1 if wrongs else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
