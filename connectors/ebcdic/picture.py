"""PICTURE clauses: what the characters of a field mean.

``S9(7)V99`` is nine digits with an implied point before the last two; ``PPP9(5)`` stands for digits to the right of
three zeros behind the point; ``9(6).99-`` is text made for people, with a point and a sign that take up bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from config.errors import ConfigurationError

_REPEAT = re.compile(r"(.)\((\d+)\)")
_ALPHANUMERIC = re.compile(r"(?=.*[XA])[XA9B0/]+")
_NUMERIC = re.compile(r"S?P*9*V?9*P*")
_POINTED = re.compile(r"S?9*\.9*")
_EDITED = re.compile(r"[+\-$]*[9Z*+\-$,B0/]*[.V]?[9Z*+\-$,B0/]*(?:CR|DB)?")
_MAX_SYMBOLS = 1_048_576


@dataclass(frozen=True)
class Picture:
    """One PICTURE, expanded."""

    text: str
    kind: Literal["text", "number", "pointed", "edited"]
    """``pointed``: plain digits with a stored decimal point. ``edited``: made for people, signs and blanks anywhere."""
    size: int
    """Characters of the field with usage DISPLAY, without a separate sign."""
    digits: int
    scale: int
    """Digits behind the decimal point; negative when zeros before it are not stored."""
    is_signed: bool


def _expand(text: str) -> str:
    if sum(int(count) for _, count in _REPEAT.findall(text)) > _MAX_SYMBOLS:
        raise ConfigurationError(f"PICTURE {text}: more than {_MAX_SYMBOLS} characters")
    return _REPEAT.sub(lambda match: match[1] * int(match[2]), text)


@cache
def parse_picture(text: str) -> Picture:
    """A PICTURE string.

    Raises:
        ConfigurationError: we do not know its symbols.
    """
    symbols = _expand(text.upper())
    if _ALPHANUMERIC.fullmatch(symbols):
        return Picture(text, "text", len(symbols), 0, 0, False)
    if _NUMERIC.fullmatch(symbols) and "9" in symbols:
        digits = symbols.count("9")
        return Picture(text, "number", digits, digits, _scale(symbols), symbols.startswith("S"))
    if _POINTED.fullmatch(symbols) and "9" in symbols:
        digits = symbols.count("9")
        scale = len(symbols) - symbols.index(".") - 1
        return Picture(text, "pointed", digits + 1, digits, scale, symbols.startswith("S"))
    if _EDITED.fullmatch(symbols) and symbols:
        scale = len(re.sub(r"[^9Z*]", "", symbols.partition("V")[2]))
        return Picture(text, "edited", len(symbols.replace("V", "")), 0, scale, True)
    raise ConfigurationError(f"PICTURE {text}: symbols we cannot read")


def _scale(symbols: str) -> int:
    body = symbols.lstrip("S")
    if body.replace("V", "").startswith("P"):
        return len(body.replace("V", ""))
    if body.replace("V", "").endswith("P"):
        return -body.count("P")
    return len(body.partition("V")[2])
