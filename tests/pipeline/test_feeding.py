"""What live units deliver after their cutover."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from config.errors import GateFailed
from pipeline.feeding import feed_points, gaps, publish_feed, run_feed
from warehouse.records import Batch

YEAR_END = dt.date(2003, 12, 31)
ZIELONA_GORA, RZESZOW = "zt97-abonent", "zt69-abonent"


@pytest.fixture
def newcomers(new_people):
    return new_people(100, 20)[10:12]


def deliver_november(bench, newcomers):
    changed = replace(bench.estate.told["poznan"][10], balance="55,55")
    bench.estate.deliver(ZIELONA_GORA, [*newcomers, changed], date="2003-11-15", sequence=3)
    return bench


@pytest.fixture
def november(three_live, newcomers):
    """Two customers came to Zielona Góra in November, and a balance changed."""
    return deliver_november(three_live, newcomers)


def balances(bench) -> dict[str, int]:
    return {row["record_id"]: row["balance_grosze"] for row in bench.rows("fact_account")}


def test_a_feed_adds_and_changes_what_it_says_and_nothing_else(november, newcomers):
    before = balances(november)
    fed = run_feed(november.installation, YEAR_END, "engineer")
    changed = f"{ZIELONA_GORA}:{november.estate.told['poznan'][10].key}"
    new = {f"{ZIELONA_GORA}:{row.key}": row.grosze for row in newcomers}
    assert balances(november) == before | new | {changed: 5555}
    assert (fed["kind"], fed["deliveries"], fed["rejected"], fed["gaps"]) == ("feed", 1, [], [])


def test_a_feed_without_anything_new_publishes_nothing(november):
    run_feed(november.installation, YEAR_END, "engineer")
    content_hash = november.current_hash()
    assert run_feed(november.installation, YEAR_END, "engineer")["changed"] is False
    assert november.current_hash() == content_hash


def test_a_delivery_after_the_day_waits(november):
    assert feed_points(november.installation, dt.date(2003, 11, 14)) == []
    assert publish_feed(november.installation, dt.date(2003, 11, 14), "engineer")["changed"] is False


def test_units_that_are_not_live_are_not_fed(november, new_people):
    november.estate.deliver(RZESZOW, new_people(600, 2), date="2003-12-01", sequence=2)
    assert feed_points(november.installation, YEAR_END) == ["ZT97"]


def test_a_late_delivery_gives_what_the_right_order_gives(november, newcomers, bench):
    """The correction of the 20th overtakes the delivery of the 16th."""
    early, late = replace(newcomers[0], balance="1,00"), replace(newcomers[0], balance="2,00")
    november.estate.deliver(ZIELONA_GORA, [late], date="2003-11-20", sequence=5)
    told = run_feed(november.installation, YEAR_END, "engineer")
    assert told["gaps"] == [{"source_id": ZIELONA_GORA, "sequences": [4]}]
    november.estate.deliver(ZIELONA_GORA, [early], date="2003-11-16", sequence=4)
    run_feed(november.installation, YEAR_END, "engineer")
    assert balances(november)[f"{ZIELONA_GORA}:{late.key}"] == 200
    straight = deliver_november(november.empty_copy(bench), newcomers)
    straight.estate.deliver(ZIELONA_GORA, [early], date="2003-11-16", sequence=4)
    straight.estate.deliver(ZIELONA_GORA, [late], date="2003-11-20", sequence=5)
    straight.take_live("pilot", "poznan", "olsztyn")
    run_feed(straight.installation, YEAR_END, "engineer")
    assert straight.current_hash() == november.current_hash()


def test_a_cut_delivery_is_named_and_holds_nobody_up(november, new_people):
    november.estate.deliver(ZIELONA_GORA, new_people(100, 30)[20:], date="2003-12-01", sequence=4, cut=7)
    told = run_feed(november.installation, YEAR_END, "engineer")
    assert [(each["source_id"], each["business_date"]) for each in told["rejected"]] == [(ZIELONA_GORA, "2003-12-01")]
    assert told["deliveries"] == 1


def test_nothing_is_fed_before_the_first_cutover(bench):
    with pytest.raises(GateFailed, match="nothing is live yet"):
        run_feed(bench.installation, YEAR_END, "engineer")


def test_a_feed_whose_unit_fails_its_gates_is_not_published(november, monkeypatch):
    content_hash = november.current_hash()
    monkeypatch.setattr("pipeline.feeding.feed_failures", lambda *_, **__: ["poznan: quality: names_present"])
    with pytest.raises(GateFailed, match="names_present"):
        run_feed(november.installation, YEAR_END, "engineer")
    assert november.current_hash() == content_hash


def test_gaps_are_numbers_between_the_first_and_the_last():
    batches = [
        Batch(f"a:{number}", "a", dt.date(2003, 11, number), sequence=number, files=1, bytes=1) for number in (2, 3, 6)
    ]
    assert list(gaps(batches)) == [{"source_id": "a", "sequences": [4, 5]}]
