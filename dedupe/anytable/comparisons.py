"""Comparisons of two records of any table, in plain words (see :mod:`dedupe.comparisons`).

Each is made for the roles a table has. The frequencies they ask for belong to the model, so a closure holds them and
not the engine's :class:`Known`, which knows the names of Polish customers only. :mod:`dedupe.anytable.kernels` does the
same for millions of coded pairs, and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable

from dedupe.comparisons import (
    ALIKE,
    CLOSE,
    FAMILY_RARITY_EDGES,
    FULL_RARITY_EDGES,
    GIVEN_RARITY_EDGES,
    SIMILAR,
    Comparison,
    Known,
    Party,
    binned,
    is_street_like,
    steps_of,
)
from dedupe.similarity import edits, likeness, wrong_digits

Rarity = Callable[[str], int]
"""Half-bits of surprise of a value; from the model, never from the live data."""

GIVEN_LEVELS = (
    *("missing", "other", "alike", "similar", "near", "second", "initial", "swapped"),
    *steps_of("exact", GIVEN_RARITY_EDGES),
    *steps_of("full_name", FULL_RARITY_EDGES),
)
NAME_PARTS = ("last", "last_head", "last_tail", "former")


def is_initial(name: str) -> bool:
    """Whether a name is only a letter; a name of one ideograph is a whole name."""
    return len(name) == 1 and name.lower() != name.upper()


def is_full_name_equal(left: Party, right: Party) -> bool:
    """Whether given and family name are both present, more than an initial, and equal."""
    if left["given"] is None or left["last"] is None or is_initial(left["given"]):
        return False
    return (left["given"], left["last"]) == (right["given"], right["last"])


def is_swapped(left: Party, right: Party) -> bool:
    """Whether the name of one record stands the other way round in the other, one part at least."""
    crossed = {(left["given"], right["last"]), (left["last"], right["given"])}
    return any(one is not None and one == other for one, other in crossed) and left["given"] != right["given"]


def given_name(given_rarity: Rarity, family_rarity: Rarity) -> Comparison:
    """The comparison of given names."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Given name. With an equal family name both count together here: the rarer the full name, the more."""
        one, other = left["given"], right["given"]
        if one is None or other is None:
            return "swapped" if is_swapped(left, right) else "missing"
        if is_full_name_equal(left, right):
            return f"full_name_{binned(given_rarity(one) + family_rarity(left['last'] or ''), FULL_RARITY_EDGES)}"
        if (is_initial(one) or is_initial(other)) and one[0] == other[0]:
            return "initial"
        if one == other:
            return f"exact_{binned(given_rarity(one), GIVEN_RARITY_EDGES)}"
        if is_swapped(left, right):
            return "swapped"
        if one == right["second"] or other == left["second"]:
            return "second"
        if edits(one, other) <= 1 or likeness(one, other) > CLOSE:
            return "near"
        if likeness(one, other) > SIMILAR:
            return "similar"
        return "alike" if likeness(one, other) > ALIKE else "other"

    return Comparison("given_name", GIVEN_LEVELS, level, ("given", "second", "last"))


FAMILY_LEVELS = (
    *("missing", "other", "alike", "close", "near", "part"),
    *steps_of("exact", FAMILY_RARITY_EDGES),
)


def family_name(family_rarity: Rarity) -> Comparison:
    """The comparison of family names."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Family name. Missing when the whole name is equal or swapped, because the given name counts it then."""
        one, other = left["last"], right["last"]
        if one is None or other is None or is_full_name_equal(left, right):
            return "missing"
        if one == other:
            return f"exact_{binned(family_rarity(one), FAMILY_RARITY_EDGES)}"
        if is_swapped(left, right):
            return "missing"
        if {left[part] for part in NAME_PARTS} & {right[part] for part in NAME_PARTS} - {None}:
            return "part"
        if edits(one, other) <= 1:
            return "near"
        if likeness(one, other) > CLOSE:
            return "close"
        return "alike" if likeness(one, other) > SIMILAR else "other"

    return Comparison("family_name", FAMILY_LEVELS, level, (*NAME_PARTS, "given"))


BIRTH_DATE_LEVELS = ("missing", "other", "two_of_three", "new_year", "near", "swapped", "exact")


def birth_date(left: Party, right: Party, known: Known) -> str:
    """Date of birth. Day and month swapped, one wrong digit or two neighbours swapped, and 1 January are told apart."""
    one, other = left["birth"], right["birth"]
    if one is None or other is None:
        return "missing"
    if one == other:
        return "exact"
    (year, month, day), (year_2, month_2, day_2) = (_date_parts(date) for date in (one, other))
    if year == year_2 and (month, day) == (day_2, month_2):
        return "swapped"
    if edits(one, other) <= 1:
        return "near"
    if year == year_2 and "0101" in (month + day, month_2 + day_2):
        return "new_year"
    return "two_of_three" if (year == year_2) + (month == month_2) + (day == day_2) == 2 else "other"


def _date_parts(date: str) -> tuple[str, str, str]:
    return date[:4], date[4:6], date[6:]


BIRTH_YEAR_LEVELS = ("missing", "other", "decade", "few", "one_off", "exact")


def birth_year(left: Party, right: Party, known: Known) -> str:
    """Year of birth, where no full dates are known. People who give an age are one or a few years off."""
    one, other = left["birth_y"], right["birth_y"]
    if one is None or other is None or (left.get("birth") is not None and right.get("birth") is not None):
        return "missing"
    apart = abs(int(one) - int(other))
    for level, most in (("exact", 0), ("one_off", 1), ("few", 3), ("decade", 10)):
        if apart <= most:
            return level
    return "other"


NUMBER_LEVELS = ("missing", "other", "two_digits", "near", "exact")


def number(name: str, field: str) -> Comparison:
    """The comparison of a number that names one party."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Number of a register. One or two wrong digits are told from another number."""
        one, other = left[field], right[field]
        if one is None or other is None:
            return "missing"
        if one == other:
            return "exact"
        if edits(one, other) <= 1:
            return "near"
        return "two_digits" if wrong_digits(one, other) <= 2 else "other"

    return Comparison(name, NUMBER_LEVELS, level, (field,))


EMAIL_LEVELS = ("missing", "other", "near", "same_name", "exact")


def email(left: Party, right: Party, known: Known) -> str:
    """E-mail address, the best of those listed. The part before the @ stays when somebody changes provider."""
    ours = [mail for slot in ("email", "email_2") if (mail := left[slot]) is not None]
    theirs = [mail for slot in ("email", "email_2") if (mail := right[slot]) is not None]
    if not ours or not theirs:
        return "missing"
    if set(ours) & set(theirs):
        return "exact"
    if {mail.partition("@")[0] for mail in ours} & {mail.partition("@")[0] for mail in theirs}:
        return "same_name"
    return "near" if any(edits(one, other) <= 1 for one in ours for other in theirs) else "other"


ADDRESS_LEVELS = (
    *("missing", "elsewhere", "same_region", "near_postal", "same_place", "same_rare_place", "same_postal"),
    *("same_number", "same_street", "same_street_and_house", "other_flat", "flat_unknown", "same_house", "same_flat"),
)
RARE_PLACE = 14
"""Half-bits: a place fewer than one record in 128 is in."""
STREETS = ("street", "street_2")


def address(place_rarity: Rarity) -> Comparison:
    """The comparison of addresses."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Address as one thing: the same flat, house, street, postal code, place or region, in that order of weight."""
        if not any(_both(left, right, name) for name in ("city", "postal", "street", "region")):
            return "missing"
        postal = _same(left, right, "postal")
        place = left["city"] is not None and right["city"] is not None and is_like(left["city"], right["city"])
        street = any(
            is_street_like(one, other)
            for one in (left[slot] for slot in STREETS)
            for other in (right[slot] for slot in STREETS)
            if one is not None and other is not None
        )
        house = _same(left, right, "house")
        if street and house and (place or postal or _is_place_unknown(left, right)):
            return _flat_level(left, right)
        if street and house:
            return "same_street_and_house"
        if street and (place or postal):
            return "same_street"
        if house and (place or postal):
            return "same_number"
        if postal:
            return "same_postal"
        if place:
            bits = min(place_rarity(party["city"] or "") for party in (left, right))
            return "same_rare_place" if bits >= RARE_PLACE else "same_place"
        if _both(left, right, "postal") and edits(left["postal"] or "", right["postal"] or "") <= 1:
            return "near_postal"
        return "same_region" if _same(left, right, "region") else "elsewhere"

    return Comparison("address", ADDRESS_LEVELS, level, (*STREETS, "house", "flat", "city", "postal", "region"))


def is_like(one: str, other: str) -> bool:
    """Whether two names of places are at most a typing error apart."""
    return edits(one, other) <= 1 or likeness(one, other) > 0.9


def _both(left: Party, right: Party, name: str) -> bool:
    return left[name] is not None and right[name] is not None


def _same(left: Party, right: Party, name: str) -> bool:
    return left[name] is not None and left[name] == right[name]


def _is_place_unknown(left: Party, right: Party) -> bool:
    return not _both(left, right, "city") and not _both(left, right, "postal")


def _flat_level(left: Party, right: Party) -> str:
    if left["flat"] is None and right["flat"] is None:
        return "same_house"
    if left["flat"] is None or right["flat"] is None:
        return "flat_unknown"
    return "same_flat" if left["flat"] == right["flat"] else "other_flat"


TEXT_RARITY_EDGES = (6, 12, 18)
TEXT_LEVELS = ("missing", "other", "shares_word", "similar", *steps_of("exact", TEXT_RARITY_EDGES))


def text(name: str, field: str, rarity: Rarity) -> Comparison:
    """The comparison of a category or a short text."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Occupation, place of birth or the like. The rarer an equal value, the more it says."""
        one, other = left[field], right[field]
        if one is None or other is None:
            return "missing"
        if one == other:
            return f"exact_{binned(rarity(one), TEXT_RARITY_EDGES)}"
        return text_level(one, other)

    return Comparison(name, TEXT_LEVELS, level, (field,))


def text_level(one: str, other: str) -> str:
    """The level of two texts that are not equal."""
    if edits(one, other) <= 1 or likeness(one, other) > CLOSE:
        return "similar"
    shared = {word for word in one.split() if len(word) > 3} & set(other.split())
    return "shares_word" if shared else "other"


ORG_RARITY_EDGES = (24, 34, 44)
ORG_LEVELS = (
    *("missing", "other", "common_word", "shared", "most", "initials", "contained", "same_words", "near"),
    *steps_of("exact", ORG_RARITY_EDGES),
)


def organisation_name(word_rarity: Rarity) -> Comparison:
    """The comparison of names of firms."""

    def level(left: Party, right: Party, known: Known) -> str:
        """Name of the firm: rare words count much, words many firms have count little."""
        one, other = left["org"], right["org"]
        if one is None or other is None:
            return "missing"
        if one == other:
            return f"exact_{binned(sum(map(word_rarity, sorted(set(one.split())))), ORG_RARITY_EDGES)}"
        return organisation_level(one, other, word_rarity)

    return Comparison("organisation_name", ORG_LEVELS, level, ("org",))


def organisation_level(one: str, other: str, word_rarity: Rarity) -> str:
    """The level of two different names of firms."""
    if edits(one.replace(" ", ""), other.replace(" ", "")) <= 1:
        return "near"
    short, long = sorted((set(one.split()), set(other.split())), key=lambda words: (len(words), sorted(words)))
    found = {word for word in short if any(is_word_like(word, their) for their in long)}
    weight = {word: word_rarity(word) for word in short | long}
    missing = {word for word in long if not any(is_word_like(word, our) for our in short)}
    share = sum(weight[word] for word in sorted(found)) / max(sum(weight[word] for word in sorted(short)), 1)
    rest = sum(weight[word] for word in sorted(missing)) / max(sum(weight[word] for word in sorted(long)), 1)
    if share > 0.9:
        return "same_words" if rest < 0.2 else "contained"
    if is_initials(one, other) or is_initials(other, one):
        return "initials"
    if share > 0.6:
        return "most"
    strongest = max((weight[word] for word in found), default=0)
    if strongest >= RARE_WORD:
        return "shared"
    return "common_word" if found else "other"


RARE_WORD = 14


def is_word_like(one: str, other: str) -> bool:
    """Equal, a typing error apart, or one of them cut off."""
    if one == other:
        return True
    if min(len(one), len(other)) < 4:
        return False
    return one.startswith(other) or other.startswith(one) or edits(one, other) <= 1


def is_initials(name: str, other: str) -> bool:
    """Whether a name is the first letters of another one's words, three or more."""
    words = other.split()
    return len(words) > 2 and name.replace(" ", "") == "".join(word[0] for word in words)
