"""What the demo shows: a line per event, the table per unit, the times, and where to go on."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

# Into a file or a pipe the lines are as long as they need to be.
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


class Stages:
    """Names the stages and keeps their times."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._begun = time.monotonic()

    @contextmanager
    def stage(self, title: str) -> Iterator[None]:
        """Announce a stage and time it."""
        console.print(f"[bold]{title}[/bold]")
        begun = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - begun

    def show(self) -> None:
        """The time of each stage."""
        table = Table(title="Time of each stage", title_justify="left", box=None, pad_edge=False)
        table.add_column("stage")
        table.add_column("seconds", justify="right")
        for title, seconds in self.seconds.items():
            table.add_row(title, f"{seconds:.1f}")
        table.add_row("in all", f"{time.monotonic() - self._begun:.1f}")
        console.print(table)


class Ticker:
    """Says what each unit does, once per change."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._said: dict[str, str] = {}

    def report(self, unit: str, doing: str) -> None:
        """Print a line when a unit does something else than before."""
        if self._said.get(unit) != doing:
            self._said[unit] = doing
            console.print(f"{time.monotonic() - self._begun:6.1f} s  {unit:<9} {doing}")


COLUMNS = ("unit", "release", "systems", "delivered", "loaded", "quarantined", "links", "customers")
MEASURES = ("expected precision", "precision", "recall")


def units_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """The table per unit."""
    table = Table(title="Units, in the order they went live", title_justify="left", box=None, pad_edge=False)
    for column in (*COLUMNS, *MEASURES):
        table.add_column(column, justify="left" if column == "unit" else "right", no_wrap=column in COLUMNS)
    for row in rows:
        cells = [row["unit"], *(_count(row.get(column)) for column in COLUMNS[1:])]
        table.add_row(*cells, *(_share(row.get(column)) for column in MEASURES))
    console.print(table)
    console.print(
        "Expected precision is what the product believes of its links; precision and recall are what the truth says."
    )


def _count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}".replace(",", " ")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"


def without_password(url: str) -> str:
    """An address as it may stand on a screen."""
    head, _, address = url.rpartition("@")
    return f"{head.rpartition(':')[0]}@{address}"


def where_to_go(state: Mapping[str, Any]) -> None:
    """Addresses, log-ins, and how to go on."""
    console.print(
        f"""
[bold]It runs on.[/bold]
Airflow       {state["airflow_url"]}
Match queue   {state["review_url"]}
Log in as     engineer, approver, steward or viewer; passwords in {state["accounts_file"]}
BI tool       PostgreSQL at {without_password(state["bi_url"])}
              password in {state["home"]}/keys/blekit_bi.password; schema bi;
              the connection option `-c blekit.release=N` pins release N
Try           .venv/bin/blekit cutover status, review queue, release list, score, --help
Stop          make stop"""
    )
