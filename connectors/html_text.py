"""The text of an HTML mail: tags, scripts and styles left out, entities as letters.

No layout is attempted; block elements end a line, so that words do not run together. Every step is linear whatever the
markup, which no general parser promises.
"""

from __future__ import annotations

import html
import re

_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"), ("<head>", "</head"))
_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/table|/title)\b[^<>]*>", re.IGNORECASE)
_CELL_ENDS = re.compile(r"</t[dh]\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*>")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def text_of_html(markup: str) -> str:
    """What a reader of the mail sees, one line per block."""
    for opening, closing in _HIDDEN:
        markup = _without(markup, opening=opening, closing=closing)
    text = _BLANKS.sub(" ", markup.replace("\r", "\n").replace("\n", " "))
    text = _TAG.sub("", _CELL_ENDS.sub(" ", _LINE_ENDS.sub("\n", text)))
    return _LINES.sub("\n", _BLANKS.sub(" ", html.unescape(text))).strip()


def _without(markup: str, *, opening: str, closing: str) -> str:
    lowered = markup.lower() if markup.isascii() else _lowered(markup)
    kept: list[str] = []
    at = 0
    while (start := lowered.find(opening, at)) >= 0:
        end = lowered.find(closing, start + len(opening))
        if end < 0:
            break
        kept.append(markup[at:start])
        at = end + len(closing)
        if not closing.endswith(">"):
            at = lowered.find(">", at) + 1 or len(markup)
    return "".join(kept) + markup[at:]


def _lowered(markup: str) -> str:
    # str.lower changes the length of a few letters (İ), which would shift every place behind them.
    return "".join(letter.lower() if letter.isascii() else letter for letter in markup)
