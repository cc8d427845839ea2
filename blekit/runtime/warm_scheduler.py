"""Airflow's scheduler with the pipeline imported beforehand.

Every task is a fork of the scheduler's workers. Importing pandas, Arrow and Great Expectations anew costs several
CPU-seconds a task, and a rollout has about a hundred tasks; a fork of a process that has them costs nothing. The same
holds for tables that are read once per process. Started as a module, with the arguments of ``airflow``.
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
    warm_up()
    # What is alive now never dies: without this the first collection in each fork would copy all of it.
    gc.freeze()
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


def warm_up() -> None:
    """Import what tasks import, and read the tables they read once."""
    for name in PRELOADED:
        importlib.import_module(name)

    from config.lookups import load_lookups
    from config.sources import all_sources
    from connectors.polish import bigram_weights

    for read_table in (load_lookups, all_sources, bigram_weights):
        read_table()


if __name__ == "__main__":
    main()
