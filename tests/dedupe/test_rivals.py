"""Who else a record may be: fathers and sons of one name at one address, and initials that fit two people."""

import datetime as dt

import numpy as np
import pytest

from dedupe.em import Patterns, Tie, fit
from dedupe.features import party_features

HOME = {"city": "Konin", "street": "Polna", "house": "7", "family_name": "Lis"}
FATHER = {**HOME, "given_name": "Jan", "birth_date": dt.date(2230, 5, 1)}
SON = {**HOME, "given_name": "Jan", "birth_date": dt.date(2262, 3, 9)}
UNDATED = {**HOME, "given_name": "Jan"}


def rivals(model, record, table, people):
    records = table(*(record(f"zt63-abonent:{place}", **values) for place, values in enumerate(people)))
    return party_features(records, party_kind="person", matching=model.matching).fields["rivals"].texts()


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        pytest.param([UNDATED, FATHER, SON], ["another_generation"] * 3, id="father and son of one name"),
        pytest.param([UNDATED, FATHER], [None, None], id="one man"),
        pytest.param(
            [UNDATED, FATHER, {**FATHER, "birth_date": dt.date(2231, 5, 10)}], [None] * 3, id="two wrong digits"
        ),
        pytest.param([UNDATED, FATHER, {**SON, "house": "9"}], [None] * 3, id="the son lives elsewhere"),
        pytest.param([UNDATED, FATHER, {**SON, "given_name": "Adam"}], [None] * 3, id="the son has another name"),
        pytest.param(
            [{**UNDATED, "given_name": "J."}, FATHER, {**SON, "given_name": "Józef"}],
            ["another_name", None, None],
            id="an initial of two people",
        ),
        pytest.param([{**UNDATED, "given_name": "J."}, FATHER], [None, None], id="an initial of one"),
        pytest.param([{**UNDATED, "house": None}, {**FATHER, "house": None}, SON], [None] * 3, id="no house, no home"),
    ],
)
def test_who_else_it_may_be(model, record, table, people, expected):
    assert rivals(model, record, table, people) == expected
    assert rivals(model, record, table, people[::-1]) == expected[::-1]


def weight_between(resolution, one, other):
    found = resolution.decisions.to_pylist()
    return next(row["match_weight"] for row in found if (row["record_id_1"], row["record_id_2"]) == (one, other))


def test_an_undated_record_between_father_and_son_is_nobodys(resolved, record, table):
    """It used to be linked to the one it came first with: name and address agree with both."""
    undated, father, son = (
        record(f"zt63-abonent:{place}", **values) for place, values in enumerate((UNDATED, FATHER, SON))
    )
    alone, both = resolved(table(undated, father)), resolved(table(undated, father, son))
    pair = ("zt63-abonent:0", "zt63-abonent:1")
    assert weight_between(both, *pair) < weight_between(alone, *pair)
    assert len(set(both.crosswalk["customer_id"].to_pylist())) == 3


def test_tied_classes_share_what_a_name_says():
    """A common and a rare name: the second class takes their rarity from the first, whatever its own pairs show."""
    patterns = Patterns(
        np.array([[1], [2], [3]], dtype=np.int8), np.array([80, 20, 100]), np.zeros(200, dtype=np.int64)
    )
    start = np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]])
    tie = Tie(comparison=0, levels=((1, 2),), classes=(1,), like=(0,))
    free, tied = (
        fit(
            patterns,
            level_counts=[4],
            start=start,
            allowed=np.ones((3, 2), dtype=np.bool_),
            smoothing=[np.zeros((4, 2))],
            max_steps=1,
            ties=ties,
        ).probabilities[0]
        for ties in ((), (tie,))
    )
    assert free[1, 1] / free[2, 1] == pytest.approx(40 / 2)
    assert tied[1, 1] / tied[2, 1] == pytest.approx(40 / 18)
    assert tied[1:3, 1].sum() == pytest.approx(free[1:3, 1].sum())
