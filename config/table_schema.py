"""The description of a table that flows: columns, key, and what each column means."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from config.errors import BugError

TEXT = pa.string()
DATE = pa.date32()
LONG = pa.int64()
FLAG = pa.bool_()
INSTANT = pa.timestamp("s", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One column: name, Arrow type, meaning (it becomes the COMMENT in the warehouse)."""

    name: str
    type: pa.DataType
    meaning: str
    is_required: bool = False


@dataclass(frozen=True)
class TableSchema:
    """Columns and key of one table."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    meaning: str

    @property
    def arrow(self) -> pa.Schema:
        """As an Arrow schema; key and required columns are not nullable."""
        return pa.schema(
            [
                pa.field(column.name, column.type, nullable=not (column.is_required or column.name in self.key))
                for column in self.columns
            ]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    def check(self, table: pa.Table) -> pa.Table:
        """The same table, if it has exactly these columns and types and no null where none may be.

        Raises:
            BugError: it does not; some package broke its promise.
        """
        if table.schema.names != list(self.names):
            raise BugError(f"table {self.name}: columns {table.schema.names}, expected {list(self.names)}")
        for field in self.arrow:
            column = table.column(field.name)
            if column.type != field.type:
                raise BugError(f"table {self.name}: column {field.name} is {column.type}, expected {field.type}")
            if not field.nullable and column.null_count:
                raise BugError(f"table {self.name}: column {field.name} has {column.null_count} nulls, allowed none")
        return table

    def empty(self) -> pa.Table:
        """A table of this schema without rows."""
        return self.arrow.empty_table()


def required(name: str, type_: pa.DataType, meaning: str) -> Column:
    """A column that is never null although it is no key."""
    """A column that is never null although it is no key."""
    return Column(name, type_, meaning, is_required=True)
