"""Clocks: the night that has an hour twice, the night that lacks one."""

from __future__ import annotations

import numpy as np
import pytest

from estate.life.clock import absolute_minutes, wall_minutes


def _minute(text: str) -> int:
    return int(np.datetime64(text, "m").astype(np.int64))


@pytest.mark.parametrize(
    ("utc", "wall"),
    [
        pytest.param("2003-01-15T12:00", "2003-01-15T13:00", id="winter"),
        pytest.param("2003-07-15T12:00", "2003-07-15T14:00", id="summer"),
        pytest.param("2003-03-30T00:59", "2003-03-30T01:59", id="last minute of winter"),
        pytest.param("2003-03-30T01:00", "2003-03-30T03:00", id="first minute of summer"),
        pytest.param("2003-10-26T00:30", "2003-10-26T02:30", id="first half past two"),
        pytest.param("2003-10-26T01:30", "2003-10-26T02:30", id="second half past two"),
    ],
)
def test_wall_clock(utc: str, wall: str) -> None:
    assert wall_minutes(np.array([_minute(utc)])).tolist() == [_minute(wall)]


@pytest.mark.parametrize(
    ("wall", "second_time", "utc"),
    [
        pytest.param("2003-10-26T02:30", False, "2003-10-26T00:30", id="first"),
        pytest.param("2003-10-26T02:30", True, "2003-10-26T01:30", id="second"),
        pytest.param("2003-07-15T14:00", True, "2003-07-15T12:00", id="only once"),
        pytest.param("2003-03-30T02:30", False, "2003-03-30T01:30", id="does not exist: an hour later"),
    ],
)
def test_absolute(wall: str, second_time: bool, utc: str) -> None:
    found = absolute_minutes(np.array([_minute(wall)]), second_time=np.array([second_time]))
    assert found.tolist() == [_minute(utc)]
