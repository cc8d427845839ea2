import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from config.matching import load_matching
from dedupe import candidate_pairs
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


def test_identifiers_nobody_has_confirm_nothing(village):
    place = village.schema.get_field_index("pesel")
    blank = village.set_column(place, "pesel", pa.nulls(village.num_rows, pa.string()))
    with pytest.raises(ModelRefused, match="no pair has one on both sides"):
        train(blank, seed=1, matching=load_matching())


def test_the_report_says_how_each_kind_was_learned(village):
    lessons = {}
    model = train(village, seed=1, matching=load_matching(), note=lambda one: lessons.update({one.party_kind: one}))
    person = lessons["person"]
    assert person.records == model.trained_on["person_records"]
    assert person.learned_from == person.candidate_pairs == candidate_pairs_of(village, "person", model)
    assert sum(one.share for one in person.classes) == pytest.approx(1_000_000, abs=len(person.classes))
    assert tuple(one.is_same for one in person.classes) == model.person.is_same
    assert all((one.identity_share or 0) >= 500_000 for one in person.classes if one.is_same)
    assert {one.rule for one in person.blocks} and person.steps > 1 and person.patterns > 1


def test_the_report_comes_although_the_model_is_refused(village):
    lessons = []
    with pytest.raises(ModelRefused):
        train(village.filter(pc.equal(village["party_kind"], "person")), seed=1, note=lessons.append)
    assert [one.party_kind for one in lessons] == ["person"]


def candidate_pairs_of(records, party_kind, model):
    pairs = candidate_pairs(records, model=model)
    ids = set(records.filter(pc.equal(records["party_kind"], party_kind))["record_id"].to_pylist())
    return sum(record_id in ids for record_id in pairs["record_id_1"].to_pylist())
