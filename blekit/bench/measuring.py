"""What a piece of work cost: seconds on the wall, seconds of all cores, the most memory the process ever held."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = (
    "blekit",
    "numpy",
    "numba",
    "pandas",
    "pyarrow",
    "scipy",
    "recordlinkage",
    "splink",
    "duckdb",
    "dbfread",
    "dbf",
)


@dataclass
class Cost:
    """Filled in when the work is done."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: int = 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure what happens inside, for the process it runs in."""
    cost = Cost()
    begun, used = time.monotonic(), _cpu_seconds()
    try:
        yield cost
    finally:
        cost.wall_s = round(time.monotonic() - begun, 4)
        cost.cpu_s = round(_cpu_seconds() - used, 4)
        cost.peak_mb = peak_mb()


def _cpu_seconds() -> float:
    """User and system time of this process, all its threads, and the children it waited for."""
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_mb() -> int:
    """The most resident memory this process held since it became this program, MiB.

    ``VmHWM`` where the kernel tells it: unlike ``ru_maxrss`` it does not inherit what the parent held before ``exec``.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
