"""Metrics against tables made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from blekit.bench.metrics import at_threshold, best_by_components, best_by_kind, blocking_recall

# Records 0 1 2 are one entity, 3 4 another, 5 is alone: four true pairs.
ENTITY = np.array([7, 7, 7, 8, 8, 9])


def longs(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("left", "right", "recall"),
    [
        pytest.param([0, 0, 1, 3], [1, 2, 2, 4], 1.0, id="all"),
        pytest.param([0, 3], [1, 4], 0.5, id="half"),
        pytest.param([1, 0, 4], [0, 1, 3], 0.5, id="a pair twice and the other way round is one pair"),
        pytest.param([0, 5, 2], [3, 4, 2], 0.0, id="wrong pairs and a record with itself"),
        pytest.param([], [], 0.0, id="none"),
    ],
)
def test_blocking_recall(left, right, recall):
    assert blocking_recall(longs(*left), longs(*right), ENTITY) == recall


def test_components_close_what_links_open():
    # 0-1 and 1-2 make 0-2 too; 2-3 at 0.6 joins both entities: 10 pairs of which 4 are right.
    left, right = longs(0, 1, 3, 2), longs(1, 2, 4, 3)
    probability = np.array([0.9, 0.8, 0.7, 0.6])
    assert at_threshold(left, right, probability, ENTITY, threshold=0.7) == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert at_threshold(left, right, probability, ENTITY, threshold=0.6)["precision"] == 0.4
    assert at_threshold(left, right, probability, ENTITY, threshold=0.85) == {
        "precision": 1.0,
        "recall": 0.25,
        "f1": 0.4,
    }


def test_the_truth_chooses_the_best_cut():
    left, right = longs(0, 1, 3, 2), longs(1, 2, 4, 3)
    best = best_by_components(left, right, np.array([0.9, 0.8, 0.7, 0.6]), ENTITY, thresholds=(0.5, 0.7, 0.9))
    assert (best["threshold"], best["f1"]) == (0.7, 1.0)


def test_each_kind_has_its_own_best_cut():
    # Persons 0-3: 0-1 is right at 0.9, 2-3 wrong at 0.8. Firms 4-5: right at 0.2. No one cut has all right links only.
    entity = longs(1, 1, 2, 3, 4, 4)
    left, right, probability = longs(0, 2, 4), longs(1, 3, 5), np.array([0.9, 0.8, 0.2])
    is_person = np.array([True, True, True, True, False, False])
    best = best_by_kind(left, right, probability, entity, {"person": is_person, "firm": ~is_person})
    assert best["f1"] == 1.0
    assert best["threshold"]["firm"] <= 0.2 < 0.8 < best["threshold"]["person"] <= 0.9
    assert best_by_components(left, right, probability, entity)["f1"] == 0.8
