"""Faults of lines: the repair desks (biuro napraw)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Ints, chance
from estate.life.clock import wall_day
from estate.life.contacts import ANSWERED, Contacts, ended
from estate.life.events import FAULT, Events, concatenate, in_order
from estate.life.masters import master
from estate.life.setting import Setting, blank, is_central, last_minute, mean_of, named_in, office_minutes
from estate.people import NONE

CAUSES = ("cable", "exchange", "socket", "modem", "storm", "theft", "none found")


@dataclass(frozen=True)
class Faults(Events):
    """Faults; source is ``ztNN-faults`` before the cutover, ``zt99-faults`` after it."""

    cause: Ints
    contact: Ints
    """Row of the contact it was reported in, else NONE."""
    repaired_minute: Ints
    """NONE while open."""
    reopened_from: Ints
    """Row of the fault it repeats under a new number, else NONE."""


def make_faults(setting: Setting, contacts: Contacts) -> Faults:
    """What customers reported, and what broke again."""
    draw = setting.draw("faults")
    rows = np.flatnonzero(
        (contacts.topic == FAULT) & (contacts.outcome == ANSWERED) & (contacts.attempt == 0) & (contacts.party != NONE)
    )
    first = _faults(setting, draw, contacts.party[rows], ended(contacts, rows), rows, blank(len(rows), NONE))
    again = np.flatnonzero((first.repaired_minute != NONE) & chance(draw, len(rows), setting.demand.faults.reopened))
    minute = office_minutes(draw, wall_day(first.repaired_minute[again]) + draw.integers(1, 20, len(again)))
    again, minute = again[minute < last_minute(setting)], minute[minute < last_minute(setting)]
    second = _faults(setting, draw, first.party[again], minute, blank(len(again), NONE), again)
    return in_order(concatenate(first, second), own="reopened_from")


def _faults(setting: Setting, draw: Draw, party: Ints, minute: Ints, contact: Ints, reopened: Ints) -> Faults:
    central = is_central(setting.book, party, wall_day(minute))
    hours = draw.exponential(mean_of(setting.demand.faults.repair_hours, central))
    repaired = minute + 20 + (hours * 60).astype(np.int64)
    return Faults(
        party=party,
        minute=minute,
        source=master("faults", setting.book.point[party], is_central=central),
        number=blank(len(party)),
        named_by=named_in(draw, party, central=central),
        cause=draw.integers(0, len(CAUSES), len(party)),
        contact=contact,
        repaired_minute=np.where(repaired > last_minute(setting), NONE, repaired),
        reopened_from=reopened,
    )
