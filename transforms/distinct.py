"""Cleaning each distinct value once.

Legacy columns repeat themselves: a million rows hold a few thousand streets. Cleaners here are plain functions of one
value, easy to read and to test; this module runs them once per distinct value, or combination of values, and maps the
answers back. Missing values never reach a cleaner unless it asks for combinations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

Answer = tuple[Any, ...]


def python_values(column: pd.Series) -> list[Any]:
    """The column as Python objects, missing as None."""
    return [None if value is pd.NA else value for value in column.tolist()]


def on_distinct(values: pd.Series, clean: Callable[[str], Answer], *, names: Sequence[str]) -> pd.DataFrame:
    """What ``clean`` says of each value, in columns of these names.

    Args:
        values: any text; where it is missing the answer is missing in every column.
        clean: gives one entry per name, None for missing.
        names: columns of the result.

    Returns:
        Object columns on the same index.
    """
    codes, uniques = pd.factorize(values)
    answers = [clean(str(value)) for value in uniques]
    # One more row of nothing at the end: missing values have code -1 and take it.
    table = {name: _objects([answer[at] for answer in answers] + [None])[codes] for at, name in enumerate(names)}
    return pd.DataFrame(table, index=values.index, columns=list(names), dtype=object)


def on_distinct_rows(frame: pd.DataFrame, clean: Callable[..., Answer], *, names: Sequence[str]) -> pd.DataFrame:
    """The same for combinations: ``clean`` takes one argument per column of the frame, None where it is missing."""
    known: dict[Answer, Answer] = {}
    answers: list[Answer] = []
    for row in zip(*(python_values(frame[column]) for column in frame.columns), strict=True):
        if row not in known:
            known[row] = clean(*row)
        answers.append(known[row])
    table = {name: _objects([answer[at] for answer in answers]) for at, name in enumerate(names)}
    return pd.DataFrame(table, index=frame.index, columns=list(names), dtype=object)


def as_text(values: pd.Series) -> pd.Series:
    """Objects as a text column; None is missing."""
    return values.astype("string")


def _objects(values: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array
