"""Drawings of weights, and two records side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stewardship.records import side_by_side
from stewardship.waterfall import WIDTH, waterfall

BITS = st.lists(st.integers(min_value=-40_000_000, max_value=40_000_000), min_size=1, max_size=20)


def steps(bits):
    return [{"comparison": f"c{place}", "level": "equal", "micro_bits": each} for place, each in enumerate(bits)]


@given(BITS)
def test_bars_sum_to_the_weight_and_stay_on_the_drawing(bits):
    bars = waterfall(steps(bits))
    assert bars[-1].total_micro_bits == sum(bits)
    assert all(bar.left >= 0 and bar.left + bar.width <= WIDTH + 1 for bar in bars)


def test_each_bar_starts_where_the_one_before_ended():
    bars = waterfall(steps([-8_000_000, 4_000_000, 4_000_000]))
    assert [(bar.left, bar.width) for bar in bars] == [(0, 320), (0, 160), (160, 160)]


@pytest.mark.parametrize(
    ("left", "right", "verdict"),
    [
        pytest.param({"city": "Poznań"}, {"city": "Poznań"}, "equal", id="equal"),
        pytest.param({"city": "Poznań"}, {"city": "Kraków"}, "different", id="different"),
        pytest.param({"city": "Poznań"}, {"city": None}, "missing", id="missing is not different"),
    ],
)
def test_compared(left, right, verdict):
    assert [line.verdict for line in side_by_side(left, right)] == [verdict]


def test_what_both_lack_is_not_shown():
    assert side_by_side({"email": None}, {}) == ()
