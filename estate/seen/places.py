"""Addresses and telephones as clerks typed them."""

from __future__ import annotations

import numpy as np

from config.units import collection_points
from estate import places, writing
from estate.accounts import Accounts
from estate.draw import Draw, Flags, Ints, Texts, chance, either, texts
from estate.rates import Habit, Rates
from estate.sightings import Sightings
from estate.world import World

_SINCE_1990 = 7305
_POST_TOWN = 0.15
_CITY_FORMS = {
    "Warszawa": ("W-wa", "Warszawa-Wola", "Warszawa Mokotów", "Warszawa"),
    "Gorzów Wielkopolski": ("Gorzów Wlkp.", "Gorzów"),
    "Piotrków Trybunalski": ("Piotrków Tryb.", "Piotrków"),
    "Kraków": ("Kraków-Nowa Huta", "Kraków 23"),
    "Bielsko-Biała": ("Bielsko Biała", "B-Biała"),
    "Częstochowa": ("Cz-wa",),
}


def see_addresses(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit, rates: Rates) -> None:
    """Where the customer lives, by the names clerks have for it."""
    gazetteer, count = places.gazetteer(), len(seen)
    where = world.addresses.take(held.address)
    is_village = gazetteer.is_village[where.place]
    _see_streets(draw, seen, where, habit=habit)
    seen.city = _cities(draw, where)
    # A village without a street, at its post office in town: the place moves into the street field.
    by_post = is_village & chance(draw, count, _POST_TOWN)
    capitals = texts([point.name for point in collection_points()])
    seen.street[by_post] = gazetteer.name[where.place[by_post]]
    seen.city[by_post] = capitals[gazetteer.point[where.place[by_post]]]
    letters = ("", "A", "B", "C")
    numbers = zip(where.house.tolist(), where.letter.tolist(), strict=True)
    seen.house = texts([f"{number}{letters[letter]}" for number, letter in numbers])
    flats = texts([str(flat) if flat else None for flat in where.flat.tolist()])
    seen.flat = either(chance(draw, count, habit.flat_missing), None, flats)
    seen.postal = world.postal_code[held.address]
    writing.change(seen.postal, chance(draw, count, rates.errors.postal_typo), writing.digit_slip, draw)
    seen.postal = either(chance(draw, count, rates.errors.postal_missing), None, seen.postal)
    writing.change(seen.street, chance(draw, count, rates.errors.street_typo), writing.slip, draw)
    seen.mark("trap", "homonym_village", is_village)


def _see_streets(draw: Draw, seen: Sightings, where: places.Addresses, *, habit: Habit) -> None:
    streets, count = places.streets(), len(seen)
    is_short = chance(draw, count, habit.street_short).tolist()
    wants_former = chance(draw, count, habit.old_street) & (seen.opened < _SINCE_1990)
    has_former = np.array([bool(street.former) for street in streets] + [False])[where.street]
    by_former = wants_former & has_former
    lucks = writing.luck_of(draw, count)
    written: list[str | None] = []
    rows = zip(where.street.tolist(), by_former.tolist(), is_short, lucks, strict=True)
    for number, former, short, luck in rows:
        if number < 0:
            written.append(None)
            continue
        street = streets[number]
        first, main = ("", street.former) if former else (street.first, street.main)
        written.append(writing.street_text(first, main, prefix=street.prefix, is_short=short, luck=luck))
    seen.street = texts(written)
    seen.mark("trap", "renamed_street", by_former)


def _cities(draw: Draw, where: places.Addresses) -> Texts:
    names = places.gazetteer().name[where.place]
    luck = writing.luck_of(draw, len(names))
    for at in np.flatnonzero(chance(draw, len(names), 0.06)).tolist():
        forms = _CITY_FORMS.get(names[at], (names[at],))
        names[at] = forms[luck[at] % len(forms)]
    return names


def see_phones(draw: Draw, seen: Sightings, world: World, held: Accounts, habit: Habit, rates: Rates) -> None:
    """The number of the line, and sometimes a mobile or the number of the household beside it."""
    people, count = world.people, len(seen)
    seen.phone = either(chance(draw, count, habit.phone_missing), None, _numbers(held.phone))
    writing.change(seen.phone, chance(draw, count, rates.errors.phone_typo), writing.digit_slip, draw)
    person = np.minimum(held.entity, len(people) - 1)
    at_home = _numbers(world.households.phone[people.household[person]])
    second = either(chance(draw, count, 0.7), people.mobile[person], at_home)
    has_second: Flags = ~seen.is_firm & chance(draw, count, habit.second_phone)
    seen.phone_2 = either(has_second, second, None)


def _numbers(phones: Ints) -> Texts:
    return texts([f"{number:09d}" for number in phones.tolist()])
