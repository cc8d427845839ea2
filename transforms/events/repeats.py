"""Rows of a log that say again what stands a moment before: a client that got no answer asks every second.

The first of them is the event. A storm may last minutes, so each row is compared with the one before it, not with the
first one.
"""

from __future__ import annotations

import pandas as pd

from config.kinds import RepeatRules

REASON = "repeat"


def find_repeats(text: pd.DataFrame, at: pd.Series, rules: RepeatRules | None) -> pd.Series:
    """The reason to exclude a row that repeats another one; missing for the first, and where no clock can be read.

    Args:
        text: raw columns, in the order of the log.
        at: instant of each row; rows of one instant count in the order of the log.
        rules: in what rows agree, and how soon the next one comes.
    """
    reasons = pd.Series(pd.NA, index=text.index, dtype="string")
    if rules is None or text.empty:
        return reasons
    columns = list(rules.columns)
    rows = text[columns].assign(_at=at)
    rows = rows[rows[columns].notna().all(axis="columns") & at.notna()].sort_values("_at", kind="stable")
    lag = rows.groupby(columns, sort=False)["_at"].diff()
    reasons[lag.index[lag <= pd.Timedelta(seconds=rules.seconds)]] = REASON
    return reasons
