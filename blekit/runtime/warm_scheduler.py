"""Airflow's scheduler with the pipeline imported beforehand.

Every task is a fork of the scheduler's workers. Importing pandas, Arrow and Great Expectations anew costs three
CPU-seconds a task, and a rollout has about a hundred tasks; a fork of a process that has them costs nothing. Started as
a module, with the arguments of ``airflow``.
"""

from __future__ import annotations

import gc
import importlib
import runpy

PRELOADED = (
    "pipeline.cutover",
    "transforms",
    "connectors",
    "dedupe",
    "recordlinkage",
    "warehouse.quality",
    "great_expectations",
)


def main() -> None:
    """Import, then become ``airflow`` with the arguments of this process."""
    for name in PRELOADED:
        importlib.import_module(name)
    # What is alive now never dies: without this the first collection in each fork would copy all of it.
    gc.freeze()
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
