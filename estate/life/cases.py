"""Cases, and the calls they make: the first one, the returns of those not helped, the second try of those who hung up.

Demand tells how many calls reach the queues. Returns are part of them, so cases open as much more rarely as a case
makes calls on the average; then wave after wave of returns follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np

from estate.draw import Draw, Flags, Floats, Ints, chance, weighted
from estate.life.book import STILL_OPEN, Book, cutover_days
from estate.life.clock import day_number, month_of, weekday
from estate.life.demand import Demand, Knots, at, weights
from estate.life.desks import (
    HOURS,
    WEEK,
    Desks,
    days_since_invoices,
    desk_of,
    hotline_cell,
    is_bills,
    last_day,
    platform_cell,
    week_profile,
)
from estate.life.events import COMPLAINT, INVOICE, OFFER, ORDER, PAYMENT
from estate.life.masters import CENTRE, REGIONS, regions_of_points
from estate.life.queueing import draw_waits, mean_answered_wait
from estate.people import NONE

_WAVES = 5
_SKEW = 1.4
"""Some customers call more often than others: positions among customers are powers of a uniform number."""
_NO_PEAK = (OFFER, ORDER)


@dataclass(frozen=True)
class Calls:
    """Calls to desks, in columns."""

    row: Ints
    """Row of the book, NONE for strangers."""
    place: Ints
    """Point from which they call."""
    day: Ints
    """On the wall."""
    hour: Ints
    minute: Ints
    """Of the hour."""
    topic: Ints
    case: Ints
    attempt: Ints
    system: Ints
    """Hotline, NONE on a platform."""
    cell: Ints
    wait_s: Ints
    is_answered: Flags
    is_solved: Flags

    def __len__(self) -> int:
        return len(self.row)

    def take(self, positions: Ints) -> Calls:
        """Those at the positions."""
        return Calls(**{f.name: getattr(self, f.name)[positions] for f in fields(self)})


@dataclass(frozen=True)
class Callers:
    """Who can call, and from when on they call a platform."""

    book: Book
    rows: Ints
    """Of customers who still have their line, shuffled."""
    live_day: Ints
    """By row of the book: first day on the platform of the region of the line."""
    order: Ints
    """Rows sorted by customer."""
    first: Ints
    """By row of the book: where the rows of its customer begin in ``order``."""
    count: Ints


def callers_of(book: Book, draw: Draw) -> Callers:
    """The callers of a book."""
    rows = draw.permutation(np.flatnonzero((book.entity != NONE) & (book.closed == STILL_OPEN)))
    days = cutover_days()
    live = np.where(book.is_pilot, days[0], days[regions_of_points()[book.line_point]])
    order = rows[np.argsort(book.entity[rows], kind="stable")]
    entities, start, size = np.unique(book.entity[order], return_index=True, return_counts=True)
    place = np.clip(np.searchsorted(entities, book.entity), 0, max(0, len(entities) - 1))
    return Callers(book, rows, live, order, start[place], size[place])


def spread(draw: Draw, expected: Floats) -> Ints:
    """Whole numbers of events per cell, whose sums follow the sums of what is expected to within one."""
    total = np.floor(np.cumsum(expected) + draw.random())
    return np.diff(np.concatenate([[0.0], total])).astype(np.int64)


def make_calls(draw: Draw, callers: Callers, desks: Desks, demand: Demand, *, scale: float) -> Calls:
    """All calls that reach a queue, the waves of one case after another; ``scale`` is the part of the nation."""
    openings = _hotline_cases(draw, callers, desks, demand, scale=scale)
    openings += _platform_cases(draw, callers, desks, demand, scale=scale)
    columns = [np.concatenate(column) for column in zip(*openings, strict=True)]
    row, place, day, hour, topic = columns
    wave = _attend(
        draw, callers, desks, demand, row, place, day, hour, topic, np.arange(len(row)), np.zeros(len(row), np.int64)
    )
    waves = [wave]
    for _ in range(_WAVES - 1):
        wave = _returns(draw, callers, desks, demand, wave)
        waves.append(wave)
    calls = join_calls(*waves)
    return calls.take(np.flatnonzero(calls.day <= last_day(demand)))


Columns = tuple[Ints, ...]


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
    first = day_number(demand.hotlines.first_day)
    profile = np.array(demand.hours.hotline) / np.sum(demand.hours.hotline)
    nation = desks.millions[:, 1].sum() * demand.hotlines.calls_per_million * scale * WEEK / 5
    returns = _hotline_returns(desks, demand)
    opened: list[Columns] = []
    for point in range(CENTRE + 1):
        rows = callers.rows[book.line_point[callers.rows] == point]
        rows = rows[np.argsort(book.opened[rows], kind="stable")]
        live = int(cutover_days()[regions_of_points()[point]])
        days = np.arange(first, live)
        days = days[weekday(days) < 5]
        since = days_since_invoices(days, np.full(len(days), point), demand=demand, points=CENTRE + 1)
        is_peak = since < demand.hotlines.peak_days
        mean = nation * len(rows) / len(callers.rows) * (1 - returns)
        wanted = _topics_on_a_day(demand)
        day = np.repeat(days, HOURS)
        expected = mean * np.where(np.repeat(is_peak, HOURS), wanted.sum(axis=1)[1], 1.0) * np.tile(profile, len(days))
        count = spread(draw, expected)
        day, hour = np.repeat(day, count), np.repeat(np.tile(np.arange(HOURS), len(days)), count)
        size = len(day)
        known = np.searchsorted(book.opened[rows], day, side="right")
        if not len(rows) or not size:
            continue
        row = rows[np.minimum((draw.random(size) * np.maximum(known, 1)).astype(np.int64), len(rows) - 1)]
        peaked = np.repeat(np.repeat(is_peak, HOURS), count)
        topic = np.where(peaked, weighted(draw, wanted[1], size), weighted(draw, wanted[0], size))
        # Who takes part in the pilot calls 9393 from its first day.
        stays = callers.live_day[row] > day
        row = np.where(chance(draw, size, demand.stranger), NONE, row)
        opened.append(tuple(c[stays] for c in (row, np.full(size, point), day, hour, topic)))
    return opened


def _topics_on_a_day(demand: Demand) -> Floats:
    """Weights of topics on ordinary days and in the days after the invoices."""
    ordinary = weights(demand.topics) / weights(demand.topics).sum()
    peak = ordinary.copy()
    peak[[INVOICE, PAYMENT, COMPLAINT]] *= demand.hotlines.peak
    return np.stack([ordinary, peak])


def _able(demand: Demand, topic: Ints, day: Ints, *, is_hotline: Flags) -> Floats:
    """Chance that a talk ends the case, where nobody waits."""
    rule = demand.solving
    able = weights(rule.able)[topic]
    has_rights = ~is_hotline & (day >= day_number(rule.rights_from))
    able = np.where((topic == COMPLAINT) & ~has_rights, rule.without_rights, able)
    return np.asarray(able * np.where(is_hotline, rule.on_hotline, 1.0))


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


def _attend(
    draw: Draw,
    callers: Callers,
    desks: Desks,
    demand: Demand,
    row: Ints,
    place: Ints,
    day: Ints,
    hour: Ints,
    topic: Ints,
    case: Ints,
    attempt: Ints,
) -> Calls:
    """Put calls into the queue of whoever serves them at that time."""
    known = row != NONE
    region = regions_of_points()[place]
    live_day = np.where(known, callers.live_day[row], cutover_days()[region])
    day, hour = _opening_hours(day, hour, is_hotline=day < live_day)
    # Who waited for a hotline to open may find the platform instead: cutovers are on Mondays.
    is_hotline = day < live_day
    is_firm = known & callers.book.is_firm[row]
    system = np.where(is_hotline, desk_of(place, topic, is_firm=is_firm, luck=case), NONE)
    since = days_since_invoices(day, place, demand=demand, points=CENTRE + 1)
    is_peak = is_bills(system) & (since < demand.hotlines.peak_days)
    safe = np.where(is_hotline, system, desks.hotlines[0])
    cell = np.where(
        is_hotline,
        hotline_cell(desks, safe, is_peak=is_peak, hour=hour),
        platform_cell(desks, region, day=day, hour=hour),
    )
    wait, answered = draw_waits(draw, desks.law, cell, patience=demand.patience)
    able = _able(demand, topic, day, is_hotline=is_hotline) - demand.solving.busy * desks.law.waiting[cell]
    return Calls(
        row=row,
        place=place,
        day=day,
        hour=hour,
        minute=draw.integers(0, 60, len(row)),
        topic=topic,
        case=case,
        attempt=attempt,
        system=system,
        cell=cell,
        wait_s=np.round(wait).astype(np.int64),
        is_answered=answered,
        is_solved=answered & chance(draw, len(row), able),
    )


def _opening_hours(day: Ints, hour: Ints, *, is_hotline: Flags) -> tuple[Ints, Ints]:
    """Hotlines are open on weekdays from eight to six; who comes late calls on the next day they are open."""
    late = is_hotline & (hour > 17)
    day, hour = day + late, np.where(late, 8, hour)
    day = day + np.where(is_hotline & (weekday(day) > 4), 7 - weekday(day), 0)
    return day, np.where(is_hotline, np.maximum(hour, 8), hour)


def _returns(draw: Draw, callers: Callers, desks: Desks, demand: Demand, wave: Calls) -> Calls:
    """Who calls again, when, and from which of their lines."""
    rule = demand.solving
    size = len(wave)
    luck = draw.random(size)
    again = np.where(wave.is_answered, ~wave.is_solved & (luck < rule.returns), luck < demand.retry)
    late = wave.take(np.flatnonzero(again))
    size = len(late)
    days = np.where(late.is_answered, draw.exponential(rule.return_days, size), 0.0).astype(np.int64)
    profile = np.array(demand.hours.weekday, dtype=np.float64)
    later = late.hour + draw.integers(1, 4, size)
    is_same_day = (days == 0) & (later < HOURS)
    day = late.day + np.where(is_same_day, 0, np.maximum(days, 1))
    hour = np.where(is_same_day, later, weighted(draw, profile, size))
    row = _other_record(draw, callers, late, demand)
    place = np.where(row == NONE, late.place, callers.book.line_point[row])
    return _attend(draw, callers, desks, demand, row, place, day, hour, late.topic, late.case, late.attempt + 1)


def _other_record(draw: Draw, callers: Callers, late: Calls, demand: Demand) -> Ints:
    """The same record, or another one of the same customer."""
    size = len(late)
    other = callers.order[callers.first[late.row] + (draw.random(size) * callers.count[late.row]).astype(np.int64)]
    switches = (late.row != NONE) & late.is_answered & chance(draw, size, demand.solving.by_other_record)
    # A line that is not opened yet cannot be called from.
    switches &= callers.book.opened[other] <= late.day
    return np.where(switches, other, late.row)


def join_calls(*parts: Calls) -> Calls:
    """One after another."""
    return Calls(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Calls)})
