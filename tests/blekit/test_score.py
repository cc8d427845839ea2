"""Scores on a handful of records whose rates can be counted by hand."""

import pandas as pd
import pyarrow as pa
import pytest

from blekit.score import bcubed_rates, by_trap, cluster_rates, exact_groups, read_relations, read_truth, score
from config.errors import UsageError

IDS = ["s:1", "s:2", "s:3", "t:4", "t:5"]


@pytest.fixture
def world():
    """Entities {1, 2, 3}, {4}, {5}; customers {1, 2}, {3, 4}, {5}; s:9 is no customer of the truth."""
    records = pa.table(
        {
            "record_id": [*IDS, "s:9"],
            "unit": ["poznan", "poznan", "poznan", "krakow", "krakow", "poznan"],
            "point_code": ["a", "a", "b", "c", "c", "a"],
            "party_kind": ["person", "person", "person", "person", "firm", "person"],
            "given_name": ["Jan", "Jan", "J", "JAN", None, "Ewa"],
            "family_name": ["Lis", "Lis", "Lis", "Lis", None, "Lis"],
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
                "record_id_1": ["s:1", "s:3", "s:2", "s:1"],
                "record_id_2": ["s:2", "t:4", "s:3", "t:4"],
                "decision": ["link", "link", "possible_link", "non_link"],
                "decided_by": ["model", "model", "model", "rule"],
                "match_probability": pa.array([999_990, 960_000, 700_000, 990_000], pa.int64()),
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
    assert found["crosswalk"] == {"pairs": 2, "precision": 0.5}
    assert (found["records"], found["entities"]) == (5, 3)


def test_the_queue_says_what_a_perfect_steward_would_add(world):
    # The one case is truly one customer; joining A and B gives {1, 2, 3, 4}: 6 pairs, 3 of them right, none missed.
    found = score(**world)["queue"]
    assert (found["size"], found["share"], found["share_same"]) == (1, round(1 / 6, 6), 1.0)
    assert found["recall_added"] == pytest.approx(2 / 3, abs=1e-6)
    assert found["with_perfect_steward"] == pytest.approx({"precision": 0.5, "recall": 1.0, "f1": 2 / 3}, abs=1e-6)


def test_mixed_customers_and_split_entities_are_counted_with_their_records(world):
    # B holds e1 and e2 (records 3 and 4, one wrong pair); e1 is in A and B (records 1, 2, 3; pairs 1-3 and 2-3 missed).
    assert score(**world)["merges"] == {
        "over": {"customers": 1, "records": 2, "wrong_pairs": 1},
        "under": {"entities": 1, "records": 3, "missed_pairs": 2},
    }


def test_pairs_across_units_points_and_systems(world):
    # Between units the only found pair is 3-4, wrong; between points 1-3 and 2-3 are true as well and not found.
    found = score(**world)["across"]
    assert found["two_units"] == {"true_pairs": 0, "precision": 0.0, "recall": 1.0, "f1": 0.0}
    assert found["two_points"] == {"true_pairs": 2, "precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert found["one_system"] == pytest.approx(
        {"true_pairs": 3, "precision": 1.0, "recall": 1 / 3, "f1": 0.5}, abs=1e-6
    )


def test_persons_and_firms_apart(world):
    found = score(**world)["by_kind"]
    assert (found["person"]["records"], found["person"]["entities"]) == (4, 2)
    assert (found["firm"]["records"], found["firm"]["links"]["count"]) == (1, 0)
    assert found["person"]["cluster"]["precision"] == 0.5


def test_reliability_takes_only_what_the_model_decided(world):
    found = score(**world)["by_kind"]["person"]["reliability"]
    assert [(row["from"], row["pairs"], row["observed"]) for row in found["bins"]] == [
        (0.7, 1, 1.0),
        (0.95, 1, 0.0),
        (0.9999, 1, 1.0),
    ]


def test_what_became_of_relatives(world):
    relations = pd.DataFrame(
        [("e1", "e2", "household"), ("e1", "e3", "household"), ("e1", "e0", "household"), ("e2", "e3", "household")],
        columns=["entity_id_1", "entity_id_2", "kind"],
    )
    world["queue_cases"] = pa.table({"record_id_1": ["s:2"], "record_id_2": ["t:5"]})
    found = score(**world, relations=relations)["by_relation"]
    # e1 and e2 share customer B, e1 and e3 stand in the queue, e2 and e3 are apart, e0 has no record.
    third = round(1 / 3, 6)
    assert found["household"] == {"pairs": 3, "merged": 1, "queued": 1, "apart": 1, "share_merged": third}
    assert found["same_name_at_home"] == {"pairs": 1, "merged": 1, "queued": 0, "apart": 0, "share_merged": 1.0}
    assert "twins" not in found  # only one of them carries the label


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


@pytest.mark.parametrize("read", [read_truth, read_relations])
def test_no_truth_is_a_usage_error(tmp_path, read):
    with pytest.raises(UsageError, match="no truth"):
        read(tmp_path)
