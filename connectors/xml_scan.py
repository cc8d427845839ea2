"""Where the records of an XML file lie, found without parsing them.

A parser gives up at the first damaged tag and takes the rest of the file with it. Here only the elements above the
records are followed; a record runs from its start tag to its end tag, and is parsed on its own later. A record without
end tag ends where the next one starts, so one lost byte costs one record. Records are never inside each other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from config.errors import BadData, ConfigurationError
from connectors.model import Ledger, Span
from connectors.window import View

_MARKUP = re.compile(rb"<(?:(!--)|(!\[CDATA\[)|(\?)|(!)|(/?)([^\s<>/!?\"'=&;]++))")
# Possessive and never over a "<": whatever the bytes, a place is looked at once.
_TAG_END = re.compile(rb"(?:[^<>\"']++|\"[^<\"]*+\"|'[^<']*+')*+>")
_DECLARED = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BLANKS = b" \t\r\n"
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"<\0": "UTF-16", b"\0<": "UTF-16"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LOOSE = frozenset(("text_between_records", "broken_markup"))
_MAY_FOLLOW = _LOOSE | {"unknown_element"}
_TERMINATORS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}


def _local(name: bytes) -> bytes:
    return name.rpartition(b":")[2]


@dataclass(frozen=True)
class RecordPath:
    """Paths of the record element from the root, ``ankiety/ankieta``; ``*`` is any one element."""

    ways: tuple[tuple[bytes, ...], ...]
    """One for each shape a file of the kind may have; they end in the same element."""
    others: frozenset[bytes] = frozenset()
    """Elements beside the records that are known and not wanted."""

    @staticmethod
    def of(record: str, *, others: str = "") -> RecordPath:
        """From the options of a kind.

        Raises:
            ConfigurationError: it names no path, or paths that end in different elements.
        """
        ways = tuple(tuple(way.encode().split(b"/")) for way in record.split())
        if len({way[-1] for way in ways}) != 1:
            raise ConfigurationError(
                f"options.record: {record!r}: paths of one element were expected",
                hint="Correct it in the kind's YAML; several paths stand between blanks and end in the same element",
            )
        return RecordPath(ways, frozenset(name.encode() for name in others.split()))

    @property
    def name(self) -> bytes:
        """The record element."""
        return self.ways[0][-1]

    def is_above(self, stack: list[bytes]) -> bool:
        """Whether records may lie inside an element."""
        return any(len(stack) < len(way) and _agree(way, stack) for way in self.ways)

    def is_record(self, stack: list[bytes]) -> bool:
        """Whether an element is a record."""
        return any(len(stack) == len(way) and _agree(way, stack) for way in self.ways)


def _agree(way: tuple[bytes, ...], stack: list[bytes]) -> bool:
    return all(wanted in (b"*", found) for wanted, found in zip(way, stack, strict=False))


@dataclass
class ScanState:
    """What goes from one view to the next."""

    path: RecordPath
    stack: list[bytes] = field(default_factory=list)
    between: int = 0
    """Bytes since the last record that are markup of nobody."""
    has_record: bool = False
    declared: str | None = None


@dataclass
class Found:
    """What one view holds."""

    consumed: int = 0
    records: list[tuple[int, int]] = field(default_factory=list)
    """First byte and one past the last, in the view."""
    spans: list[Span] = field(default_factory=list)


class Scanner:
    """Goes through one view."""

    def __init__(self, view: View, *, state: ScanState, ledger: Ledger) -> None:
        self._data = view.data.tobytes()
        self._offset = view.offset
        self._is_last = view.is_last
        self._state = state
        self._ledger = ledger
        self._found = Found()

    def scan(self) -> Found:
        """Everything that is settled without the next view."""
        if self._offset == 0:
            self._check_start()
        while self._found.consumed < len(self._data):
            at = self._found.consumed
            taken = self._take_text(at) if self._data[at : at + 1] != b"<" else self._take_markup(at)
            if not taken:
                break
            self._found.consumed += taken
        if self._is_last:
            self._end()
        return self._found

    def _check_start(self) -> None:
        text = self._data.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANKS)
        if not text and not self._is_last:
            return
        wanted = "UTF-8 or a charset of one byte" if self._data[:2] in _MARKS else "an XML element"
        if text[:1] != b"<" or self._data[:2] in _MARKS:
            raise BadData(f"{self._ledger.file}: byte 0: {wanted} was expected", hint="Ask the sender for XML in UTF-8")

    def _end(self) -> None:
        state, ledger, at = self._state, self._ledger, self._found.consumed
        if at < len(self._data):
            self._found.consumed += self._take_stray(
                at, len(self._data), "truncated_record", "the file ends inside this markup"
            )
        ledger.book("trailer" if state.has_record else "header", state.between)
        state.between = 0
        if state.stack:
            ledger.warn(f"{ledger.file}: the file ends before its root element does")

    def _take_text(self, at: int) -> int:
        end = self._data.find(b"<", at)
        if end < 0:
            end = len(self._data)
        text = self._data[at:end]
        if self._offset + at == 0:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if not text.strip(_BLANKS):
            return self._pass(end - at)
        if end == len(self._data) and not self._is_last:
            return 0
        return self._take_stray(at, end, "text_between_records", "markup or blanks were expected")

    def _pass(self, length: int) -> int:
        self._state.between += length
        return length

    def _take_stray(self, start: int, end: int, reason: str, detail: str) -> int:
        """Quarantines a stretch; with loose text before it, it is the rest of one damaged record, and one span."""
        spans, first = self._found.spans, start
        if spans and spans[-1].reason in _LOOSE and reason in _MAY_FOLLOW:
            last = spans[-1]
            behind = last.offset + last.length - self._offset
            if not self._data[behind:start].strip(_BLANKS):
                self._state.between -= start - behind
                first, reason, detail = last.offset - self._offset, last.reason, last.detail
                spans.pop()
        spans.append(Span(self._offset + first, end - first, reason, detail))
        return end - start

    def _take_markup(self, at: int) -> int:
        """One comment, instruction, tag above records, or whole element; 0 when the next view must tell."""
        found = _MARKUP.match(self._data, at)
        if found is None:
            return self._take_broken(at)
        if found[1] or found[3]:
            return self._take_passed(at, opening=found[0])
        if found[2] or found[4]:
            return self._take_forbidden(at, opening=found[0])
        end = self._tag_end(found.end())
        if end is None:
            return self._take_broken(at)
        return self._take_close(at, end, _local(found[6])) if found[5] else self._take_open(at, end, _local(found[6]))

    def _take_broken(self, at: int) -> int:
        following = self._data.find(b"<", at + 1)
        if following < 0:
            return 0
        return self._take_stray(at, following, "broken_markup", "a tag without its end")

    def _take_passed(self, at: int, *, opening: bytes) -> int:
        end = self._data.find(_TERMINATORS[opening], at + len(opening))
        if end < 0:
            return 0
        end += len(_TERMINATORS[opening])
        declared = _DECLARED.match(self._data[at:end])
        if declared and self._state.declared is None:
            self._state.declared = declared[1].decode("ascii")
        return self._pass(end - at)

    def _take_forbidden(self, at: int, *, opening: bytes) -> int:
        head = self._data[at : at + 9].upper()
        if head == b"<!DOCTYPE" or head[:8] == b"<!ENTITY":
            raise BadData(
                f"{self._ledger.file}: byte {self._offset + at}: a document type, which could define entities",
                hint="Ask the sender for XML without DOCTYPE; entities are never expanded here",
            )
        if len(head) < 9 and not self._is_last:
            return 0
        return self._take_broken(at)

    def _tag_end(self, at: int) -> int | None:
        found = _TAG_END.match(self._data, at)
        return found.end() if found else None

    def _take_close(self, at: int, end: int, name: bytes) -> int:
        stack = self._state.stack
        if name not in stack:
            return self._take_stray(at, end, "broken_markup", "an end tag without its start")
        while stack.pop() != name:
            pass
        return self._pass(end - at)

    def _take_open(self, at: int, end: int, name: bytes) -> int:
        path, stack = self._state.path, [*self._state.stack, name]
        is_empty = self._data[end - 2 : end] == b"/>"
        if path.is_above(stack):
            if not is_empty:
                self._state.stack = stack
            return self._pass(end - at)
        if path.is_record(stack):
            return self._take_record(at, end, name, is_empty=is_empty)
        return self._take_other(at, end, name, is_empty=is_empty)

    def _take_record(self, at: int, end: int, name: bytes, *, is_empty: bool) -> int:
        close, is_closed = (end, True) if is_empty else self._element_end(end, name, nests=False)
        if close < 0 and not self._is_last:
            return 0
        state = self._state
        self._ledger.book("filler" if state.has_record else "header", state.between)
        state.between, state.has_record = 0, True
        if close < 0:
            return self._take_stray(at, len(self._data), "truncated_record", "the file ends inside this record")
        if not is_closed:
            return self._take_stray(at, close, "not_well_formed", "the next record starts before this one ends")
        self._found.records.append((at, close))
        return close - at

    def _take_other(self, at: int, end: int, name: bytes, *, is_empty: bool) -> int:
        close, _ = (end, True) if is_empty else self._element_end(end, name, nests=True)
        if close < 0 and not self._is_last:
            return 0
        close = len(self._data) if close < 0 else close
        if name in self._state.path.others:
            return self._pass(close - at)
        return self._take_stray(at, close, "unknown_element", "an element that is neither record nor named in `others`")

    def _element_end(self, at: int, name: bytes, *, nests: bool) -> tuple[int, bool]:
        """One past the end tag, or the start of the record that comes before it; -1 where neither is."""
        record = self._state.path.name
        depth = 1
        while found := _MARKUP.search(self._data, at):
            at = found.end()
            if found[0] in _TERMINATORS:
                end = self._data.find(_TERMINATORS[found[0]], at)
                if end < 0:
                    break
                at = end + len(_TERMINATORS[found[0]])
                continue
            its_name = _local(found[6] or b"")
            if not found[5] and its_name == (record if nests and record != name else name if not nests else None):
                return found.start(), False
            if its_name != name:
                continue
            tag_end = self._tag_end(at)
            if tag_end is None:
                # A tag cut by the end of the view, or a damaged one: then the next record start ends the element.
                continue
            at = tag_end
            depth += -1 if found[5] else int(self._data[at - 2 : at] != b"/>")
            if depth == 0:
                return at, True
        return -1, False
