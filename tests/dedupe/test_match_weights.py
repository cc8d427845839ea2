"""A model as people read it, on numbers made by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from config.matching import Costs
from dedupe.match_weights import class_shares, level_weights, thresholds
from dedupe.party_kinds import PERSON

BIT = 1_000_000


@pytest.fixture
def by_hand(model):
    """Three classes of 1/4, 1/4 and 1/2, the first two of one person; levels as likely as in all classes, but one."""
    weights = {one.name: tuple((0, 0, 0) for _ in one.levels) for one in PERSON.comparisons}
    exact = next(one for one in PERSON.comparisons if one.name == "pesel").levels.index("exact")
    pesel = list(weights["pesel"])
    # 1/2 and 1/4 among one person, 1/32 among the others: m = 3/8, u = 1/32, log2 m/u = log2 12.
    pesel[exact] = (-1 * BIT, -2 * BIT, -5 * BIT)
    person = replace(
        model.person,
        classes=("same_person", "same_person_moved", "other"),
        is_same=(True, True, False),
        prior=(-2 * BIT, -2 * BIT, -1 * BIT),
        weights={**weights, "pesel": tuple(pesel)},
    )
    return replace(model, person=person)


def test_a_weight_is_log2_of_m_over_u(by_hand):
    (found,) = (one for one in level_weights(by_hand, "person") if (one.comparison, one.level) == ("pesel", "exact"))
    assert (found.same_share, found.other_share) == (375_000, 31_250)
    assert found.match_weight == 3_584_963  # log2 12 = 3.5849625


def test_levels_as_likely_in_all_classes_weigh_nothing(by_hand):
    assert {one.match_weight for one in level_weights(by_hand, "person") if one.comparison != "pesel"} == {0}


def test_missing_is_no_level_to_weigh(model):
    for party_kind in ("person", "firm"):
        assert "missing" not in {one.level for one in level_weights(model, party_kind)}


def test_shares_of_the_classes(by_hand):
    told = [(one.name, one.share, one.is_same) for one in class_shares(by_hand, "person")]
    assert told == [
        ("same_person", 250_000, True),
        ("same_person_moved", 250_000, True),
        ("other", 500_000, False),
    ]


def test_thresholds_come_from_the_costs():
    # Link when (1 - p) * 80 <= 4, that is p >= 0.95 (odds 19); non-link when p * 8 <= 4, that is p <= 0.5 (odds 1).
    found = thresholds(Costs(false_link=80, missed_link=8, review=4))
    assert (found.link_from.probability, found.link_from.match_weight) == (950_000, 4_247_928)
    assert (found.non_link_up_to.probability, found.non_link_up_to.match_weight) == (500_000, 0)


def test_where_a_false_link_costs_everything_nothing_but_certainty_links():
    found = thresholds(Costs(false_link=10**12, missed_link=1, review=1))
    assert found.link_from.probability == 1_000_000
