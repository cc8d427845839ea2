"""Data sets: engines never see the truth, numbers keep their zeros."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blekit.bench.data import estate_data, febrl_data, given_data
from blekit.bench.splink_tried import MODELS, PAGE, as_table, write_table
from config.errors import BadData, UsageError

CSV = "no,name,zip,who\n1,Ana,00950,x\n2,Ana M,00950,x\n3,Bo,,\n"


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(CSV, encoding="utf-8")
    return tmp_path / "people.csv"


def test_the_truth_is_cut_out_of_what_engines_get(csv, tmp_path):
    data = given_data(csv, truth="who", cache=tmp_path / "cache")
    assert pq.read_schema(data.file).names == ["record_id", "no", "name", "zip"]
    assert pq.read_table(data.truth).to_pydict() == {
        "record_id": ["r000000000", "r000000001"],
        "entity_id": ["x", "x"],
    }


def test_leading_zeros_stay(csv, tmp_path):
    data = given_data(csv, truth="who", cache=tmp_path / "cache")
    assert pq.read_table(data.file)["zip"].to_pylist() == ["00950", "00950", None]


def test_a_file_of_party_records_is_linked_as_such(small, tmp_path):
    truth = pq.read_table(small.truth)["entity_id"]
    whole = pq.read_table(small.file).append_column("entity", truth)
    pq.write_table(whole, tmp_path / "whole.parquet")
    assert given_data(tmp_path / "whole.parquet", truth="entity", cache=tmp_path / "cache").schema == "party"


def test_a_missing_truth_column_is_named(csv, tmp_path):
    with pytest.raises(UsageError, match="no column 'entity'") as error:
        given_data(csv, truth="entity", cache=tmp_path)
    assert "name, zip" in error.value.hint


def test_a_truth_without_values_is_refused(tmp_path):
    pq.write_table(pa.table({"a": ["1"], "who": pa.array([None], type=pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="no record has a value"):
        given_data(tmp_path / "a.parquet", truth="who", cache=tmp_path)


@pytest.mark.parametrize("content", [b"no parquet", b""], ids=["other bytes", "empty"])
def test_an_unreadable_file_is_bad_data(tmp_path, content):
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(BadData, match="cannot be read"):
        given_data(tmp_path / "x.parquet", truth="who", cache=tmp_path)


def test_febrl_ids_do_not_tell_the_entity(tmp_path):
    data = febrl_data(1, cache=tmp_path)
    records, truth = pq.read_table(data.file).to_pandas(), pq.read_table(data.truth).to_pandas()
    assert data.records == 1000
    assert not records["record_id"].str.contains("rec|org|dup").any()
    assert truth["entity_id"].value_counts().value_counts().to_dict() == {2: 500}
    # Neighbours in the file are not of one entity more often than chance has it.
    entity = records.merge(truth, on="record_id", validate="1:1")["entity_id"]
    assert (entity == entity.shift()).sum() < 10


@pytest.mark.parametrize("size", ["0", "many", "-3"])
def test_an_unknown_size_is_an_error(size, tmp_path):
    with pytest.raises(UsageError, match="no size"):
        estate_data(size, cache=tmp_path, seed=1, progress=lambda _: None)


def test_the_published_models_are_of_the_choice_that_was_best():
    tried, choices = (json.loads((MODELS / f"splink_{name}.json").read_text()) for name in ("tried", "choice"))
    for kind in ("person", "firm"):
        best = max(tried[kind], key=lambda row: row["best"]["f1"])
        assert choices[kind] == best["choice"]
        model = json.loads((MODELS / f"splink_{kind}.json").read_text())
        assert len(model["blocking_rules_to_generate_predictions"]) >= 15


def test_the_page_shows_what_was_tried(tmp_path):
    tried = json.loads((MODELS / "splink_tried.json").read_text())
    assert as_table(tried) in PAGE.read_text(encoding="utf-8")


def test_the_table_takes_the_place_of_the_old_one(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- tried: begin -->\nold\n<!-- tried: end -->\nb\n")
    row = {
        "name": "one",
        "candidate_pairs": 9,
        "blocking_recall": 0.9,
        "natural": 0.5,
        "at_95": 0.6,
        "best": {"f1": 0.7, "threshold": 0.99},
    }
    write_table({"person": [row, {**row, "name": "two", "best": {"f1": 0.1, "threshold": 0.5}}]}, page)
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("a\n")
    assert text.endswith("\nb\n")
    assert "| person | **one** | 9 | 0.900 | 0.500 | 0.600 | **0.700** | 0.99 |" in text
    assert "| person | two | 9 |" in text
