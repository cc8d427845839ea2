"""Calls to an advisor: on a hotline of old, or on 9393 and 9330.

One row is one leg that reached the queue. A case opens with a contact; what is not solved comes back within days, now
and then from another telephone line of the same customer, and who gave up waiting tries again.
"""

from __future__ import annotations

from dataclasses import dataclass

from estate.draw import Flags, Ints
from estate.life.events import Events

ANSWERED, ABANDONED, PHANTOM = range(3)
OUTCOMES = ("answered", "abandoned", "phantom")
"""A phantom call seized the line and never had anybody on it."""


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
    is_solved: Flags
    """Truth: the case ended with this talk."""
