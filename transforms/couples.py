"""Two people in one row.

``Nowak Jan i Maria``, ``Jan i Maria Nowak``, ``Nowak Jan, Nowak Maria``, ``Jan i Maria Kowalscy``: small systems have
one row per line, and a couple shares one. They are two customers of one household, so the row becomes two records. We
split only where both sides hold a given name (one of them may be misspelt): ``Kowalski i Syn`` is a firm,
``Nowak, Jan`` one person.
"""

from __future__ import annotations

import re
from dataclasses import replace

from config.lookups import Lookups, fold
from transforms.people import Person, is_given, is_initial, parse_full_name, person_of, words
from transforms.text import title_case

_BETWEEN = re.compile(r"\s*[,;/&+]\s*|\s+(?:i|oraz)\s+", re.IGNORECASE)
_FEMININE = {"ski": "ska", "cki": "cka", "dzki": "dzka"}
_PLURAL = {"scy": "ski", "ccy": "cki", "dzcy": "dzki"}


def sides(text: str, *, lookups: Lookups) -> list[list[str]]:
    """The words on the two sides of a conjunction, comma or slash; an empty list where there are not two sides."""
    found = [words(side, lookups=lookups) for side in _BETWEEN.split(text) if side.strip()]
    return found if len(found) == 2 and all(found) else []


def _holds_given(side: list[str], *, lookups: Lookups) -> bool:
    return any(is_given(word, lookups=lookups) or is_initial(word) for word in side)


def _is_only_given(side: list[str], *, lookups: Lookups) -> bool:
    return all(is_given(word, lookups=lookups) or is_initial(word) for word in side)


def _may_be_two(both: list[list[str]], *, lookups: Lookups) -> bool:
    """Both sides hold a given name; a misspelt one is enough between a family name and the other spouse."""
    if all(_holds_given(side, lookups=lookups) for side in both):
        return True
    return len(both[0]) == 2 and len(both[1]) == 1 and is_given(both[1][0], lookups=lookups)


def family_for(family: str, sex: str | None, *, lookups: Lookups) -> str:
    """The shared family name as this spouse bears it: Kowalscy is Kowalski or Kowalska, Nowakowie Nowak."""
    folded = fold(family)
    for plural, masculine in _PLURAL.items():
        if folded.endswith(plural):
            family, folded = family[: -len(plural)] + masculine, folded[: -len(plural)] + masculine
    if folded.endswith("owie") and lookups.family_name_rank(family[:-4]) is not None:
        return family[:-4]
    for masculine, feminine in _FEMININE.items():
        if sex == "F" and folded.endswith(masculine):
            return family[: -len(masculine)] + feminine
        if sex == "M" and folded.endswith(feminine):
            return family[: -len(feminine)] + masculine
    return family


def _married(first: Person, second: Person, *, lookups: Lookups) -> tuple[Person, Person]:
    """Both with the family name of the one who has it, each in the form of their sex."""
    shared = first.family or second.family or ""

    def bearing(person: Person) -> Person:
        sexes = lookups.sexes_of_given_name(person.given or "")
        sex = next(iter(sexes)) if len(sexes) == 1 else None
        return replace(person, family=title_case(family_for(shared, sex, lookups=lookups)))

    return bearing(first), bearing(second)


def parse_couple(text: str, *, is_family_first: bool, lookups: Lookups) -> tuple[Person, Person] | None:
    """The two people of a full-name text, or nothing if it names one."""
    both = sides(text, lookups=lookups)
    if not both or not _may_be_two(both, lookups=lookups):
        return None
    first, second = (" ".join(side) for side in both)
    is_short = [_is_only_given(side, lookups=lookups) for side in both]
    if len(both[0]) > 1 and len(both[1]) == 1:
        person, _ = parse_full_name(first, is_family_first=is_family_first, lookups=lookups)
        return _married(person, person_of([], both[1]), lookups=lookups) if person.given and person.family else None
    if is_short[0] and len(both[1]) > 1 and (len(both[0]) == 1 or not is_short[1]):
        # Jan i Maria Nowak: a family name for two stands at the end, whatever the habit of the source.
        person, _ = parse_full_name(second, is_family_first=False, lookups=lookups)
        return _married(person_of([], both[0]), person, lookups=lookups) if person.given and person.family else None
    if len(both[0]) > 1 and len(both[1]) > 1:
        people = [
            parse_full_name(side, is_family_first=is_family_first, lookups=lookups)[0] for side in (first, second)
        ]
        if all(person.given and person.family for person in people):
            return people[0], people[1]
    return None


def parse_couple_given(family: Person, given_text: str, *, lookups: Lookups) -> tuple[Person, Person] | None:
    """The two people of a family name and a given-name field with two of them (``Jan i Maria``), or nothing."""
    both = sides(given_text, lookups=lookups)
    if not both or not all(_is_only_given(side, lookups=lookups) for side in both) or not family.family:
        return None
    first, second = (person_of([], side) for side in both)
    return _married(replace(first, family=family.family), second, lookups=lookups)
