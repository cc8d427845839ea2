"""Decisions of stewards: honoured by the next release, also through a record between the two."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.errors import UsageError
from pipeline import cutover, review

ONE, OTHER = "zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995"


def decide(bench: Any, kind: str, first: str, second: str) -> None:
    with bench.open() as warehouse:
        warehouse.append_decision(kind, first, second, actor="steward")


def test_different_parts_what_the_model_had_joined(three_live: Any) -> None:
    decide(three_live, "different", ONE, OTHER)
    applied = cutover.apply_decisions(three_live.installation, "engineer")
    one, other = three_live.customers_of(ONE, OTHER)
    assert (applied["applied"], one == other) == (1, False)


def test_same_joins_what_the_model_would_not(three_live: Any) -> None:
    first, second = (f"zt97-abonent:{row.key}" for row in three_live.estate.told["pilot"][:2])
    decide(three_live, "same", first, second)
    cutover.apply_decisions(three_live.installation, "engineer")
    one, other = three_live.customers_of(first, second)
    assert one == other


def test_different_holds_through_a_bridging_record(three_live: Any) -> None:
    decide(three_live, "different", ONE, OTHER)
    wanda = next(row for row in three_live.estate.told["poznan"] if row.family == "Zielińska")
    bridge = [*three_live.estate.told["warszawa"], replace(wanda, number=902)]
    three_live.estate.deliver("zt05-abonent", bridge, date="2003-10-13", sequence=2)
    three_live.take_live("warszawa")
    one, other = three_live.customers_of(ONE, OTHER)
    assert one != other


def test_a_decision_sleeps_while_its_unit_is_rolled_back(three_live: Any) -> None:
    decide(three_live, "different", ONE, OTHER)
    honoured = cutover.apply_decisions(three_live.installation, "engineer")["content_hash"]
    cutover.rollback(three_live.installation, "olsztyn", "engineer", "test")
    assert three_live.take_live("olsztyn") == honoured


def test_without_new_decisions_nothing_is_published(nation: Any) -> None:
    before = nation.current_hash()
    assert cutover.apply_decisions(nation.installation, "engineer")["applied"] == 0
    assert nation.current_hash() == before


def test_a_case_nobody_opened_is_refused(nation: Any) -> None:
    with pytest.raises(UsageError, match="no open case"):
        review.decide(nation.installation, "aaaaaaaaaaaa", "same", "steward", "")
