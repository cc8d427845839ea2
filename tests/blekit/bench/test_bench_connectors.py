"""Every engine reads the same small file and is held to its truth; who reads wrongly is counted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from blekit.bench.connectors import run
from blekit.bench.connectors_engines import ENGINES, ReaderEngine, rows_of
from blekit.bench.connectors_files import COLUMNS, FILES, hashes_of, make_file
from blekit.bench.connectors_worker import main
from config.errors import UsageError

RECORDS = 200


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    folder = tmp_path_factory.mktemp("bench")
    return {each.name: make_file(each, folder, records=RECORDS, seed=7) for each in FILES}


@pytest.mark.parametrize("engine", [pytest.param(engine, id=engine.title) for engine in ENGINES])
def test_all_engines_read_what_was_written(files: dict[str, tuple[Path, Path]], engine: ReaderEngine) -> None:
    path, truth = files[engine.format]
    assert (hashes_of(rows_of(engine, path)) == np.load(truth)).all()


def test_a_row_read_wrongly_is_counted(files: dict[str, tuple[Path, Path]], tmp_path: Path) -> None:
    path, truth = files["unload"]
    (tmp_path / path.name).write_bytes(path.read_bytes().replace(b"Nowak", b"Kowak", 1))
    job = tmp_path / "job.json"
    job.write_text(json.dumps({"engine": "unload/csv", "file": str(tmp_path / path.name), "truth": str(truth)}))
    main(job)
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert (answer["rows_read"], answer["wrong_rows"]) == (RECORDS, 1)


def test_an_engine_that_cannot_read_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"engine": "dbf/dbfread", "file": "/nowhere.dbf", "truth": ""}))
    main(tmp_path / "job.json")
    assert "failed" in json.loads((tmp_path / "answer.json").read_text())


def test_the_same_people_in_every_format(files: dict[str, tuple[Path, Path]]) -> None:
    first = {name: np.load(truth)[0] for name, (_, truth) in files.items()}
    del first["dbf_memo"], first["mt940"]  # a column more; entries, not people
    assert len(set(first.values())) == 1 and len(COLUMNS) == 15


def test_each_engine_takes_its_turn_in_a_process_of_its_own(tmp_path: Path) -> None:
    told: list[str] = []
    result = run(["ebcdic"], records=50, runs=1, seed=7, scratch=tmp_path, progress=told.append)
    engines = [engine.engine for engine in ENGINES if engine.format == "ebcdic"]
    assert [row["engine"] for row in result["rows"]] == engines
    assert {row["wrong_rows"] for row in result["rows"]} == {0} and result["rows"][0]["ratio"] == 1.0


def test_a_format_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no format lotus"):
        run(["lotus"], records=1, runs=1, seed=7, scratch=tmp_path, progress=print)
