"""How whole customers are laid out in a terminal."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from blekit.commands.explain_customers import render_customer, render_customers


@pytest.fixture
def told() -> dict[str, Any]:
    """Two customers as the steward's pages are tried with."""
    path = Path(__file__).parents[1] / "stewardship" / "conftest.py"
    spec = importlib.util.spec_from_file_location("stewardship_fakes", path)
    assert spec is not None
    assert spec.loader is not None
    fakes = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fakes)
    customers: dict[str, Any] = fakes.FakeReview().customers("aaaa2222bbbb")
    return customers


def _lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_a_customer_is_its_joins_and_the_weakest_of_them(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    render_customer(told["customers"][0])
    lines = _lines(capsys)
    assert "1 aaaaaaaaaaa1 aaaaaaaaaaa2 model +15.00 1 + 1 +15.00 1 0" in lines
    assert "2 aaaaaaaaaaa2 aaaaaaaaaaa3 model +4.00 2 + 1 +2.56 1 1 weakest" in lines
    weakest = next(line for line in lines if line.startswith("weakest bridge: join 2"))
    assert "without it aaaaaaaaaaa3 would leave" in weakest
    assert not any("are not one customer" in line for line in lines)


def test_two_customers_are_the_reason_the_numbers_and_each_of_them(
    told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    render_customers(told)
    lines = _lines(capsys)
    assert "reason possible_link" in lines
    assert "case_ref aaaa2222bbbb" in lines
    assert "match_weight +0.61 bits" in lines
    assert "all 3 pairs between them sum to -2.00 bits; 2 were never compared and count -1.44 each." in lines
    assert sum(line.startswith("refused_merge") for line in lines) == 1
    assert [line.split()[1] for line in lines if line.startswith("resolved_to")] == ["A" * 16, "B" * 16]


def test_a_release_of_other_rules_is_said_to_be_one(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    render_customer({**told["customers"][0], "is_reproduced": False})
    assert "are not one customer" in capsys.readouterr().out
