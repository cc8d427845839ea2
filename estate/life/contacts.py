"""Calls to an advisor: on a hotline of old, or on 9393 and 9330.

One row is one leg that reached the queue. A case opens with a contact; what is not solved comes back within days, now
and then from another telephone line of the same customer, and who gave up waiting tries again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Ints, chance
from estate.life.book import cutover_days
from estate.life.calls import Calls, join_calls
from estate.life.events import ACCOUNT, Events, in_order, take
from estate.life.masters import by_region, hotline_numbers, regions_of_points
from estate.life.setting import Setting, keyed_in, last_minute, minutes_on, shown
from estate.people import NONE

ANSWERED, ABANDONED, PHANTOM = range(3)
OUTCOMES = ("answered", "abandoned", "phantom")
"""A phantom call seized the line and never had anybody on it."""


FOR_PERSONS, FOR_FIRMS = 9393, 9330
_KEYED_IN = 0.6
"""Of answered calls, those whose advisor had the account on the screen."""
_WRITTEN_DOWN = 0.15
"""Of answered calls to hotlines, those with an account number in the log."""
_SHIFTS = 4
_SPREAD = 0.7


@dataclass(frozen=True)
class Contacts(Events):
    """Call legs to advisors."""

    second: Ints
    """Of its minute, 0 to 59."""
    line: Ints
    """What was dialled: 9393, 9330, or the nine digits of a hotline."""
    ani: Ints
    """Nine digits the exchange showed, 0 where withheld; not always the party's own line."""
    topic: Ints
    wait_s: Ints
    """In the queue, until answered or given up."""
    talk_s: Ints
    """0 unless answered."""
    outcome: Ints
    agent: Ints
    """Advisor of that system, from 1; 0 unless answered."""
    from_ivr: Flags
    """The machine handed the call over; the IVR has a row of it too."""
    is_rerouted: Flags
    """A firm that dialled 9393, or a person who dialled 9330."""
    case: Ints
    """Truth: which case it is about."""
    attempt: Ints
    """Truth: 0 where the case opens, 1 for the first return."""
    is_noted: Flags
    """The advisor noted the case as closed, rightly or not."""
    is_solved: Flags
    """Truth: the case ended with this talk."""


def make_contacts(setting: Setting, calls: Calls) -> Contacts:
    """The legs of these calls as the hotlines and platforms log them, and some phantoms."""
    draw = setting.draw("contacts")
    size = len(calls)
    ghosts = calls.take(np.flatnonzero(chance(draw, size, setting.demand.phantom)))
    legs = join_calls(calls, ghosts)
    is_phantom = np.arange(len(legs)) >= size
    size = len(legs)
    on_platform = legs.system == NONE
    region = regions_of_points()[legs.place]
    answered = legs.is_answered & ~is_phantom
    is_firm = (legs.row != NONE) & setting.book.is_firm[legs.row]
    line, rerouted = _dialled(draw, setting, legs, on_platform, is_firm)
    ani, named = shown(setting, draw, legs.row, legs.place)
    named = keyed_in(draw, named, legs.row, share=np.where(answered & on_platform, _KEYED_IN, 0.0))
    named = keyed_in(draw, named, legs.row, share=np.where(answered & ~on_platform, _WRITTEN_DOWN, 0.0), by=ACCOUNT)
    handed = on_platform & (legs.day >= cutover_days()[1]) & chance(draw, size, setting.demand.platform.handed_over)
    solved = legs.is_solved & ~is_phantom
    noted = solved | (answered & chance(draw, size, setting.demand.solving.noted_all_the_same))
    contacts = Contacts(
        party=legs.row,
        minute=minutes_on(draw, legs.day, legs.hour * 60 + legs.minute),
        source=np.where(on_platform, by_region("cti")[region], legs.system),
        number=np.zeros(size, dtype=np.int64),
        named_by=named,
        second=draw.integers(0, 60, size),
        line=line,
        ani=ani,
        topic=legs.topic,
        wait_s=np.where(is_phantom, draw.integers(0, 7, size), legs.wait_s),
        talk_s=np.where(answered, _talks(draw, setting, on_platform), 0),
        outcome=np.where(is_phantom, PHANTOM, np.where(answered, ANSWERED, ABANDONED)),
        agent=np.where(answered, 1 + draw.integers(0, setting.desks.agents[legs.cell] * _SHIFTS), 0),
        from_ivr=handed & ~is_phantom,
        is_rerouted=rerouted,
        case=np.where(is_phantom, NONE, legs.case),
        attempt=legs.attempt,
        is_noted=noted,
        is_solved=solved,
    )
    # A call that is not over when the life ends is in no log yet, and nothing follows from it.
    return in_order(take(contacts, np.flatnonzero(ended(contacts, np.arange(size)) < last_minute(setting))))


def _dialled(draw: Draw, setting: Setting, legs: Calls, on_platform: Flags, is_firm: Flags) -> tuple[Ints, Flags]:
    """The number dialled, and whether the call was put through to the other one."""
    wrong = on_platform & chance(draw, len(legs), setting.demand.platform.misdialled)
    platform = np.where(is_firm ^ wrong, FOR_FIRMS, FOR_PERSONS)
    return np.where(on_platform, platform, hotline_numbers()[legs.system]), wrong


def _talks(draw: Draw, setting: Setting, on_platform: Flags) -> Ints:
    """Seconds of talk: without the notes after it, most of them short, some very long."""
    new, old = setting.demand.platform, setting.demand.hotlines
    mean = np.where(on_platform, new.handling_s * (1 - new.notes_share), old.handling_s * (1 - old.notes_share))
    luck = draw.lognormal(-(_SPREAD**2) / 2, _SPREAD, len(on_platform))
    return np.maximum(5, np.round(mean * luck)).astype(np.int64)


def ended(contacts: Contacts, rows: Ints) -> Ints:
    """Absolute minute in which each of these contacts ended."""
    seconds = contacts.second[rows] + contacts.wait_s[rows] + contacts.talk_s[rows]
    return np.asarray(contacts.minute[rows] + seconds // 60)
