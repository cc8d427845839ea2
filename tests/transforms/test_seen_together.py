"""Clocks that are off and counters that count something else, on a handful of events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from config.events import EVENT_RECORD
from config.noticing import ClockRules, UnitRules
from config.table_schema import TEXT
from transforms.events.clocks import CLOCKS, skewed_clocks
from transforms.events.party_names import folded_name, is_called, names_of
from transforms.events.units import change_point, changed_units

NOON = dt.datetime(2003, 10, 22, 12, 0, tzinfo=dt.UTC)
SITE, DESK, CTI, IVR = "zt63-il-naprawy", "zt63-faults", "zt63-cti", "zt63-ivr"


def table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    schema = pa.schema([*EVENT_RECORD.arrow, pa.field("record_id", TEXT)])
    usual = {"point_code": "ZT63", "raw_key": "k", "business_date": dt.date(2003, 10, 27), "sequence": 0}
    full = [
        {"occurred_on": row["occurred_at"].date(), "batch_id": row["source_id"], **usual, "event_id": str(at), **row}
        for at, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=schema)


def reported(source_id: str, record_id: str, ahead_s: int, **values: Any) -> list[dict[str, Any]]:
    """A call of two minutes about a fault on a clock that is ahead, and the fault as the desk wrote it down."""
    who = {"record_id": record_id, "source_id": source_id, "number": f"{source_id}/{record_id}", **values}
    call = {"event_type": "contact", "topic": "fault", "outcome": "answered", "wait_s": 30, "talk_s": 90}
    fault = {"event_type": "fault", "source_id": DESK, "record_id": record_id}
    return [
        {**call, **who, "occurred_at": NOON + dt.timedelta(seconds=ahead_s)},
        {**fault, "occurred_at": NOON + dt.timedelta(seconds=120)},
    ]


def offsets(found: pd.DataFrame) -> dict[str, int]:
    return {row.batch_id: int(row.offset_s) for row in found.itertuples()}


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        pytest.param((240, 240, 300), {SITE: 240}, id="four minutes ahead"),
        pytest.param((-180, -180), {SITE: -180}, id="behind"),
        pytest.param((0, 60, -60, 0), {}, id="clocks that show minutes"),
        pytest.param((240,), {}, id="one pair is no evidence"),
        pytest.param((0, 0, 0, 900), {}, id="another call of the same day"),
        pytest.param((0, 1200), {}, id="two pairs that do not agree"),
        pytest.param((2400, 2400, 2400), {}, id="too far apart to be one call"),
    ],
)
def test_a_clock_is_off_when_its_pairs_agree(ahead: tuple[int, ...], expected: dict[str, int]) -> None:
    rows = [row for at, seconds in enumerate(ahead) for row in reported(SITE, f"r:{at}", seconds)]
    assert offsets(skewed_clocks(table(rows))) == expected


def test_a_machine_is_compared_with_the_queue_whose_own_offset_counts() -> None:
    rows = [row for at in range(3) for row in reported(CTI, f"r:{at}", 480)]
    leg = {"event_type": "ivr_event", "source_id": IVR, "talk_s": 60}
    rows += [
        {**leg, "related_number": f"{CTI}/r:{at}", "occurred_at": NOON + dt.timedelta(seconds=15)} for at in range(3)
    ]
    found = skewed_clocks(table(rows))
    # The machine's minute ends when the queue shows seven minutes more, and the queue is eight ahead.
    assert offsets(found) == {CTI: 480}
    assert tuple(found.columns) == CLOCKS


def test_a_delivery_with_few_pairs_has_the_offset_of_its_site() -> None:
    rows = [row for at in range(4) for row in reported(SITE, f"r:{at}", 300, batch_id="b1")]
    rows += reported(SITE, "r:9", 300, batch_id="b2")
    assert offsets(skewed_clocks(table(rows))) == {"b1": 300, "b2": 300}


def test_how_sure_a_clock_must_be_is_configured() -> None:
    rows = [row for at in range(3) for row in reported(SITE, f"r:{at}", 240)]
    assert offsets(skewed_clocks(table(rows), rules=ClockRules(limit_s=300))) == {}


def test_without_events_nothing_is_odd() -> None:
    assert skewed_clocks(table([])).empty
    assert changed_units(table([])).empty


def counted(day: int, size: int, *, per_unit: int, batch_id: str) -> list[dict[str, Any]]:
    return [
        {
            "event_type": "usage",
            "source_id": "zt99-cdr",
            "batch_id": batch_id,
            "sequence": at,
            "occurred_at": NOON + dt.timedelta(days=day, minutes=at),
            "talk_s": 60 + at,
            "units": -(-(60 + at) // per_unit),
        }
        for at in range(size)
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            counted(0, 40, per_unit=180, batch_id="b1") + counted(9, 40, per_unit=1, batch_id="b1"),
            [("b1", 0)],
            id="in the middle of a delivery",
        ),
        pytest.param(
            counted(0, 40, per_unit=180, batch_id="b1") + counted(9, 40, per_unit=1, batch_id="b2"),
            [("b2", 0)],
            id="between two deliveries",
        ),
        pytest.param(counted(0, 80, per_unit=180, batch_id="b1"), [], id="never"),
        pytest.param(
            counted(0, 40, per_unit=180, batch_id="b1") + counted(9, 5, per_unit=1, batch_id="b2"), [], id="too few"
        ),
    ],
)
def test_a_counter_that_changes_its_unit_is_noticed(
    rows: list[dict[str, Any]], expected: list[tuple[str, int]]
) -> None:
    found = changed_units(table(rows))
    assert list(zip(found["batch_id"], found["sequence"], strict=True)) == expected


def test_how_much_more_is_counted_is_configured() -> None:
    rows = counted(0, 40, per_unit=180, batch_id="b1") + counted(9, 40, per_unit=1, batch_id="b2")
    assert changed_units(table(rows), rules=UnitRules(factor=1000.0)).empty


def test_a_series_changes_where_its_ranks_part() -> None:
    at, p_value = change_point(pd.Series([3.0, 4.0, 5.0] * 10 + [1.0, 1.0] * 10))
    assert (at, p_value < 0.001) == (30, True)
    assert change_point(pd.Series([1.0])) == (0, 1.0)


@pytest.mark.parametrize(
    ("typed", "name", "expected"),
    [
        pytest.param("NOWAK JAN", "Nowak Jan", True, id="letters of another size"),
        pytest.param("Zażółć-Gęś Ewa", "ZAZOLC GES EWA", True, id="without diacritics and stops"),
        pytest.param("NOWAK JAN", "NOWAK JANUSZ", False, id="a short name is whole"),
        pytest.param("Szkoła Podstawowa nr 23 im. St", "Szkoła Podstawowa nr 23 im. Stefana", True, id="cut off"),
        pytest.param("NOWAK JAM", "NOWAK JAN", False, id="a slip is nobody's"),
    ],
)
def test_a_name_is_the_same_in_every_spelling_but_a_wrong_one(typed: str, name: str, expected: bool) -> None:
    assert is_called(folded_name(typed), folded_name(name)) is expected


def test_names_stand_in_either_order_and_a_firm_has_one() -> None:
    stored = {
        "family_name": pd.Series(["Nowak", "Lis", None], dtype="string"),
        "given_name": pd.Series(["Jan", "Ewa", None], dtype="string"),
        "org_name": pd.Series([None, "Lis s.c.", None], dtype="string"),
    }
    assert [names.tolist() for names in names_of(stored)] == [["nowakjan", "lissc", ""], ["jannowak", "lissc", ""]]
