"""The same work on many things, on all cores, with the same results in the same order.

Children are forked: they see everything the parent has in memory without a copy, which for a tenth of the nation is
gigabytes. Only what identifies the work and what comes back goes through a pipe.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, TypeVar

J = TypeVar("J")
R = TypeVar("R")
_inherited: list[tuple[Callable[[Any], Any], Sequence[Any]]] = []
"""Work and jobs, put here before the fork; the last is what children do."""


def cores() -> int:
    """How many processes are worth starting here; one where processes cannot be forked."""
    can_fork = "fork" in multiprocessing.get_all_start_methods()
    return len(os.sched_getaffinity(0)) if can_fork and hasattr(os, "sched_getaffinity") else 1


def in_order(
    work: Callable[[J], R], jobs: Sequence[J], *, workers: int, finished: Callable[[int], None] = lambda _: None
) -> Iterator[R]:
    """What ``work`` makes of each job, in the order of the jobs.

    Args:
        work: draws from streams named after the job, never from a shared one; what it keeps in memory is lost.
        jobs: they stay where they are, only their positions are sent.
        workers: processes; one is this process itself.
        finished: told how many jobs are done, as they are done.

    Raises:
        BrokenProcessPool: a child was killed, most likely for want of memory.
    """
    if workers < 2 or len(jobs) < 2:
        for number, job in enumerate(jobs, 1):
            yield work(job)
            finished(number)
        return
    _inherited.append((work, jobs))
    # What the collector never looks at is never written to, so its pages stay shared.
    gc.collect()
    gc.freeze()
    try:
        with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=multiprocessing.get_context("fork")) as pool:
            # Results wait here for those of earlier jobs, and are forgotten once they are handed on.
            waiting = deque(pool.submit(_do, at) for at in range(len(jobs)))
            for number, _ in enumerate(as_completed([*waiting]), 1):
                finished(number)
                while waiting and waiting[0].done():
                    yield waiting.popleft().result()
    finally:
        gc.unfreeze()
        _inherited.pop()


def _do(at: int) -> Any:
    work, jobs = _inherited[-1]
    return work(jobs[at])
