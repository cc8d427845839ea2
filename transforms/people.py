"""One person's name, word by word.

``KOWALSKI JAN ADAM``, ``Jan Kowalski``, ``mgr Nowak-Kowalska Maria z d. Zając``, ``NOWAK  KOWALSKA MARIA`` (the hyphen
is lost), family and given name in each other's column. What is a given name, the lists know; which word is the family
name is decided by the lists and, where they are silent, by the habit of the source. Diminutives stay as they are: Olek
may be Aleksander or Aleksy, and only the comparison may try both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from config.lookups import Lookups, fold
from transforms.text import title_case

_FORMER = re.compile(
    r"(?:^|\s)\(?(?:z\s?d\.|zd\.|d\.|z domu|de domo|zam\.)\s*(?P<name>[^\W\d_]{2,}(?:-[^\W\d_]{2,})?)\)?", re.IGNORECASE
)
# What is left where a field ended after the conjunction or the mark of a maiden name.
_DANGLING = re.compile(r"\s+(?:z\s?d\.?|zd\.|z domu|i|oraz)\s*$")
_HYPHEN = re.compile(r"\s*[-–—]\s*")
_EDGES = " .,;:\"'`*()[]<>/_"
_FAMILY_ENDINGS = ("ski", "ska", "cki", "cka", "dzki", "dzka", "wicz", "czyk", "owski", "owska", "ak", "czak", "yszyn")
_PARTICLES = frozenset({"von", "van", "der", "den", "de", "da", "di", "du", "la", "le", "el", "al", "ben", "dos"})


@dataclass(frozen=True)
class Person:
    """A name in its parts, in title case; any part may be missing."""

    given: str | None = None
    second: str | None = None
    family: str | None = None
    former: str | None = None


def words(text: str, *, lookups: Lookups) -> list[str]:
    """The words of a name without punctuation, numbers, titles and remarks (``mgr``, ``jun.``, ``wdowa``)."""
    whole = _DANGLING.sub("", _HYPHEN.sub("-", text))
    pieces = [piece.strip(_EDGES) for piece in whole.replace(".", ". ").split()]
    named = [piece for piece in pieces if piece and not piece.isdigit() and fold(piece) not in lookups.titles]
    # A title alone may be a name: Pan is a family name of a thousand people.
    return named or [piece for piece in pieces if piece and not piece.isdigit()][:1]


def without_former_name(text: str) -> tuple[str, str | None]:
    """The text without ``z d. Kowalska``, and that former family name."""
    match = _FORMER.search(text)
    if match is None or match.start() == 0:
        return text, None
    return f"{text[: match.start()]} {text[match.end() :]}", title_case(match["name"])


@lru_cache(maxsize=1 << 16)
def is_given(word: str, *, lookups: Lookups) -> bool:
    """Whether the lists know it as a given name or a diminutive; ``Anna-Maria`` counts."""
    return all(lookups.given_name_rank(part) is not None for part in word.split("-"))


def is_initial(word: str) -> bool:
    """One letter, as in ``J. Kowalski``."""
    return len(word) == 1 and word.isalpha()


@lru_cache(maxsize=1 << 16)
def looks_like_family(word: str, *, lookups: Lookups) -> bool:
    """Whether the lists know it as a family name, or it ends like one."""
    return lookups.family_name_rank(word) is not None or fold(word).endswith(_FAMILY_ENDINGS)


def are_swapped(family: str, given: str, *, lookups: Lookups) -> bool:
    """Whether the word in the place of the family name is a given name, and the other one is not.

    Many words are both (Adam, Jurek); then the place decides, unless only the other one is known as a family name.
    """
    if is_initial(family) and not is_initial(given):
        return True
    if not is_given(family, lookups=lookups):
        return False
    is_also_family = lookups.family_name_rank(family) is not None
    if not is_given(given, lookups=lookups):
        return not is_initial(given) and (not is_also_family or looks_like_family(given, lookups=lookups))
    return not is_also_family and lookups.family_name_rank(given) is not None


def family_name(family_words: Sequence[str]) -> str | None:
    """Family name of its words: two are double-barrelled, particles stay apart."""
    if not family_words:
        return None
    is_foreign = any(fold(word) in _PARTICLES for word in family_words)
    return title_case(" ".join(family_words) if is_foreign else "-".join(family_words))


def person_of(family_words: Sequence[str], given_words: Sequence[str], *, former: str | None = None) -> Person:
    """A person of sorted words; a third given name is left to the raw row."""
    given, second, *_ = [*given_words, None, None]
    return Person(
        given=title_case(given) if given else None,
        second=title_case(second) if second else None,
        family=family_name(family_words),
        former=former,
    )


def parse_full_name(text: str, *, is_family_first: bool, lookups: Lookups) -> tuple[Person, bool]:
    """The person of a full name, and whether its words came in the other order than the source's habit."""
    text, former = without_former_name(text)
    named = words(text, lookups=lookups)
    if len(named) < 2:
        is_only_given = (
            bool(named) and is_given(named[0], lookups=lookups) and not looks_like_family(named[0], lookups=lookups)
        )
        return (person_of([], named) if is_only_given else person_of(named, [])), False
    by_habit = named if is_family_first else [*named[-1:], *named[:-1]]
    other = [*named[-1:], *named[:-1]] if is_family_first else named
    is_other = are_swapped(by_habit[0], by_habit[1], lookups=lookups)
    if len(named) > 2 and not is_initial(by_habit[0]):
        # JAN ADAM MAREK: no order makes a family name of the last word, so the habit holds.
        is_other = is_other and not is_given_like(other[0], lookups=lookups)
    family_words, given_words = _split_family(
        other if is_other else by_habit, is_in_front=is_family_first != is_other, lookups=lookups
    )
    return person_of(family_words, given_words, former=former), is_other


def is_given_like(word: str, *, lookups: Lookups) -> bool:
    """A given name, and no family name anybody is known to bear."""
    return is_given(word, lookups=lookups) and lookups.family_name_rank(word) is None


def _split_family(ordered: list[str], *, is_in_front: bool, lookups: Lookups) -> tuple[list[str], list[str]]:
    """Family words and given words of a name whose (first) family word comes first in ``ordered``."""
    family, rest = ordered[:1], ordered[1:]
    if len(rest) < 2:
        return family, rest
    if is_in_front:
        # NOWAK KOWALSKA MARIA: words up to the first given name belong to the family name.
        while len(rest) > 1 and (fold(family[-1]) in _PARTICLES or _continues(rest[0], rest[1:], lookups=lookups)):
            family, rest = [*family, rest[0]], rest[1:]
        return family, rest
    # MARIA NOWAK KOWALSKA: the last word was taken first; the words before it join while they are no given names.
    while len(rest) > 1 and (
        fold(rest[-1]) in _PARTICLES or not (is_given(rest[-1], lookups=lookups) or is_initial(rest[-1]))
    ):
        family, rest = [rest[-1], *family], rest[:-1]
    return family, rest


def _continues(word: str, following: Sequence[str], *, lookups: Lookups) -> bool:
    """Whether a second word still belongs to the family name: it is no given name and one follows."""
    if is_given(word, lookups=lookups) or is_initial(word):
        return False
    if any(is_given(other, lookups=lookups) for other in following):
        return True
    return lookups.family_name_rank(word) is not None and any(is_initial(other) for other in following)
