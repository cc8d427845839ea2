"""``blekit bench connectors``: readers in turn on the same files, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from blekit.bench.connectors_engines import ENGINES, ReaderEngine
from blekit.bench.connectors_files import FILES, BenchFile, make_file
from blekit.bench.measuring import machine
from config.errors import FatalError, UsageError

Progress = Callable[[str], None]


class ReaderFailed(FatalError):
    """A reader's process ended without an answer."""


def run(
    formats: Sequence[str], *, records: int, runs: int, seed: int, scratch: Path, progress: Progress
) -> dict[str, Any]:
    """Every installed engine on every format, alternating; the best of its runs counts.

    Args:
        formats: names of files; all where empty.
        records: rows of each file.
        runs: how often each engine takes its turn.
        seed: of the people in the files.
        scratch: folder for the files; they are kept there.
        progress: told what runs now.

    Raises:
        UsageError: there is no such format.
    """
    files = [bench_file for bench_file in FILES if not formats or bench_file.name in formats]
    if unknown := sorted(set(formats) - {bench_file.name for bench_file in FILES}):
        raise UsageError(f"no format {', '.join(unknown)}", hint=f"Formats: {', '.join(each.name for each in FILES)}")
    described = machine()
    rows: list[dict[str, Any]] = []
    for bench_file in files:
        progress(f"{bench_file.name}: {records:,} records are written")
        rows += _rows(bench_file, records=records, runs=runs, seed=seed, scratch=scratch, progress=progress)
    return {"machine": described, "rows": rows}


def _rows(
    bench_file: BenchFile, *, records: int, runs: int, seed: int, scratch: Path, progress: Progress
) -> list[dict[str, Any]]:
    path, truth = make_file(bench_file, scratch, records=records, seed=seed)
    engines = [each for each in ENGINES if each.format == bench_file.name and _is_installed(each)]
    answers: dict[str, list[dict[str, Any]]] = {engine.title: [] for engine in engines}
    for turn in range(runs):
        for engine in engines:
            progress(f"{bench_file.name}: {engine.engine}, {turn + 1} of {runs}")
            answers[engine.title].append(_in_own_process(engine, path, truth, scratch=scratch))
    rows = [_row(engine, answers[engine.title], records=records, size=path.stat().st_size) for engine in engines]
    for row in rows:
        if "wall_s" in row and "wall_s" in rows[0]:
            row["ratio"] = round(row["wall_s"] / max(rows[0]["wall_s"], 1e-4), 1)
            row["cpu_ratio"] = round(row["cpu_s"] / max(rows[0]["cpu_s"], 1e-4), 1)
    return rows


def _is_installed(engine: ReaderEngine) -> bool:
    return find_spec(engine.library.partition(".")[0]) is not None


def _row(engine: ReaderEngine, answers: Sequence[dict[str, Any]], *, records: int, size: int) -> dict[str, Any]:
    row: dict[str, Any] = {"format": engine.format, "engine": engine.engine, "records": records}
    failed = [answer["failed"] for answer in answers if "failed" in answer]
    if failed:
        return row | {"failed": failed[0], "note": engine.note}
    best = min(answers, key=lambda answer: answer["wall_s"])
    return row | {
        "wall_s": best["wall_s"],
        "cpu_s": best["cpu_s"],
        "peak_mb": best["peak_mb"],
        "rows_per_s": round(records / max(best["wall_s"], 1e-3)),
        "mb_per_s": round(size / 2**20 / max(best["wall_s"], 1e-3), 1),
        "wrong_rows": best["wrong_rows"],
        "note": engine.note,
    }


def _in_own_process(engine: ReaderEngine, path: Path, truth: Path, *, scratch: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(dir=scratch, prefix="reader-") as folder:
        job = Path(folder) / "job.json"
        job.write_text(json.dumps({"engine": engine.title, "file": str(path), "truth": str(truth)}), encoding="utf-8")
        command = [sys.executable, "-m", "blekit.bench.connectors_worker", str(job)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        answer = job.with_name("answer.json")
        if done.returncode or not answer.exists():
            raise ReaderFailed(f"{engine.title} ended with {done.returncode}", hint=done.stderr.strip()[-500:])
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found
