"""Text as clerks type it: blanks, capitals, things that mean nothing.

Display forms keep the diacritics the source has; capitals are ours, because half of the systems shout.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SMALL_WORDS = frozenset(
    {
        "i",
        "w",
        "we",
        "z",
        "ze",
        "na",
        "nad",
        "pod",
        "przy",
        "k",
        "u",
        "o",
        "od",
        "do",
        "dla",
        "im",
        "von",
        "van",
        "de",
        "du",
        "da",
        "der",
        "di",
        "la",
        "le",
        "lub",
        "oraz",
    }
)
_ACRONYMS = frozenset({"AK", "BCH", "NMP", "ONZ", "PCK", "PKP", "PRL", "WOP", "WP", "ZHP", "ZWM"})
_ROMAN = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})|XL")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def squeeze(text: str) -> str:
    """Without blanks at the ends and with single ones between."""
    return " ".join(text.split())


@lru_cache(maxsize=1 << 16)
def title_case(text: str) -> str:
    """Words with one capital: ``JANA PAWŁA II`` is ``Jana Pawła II``, ``ARMII KRAJOWEJ`` ``Armii Krajowej``.

    Roman numbers stay; small words stay small except in front. A lone ``I`` between words is the conjunction.
    """
    text = squeeze(text)
    pieces: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        pieces += [text[end : match.start()], _cased(match.group(), text=text, at=match.start())]
        end = match.end()
    return "".join([*pieces, text[end:]])


def _cased(word: str, *, text: str, at: int) -> str:
    """A word as it stands at this place of a title-case text."""
    end = at + len(word)
    if len(word) > 1 and (_ROMAN.fullmatch(word.upper()) or word.upper() in _ACRONYMS):
        return word.upper()
    if word.lower() == "lecia":
        return "lecia"
    if len(word) > 3 and word[1] in "'’":
        return word[0].upper() + word[1] + word[2].upper() + word[3:].lower()
    # ``W. Witosa`` is an initial, not the preposition.
    is_inside = at > 0 and end < len(text) and text[end] != "."
    return word.lower() if is_inside and word.lower() in _SMALL_WORDS else word[:1].title() + word[1:].lower()
