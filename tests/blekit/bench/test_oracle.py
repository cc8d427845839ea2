"""The oracle learns what levels tell and cannot learn what they do not."""

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from blekit.bench.labelled import score_labelled
from blekit.bench.oracle import CrossFitted, folds_of, log_loss, oracle
from blekit.bench.reliability import reliability_tables
from config.models import load_model_dict
from dedupe import Model


@pytest.fixture(scope="module")
def model():
    return Model.from_dict(load_model_dict())


@pytest.fixture(scope="module")
def records(small):
    return pq.read_table(small.file)


@pytest.fixture(scope="module")
def truth(small):
    return pq.read_table(small.truth).to_pandas()


def test_true_pairs_of_an_entity_are_in_one_fold_and_both_folds_are_used(records, truth, model):
    labelled, _ = score_labelled(records, truth, party_kind="person", model=model)
    folds = folds_of(labelled)
    of_entity = pd.DataFrame({"entity": labelled.entity[labelled.pairs.left], "fold": folds})[labelled.is_same]
    assert of_entity.groupby("entity")["fold"].nunique().max() == 1
    assert set(folds.tolist()) == {0, 1}


def test_what_levels_tell_is_learned_across_folds():
    # Level 2 means one customer in three of four pairs, level 1 never; the other column is noise.
    rng = np.random.default_rng(0)
    levels = np.stack([rng.integers(1, 3, 4000), rng.integers(0, 3, 4000)], axis=1).astype(np.int8)
    is_same = (levels[:, 0] == 2) & (rng.random(4000) < 0.75)
    everyone = np.ones(4000, dtype=bool)
    crossed = CrossFitted.fit(levels, is_same, folds=rng.integers(0, 2, 4000), is_judged=everyone)
    probability = crossed.probability(levels)
    assert probability[levels[:, 0] == 1].max() < 0.01
    assert probability[levels[:, 0] == 2].mean() == pytest.approx(0.75, abs=0.03)


def test_a_fold_is_never_asked_about_itself():
    # The truth follows the level in fold 0 and its opposite in fold 1: asked across folds, everything is wrong.
    levels = np.tile(np.array([[1], [2]], dtype=np.int8), (400, 1))
    folds = np.repeat([0, 1], 400)
    is_same = (levels[:, 0] == 2) ^ (folds == 1)
    crossed = CrossFitted.fit(levels, is_same, folds=folds, is_judged=np.ones(800, dtype=bool))
    assert ((crossed.probability(levels) >= 0.5) == is_same).mean() == 0.0


def test_pairs_nobody_knows_teach_nothing():
    levels = np.tile(np.array([[1], [2]], dtype=np.int8), (400, 1))
    folds = np.tile([0, 0, 1, 1], 200)
    is_judged = np.arange(800) < 400
    is_same = np.where(is_judged, levels[:, 0] == 2, levels[:, 0] == 1)
    crossed = CrossFitted.fit(levels, is_same, folds=folds, is_judged=is_judged)
    assert ((crossed.probability(levels) >= 0.5) == (levels[:, 0] == 2)).all()


def test_log_loss_by_hand():
    assert log_loss(np.array([0.5, 0.8]), np.array([True, False])) == pytest.approx(
        -(np.log(0.5) + np.log(0.2)) / 2, abs=1e-6
    )


def test_ours_the_oracle_and_a_perfect_classifier_on_the_same_pairs(records, truth, model):
    found = oracle(records, truth, model=model)
    person = found["person"]
    assert person["perfect"]["pairs"] == {"precision": 1.0, "recall": person["blocking_recall"]} | {
        "f1": person["perfect"]["pairs"]["f1"]
    }
    assert person["gap_f1"] == pytest.approx(
        person["oracle"]["cluster"]["f1"] - person["ours"]["cluster"]["f1"], abs=1e-6
    )
    assert person["oracle_best"]["cluster"]["f1"] >= person["oracle"]["cluster"]["f1"]
    assert set(found) == {"person", "firm", "all"}
    # A shuffled truth: nothing is left to learn, and the gap is no longer near nought.
    mixed = truth.assign(entity_id=np.random.default_rng(1).permutation(truth["entity_id"].to_numpy()))
    assert oracle(records, mixed, model=model)["person"]["oracle"]["cluster"]["f1"] < 0.2


def test_reliability_counts_pairs_the_truth_knows(records, truth, model):
    table = reliability_tables(records, truth, model=model)["person"]
    labelled, _ = score_labelled(records, truth, party_kind="person", model=model)
    assert 0 < table["pairs"] <= len(labelled.pairs)
    assert sum(row["pairs"] for row in table["bins"]) == table["pairs"]
    # Records of nobody the truth knows do not count.
    half = truth.iloc[: len(truth) // 2]
    assert 0 < reliability_tables(records, half, model=model)["person"]["pairs"] < table["pairs"]
