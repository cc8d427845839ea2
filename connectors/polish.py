"""How Polish a text looks: letters that follow each other in names.

Bigrams of given and family names, weighted by how common the names are, tell ``Łódź`` from ``úˇd«``. What is no letter
of a name costs a fixed price: digits and punctuation little, letters of other languages more, box drawing and control
characters most, because no clerk typed them.
"""

from __future__ import annotations

import csv
import itertools
import math
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

import config

Floats = npt.NDArray[np.float64]

_NAME_RANKS = Path(config.__file__).parent / "lookups" / "name_ranks.csv"
ALPHABET = "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż"
BOUNDARY = 0
_FIRST_LETTER = 1
LETTERS = len(ALPHABET)
DIGIT, PUNCTUATION, OPENING, CLOSING, FOREIGN, SYMBOL, CONTROL, NOTHING = range(LETTERS + 1, LETTERS + 9)
CLASSES = LETTERS + 9
_PUNCTUATION = frozenset(".,-/'\"()&+:;@#*%_=?!\r\n\t\\|$<>")
_PRICES = {
    DIGIT: -3.0,
    PUNCTUATION: -3.0,
    OPENING: -6.0,
    CLOSING: -6.0,
    FOREIGN: -11.0,
    SYMBOL: -13.0,
    CONTROL: -15.0,
    NOTHING: -20.0,
}
_BRACKET_IN_WORD = -12.0
_BEHIND_FOREIGN = -4.0
PAIR_OF_BRACKETS = 6.0
"""What a pair of brackets in one text gets back: clerks open and close them, wrong pages do so by chance only."""
_RAREST = -6.5
"""No two Polish letters cost more: streets and towns have sounds that names lack."""
_RAREST_END = -4.0
"""Nor does any letter at the end of a word: names are listed in the nominative, texts are not (``nad Notecią``)."""
_RANK_EXPONENT = 0.652  # frequency of a Polish surname falls with its rank to this power
_SMOOTHING = 1e-5


def class_of(code_point: int) -> int:
    """The class of a character, capitals and small letters alike; beyond Unicode for a byte without a character."""
    if code_point > 0x10FFFF:
        return NOTHING
    letter = chr(code_point)
    at = ALPHABET.find(letter.lower()) if letter.isalpha() and len(letter.lower()) == 1 else -1
    if at >= 0:
        return _FIRST_LETTER + at
    if letter == " ":
        return BOUNDARY
    if letter in "0123456789":
        return DIGIT
    if letter in _PUNCTUATION:
        return PUNCTUATION
    if letter in "[]":
        return OPENING if letter == "[" else CLOSING
    if code_point < 0x20 or 0x7F <= code_point < 0xA0:
        return CONTROL
    return FOREIGN if letter.lower() != letter.upper() else SYMBOL


@cache
def bigram_weights() -> Floats:
    """Natural logarithm of how likely a class follows a class, a matrix of previous × next."""
    counts = np.full((LETTERS + 1, LETTERS + 1), 0.0)
    with _NAME_RANKS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            weight = float(row["rank"]) ** -_RANK_EXPONENT
            classes = [BOUNDARY, *(class_of(ord(letter)) for letter in row["name"]), BOUNDARY]
            for before, after in itertools.pairwise(classes):
                if before <= LETTERS and after <= LETTERS:
                    counts[before, after] += weight
    counts[BOUNDARY, BOUNDARY] = counts[BOUNDARY].sum()
    shares = counts + _SMOOTHING * counts.sum(axis=1, keepdims=True) + 1e-12
    weights = np.zeros((CLASSES, CLASSES))
    likely = np.log(shares / shares.sum(axis=1, keepdims=True))
    weights[: LETTERS + 1, : LETTERS + 1] = np.maximum(likely, _RAREST)
    weights[_FIRST_LETTER : LETTERS + 1, BOUNDARY] = np.maximum(likely[_FIRST_LETTER:, BOUNDARY], _RAREST_END)
    # Behind a digit or a sign a word begins as behind a blank.
    weights[LETTERS + 1 :, :] = weights[BOUNDARY, :]
    weights[FOREIGN, :] = _BEHIND_FOREIGN
    for class_, price in _PRICES.items():
        weights[:, class_] = price
    # EBCDIC pages have brackets where others have letters: a bracket with letters on its wrong side is a letter.
    weights[_FIRST_LETTER : LETTERS + 1, OPENING] = _BRACKET_IN_WORD
    weights[CLOSING, _FIRST_LETTER : LETTERS + 1] = _BRACKET_IN_WORD
    weights[BOUNDARY, BOUNDARY] = math.log(0.5)
    return weights
