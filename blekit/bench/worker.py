"""The process of one engine: ``python -m blekit.bench.worker JOB.json``.

The clock runs from before the file is read until the clusters are written. Imports are not counted, for nobody; nor is
what only the benchmark wants to know, the candidate pairs, which are written after the clock and the peak were taken.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq

from blekit.bench.jobs import Engine, Job
from blekit.bench.measuring import measured

ENGINES = {
    "blekit": "blekit.bench.our_engine",
    "splink": "blekit.bench.splink_engine",
    "recordlinkage": "blekit.bench.recordlinkage_engine",
}
"""Engine to the module whose ``ENGINE`` it is."""


def run(job: Job) -> None:
    """Do a job and write what came out beside it."""
    engine = cast(Engine, import_module(ENGINES[job.engine]).ENGINE)
    out = Path(job.out)
    with measured() as cost:
        linked = engine.link(job)
        pq.write_table(linked.clusters, out / "clusters.parquet")
    for name, table in {"candidates": linked.candidates(), **linked.more()}.items():
        pq.write_table(table, out / f"{name}.parquet")
    (out / "answer.json").write_text(json.dumps(asdict(cost)), encoding="utf-8")


if __name__ == "__main__":
    run(Job.read(Path(sys.argv[1])))
