"""Queues of callers: Poisson arrivals, n agents, first come first served, callers who lose patience (M/M/n+G).

A queue of fifty calls a day has another physics than one of fifty thousand: with the same load per agent its callers
wait many times longer. So the queue is always that of the whole nation, whatever the scale of the estate; a sampled
call draws its wait from the law of its hour. Within an hour the law is the stationary one, which is known exactly
(Baccelli and Hebuterne 1981; Zeltyn and Mandelbaum 2005): with H(x) the integral of the share of callers still patient
after a wait of x, the wait V an infinitely patient caller would have obeys

    P(V = 0) = E / (E + c J),   density of V at x > 0:  c exp(c H(x) - n m x) / (E + c J),   J = its integral over c,

c calls and m talks per second, 1/E the loss of Erlang's formula for n - 1 agents. A caller whose patience is below V
gives up. Overload needs no special case: impatience bounds the queue. What is lost is the minutes a queue takes to
follow its hour; patience is short against an hour. A test simulates the queue call by call and compares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Floats, Ints
from estate.life.demand import Patience

_GRID = np.concatenate([np.arange(0, 60, 0.5), np.geomspace(60, 7200, 300)])
"""Waits in seconds at which a law is tabled; nobody waits longer than two hours."""


@dataclass(frozen=True)
class WaitLaw:
    """Laws of the wait, one per cell."""

    waiting: Floats
    """Chance that a caller finds no agent free."""
    shares: Floats
    """Of the waits above 0, those up to each point of the grid; a row per cell, given once per distinct queue."""
    row: Ints
    """Row of ``shares`` of each cell."""


def wait_law(calls_per_hour: Floats, *, agents: Ints, handling_s: float, patience: Patience) -> WaitLaw:
    """The law of each cell; cells without calls or agents nobody waits in."""
    cells = np.column_stack([np.maximum(np.round(calls_per_hour, 1), 0.1), np.maximum(agents, 1)])
    distinct, row = np.unique(cells, axis=0, return_inverse=True)
    calls, count = distinct[:, 0] / 3600, distinct[:, 1].astype(np.int64)
    exponent = calls[:, None] * _still_patient(_GRID, patience) - (count / handling_s)[:, None] * _GRID
    top = exponent.max(axis=1)
    density = np.exp(exponent - top[:, None])
    steps = (density[:, 1:] + density[:, :-1]) / 2 * np.diff(_GRID)
    shares = np.concatenate([np.zeros((len(distinct), 1)), np.cumsum(steps, axis=1)], axis=1)
    # Both sides of the fraction are divided by exp(top), else overload would overflow.
    waiting = calls * shares[:, -1] / (_without_wait(calls * handling_s, count) * np.exp(-top) + calls * shares[:, -1])
    row = row.reshape(-1)
    return WaitLaw(waiting=waiting[row], shares=shares / shares[:, -1:], row=row)


def _still_patient(waits: Floats, patience: Patience) -> Floats:
    """Integral of the share of callers still patient, from 0 to each wait."""
    hasty, share = patience.hasty_s, patience.hasty_share
    slow = patience.patient_s
    return share * hasty * (1 - np.exp(-waits / hasty)) + (1 - share) * slow * (1 - np.exp(-waits / slow))


def _without_wait(load: Floats, agents: Ints) -> Floats:
    """Erlang's inverse loss for one agent fewer, by its recursion over agents."""
    inverse = np.ones(len(load))
    found = inverse.copy()
    # Small loads overflow at sizes that only large ones have.
    with np.errstate(over="ignore"):
        for size in range(1, int(agents.max(initial=1))):
            inverse = 1 + inverse * size / load
            found = np.where(agents - 1 == size, inverse, found)
    return found


def draw_waits(draw: Draw, law: WaitLaw, cell: Ints, *, patience: Patience) -> tuple[Floats, Flags]:
    """Seconds each call waits in its cell, and who is answered; the others waited until they gave up."""
    size = len(cell)
    luck = draw.random(size)
    waiting = law.waiting[cell]
    offered = np.zeros(size)
    late = np.flatnonzero(luck < waiting)
    offered[late] = _inverse(law, law.row[cell[late]], luck[late] / waiting[late])
    mean = np.where(draw.random(size) < patience.hasty_share, patience.hasty_s, patience.patient_s)
    gives_up = mean * draw.standard_exponential(size)
    return np.minimum(offered, gives_up), np.asarray(offered <= gives_up)


def _inverse(law: WaitLaw, row: Ints, share: Floats) -> Floats:
    # All rows as one rising sequence: row number plus share.
    width = law.shares.shape[1]
    flat = (law.shares + np.arange(len(law.shares))[:, None]).ravel()
    place = np.clip(np.searchsorted(flat, row + share, side="right") - row * width, 1, width - 1)
    low, high = law.shares[row, place - 1], law.shares[row, place]
    part = np.clip((share - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.asarray(_GRID[place - 1] + part * (_GRID[place] - _GRID[place - 1]))


def agents_planned(calls_per_hour: Floats, *, handling_s: float, safety: float, manned: Floats, least: int) -> Ints:
    """Agents on duty: the load, a margin of its square root, as far as there are people; at least ``least``."""
    load = calls_per_hour * handling_s / 3600
    return np.maximum(np.ceil((load + safety * np.sqrt(load)) * manned), least).astype(np.int64)


def mean_answered_wait(law: WaitLaw, *, patience: Patience) -> tuple[Floats, Floats]:
    """Mean wait of the answered and share of those who give up, by cell."""
    mids = (_GRID[1:] + _GRID[:-1]) / 2
    stays = patience.hasty_share * np.exp(-mids / patience.hasty_s)
    stays += (1 - patience.hasty_share) * np.exp(-mids / patience.patient_s)
    parts = np.diff(law.shares, axis=1)
    answered = 1 - law.waiting * (1 - (parts @ stays)[law.row])
    return law.waiting * (parts @ (mids * stays))[law.row] / answered, 1 - answered
