"""Scores on a handful of records whose rates can be counted by hand."""

import pandas as pd
import pyarrow as pa
import pytest

from blekit.score import bcubed_rates, by_trap, cluster_rates, exact_groups, read_truth, score
from config.errors import UsageError

IDS = ["s:1", "s:2", "s:3", "t:4", "t:5"]


@pytest.fixture
def world():
    """Entities {1, 2, 3}, {4}, {5}; customers {1, 2}, {3, 4}, {5}; s:9 is no customer of the truth."""
    records = pa.table(
        {
            "record_id": [*IDS, "s:9"],
            "unit": ["poznan", "poznan", "poznan", "krakow", "krakow", "poznan"],
            "source_id": ["s", "s", "s", "t", "t", "s"],
            "raw_key": ["1", "2", "3", "4", "5", "9"],
            "part": pa.array([1] * 6, pa.int64()),
        }
    )
    truth = pd.DataFrame(
        {
            "source_id": ["s", "s", "s", "t", "t", "s"],
            "raw_key": ["1", "2", "3", "4", "5", "9"],
            "part": [1] * 6,
            "entity_id": ["e1", "e1", "e1", "e2", "e3", None],
            "entity_kind": "person",
            "traps": ["moved", None, "moved,twins", "", "", None],
        }
    )
    return {
        "records": records,
        "truth": truth,
        "crosswalk": pa.table({"record_id": [*IDS, "s:9"], "customer_id": ["A", "A", "B", "B", "C", "D"]}),
        "decisions": pa.table(
            {
                "record_id_1": ["s:1", "s:3", "s:2"],
                "record_id_2": ["s:2", "t:4", "s:3"],
                "decision": ["link", "link", "possible_link"],
            }
        ),
        "queue_cases": pa.table({"record_id_1": ["s:2"], "record_id_2": ["s:3"]}),
    }


def test_score_counts_pairs(world):
    found = score(**world)
    half_third = {"precision": 0.5, "recall": round(1 / 3, 6), "f1": 0.4}
    assert found["pairwise"] == pytest.approx(half_third, abs=1e-6)
    assert found["cluster"] == pytest.approx(half_third, abs=1e-6)
    assert found["links"] == {"count": 2, "precision": 0.5}
    assert found["queue"] == {"size": 1, "share": round(1 / 6, 6), "share_same": 1.0}
    assert (found["records"], found["entities"]) == (5, 3)


def test_bcubed_is_the_mean_over_records(world):
    # precision (1 + 1 + 1/2 + 1/2 + 1) / 5, recall (2/3 + 2/3 + 1/3 + 1 + 1) / 5
    found = score(**world)["bcubed"]
    assert (found["precision"], found["recall"]) == pytest.approx((0.8, 11 / 15), abs=1e-6)


def test_a_trap_counts_pairs_it_touches(world):
    found = score(**world)["by_trap"]
    assert found["twins"] == {"records": 1, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert found["moved"] == pytest.approx({"records": 2, "precision": 0.5, "recall": 1 / 3, "f1": 0.4}, abs=1e-6)


@pytest.mark.parametrize("rates", [cluster_rates, bcubed_rates])
def test_a_perfect_partition_is_perfect(rates):
    labels = pd.factorize(pd.Series(list("aabbbc")))[0].astype("int64")
    assert rates(labels, labels[::-1][::-1]) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}


def test_no_traps_no_rows():
    labels = pd.factorize(pd.Series(list("ab")))[0].astype("int64")
    assert by_trap(pd.Series([None, ""]), labels, labels) == {}


def test_exact_baseline_joins_equal_pesels_and_equal_people():
    rows = [
        ("50640712345", "Jan", "Lis", None),
        ("50640712345", "J", "Lis", None),
        (None, "Ewa", "Król", "2250-04-07"),
        (None, "EWA", "Król", "2250-04-07"),
        (None, "Ewa", "Król", None),
    ]
    live = pd.DataFrame(rows, columns=["pesel", "given_name", "family_name", "birth_date"], dtype="object")
    live = live.assign(regon=None, org_name=None, city="Konin", party_kind="person").astype("string")
    groups = exact_groups(live).tolist()
    assert groups[0] == groups[1] != groups[2] == groups[3] != groups[4]


def test_no_truth_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no truth"):
        read_truth(tmp_path)
