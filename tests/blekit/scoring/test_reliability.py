"""Reliability tables counted by hand."""

import math

import numpy as np
import pytest

from blekit.scoring.reliability import EDGES, reliability


def test_a_table_counted_by_hand():
    # Two pairs called .62 and .64, one of them true; four called .99, .99, .99 and .992, three of them true.
    probability = np.array([620_000, 640_000, 990_000, 990_000, 990_000, 992_000])
    found = reliability(probability, np.array([True, False, True, True, True, False]))
    assert found["bins"] == [
        {"from": 0.6, "to": 0.7, "pairs": 2, "predicted": 0.63, "observed": 0.5},
        {"from": 0.99, "to": 0.995, "pairs": 4, "predicted": 0.9905, "observed": 0.75},
    ]
    assert found["expected_calibration_error"] == pytest.approx((2 * 0.13 + 4 * 0.2405) / 6, abs=1e-6)
    assert found["log_loss"] == pytest.approx(
        -(math.log(0.62) + math.log(0.36) + 3 * math.log(0.99) + math.log(0.008)) / 6, abs=1e-6
    )


def test_certainty_has_a_bin_and_a_finite_loss():
    found = reliability(np.array([0, 1_000_000]), np.array([True, False]))
    assert [row["pairs"] for row in found["bins"]] == [1, 1]
    assert found["expected_calibration_error"] == 1.0
    assert found["log_loss"] == pytest.approx(-math.log(1e-6), abs=1e-4)


@pytest.mark.parametrize("edge", EDGES[1:-1])
def test_an_edge_belongs_to_the_upper_bin(edge):
    found = reliability(np.array([round(edge * 1e6)]), np.array([True]))
    assert found["bins"][0]["from"] == edge


def test_no_pairs_no_bins():
    found = reliability(np.empty(0, dtype=np.int64), np.empty(0, dtype=bool))
    assert (found["pairs"], found["bins"], found["expected_calibration_error"]) == (0, [], 0.0)
