"""Pieces of a file decoded beside each other, handed out in the order of the file.

Most of what decoding does is done outside the interpreter's lock, so threads are enough and nothing is copied. What a
reader books, warns of or adds up stays with the thread that asks for the pieces: only work that changes nothing but its
own piece may be given away.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

_MOST_THREADS = 4
"""More pieces at once would hold more memory than they save time."""
Piece = TypeVar("Piece")
Done = TypeVar("Done")


def decoded_in_order(decode: Callable[[Piece], Done], pieces: Iterable[Piece]) -> Iterator[Done]:
    """Each piece decoded, in order; as many at once as there are processors, and none before it is needed.

    Args:
        decode: what is done to a piece; runs in any thread.
        pieces: are fetched in the caller's thread.

    Raises:
        Exception: what ``decode`` raises, when its piece's turn comes.
    """
    waiting, threads = iter(pieces), _threads()
    first = list(islice(waiting, 2))
    if len(first) < 2 or threads < 2:
        # Most deliveries are one piece: a thread would only cost them.
        yield from map(decode, chain(first, waiting))
        return
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Done]] = deque(pool.submit(decode, piece) for piece in first)
        while running:
            running.extend(pool.submit(decode, piece) for piece in islice(waiting, threads + 1 - len(running)))
            yield running.popleft().result()


def _threads() -> int:
    return min(_MOST_THREADS, len(os.sched_getaffinity(0)))
