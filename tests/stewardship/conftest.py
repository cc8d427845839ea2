"""A match queue without a database: invented people, PESELs of the 2200s."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Header, HTTPException
from fastapi.testclient import TestClient

from config.errors import UsageError
from stewardship.app import review_app

CASES = (
    ("aaaa2222bbbb", 612_000, 658_000, "possible_link", None),
    ("cccc3333dddd", 450_000, -289_000, "refused_merge", None),
    ("eeee4444ffff", 930_000, 3_731_000, "possible_link", "same"),
)


class FakeReview:
    """Three cases; remembers what was decided."""

    def __init__(self) -> None:
        self.decided: list[dict[str, str]] = []

    def queue(self) -> list[dict[str, Any]]:
        return [
            {
                "case_ref": ref,
                "match_probability": probability,
                "match_weight": weight,
                "reason": reason,
                "sources": ["zt63-abonent", "zt99-abonent"],
                "units": ["poznan", "pilot"],
                "decision": decision,
                "decision_no": None,
            }
            for ref, probability, weight, reason, decision in CASES
        ]

    def case(self, case_ref: str) -> dict[str, Any]:
        for row in self.queue():
            if row["case_ref"] == case_ref:
                return {**row, "records": _records(), "explanation": _explanation(row["match_weight"])}
        raise UsageError("no open case of that name", hint="`blekit review queue` lists the open cases")

    def decide(self, case_ref: str, *, kind: str, actor: str, reason: str) -> dict[str, Any]:
        self.case(case_ref)
        self.decided.append({"case_ref": case_ref, "kind": kind, "actor": actor, "reason": reason})
        return {"case_ref": case_ref, "decision_no": len(self.decided), "kind": kind, "changed": True}


def _records() -> list[dict[str, Any]]:
    left = {"record_ref": "r1r1r1r1r1r1", "family_name": "Żółć<script>", "given_name": "Halina", "pesel": "04650112349"}
    right = {"record_ref": "r2r2r2r2r2r2", "family_name": "Zolc", "given_name": "Halina", "pesel": None}
    return [left, right]


def _explanation(weight: int) -> dict[str, Any]:
    steps = [
        ("prior", "none", -9_000_000),
        ("given_name", "equal", 4_000_000),
        ("address", "same_flat", 5_000_000 + weight),
    ]
    return {
        "waterfall": [{"comparison": name, "level": level, "micro_bits": bits} for name, level, bits in steps],
        "posteriors": {"same_person": 612_000, "relative": 388_000},
        "flip": None,
    }


def _account(x_account: str = Header(default="")) -> str:
    if not x_account:
        raise HTTPException(401, "who are you")
    return x_account


def _steward(x_account: str = Header(default="")) -> str:
    if _account(x_account) != "steward":
        raise HTTPException(403, "only the steward")
    return x_account


@pytest.fixture
def review() -> FakeReview:
    return FakeReview()


@pytest.fixture
def review_pages(review: FakeReview) -> Any:
    """The application itself, where whoever sends X-Account is believed."""
    return review_app(review, looker=_account, steward=_steward)


@pytest.fixture
def browser_of(review_pages: Any) -> Any:
    """A client that is logged in as the account of that name; nobody for ``""``."""
    return lambda name: TestClient(review_pages, headers={"X-Account": name} if name else {})
