"""A kind of party made from the roles a table has, for the engine that knows no roles.

Only comparisons whose fields are there are made; what persons of any country have in common (dates, telephones) is
compared by the engine's own code, the rest by :mod:`dedupe.anytable.comparisons`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dedupe.anytable import comparisons as plain
from dedupe.anytable import kernels as fast
from dedupe.anytable.blocking import ALTERNATIVES
from dedupe.anytable.fields import numbered
from dedupe.anytable.polish import NAME_COMPARISONS
from dedupe.anytable.starting import FIRM_CLASSES, PERSON_CLASSES
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import Coded, PartyFeatures
from dedupe.comparisons import Comparison
from dedupe.conflicts import Conflict
from dedupe.kernels import Kernel, Mask
from dedupe.levels import Named
from dedupe.model import Rarity
from dedupe.party_kinds import PERSON, PartyKind

COMMON = Rarity(default=0, values={})
CLASSES = {"person": PERSON_CLASSES, "firm": FIRM_CLASSES}


class RoleFeatures(PartyFeatures):
    """Features whose keys may use two telephones or family names."""

    def slots(self, field: str) -> tuple[str, ...]:
        """The fields a key on this one may use."""
        found = tuple(slot for slot in ALTERNATIVES.get(field, (field,)) if slot in self.fields)
        return found or (field,)


@dataclass(frozen=True)
class Made:
    """A comparison with its compiled form."""

    comparison: Comparison
    kernel: Kernel


def comparisons_for(fields: Mapping[str, Coded], *, rarities: Mapping[str, Rarity]) -> tuple[Made, ...]:
    """The comparisons the fields allow, in the order of the waterfall."""
    made: list[Made] = []
    made += _names(fields, rarities)
    if "birth" in fields:
        date = Comparison("birth_date", plain.BIRTH_DATE_LEVELS, plain.birth_date, ("birth",))
        made.append(Made(date, fast.birth_date))
    if "birth_y" in fields:
        year = Comparison("birth_year", plain.BIRTH_YEAR_LEVELS, plain.birth_year, ("birth_y", "birth"))
        made.append(Made(year, fast.birth_year))
    for field in _numbered_in(fields, "id"):
        name = field.replace("id", "national_id", 1)
        made.append(Made(plain.number(name, field), fast.number(field)))
    made += [_ours("phone")] if "phone" in fields else []
    if "email" in fields:
        mail = Comparison("email", plain.EMAIL_LEVELS, plain.email, ("email", "email_2"))
        made.append(Made(mail, fast.email))
    if "org" in fields:
        rarity = rarities.get("org_word", COMMON).of
        made.append(Made(plain.organisation_name(rarity), fast.organisation_name(rarity)))
    if "city" in fields:
        rarity = rarities.get("city", COMMON).of
        made.append(Made(plain.address(rarity), fast.address(rarity)))
    for field in _numbered_in(fields, "text"):
        rarity = rarities.get(field, COMMON).of
        made.append(Made(plain.text(field, field, rarity), fast.text(field, rarity)))
    return tuple(made)


def _numbered_in(fields: Mapping[str, Coded], name: str) -> list[str]:
    return [numbered(name, place) for place in range(1, 9) if numbered(name, place) in fields]


def _ours(name: str) -> Made:
    comparison = next(comparison for comparison in PERSON.comparisons if comparison.name == name)
    return Made(comparison, PERSON.kernels[name])


def _names(fields: Mapping[str, Coded], rarities: Mapping[str, Rarity]) -> list[Made]:
    if "given" not in fields:
        return []
    if "name_sex" in fields:
        return [_ours(name) for name in NAME_COMPARISONS]
    given, family = (rarities.get(name, COMMON).of for name in ("given_name", "family_name"))
    return [
        Made(plain.given_name(given, family), fast.given_name(given, family)),
        Made(plain.family_name(family), fast.family_name(family)),
    ]


def make_kind(
    fields: Mapping[str, Coded],
    *,
    name: str,
    rarities: Mapping[str, Rarity],
    blocking_rules: tuple[BlockingRule, ...],
) -> PartyKind:
    """The kind of party these fields describe; where its classes start is for the training to say."""
    made = comparisons_for(fields, rarities=rarities)
    comparisons = tuple(one.comparison for one in made)
    return PartyKind(
        name=name,
        comparisons=comparisons,
        kernels={one.comparison.name: one.kernel for one in made},
        blocking_rules=blocking_rules,
        classes=CLASSES[name],
        start=lambda levels: np.ones((len(levels), len(CLASSES[name]))),
        known=lambda levels: _known(levels, comparisons),
        identifier=("national_id", ("near", "exact")) if "id" in fields else None,
        hard_rules={},
        conflict=lambda features: conflict_of(features, is_one_to_one=False),
    )


def _known(levels: NDArray[np.int8], comparisons: tuple[Comparison, ...]) -> Mask:
    """Pairs nobody doubts: the same number, and a name that agrees with it."""
    names, named = {comparison.name for comparison in comparisons}, Named(levels, comparisons)
    if "national_id" not in names:
        return np.zeros(len(levels), dtype=np.bool_)
    agrees = named.at("national_id", "exact")
    if "given_name" in names:
        agrees &= ~named.at("given_name", "missing", "other", "alike", "similar")
    if "organisation_name" in names:
        agrees &= ~named.at("organisation_name", "missing", "other", "common_word", "shared")
    return agrees


def conflict_of(features: PartyFeatures, *, is_one_to_one: bool) -> Conflict:
    """What two records say besides their weight: two of one file are never one party, where that was said.

    No number contradicts here: in a stranger's table it may be mistyped, and the weight of the pair counts it.
    """
    if not is_one_to_one:
        return lambda one, other: ""
    file = features.fields["file"].codes.tolist()
    return lambda one, other: "conflict" if file[one] == file[other] else ""


def file_field(files: NDArray[np.int32]) -> Coded:
    """Which of two files a record comes from."""
    return Coded(np.asarray(files, dtype=np.int32), ("1", "2"))
