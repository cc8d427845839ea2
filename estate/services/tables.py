"""Tables of a simulated database as files: ``tables.json`` describes them, ``<table>.copy`` holds the rows.

Rows are in PostgreSQL's COPY text format (tab between cells, ``\\N`` for NULL, backslash before tab, line feed and
backslash), UTF-8: the server loads them at its own speed and SQLite's loader splits them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DESCRIPTION = "tables.json"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_MEANING = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


@dataclass(frozen=True)
class Table:
    """One table before it is loaded."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and SQL type, such as ``("kwota", "numeric(12,2)")``."""
    key: tuple[str, ...]


def write_table(folder: Path, table: Table, rows: Iterable[Sequence[str | None]]) -> None:
    """Add a table to a folder of tables."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{table.name}.copy").open("w", encoding="utf-8", newline="") as file:
        for row in rows:
            cells = ["\\N" if cell is None else cell.translate(_ESCAPES) for cell in row]
            file.write("\t".join(cells) + "\n")
    described = [each for each in read_tables(folder) if each.name != table.name]
    content = [{"name": t.name, "columns": t.columns, "key": t.key} for t in (*described, table)]
    (folder / DESCRIPTION).write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")


def read_tables(folder: Path) -> list[Table]:
    """The tables a folder describes."""
    path = folder / DESCRIPTION
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [
        Table(each["name"], tuple((name, kind) for name, kind in each["columns"]), tuple(each["key"]))
        for each in content
    ]


def read_rows(folder: Path, table: Table) -> Iterator[list[str | None]]:
    """The rows of a table."""
    with (folder / f"{table.name}.copy").open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield [None if cell == "\\N" else _unescaped(cell) for cell in line.removesuffix("\n").split("\t")]


def _unescaped(cell: str) -> str:
    if "\\" not in cell:
        return cell
    pieces, letters = [], iter(cell)
    for letter in letters:
        pieces.append(_MEANING[next(letters)] if letter == "\\" else letter)
    return "".join(pieces)
