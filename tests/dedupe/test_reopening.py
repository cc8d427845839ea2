"""A decision outlives its evidence, but not in silence (DESIGN, law 8)."""

from __future__ import annotations

from typing import Any

import pytest

from config.matching import Costs
from dedupe.decisions import ClerkDecision, speaks_against

BIT = 1_000_000
SURE, DOUBT, NEVER = 20 * BIT, 4 * BIT, -20 * BIT
# Costs 80, 8, 4: link from 0.95 (4.2 bits), non-link up to 0.50 (0 bits); 400, 5, 4: from 0.99 (6.6), up to 0.80 (2).
ALIKE, APART = ("zt63-abonent:1", "zt99-abonent:2"), ("zt25-abonent:9", "zt63-abonent:1")


@pytest.fixture
def world(record: Any, table: Any) -> Any:
    """Two records nobody would keep apart, and a stranger."""
    jan = {"given_name": "Jan", "family_name": "Lis", "pesel": "50640712345"}
    home = {"city": "Konin", "street": "Polna", "house": "7", "flat": "2", "postal_code": "62-500"}
    return table(
        record(ALIKE[0], **jan, **home),
        record(ALIKE[1], **jan, **home),
        record(APART[0], given_name="Ewa", family_name="Wilk", city="Hel", pesel="61721188888"),
    )


@pytest.mark.parametrize(
    ("kind", "weight", "expected"),
    [
        pytest.param("same", NEVER, True, id="same, now a non-link"),
        pytest.param("same", DOUBT, False, id="same, doubtful"),
        pytest.param("same", SURE, False, id="same, a link"),
        pytest.param("different", SURE, True, id="different, now a link"),
        pytest.param("different", DOUBT, False, id="different, doubtful"),
        pytest.param("different", NEVER, False, id="different, a non-link"),
    ],
)
def test_what_speaks_against_a_decision(kind: str, weight: int, expected: bool) -> None:
    costs = Costs(false_link=80, missed_link=8, review=4)
    assert speaks_against(ClerkDecision(1, "a", "b", kind), weight, costs=costs) is expected


@pytest.mark.parametrize(
    ("pair", "kind", "then", "expected"),
    [
        pytest.param(ALIKE, "different", DOUBT, ["reopened"], id="was doubtful, is a link"),
        pytest.param(ALIKE, "different", NEVER, ["reopened"], id="was a non-link, is a link"),
        pytest.param(ALIKE, "different", SURE, [], id="the clerk knew it looked like a link"),
        pytest.param(ALIKE, "different", None, [], id="nobody noted what the clerk saw"),
        pytest.param(ALIKE, "same", DOUBT, [], id="the evidence came to agree"),
        pytest.param(APART, "same", DOUBT, ["reopened"], id="was doubtful, is a non-link"),
        pytest.param(APART, "same", SURE, ["reopened"], id="was a link, is a non-link"),
        pytest.param(APART, "same", NEVER, [], id="the clerk knew it looked like a non-link"),
        pytest.param(APART, "different", DOUBT, [], id="the evidence came to agree that they differ"),
    ],
)
def test_a_case_reopens_when_its_evidence_turned(
    world: Any, resolved: Any, pair: tuple[str, str], kind: str, then: int | None, expected: list[str]
) -> None:
    cases = resolved(world, clerk=[ClerkDecision(1, *pair, kind, then)]).queue_cases.to_pylist()
    about = [case["reason"] for case in cases if (case["record_id_1"], case["record_id_2"]) == pair]
    assert about == expected


@pytest.mark.parametrize(("pair", "kind"), [(ALIKE, "different"), (APART, "same")])
def test_the_decision_holds_all_the_same(
    world: Any, resolved: Any, customers: Any, pair: tuple[str, str], kind: str
) -> None:
    found = customers(resolved(world, clerk=[ClerkDecision(1, *pair, kind, DOUBT)]))
    assert any(set(pair) <= group for group in found) is (kind == "same")


def test_deciding_again_on_what_is_known_now_closes_the_case(world: Any, resolved: Any) -> None:
    first = ClerkDecision(1, *ALIKE, "different", DOUBT)
    (case,) = resolved(world, clerk=[first]).queue_cases.to_pylist()
    again = ClerkDecision(2, *ALIKE, "different", case["match_weight"])
    assert resolved(world, clerk=[first, again]).queue_cases.num_rows == 0
