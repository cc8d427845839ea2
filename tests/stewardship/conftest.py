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

    def customers(self, case_ref: str) -> dict[str, Any]:
        self.case(case_ref)
        return _customers(case_ref)

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
        ("prior", "none", -9_000_000, None, None),
        ("given_name", "equal", 4_000_000, "halina", "halina"),
        ("address", "same_flat", 5_000_000 + weight, "polna 7", None),
    ]
    names = ("comparison", "level", "micro_bits", "value_1", "value_2")
    return {
        "waterfall": [dict(zip(names, step, strict=True)) for step in steps],
        "posteriors": {"same_person": 612_000, "relative": 388_000},
        "flip": None,
    }


REFS = ("aaaaaaaaaaa1", "aaaaaaaaaaa2", "aaaaaaaaaaa3", "bbbbbbbbbbb1")


REFUSAL = {
    "record_ref_1": REFS[1],
    "record_ref_2": REFS[3],
    "micro_bits": 6_000_000,
    "decided_by": "model",
    "group_1": list(REFS[:3]),
    "group_2": [REFS[3]],
    "summed_micro_bits": -4_000_000,
    "compared_pairs": 1,
    "unseen_pairs": 2,
    "conflicts": [],
    "refusal": "refused_merge",
}


def _customers(case_ref: str) -> dict[str, Any]:
    """Two customers: three records of Halina in a chain, whose last link is the weak one, and one of her daughter."""
    limits = {"refuse_at": -2_885_390, "weak_bridge_at": 0, "unseen_pair": -1_442_695, "clip": 11_541_560}
    best = {
        "record_ref_1": REFS[1],
        "record_ref_2": REFS[3],
        "match_weight": 612_000,
        "match_probability": 658_000,
        "decision": "possible_link",
        "decided_by": "model",
        "reason": "possible_link",
        "is_candidate": True,
    }
    together = {"summed_micro_bits": -2_000_000, "compared_pairs": 1, "unseen_pairs": 2}
    apart = {
        "reason": "possible_link",
        "meaning": "The model leaves the best pair to a clerk.",
        "best_pair": best,
        "together": together,
        "conflicts": [],
        "refusals": [REFUSAL],
        "decisions": [],
        "records": 4,
        "limits": {**limits, "max_records": 60},
    }
    return {
        "case_ref": case_ref,
        "pair": [REFS[1], REFS[3]],
        "apart": apart,
        "case": {"case_ref": case_ref, "reason": "possible_link"},
        "customers": [
            _customer("AAAAAAAAAAAAAAAA", REFS[:3], [_join(1, 0, 1, 15), _join(2, 1, 2, 4)], leaving=2, limits=limits),
            _customer("BBBBBBBBBBBBBBBB", REFS[3:], [], leaving=None, limits=limits),
        ],
    }


def _join(number: int, one: int, other: int, bits: int) -> dict[str, Any]:
    return {
        "join": number,
        "record_ref_1": REFS[one],
        "record_ref_2": REFS[other],
        "micro_bits": bits * 1_000_000,
        "decided_by": "model",
        "group_1": list(REFS[:other]),
        "group_2": [REFS[other]],
        "summed_micro_bits": bits * 1_000_000 - 1_442_695 * (other - 1),
        "compared_pairs": 1,
        "unseen_pairs": other - 1,
        "conflicts": [],
        "refusal": None,
    }


def _customer(
    customer_id: str, refs: tuple[str, ...], joins: list[dict[str, Any]], *, leaving: int | None, limits: dict[str, int]
) -> dict[str, Any]:
    weakest = None
    if leaving is not None:
        evidence = {name: joins[-1][name] for name in ("summed_micro_bits", "compared_pairs", "unseen_pairs")}
        weakest = {"join": len(joins), "leaving": [refs[leaving]], **evidence}
    records = [
        {
            "record_ref": ref,
            "name": "Halina Żółć<script>",
            "source_id": "zt63-abonent",
            "unit": "poznan",
            "business_date": None,
            "customer_id": customer_id,
        }
        for ref in refs
    ]
    return {
        "resolved_to": customer_id,
        "party_kind": "person",
        "record_refs": list(refs),
        "joins": joins,
        "weakest_bridge": weakest,
        "refusals": [REFUSAL],
        "decisions": [],
        "is_reproduced": True,
        "limits": limits,
        "records": records,
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
