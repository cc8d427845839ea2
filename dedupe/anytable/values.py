"""Values of a stranger's table become match keys.

Nothing is known of the language: ``Müller``, ``MULLER`` and ``Muller`` fold to one key, ``Νίκος`` to ``νικος``, and
``王偉`` stays what it is, because dropping every letter without an ASCII form would make all such people equal. What a
person reads stays as it was in the file.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

# Letters NFKD leaves whole.
_WHOLE_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t", "ı": "i", "ŋ": "n"}
)
# Marks written above or below these are accents; in other scripts a mark may be a vowel.
_ACCENTED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")
_NOT_WORD = re.compile(r"[\W_]+")
_VOWELS = re.compile(r"[aeiouy -]")
_DIGITS = re.compile(r"\d+")


def fold_words(text: str) -> str | None:
    """Lower-case words of letters and digits of any script with single blanks; None when nothing is left."""
    if text.isascii():
        return _NOT_WORD.sub(" ", text.replace("'", "").lower()).strip() or None
    folded = _without_accents(text).replace("'", "").casefold().translate(_WHOLE_LETTERS)
    return " ".join("".join(char if _is_of_word(char) else " " for char in folded).split()) or None


def _without_accents(text: str) -> str:
    kept, takes_accents = [], False
    for char in unicodedata.normalize("NFKD", text):
        if not unicodedata.combining(char):
            takes_accents = unicodedata.name(char, "").startswith(_ACCENTED_SCRIPTS)
            kept.append("'" if char in "’ʼ`´" else char)
        elif not takes_accents:
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def _is_of_word(char: str) -> bool:
    return char.isalnum() or unicodedata.category(char).startswith("M")


def fold_name(text: str) -> str | None:
    """Like :func:`fold_words`, the parts of a double-barrelled name joined by a hyphen."""
    folded = fold_words(text)
    return None if folded is None else folded.replace(" ", "-")


def fold_number(text: str) -> str | None:
    """Letters and digits only: ``12 A`` and ``12a``, ``078-05-1120`` and ``078051120`` are one."""
    folded = fold_words(text)
    return None if folded is None else folded.replace(" ", "")


def fold_phone(text: str) -> str | None:
    """The last nine digits: country and trunk prefixes are left out as often as not. Fewer than five are no number."""
    digits = "".join(_DIGITS.findall(text))
    return digits[-9:] if len(digits) >= 5 else None


def fold_email(text: str) -> str | None:
    """Lower case, with something on both sides of the @."""
    name, at, domain = text.strip().casefold().partition("@")
    return f"{name}@{domain}" if at and name and domain else None


def consonants(folded: str, *, length: int) -> str | None:
    """The first consonants of a Latin name; of another script the first letters."""
    return _VOWELS.sub("", folded)[:length] or None


_SEPARATED = {
    "ymd": re.compile(r"(?P<y>\d{4})\D{1,3}(?P<m>\d{1,2})\D{1,3}(?P<d>\d{1,2})(?:\D.*)?$"),
    "dmy": re.compile(r"(?P<d>\d{1,2})\D{1,3}(?P<m>\d{1,2})\D{1,3}(?P<y>\d{4}|\d{2})(?:\D.*)?$"),
    "mdy": re.compile(r"(?P<m>\d{1,2})\D{1,3}(?P<d>\d{1,2})\D{1,3}(?P<y>\d{4}|\d{2})(?:\D.*)?$"),
}
_CLOSED = {
    "ymd": re.compile(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})$"),
    "dmy": re.compile(r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4}|\d{2})$"),
    "mdy": re.compile(r"(?P<m>\d{2})(?P<d>\d{2})(?P<y>\d{4}|\d{2})$"),
}
_PIVOT = 30
"""Two-digit years up to this are of this century."""


def fold_date(text: str, *, order: str) -> str | None:
    """``YYYYMMDD``. Impossible days stay: a typing error is to be compared, not thrown away.

    A full year first is read as such whatever the order says. None when it is no date.
    """
    text = text.strip()
    order = "ymd" if re.match(r"\d{4}\D", text) else order
    found = _SEPARATED[order].match(text) or _CLOSED[order].match(text)
    if found is None or found["m"] == "00" or found["d"] == "00":
        return None
    year = found["y"] if len(found["y"]) == 4 else f"{20 if int(found['y']) <= _PIVOT else 19}{found['y']}"
    return f"{year}{found['m']:0>2}{found['d']:0>2}"


def fold_year(text: str, *, order: str) -> str | None:
    """The year of a date, or of a text that is only a year (``1850``, ``c. 1850``)."""
    if (date := fold_date(text, order=order)) is not None:
        return date[:4]
    found = re.search(r"(?<!\d)\d{4}(?!\d)", text)
    return found.group(0) if found else None


@dataclass(frozen=True)
class FullName:
    """A name in parts; any may be missing."""

    given: str | None = None
    second: str | None = None
    family: str | None = None
    other_family: str | None = None


_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "prof", "sir", "herr", "frau", "hr", "fr", "sr", "sra", "srta", "don", "dona"}
    | {"mme", "mlle", "m", "ing", "mgr", "rev", "jr", "snr", "jnr", "ii", "iii", "iv", "phd", "md", "esq", "dipl"}
)
PARTICLES = frozenset(
    {"van", "von", "de", "der", "den", "del", "della", "di", "da", "dos", "das", "du", "la", "le", "las", "los", "el"}
    | {"al", "bin", "ibn", "ben", "ter", "ten", "zu", "zum", "zur", "af", "av", "y", "e", "st", "san", "santa", "do"}
)


def split_full_name(text: str, *, is_given_first: bool) -> FullName:
    """A full name in parts.

    ``Nowak, Jan`` says itself which is which; otherwise the order does. Particles go with the family name they
    introduce (``Ludwig van Beethoven``), titles go away. Whatever stands between the first and the last name is a
    second given name, and may also be another family name (``María García López``).
    """
    family, comma, given = text.partition(",")
    if comma and (rest := _words(given)) and _words(family):
        return FullName(rest[0], _at(rest, 1), "-".join(_words(family)), None)
    words = _with_particles(_words(text))
    if not words:
        return FullName()
    if len(words) == 1:
        return FullName(family=words[0])
    if not is_given_first:
        return FullName(words[1], _at(words, 2), words[0], None)
    middle = words[1:-1]
    return FullName(words[0], _at(middle, 0), words[-1], middle[-1] if middle and len(middle[-1]) > 1 else None)


def _at(words: list[str], place: int) -> str | None:
    return words[place] if place < len(words) else None


@cache
def _fold_cached(word: str) -> str | None:
    return fold_name(word)


def _words(text: str) -> list[str]:
    words = [folded for word in text.replace(".", " ").split() if (folded := _fold_cached(word))]
    return [word for word in words if word not in _TITLES] or words


def _with_particles(words: list[str]) -> list[str]:
    """Particles joined to the word after them; a first or last word is never one."""
    joined: list[str] = []
    held: list[str] = []
    for place, word in enumerate(words):
        if word in PARTICLES and 0 < place < len(words) - 1:
            held.append(word)
        else:
            joined.append("-".join([*held, word]))
            held = []
    return joined


@dataclass(frozen=True)
class AddressLine:
    """An address line in parts; any may be missing."""

    street: str | None = None
    house: str | None = None
    flat: str | None = None


_HOUSE = re.compile(r"\d+[a-z]?$")
_UNIT = frozenset({"flat", "apt", "apartment", "unit", "suite", "wohnung", "whg", "piso", "apto", "app", "m", "lok"})


def split_address(text: str) -> AddressLine:
    """Street, house and flat of one line: ``12/4 Main St``, ``Hauptstr. 12``, ``Flat 4, 12 Main Street``.

    The first number that no word for a flat introduces is the house, the next one the flat; the words are the street.
    """
    words = (fold_words(text) or "").split()
    street, numbers, units = [], [], []
    for place, word in enumerate(words):
        if word in _UNIT and any(_HOUSE.match(other) for other in words[place + 1 : place + 2]):
            continue
        if not _HOUSE.match(word):
            street.append(word)
        elif place and words[place - 1] in _UNIT:
            units.append(word)
        else:
            numbers.append(word)
    flat = units[0] if units else _at(numbers, 1)
    return AddressLine(" ".join(street) or None, _at(numbers, 0), flat)
