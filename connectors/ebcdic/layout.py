"""Where the fields of a record lie, given how often its tables occur.

With OCCURS DEPENDING ON the offsets behind a table depend on the record, so a layout is made per combination of counts;
a file has few of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from config.errors import ConfigurationError
from connectors.ebcdic.copybook import Item, Sign, Usage
from connectors.ebcdic.picture import Picture

_BINARY_BYTES = ((4, 2), (9, 4), (18, 8))


@dataclass(frozen=True)
class Field:
    """One elementary field of a record."""

    column: str
    """Column it becomes: its name, with its subscripts where it is in a table."""
    offset: int
    width: int
    picture: Picture | None
    """None for floating point."""
    usage: Usage
    sign: Sign
    within: tuple[str, ...]
    """Names of the groups it is in, from outside in, and its own."""


@dataclass(frozen=True)
class Layout:
    """All fields of a record, without FILLER, and its length in bytes."""

    fields: tuple[Field, ...]
    length: int

    def field(self, column: str) -> Field:
        """The field of that column.

        Raises:
            ConfigurationError: the record has none.
        """
        field = self.find(column)
        if field is None:
            raise ConfigurationError(f"copybook: the record has no field {column}")
        return field

    def find(self, column: str) -> Field | None:
        """The field of that column, if the record has one."""
        return next((field for field in self.fields if field.column == column), None)


@dataclass(frozen=True)
class Table:
    """A table whose number of entries another field holds."""

    counter: str
    least: int
    most: int


def variable_tables(record: Item) -> tuple[Table, ...]:
    """The tables of a record whose size varies, in order.

    Raises:
        ConfigurationError: such a table stands inside another table.
    """
    return tuple(_variable_tables(record, is_inside=False))


def _variable_tables(item: Item, *, is_inside: bool) -> Iterator[Table]:
    if item.depending_on and item.occurs:
        if is_inside:
            raise ConfigurationError(f"copybook: {item.name}: a table of varying size inside a table is not supported")
        yield Table(item.depending_on, *item.occurs)
    for child in item.children:
        yield from _variable_tables(child, is_inside=is_inside or item.occurs is not None)


def lay_out(record: Item, *, counts: Mapping[str, int] | None = None, without: Collection[str] = frozenset()) -> Layout:
    """The layout of a record.

    Args:
        record: the declared record.
        counts: entries of its varying tables by the name of the counter; a table not named has its greatest size.
        without: groups this record lacks, because it has another alternative of their REDEFINES.
    """
    names = Counter(_names(record))
    builder = _Builder(counts or {}, {name for name, times in names.items() if times > 1}, without)
    length = builder.place(record, offset=0, subscripts=(), within=())
    return Layout(tuple(builder.fields), length)


def _names(item: Item) -> Iterator[str]:
    if not item.is_group and item.name != "FILLER":
        yield item.name
    for child in item.children:
        yield from _names(child)


class _Builder:
    def __init__(self, counts: Mapping[str, int], ambiguous: set[str], without: Collection[str]) -> None:
        self._counts = counts
        self._ambiguous = ambiguous
        self._without = without
        self.fields: list[Field] = []

    def place(self, item: Item, *, offset: int, subscripts: tuple[int, ...], within: tuple[str, ...]) -> int:
        """Places one item with all its occurrences; returns the bytes it takes."""
        if item.occurs is None:
            return self._place_one(item, offset=offset, subscripts=subscripts, within=within)
        most = self._counts.get(item.depending_on, item.occurs[1]) if item.depending_on else item.occurs[1]
        start = offset
        for number in range(1, most + 1):
            offset += self._place_one(item, offset=offset, subscripts=(*subscripts, number), within=within)
        return offset - start

    def _place_one(self, item: Item, *, offset: int, subscripts: tuple[int, ...], within: tuple[str, ...]) -> int:
        if not item.is_group:
            return self._place_field(item, offset=offset, subscripts=subscripts, within=within)
        start, end = offset, offset
        places: dict[str, int] = {}
        for child in item.children:
            if child.redefines and child.redefines not in places:
                raise ConfigurationError(f"copybook: {child.name} redefines {child.redefines}, which is not there")
            at = places[child.redefines] if child.redefines else end
            places[child.name] = at
            if child.name in self._without:
                continue
            size = self.place(child, offset=at, subscripts=subscripts, within=(*within, item.name))
            end = max(end, at + size)
        return end - start

    def _place_field(self, item: Item, *, offset: int, subscripts: tuple[int, ...], within: tuple[str, ...]) -> int:
        width = _width(item)
        if item.name != "FILLER":
            name = f"{item.name} OF {within[-1]}" if item.name in self._ambiguous and within else item.name
            column = f"{name}({','.join(map(str, subscripts))})" if subscripts else name
            self.fields.append(Field(column, offset, width, item.picture, item.usage, item.sign, (*within, item.name)))
        return width


def _width(item: Item) -> int:
    if item.usage in ("float", "double"):
        return 4 if item.usage == "float" else 8
    picture = item.picture
    assert picture is not None, "a field without a picture is refused when the copybook is parsed"
    if picture.kind != "number" or item.usage == "display":
        return picture.size + (1 if item.sign.is_separate and picture.kind in ("number", "pointed") else 0)
    if item.usage == "packed":
        return picture.digits // 2 + 1
    for digits, width in _BINARY_BYTES:
        if picture.digits <= digits:
            return width
    # Compilers with ARITH(EXTEND) go on: as many bytes as the digits need.
    return (int(10**picture.digits - 1).bit_length() + 1 + 7) // 8
