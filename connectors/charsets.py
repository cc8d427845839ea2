"""Which charset a text is really in, where labels lie.

Mail, XML and web logs say what they are written in, and are often wrong: a gateway that rewrites the label, a form that
copies one. The label is a candidate like the others. Valid UTF-8 is nearly always UTF-8, but not always: ``SPÓŁKA`` in
ISO-8859-2 is valid UTF-8 with a Cyrillic letter, so how Polish a text looks decides there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from connectors.model import reason_number
from connectors.page_choice import CLEARLY_BETTER, TextCells, choose_pages
from connectors.polish import BOUNDARY, bigram_weights, class_of

UTF8 = "utf-8"
_UNDECODABLE = reason_number("undecodable_byte")
_NUL = reason_number("nul_in_text")
_FINE = reason_number("fine")
_SINGLE_BYTE = (
    *("ascii", "cp437", "cp850", "cp852", "cp1250", "cp1251", "cp1252", "cp1254", "cp1257", "koi8_r", "mac_latin2"),
    *("iso8859_1", "iso8859_2", "iso8859_4", "iso8859_13", "iso8859_15", "iso8859_16", "mazovia"),
)
_OTHER_LABELS = {
    "utf8": UTF8,
    "usascii": "ascii",
    "ansix341968": "ascii",
    "latin1": "iso8859_1",
    "latin2": "iso8859_2",
    "l2": "iso8859_2",
    "ibm852": "cp852",
    "koi8r": "koi8_r",
    "macintosh": "mac_latin2",
    "xmazovia": "mazovia",
}


def _plain(label: str) -> str:
    return label.lower().replace("-", "").replace("_", "").replace(" ", "").replace(".", "")


_LABELS = {
    **{_plain(page): page for page in _SINGLE_BYTE},
    **{page.replace("cp", "windows"): page for page in _SINGLE_BYTE if page.startswith("cp125")},
    **{page.replace("cp", "xcp"): page for page in _SINGLE_BYTE if page.startswith("cp125")},
    **_OTHER_LABELS,
}


def page_of_label(label: str) -> str | None:
    """The codec a charset label means; nothing for labels nobody here writes.

    A list and not ``codecs.lookup``: a stranger's label must not choose ``punycode`` or ``unicode_escape``.
    """
    return _LABELS.get(_plain(label.strip()[:40]))


def candidates(label: str | None, *, pages: Sequence[str]) -> tuple[str, ...]:
    """The labelled charset first, then those that occur in such files."""
    labelled = page_of_label(label) if label else None
    known = (_LABELS.get(_plain(page), page) for page in pages)
    return tuple(dict.fromkeys([*([labelled] if labelled else []), *known]))


def choose_charsets(texts: Sequence[bytes], *, pages: Sequence[str]) -> list[str]:
    """The charset of each text.

    Args:
        texts: what is to be read.
        pages: the declared charset, then the others that occur; at least one.
    """
    chosen = [pages[0]] * len(texts)
    high = [at for at, text in enumerate(texts) if not text.isascii()]
    single = _best_pages([texts[at] for at in high], pages=[page for page in pages if page != UTF8])
    for at, best in zip(high, single, strict=True):
        chosen[at] = UTF8 if _is_utf8(texts[at], best=best, is_declared=pages[0] == UTF8) else best or UTF8
    return chosen


def _best_pages(texts: Sequence[bytes], *, pages: Sequence[str]) -> list[str | None]:
    if not pages or not texts:
        return [None] * len(texts)
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    buffer = np.frombuffer(b"".join(texts), dtype=np.uint8)
    numbers = choose_pages([TextCells(buffer, starts, lengths)], rows=len(texts), pages=pages)
    return [pages[number] for number in numbers]


def _is_utf8(text: bytes, *, best: str | None, is_declared: bool) -> bool:
    try:
        as_utf8 = text.decode(UTF8)
    except UnicodeDecodeError:
        return False
    if best is None:
        return True
    advantage = CLEARLY_BETTER if is_declared else 0.0
    return looks_polish(as_utf8) + advantage >= looks_polish(text.decode(best, "replace"))


def looks_polish(text: str) -> float:
    """Natural logarithm of how likely the letters of a text follow each other."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters, of_letter = np.unique(points, return_inverse=True)
    classes = np.array([_class(int(letter)) for letter in letters], dtype=np.int64)[of_letter]
    return float(bigram_weights()[np.append(BOUNDARY, classes), np.append(classes, BOUNDARY)].sum())


@lru_cache(maxsize=4096)
def _class(code_point: int) -> int:
    return class_of(code_point)


def strict_text(data: bytes, *, page: str) -> tuple[str | None, int]:
    """Bytes as text, or nothing and the number of a cell reason."""
    try:
        return storable(data.decode(page))
    except UnicodeDecodeError:
        return None, _UNDECODABLE


def storable(text: str) -> tuple[str | None, int]:
    """A text a database takes, or nothing and the number of a cell reason: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return None, _NUL
    if not text.isascii() and any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        return None, _UNDECODABLE
    return text, _FINE
