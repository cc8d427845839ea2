"""Cases, and the calls they make: the first, the returns of those not helped, the second try of those who hung up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Floats, Ints, chance, weighted
from estate.life.arrivals import openings
from estate.life.book import cutover_days
from estate.life.calls import Callers, Calls, join_calls
from estate.life.clock import day_number, weekday
from estate.life.demand import Demand, weights
from estate.life.desks import (
    HOURS,
    Desks,
    days_since_invoices,
    desk_of,
    hotline_cell,
    is_bills,
    last_day,
    platform_cell,
)
from estate.life.events import COMPLAINT
from estate.life.masters import CENTRE, regions_of_points
from estate.life.queueing import draw_waits
from estate.people import NONE

_WAVES = 5


@dataclass(frozen=True)
class _Wanted:
    """Calls somebody is about to make; columns as those of Calls."""

    row: Ints
    place: Ints
    day: Ints
    hour: Ints
    topic: Ints
    case: Ints
    attempt: Ints


def make_calls(draw: Draw, callers: Callers, desks: Desks, demand: Demand, *, scale: float) -> Calls:
    """All calls that reach a queue, the waves of one case after another; ``scale`` is the part of the nation."""
    row, place, day, hour, topic = openings(draw, callers, desks, demand, scale=scale)
    first = _Wanted(row, place, day, hour, topic, case=np.arange(len(row)), attempt=np.zeros(len(row), dtype=np.int64))
    wave = _attend(draw, callers, desks, demand, first)
    waves = [wave]
    for _ in range(_WAVES - 1):
        wave = _attend(draw, callers, desks, demand, _returns(draw, callers, demand, wave))
        waves.append(wave)
    calls = join_calls(*waves)
    return calls.take(np.flatnonzero(calls.day <= last_day(demand)))


def _attend(draw: Draw, callers: Callers, desks: Desks, demand: Demand, wanted: _Wanted) -> Calls:
    """Put calls into the queue of whoever serves them at that time."""
    known, size = wanted.row != NONE, len(wanted.row)
    live_day = np.where(known, callers.live_day[wanted.row], cutover_days()[regions_of_points()[wanted.place]])
    day, hour = _opening_hours(wanted.day, wanted.hour, is_hotline=wanted.day < live_day)
    # Who waited for a hotline to open may find the platform instead: cutovers are on Mondays.
    is_hotline = day < live_day
    is_firm = known & callers.book.is_firm[wanted.row]
    dialled = desk_of(wanted.place, wanted.topic, is_firm=is_firm, luck=wanted.case)
    cell = _cells(desks, demand, dialled, wanted.place, day, hour, is_hotline=is_hotline)
    wait, answered = draw_waits(draw, desks.law, cell, patience=demand.patience)
    able = _able(demand, wanted.topic, day, is_hotline=is_hotline) - demand.solving.busy * desks.law.waiting[cell]
    return Calls(
        row=wanted.row,
        place=wanted.place,
        day=day,
        hour=hour,
        minute=draw.integers(0, 60, size),
        topic=wanted.topic,
        case=wanted.case,
        attempt=wanted.attempt,
        system=np.where(is_hotline, dialled, NONE),
        cell=cell,
        wait_s=np.round(wait).astype(np.int64),
        is_answered=answered,
        is_solved=answered & chance(draw, size, able),
    )


def _cells(
    desks: Desks, demand: Demand, dialled: Ints, place: Ints, day: Ints, hour: Ints, *, is_hotline: Flags
) -> Ints:
    since = days_since_invoices(day, place, demand=demand, points=CENTRE + 1)
    is_peak = is_bills(dialled) & (since < demand.hotlines.peak_days)
    hotline = hotline_cell(desks, dialled, is_peak=is_peak, hour=hour)
    return np.where(is_hotline, hotline, platform_cell(desks, regions_of_points()[place], day=day, hour=hour))


def _able(demand: Demand, topic: Ints, day: Ints, *, is_hotline: Flags) -> Floats:
    """Chance that a talk ends the case, where nobody waits."""
    rule = demand.solving
    able = weights(rule.able)[topic]
    has_rights = ~is_hotline & (day >= day_number(rule.rights_from))
    able = np.where((topic == COMPLAINT) & ~has_rights, rule.without_rights, able)
    return np.asarray(able * np.where(is_hotline, rule.on_hotline, 1.0))


def _opening_hours(day: Ints, hour: Ints, *, is_hotline: Flags) -> tuple[Ints, Ints]:
    """Hotlines are open on weekdays from eight to six; who comes late calls on the next day they are open."""
    late = is_hotline & (hour > 17)
    day, hour = day + late, np.where(late, 8, hour)
    day = day + np.where(is_hotline & (weekday(day) > 4), 7 - weekday(day), 0)
    return day, np.where(is_hotline, np.maximum(hour, 8), hour)


def _returns(draw: Draw, callers: Callers, demand: Demand, wave: Calls) -> _Wanted:
    """Who calls again, when, and from which of their lines."""
    rule = demand.solving
    luck = draw.random(len(wave))
    again = np.where(wave.is_answered, ~wave.is_solved & (luck < rule.returns), luck < demand.retry)
    late = wave.take(np.flatnonzero(again))
    size = len(late)
    days = np.where(late.is_answered, draw.exponential(rule.return_days, size), 0.0).astype(np.int64)
    later = late.hour + draw.integers(1, 4, size)
    is_same_day = (days == 0) & (later < HOURS)
    any_hour = weighted(draw, np.array(demand.hours.weekday, dtype=np.float64), size)
    row = _other_record(draw, callers, late, demand)
    return _Wanted(
        row=row,
        place=np.where(row == NONE, late.place, callers.book.line_point[row]),
        day=late.day + np.where(is_same_day, 0, np.maximum(days, 1)),
        hour=np.where(is_same_day, later, any_hour),
        topic=late.topic,
        case=late.case,
        attempt=late.attempt + 1,
    )


def _other_record(draw: Draw, callers: Callers, late: Calls, demand: Demand) -> Ints:
    """The same record, or another one of the same customer."""
    size = len(late)
    other = callers.order[callers.first[late.row] + (draw.random(size) * callers.count[late.row]).astype(np.int64)]
    switches = (late.row != NONE) & late.is_answered & chance(draw, size, demand.solving.by_other_record)
    # A line that is not opened yet cannot be called from.
    switches &= callers.book.opened[other] <= late.day
    return np.where(switches, other, late.row)
