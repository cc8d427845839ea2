"""Comparisons of two records, in plain words: what each level means, and which level a pair has.

Every comparison is a small function from two records to the name of a level; its docstring is what a clerk reads beside
the pair. "missing" is always the first level: an absent value speaks neither for nor against. These functions are the
definition; :mod:`dedupe.kernels` does the same for millions of coded pairs, and every rehearsal compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dedupe.folding import stem
from dedupe.similarity import edits, likeness, wrong_digits

Party = Mapping[str, str | None]
"""The folded values of one record by field (:mod:`dedupe.features`)."""

GIVEN_RARITY_EDGES = (14, 18, 22)
FAMILY_RARITY_EDGES = (18, 21, 24, 27)
FULL_RARITY_EDGES = (30, 34, 37, 40, 43, 46, 49)
JOINT_GIVEN_EDGES, JOINT_FAMILY_EDGES = (15, 19), (18, 21, 24)
ORG_RARITY_EDGES = (24, 34)
PHONE_SHARER_EDGES = (3, 4, 6)
CLOSE, SIMILAR, ALIKE = 0.92, 0.82, 0.65


@dataclass(frozen=True)
class Known:
    """What a comparison knows beyond the two records."""

    given_rarity: Callable[[str], int]
    """Half-bits of surprise of a given name; from the model, never from the live data."""
    family_rarity: Callable[[str], int]
    org_rarity: Callable[[str], int]
    full_names: Mapping[str, frozenset[str]]
    """A given name to the full forms it may stand for, itself among them."""
    generic_words: frozenset[str]
    """Words that say what a firm does, not which firm it is."""
    phone_sharers: Mapping[str, int]
    """How many live records carry a number."""


Level = Callable[[Party, Party, Known], str]


@dataclass(frozen=True)
class Comparison:
    """One comparison: its levels with ``missing`` first, the function that finds the level, the fields it reads."""

    name: str
    levels: tuple[str, ...]
    level_of: Level
    fields: tuple[str, ...]

    @property
    def meaning(self) -> str:
        """What the clerk reads."""
        return (self.level_of.__doc__ or "").strip()


def binned(value: int, edges: tuple[int, ...]) -> int:
    """1 below the first edge, one more from each edge on."""
    return 1 + sum(value >= edge for edge in edges)


def steps_of(name: str, edges: tuple[int, ...]) -> tuple[str, ...]:
    """The names of the levels :func:`binned` numbers."""
    return tuple(f"{name}_{step}" for step in range(1, len(edges) + 2))


def is_full_name_equal(left: Party, right: Party) -> bool:
    """Whether given and family name are both present, more than an initial, and equal."""
    if left["given"] is None or left["last"] is None or is_initial(left["given"]):
        return False
    return (left["given"], left["last"]) == (right["given"], right["last"])


def is_initial(name: str) -> bool:
    """Whether a given name is only its first letter."""
    return len(name) <= 2


def is_swapped(left: Party, right: Party) -> bool:
    """Whether one record has given and family name the other way round."""
    names = (left["given"], left["last"])
    return None not in names and names[0] != names[1] and names == (right["last"], right["given"])


JOINT_NAME_LEVELS = tuple(
    f"full_name_{sex}{given}{family}"
    for sex in "fm"
    for given in range(1, len(JOINT_GIVEN_EDGES) + 2)
    for family in range(1, len(JOINT_FAMILY_EDGES) + 2)
)
"""Both names equal: by the sex of the name and by how rare each of the two is. Apart, because among relatives, who
share the family name anyway, only the given name tells."""
GIVEN_NAME_LEVELS = (
    *("missing", "other_sex", "other", "alike", "similar", "near", "second", "initial", "diminutive", "swapped"),
    *steps_of("exact", GIVEN_RARITY_EDGES),
    *JOINT_NAME_LEVELS,
)


def given_name(left: Party, right: Party, known: Known) -> str:
    """Given name. When the family name is equal too, both count together here: the rarer the full name, the more."""
    one, other = left["given"], right["given"]
    if one is None or other is None:
        return "missing"
    if is_full_name_equal(left, right):
        sex = "f" if left["name_sex"] == "F" else "m"
        given = binned(known.given_rarity(one), JOINT_GIVEN_EDGES)
        return f"full_name_{sex}{given}{binned(known.family_rarity(left['last'] or ''), JOINT_FAMILY_EDGES)}"
    if (is_initial(one) or is_initial(other)) and one[0] == other[0]:
        return "initial"
    if one == other:
        return f"exact_{binned(known.given_rarity(one), GIVEN_RARITY_EDGES)}"
    if is_swapped(left, right):
        return "swapped"
    if known.full_names.get(one, frozenset({one})) & known.full_names.get(other, frozenset({other})):
        return "diminutive"
    if one == right["second"] or other == left["second"]:
        return "second"
    if edits(one, other) <= 1 or likeness(one, other) > CLOSE:
        return "near"
    if likeness(one, other) > SIMILAR:
        return "similar"
    if likeness(one, other) > ALIKE:
        return "alike"
    return "other_sex" if {left["name_sex"], right["name_sex"]} == {"F", "M"} else "other"


FAMILY_NAME_LEVELS = (
    *("missing", "other", "other_woman", "alike", "close", "near", "part", "former", "other_gender", "swapped"),
    *steps_of("exact", FAMILY_RARITY_EDGES),
)


def family_name(left: Party, right: Party, known: Known) -> str:
    """Family name. Missing when the whole name is equal, because it is counted with the given name then."""
    one, other = left["last"], right["last"]
    is_same_sex = left["name_sex"] is not None and left["name_sex"] == right["name_sex"]
    if one is None or other is None or is_full_name_equal(left, right):
        return "missing"
    if one == other:
        return f"exact_{binned(known.family_rarity(one), FAMILY_RARITY_EDGES)}"
    if is_swapped(left, right):
        return "swapped"
    # The endings of two men cannot tell their sex: one of them was mistyped or cut off.
    if stem(one) == stem(other) and not is_same_sex:
        return "other_gender"
    if one == right["former"] or other == left["former"]:
        return "former"
    if _parts(left) & _parts(right):
        return "part"
    if edits(one, other) <= 1:
        return "near"
    if likeness(one, other) > CLOSE:
        return "close"
    if likeness(one, other) > SIMILAR:
        return "alike"
    # Women take another name when they marry; a man with another name is another man.
    return "other_woman" if is_same_sex and left["name_sex"] == "F" else "other"


def _parts(party: Party) -> frozenset[str]:
    """The family name and, of a double-barrelled one, its two parts."""
    return frozenset(part for slot in ("last", "last_head", "last_tail") if (part := party[slot]) is not None)


BIRTH_DATE_LEVELS = ("missing", "other", "two_of_three", "new_year", "typo", "swapped", "exact")


def birth_date(left: Party, right: Party, known: Known) -> str:
    """Date of birth. Missing where both PESELs are known, because a PESEL contains it and counts alone."""
    one, other = left["birth"], right["birth"]
    if one is None or other is None or has_both_pesels(left, right):
        return "missing"
    if one == other:
        return "exact"
    (year, month, day), (year_2, month_2, day_2) = _date_parts(one), _date_parts(other)
    if year == year_2 and (month, day) == (day_2, month_2):
        return "swapped"
    if year == year_2 and "0101" in (month + day, month_2 + day_2):
        return "new_year"
    if (year, month) == (year_2, month_2):
        return "typo"
    if (month, day) == (month_2, day_2) and abs(int(year) - int(year_2)) in (1, 10):
        return "typo"
    return "two_of_three" if (year == year_2) + (month == month_2) + (day == day_2) == 2 else "other"


def has_both_pesels(left: Party, right: Party) -> bool:
    """Whether both records have a PESEL."""
    return left["pesel"] is not None and right["pesel"] is not None


def _date_parts(date: str) -> tuple[str, str, str]:
    return date[:4], date[4:6], date[6:]


PESEL_LEVELS = ("missing", "other", "same_birth", "two_digits", "near", "exact")


def pesel(left: Party, right: Party, known: Known) -> str:
    """PESEL. One or two wrong digits, and another number with the same date of birth, are told apart."""
    one, other = left["pesel"], right["pesel"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    if edits(one, other) <= 1:
        return "near"
    if wrong_digits(one, other) <= 2:
        return "two_digits"
    return "same_birth" if left["birth"] is not None and left["birth"] == right["birth"] else "other"


NUMBER_LEVELS = ("missing", "other", "near", "exact")


def _number_level(one: str | None, other: str | None) -> str:
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    return "near" if edits(one, other) <= 1 else "other"


def id_document(left: Party, right: Party, known: Known) -> str:
    """Identity card or passport number. Another number says little: a card changes on renewal."""
    return _number_level(left["id_document"], right["id_document"])


PHONE_LEVELS = ("missing", "other", "near", *steps_of("exact", PHONE_SHARER_EDGES))


def phone(left: Party, right: Party, known: Known) -> str:
    """Telephone, the best of the numbers listed. The fewer records share a number, the more it says."""
    ours = {number for slot in ("phone", "phone_2") if (number := left[slot]) is not None}
    theirs = {number for slot in ("phone", "phone_2") if (number := right[slot]) is not None}
    if not ours or not theirs:
        return "missing"
    if common := ours & theirs:
        return f"exact_{binned(min(known.phone_sharers[number] for number in common), PHONE_SHARER_EDGES)}"
    is_near = any(edits(one, other) <= 1 for one in ours for other in theirs)
    return "near" if is_near else "other"


EMAIL_LEVELS = ("missing", "other", "same_domain", "same_name", "exact")


def email(left: Party, right: Party, known: Known) -> str:
    """E-mail address. The part before the @ may be equal when somebody changed provider."""
    one, other = left["email"], right["email"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    name, _, domain = one.partition("@")
    name_2, _, domain_2 = other.partition("@")
    if name == name_2:
        return "same_name"
    return "same_domain" if domain == domain_2 else "other"


ADDRESS_LEVELS = (
    *("missing", "elsewhere", "near_postal", "same_place", "same_postal", "same_numbers", "same_street"),
    *("same_house_by_postal", "other_flat", "flat_unknown", "same_house", "same_flat"),
)


def address(left: Party, right: Party, known: Known) -> str:
    """Address as one thing: the same flat, house, street, postal code or place, in that order of weight."""
    place, postal = _place(left, right), _postal(left, right)
    if place == "missing" and postal == "missing":
        return "missing"
    has_house = left["house"] is not None and left["house"] == right["house"]
    street = _street(left, right)
    if has_house and (_is_village_by_post(left, right) or (place == "same" and street in ("same", "none"))):
        return _flat(left, right)
    if postal == "same" and has_house and street == "same":
        return "same_house_by_postal"
    if place == "same" and street == "same":
        return "same_street"
    if place == "same" and has_house and left["flat"] is not None and left["flat"] == right["flat"]:
        return "same_numbers"
    if postal == "same":
        return "same_postal"
    if place == "same":
        return "same_place"
    return "near_postal" if postal == "near" else "elsewhere"


def _is_like(one: str, other: str) -> bool:
    return edits(one, other) <= 1 or likeness(one, other) > 0.9


def _place(left: Party, right: Party) -> str:
    """Hundreds of villages share a name: places far apart by postal code are not the same."""
    if left["city"] is None or right["city"] is None:
        return "missing"
    return "same" if _is_like(left["city"], right["city"]) and not _is_far(left, right) else "other"


def _is_far(left: Party, right: Party) -> bool:
    """Whether the first two digits of the postal codes differ."""
    one, other = left["postal"], right["postal"]
    return one is not None and other is not None and one[:2] != other[:2]


def _is_village_by_post(left: Party, right: Party) -> bool:
    """One system writes the village as the place, another as the street of the town with the post office."""
    if _is_far(left, right):
        return False
    return (left["street"] is None and left["city"] is not None and left["city"] == right["street"]) or (
        right["street"] is None and right["city"] is not None and right["city"] == left["street"]
    )


def _postal(left: Party, right: Party) -> str:
    level = _number_level(left["postal"], right["postal"])
    return "same" if level == "exact" else level


def _street(left: Party, right: Party) -> str:
    """``none`` when neither has a street: villages number their houses without."""
    if left["street"] is None and right["street"] is None:
        return "none"
    if left["street"] is None or right["street"] is None:
        return "missing"
    return "same" if is_street_like(left["street"], right["street"]) else "other"


def is_street_like(one: str, other: str) -> bool:
    """A typo apart, or one of them cut off, or the same last word with a given name shortened or left out."""
    if _is_like(one, other):
        return True
    short, long = sorted((one, other), key=lambda street: (len(street), street))
    if len(short) >= 6 and long.startswith(short):
        return True
    words, words_2 = short.split(), long.split()
    if len(words[-1]) < 5 or words[-1] != words_2[-1]:
        return False
    return all(any(theirs.startswith(word) for theirs in words_2[:-1]) for word in words[:-1])


def _flat(left: Party, right: Party) -> str:
    if left["flat"] is None and right["flat"] is None:
        return "same_house"
    if left["flat"] is None or right["flat"] is None:
        return "flat_unknown"
    return "same_flat" if left["flat"] == right["flat"] else "other_flat"


ADDRESS_FIELDS = ("city", "street", "house", "flat", "postal")
