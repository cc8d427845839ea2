import numpy as np
import pytest

from config.matching import load_matching
from dedupe.em import find_patterns, fit
from dedupe.training import ModelRefused, identity_shares, train


def planted(draw, *, pairs=20_000):
    """Two classes over three comparisons of two levels; the third is missing for half."""
    is_match = draw.random(pairs) < 0.3
    agrees = np.where(is_match[:, None], [0.95, 0.9, 0.8], [0.05, 0.1, 0.3])
    levels = 1 + (draw.random((pairs, 3)) < agrees).astype(np.int8)
    levels[draw.random(pairs) < 0.5, 2] = 0
    return levels.astype(np.int8)


def test_em_finds_planted_classes():
    patterns = find_patterns(planted(np.random.default_rng(1)))
    start = np.where((patterns.levels[:, :1] == 2), [[0.8, 0.2]], [[0.2, 0.8]])
    found = fit(patterns, level_counts=[3, 3, 3], start=start, allowed=np.ones(start.shape, dtype=bool))
    assert found.prior[0] == pytest.approx(0.3, abs=0.02)
    assert found.probabilities[0][2, 0] == pytest.approx(0.95, abs=0.02)
    assert found.probabilities[2][2, 1] == pytest.approx(0.3, abs=0.02)


def test_missing_is_no_factor():
    patterns = find_patterns(planted(np.random.default_rng(2)))
    start = np.tile([0.5, 0.5], (len(patterns.counts), 1))
    found = fit(patterns, level_counts=[3, 3, 3], start=start, allowed=np.ones(start.shape, dtype=bool))
    assert all((of_level[0] == 1).all() for of_level in found.probabilities)


def test_forbidden_class_stays_empty():
    patterns = find_patterns(planted(np.random.default_rng(3)))
    allowed = np.tile([True, False], (len(patterns.counts), 1))
    found = fit(patterns, level_counts=[3, 3, 3], start=np.full(allowed.shape, 0.5), allowed=allowed)
    assert found.responsibilities[:, 1].sum() == 0


def test_training_takes_no_notice_of_row_order(village):
    order = np.random.default_rng(5).permutation(village.num_rows)
    ours, theirs = (train(records, seed=1, matching=load_matching()) for records in (village, village.take(order)))
    assert ours.version == theirs.version


def test_classes_of_one_customer_are_those_identifiers_confirm(village):
    model = train(village, seed=1, matching=load_matching())
    same = {name for name, is_same in zip(model.person.classes, model.person.is_same, strict=True) if is_same}
    assert "same_person" in same
    assert not same & {"relative", "twin", "namesake", "unrelated"}


def test_a_model_no_identifier_confirms_is_refused(village, monkeypatch):
    monkeypatch.setattr("dedupe.training.identity_shares", lambda *args: identity_shares(*args) * 0)
    with pytest.raises(ModelRefused, match="identity rule"):
        train(village, seed=1, matching=load_matching())


def test_nothing_to_learn_from(village):
    with pytest.raises(ModelRefused, match="nothing to learn"):
        train(village.slice(0, 1), seed=1)
