import numpy as np
import pytest

from config.matching import Costs
from dedupe import candidate_pairs, expected_precision, score_pairs
from dedupe.decisions import DECISIONS, ClerkDecision, by_cost, standing_decisions


@pytest.mark.parametrize(
    ("probability", "decision"),
    [
        (999_999, "link"),
        (950_000, "link"),
        (949_999, "possible_link"),
        (500_001, "possible_link"),
        (500_000, "non_link"),
    ],
)
def test_the_decision_of_least_expected_cost(probability, decision):
    found = by_cost(np.array([probability]), Costs(false_link=80, missed_link=8, review=4))
    assert DECISIONS[found[0]] == decision


def test_dear_reviews_leave_nothing_to_the_steward():
    found = by_cost(np.array([510_000, 490_000]), Costs(false_link=8, missed_link=8, review=100))
    assert [DECISIONS[one] for one in found] == ["link", "non_link"]


def test_the_last_decision_on_a_pair_stands_whichever_way_it_was_named():
    clerk = [ClerkDecision(2, "b", "a", "different"), ClerkDecision(1, "a", "b", "same")]
    assert standing_decisions(clerk)["a", "b"].kind == "different"


HOME = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500", "phone": "631111111"}


def rule_on(records, model):
    decisions = score_pairs(records, candidate_pairs(records, model=model), model=model).to_pylist()
    assert len(decisions) == 1
    return decisions[0]["decision"], decisions[0]["decided_by"], decisions[0]["reason"]


def test_two_pesels_and_two_names(record, table, model):
    records = table(
        record("s:1", given_name="Jan", family_name="Lis", pesel="50640712345", **HOME),
        record("t:1", given_name="Piotr", family_name="Lis", pesel="61721188888", **HOME),
    )
    assert rule_on(records, model) == ("non_link", "rule", "two_pesels")


def test_two_parties_of_one_row_are_two(record, table, model):
    records = table(
        record("s:1", given_name="Maria", family_name="Lis", **HOME),
        record("s:1#2", given_name="Maria", family_name="Lis", **HOME),
    )
    assert rule_on(records, model) == ("non_link", "rule", "one_row")


def test_a_name_alone_is_not_enough(record, table, model):
    name = {"given_name": "Zyta", "family_name": "Brzęczyszczykiewicz"}
    records = table(
        record("s:1", city="Konin", postal_code="62-500", **name),
        record("t:1", city="Kraków", postal_code="31-001", **name),
    )
    assert rule_on(records, model) == ("non_link", "rule", "name_alone")


def test_a_spouses_pesel_does_not_make_one_person(record, table, model):
    records = table(
        record("s:1", given_name="Jan", family_name="Lis", pesel="50640712345", **HOME),
        record("t:1", given_name="Ewa", family_name="Lis", pesel="50640712345", **HOME),
    )
    assert rule_on(records, model)[0] == "non_link"


def test_a_source_that_never_duplicates(record, table, model):
    name = {"given_name": "Jan", "family_name": "Lis", "pesel": "50640712345"}
    records = table(record("s:1", **name, **HOME), record("s:2", **name, **HOME))
    strict = model.from_dict({**model.to_dict(), "matching": {**model.matching.model_dump(), "unique_sources": ["s"]}})
    assert rule_on(records, model)[0] == "link"
    assert rule_on(records, strict) == ("non_link", "rule", "one_source")


def test_expected_precision_is_the_mean_over_the_models_links(village, model):
    decisions = score_pairs(village, candidate_pairs(village, model=model), model=model)
    chances = [
        row["match_probability"]
        for row in decisions.to_pylist()
        if row["decision"] == "link" and row["decided_by"] == "model"
    ]
    assert expected_precision(decisions) == sum(chances) // len(chances)
    assert expected_precision(decisions.slice(0, 0)) == 1_000_000
