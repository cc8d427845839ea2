"""Street names, spelled one way.

``ul. Adama Mickiewicza``, ``Mickiewicza Adama``, ``A. Mickiewicza``, ``Mickiewicza``; ``3-go Maja``, ``Trzeciego
Maja``; ``Generała Andersa``, ``Gen. Andersa``; ``Jana Pawła 2``. A prefix goes, ranks are abbreviated, known patrons
get their given name, known spellings are replaced by the one of the lookups. A name nobody listed stays as typed.
"""

from __future__ import annotations

import re

from config.lookups import Lookups, fold
from transforms.text import squeeze, title_case

_ORDINAL = re.compile(r"(?<=\d)\s*-?\s*(?:go|ego|tego)\b", re.IGNORECASE)
_MASCULINE = (("a", ""), ("ka", "ek"), ("la", "el"), ("ra", "er"), ("ego", "y"), ("ego", "i"))
_FEMININE = (("y", "a"), ("i", "a"), ("ii", "ia"))
# [of] is a back building, (d. Lenina) the name the street had: remarks of the clerk.
_BRACKETS = re.compile(r"\[[^\]]*\]?|\([^)]*\)?")
_WORD = re.compile(r"[\w?~'’]+(?:-[\w?~'’]+)*")


def _folded_words(street: str) -> list[str]:
    return _WORD.findall(fold(street).replace("-", " "))


def without_prefix(street: str, *, lookups: Lookups) -> str:
    """Without ``ul.``, ``al.``, ``os.`` …; a name that is nothing else (``Rynek``) stays."""
    while match := re.match(r"(?P<word>[^\W\d_]+)(?:\.\s*|\s+)(?=\S*[\w])", street):
        # RYNEK WIELUŃSKI is what the square is called; only in front of a longer name the word is a prefix.
        if fold(match["word"]) not in lookups.street_prefixes or not re.search(r"\w", street[match.end() :]):
            break
        street = street[match.end() :]
    return street


def _with_known_patron(named: list[str], *, lookups: Lookups) -> str | None:
    """``MICKIEWICZA ADAMA``, ``A MICKIEWICZA``, ``MICKIEWICZA`` as ``Adama Mickiewicza``; nothing for other names."""
    for at, word in enumerate(named):
        given = lookups.street_patrons.get(fold(word))
        others = [fold(other) for position, other in enumerate(named) if position != at]
        ranks = [lookups.street_words[other] for other in others if other in lookups.street_words]
        rest = [other for other in others if other not in lookups.street_words]
        if given is not None and _means(rest, fold(given).split()):
            return title_case(" ".join([*ranks[:0], given, word]))
    return None


def _means(rest: list[str], given: list[str]) -> bool:
    """Whether the other words are the given name, its initials, or nothing."""
    return len(rest) <= len(given) and all(
        any(word == name or (len(word) == 1 and name.startswith(word)) for name in given) for word in rest
    )


def clean_street(street: str | None, *, lookups: Lookups) -> str | None:
    """The street as we spell it, without prefix; nothing where no letter or digit stands."""
    if street is None or not re.search(r"\w", street):
        return None
    street = _BRACKETS.sub(" ", street)
    name = squeeze(without_prefix(squeeze(street), lookups=lookups).strip(" .,;\"'"))
    if lookups.street_prefixes.get(fold(name)) == "ul.":
        return None
    name = squeeze(_ORDINAL.sub("", name))
    known = lookups.streets.get(" ".join(_folded_words(name)))
    if known:
        return known
    # A dot ends an initial or an abbreviation; a word may hold a hyphen (Grota-Roweckiego).
    named = [word for word in re.split(r"[.\s]+", name) if word]
    patron = _with_known_patron(named, lookups=lookups)
    if patron:
        return patron
    named = _given_first(named, lookups=lookups)
    return title_case(
        " ".join(
            _abbreviated(word, is_first=at == 0, count=len(named), lookups=lookups) for at, word in enumerate(named)
        )
    )


def _given_first(named: list[str], *, lookups: Lookups) -> list[str]:
    """``ŚCIEGIENNEGO PIOTRA`` the other way round, when only the last word is a given name in the genitive."""
    if len(named) != 2 or fold(named[0]) in lookups.street_words or is_initial_or_genitive(named[0], lookups=lookups):
        return named
    return named[::-1] if is_initial_or_genitive(named[1], lookups=lookups) else named


def is_initial_or_genitive(word: str, *, lookups: Lookups) -> bool:
    """One letter, or a given name as patrons of streets have it: Adama, Jerzego, Marii, Heleny."""
    folded = fold(word)
    if len(folded) == 1:
        return folded.isalpha()
    men, women = lookups.given_ranks["M"], lookups.given_ranks["F"]
    stems = [folded[: -len(ending)] + nominative for ending, nominative in _MASCULINE if folded.endswith(ending)]
    lemmas = [folded[: -len(ending)] + nominative for ending, nominative in _FEMININE if folded.endswith(ending)]
    return any(stem in men for stem in stems) or any(lemma in women for lemma in lemmas)


def _abbreviated(word: str, *, is_first: bool, count: int, lookups: Lookups) -> str:
    """``GENERAŁA`` as ``Gen.``, but only in front of a name."""
    return lookups.street_words.get(fold(word), word) if is_first and count > 1 else word
