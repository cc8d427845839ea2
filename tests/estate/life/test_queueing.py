"""The law of waits against a queue simulated call by call, and what handling time and staff do to it."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pytest

from estate.draw import stream
from estate.life import Demand, load_demand
from estate.life.cases import make_calls
from estate.life.demand import Patience
from estate.life.queueing import draw_waits, mean_answered_wait, wait_law
from estate.people import NONE

PATIENCE = Patience(hasty_share=0.25, hasty_s=90, patient_s=900)


def simulated(calls_per_hour: float, *, agents: int, handling_s: float, count: int = 150_000) -> tuple[float, float]:
    """Mean wait of the answered and share who give up: first come first served, one call after another."""
    draw = np.random.default_rng(5)
    arrivals = np.cumsum(draw.exponential(3600 / calls_per_hour, count)).tolist()
    talks = draw.exponential(handling_s, count).tolist()
    mean = np.where(draw.random(count) < PATIENCE.hasty_share, PATIENCE.hasty_s, PATIENCE.patient_s)
    patience = (mean * draw.standard_exponential(count)).tolist()
    free, waits = [0.0] * agents, []
    for arrival, talk, limit in zip(arrivals, talks, patience, strict=True):
        wait = max(free[0] - arrival, 0.0)
        if wait <= limit:
            heapq.heapreplace(free, arrival + wait + talk)
            waits.append(wait)
    return float(np.mean(waits)), 1 - len(waits) / count


@pytest.mark.parametrize(
    ("calls_per_hour", "agents"),
    [
        pytest.param(1100, 76, id="a platform in its busy hour"),
        pytest.param(1100, 60, id="overloaded"),
        pytest.param(40, 4, id="a hotline"),
        pytest.param(40, 2, id="a hotline after the invoices"),
    ],
)
def test_law_is_that_of_the_queue(calls_per_hour: float, agents: int) -> None:
    law = wait_law(np.array([calls_per_hour]), agents=np.array([agents]), handling_s=240, patience=PATIENCE)
    wait, lost = simulated(calls_per_hour, agents=agents, handling_s=240)
    mean, share = mean_answered_wait(law, patience=PATIENCE)
    assert mean[0] == pytest.approx(wait, rel=0.08)
    assert share[0] == pytest.approx(lost, rel=0.08)
    drawn, answered = draw_waits(stream(1, "waits"), law, np.zeros(200_000, dtype=np.int64), patience=PATIENCE)
    assert drawn[answered].mean() == pytest.approx(mean[0], rel=0.03)
    assert 1 - answered.mean() == pytest.approx(share[0], rel=0.03)


def _platforms(lived: Any, demand: Demand) -> tuple[float, float]:
    setting = lived.setting(demand)
    calls = make_calls(setting.draw("cases"), setting.callers, setting.desks, demand, scale=lived.scale)
    on_platform = (calls.system == NONE) & (calls.day > 13_149)
    answered = on_platform & calls.is_answered
    return float(calls.wait_s[answered].mean()), 1 - float(answered.sum() / on_platform.sum())


def _with(demand: Demand, **changes: object) -> Demand:
    return demand.model_copy(update={"platform": demand.platform.model_copy(update=changes)})


def test_a_fifth_more_handling_time_moves_waits_out_of_proportion(lived: Any) -> None:
    demand = load_demand()
    slower = _with(demand, handling_s=demand.platform.handling_s * 1.2)
    (wait, lost), (longer, more) = _platforms(lived, demand), _platforms(lived, slower)
    assert longer > 4 * wait
    assert more > 3 * lost


def test_half_the_staff_loses_many_calls(lived: Any) -> None:
    demand = load_demand()
    halved = _with(demand, manned=tuple((day, share / 2) for day, share in demand.platform.manned))
    assert _platforms(lived, halved)[1] > 0.3
    assert _platforms(lived, demand)[1] < 0.06
