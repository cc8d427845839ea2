"""The harness: whose turn it is, real processes, and what a process cost."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blekit.bench.data import Data, febrl_data
from blekit.bench.judging import judge
from blekit.bench.linkage import EngineFailed, check_engines, run, turns_of
from config.errors import UsageError

needs_splink = pytest.mark.skipif(
    find_spec("splink") is None, reason="Splink is not installed: it comes with `make bench`, not with the product"
)
ALL = ("blekit", "splink", "recordlinkage")


def data_of(schema: str, tmp_path: Path, records: int = 3) -> Data:
    pq.write_table(pa.table({"record_id": np.arange(records)}), tmp_path / "records.parquet")
    return Data("some", tmp_path / "records.parquet", tmp_path / "truth.parquet", schema)


@pytest.mark.parametrize(
    ("schema", "with_training", "titles"),
    [
        pytest.param("party", False, ["blekit", "splink", "recordlinkage"], id="frozen only"),
        pytest.param(
            "party",
            True,
            ["blekit", "splink", "blekit + training", "splink + training", "recordlinkage"],
            id="frozen, then trained; recordlinkage always learns",
        ),
        pytest.param("febrl", False, ["blekit", "splink", "recordlinkage"], id="no frozen models for FEBRL"),
    ],
)
def test_engines_take_turns(tmp_path, schema, with_training, titles):
    turns = turns_of(data_of(schema, tmp_path), ALL, with_training=with_training)
    assert [turn.title for turn in turns] == titles


def test_recordlinkage_is_left_out_of_large_data(tmp_path):
    turns = turns_of(data_of("party", tmp_path, records=150_001), ALL, with_training=False)
    assert [turn.engine for turn in turns] == ["blekit", "splink"]


def test_an_unknown_engine_is_an_error():
    with pytest.raises(UsageError, match="no engine zingg"):
        check_engines(("blekit", "zingg"))


def test_an_engine_that_fails_is_told_with_its_log(small, run_engine, tmp_path):
    broken = replace(small, file=tmp_path / "nothing.parquet")
    pq.write_table(pa.table({"record_id": ["a"]}), broken.file)
    with pytest.raises(EngineFailed, match="engine recordlinkage ended with 1") as error:
        run_engine("recordlinkage", broken)
    assert "KeyError" in Path(error.value.hint.removeprefix("What it said is in ")).read_text()


@pytest.mark.parametrize("engine", ["blekit", "recordlinkage", pytest.param("splink", marks=needs_splink)])
def test_an_engine_links_party_records_in_a_process_of_its_own(engine, row_of):
    row = row_of(engine)
    assert (row["engine"], row["data"], row["records"]) == (engine, "small", 680)
    assert row["blocking_recall"] == 1.0
    assert row["cluster"]["recall"] > 0.7
    assert row["cluster"]["precision"] > 0.8
    assert row["candidate_pairs"] == pytest.approx(row["pairs_per_record"] * 680, abs=1)
    assert row["wall_s"] > 0
    assert row["cpu_s"] > 0
    assert row["peak_mb"] > 50


def test_our_engine_says_what_the_product_would_publish(row_of):
    product = row_of("blekit")["product"]
    assert product["links_precision"] > 0.8
    assert product["closure"]["precision"] > 0.8
    assert 0 < product["links"] <= row_of("blekit")["candidate_pairs"]
    assert 0 <= product["queue_share"] < 0.5


@pytest.mark.parametrize("engine", ["blekit", pytest.param("splink", marks=needs_splink)])
def test_an_engine_links_febrl(engine, run_engine, tmp_path):
    row = run_engine(engine, febrl_data(1, cache=tmp_path), with_training=True)
    assert row["cluster"]["f1"] > 0.995


def test_a_record_an_engine_forgot_is_alone_and_one_without_truth_does_not_count(tmp_path):
    def write(name: str, **columns: list[object]) -> Path:
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
        return tmp_path / f"{name}.parquet"

    # a b c are one entity; nobody knows who z is. The engine says a b z, and nothing of c.
    records = write("records", record_id=["a", "b", "c", "z"], party_kind=["person"] * 4)
    truth = write("truth", record_id=["a", "b", "c"], entity_id=["x", "x", "x"])
    write("clusters", record_id=["a", "b", "z"], cluster_id=["1", "1", "1"])
    write("candidates", record_id_1=["a", "z"], record_id_2=["b", "a"], match_probability=[0.7, 0.9])
    (tmp_path / "answer.json").write_text(json.dumps({"wall_s": 1.0}))
    row = judge(Data("hand", records, truth, "party"), tmp_path)
    assert row["cluster"] == {"precision": 1.0, "recall": 0.333333, "f1": 0.5}
    assert row["blocking_recall"] == 0.333333
    assert row["candidate_pairs"] == 2
    assert row["at_95"]["recall"] == 0.0
    assert row["best"]["f1"] == 0.5


def test_the_peak_is_that_of_the_process_not_of_its_parent():
    measure = "from blekit.bench.measuring import peak_mb; print(peak_mb())"
    ballast = np.ones(400 * 2**20, dtype=np.int8)  # the parent holds it while the child starts
    alone = int(subprocess.run([sys.executable, "-c", measure], capture_output=True, text=True, check=True).stdout)
    filled = f"ballast = bytearray(b'x') * (300 * 2**20); del ballast; {measure}"
    used = int(subprocess.run([sys.executable, "-c", filled], capture_output=True, text=True, check=True).stdout)
    assert len(ballast) > 0
    assert alone < 200
    assert used - alone == pytest.approx(300, abs=20)


def test_an_engine_that_fails_does_not_take_the_other_rows_with_it(small, tmp_path):
    nothing = tmp_path / "nothing.parquet"
    pq.write_table(pa.table({"record_id": ["a"]}), nothing)
    said: list[str] = []
    rows = run(
        [replace(small, file=nothing)],
        engines=("recordlinkage",),
        runs=2,
        with_training=False,
        scratch=tmp_path,
        progress=said.append,
    )["rows"]
    assert [(row["engine"], row["records"], "failed" in row) for row in rows] == [("recordlinkage", 1, True)] * 2
    assert any("1 of 2: recordlinkage on small" in sentence for sentence in said)
