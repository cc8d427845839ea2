"""Desks with a queue of their own: the 140 hotlines of old, and the five regional platforms behind 9393 and 9330.

A cell is a desk at a kind of hour: a hotline on an ordinary weekday or in the days after the invoices, a platform in a
month, on a day of the week; serving the pilot only or the whole region. Loads are those of the nation
(:mod:`estate.life.queueing`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.units import UNIT_NAMES
from estate.draw import Flags, Floats, Ints
from estate.life.book import Book, cutover_days
from estate.life.clock import day_number, month_of, month_start, weekday
from estate.life.demand import Demand, at, weights
from estate.life.events import FAULT, INTERNET, OFFER, TOPICS
from estate.life.masters import REGIONS, by_point, product_lines
from estate.life.queueing import WaitLaw, agents_planned, wait_law
from estate.people import NONE
from estate.rates import Rates

HOURS, WEEK = 24, 7
_MONTH_0 = 393
"""October 2002, when the first platform was opened."""
_MONTHS = 51


@dataclass(frozen=True)
class Desks:
    """All cells: those of hotlines first, then those of platforms."""

    hotlines: Ints
    """System of each hotline."""
    law: WaitLaw
    agents: Ints
    """By cell."""
    calls: Floats
    """By cell, per hour."""
    millions: Floats
    """Customers served on a platform, by region (position in UNITS) and stage (pilot, region)."""


def desk_of(place: Ints, topic: Ints, *, is_firm: Flags, luck: Ints) -> Ints:
    """The hotline somebody at that point dials; firms have their own where the point has one."""
    system = np.where(topic == FAULT, by_point("il-naprawy")[place], by_point("il-rachunki")[place])
    products = product_lines()
    system = np.where(np.isin(topic, (OFFER, INTERNET)), products[luck % len(products)], system)
    business = by_point("il-biznes")[place]
    return np.where(is_firm & (business != NONE), business, system)


def is_bills(system: Ints) -> Flags:
    """Which hotlines get more calls in the days after the invoices."""
    return np.isin(system, by_point("il-rachunki")[:-1])


def week_profile(demand: Demand) -> Floats:
    """Share of a mean day's calls in each hour of each weekday, seven rows."""
    days = np.array(demand.weekdays) / np.mean(demand.weekdays)
    hours = np.array([demand.hours.weekday] * 5 + [demand.hours.weekend] * 2)
    return np.asarray(days[:, None] * hours / hours.sum(axis=1, keepdims=True))


def make_desks(book: Book, rates: Rates, demand: Demand) -> Desks:
    """Every desk with the law of its waits."""
    hotlines, calls = _hotline_calls(book, rates, demand)
    millions = _millions(book, rates)
    platform, manned = _platform_calls(millions, demand)
    old, new = demand.hotlines, demand.platform
    agents = np.concatenate(
        [
            _hotline_agents(calls, demand),
            agents_planned(
                platform,
                handling_s=new.planned_handling_s,
                safety=new.safety,
                manned=manned,
                least=new.least_agents,
            ),
        ]
    )
    # Calls are told in talks of the platform's length, so that one law serves both.
    load = np.concatenate([calls * old.handling_s / new.handling_s, platform])
    law = wait_law(load, agents=agents, handling_s=new.handling_s, patience=demand.patience)
    return Desks(hotlines=hotlines, law=law, agents=agents, calls=np.concatenate([calls, platform]), millions=millions)


def _hotline_calls(book: Book, rates: Rates, demand: Demand) -> tuple[Ints, Floats]:
    """The hotlines, and their calls per hour: ordinary days, then days of peak."""
    rows = np.flatnonzero(book.entity != NONE)
    share = np.zeros(len(hotline_systems()))
    for topic, weight in enumerate(weights(demand.topics)):
        system = desk_of(book.line_point[rows], np.full(len(rows), topic), is_firm=book.is_firm[rows], luck=rows)
        share += weight * np.bincount(np.searchsorted(hotline_systems(), system), minlength=len(share)) / len(rows)
    nation = rates.customers["nation"] / 1e6 * demand.hotlines.calls_per_million * WEEK / 5
    hours = np.array(demand.hours.hotline) / np.sum(demand.hours.hotline)
    peak = np.where(is_bills(hotline_systems()), demand.hotlines.peak, 1.0)
    factor = np.stack([np.ones(len(share)), peak], axis=1)
    calls = nation * (share / share.sum())[:, None, None] * factor[:, :, None] * hours
    return hotline_systems(), calls.ravel()


def hotline_systems() -> Ints:
    """All hotlines, by position in the registry."""
    local = np.concatenate([by_point(f"il-{suffix}") for suffix in ("rachunki", "naprawy", "biznes")])
    return np.sort(np.concatenate([local[local != NONE], product_lines()]))


def _hotline_agents(calls: Floats, demand: Demand) -> Ints:
    # The same people sit there in the days after the invoices: nobody plans for them.
    ordinary = calls.reshape(-1, 2, HOURS)[:, :1]
    rule = demand.hotlines
    agents = agents_planned(
        np.broadcast_to(ordinary, (len(ordinary), 2, HOURS)),
        handling_s=rule.planned_handling_s,
        safety=rule.safety,
        manned=np.float64(rule.manned) * np.ones(1),
        least=rule.least_agents,
    )
    return agents.ravel()


def _millions(book: Book, rates: Rates) -> Floats:
    whole = np.array([0.0, *(rates.region_customers[name] for name in UNIT_NAMES[1:])])
    pilots = np.bincount(book.region[book.is_pilot], minlength=REGIONS + 1)
    pilot = (rates.pilot.persons + rates.pilot.firms) / 1e6 * pilots / max(1, pilots.sum())
    return np.stack([pilot, whole], axis=1)


def _platform_calls(millions: Floats, demand: Demand) -> tuple[Floats, Floats]:
    middle = month_start(np.arange(_MONTH_0, _MONTH_0 + _MONTHS)) + 14
    per_million = at(demand.platform.calls_per_million, middle)
    calls = millions[:, :, None, None, None] * per_million[:, None, None] * week_profile(demand)
    manned = at(demand.platform.manned, middle)
    return calls.ravel(), np.broadcast_to(manned[:, None, None], calls.shape).ravel()


def hotline_cell(desks: Desks, system: Ints, *, is_peak: Flags, hour: Ints) -> Ints:
    """The cell of a call to a hotline."""
    return np.asarray((np.searchsorted(desks.hotlines, system) * 2 + is_peak) * HOURS + hour)


def platform_cell(desks: Desks, region: Ints, *, day: Ints, hour: Ints) -> Ints:
    """The cell of a call to a platform; which stage it is in is a matter of the day."""
    stage = (day >= cutover_days()[region]).astype(np.int64)
    month = np.clip(month_of(day) - _MONTH_0, 0, _MONTHS - 1)
    cell = ((region * 2 + stage) * _MONTHS + month) * WEEK + weekday(day)
    return np.asarray(len(desks.hotlines) * 2 * HOURS + cell * HOURS + hour)


def invoice_days(demand: Demand, points: int) -> Ints:
    """Day of the month on which each point sent all its invoices, before the cutover."""
    choices = np.array(demand.billing.day_before)
    return np.asarray(choices[np.arange(points) % len(choices)])


def days_since_invoices(day: Ints, point: Ints, *, demand: Demand, points: int) -> Ints:
    """Days since the point's last invoices."""
    of_month = day - month_start(month_of(day)) + 1
    since = of_month - invoice_days(demand, points)[point]
    return np.where(since < 0, since + 31, since)


def last_day(demand: Demand) -> int:
    """Last day of the life."""
    return day_number(demand.last_day)


def topic_weights(demand: Demand) -> Floats:
    """Weights of TOPICS among cases."""
    found = weights(demand.topics)
    assert len(found) == len(TOPICS)
    return found
