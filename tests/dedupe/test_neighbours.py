"""Families of a house, houses of a name in its town, names of a birthday: what chance makes of a nation."""

import datetime as dt
import math
from bisect import bisect_right

import numpy as np
import pytest

from dedupe.features import party_features
from dedupe.neighbours import BORN as NAMES_BORN
from dedupe.neighbours import BORN_EDGES, CROWD_EDGES, CROWDS, HOUSES

HOUSE = {"city": "Konin", "street": "Polna", "house": "7"}
BORN = dt.date(2241, 5, 1)


def counted(model, record, table, people, field):
    records = table(*(record(f"zt63-abonent:{place:03}", **values) for place, values in enumerate(people)))
    return party_features(records, party_kind="person", matching=model.matching).fields[field].texts()


def families(*names, **home):
    return [{**HOUSE, "given_name": "Anna", "family_name": name, **home} for name in names]


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        pytest.param(families("Lis", "Lis"), ["families_1"] * 2, id="one family"),
        pytest.param(families("Kowalski", "Kowalska", "Lis"), ["families_1"] * 3, id="husband and wife are one family"),
        pytest.param(families("Lis", "Wrona", "Duda"), ["families_2"] * 3, id="three families"),
        pytest.param(
            [*families("Lis", "Wrona"), *families("Duda", house="9")], ["families_1"] * 3, id="two of three next door"
        ),
        pytest.param(families("Lis", "Wrona", "Duda", house=None), [None] * 3, id="no house"),
        pytest.param(families("Lis", "Wrona", "Duda", street=None), ["families_2"] * 3, id="a village has no streets"),
    ],
)
def test_families_of_a_house(model, record, table, people, expected):
    assert counted(model, record, table, people, "crowd") == expected


@pytest.mark.parametrize(
    ("houses", "expected"),
    [pytest.param(1, "1", id="one"), pytest.param(2, "2", id="two"), pytest.param(7, "8", id="about eight")],
)
def test_houses_of_a_name_in_its_town(houses, expected, model, record, table):
    people = [person for at in range(houses) for person in families("Lis", "Lis", house=str(at))]
    elsewhere = families("Lis", "Lis", city="Radom")
    found = counted(model, record, table, [*people, *elsewhere], "houses")
    assert found == [expected] * len(people) + ["1"] * 2


def test_family_names_of_a_given_name_and_a_birthday(model, record, table):
    names = ("Lis", "Wrona", "Duda", "Lis")
    women = [{"given_name": "Anna", "family_name": name, "birth_date": BORN} for name in names]
    others = [{**women[0], "given_name": "Ewa"}, {**women[0], "birth_date": None}]
    found = counted(model, record, table, [*women, *others], "born")
    assert found == [*["names_2"] * 4, "names_1", None]


def step(steps, edges):
    return lambda number: steps[bisect_right(edges, number)]


PLAIN = {
    "crowd": (("city", "street", "house"), ("city", "house"), ("family_name",), step(CROWDS, CROWD_EDGES)),
    "houses": (
        ("family_name", "city"),
        ("family_name", "city"),
        ("street", "house"),
        lambda number: HOUSES[round(2 * math.log2(max(number, 1)))],
    ),
    "born": (
        ("given_name", "birth_date"),
        ("given_name", "birth_date"),
        ("family_name",),
        step(NAMES_BORN, BORN_EDGES),
    ),
}
"""What people are counted by, which of it nobody may lack who is counted, what is counted, and its steps."""


def plainly(people, field):
    """The same counts, a set per group."""
    group, needed, values, step_of = PLAIN[field]
    is_known = [None not in [person[name] for name in needed] for person in people]
    found = {}
    for person, is_counted in zip(people, is_known, strict=True):
        value = tuple(person[name] for name in values)
        if is_counted and value[-1] is not None:
            found.setdefault(tuple(person[name] for name in group), set()).add(value)
    counts = [len(found.get(tuple(person[name] for name in group), ())) for person in people]
    return [step_of(number) if known else None for number, known in zip(counts, is_known, strict=True)]


def crowd_of_strangers(draw, number):
    """People of few names, houses and days, each value missing now and then."""
    choices = {
        "given_name": ("Anna", "Jan"),
        "family_name": ("Lis", "Wrona", "Mazur", "Baran", "Szulc", "Bielak", "Czajka"),
        "birth_date": tuple(BORN + dt.timedelta(days) for days in range(4)),
        "city": ("Konin", "Radom"),
        "street": ("Polna", "Lipowa"),
        "house": ("7", "9", "11"),
    }
    return [
        {name: None if draw.random() < 0.2 else values[draw.integers(len(values))] for name, values in choices.items()}
        for _ in range(number)
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("field", PLAIN)
def test_no_missing_value_is_counted_and_no_order_counts(field, seed, model, record, table):
    draw = np.random.default_rng(seed)
    people = crowd_of_strangers(draw, 60)
    expected = plainly(people, field)
    assert len(set(expected)) > 2
    assert counted(model, record, table, people, field) == expected
    other_ids = draw.permutation(len(people))
    assert counted(model, record, table, [people[at] for at in other_ids], field) == [expected[at] for at in other_ids]
    rows = [record(f"zt63-abonent:{place:03}", **values) for place, values in enumerate(people)]
    shuffled = table(*(rows[at] for at in draw.permutation(len(rows))))
    features = party_features(shuffled, party_kind="person", matching=model.matching)
    assert features.fields[field].texts() == expected


def decided(resolution):
    return {(row["record_id_1"], row["record_id_2"]): row for row in resolution.decisions.to_pylist()}


def test_two_women_of_one_given_name_in_a_house_of_many_families(resolved, record, table):
    """Before, a house of thirty families said as much for a wedding as a house of one."""
    women = [{**HOUSE, "given_name": "Anna", "family_name": name} for name in ("Wrona", "Duda")]
    women[1]["birth_date"] = BORN
    strangers = (
        *("Lis", "Mazur", "Zając", "Król", "Sikora", "Baran"),
        *("Szulc", "Pawlak", "Bielak", "Czajka", "Gruszka", "Krawczyk"),
    )
    pair = ("zt63-abonent:000", "zt63-abonent:001")
    weights = [
        decided(resolved(table(*(record(f"zt63-abonent:{at:03}", **one) for at, one in enumerate(people)))))[pair][
            "match_weight"
        ]
        for people in (women, [*women, *({**HOUSE, "given_name": "Jan", "family_name": name} for name in strangers)])
    ]
    assert weights[1] < weights[0]
