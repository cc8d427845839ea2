"""When systems of events deliver."""

from __future__ import annotations

import datetime as dt

import pytest

from config.sources import source_with_id
from estate.systems.events.periods import periods_of

LAST = dt.date(2006, 12, 31)


@pytest.mark.parametrize(
    ("source_id", "first", "count"),
    [
        pytest.param("zt63-billing", "2003-09-22", 1, id="a system of a point: once, at its cutover"),
        pytest.param("zt99-il-01", "2002-10-28", 4, id="a product line of old: every cutover, then no more"),
        pytest.param("zt99-billing", "2002-10-28", 4 + 13, id="a central system: every cutover, then every quarter"),
        pytest.param("zt99-bok", "2002-10-28", 4 + 13, id="the offices of the nation: as a central system"),
        pytest.param("zt51-cti", "2003-10-13", 1 + 13, id="a platform: its own cutover, then every quarter"),
    ],
)
def test_systems_deliver_when_their_unit_moves(source_id, first, count):
    periods = list(periods_of(source_with_id(source_id), last_day=LAST))
    assert (periods[0].date.isoformat(), len(periods)) == (first, count)


@pytest.mark.parametrize("source_id", ["zt99-billing", "zt63-cti"])
def test_periods_leave_no_minute_out_and_tell_none_twice(source_id):
    periods = list(periods_of(source_with_id(source_id), last_day=LAST))
    assert [each.until for each in periods[:-1]] == [each.since for each in periods[1:]]
    assert periods[-1].date == LAST


def test_a_cutover_knows_nothing_of_its_own_day():
    (period,) = periods_of(source_with_id("zt63-billing"), last_day=LAST)
    midnight = int(dt.datetime(2003, 9, 21, 22, tzinfo=dt.UTC).timestamp()) // 60
    assert (period.since, period.until) == (0, midnight)
