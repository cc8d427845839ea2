"""What commands print: the result on stdout, everything else on stderr.

With ``--json`` the result is one JSON document and an error is one too, so that a script never has to read prose.
Progress and errors hold no personal data; results may, where a person asked for them.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer

from config.errors import BlekitError

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as one JSON document.")]

Row = Mapping[str, Any]


def show(result: Any, *, as_json: bool, render: Callable[[Any], None]) -> None:
    """Print a result: as JSON, or as its renderer lays it out."""
    if as_json:
        print_json(result)
    else:
        render(result)


def print_json(result: Any) -> None:
    """One JSON document on stdout; dates as ISO 8601."""
    sys.stdout.write(json.dumps(result, ensure_ascii=False, default=str) + "\n")


def line(text: str = "") -> None:
    """A line of the result."""
    sys.stdout.write(text + "\n")


def table(rows: Iterable[Row], columns: Sequence[str], *, nothing: str = "nothing") -> None:
    """Rows as a table, numbers to the right; piped into a file it is as wide as it needs to be."""
    rows = list(rows)
    if not rows:
        line(nothing)
        return
    from rich.console import Console
    from rich.table import Table

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        is_number = all(isinstance(row.get(column), int | float | None) for row in rows)
        grid.add_column(column, justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        grid.add_row(*(_cell(row.get(column)) for column in columns))
    console = Console(width=None if sys.stdout.isatty() else 400, markup=False, highlight=False)
    console.print(grid)


def fields(row: Row, names: Sequence[str] | None = None) -> None:
    """One thing, a name and a value per line."""
    chosen = names or list(row)
    width = max((len(name) for name in chosen), default=0)
    for name in chosen:
        line(f"{name:<{width}}  {_cell(row.get(name))}")


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", " ")
    if isinstance(value, list | tuple):
        return ", ".join(_cell(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(each)}" for name, each in value.items())
    return str(value)


def bits(micro_bits: int | None) -> str:
    """A match weight as a person reads it."""
    return "–" if micro_bits is None else f"{micro_bits / 1_000_000:+.2f}"


def reporter() -> Callable[[str], None]:
    """Progress on stderr, with the seconds since the start."""
    begun = time.monotonic()

    def report(message: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:6.1f} s  {message}\n")
        sys.stderr.flush()

    return report


def counted(things: Sequence[str], report: Callable[[str], None], *, what: str) -> Iterable[str]:
    """Go through things and say how many are done and about how long the rest takes."""
    begun = time.monotonic()
    for done, thing in enumerate(things):
        spent = time.monotonic() - begun
        rest = f", about {spent / done * (len(things) - done):.0f} s left" if done else ""
        report(f"{what} {thing}: {done + 1} of {len(things)}{rest}")
        yield thing


def print_error(error: BlekitError, *, as_json: bool) -> None:
    """An error on stderr, with its code and what to do."""
    if as_json:
        shape = {
            "error": error.code,
            "message": error.message,
            "hint": error.hint or None,
            "exit_code": error.exit_code,
        }
        sys.stderr.write(json.dumps(shape, ensure_ascii=False) + "\n")
        return
    sys.stderr.write(f"error {error.code}: {error.message}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")
