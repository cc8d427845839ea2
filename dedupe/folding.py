"""Folding: texts become match keys.

Three hundred systems typed ``Łódź``, ``LODZ`` and ``Lódz`` for one place, and code pages lost strokes on the way. For
matching, a text is lower-case ASCII without diacritics; what people read stays as it was in the record.
"""

from __future__ import annotations

import re
import unicodedata

# Letters NFKD leaves whole.
_WHOLE_LETTERS = str.maketrans({"ł": "l", "Ł": "l", "ß": "ss", "ø": "o", "đ": "d", "æ": "ae"})
_NOT_KEY = re.compile(r"[^a-z0-9]+")
_VOWELS = re.compile(r"[aeiouy -]")
# Masculine and feminine endings of one adjectival family name (98.5 % of -ski names have the -ska partner).
_ADJECTIVAL = re.compile(r"(sk|ck|dzk)[iay]$")


def fold(text: str) -> str | None:
    """Lower-case ASCII words with single blanks, hyphens kept as word ends; None when nothing is left."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_WHOLE_LETTERS)).encode("ascii", "ignore").decode()
    plain = text.lower()
    if plain.isalnum():  # one word, as most values are
        return plain
    return _NOT_KEY.sub(" ", plain).strip() or None


def fold_name(text: str) -> str | None:
    """Like :func:`fold`, with a hyphen between the parts of a double-barrelled name."""
    folded = fold(text)
    return None if folded is None else folded.replace(" ", "-")


def fold_number(text: str) -> str | None:
    """A house or flat number without blanks and signs: ``12 A`` and ``12a`` are one."""
    folded = fold(text)
    return None if folded is None else folded.replace(" ", "")


def consonants(folded: str, *, length: int) -> str | None:
    """The first consonants: ``katarzyna`` and ``katazyna`` share most; vowels are what typists lose first."""
    return _VOWELS.sub("", folded)[:length] or None


def stem(folded: str) -> str:
    """A family name without its gender: ``kowalski`` and ``kowalska`` are ``kowalsk``."""
    return _ADJECTIVAL.sub(r"\1", folded)


def initials_of(folded: str) -> str | None:
    """First letters of a firm's name of three words or more; shorter names have none worth comparing."""
    words = folded.split()
    return "".join(word[0] for word in words) if len(words) > 2 else None


_MASCULINE_IN_A = frozenset({"kuba", "barnaba", "bonawentura", "kosma", "dyzma", "jarema", "nikita", "sasza", "mikita"})


def sex_of_name(folded: str) -> str | None:
    """F or M by the ending of a given name; None for an initial.

    Not the sex of the record: that may come from the PESEL of a spouse, which is what this is to reveal.
    """
    if len(folded) <= 2:
        return None
    return "F" if folded.endswith("a") and folded not in _MASCULINE_IN_A else "M"
