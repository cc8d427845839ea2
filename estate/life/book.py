"""The book: every record of every subscriber system, as that system names it.

An event names its party the way its own system does: by the account number written there, by the new one that the
central systems gave at the cutover, by a telephone number, a login, an e-mail address. Identifiers that only events
have are made here. The new account number is two digits of the point, the old number filled up to nine, a check digit;
payments go to a bank account of the company whose last twelve digits are that number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache, cached_property

import numpy as np

from config.sources import SourceSystem, all_sources
from config.units import UNIT_NAMES, UNITS, collection_points
from estate.accounts import OLD, Accounts
from estate.draw import Draw, Flags, Ints, Texts, stream, texts
from estate.life.clock import day_number
from estate.pilot import in_pilot
from estate.rates import Rates
from estate.seen.view import see
from estate.sightings import BAD_DATE, Sightings
from estate.systems import FILE_KEYS
from estate.world import World

STILL_OPEN = 10**6
_OPENED_UNKNOWN = 9_000
_CLOSED = (10_400, 11_900)
"""June 1998 to July 2002."""


@dataclass(frozen=True)
class Book:
    """Records of subscriber systems in columns; those of one system stand together."""

    source: Ints
    """Position in ``config.sources.all_sources()``."""
    key: Texts
    """Raw key, as the file holds it."""
    account: Texts
    """Number the system gave."""
    entity: Ints
    """Whose it is, NONE for training rows and lines nobody has."""
    second_entity: Ints
    reason: Ints
    """One of ``estate.accounts.REASONS``."""
    name: Texts
    """As the system has it, null where it has none."""
    email: Texts
    address: Ints
    """Number of the true address in the world."""
    phone: Ints
    """True nine digits of the line."""
    point: Ints
    """Position of the collection point whose system holds the record."""
    line_point: Ints
    """Position of the point where the line is."""
    unit: Ints
    """Position in UNITS of the unit it was cut over with; 0 for the pilot and for the central system."""
    live_day: Ints
    """First day on which central systems are master of its events."""
    opened: Ints
    closed: Ints
    """Day the line was given up, STILL_OPEN where it was not."""
    is_firm: Flags
    is_pilot: Flags
    """In the roster of the pilot."""

    def __len__(self) -> int:
        return len(self.entity)

    @cached_property
    def account_number(self) -> Ints:
        """The number the system gave, as a number: none begins with a nought."""
        return np.array([int(account) for account in self.account.tolist()], dtype=np.int64)

    @property
    def region(self) -> Ints:
        """Position in UNITS, 1 to 5, of the region where the line is."""
        units = np.array([UNIT_NAMES.index(point.unit) for point in collection_points()])
        return np.asarray(units[self.line_point])


def book_part(
    world: World, source: SourceSystem, held: Accounts, seen: Sightings, *, keys: Texts, is_pilot: Flags
) -> Book:
    """The records of one system, in the order of its sightings."""
    draw = stream(world.seed, "life", "book", source.source_id)
    size = len(seen)
    opened = np.where(seen.opened == BAD_DATE, _OPENED_UNKNOWN, seen.opened)
    unit = np.where(is_pilot, 0, UNIT_NAMES.index(source.unit))
    return Book(
        source=np.full(size, source_position(source.source_id)),
        key=keys,
        account=seen.account.copy(),
        entity=seen.entity,
        second_entity=seen.second_entity,
        reason=held.reason,
        name=_names(seen),
        email=seen.email,
        address=held.address,
        phone=held.phone,
        point=held.point,
        line_point=held.line_point,
        unit=unit,
        live_day=cutover_days()[unit],
        opened=opened,
        closed=_closed(draw, held, seen, opened),
        is_firm=seen.is_firm,
        is_pilot=is_pilot,
    )


def _names(seen: Sightings) -> Texts:
    rows = zip(seen.org.tolist(), seen.family.tolist(), seen.given.tolist(), strict=True)
    return texts([org or " ".join(part for part in (family, given) if part) or None for org, family, given in rows])


def _closed(draw: Draw, held: Accounts, seen: Sightings, opened: Ints) -> Ints:
    """Movers gave up the old line; a row marked as deleted belongs to a line given up."""
    gone = held.reason == OLD
    if len(seen.is_deleted):
        gone = gone | seen.is_deleted
    day = np.maximum(opened + 60, draw.integers(*_CLOSED, len(seen)))
    return np.where(gone, day, STILL_OPEN)


def join(parts: list[Book]) -> Book:
    """The books of several systems, one after another."""
    return Book(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Book)})


def make_book(world: World, rates: Rates, *, pilots: Flags) -> Book:
    """The book of the whole estate, for those who have no sightings at hand."""
    parts = []
    for source in all_sources():
        if source.role == "subscriber":
            held = world.accounts.take(np.flatnonzero(world.accounts.point == point_position(source.point_code)))
            seen = see(world, source, rates, held=held)
            chosen = in_pilot(seen, source, rates, pilots=pilots)
            keys = FILE_KEYS[source.kind_name](seen)
            parts.append(book_part(world, source, held, seen, keys=keys, is_pilot=chosen))
    return join(parts)


@cache
def cutover_days() -> Ints:
    """Day of the cutover of each unit."""
    return np.array([day_number(unit.cutover_date) for unit in UNITS], dtype=np.int64)


@cache
def point_position(code: str) -> int:
    """Position of the collection point of that code."""
    return [point.code for point in collection_points()].index(code)


@cache
def source_position(source_id: str) -> int:
    """Position of a system in the registry."""
    return [source.source_id for source in all_sources()].index(source_id)
