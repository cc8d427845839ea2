"""The simulated legacy estate: an independent producer of deliveries, and the hidden truth behind them.

It first makes a world of people and firms, then lets each legacy system see its part of it through its own habits and
errors, and writes what it believes in its own format. Same seed and scale give the same bytes.
"""

from __future__ import annotations

from estate.build import BuildSummary, build

__all__ = ["BuildSummary", "build"]
