"""Matrices of levels, asked by names instead of numbers."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedupe.comparisons import Comparison

Mask = NDArray[np.bool_]


def numbers_of(levels: Sequence[str]) -> Any:
    """The number of each level by its name, as compiled loops take them: ``numbers_of(PESEL_LEVELS).near``."""
    return namedtuple("Levels", levels)(*range(len(levels)))


class Named:
    """Pair × comparison or pattern × comparison, asked by names."""

    def __init__(self, levels: NDArray[np.int8], comparisons: tuple[Comparison, ...]) -> None:
        self._levels = levels
        self._comparisons = {comparison.name: (place, comparison) for place, comparison in enumerate(comparisons)}

    def at(self, name: str, *levels: str) -> Mask:
        """Where a comparison has one of the levels; a name ending in ``*`` means all that start so."""
        place, comparison = self._comparisons[name]
        wanted = [
            number
            for number, level in enumerate(comparison.levels)
            if any(level == want or (want.endswith("*") and level.startswith(want[:-1])) for want in levels)
        ]
        return np.isin(self._levels[:, place], wanted)
