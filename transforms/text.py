"""Text as clerks type it: blanks, capitals, things that mean nothing.

Display forms keep the diacritics the source has; capitals are ours, because half of the systems shout.
"""

from __future__ import annotations

import re

_SMALL_WORDS = frozenset(
    "i w we z ze na nad pod przy k u o od do dla im von van de du da der di la le lub oraz".split()
)
_ROMAN = re.compile(r"[IVXL]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_BLANKS = re.compile(r"\s+")


def squeeze(text: str) -> str:
    """Without blanks at the ends and with single ones between."""
    return _BLANKS.sub(" ", text).strip()


def _capitalised(word: str) -> str:
    return word[:1].upper() + word[1:].lower()


def title_case(text: str) -> str:
    """Words with one capital: ``JANA PAWŁA II`` is ``Jana Pawła II``, ``nowy dwór k/łodzi`` ``Nowy Dwór k/Łodzi``.

    Roman numbers stay; small words stay small except in front. A lone ``I`` between words is the conjunction.
    """
    text = squeeze(text)
    pieces: list[str] = []
    end = 0
    for match in _WORD.finditer(text):
        pieces.append(text[end : match.start()])
        word = match.group()
        is_first, is_last = match.start() == 0, match.end() == len(text)
        follows_letter_slash = text[match.end() : match.end() + 1] in {"/", "."} and len(word) == 1
        if _ROMAN.fullmatch(word.upper()) and len(word) > 1 and _is_roman(word.upper()):
            pieces.append(word.upper())
        elif not is_first and not is_last and word.lower() in _SMALL_WORDS and not _ends_in_dot(text, match.end()):
            pieces.append(word.lower())
        elif not is_first and follows_letter_slash and text[match.end()] == "/":
            pieces.append(word.lower())
        else:
            pieces.append(_capitalised(word))
        end = match.end()
    return "".join([*pieces, text[end:]])


def _is_roman(word: str) -> bool:
    return re.fullmatch(r"X{0,3}(?:IX|IV|V?I{0,3})|XL", word) is not None


def _ends_in_dot(text: str, at: int) -> bool:
    """Whether a dot follows: ``W. Witosa`` is an initial, not the preposition."""
    return text[at : at + 1] == "."
