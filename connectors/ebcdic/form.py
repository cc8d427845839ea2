"""How a file of COBOL records is written, as a kind or a stranger tells us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from config.errors import ConfigurationError
from connectors.ebcdic.copybook import Item
from connectors.ebcdic.frames import RecordFormat
from connectors.ebcdic.hierarchy import Hierarchy
from connectors.ebcdic.layout import Layout, Table, lay_out, variable_tables
from connectors.ebcdic.numbers import is_ebcdic


@dataclass(frozen=True)
class Segments:
    """Kinds of record in one file, told apart by a one-byte field all begin with."""

    field: str
    detail: str
    header: str = ""
    trailer: str = ""
    header_record: Item | None = None
    trailer_record: Item | None = None
    trailer_count: str = ""
    trailer_sum: str = ""
    trailer_sum_of: str = ""

    @property
    def ends(self) -> list[tuple[str, Item]]:
        """Segments and records of header and trailer, those there are."""
        pairs = ((self.header, self.header_record), (self.trailer, self.trailer_record))
        return [(name, record) for name, record in pairs if name and record is not None]


@dataclass(frozen=True)
class EbcdicFormat:
    """How a file of COBOL records is written."""

    record: Item
    """The detail record."""
    record_format: RecordFormat
    pages: tuple[str, ...]
    required: tuple[str, ...] = ()
    segments: Segments | None = None
    redefines_field: str = ""
    redefines: Mapping[str, str] = field(default_factory=dict)
    """Value of :attr:`redefines_field` to the group that is meant."""
    is_ieee: bool = False
    hierarchy: Hierarchy | None = None
    """Which group belongs to which, where rows are to get the keys of what they belong to."""

    def check(self) -> None:
        """Whether files can be read by it.

        Raises:
            ConfigurationError: the record has no bytes, or lacks a field or group that is named.
        """
        if not self.longest.length:
            raise ConfigurationError(f"copybook: the record {self.record.name} has no bytes")
        for table in self.tables:
            self.longest.field(table.counter)
        if self.redefines_field and not self.group_of:
            raise ConfigurationError(f"copybook: no value of {self.redefines_field} means anything")
        if self.hierarchy:
            groups = self.redefines.values() if self.redefines_field else ()
            self.hierarchy.check(groups=groups, layout=self.longest)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Tables of varying size; none where every record has its full length anyway."""
        return variable_tables(self.record) if self.record_format in ("rdw", "vb", "vbs", "variable") else ()

    @cached_property
    def alternatives(self) -> tuple[str, ...]:
        """Groups of the REDEFINES of which a record has one, and the length with it: segments of one file.

        None where all of them make the same length, or records have one length anyway.
        """
        groups = dict.fromkeys(self.redefines.values()) if self.record_format != "fixed" else {}
        lengths = {lay_out(self.record, without=groups.keys() - {group}).length for group in groups}
        return tuple(groups) if len(lengths) > 1 else ()

    @cached_property
    def longest(self) -> Layout:
        """The layout with every table full."""
        return lay_out(self.record)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Columns in the order of the copybook."""
        return tuple(field.column for field in self.longest.fields)

    @cached_property
    def _layouts(self) -> dict[tuple[str, tuple[int, ...]], Layout]:
        return {}

    def layout_of(self, counts: tuple[int, ...], *, group: str = "") -> Layout:
        """The layout with so many entries in the first tables; tables not counted yet are at their least.

        Args:
            counts: entries.
            group: which of :attr:`alternatives` the record has; all of them when empty.
        """
        if (group, counts) not in self._layouts:
            sizes = {table.counter: table.least for table in self.tables}
            sizes |= {table.counter: count for table, count in zip(self.tables, counts, strict=False)}
            others = {other for other in self.alternatives if group and other != group}
            self._layouts[group, counts] = lay_out(self.record, counts=sizes, without=others)
        return self._layouts[group, counts]

    @cached_property
    def group_of(self) -> Mapping[bytes, str]:
        """Stored value of :attr:`redefines_field` to the group that is meant.

        Raises:
            ConfigurationError: the field cannot hold one of the values.
        """
        page, width = self.pages[0], self.longest.field(self.redefines_field).width
        for value in self.redefines:
            if len(value) > width or value.encode(page, "ignore").decode(page) != value:
                raise ConfigurationError(f"copybook: {self.redefines_field} of {width} bytes cannot hold {value!r}")
        blank = " ".encode(page)
        return {value.encode(page).ljust(width, blank): group for value, group in self.redefines.items()}

    @property
    def is_ebcdic_text(self) -> bool:
        """Whether texts and zoned digits are EBCDIC."""
        return is_ebcdic(self.pages[0])
