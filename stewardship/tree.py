"""One customer as a tree of records: every line is the link by which a record, and all that hangs on it, came in.

The least record is the root. Below each record stand those whose link leads to it, in the order in which they joined,
so the weakest bridge is a line, and what would leave without it hangs below it or is all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROW, INDENT, MARGIN = 34, 30, 14
WIDTH = 900
"""Of the drawing, in its own units."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Node:
    """One record of the drawing, with the line to the one above it."""

    record_ref: str
    title: str
    x: int
    y: int
    join: Row | None
    """The join its line stands for; None for the root."""
    parent_y: int
    is_weakest: bool
    is_leaving: bool
    """Whether it would leave if the weakest bridge were cut."""
    is_asked: bool
    """Whether the case is about this record."""


@dataclass(frozen=True)
class Tree:
    """The drawing of one customer."""

    nodes: tuple[Node, ...]

    @property
    def height(self) -> int:
        """In the drawing's units."""
        return len(self.nodes) * ROW


def tree(customer: Row, *, asked: Sequence[str] = ()) -> Tree:
    """The drawing of a customer.

    Args:
        customer: as ``pipeline.explain_customers`` tells it.
        asked: references of the records a case is about.
    """
    weakest = customer["weakest_bridge"] or {"join": None, "leaving": ()}
    titles = {row["record_ref"]: _title(row) for row in customer["records"]}
    nodes: list[Node] = []
    for record_ref, depth, join, parent in _walk(customer["record_refs"], customer["joins"]):
        nodes.append(
            Node(
                record_ref=record_ref,
                title=titles.get(record_ref, ""),
                x=MARGIN + depth * INDENT,
                y=MARGIN + len(nodes) * ROW,
                join=join,
                parent_y=next((node.y for node in nodes if node.record_ref == parent), 0),
                is_weakest=join is not None and join["join"] == weakest["join"],
                is_leaving=record_ref in weakest["leaving"],
                is_asked=record_ref in asked,
            )
        )
    return Tree(tuple(nodes))


def _title(record: Row) -> str:
    return ", ".join(str(record[name]) for name in ("name", "source_id") if record[name])


def _walk(record_refs: Sequence[str], joins: Sequence[Row]) -> list[tuple[str, int, Row | None, str | None]]:
    """Record, depth, join and record above, from top to bottom; records no join reaches are roots of their own."""
    neighbours: dict[str, list[tuple[str, Row]]] = {record_ref: [] for record_ref in record_refs}
    for join in joins:
        one, other = join["record_ref_1"], join["record_ref_2"]
        neighbours.setdefault(one, []).append((other, join))
        neighbours.setdefault(other, []).append((one, join))
    walked: list[tuple[str, int, Row | None, str | None]] = []
    seen: set[str] = set()
    waiting: list[tuple[str, int, Row | None, str | None]] = [(root, 0, None, None) for root in reversed(record_refs)]
    while waiting:
        step = waiting.pop()
        if step[0] in seen:
            continue
        seen.add(step[0])
        walked.append(step)
        waiting += [(other, step[1] + 1, join, step[0]) for other, join in reversed(neighbours[step[0]])]
    return walked
