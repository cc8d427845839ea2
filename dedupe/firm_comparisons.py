"""Comparisons of two firms, in plain words (see :mod:`dedupe.comparisons`).

The same firm, a branch of it and a namesake share most words of their names; what tells them apart is the REGON, whose
first nine digits name the firm and whose last five name its local unit, and the address.
"""

from __future__ import annotations

from dedupe.comparisons import (
    ADDRESS_FIELDS,
    ADDRESS_LEVELS,
    EMAIL_LEVELS,
    NUMBER_LEVELS,
    ORG_RARITY_EDGES,
    PESEL_LEVELS,
    PHONE_LEVELS,
    Comparison,
    Known,
    Party,
    address,
    binned,
    email,
    pesel,
    phone,
    steps_of,
)
from dedupe.folding import initials_of
from dedupe.similarity import edits

ORG_NAME_LEVELS = (
    *("missing", "other", "generic", "shared", "other_branch", "initials", "contained", "same_core", "near"),
    *steps_of("exact", ORG_RARITY_EDGES),
)


def org_name(left: Party, right: Party, known: Known) -> str:
    """Name of the firm without its legal form: words that only say its trade count little, its own words much."""
    one, other = left["org"], right["org"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return f"exact_{binned(known.org_rarity(one), ORG_RARITY_EDGES)}"
    return "near" if edits(one, other) <= 1 else word_level(one, other, known.generic_words)


def word_level(one: str, other: str, generic: frozenset[str]) -> str:
    """The level of two firm names that are more than one edit apart."""
    (head, branch), (head_2, branch_2) = split_branch(one), split_branch(other)
    level = _core_level(head, head_2, generic)
    if level in ("same_core", "contained") and not _is_same_branch(branch, branch_2):
        return "other_branch"
    return level


def split_branch(name: str) -> tuple[str, str | None]:
    """The firm and its branch: ``bank spoldzielczy o radom`` is the branch ``radom`` of ``bank spoldzielczy``."""
    words = name.split()
    for place in range(2, len(words) - 1):
        if words[place] in BRANCH_WORDS:
            return " ".join(words[:place]), " ".join(words[place + 1 :])
    return name, None


BRANCH_WORDS = frozenset({"o", "oddz", "oddzial", "filia", "f"})


def _is_same_branch(branch: str | None, branch_2: str | None) -> bool:
    """Whether both name the same branch, maybe with a typo or cut off, or neither names one."""
    if branch is None or branch_2 is None:
        return branch is branch_2
    return edits(branch, branch_2) <= 1 or branch.startswith(branch_2) or branch_2.startswith(branch)


def _core_level(one: str, other: str, generic: frozenset[str]) -> str:
    core, core_2 = core_words(one, generic), core_words(other, generic)
    short, long = sorted((core, core_2), key=lambda words: (len(words), sorted(words)))
    strength = [_strength_among(word, long) for word in sorted(short)]
    if min(strength) and max(strength) == STRONG:
        return "same_core" if len(short) == len(long) else "contained"
    if is_initials(one, initials_of(other)) or is_initials(other, initials_of(one)):
        return "initials"
    if max(strength) == STRONG:
        return "shared"
    return "generic" if set(one.split()) & set(other.split()) else "other"


def core_words(name: str, generic: frozenset[str]) -> frozenset[str]:
    """The words that are the firm's own; all of them where every word is generic."""
    words = frozenset(name.split())
    return words - generic or words


STRONG, WEAK, NONE = 2, 1, 0


def _strength_among(word: str, others: frozenset[str]) -> int:
    """How well a word is found again: equal, a typo away or cut off; as an initial only; not at all."""
    if word in others:
        return STRONG if len(word) > 1 else WEAK
    return max((_word_strength(word, other) for other in others), default=NONE)


def _word_strength(word: str, other: str) -> int:
    if min(len(word), len(other)) == 1:
        return WEAK if word[0] == other[0] else NONE
    if min(len(word), len(other)) < 4:
        return NONE
    is_cut = word.startswith(other) or other.startswith(word)
    return STRONG if is_cut or edits(word, other) <= 1 else NONE


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
    Comparison("org_name", ORG_NAME_LEVELS, org_name, ("org",)),
    Comparison("legal_form", LEGAL_FORM_LEVELS, legal_form, ("legal_form",)),
    Comparison("nip", NUMBER_LEVELS, nip, ("nip",)),
    Comparison("regon", REGON_LEVELS, regon, ("regon",)),
    Comparison("pesel", PESEL_LEVELS, pesel, ("pesel", "birth")),
    Comparison("phone", PHONE_LEVELS, phone, ("phone", "phone_2")),
    Comparison("email", EMAIL_LEVELS, email, ("email",)),
    Comparison("address", ADDRESS_LEVELS, address, ADDRESS_FIELDS),
)
