"""Texts that were cut off at the width of their field.

``UL. GEN. WŁADYSŁAWA SIKORSKIEG`` stands in a field of thirty letters. A text that fills its field to the last letter
was cut or just fits; its last word tells. A stump is no word of this column or of the lists, or most words that begin
so go on. Where nothing is known of the word its ending decides: ``-iego`` ends words, ``-ieg`` hardly ever does. A cut
between two words leaves no trace, and a house number may have had another digit: such texts pass.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from functools import cached_property, lru_cache

import pandas as pd

from config.lookups import Lookups, fold
from transforms.distinct import on_distinct
from transforms.draft import Context, Draft, flag

_WORD = re.compile(r"[^\W_]+")
_LAST = re.compile(r"([^\W_]*)([\W_]*)$")
_WHOLE_ENDS = ("o.o.", "s.a.", "s.c.", '"', "”", ")", "]")
_NAMES = ("party_name", "full_name", "family_name", "given_name", "org_name")
_EXPECTING = frozenset({"spolka", "sp", "im", "pw", "nr", "ul", "al", "os", "pl", "lok", "oddzial", "oddz"})
_SHORT = 4
"""Letters of a word nobody else has before its ending says anything."""
_AS_A_WORD = 3.0
"""How many times more words may begin with a word than are the word itself: JAN is no stump of JANUSZ."""


def note_cut_texts(draft: Draft, context: Context) -> Draft:
    """The note ``text_cut_off`` for rows in which a text of a field of known width was cut off."""
    return draft.with_values({}, notes=cut_texts(draft.raw, context))


def cut_texts(raw: pd.DataFrame, context: Context) -> list[pd.Series]:
    """Per column of known width the note ``text_cut_off`` where its text was cut off; an ignored one holds a name."""
    notes = []
    for column, width in context.kind.widths.items():
        texts = raw[column]
        is_full = texts.str.len().ge(width).fillna(False).astype(bool)
        if is_full.any():
            words = Words(texts[~is_full].dropna(), lookups=context.lookups)
            role = context.kind.columns.get(column, "party_name")
            judged = on_distinct(
                texts.where(is_full),
                lambda text, words=words, role=role: (is_cut(text, role=role, words=words),),  # type: ignore[misc]
                names=("it",),
            )
            notes.append(flag(judged["it"].eq(True), "text_cut_off"))
    return notes


class Words:
    """The words of a column, how often each stands there, and those of the lists."""

    def __init__(self, texts: Iterable[str], *, lookups: Lookups) -> None:
        self._count = Counter(word for text in texts for word in _WORD.findall(fold(text)))
        self._lookups = lookups

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._count)

    def times(self, word: str) -> int:
        """How often the word stands in the column."""
        return self._count[word]

    def times_longer(self, word: str) -> int:
        """How often words stand there that begin with it and go on."""
        found, at = 0, bisect_left(self._sorted, word)
        for other in self._sorted[at:]:
            if not other.startswith(word):
                break
            found += self._count[other] if other != word else 0
        return found

    def is_known(self, word: str, *, role: str) -> bool:
        """Whether the lists know it as a word of such a column: of a street, or a name or a word of firms."""
        lookups = self._lookups
        if role == "street":
            return word in _words_of_streets(lookups)
        if role not in _NAMES:
            return False
        is_of_person = lookups.family_name_rank(word) is not None or lookups.given_name_rank(word) is not None
        return is_of_person or word in lookups.firm_words

    def is_an_ending(self, word: str) -> bool:
        """Whether more of the words we know end with its last three letters than go on behind them."""
        inside, final = _endings(self._lookups)
        return final[word[-3:]] >= inside[word[-3:]]


@lru_cache(maxsize=1)
def _words_of_streets(lookups: Lookups) -> frozenset[str]:
    return frozenset(
        word for name in (*lookups.streets.values(), *lookups.street_patrons) for word in _WORD.findall(fold(name))
    )


@lru_cache(maxsize=1)
def _endings(lookups: Lookups) -> tuple[Counter[str], Counter[str]]:
    """Three letters to the number of known words that have them inside, and to those that end with them."""
    inside: Counter[str] = Counter()
    final: Counter[str] = Counter()
    for word in {*_words_of_streets(lookups), *map(fold, lookups.family_ranks)}:
        final[word[-3:]] += 1
        inside.update({word[at : at + 3] for at in range(len(word) - 3)})
    return inside, final


def is_cut(text: str, *, role: str, words: Words) -> bool:
    """Whether a text that fills its field was cut off.

    Args:
        text: as stored, without pad blanks.
        role: of its column; a line of street and house ends with a number, so one without was cut.
        words: of the same column.
    """
    folded = fold(text)
    if folded.endswith(_WHOLE_ENDS):
        return False
    found = _LAST.search(folded)
    word = found.group(1) if found and not found.group(2) else ""
    if any(letter.isdigit() for letter in word):
        return False
    # A separator at the end expects something behind it, as do these words; a single letter is an initial of more.
    if len(word) < 2 or word in _EXPECTING or role == "street_line":
        return True
    whole, longer = words.times(word), words.times_longer(word)
    if whole or longer:
        return whole * _AS_A_WORD < longer
    if len(word) < _SHORT or words.is_known(word, role=role):
        return len(word) < _SHORT
    return not words.is_an_ending(word)
