"""When something that is seen of many events together is odd enough to be said.

All figures are invented; those of clocks are about call logs that show minutes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClockRules:
    """When the clock of a system is off: what it logged beside what other systems wrote down about the same."""

    reach_s: int = 1800
    """Two entries of one customer about one matter are about the same call if they are no farther apart."""
    limit_s: int = 60
    """A clock is off when the whole confidence interval of its offset lies farther from zero. Logs show minutes, so
    clocks that are right seem to be up to one apart."""
    standard_errors: float = 2.0
    """Half of the confidence interval, in standard errors."""
    least_pairs: int = 2
    """Pairs that have to agree; one alone may be two calls."""


@dataclass(frozen=True)
class UnitRules:
    """When the unit of a counter changed without a word."""

    least_rows: int = 30
    """Rows on either side of the change."""
    p_value: float = 0.001
    """Of Pettitt's test that nothing changed."""
    factor: float = 3.0
    """At least so many times more, or less, is counted per second than before."""
