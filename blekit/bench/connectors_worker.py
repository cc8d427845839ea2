"""The process of one reader: ``python -m blekit.bench.connectors_worker JOB.json``.

The clock sees every batch handed out and let go, as a pipeline would; imports and the check of the values are not
counted. The file was read once before, so that for nobody the disk is measured.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np

from blekit.bench.connectors_engines import ENGINES, ReaderEngine
from blekit.bench.connectors_files import hashes_of
from blekit.bench.measuring import measured


def run(engine: ReaderEngine, path: Path, truth: Path) -> dict[str, object]:
    """What reading cost, and how many rows were read wrongly."""
    import_module(engine.library)
    next(iter(engine.batches(path)), None)
    with measured() as cost:
        for _ in engine.batches(path):
            pass
    expected = np.load(truth)
    found = hashes_of(row for batch in engine.batches(path) for row in engine.rows(batch))
    # Row by row in file order; where rows were lost or invented, how many of the true ones never came.
    is_wrong = expected != found if len(expected) == len(found) else ~np.isin(expected, found)
    wrong = int(np.count_nonzero(is_wrong))
    return asdict(cost) | {"rows_read": len(found), "wrong_rows": wrong}


def main(job: Path) -> None:
    """Does a job and writes the answer beside it."""
    asked = json.loads(job.read_text(encoding="utf-8"))
    engine = next(engine for engine in ENGINES if engine.title == asked["engine"])
    try:
        answer = run(engine, Path(asked["file"]), Path(asked["truth"]))
    except Exception as exc:  # noqa: BLE001 (a rival that cannot read the file is a result)
        answer = {"failed": f"{type(exc).__name__}: {str(exc).splitlines()[0][:120]}"}
    job.with_name("answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
