"""COBOL copybooks: the declaration of a record, from which all offsets are computed.

Columns 1–6 hold sequence numbers, column 7 a comment or continuation mark, 8–72 the text, 73–80 an identification that
strangers leave in. Statements end with a point and run over lines; tabs stand where blanks should; names carry prefixes
such as ``:DATA1:-`` that a REPLACING clause once removed. Levels 66, 77 and 88 declare nothing that is stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from config.errors import ConfigurationError
from connectors.ebcdic.picture import Picture, parse_picture

Usage = Literal["display", "binary", "packed", "float", "double"]

_USAGES: dict[str, Usage] = {
    "DISPLAY": "display",
    "PACKED-DECIMAL": "packed",
    "BINARY": "binary",
    "COMP": "binary",
    "COMP-0": "binary",
    "COMP-1": "float",
    "COMP-2": "double",
    "COMP-3": "packed",
    "COMP-4": "binary",
    "COMP-5": "binary",
}
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\s'"]+""")
_PREFIX = re.compile(r":[^:\s]*:-?")
_MARK_COLUMN, _TEXT_END = 6, 72
_NO_STORAGE = {66, 77, 88}


@dataclass(frozen=True)
class Sign:
    """Where the sign of a DISPLAY number is."""

    is_leading: bool = False
    is_separate: bool = False


@dataclass(frozen=True)
class Item:
    """One declared item: a group of others, or a field with a picture."""

    level: int
    name: str
    picture: Picture | None = None
    usage: Usage = "display"
    sign: Sign = Sign()
    redefines: str = ""
    occurs: tuple[int, int] | None = None
    depending_on: str = ""
    children: tuple[Item, ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it is made of other items."""
        return bool(self.children)


def parse_copybook(source: str) -> tuple[Item, ...]:
    """The records a copybook declares, in order.

    Raises:
        ConfigurationError: a statement is none, or declares what we cannot read; the message quotes it.
    """
    flat: list[Item] = []
    for statement in _statements(source):
        item = _Statement(statement).parse()
        if item is not None:
            flat.append(item)
    return tuple(_nest(flat))


def record_named(records: Sequence[Item], name: str) -> Item:
    """The record of that name.

    Raises:
        ConfigurationError: the copybook declares no such record.
    """
    for record in records:
        if record.name == name:
            return record
    names = ", ".join(record.name for record in records)
    raise ConfigurationError(f"copybook: no record {name}", hint=f"Records: {names}")


def _statements(source: str) -> Iterator[list[str]]:
    words: list[str] = []
    for token in _TOKEN.findall(_program_text(source)):
        is_last = token.endswith(".") and token[0] not in "'\""
        if is_last:
            token = token[:-1]
        if token:
            words.append(token if token[0] in "'\"" else token.upper())
        if is_last and words:
            yield words
            words = []
    if words:
        raise ConfigurationError(f"copybook: no point behind {' '.join(words)[:60]!r}")


def _program_text(source: str) -> str:
    lines: list[str] = []
    for line in source.splitlines():
        line = line.expandtabs(8).ljust(_MARK_COLUMN + 1)
        mark, text = line[_MARK_COLUMN], line[_MARK_COLUMN + 1 : _TEXT_END].rstrip()
        if mark in "*/" or not text:
            continue
        if mark == "-" and lines:
            lines[-1] += text.lstrip()
        else:
            lines.append(text)
    return "\n".join(lines)


class _Statement:
    """The words of one statement, read from left to right."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0

    def parse(self) -> Item | None:
        """The item; nothing for levels that store nothing."""
        level = self._integer()
        if level in _NO_STORAGE:
            return None
        if not 1 <= level <= 49:
            raise self._error("a level is 01 to 49, 66, 77 or 88")
        item = Item(level, self._name())
        while self._at < len(self._words):
            item = self._clause(item)
        return item

    def _error(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"copybook: {' '.join(self._words)[:80]!r}: {what}")

    def _next(self) -> str:
        if self._at >= len(self._words):
            raise self._error("something is missing at the end")
        self._at += 1
        return self._words[self._at - 1]

    def _skip(self, *words: str) -> bool:
        if self._at < len(self._words) and self._words[self._at] in words:
            self._at += 1
            return True
        return False

    def _integer(self) -> int:
        word = self._next()
        if not (word.isascii() and word.isdigit()):
            raise self._error(f"a number was expected, not {word!r}")
        return int(word)

    def _name(self) -> str:
        if self._at >= len(self._words) or self._words[self._at] in _CLAUSES:
            return "FILLER"
        return _plain(self._next())

    def _clause(self, item: Item) -> Item:
        word = self._next()
        if word not in _CLAUSES:
            raise self._error(f"unknown clause {word!r}")
        if word in _USAGES or word.startswith("COMPUTATIONAL"):
            return replace(item, usage=self._usage(word))
        return getattr(self, _CLAUSES[word])(item, word)  # type: ignore[no-any-return]

    def _usage(self, word: str) -> Usage:
        word = word.replace("COMPUTATIONAL", "COMP")
        if word not in _USAGES:
            raise self._error(f"usage {word!r} is unknown")
        return _USAGES[word]

    def _read_usage(self, item: Item, _: str) -> Item:
        self._skip("IS")
        return replace(item, usage=self._usage(self._next()))

    def _read_picture(self, item: Item, _: str) -> Item:
        self._skip("IS")
        return replace(item, picture=parse_picture(self._next()))

    def _read_redefines(self, item: Item, _: str) -> Item:
        return replace(item, redefines=_plain(self._next()))

    def _read_occurs(self, item: Item, _: str) -> Item:
        least = most = self._integer()
        if self._skip("TO"):
            most = self._integer()
        self._skip("TIMES")
        return replace(item, occurs=(least, most))

    def _read_depending(self, item: Item, _: str) -> Item:
        self._skip("ON")
        if item.occurs is None:
            raise self._error("DEPENDING ON without OCCURS")
        least, most = item.occurs
        # ``OCCURS 80 DEPENDING ON N``: only the greatest number is said.
        return replace(item, depending_on=_plain(self._next()), occurs=(0 if least == most else least, most))

    def _read_sign(self, item: Item, word: str) -> Item:
        if word == "SIGN":
            self._skip("IS")
            word = self._next()
        if word not in ("LEADING", "TRAILING"):
            raise self._error(f"SIGN {word!r} is unknown")
        is_separate = self._skip("SEPARATE")
        self._skip("CHARACTER")
        return replace(item, sign=Sign(word == "LEADING", is_separate))

    def _read_rest(self, item: Item, _: str) -> Item:
        self._at = len(self._words)
        return item

    def _read_index(self, item: Item, _: str) -> Item:
        while self._at < len(self._words) and self._words[self._at] not in _CLAUSES:
            self._at += 1
        return item

    def _read_nothing(self, item: Item, _: str) -> Item:
        self._skip("RIGHT", "WHEN")
        self._skip("ZERO", "ZEROS", "ZEROES")
        return item

    def _refuse(self, item: Item, word: str) -> Item:
        raise self._error(f"{word} moves fields in ways that depend on the compiler: declare the slack as FILLER")


_CLAUSES = {
    "PIC": "_read_picture",
    "PICTURE": "_read_picture",
    "USAGE": "_read_usage",
    "REDEFINES": "_read_redefines",
    "OCCURS": "_read_occurs",
    "DEPENDING": "_read_depending",
    "SIGN": "_read_sign",
    "LEADING": "_read_sign",
    "TRAILING": "_read_sign",
    "VALUE": "_read_rest",
    "VALUES": "_read_rest",
    "INDEXED": "_read_index",
    "ASCENDING": "_read_index",
    "DESCENDING": "_read_index",
    "JUST": "_read_nothing",
    "JUSTIFIED": "_read_nothing",
    "BLANK": "_read_nothing",
    "SYNC": "_refuse",
    "SYNCHRONIZED": "_refuse",
    **dict.fromkeys(_USAGES, "_read_usage"),
    **{usage.replace("COMP", "COMPUTATIONAL"): "_read_usage" for usage in _USAGES if usage.startswith("COMP")},
}


def _plain(name: str) -> str:
    return _PREFIX.sub("", name)


def _nest(flat: Sequence[Item]) -> Iterator[Item]:
    position = 0
    while position < len(flat):
        item, position = _with_children(flat, position)
        yield item


def _with_children(flat: Sequence[Item], position: int) -> tuple[Item, int]:
    item = flat[position]
    position += 1
    children: list[Item] = []
    while position < len(flat) and flat[position].level > item.level:
        child, position = _with_children(flat, position)
        # A usage or sign said of a group holds for its fields.
        children.append(_inherit(child, usage=item.usage, sign=item.sign))
    if children and item.picture is not None:
        raise ConfigurationError(f"copybook: {item.name} has a PICTURE and items below it")
    if not children and item.picture is None and item.usage not in ("float", "double"):
        raise ConfigurationError(f"copybook: {item.name} has neither a PICTURE nor items below it")
    return replace(item, children=tuple(children)), position


def _inherit(item: Item, *, usage: Usage, sign: Sign) -> Item:
    own_usage = item.usage if item.usage != "display" else usage
    own_sign = item.sign if item.sign != Sign() else sign
    children = tuple(_inherit(child, usage=own_usage, sign=own_sign) for child in item.children)
    return replace(item, usage=own_usage, sign=own_sign, children=children)
