"""Counters whose unit changed without a word: impulses of three minutes until March 2003, seconds from then on.

No record says what it counted, but how many units a second makes jumps from one call to the next and stays there.
Pettitt's test finds the place: the rank sums of what comes before and behind it are as far apart as they can be.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from config.noticing import UnitRules

_WANTED = ["event_id", "source_id", "batch_id", "sequence", "occurred_on", "occurred_at", "talk_s", "units"]
CHANGES = ("source_id", "batch_id", "sequence", "changed_on", "before", "after")


def changed_units(events: pa.Table, *, rules: UnitRules | None = None) -> pd.DataFrame:
    """Deliveries that count in another unit than their system did at first.

    Args:
        events: EVENT_RECORD; those that count no units are not looked at.
        rules: when a unit has changed.

    Returns:
        :data:`CHANGES`, by source and delivery: the first record of the delivery (in file order) behind the change, the
        day it was made, and the median of seconds per unit before and after it. Of several changes of a system the
        greatest is told.
    """
    rules = rules or UnitRules()
    rows = events.select(_WANTED).to_pandas()
    rows = rows[rows["units"].gt(0) & rows["talk_s"].gt(0) & rows["occurred_at"].notna()]
    frames = [found for _, its in rows.groupby("source_id") if (found := _changed(its, rules)) is not None]
    together = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(CHANGES))
    return together.sort_values(["source_id", "batch_id"], ignore_index=True)[list(CHANGES)]


def _changed(rows: pd.DataFrame, rules: UnitRules) -> pd.DataFrame | None:
    rows = rows.sort_values(["occurred_at", "event_id"], ignore_index=True)
    per_unit = rows["talk_s"].astype("float64") / rows["units"].astype("float64")
    at, p_value = change_point(per_unit)
    if p_value > rules.p_value or min(at, len(rows) - at) < rules.least_rows:
        return None
    before, after = float(per_unit[:at].median()), float(per_unit[at:].median())
    if max(before, after) < rules.factor * min(before, after):
        return None
    first = rows[at:].groupby(["source_id", "batch_id"])["sequence"].min().reset_index()
    return first.assign(changed_on=rows["occurred_on"][at], before=before, after=after)


def change_point(values: pd.Series) -> tuple[int, float]:
    """Where a series most likely changes (position of the first value behind it), and how likely it never does.

    Source: A. N. Pettitt, A non-parametric approach to the change-point problem, Applied Statistics 28 (1979).
    """
    size = len(values)
    if size < 2:
        return 0, 1.0
    position = np.arange(1, size)
    statistic = np.abs(2 * values.rank().cumsum().to_numpy()[:-1] - position * (size + 1))
    at = int(statistic.argmax())
    p_value = 2 * float(np.exp(-6 * statistic[at] ** 2 / (size**3 + size**2)))
    return at + 1, min(1.0, p_value)
