"""One record of delimited text read from the front, quote by quote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from connectors.model import Flags

LINE_FEED, CARRIAGE_RETURN = 0x0A, 0x0D


@dataclass(frozen=True)
class Marks:
    """The bytes that have a meaning."""

    delimiter: int
    quote: int | None
    escape: int | None


@dataclass(frozen=True)
class Record:
    """One record read by itself, or why it is none."""

    fields: tuple[tuple[int, int], ...] = ()
    end: int = 0
    doubled: tuple[int, ...] = ()
    fault: str = ""
    """``more`` when the bytes at hand do not suffice to tell."""


@lru_cache(maxsize=64)
def _field_pattern(marks: Marks) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A quoted field up to its closing quote, and a bare one up to delimiter or line feed."""
    delimiter = re.escape(bytes([marks.delimiter]))
    escape = re.escape(bytes([marks.escape])) if marks.escape is not None else b""
    escaped = rb"|" + escape + rb"." if escape else b""
    # Without quotes nothing begins with one; any byte serves that no field can hold.
    quote = re.escape(bytes([LINE_FEED if marks.quote is None else marks.quote]))
    quoted = quote + rb"((?:[^" + quote + escape + rb"]+|" + quote * 2 + escaped + rb")*+)" + quote
    bare = rb"((?:[^" + delimiter + rb"\n" + escape + rb"]+" + escaped + rb")*+)"
    return re.compile(quoted, re.DOTALL), re.compile(bare, re.DOTALL)


def read_record(
    stored: bytes, start: int, *, marks: Marks, limit: int, is_last: bool, escapes: Flags | None = None
) -> Record:
    """The record that begins at a byte, fields by quotes; ``fault`` says why it is none.

    Args:
        stored: bytes of a view.
        start: where the record begins.
        marks: bytes with a meaning.
        limit: how many bytes a record may have.
        is_last: whether the view ends where the file ends.
        escapes: which bytes of the view escape the next one.
    """
    stop = min(len(stored), start + limit)
    is_end = is_last and stop == len(stored)
    quoted, bare = _field_pattern(marks)
    fields: list[tuple[int, int]] = []
    doubled: list[int] = []
    at = start
    while True:
        is_quoted = marks.quote is not None and at < stop and stored[at] == marks.quote
        match = (quoted if is_quoted else bare).match(stored, at, stop)
        if match is None:
            # No closing quote: not yet, or none within what a record may be.
            return Record(fault="unterminated_quote" if is_last or stop == start + limit else "more")
        end = match.end()
        if is_quoted:
            doubled += _doubled(stored, *match.span(1), marks=marks, escapes=escapes)
        closing = _closing(stored, end, stop=stop, marks=marks)
        if closing == 0 and not (is_end and end == stop):
            # A carriage return or an escape at the end of what is at hand may go on behind it.
            is_open = end == stop or (end + 1 == stop and stored[end] in (CARRIAGE_RETURN, marks.escape))
            if is_end or not is_open:
                return Record(fault="stray_quote")
            return Record(fault="more" if stop < start + limit else "unterminated_quote")
        is_return = not is_quoted and closing == 1 and stored[end] == LINE_FEED and end > at
        fields.append(
            (at, end - (1 if is_return and stored[end - 1] == CARRIAGE_RETURN and not _is(escapes, end - 2) else 0))
        )
        at = end + closing
        if closing == 0 or stored[at - 1] == LINE_FEED:
            return Record(tuple(fields), at, tuple(doubled))


def _is(escapes: Flags | None, at: int) -> bool:
    return escapes is not None and at >= 0 and bool(escapes[at])


def _closing(stored: bytes, end: int, *, stop: int, marks: Marks) -> int:
    """Bytes of what ends a field: a delimiter or an end of line; 0 for anything else."""
    if end < stop and stored[end] in (marks.delimiter, LINE_FEED):
        return 1
    return 2 if stored[end : min(end + 2, stop)] == b"\r\n" else 0


def _doubled(stored: bytes, start: int, end: int, *, marks: Marks, escapes: Flags | None) -> list[int]:
    assert marks.quote is not None
    quote, found = bytes([marks.quote]), []
    at = stored.find(quote, start, end)
    while at >= 0:
        if not _is(escapes, at - 1):
            at += 1
            found.append(at)
        at = stored.find(quote, at + 1, end)
    return found
