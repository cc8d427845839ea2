"""Lookups: what words mean. Small tables by hand, and two long ones by others (``NOTICE`` names them).

Keys are folded (:func:`fold`): lower case, no diacritics, because legacy systems lose both. A correction of one
particular value belongs here, not in an ``if``. Diminutives are many-to-many (Olek: Aleksander or Aleksy) and are used
to compare, never to replace.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from config.units import collection_points

FOLDER = Path(__file__).parent

_FOLDED = str.maketrans("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ")


def strip_diacritics(text: str) -> str:
    """The same text without diacritics, character for character: positions stay."""
    if text.isascii():
        return text
    plain = text.translate(_FOLDED)
    if plain.isascii():
        return plain
    return "".join(unicodedata.normalize("NFKD", char)[0] for char in plain)


def fold(text: str) -> str:
    """Lower case without diacritics: the form keys of lookups have. Applying it twice changes nothing."""
    return strip_diacritics(text).lower()


@dataclass(frozen=True)
class LegalForm:
    """A legal form and how it is spelled."""

    code: str
    pattern: str
    """Regular expression on folded upper case, single letters joined (``SP Z O O`` is ``SP ZOO``)."""
    meaning: str


@dataclass(frozen=True)
class SubjectWord:
    """What a word in the subject of a message tells."""

    word: str
    """Folded; it may be the beginning of a word."""
    topic: str | None
    """What the message is about, a word of ``config.events.TOPICS``."""
    exclude: str | None
    """Why the message is no event."""


@dataclass(frozen=True, eq=False)
class Lookups:
    """Every lookup; mappings are read-only, keys folded. Compared by identity, so that it can key a cache."""

    given_ranks: Mapping[str, Mapping[str, int]]
    """``F`` and ``M`` to given name to rank, 1 the most frequent."""
    family_ranks: Mapping[str, int]
    """Family name (masculine and feminine forms) to its better rank."""
    diminutives: Mapping[str, frozenset[str]]
    """Diminutive to the given names it may stand for."""
    area_codes: frozenset[str]
    """Two digits of every numbering zone."""
    postal_to_point: Mapping[str, str]
    """Three digits of a postal code (``00-1``) to the code of its collection point."""
    legal_forms: tuple[LegalForm, ...]
    """In order of precedence: what makes a legal person comes before a trader's ornament."""
    firm_words: Mapping[str, str]
    """Word that only firms have in their names to ``firm`` or ``institution``."""
    firm_abbreviations: Mapping[str, str]
    """Abbreviated word of a firm's name (``oddz``) in full, upper case."""
    titles: Mapping[str, str]
    """Word beside a name that is not part of it to what it is: ``person`` title or ``remark``."""
    street_prefixes: Mapping[str, str]
    """Spelling (``aleja``) to prefix (``al.``)."""
    street_words: Mapping[str, str]
    """Spelling (``generala``) to the abbreviation street names are kept with (``Gen.``)."""
    streets: Mapping[str, str]
    """Spelling of a street (``3 go maja``) to the one we keep (``3 Maja``)."""
    street_patrons: Mapping[str, str]
    """Patron in the genitive (``mickiewicza``) to the given name in the genitive; absent where several are meant."""
    renamed_streets: Mapping[tuple[str, str], str]
    """Place and former street to the street."""
    place_abbreviations: Mapping[str, str]
    """Abbreviation (``w wa``) to place."""
    place_words: Mapping[str, str]
    """Abbreviated second word of a place (``wlkp``) to its masculine form."""
    district_cities: frozenset[str]
    """Cities written with a district after a hyphen."""
    sentinels: Mapping[str, frozenset[str]]
    """Field to values that mean nothing there; ``text`` holds in every field."""
    subject_words: tuple[SubjectWord, ...]
    """In order of precedence: a complaint about an invoice is a complaint."""

    def subject_word(self, subject: str) -> SubjectWord | None:
        """The first word of the list that a subject holds."""
        folded = fold(subject)
        return next((each for each in self.subject_words if each.word in folded), None)

    def sexes_of_given_name(self, name: str) -> frozenset[str]:
        """``F``, ``M``, both or none, by the lists and through diminutives."""
        folded = fold(name)
        names = {folded, *self.diminutives.get(folded, ())}
        found = frozenset(sex for sex, ranks in self.given_ranks.items() if not names.isdisjoint(ranks))
        if len(found) < 2:
            return found
        best = {sex: min(ranks[other] for other in names if other in ranks) for sex, ranks in self.given_ranks.items()}
        # The lists hold a few hundred bearers of the other sex (a male Maria): a tenfold better rank decides.
        return frozenset(sex for sex, rank in best.items() if rank <= 10 * min(best.values()))

    def given_name_rank(self, name: str) -> int | None:
        """Its better rank, through diminutives too; nothing if it is no given name we know."""
        folded = fold(name)
        names = (folded, *self.diminutives.get(folded, ()))
        ranks = [by_name[other] for by_name in self.given_ranks.values() for other in names if other in by_name]
        return min(ranks, default=None)

    def family_name_rank(self, name: str) -> int | None:
        """Rank of a family name; a double-barrelled one has the rank of its best-known half."""
        folded = fold(name)
        ranks = [self.family_ranks[part] for part in (folded, *folded.split("-")) if part in self.family_ranks]
        return min(ranks, default=None)

    def full_given_names(self, name: str) -> frozenset[str]:
        """The folded given names a name may stand for: itself, and what it is a diminutive of."""
        folded = fold(name)
        return self.diminutives.get(folded, frozenset()) | {folded}

    def is_sentinel(self, field: str, value: str) -> bool:
        """Whether clerks type this value into this field when they mean nothing."""
        folded = fold(value)
        return folded in self.sentinels["text"] or folded in self.sentinels.get(field, frozenset())


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _mapping(name: str, key: str, value: str) -> Mapping[str, str]:
    return MappingProxyType({row[key]: row[value] for row in _rows(name)})


def _ranks(kind: str, sex: str | None = None) -> Mapping[str, int]:
    ranks: dict[str, int] = {}
    for row in _rows("name_ranks"):
        if row["kind"] == kind and sex in (None, row["sex"]):
            name, rank = fold(row["name"]), int(row["rank"])
            ranks[name] = min(rank, ranks.get(name, rank))
    return MappingProxyType(ranks)


def _postal_to_point() -> Mapping[str, str]:
    codes = {point.name: point.code for point in collection_points()}
    return MappingProxyType({row["prefix3"]: codes[row["point"]] for row in _rows("postal3_to_point")})


def _sentinels() -> Mapping[str, frozenset[str]]:
    by_field: dict[str, set[str]] = {}
    for row in _rows("sentinels"):
        by_field.setdefault(row["field"], set()).add(fold(row["value"]))
    return MappingProxyType({field: frozenset(values) for field, values in by_field.items()})


@cache
def load_lookups() -> Lookups:
    """Every lookup, read once per process."""
    return Lookups(
        given_ranks=MappingProxyType({sex: _ranks("given", sex) for sex in ("F", "M")}),
        family_ranks=_ranks("family"),
        diminutives=MappingProxyType(
            {row["diminutive"]: frozenset(row["names"].split()) for row in _rows("diminutives")}
        ),
        area_codes=frozenset(point.area_code for point in collection_points()),
        postal_to_point=_postal_to_point(),
        legal_forms=tuple(LegalForm(**row) for row in _rows("legal_forms")),
        firm_words=_mapping("firm_words", "word", "kind"),
        firm_abbreviations=_mapping("firm_abbreviations", "spelling", "word"),
        titles=_mapping("titles", "title", "of"),
        street_prefixes=_mapping("street_prefixes", "spelling", "prefix"),
        street_words=_mapping("street_words", "spelling", "word"),
        streets=_mapping("streets", "spelling", "street"),
        street_patrons=_mapping("street_patrons", "patron", "given"),
        renamed_streets=MappingProxyType(
            {(row["city"], row["former"]): row["street"] for row in _rows("renamed_streets")}
        ),
        place_abbreviations=_mapping("place_abbreviations", "spelling", "place"),
        place_words=_mapping("place_words", "spelling", "word"),
        district_cities=frozenset(fold(row["city"]) for row in _rows("district_cities")),
        sentinels=_sentinels(),
        subject_words=tuple(
            SubjectWord(row["word"], row["topic"] or None, row["exclude"] or None) for row in _rows("subjects")
        ),
    )
