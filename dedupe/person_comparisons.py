"""Comparisons of two persons, in plain words: what is theirs alone, and all of them in the order of the waterfall.

Names, dates and numbers are compared in :mod:`dedupe.comparisons`. Here is what tells apart people who share those:
relatives of one name at one address.
"""

from __future__ import annotations

from dedupe.comparisons import (
    ADDRESS_FIELDS,
    ADDRESS_LEVELS,
    BIRTH_DATE_LEVELS,
    EMAIL_LEVELS,
    FAMILY_NAME_LEVELS,
    GIVEN_NAME_LEVELS,
    NUMBER_LEVELS,
    PESEL_LEVELS,
    PHONE_LEVELS,
    Comparison,
    Known,
    Party,
    address,
    binned,
    birth_date,
    email,
    family_name,
    given_name,
    has_both_pesels,
    id_document,
    is_full_name_equal,
    is_initial,
    pesel,
    phone,
    steps_of,
)
from dedupe.neighbours import BORN, CROWDS, HOUSES

SAME_OR_OTHER_LEVELS = ("missing", "other", "same")


def second_given_name(left: Party, right: Party, known: Known) -> str:
    """Second given name. Father and son of one name often differ in it."""
    one, other = left["second"], right["second"]
    if one is None or other is None:
        return "missing"
    is_short = (is_initial(one) or is_initial(other)) and one[0] == other[0]
    return "same" if one == other or is_short else "other"


def source(left: Party, right: Party, known: Known) -> str:
    """Source system. One customer is in several systems more often than twice in one."""
    if left["source"] is None or right["source"] is None:
        return "missing"
    return "same" if left["source"] == right["source"] else "other"


RIVALS_LEVELS = ("missing", "none", "another_name", "another_generation")


def rivals(left: Party, right: Party, known: Known) -> str:
    """Another generation of the name at the address, or another name its initial fits; missing where births compare."""
    if has_both_pesels(left, right) or None not in (left["birth"], right["birth"]):
        return "missing"
    if None in (left["first"], right["first"]) or left["stem"] is None or left["stem"] != right["stem"]:
        return "missing"
    names = (left["first"] or "", right["first"] or "")
    if names[0] != names[1] and not ((is_initial(names[0]) or is_initial(names[1])) and names[0][0] == names[1][0]):
        return "missing"
    found = {left["rivals"], right["rivals"]}
    return next((level for level in reversed(RIVALS_LEVELS) if level in found), "none")


NEIGHBOURS_LEVELS = ("missing", *CROWDS)


def neighbours(left: Party, right: Party, known: Known) -> str:
    """How many families the house has that both live in: in a house of thirty, equal given names are chance.

    Missing where both live in one flat, or not in one house.
    """
    if not is_house_equal(left, right) or (left["flat"] is not None and left["flat"] == right["flat"]):
        return "missing"
    return left["crowd"] or "missing"


NAMESAKES_EDGES = (-15, -13, -11, -9, -7, -5, -3, -1)
NAMESAKES_LEVELS = ("missing", *steps_of("expected", NAMESAKES_EDGES))


def namesakes(left: Party, right: Party, known: Known) -> str:
    """How many of the name to expect in the town: by the houses the family name lives in and how common the given is.

    Missing where names or towns differ, or the house is one.
    """
    if not is_full_name_equal(left, right) or left["city"] is None or left["city"] != right["city"]:
        return "missing"
    if is_house_equal(left, right) or left["houses"] is None:
        return "missing"
    return f"expected_{binned(HOUSES.index(left['houses']) - known.given_rarity(left['given'] or ''), NAMESAKES_EDGES)}"


BORN_LEVELS = ("missing", *BORN)


def born(left: Party, right: Party, known: Known) -> str:
    """How many family names the people of one given name born that day have: in a large nation, many by chance.

    Missing where given name or date differs, and where the family name is the same or one is not known.
    """
    if left["birth"] is None or left["birth"] != right["birth"]:
        return "missing"
    if None in (left["stem"], right["stem"]) or left["stem"] == right["stem"]:
        return "missing"
    if left["first"] is None or left["first"] != right["first"]:
        return "missing"
    return left["born"] or "missing"


def is_house_equal(left: Party, right: Party) -> bool:
    """Whether place, street and house are equal to the letter; villages have no streets."""
    if left["city"] is None or left["house"] is None:
        return False
    return all(left[part] == right[part] for part in ("city", "street", "house"))


PERSON_COMPARISONS = (
    Comparison("given_name", GIVEN_NAME_LEVELS, given_name, ("given", "second", "last", "name_sex")),
    Comparison(
        "family_name",
        FAMILY_NAME_LEVELS,
        family_name,
        ("last", "last_head", "last_tail", "former", "given", "name_sex"),
    ),
    Comparison("birth_date", BIRTH_DATE_LEVELS, birth_date, ("birth", "pesel")),
    Comparison("pesel", PESEL_LEVELS, pesel, ("pesel", "birth")),
    Comparison("id_document", NUMBER_LEVELS, id_document, ("id_document",)),
    Comparison("phone", PHONE_LEVELS, phone, ("phone", "phone_2")),
    Comparison("email", EMAIL_LEVELS, email, ("email",)),
    Comparison("address", ADDRESS_LEVELS, address, ADDRESS_FIELDS),
    Comparison("rivals", RIVALS_LEVELS, rivals, ("rivals", "first", "stem", "birth", "pesel")),
    Comparison("neighbours", NEIGHBOURS_LEVELS, neighbours, ("crowd", "city", "street", "house", "flat")),
    Comparison("namesakes", NAMESAKES_LEVELS, namesakes, ("houses", "given", "last", "city", "street", "house")),
    Comparison("born", BORN_LEVELS, born, ("born", "birth", "first", "stem")),
    Comparison("second_given_name", SAME_OR_OTHER_LEVELS, second_given_name, ("second",)),
    Comparison("source", SAME_OR_OTHER_LEVELS, source, ("source",)),
)
