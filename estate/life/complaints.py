"""Complaints, and who decided them: an advisor while the customer was on the line, or the back office."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, weighted
from estate.life.clock import wall_day
from estate.life.demand import weights
from estate.life.events import BARCODE, Events, concatenate, in_order
from estate.life.masters import master
from estate.life.orders import BY_LETTER
from estate.life.setting import Setting, blank, is_central, last_minute, mean_of, named_in, office_minutes
from estate.people import NONE

ACCEPTED, PARTLY, REJECTED, OPEN = range(4)
DECISIONS = ("accepted", "partly", "rejected", "open")
ADVISOR, BACK_OFFICE = range(2)
DECIDERS = ("advisor", "back_office")


@dataclass(frozen=True)
class Complaints(Events):
    """Complaints; source is ``ztNN-complaints`` before the cutover, ``zt99-complaints`` after it."""

    category: Ints
    channel: Ints
    """One of orders.CHANNELS."""
    contact: Ints
    """Row of the contact it was made in, else NONE."""
    letter: Ints
    """Row of the letter it came by, else NONE."""
    amount_grosze: Ints
    """In dispute."""
    granted_grosze: Ints
    decision: Ints
    decided_day: Ints
    """Days since 1970, NONE while open."""
    decided_by: Ints
    """One of DECIDERS, NONE while open."""
    reopened_from: Ints
    """Row of the complaint it repeats under a new number, else NONE."""


@dataclass(frozen=True)
class Grievances:
    """What arrives at a complaints desk, whichever way."""

    party: Ints
    minute: Ints
    channel: Ints
    contact: Ints
    letter: Ints
    has_barcode: Flags
    """The sheet of the letter has one, which then names the party."""
    decided_at_once: Flags
    """An advisor who may decide dealt with it while the customer was on the line."""


def make_complaints(setting: Setting, grievances: Grievances) -> Complaints:
    """Complaints with their decisions; some of the rejected ones come back under a new number."""
    draw = setting.draw("complaints")
    first = _complaints(setting, draw, grievances)
    rejected = np.flatnonzero(first.decision == REJECTED)
    again = rejected[chance(draw, len(rejected), setting.demand.complaints.reopened)]
    minute = office_minutes(draw, first.decided_day[again] + draw.integers(3, 25, len(again)))
    again, minute = again[minute < last_minute(setting)], minute[minute < last_minute(setting)]
    none = blank(len(again), NONE)
    never = np.zeros(len(again), dtype=bool)
    letter = Grievances(first.party[again], minute, blank(len(again), BY_LETTER), none, none, never, never)
    second = replace(_complaints(setting, draw, letter), reopened_from=again, category=first.category[again])
    return in_order(concatenate(first, second), own="reopened_from")


def _complaints(setting: Setting, draw: Draw, told: Grievances) -> Complaints:
    rule, size = setting.demand.complaints, len(told.party)
    day = wall_day(told.minute)
    central = is_central(setting.book, told.party, day)
    category = weighted(draw, weights(rule.share), size)
    amount = np.round(rule.amount_grosze * draw.lognormal(0, 1.1, size)).astype(np.int64) + 100
    at_once = told.decided_at_once & (amount <= rule.advisor_limit_grosze)
    decision = _decisions(draw, setting, category, at_once)
    days = draw.gamma(2.5, mean_of(rule.office_days, central) / 2.5)
    decided = np.where(at_once, day, day + 1 + days.astype(np.int64))
    is_open = decided > setting.first_and_last[1]
    granted = np.where(decision == ACCEPTED, amount, 0)
    granted = np.where(decision == PARTLY, (amount * draw.uniform(0.2, 0.8, size)).astype(np.int64), granted)
    named = named_in(draw, told.party, central=central)
    return Complaints(
        party=told.party,
        minute=told.minute,
        source=master("complaints", setting.book.point[told.party], is_central=central),
        number=blank(size),
        named_by=np.where(told.has_barcode, BARCODE, named),
        category=category,
        channel=told.channel,
        contact=told.contact,
        letter=told.letter,
        amount_grosze=amount,
        granted_grosze=np.where(is_open, 0, granted),
        decision=np.where(is_open, OPEN, decision),
        decided_day=np.where(is_open, NONE, decided),
        decided_by=np.where(is_open, NONE, np.where(at_once, ADVISOR, BACK_OFFICE)),
        reopened_from=blank(size, NONE),
    )


def _decisions(draw: Draw, setting: Setting, category: Ints, at_once: Flags) -> Ints:
    """Who is right gets right; an advisor also grants small sums for peace."""
    rule, size = setting.demand.complaints, len(category)
    is_right = chance(draw, size, weights(rule.justified)[category])
    is_partly = chance(draw, size, rule.partly_justified)
    is_kind = at_once & chance(draw, size, rule.kindness)
    return np.where(is_right | is_kind, ACCEPTED, np.where(is_partly, PARTLY, REJECTED))
