"""Cases as they open, hour by hour: on the hotlines until the cutover, on the platforms from it on.

Demand tells how many calls reach the queues. Returns are part of them, so cases open as much more rarely as a case
makes calls on the average.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Floats, Ints, chance, weighted
from estate.life.book import cutover_days
from estate.life.calls import Callers, spread
from estate.life.clock import day_number, month_of, weekday
from estate.life.demand import Demand, Knots, at, weights
from estate.life.desks import HOURS, WEEK, Desks, days_since_invoices, last_day, platform_cell, week_profile
from estate.life.events import COMPLAINT, INVOICE, PAYMENT
from estate.life.masters import CENTRE, REGIONS, regions_of_points
from estate.life.queueing import mean_answered_wait
from estate.people import NONE

_SKEW = 1.4
"""Some customers call more often than others: positions among customers are powers of a uniform number."""

Columns = tuple[Ints, ...]
"""Row, place, day, hour and topic of cases."""


def openings(draw: Draw, callers: Callers, desks: Desks, demand: Demand, *, scale: float) -> Columns:
    """Every case, where and when it opens."""
    parts = _hotline_cases(draw, callers, desks, demand, scale=scale)
    parts += _platform_cases(draw, callers, desks, demand, scale=scale)
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def _platform_cases(draw: Draw, callers: Callers, desks: Desks, demand: Demand, *, scale: float) -> list[Columns]:
    """Row, place, day, hour and topic of the cases of each platform, the pilot before its region."""
    opened: list[Columns] = []
    for flow in platform_flows(callers, desks, demand, demand.platform.calls_per_million, scale=scale):
        cell = platform_cell(desks, np.full(len(flow.day), flow.region), day=flow.day, hour=flow.hour)
        expected = flow.expected * (1 - _return_share(desks, demand, cell, flow.expected, day=flow.day))
        row, place, day, hour = pick(draw, callers, flow, expected, strangers=demand.stranger)
        opened.append((row, place, day, hour, weighted(draw, weights(demand.topics), len(day))))
    return opened


@dataclass(frozen=True)
class Flow:
    """Calls of one region before or after its cutover, hour by hour."""

    region: int
    is_region: bool
    """False where only the pilot is served."""
    rows: Ints
    """Who can call."""
    day: Ints
    hour: Ints
    expected: Floats


def platform_flows(callers: Callers, desks: Desks, demand: Demand, curve: Knots, *, scale: float) -> Iterator[Flow]:
    """What a curve of calls per million and day means for each region and hour."""
    first, end = int(cutover_days()[0]), last_day(demand) + 1
    for region in range(1, REGIONS + 1):
        live = int(cutover_days()[region])
        rows = callers.rows[regions_of_points()[callers.book.line_point[callers.rows]] == region]
        pilots = rows[callers.book.is_pilot[rows]]
        for stage, days, able in ((0, np.arange(first, live), pilots), (1, np.arange(live, end), rows)):
            if len(able):
                day = np.repeat(days, HOURS)
                hour = np.tile(np.arange(HOURS), len(days))
                per_day = at(curve, day) * desks.millions[region, stage] * scale
                yield Flow(region, stage == 1, able, day, hour, per_day * week_profile(demand)[weekday(day), hour])


def pick(draw: Draw, callers: Callers, flow: Flow, expected: Floats, *, strangers: float) -> Columns:
    """Row, place, day and hour of each call of a flow."""
    count = spread(draw, expected)
    day, hour = np.repeat(flow.day, count), np.repeat(flow.hour, count)
    size = len(day)
    row = flow.rows[(draw.random(size) ** _SKEW * len(flow.rows)).astype(np.int64)]
    place = callers.book.line_point[row]
    # Of the pilot only its customers know: a stranger who dials 9393 before the region has it is nobody's call.
    row = np.where(chance(draw, size, strangers if flow.is_region else 0.0), NONE, row)
    return row, place, day, hour


def _hotline_cases(draw: Draw, callers: Callers, desks: Desks, demand: Demand, *, scale: float) -> list[Columns]:
    """The same for the hotlines, point by point until its region is cut over."""
    book = callers.book
    nation = desks.millions[:, 1].sum() * demand.hotlines.calls_per_million * scale * WEEK / 5
    nation *= 1 - _hotline_returns(desks, demand)
    opened: list[Columns] = []
    for point in range(CENTRE + 1):
        rows = callers.rows[book.line_point[callers.rows] == point]
        if len(rows):
            calls_a_day = nation * len(rows) / len(callers.rows)
            day, hour, topic = _hotline_hours(draw, point, demand, calls_a_day=calls_a_day)
            rows = rows[np.argsort(book.opened[rows], kind="stable")]
            known = np.maximum(np.searchsorted(book.opened[rows], day, side="right"), 1)
            row = rows[(draw.random(len(day)) * known).astype(np.int64)]
            # Who takes part in the pilot calls 9393 from its first day.
            stays = callers.live_day[row] > day
            row = np.where(chance(draw, len(day), demand.stranger), NONE, row)
            columns = (row, np.full(len(day), point), day, hour, topic)
            opened.append(tuple(column[stays] for column in columns))
    return opened


def _hotline_hours(draw: Draw, point: int, demand: Demand, *, calls_a_day: float) -> tuple[Ints, Ints, Ints]:
    """Day, hour and topic of the cases of one point; in the days after its invoices there are more of some topics."""
    days = np.arange(day_number(demand.hotlines.first_day), int(cutover_days()[regions_of_points()[point]]))
    days = days[weekday(days) < 5]
    since = days_since_invoices(days, np.full(len(days), point), demand=demand, points=CENTRE + 1)
    is_peak = np.repeat(since < demand.hotlines.peak_days, HOURS)
    wanted = _topics_on_a_day(demand)
    profile = np.array(demand.hours.hotline) / np.sum(demand.hours.hotline)
    expected = calls_a_day * np.where(is_peak, wanted[1].sum(), 1.0) * np.tile(profile, len(days))
    count = spread(draw, expected)
    peaked = np.repeat(is_peak, count)
    size = len(peaked)
    topic = np.where(peaked, weighted(draw, wanted[1], size), weighted(draw, wanted[0], size))
    day, hour = np.repeat(days, HOURS), np.tile(np.arange(HOURS), len(days))
    return np.repeat(day, count), np.repeat(hour, count), topic


def _topics_on_a_day(demand: Demand) -> Floats:
    """Weights of topics on ordinary days and in the days after the invoices."""
    ordinary = weights(demand.topics) / weights(demand.topics).sum()
    peak = ordinary.copy()
    peak[[INVOICE, PAYMENT, COMPLAINT]] *= demand.hotlines.peak
    return np.stack([ordinary, peak])


def _return_share(desks: Desks, demand: Demand, cell: Ints, expected: Floats, *, day: Ints) -> Floats:
    """Of the calls of each hour, those that are returns or second tries."""
    lost = mean_answered_wait(desks.law, patience=demand.patience)[1][cell]
    rule = demand.solving
    mean = float(weights(demand.topics) @ weights(rule.able)) - rule.busy * desks.law.waiting[cell]
    share = (1 - lost) * (1 - mean) * rule.returns + lost * demand.retry
    # Smoothed over the hours of a month, for returns come on other days.
    month = month_of(day) - month_of(day).min()
    calls = np.bincount(month, expected)
    return np.asarray((np.bincount(month, share * expected) / np.maximum(calls, 1e-9))[month])


def _hotline_returns(desks: Desks, demand: Demand) -> float:
    """The same for the hotlines, on the average."""
    cells = len(desks.hotlines) * 2 * HOURS
    lost_by_cell = mean_answered_wait(desks.law, patience=demand.patience)[1][:cells]
    calls = desks.calls[:cells]
    lost = float(lost_by_cell @ calls / calls.sum())
    rule = demand.solving
    able = float(weights(demand.topics) @ weights(rule.able)) * rule.on_hotline
    able -= rule.busy * float(desks.law.waiting[:cells] @ calls / calls.sum())
    return (1 - lost) * (1 - able) * rule.returns + lost * demand.retry
