"""Firms as clerks typed them, owners in the wrong columns included."""

from __future__ import annotations

import numpy as np

from estate import writing
from estate.accounts import Accounts
from estate.draw import Draw, Ints, chance, either
from estate.firms import TRADES
from estate.people import NONE
from estate.rates import Rates
from estate.seen.firm_names import org_names
from estate.seen.persons import given_names, present_family_names, spread
from estate.sightings import Sightings
from estate.world import World


def see_firms(
    draw: Draw, seen: Sightings, world: World, held: Accounts, rates: Rates, *, has_fields_for_firms: bool
) -> None:
    """Names and numbers of firms; where one field takes every name, none of them is in the wrong one (F21)."""
    firms, first = world.firms, len(world.people)
    who = np.flatnonzero(seen.is_firm)
    firm, count = held.entity[who] - first, len(who)
    seen.org[who] = org_names(draw, world, firm)
    seen.nip[who] = either(chance(draw, count, 0.22), None, firms.nip[firm])
    seen.regon[who] = either(chance(draw, count, 0.30), None, firms.regon[firm])
    is_mix = (firms.owner[firm] != NONE) & chance(draw, count, rates.accounts.owner_firm_mix)
    _see_owners(draw, seen, world, who[is_mix], firm[is_mix])
    if has_fields_for_firms:
        seen.mark("defect", "F21", spread(seen, who, is_mix))
    seen.mark("trap", "owner_firm_mix", spread(seen, who, is_mix))
    as_nip = (firms.owner[firm] != NONE) & ~is_mix & chance(draw, count, rates.errors.pesel_as_nip)
    # Eleven digits: the last is lost in fields of ten.
    seen.nip[who[as_nip]] = world.people.pesel[firms.owner[firm[as_nip]]]
    seen.mark("trap", "pesel_as_nip", spread(seen, who, as_nip))
    writing.change(seen.nip, seen.is_firm & chance(draw, len(seen), 0.01), writing.digit_slip, draw)
    writing.change(seen.org, seen.is_firm & chance(draw, len(seen), 0.04), writing.slip, draw)


def _see_owners(draw: Draw, seen: Sightings, world: World, rows: Ints, firm: Ints) -> None:
    """The clerk used the form for persons: the trade stands where the surname belongs."""
    owner = world.firms.owner[firm]
    trades = [TRADES[max(trade, 0)][2] for trade in world.firms.trade[firm].tolist()]
    families = present_family_names(world, owner).tolist()
    for row, trade, family in zip(rows.tolist(), trades, families, strict=True):
        seen.family[row] = f"{trade} {family}"
    seen.given[rows] = given_names(world, owner)
    # The form for persons has no NIP, so some clerks typed it where the PESEL belongs.
    instead = either(chance(draw, len(rows), 0.3), world.firms.nip[firm], None)
    seen.pesel[rows] = either(chance(draw, len(rows), 0.5), world.people.pesel[owner], instead)
