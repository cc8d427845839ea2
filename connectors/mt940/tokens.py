"""An MT940 file as a run of tokens that leave out no byte."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from connectors.model import Ledger
from connectors.window import WINDOW_BYTES, Window

BLOCK, END, LOOSE = "{", "-", "?"
"""Tags of what is no field: headers of blocks, the end of a message, bytes before anything known."""

# A line of text may begin with a hyphen, and often does: only a hyphen alone ends a message.
_TAG = rb"(?:13|20|21|25|28|34|60|61|62|64|65|86|90)[A-Z]?|NS"
_MARK = re.compile(
    rb"""(?mx)
    ^(?: :(?P<tag>TAG): | (?P<end>-(?:\}|[\ \t\x03\x1a]*\r?$)) | [\x01\x1a] | \{[1-5S]: )
    | (?<=\{4:):(?P<first>TAG):
    """.replace(b"TAG", _TAG)
)
# Possessive, so that a header nobody closed is given up at once and not tried at every length.
_HEADERS = re.compile(rb"(?:[\s\x01\x03\x1a]|-\}|-(?=[\s\x03\x1a]|$)|\{4:|\{[1-35S]:(?:[^{}]|\{[^{}]*+\})*+\})*+")
_ONE_LINE = re.compile(rb"[^\n]*+\n?")
_BLANKS = b" \t\r\n\x1a"


class Line(NamedTuple):
    """One line of a field without its line end."""

    offset: int
    """First byte in the file."""
    text: bytes


class Token(NamedTuple):
    """A field with its tag, or what stands between messages."""

    tag: str
    """``20``, ``60F``, ``61`` …, or one of :data:`BLOCK`, :data:`END`, :data:`LOOSE`."""
    offset: int
    data: bytes
    """All its bytes, tag and line ends included."""

    @property
    def end(self) -> int:
        """One past its last byte in the file."""
        return self.offset + len(self.data)

    @property
    def number(self) -> str:
        """The tag without the letter behind it."""
        return self.tag[:2]

    def lines(self) -> list[Line]:
        """Its content line by line, up to the last line that is not blank."""
        at = len(self.tag) + 2
        last = self.data.find(b"\n", max(at, len(self.data.rstrip(_BLANKS))))
        content = self.data[at : last if last >= 0 else None]
        if b"\n" not in content:
            return [Line(self.offset + at, content.removesuffix(b"\r"))]
        found = []
        for text in content.split(b"\n"):
            found.append(Line(self.offset + at, text.removesuffix(b"\r")))
            at += len(text) + 1
        return found

    def known_length(self) -> int:
        """How many of its bytes mean something: a block up to its last header, a field of one line all of it."""
        if self.tag == LOOSE:
            return 0
        if self.tag in ("61", "86", "NS"):
            return len(self.data)
        matched = (_HEADERS if self.tag in (BLOCK, END) else _ONE_LINE).match(self.data)
        assert matched is not None  # both patterns match nothing, too
        return matched.end()

    def rest_is_blank(self, known: int) -> bool:
        """Whether nothing but blanks stands behind its known part."""
        return not self.data[known:].strip(_BLANKS)


def read_tokens(path: Path, *, ledger: Ledger, window_bytes: int = WINDOW_BYTES) -> Iterator[Token]:
    """The tokens of a file in order; together they are the file.

    Raises:
        BudgetExceeded: a field is larger than a record may be.
    """
    with Window(path, ledger=ledger, window_bytes=window_bytes) as window:
        while not window.is_done:
            view = window.view()
            data = view.data.tobytes()
            # The meaning of a line is known when its end is: "-" may go on as text.
            whole = len(data) if view.is_last else data.rfind(b"\n") + 1
            starts: list[int] = []
            tags: list[str] = []
            for mark in _MARK.finditer(data, 0, whole):
                starts.append(mark.start())
                tags.append(_tag(mark))
            if not starts or starts[0]:
                starts.insert(0, 0)
                tags.insert(0, LOOSE)
            if view.is_last:
                starts.append(len(data))
            for tag, start, end in zip(tags, starts, starts[1:], strict=False):
                yield Token(tag, view.offset + start, data[start:end])
            window.consume(starts[-1])


def _tag(mark: re.Match[bytes]) -> str:
    tag, end, first = mark.groups()
    tag = tag or first
    if tag is not None:
        return sys.intern(tag.decode("ascii"))
    return END if end is not None else BLOCK
