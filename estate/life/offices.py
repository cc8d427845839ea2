"""Visits to a customer office: a BOK of the point before the cutover, one of the POK after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, weighted
from estate.life.book import cutover_days
from estate.life.calls import spread
from estate.life.clock import day_number, weekday
from estate.life.demand import at, weights
from estate.life.events import Events, in_order, take
from estate.life.masters import CENTRE, REGIONS, master, regions_of_points
from estate.life.queueing import draw_waits, wait_law
from estate.life.setting import Setting, blank, is_central, mean_of, minutes_on, named_in


@dataclass(frozen=True)
class Visits(Events):
    """Visits; source is ``ztNN-bok`` before the cutover of the customer's unit, ``zt99-bok`` after it."""

    office: Ints
    """Number of the office: of the point before, of the nation after; from 1."""
    topic: Ints
    queue_s: Ints
    """Waiting in line."""
    served_s: Ints
    travel_km: Ints
    is_solved: Flags


def make_visits(setting: Setting) -> Visits:
    """Who went to an office; nobody is counted who left the line."""
    draw = setting.draw("offices")
    rule, book = setting.demand.offices, setting.book
    row, day = _visitors(setting, draw)
    size = len(row)
    central = is_central(book, row, day)
    hour = rule.opens + draw.integers(0, rule.open_hours, size)
    waits, stays = _queue(setting, draw, central)
    point = book.line_point[row]
    near = row % int(rule.per_point.before) + 1
    visits = Visits(
        party=row,
        minute=minutes_on(draw, day, hour * 60 + draw.integers(0, 60, size)),
        source=master("bok", point, is_central=central),
        number=blank(size),
        named_by=named_in(draw, row, central=central),
        office=np.where(central, point % int(rule.per_point.after) + 1, near),
        topic=weighted(draw, weights(rule.topics), size),
        queue_s=waits,
        served_s=np.round(30 + draw.exponential(rule.served_s - 30, size)).astype(np.int64),
        travel_km=np.round(draw.exponential(mean_of(rule.travel_km, central))).astype(np.int64),
        is_solved=chance(draw, size, 0.85),
    )
    kept = np.flatnonzero(stays)
    return in_order(take(visits, kept))


def _visitors(setting: Setting, draw: Draw) -> tuple[Ints, Ints]:
    """Row and day of each visit: weekdays, region by region, many before the cutover and fewer after it."""
    rule, book = setting.demand.offices, setting.book
    rows, days = [], []
    for region in range(1, REGIONS + 1):
        mine = setting.active[regions_of_points()[book.line_point[setting.active]] == region]
        day = np.arange(day_number(rule.first_day), setting.first_and_last[1] + 1)
        day = day[weekday(day) < 5]
        is_live = day >= cutover_days()[region]
        per_million = np.where(is_live, at(rule.visits_per_million.after, day), rule.visits_per_million.before)
        count = spread(draw, per_million * setting.desks.millions[region, 1] * setting.scale * 7 / 5)
        if len(mine):
            day = np.repeat(day, count)
            row = mine[draw.integers(0, len(mine), len(day))]
            known = book.opened[row] <= day
            rows.append(row[known])
            days.append(day[known])
    return np.concatenate(rows), np.concatenate(days)


def _queue(setting: Setting, draw: Draw, central: Flags) -> tuple[Ints, Flags]:
    """Seconds in line, and who stayed to the end of it; an office is small, so its queue is long."""
    rule = setting.demand.offices
    millions = setting.desks.millions[:, 1].sum()
    after = float(np.mean([value for _, value in rule.visits_per_million.after[1:]]))
    offices = np.array([rule.per_point.before * CENTRE, rule.per_point.after])
    visits = np.array([rule.visits_per_million.before, after]) * millions * 7 / 5 / offices / rule.open_hours
    clerks = np.array([rule.clerks.before, rule.clerks.after]).astype(np.int64)
    law = wait_law(visits, agents=clerks, handling_s=rule.served_s, patience=rule.patience)
    waits, stays = draw_waits(draw, law, central.astype(np.int64), patience=rule.patience)
    return np.round(waits).astype(np.int64), stays
