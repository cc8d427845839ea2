"""The weights of a pair as a waterfall: each comparison starts where the one before ended.

Weights arrive in integer micro-bits and their sum is the match weight, exactly; what is drawn is rounded, what is
written is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 320
"""Width of the drawing, in its own units."""


@dataclass(frozen=True)
class Bar:
    """One comparison of the waterfall."""

    comparison: str
    level: str
    meaning: str
    micro_bits: int
    left: int
    width: int
    total_micro_bits: int
    values: tuple[str | None, str | None] | None
    """What was compared, of either record; None where neither has it."""

    @property
    def speaks_for(self) -> bool:
        """Whether it makes the same customer likelier."""
        return self.micro_bits >= 0


def waterfall(steps: Sequence[Mapping[str, Any]]) -> tuple[Bar, ...]:
    """The bars of a waterfall, in the order of the steps.

    Args:
        steps: ``comparison``, ``level``, ``micro_bits`` and perhaps ``meaning``, ``value_1`` and ``value_2`` of each
            step, the prior first.
    """
    totals = [0]
    for step in steps:
        totals.append(totals[-1] + int(step["micro_bits"]))
    low, high = min(totals), max(totals)
    span = max(high - low, 1)

    def place(total: int) -> int:
        return (total - low) * WIDTH // span

    return tuple(
        Bar(
            comparison=str(step["comparison"]),
            level=str(step["level"]),
            meaning=str(step.get("meaning", "")),
            micro_bits=int(step["micro_bits"]),
            left=min(place(before), place(after)),
            width=max(abs(place(after) - place(before)), 1),
            total_micro_bits=after,
            values=_values(step),
        )
        for step, before, after in zip(steps, totals[:-1], totals[1:], strict=True)
    )


def _values(step: Mapping[str, Any]) -> tuple[str | None, str | None] | None:
    values = step.get("value_1"), step.get("value_2")
    return None if values == (None, None) else values
