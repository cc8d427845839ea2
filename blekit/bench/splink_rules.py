"""Splink's blocking rules for party records: 30 for persons, 25 for firms.

Splink has no caps: a rule is as expensive as its most frequent key. So each holds enough fields that no key is
frequent, and a full name stands by itself only where it is rare. Two parties of one raw row are never one customer; our
engine knows that too.
"""

from __future__ import annotations

from typing import Any

_NOT_ONE_ROW = "l.raw_row <> r.raw_row"

PERSON_FIELDS = (
    "pesel",
    "id_document",
    "email",
    "phone first_3",
    "phone last_3",
    "birth last_3",
    "birth first_3",
    "birth postal",
    "first last birth_y",
    "first last birth_md",
    "first last postal",
    "first last city street_3",
    "rare_name",
    "last_sk first_sk birth_ym",
    "last_sk first_sk postal",
    "last postal house",
    "last city house",
    "first city street_word house",
    "first postal house",
    "city street house flat",
    "first_1 last birth_ym",
    "first_1 last city street_word",
    "birth_y city street_word house",
    "first_3 last_4 birth_ym",
)
PERSON_CROSSED = (
    "l.phone = r.phone_2 and l.first_3 = r.first_3",
    "l.first = r.last and l.last = r.first and l.postal_2 = r.postal_2",
    "l.first = r.first and l.last_head = r.last and l.birth_y = r.birth_y",
)
LEAN_PERSON_FIELDS = (
    "pesel",
    "id_document",
    "email",
    "phone first_3",
    "phone last_3",
    "birth last_3",
    "birth first_3",
    "first last birth_y",
    "first last postal",
    "rare_name",
    "last_sk first_sk postal",
    "last postal house",
    "first city street_word house",
    "first postal house",
    "city street house flat",
    "first_1 last city street_word",
)

FIRM_FIELDS = (
    "regon",
    "nip house",
    "nip postal",
    "nip org_sk",
    "nip phone",
    "regon_9 house",
    "email",
    "pesel",
    "phone org_1",
    "phone house",
    "org_words postal",
    "org_words city house",
    "org_core city",
    "org_8 postal",
    "org_long postal",
    "org_long city house",
    "org_sk city",
    "org_initials city house",
    "city street house flat",
    "org_1 city street_word house",
    "org_1 postal house",
    "last_4 postal house",
    "street_word house postal",
)
FIRM_CROSSED = ("l.phone = r.phone_2 and l.house = r.house",)


def blocking_rules(kind: str, *, is_lean: bool = False) -> list[dict[str, Any]]:
    """The rules of one party kind as Splink's settings have them."""
    fields = FIRM_FIELDS if kind == "firm" else LEAN_PERSON_FIELDS if is_lean else PERSON_FIELDS
    crossed = FIRM_CROSSED if kind == "firm" else PERSON_CROSSED[:1] if is_lean else PERSON_CROSSED
    equal = [" and ".join(f"l.{field} = r.{field}" for field in rule.split()) for rule in fields]
    # The crossed ones are found from either side: the smaller id is not always on the left of the equation.
    both = [way for rule in crossed for way in (rule, _mirrored(rule))]
    return [{"blocking_rule": f"{rule} and {_NOT_ONE_ROW}"} for rule in [*equal, *both]]


def _mirrored(rule: str) -> str:
    return rule.replace("l.", "\0.").replace("r.", "l.").replace("\0.", "r.")
