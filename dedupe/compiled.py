"""Compiled functions: loops over millions of pairs at the speed of C, once numba has compiled them.

What was compiled is kept beside the source, in ``__pycache__`` or, where that cannot be written, in the user's cache
folder (``NUMBA_CACHE_DIR`` names another); where nothing can be written every process compiles anew. numba takes a kept
function as fresh while its own file is unchanged. That is not enough here: it also holds the functions it calls and the
numbers of levels it returns, so each function states whose they are, and is compiled anew when one of those changes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., Any])
Item = TypeVar("Item")
Result = TypeVar("Result")
_CONFIG: Any = numba.config
_held: list[bytes] = []


class _AlsoHeld:
    """A place of kept functions that are fresh while their own file and all they hold are unchanged."""

    def get_source_stamp(self) -> object:
        stamp: Any = super()
        return stamp.get_source_stamp(), tuple(_held)


class InNamedFolder(_AlsoHeld, caching.UserProvidedCacheLocator):
    """The folder ``NUMBA_CACHE_DIR`` names."""


class BesideSource(_AlsoHeld, caching.InTreeCacheLocator):
    """``__pycache__`` beside the source."""


class InUserFolder(_AlsoHeld, caching.UserWideCacheLocator):
    """The user's cache folder."""


_PLACES = ",".join(f"{__name__}.{place.__name__}" for place in (InNamedFolder, BesideSource, InUserFolder))


def compiled(*holds: ModuleType) -> Callable[[Function], Function]:
    """Compile a function at its first call; it runs without Python's lock.

    A function whose name begins with an underscore is for compiled ones only: without a way in from Python it takes
    less time to compile.

    Args:
        holds: modules whose compiled functions it calls or whose constants it returns.
    """

    def compile_lazily(function: Function) -> Function:
        before, _CONFIG.CACHE_LOCATOR_CLASSES = _CONFIG.CACHE_LOCATOR_CLASSES, _PLACES
        _held[:] = [hashlib.sha256(inspect.getsource(module).encode()).digest() for module in holds]
        is_inner = function.__name__.startswith("_")
        options: Any = {"nogil": True, "no_cpython_wrapper": is_inner, "no_cfunc_wrapper": is_inner}
        try:
            return cast(Function, numba.njit(cache=True, **options)(function))
        except RuntimeError:  # no folder to write to
            return cast(Function, numba.njit(**options)(function))
        finally:
            _CONFIG.CACHE_LOCATOR_CLASSES = before
            _held.clear()

    return compile_lazily


def in_threads(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What a function makes of each item, in their order; no more results wait than there are threads.

    Pays where the function spends its time in compiled loops or in numpy, which both let other threads run.
    """
    with ThreadPoolExecutor(threads()) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > threads():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def threads() -> int:
    """How many threads compiled loops may use at once: the processors, or ``NUMBA_NUM_THREADS``."""
    return int(_CONFIG.NUMBA_NUM_THREADS)
