"""One legacy system's view of its part of the world: through its clerks' habits and errors.

A list of steps, each of which fills some columns of the sightings. All draws of a system come from its own stream.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from config.sources import SourceSystem
from estate import writing
from estate.accounts import CENTRAL, OLD, Accounts
from estate.draw import Draw, Flags, Ints, chance, distinct_numbers, stream, texts
from estate.people import HEAD, NONE, SPOUSE
from estate.rates import Habit, Rates
from estate.seen.firms import see_firms
from estate.seen.persons import given_names, see_emails, see_identity, see_names
from estate.seen.places import see_addresses, see_phones
from estate.seen.traps import mark_traps
from estate.sightings import BAD_DATE, NO_DATE, TEXT_COLUMNS, Sightings
from estate.systems import a2d
from estate.world import World

_DIGITS = {"a1": 9, "a2m": 8, "a2d": 8, "a3": 7, "a4": 7}
"""Digits of account numbers by kind; the first is never 0, so that every reader sees the same key."""
_FIRST_OPENED, _LAST_OPENED = 730, 12_250  # 1972 to July 2003: before the first regional delivery
_LAST_OPENED_OLD = 10_500
_CENTRAL_OPENED = (10_200, 11_980)
_COUPLE_SHARE = {"a2m": 1.0, "a3": 0.5}
"""Systems with one field for the whole name, where a couple fits into a row."""
_TEST_NAMES = (("TEST", "TEST"), ("AAAA", "BBBB"), ("Testowy", "Test"))


def see(world: World, source: SourceSystem, rates: Rates, *, held: Accounts) -> Sightings:
    """The records of a system about the accounts it holds."""
    draw = stream(world.seed, "habits", source.source_id)
    habit = rates.habits[source.kind_name]
    seen = _blank(draw, world, held, source, habit)
    seen.mark("defect", "F05", _spoil_opened(draw, seen, rates))
    see_names(draw, seen, world, held, habit)
    see_identity(draw, seen, world, held, habit, rates)
    see_emails(draw, seen, world, held)
    see_firms(draw, seen, world, held, rates, has_fields_for_firms=source.kind_name != "a2m")
    see_addresses(draw, seen, world, held, habit, rates)
    see_phones(draw, seen, world, held, habit, rates)
    _see_couples(draw, seen, world, held, source, rates)
    mark_traps(seen, world, held)
    _see_strange_rows(draw, seen, rates)
    _see_card_files(draw, seen, source, rates)
    for column in ("family", "given", "second_given", "co_holder", "org", "street", "city"):
        setattr(seen, column, writing.dressed(getattr(seen, column), upper=seen.upper, folded=seen.folded))
    return seen


def _blank(draw: Draw, world: World, held: Accounts, source: SourceSystem, habit: Habit) -> Sightings:
    size, digits = len(held), _DIGITS[source.kind_name]
    earlier, balance = _balances(draw, size)
    empty: dict[str, Any] = {column: np.full(size, None, dtype=object) for column in TEXT_COLUMNS}
    numbers = distinct_numbers(draw, size, low=10 ** (digits - 1), high=10**digits)
    return Sightings(
        entity=held.entity,
        second_entity=np.full(size, NONE),
        is_firm=world.is_firm(held.entity),
        **empty,
        birth=np.full(size, NO_DATE),
        opened=_opened(draw, held),
        balance=balance,
        earlier_balance=earlier,
        services=draw.choice(np.array([1, 1, 1, 2, 2, 3, 4, 6]), size),
        upper=chance(draw, size, habit.upper),
        folded=chance(draw, size, habit.folded),
        account=texts([str(number) for number in numbers.tolist()]),
    )


def _balances(draw: Draw, size: int) -> tuple[Ints, Ints]:
    """Balances when the pilot began, and now."""
    balance = (draw.lognormal(4.1, 0.9, size) * 100).astype(np.int64) * np.where(chance(draw, size, 0.12), -1, 1)
    balance = np.where(chance(draw, size, 0.35), 0, balance)
    other = (draw.lognormal(4.0, 0.9, size) * 100).astype(np.int64)
    return np.where(chance(draw, size, 0.6), other, balance), balance


def _opened(draw: Draw, held: Accounts) -> Ints:
    size = len(held)
    # Drawn per account, never per customer: it is part of some raw keys, which must not tell who is who.
    first, last = np.full(size, _FIRST_OPENED), np.full(size, _LAST_OPENED)
    last[held.reason == OLD] = _LAST_OPENED_OLD
    first[held.reason == CENTRAL], last[held.reason == CENTRAL] = _CENTRAL_OPENED
    return np.asarray(first + draw.random(size) ** 0.7 * (last - first), dtype=np.int64)


def _spoil_opened(draw: Draw, seen: Sightings, rates: Rates) -> Flags:
    is_bad = chance(draw, len(seen), rates.errors.opened_sentinel)
    seen.opened[is_bad] = BAD_DATE
    return is_bad


def _see_couples(draw: Draw, seen: Sightings, world: World, held: Accounts, source: SourceSystem, rates: Rates) -> None:
    """Husband and wife in one row, under one surname: "Nowak Jan i Maria" (F20)."""
    people = world.people
    person = np.minimum(held.entity, len(people) - 1)
    mate = np.minimum(person + 1, len(people) - 1)
    fits = ~seen.is_firm & (people.role[person] == HEAD) & (people.role[mate] == SPOUSE)
    fits &= ~people.is_dead[person] & (people.is_female[person] != people.is_female[mate])
    fits &= (people.family[person] == people.family[mate]) & ~held.is_former_name
    fits &= ~seen.traps["initial"] & ~seen.defects["F19"]
    both = fits & chance(draw, len(seen), _COUPLE_SHARE.get(source.kind_name, 0.0) * rates.accounts.two_in_one_row)
    seen.second_entity[both] = mate[both]
    seen.co_holder[both] = given_names(world, mate[both])
    seen.mark("defect", "F20", both)
    seen.mark("trap", "two_in_one_row", both)


def _see_strange_rows(draw: Draw, seen: Sightings, rates: Rates) -> None:
    """Some rows are no customer: training rows (F22), and lines nobody has."""
    luck = draw.random(len(seen))
    is_test = luck < rates.accounts.test_rows
    is_empty = luck > 1 - rates.accounts.lines_without_party
    strange = is_test | is_empty
    for column in TEXT_COLUMNS:
        if column not in ("street", "house", "flat", "postal", "city", "phone"):
            getattr(seen, column)[strange] = None
    for at in np.flatnonzero(is_test).tolist():
        seen.family[at], seen.given[at] = _TEST_NAMES[at % len(_TEST_NAMES)]
    seen.birth[strange] = NO_DATE
    seen.is_firm = seen.is_firm & ~strange
    seen.entity, seen.second_entity = np.where(strange, NONE, seen.entity), np.where(strange, NONE, seen.second_entity)
    for notes in (seen.traps, seen.defects):
        for name in notes:
            notes[name] = notes[name] & ~strange
    seen.mark("defect", "F22", is_test)
    seen.mark("defect", "line_without_party", is_empty)


def _see_card_files(draw: Draw, seen: Sightings, source: SourceSystem, rates: Rates) -> None:
    """Rows deleted but never packed away, rows without a flag, numbers given twice."""
    if source.kind_name not in ("a2m", "a2d"):
        return
    seen.is_deleted = chance(draw, len(seen), rates.defects.f02_deleted)
    seen.has_no_flag = ~seen.is_deleted & chance(draw, len(seen), rates.defects.f02_zero_flag)
    seen.mark("trap", "deleted", seen.is_deleted)
    seen.mark("defect", "F02", seen.is_deleted | seen.has_no_flag)
    if source.kind_name == "a2d":
        a2d.reuse_numbers(seen, draw=draw, rates=rates.defects)
