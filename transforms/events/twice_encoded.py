"""Texts that were encoded twice: UTF-8 that a gateway took for CP1250 and wrote as UTF-8 again.

``płatność`` then reads ``pĹ‚atnoĹ›Ä‡``. The way back is exact where it exists: the letters are bytes of CP1250 and
those bytes are UTF-8, which Polish text never is by chance (an ``Ĺ`` or ``Ä`` before a sign no word has there).
"""

from __future__ import annotations

import pandas as pd

from transforms.distinct import as_text, on_distinct
from transforms.draft import flag

ISSUE = "text_double_encoded"
_KNOWN = frozenset(map(chr, range(128))) | frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”–—…€\u00a0")
_MARKS = "[ĂÄĹ]"
"""What the first bytes of Polish letters in UTF-8 are in CP1250."""


def decode_once_more(text: str) -> str | None:
    """What was meant, or nothing where the text was encoded once."""
    try:
        meant = text.encode("cp1250").decode("utf-8")
    except UnicodeError:
        return None
    # Letters of other languages mean that the text only looked like it: ``ĆŁ`` would be read as ``ƣ``.
    return meant if meant != text and _KNOWN.issuperset(meant) else None


def undo_double_encoding(text: pd.DataFrame, *, columns: tuple[str, ...]) -> tuple[pd.DataFrame, list[pd.Series]]:
    """The same rows with these columns as they were meant, and per column the reason code of what was mended."""
    issues: list[pd.Series] = []
    mended = text
    for column in columns:
        suspects = text[column].where(text[column].str.contains(_MARKS).fillna(False).astype(bool))
        meant = as_text(on_distinct(suspects, lambda typed: (decode_once_more(typed),), names=("text",))["text"])
        mended = mended.assign(**{column: meant.fillna(text[column])})
        issues.append(flag(meant.notna(), ISSUE))
    return mended, issues
