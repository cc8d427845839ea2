"""Invoices: before the cutover the whole point on one day of the month, after it in cycles spread over the month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.accounts import REKEYED
from estate.draw import Draw, Ints
from estate.life.book import cutover_days
from estate.life.clock import month_of, month_start
from estate.life.desks import invoice_days
from estate.life.events import ACCOUNT, NEW_ACCOUNT, Events, concatenate, in_order
from estate.life.masters import CENTRE, master, regions_of_points
from estate.life.setting import Setting, blank, is_central, minutes_on

_MONTH_DAYS = 26
"""Cycles are spread over the first 26 days, so that every month has them."""
_NIGHT_RUN = 22 * 60


@dataclass(frozen=True)
class Invoices(Events):
    """Invoices; source is ``ztNN-billing`` before the cutover, ``zt99-billing`` after it; ``minute`` is of issue."""

    month: Ints
    """Billed month: years since 1970 times twelve, plus the month from 0."""
    cycle: Ints
    """0 for the one day of a point of old, else 1 to k."""
    due_day: Ints
    amount_grosze: Ints
    """Gross."""
    usage_grosze: Ints
    """Part of it for calls, the rest is rent."""


def make_invoices(setting: Setting) -> Invoices:
    """The invoices of the months that demand names, for every line that is paid for."""
    draw = setting.draw("invoices")
    book, rule = setting.book, setting.demand.billing
    rows = setting.active[book.reason[setting.active] != REKEYED]
    cut = month_of(cutover_days()[np.where(book.is_pilot[rows], 0, regions_of_points()[book.line_point[rows]])])
    around = [*range(-rule.months_before, 0), *range(1, rule.months_after + 1)]
    last = [np.datetime64(month, "M").astype(np.int64) for month in rule.last_months]
    parts = [_invoices(setting, draw, rows, cut + shift) for shift in around]
    parts += [_invoices(setting, draw, rows, np.full(len(rows), int(month))) for month in last]
    return in_order(concatenate(parts[0], *parts[1:]))


def _invoices(setting: Setting, draw: Draw, rows: Ints, month: Ints) -> Invoices:
    """The invoices issued in that month, for the month before it."""
    book, rule = setting.book, setting.demand.billing
    start = month_start(month)
    central = is_central(book, rows, start)
    cycle = np.where(central, rows % rule.cycles + 1, 0)
    spread_day = (cycle - 1) * _MONTH_DAYS // rule.cycles
    day = start + np.where(central, spread_day, invoice_days(setting.demand, CENTRE + 1)[book.point[rows]] - 1)
    known = np.flatnonzero(book.opened[rows] < day)
    rows, day, central, cycle, month = rows[known], day[known], central[known], cycle[known], month[known]
    size = len(rows)
    factor = np.where(book.is_firm[rows], rule.firm_factor, 1.0)
    usage = np.round(rule.usage_grosze * factor * draw.lognormal(0, 0.9, size)).astype(np.int64)
    return Invoices(
        party=rows,
        minute=minutes_on(draw, day, _NIGHT_RUN + draw.integers(0, 90, size)),
        source=master("billing", book.point[rows], is_central=central),
        number=blank(size),
        named_by=np.where(central, NEW_ACCOUNT, ACCOUNT),
        month=month - 1,
        cycle=cycle,
        due_day=day + rule.due_days,
        amount_grosze=usage + np.round(rule.rent_grosze * factor).astype(np.int64),
        usage_grosze=usage,
    )
