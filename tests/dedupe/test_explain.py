import pytest

from config.errors import UsageError
from dedupe import candidate_pairs, explain_pair, score_pairs
from dedupe.engine import class_scores, match_weights
from dedupe.explain import waterfall
from dedupe.party_kinds import PERSON


@pytest.fixture(scope="module")
def decisions(village, model):
    return score_pairs(village, candidate_pairs(village, model=model), model=model).to_pylist()[::40]


def test_the_waterfall_sums_to_the_weight_of_the_decision(village, model, decisions):
    for decision in decisions:
        found = explain_pair(village, decision["record_id_1"], decision["record_id_2"], model=model)
        assert sum(step.micro_bits for step in found.waterfall) == found.match_weight == decision["match_weight"]
        assert (found.decision, found.decided_by) == (decision["decision"], decision["decided_by"])


def test_the_reason_is_the_one_of_the_queue(village, model, decisions):
    reasons = set()
    for decision in decisions:
        found = explain_pair(village, decision["record_id_1"], decision["record_id_2"], model=model)
        expected = {
            ("possible_link", "model"): "possible_link",
            ("non_link", "rule"): decision["reason"],
        }.get((decision["decision"], decision["decided_by"]))
        assert found.reason == expected
        assert not model.classes_of(found.party_kind).is_same[list(found.posteriors).index(found.perhaps)]
        reasons.add(expected)
    assert len(reasons) > 2


def test_either_order_explains_alike(village, model, decisions):
    one, other = decisions[0]["record_id_1"], decisions[0]["record_id_2"]
    assert explain_pair(village, one, other, model=model) == explain_pair(village, other, one, model=model)


def test_a_missing_value_weighs_nothing(village, model, decisions):
    for decision in decisions:
        found = explain_pair(village, decision["record_id_1"], decision["record_id_2"], model=model)
        assert all(step.micro_bits == 0 for step in found.waterfall if step.level == "missing")


def test_posteriors_are_all_there_is(village, model, decisions):
    found = explain_pair(village, decisions[0]["record_id_1"], decisions[0]["record_id_2"], model=model)
    assert sum(found.posteriors.values()) == pytest.approx(1_000_000, abs=5)
    assert set(found.posteriors) == set(model.classes_of(found.party_kind).classes)


def test_the_flipping_level_turns_the_decision(record, table, model):
    home = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500"}
    records = table(
        record("s:1", given_name="Jan", family_name="Brzęczek", **home),
        record("t:1", given_name="Jan", family_name="Brzęczek", **home),
    )
    found = explain_pair(records, "s:1", "t:1", model=model)
    comparison, verdict = found.flip.split(": ")
    comparisons = PERSON.comparisons
    place, level = next(
        (place, number)
        for place, one in enumerate(comparisons)
        for number, name in enumerate(one.levels)
        if f"{one.name} {name}".replace("_", " ") == comparison
    )
    levels = [one.levels.index(step.level) for one, step in zip(comparisons, found.waterfall[1:], strict=True)]
    levels[place] = level
    import numpy as np

    turned = match_weights(class_scores(np.array([levels], dtype=np.int8), model.person, PERSON), model.person)[0]
    assert verdict != found.decision.replace("_", " ")
    assert (turned < found.match_weight) == (verdict != "link")
    assert sum(step.micro_bits for step in waterfall(np.array(levels), PERSON, model.person)) == turned


def test_sharers_are_counted_over_all_records(record, table, model):
    jan = {"given_name": "Jan", "family_name": "Brzęczek", "phone": "611111111"}
    pair = [record("s:1", **jan), record("t:1", **jan)]
    alone = explain_pair(table(*pair), "s:1", "t:1", model=model)
    others = [record(f"u:{i}", given_name="Ewa", phone_2="611111111") for i in range(4)]
    shared = explain_pair(table(*pair, *others), "s:1", "t:1", model=model)
    level = {step.comparison: step.level for step in shared.waterfall}
    assert level["phone"] == "exact_4"
    assert shared.match_weight < alone.match_weight


@pytest.mark.parametrize("other", ["s:2", "nobody", "s:1"])
def test_no_explanation_without_two_records_of_one_kind(other, record, table, model):
    records = table(record("s:1", given_name="Jan"), record("s:2", org_name="LIS"))
    with pytest.raises(UsageError):
        explain_pair(records, "s:1", other, model=model)


def test_nothing_personal_in_it(village, model, decisions):
    found = explain_pair(village, decisions[0]["record_id_1"], decisions[0]["record_id_2"], model=model)
    text = str(found.to_dict())
    assert decisions[0]["record_id_1"] not in text
    assert all(step["meaning"] for step in found.to_dict()["waterfall"])


def test_the_values_are_for_the_reader_only(record, table, model):
    jan = {"given_name": "Jan", "family_name": "Brzęczek", "phone": "611111111"}
    records = table(record("s:1", **jan, city="Konin", house="7"), record("t:1", **jan))
    found = explain_pair(records, "s:1", "t:1", model=model)
    steps = {step["comparison"]: (step["value_1"], step["value_2"]) for step in found.for_reader()["waterfall"]}
    assert steps["family_name"] == ("brzeczek", "brzeczek")
    assert steps["phone"] == ("611111111", "611111111")
    assert steps["address"] == ("konin 7", None)
    assert steps["pesel"] == (None, None)
    for hidden in (repr(found), str(found.to_dict())):
        assert "brzeczek" not in hidden.lower()
        assert "611111111" not in hidden
