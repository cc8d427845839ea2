"""Comparisons of two firms, in plain words (see :mod:`dedupe.comparisons`).

The same firm, a branch of it and a namesake share most words of their names; what tells them apart is the REGON, whose
first nine digits name the firm and whose last five name its local unit, and the address.
"""

from __future__ import annotations

from dedupe.comparisons import (
    ADDRESS_LEVELS,
    EMAIL_LEVELS,
    NUMBER_LEVELS,
    ORG_RARITY_EDGES,
    PESEL_LEVELS,
    PHONE_LEVELS,
    Comparison,
    Known,
    Party,
    _steps,
    address,
    binned,
    email,
    pesel,
    phone,
)
from dedupe.similarity import edits, likeness

ORG_NAME_LEVELS = (
    *("missing", "other", "one_word", "alike", "initials", "contained", "near", "same_words"),
    *_steps("exact", ORG_RARITY_EDGES),
)


def org_name(left: Party, right: Party, known: Known) -> str:
    """Name of the firm without its legal form: word for word, other order, cut off, initials, or one word in common."""
    one, other = left["org"], right["org"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return f"exact_{binned(known.org_rarity(one), ORG_RARITY_EDGES)}"
    words, words_2 = frozenset(one.split()), frozenset(other.split())
    if words == words_2:
        return "same_words"
    if edits(one, other) <= 1 or likeness(one, other) > 0.95:
        return "near"
    if words <= words_2 or words_2 <= words or one.startswith(other) or other.startswith(one):
        return "contained"
    if is_initials(one, right["org_initials"]) or is_initials(other, left["org_initials"]):
        return "initials"
    if likeness(one, other) > 0.85:
        return "alike"
    return "one_word" if any(len(word) > 3 for word in words & words_2) else "other"


def is_initials(name: str, initials: str | None) -> bool:
    """Whether a name is the first letters of another name's words."""
    return initials is not None and name.replace(" ", "") == initials


LEGAL_FORM_LEVELS = ("missing", "other", "exact")


def legal_form(left: Party, right: Party, known: Known) -> str:
    """Legal form. Clerks leave it out or simplify it, so another one says little."""
    one, other = left["legal_form"], right["legal_form"]
    if one is None or other is None:
        return "missing"
    return "exact" if one == other else "other"


def nip(left: Party, right: Party, known: Known) -> str:
    """Tax number. All branches of a firm share it."""
    one, other = left["nip"], right["nip"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    return "near" if edits(one, other) <= 1 else "other"


REGON_LEVELS = ("missing", "other", "near", "other_unit", "firm_and_unit", "exact")


def regon(left: Party, right: Party, known: Known) -> str:
    """Statistical number. Nine digits name a firm, fourteen one of its local units: two units are not one customer."""
    one, other = left["regon"], right["regon"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    if one[:9] == other[:9]:
        return "other_unit" if len(one) == len(other) else "firm_and_unit"
    return "near" if edits(one[:9], other[:9]) <= 1 else "other"


FIRM_COMPARISONS = (
    Comparison("org_name", ORG_NAME_LEVELS, org_name),
    Comparison("legal_form", LEGAL_FORM_LEVELS, legal_form),
    Comparison("nip", NUMBER_LEVELS, nip),
    Comparison("regon", REGON_LEVELS, regon),
    Comparison("pesel", PESEL_LEVELS, pesel),
    Comparison("phone", PHONE_LEVELS, phone),
    Comparison("email", EMAIL_LEVELS, email),
    Comparison("address", ADDRESS_LEVELS, address),
)
