"""Compiled functions: loops over millions of pairs at the speed of C, once numba has compiled them.

What was compiled is kept beside the source, in ``__pycache__`` or, where that cannot be written, in the user's cache
folder (``NUMBA_CACHE_DIR`` names another); where nothing can be written every process compiles anew. numba takes a kept
function as fresh while its own file is unchanged. That is not enough here: it also holds the functions it calls and the
numbers of levels it returns, so each function states whose they are, and is compiled anew when one of those changes.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, cast

import numba
from numba.core import caching

Function = TypeVar("Function", bound=Callable[..., Any])
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

    Args:
        holds: modules whose compiled functions it calls or whose constants it returns.
    """

    def compile_lazily(function: Function) -> Function:
        before, _CONFIG.CACHE_LOCATOR_CLASSES = _CONFIG.CACHE_LOCATOR_CLASSES, _PLACES
        _held[:] = [hashlib.sha256(inspect.getsource(module).encode()).digest() for module in holds]
        try:
            return cast(Function, numba.njit(cache=True, nogil=True)(function))
        except RuntimeError:  # no folder to write to
            return cast(Function, numba.njit(nogil=True)(function))
        finally:
            _CONFIG.CACHE_LOCATOR_CLASSES = before
            _held.clear()

    return compile_lazily


def threads() -> int:
    """How many threads compiled loops may use at once: the processors, or ``NUMBA_NUM_THREADS``."""
    return int(_CONFIG.NUMBA_NUM_THREADS)
