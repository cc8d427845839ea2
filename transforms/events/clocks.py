"""Sites whose clock is off: one call, seen by two systems, at two times.

An advisor hangs up and the fault is in the book of the repair desk; the talking machine hands a call over and the queue
logs it. Where the two systems' clocks agree, both times are the same minute. A site whose clock is four minutes ahead
is four minutes ahead in every such pair, so the median over its pairs tells by how much, and how far the pairs of all
sites lie from their medians tells how sure that is. Desks are databases with one clock for all points: theirs counts as
right. Machines are compared with the queue, and the queue's own offset is added.

Nothing is put right here: an event keeps the time its system wrote.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from config.noticing import ClockRules

TICKETS = ("fault", "complaint")
"""Types of events an advisor writes down at the end of a call; a call is about one if its topic is that word."""
_WANTED = [
    "event_id",
    "event_type",
    "source_id",
    "batch_id",
    "record_id",
    "occurred_on",
    "occurred_at",
    "wait_s",
    "talk_s",
]
_WANTED += ["number", "related_number", "topic", "channel", "outcome"]
_TO_SPREAD = 1.4826
"""From the median absolute deviation to the standard deviation of what is normally distributed."""
CLOCKS = ("source_id", "batch_id", "first_on", "last_on", "offset_s", "low_s", "high_s", "pairs")


def skewed_clocks(events: pa.Table, *, rules: ClockRules | None = None) -> pd.DataFrame:
    """Deliveries of sites whose clock was off.

    Args:
        events: events with their parties (EVENT_RECORD and ``record_id``).
        rules: when a clock is off.

    Returns:
        :data:`CLOCKS`, by source, then first day: seconds the clock was ahead (negative: behind), the ends of the
        confidence interval, and of how many pairs. A delivery with too few pairs has the offset of its site.
    """
    rules = rules or ClockRules()
    rows = events.select(_WANTED).to_pandas()
    rows["occurred_at"] = pd.to_datetime(rows["occurred_at"], utc=True)
    calls = rows[rows["event_type"].eq("contact") & rows["occurred_at"].notna()]
    of_sites = _estimates(_with_tickets(calls, rows, rules), rows, rules)
    of_machines = _estimates(_with_queues(calls, rows, of_sites, rules), rows, rules)
    found = pd.concat([of_sites, of_machines], ignore_index=True)
    is_off = found["low_s"].gt(rules.limit_s) | found["high_s"].lt(-rules.limit_s)
    return found[is_off].sort_values(["source_id", "first_on", "batch_id"], ignore_index=True)[list(CLOCKS)]


def _with_tickets(calls: pd.DataFrame, rows: pd.DataFrame, rules: ClockRules) -> pd.DataFrame:
    """Answered calls beside what was written down when they ended, of one customer and about one matter."""
    answered = calls[calls["outcome"].eq("answered") & calls["topic"].isin(TICKETS) & calls["record_id"].notna()]
    ended = _later(answered, "wait_s", "talk_s")
    by_phone = rows["channel"].isna() | rows["channel"].eq("phone")
    is_ticket = rows["event_type"].isin(TICKETS) & by_phone & rows["record_id"].notna() & rows["occurred_at"].notna()
    tickets = rows.loc[is_ticket, ["record_id", "event_type", "occurred_at"]]
    both = answered.assign(ended=ended).merge(
        tickets.rename(columns={"event_type": "topic", "occurred_at": "written"}),
        on=["record_id", "topic"],
        how="inner",
    )
    return _pairs(both, (both["ended"] - both["written"]).dt.total_seconds(), rules)


def _with_queues(calls: pd.DataFrame, rows: pd.DataFrame, sites: pd.DataFrame, rules: ClockRules) -> pd.DataFrame:
    """What machines handed over beside the call it became; the queue's own offset is taken off."""
    legs = rows[rows["event_type"].eq("ivr_event") & rows["related_number"].notna() & rows["occurred_at"].notna()]
    queued = calls[["number", "batch_id", "occurred_at"]].dropna().drop_duplicates("number")
    queued = queued.merge(sites[["batch_id", "offset_s"]], on="batch_id", how="inner", validate="m:1")
    both = legs.assign(ended=_later(legs, "talk_s")).merge(
        queued.rename(columns={"number": "related_number", "batch_id": "_", "occurred_at": "taken"}),
        on="related_number",
        how="inner",
        validate="m:1",
    )
    # The queue shows minutes, the machine seconds.
    apart = (both["ended"].dt.floor("min") - both["taken"].dt.floor("min")).dt.total_seconds()
    return _pairs(both, apart + both["offset_s"], rules)


def _later(rows: pd.DataFrame, *durations: str) -> pd.Series:
    seconds = sum(rows[name].fillna(0).astype("int64") for name in durations)
    later: pd.Series = rows["occurred_at"] + pd.to_timedelta(seconds, unit="s")
    return later


def _pairs(both: pd.DataFrame, apart_s: pd.Series, rules: ClockRules) -> pd.DataFrame:
    pairs = both[["source_id", "batch_id"]].assign(apart_s=apart_s.astype("float64"))
    near: pd.DataFrame = pairs[pairs["apart_s"].abs() <= rules.reach_s]
    return near


def _estimates(pairs: pd.DataFrame, rows: pd.DataFrame, rules: ClockRules) -> pd.DataFrame:
    """Offset and its interval per delivery of the sites in the pairs: its own, else that of its site."""
    around = pairs["apart_s"] - pairs.groupby("source_id")["apart_s"].transform("median")
    spread = _TO_SPREAD * float(around.abs().median()) if len(pairs) else 0.0
    own, of_site = (_estimate(pairs, key, spread, rules) for key in ("batch_id", "source_id"))
    deliveries = rows[rows["source_id"].isin(pairs["source_id"])].groupby(["source_id", "batch_id"])["occurred_on"]
    found = deliveries.agg(first_on="min", last_on="max").reset_index()
    measures = ["offset_s", "low_s", "high_s", "pairs"]
    of_its_own = found.join(own, on="batch_id")[measures]
    found[measures] = of_its_own.where(of_its_own["pairs"].notna(), found.join(of_site, on="source_id")[measures])
    found = found[found["pairs"].notna()]
    return found.assign(pairs=found["pairs"].astype("int64")).reset_index(drop=True)


def _estimate(pairs: pd.DataFrame, key: str, spread: float, rules: ClockRules) -> pd.DataFrame:
    """Per site or delivery; none where fewer pairs agree than :attr:`ClockRules.least_pairs`, or only a minority."""
    grouped = pairs.groupby(key)["apart_s"]
    found = grouped.agg(offset_s="median", pairs="size")
    is_near = (pairs["apart_s"] - grouped.transform("median")).abs() <= max(3 * spread, rules.limit_s)
    agreeing = is_near.groupby(pairs[key]).sum()
    half = rules.standard_errors * spread / np.sqrt(found["pairs"])
    found = found.assign(low_s=found["offset_s"] - half, high_s=found["offset_s"] + half)
    known: pd.DataFrame = found[(agreeing >= rules.least_pairs) & (2 * agreeing > found["pairs"])]
    return known
