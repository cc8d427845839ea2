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
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tests.connectors.contract.case import ReaderCase, opening, read_case
from tests.connectors.contract.cases import CASES, case_named
from tests.fuzz.attempts import Failure, Tally, arm, attempt

LEAST_REACHED_PCT = 50.0
_BLOCK = 500
_SHM = Path("/dev/shm")


def fuzz(case: ReaderCase, numbers: Sequence[int], *, seed: int) -> Tally:
    """Attempts of these numbers, one after another in this process."""
    arm()
    tally = Tally()
    with tempfile.TemporaryDirectory(dir=_SHM if _SHM.is_dir() else None) as folder:
        # What is imported or compiled at the first file is not the fault of a spoilt one.
        read_case(case, opening(case, Path(folder), case.files()))
        for number in numbers:
            attempt(case, Path(folder), seed=seed, number=number, tally=tally)
    return tally


def _fuzz_named(name: str, numbers: range, seed: int) -> Tally:
    return fuzz(case_named(name), numbers, seed=seed)


def fuzz_all(cases: Sequence[ReaderCase], *, mutations: int, seed: int, processes: int = 2) -> dict[str, Tally]:
    """All cases; a process that is killed is a failure of the block it was at."""
    tallies = {case.name: Tally() for case in cases}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        blocks = {
            pool.submit(_fuzz_named, case.name, range(first, min(first + _BLOCK, mutations)), seed): (case.name, first)
            for case in cases
            for first in range(0, mutations, _BLOCK)
        }
        for done in as_completed(blocks):
            name, first = blocks[done]
            try:
                tallies[name].add(done.result())
            except BrokenProcessPool:
                what = f"the process died between {first} and {first + _BLOCK}, or beside another that did"
                tallies[name].failures.append(Failure(name, seed, first, what))
    return tallies


def lines_of(tallies: dict[str, Tally]) -> Iterator[str]:
    """The table people read."""
    yield f"{'connector':<18}{'mutations':>10}{'reached %':>11}{'slowest ms':>12}  how they ended"
    for name, tally in tallies.items():
        ends = ", ".join(f"{end} {count}" for end, count in tally.ends.most_common())
        yield f"{name:<18}{tally.mutations:>10}{tally.reached_pct:>11.1f}{tally.slowest_ms:>12.1f}  {ends}"


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
    if asked.only is not None:
        tallies = {case.name: fuzz(case, [asked.only], seed=asked.seed) for case in cases}
    else:
        tallies = fuzz_all(cases, mutations=asked.mutations, seed=asked.seed, processes=asked.processes)
    wrongs = (
        list(complaints(tallies))
        if asked.only is None
        else [failure.what for tally in tallies.values() for failure in tally.failures]
    )
    sys.stdout.write("\n".join([*lines_of(tallies), *(f"\n{wrong}" for wrong in wrongs)]) + "\n")
    return 1 if wrongs else 0


if __name__ == "__main__":
    sys.exit(main())
