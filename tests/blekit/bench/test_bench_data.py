"""Data sets: engines never see the truth, numbers keep their zeros."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from blekit.bench.data import estate_data, febrl_data, given_data
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
