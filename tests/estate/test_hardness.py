"""Exact comparison must fail on the estate, and enough evidence must remain for a careful matcher."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable

import numpy as np
import pytest
from stdnum.pl import pesel

from config.sources import all_sources
from config.units import collection_points
from estate.rates import load_rates
from estate.seen.view import see
from estate.sightings import BAD_DATE, NO_DATE
from estate.world import make_world
from estate.writing import ascii_letters

Record = dict[str, Hashable]


@pytest.fixture(scope="module")
def people() -> list[Record]:
    """Every person's record as perfectly cleaned as it can be."""
    rates = load_rates()
    world = make_world(5, 11_000, rates)
    codes = [point.code for point in collection_points()]
    records = []
    for source in all_sources():
        if source.role != "subscriber":
            continue
        held = world.accounts.take(np.flatnonzero(world.accounts.point == codes.index(source.point_code)))
        seen = see(world, source, rates, held=held)
        for at in np.flatnonzero((seen.entity >= 0) & ~seen.is_firm).tolist():
            family, given = (ascii_letters(text[at] or "").upper() for text in (seen.family, seen.given))
            number, birth = seen.pesel[at], int(seen.birth[at])
            records.append(
                {
                    "entity": int(seen.entity[at]),
                    "name": (family.replace("SKA", "SKI").replace("CKA", "CKI"), given),
                    "pesel": number if number and pesel.is_valid(number) and number != "11111111111" else None,
                    "birth": birth if birth not in (NO_DATE, BAD_DATE) else None,
                    "phone": seen.phone[at],
                    "document": seen.document[at],
                    "address": (seen.city[at].upper(), seen.house[at]),
                }
            )
    return records


def clusters(records: list[Record], keys: Iterable[tuple[str, ...]]) -> list[int]:
    """Connected components of records that are equal in all fields of some key."""
    parent = list(range(len(records)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for key in keys:
        first: dict[tuple[Hashable, ...], int] = {}
        for at, record in enumerate(records):
            value = tuple(record[field] for field in key)
            if None not in value:
                parent[root(at)] = root(first.setdefault(value, at))
    return [root(at) for at in range(len(records))]


def pairs(groups: Iterable[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(groups).values())


def scores(records: list[Record], found: list[int]) -> tuple[float, float, float]:
    entities = [record["entity"] for record in records]
    both = pairs(zip(found, entities, strict=True))
    precision, recall = both / pairs(found), both / pairs(entities)
    return precision, recall, 2 * precision * recall / (precision + recall)


def test_exact_comparison_fails(people):
    _, recall, f1 = scores(people, clusters(people, [("pesel",), ("name", "birth")]))
    assert f1 <= 0.82  # 0.79 at 110,000 customers; few are a sample
    assert recall <= 0.72


def test_evidence_for_a_careful_matcher_remains(people):
    keys = [("pesel",), ("name", "birth"), ("name", "phone"), ("name", "address"), ("document",), ("birth", "phone")]
    precision, recall, _ = scores(people, clusters(people, keys))
    # Exact keys alone, without any tolerance for slips: what they miss is slips, initials and second surnames.
    assert recall >= 0.82
    assert precision >= 0.95  # a PESEL of a relative is equal too


def test_every_record_says_something_beside_the_name(people):
    fields = ("pesel", "birth", "phone", "document", "address")
    assert all(any(record[field] for field in fields) for record in people)


def test_relatives_share_address_and_name(people):
    homes = defaultdict(set)
    for record in people:
        homes[record["name"][0], record["address"]].add(record["entity"])
    together = sum(len(members) for members in homes.values() if len(members) > 1)
    assert together > 0.2 * len({record["entity"] for record in people})
