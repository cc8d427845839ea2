"""The truth fits the files, the rates, and nothing in a raw key tells who is who."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict

import numpy as np
import pytest

from config.sources import all_sources, source_with_id
from estate.rates import load_rates

DEFECTS = "F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F11 F13 F15 F16 F17 F18 F19 F20 F21 F22"
TRAPS = """
father_and_son twins maiden_name double_barrelled diminutive moved recycled_number widow sole_trader branch
homonym_village renamed_street two_points second_line rekeyed central two_in_one_row owner_firm_mix
correspondence_address pesel_of_relative pesel_sentinel pesel_missing typo_in_name initial
"""


def test_every_record_is_one_customers(built):
    places = Counter((row["source_id"], row["raw_key"], row["part"]) for row in built.table("records"))
    assert max(places.values()) == 1
    assert {row["entity_kind"] for row in built.table("records")} == {"person", "firm"}


def test_relations_join_customers_with_records(built):
    entities = {row["entity_id"]: row["entity_kind"] for row in built.table("records")}
    kinds = {"household": ("person", "person"), "owner_of_firm": ("person", "firm"), "branch_of_firm": ("firm", "firm")}
    found = Counter()
    for row in built.table("relations"):
        assert (entities[row["entity_id_1"]], entities[row["entity_id_2"]]) == kinds[row["kind"]]
        found[row["kind"]] += 1
    assert set(found) == set(kinds)


def test_defects_stand_where_the_truth_says(built):
    for row in built.table("defects"):
        size = (built.deliveries / row["source_id"] / row["delivery"] / row["file"]).stat().st_size
        assert row["offset"] >= 0
        if row["code"] not in ("F10", "F11"):
            assert row["offset"] + row["length"] <= size


@pytest.mark.parametrize(
    "code",
    [*DEFECTS.split(), "line_without_party"],
)
def test_every_defect_occurs(built, code):
    assert built.summary.defects.get(code, 0) > 0


@pytest.mark.parametrize(
    "trap",
    TRAPS.split(),
)
def test_every_trap_occurs(built, trap):
    assert any(trap in row["traps"].split(",") for row in built.table("records"))


def rows_of(built, code: str, kinds: set[str]) -> int:
    last = {
        source.source_id: built.last(source.source_id).name for source in all_sources() if source.role == "subscriber"
    }
    return sum(
        row["code"] == code
        and source_with_id(row["source_id"]).kind_name in kinds
        and row["delivery"] == last[row["source_id"]]
        for row in built.table("defects")
    )


@pytest.mark.parametrize(
    ("code", "kinds", "rate"),
    [
        pytest.param("F06", {"a1"}, lambda r: r.defects.f06, id="packed corruption"),
        pytest.param("F08", {"a1"}, lambda r: r.defects.f08, id="flag missing"),
        pytest.param(
            "F02", {"a2m", "a2d"}, lambda r: r.defects.f02_deleted + r.defects.f02_zero_flag, id="deleted rows"
        ),
        pytest.param("F22", {"a1", "a2m", "a2d", "a3", "a4"}, lambda r: r.accounts.test_rows, id="training rows"),
        pytest.param("F13", {"a2d"}, lambda r: r.defects.f13_same_row + 2 * r.defects.f13_reused, id="keys twice"),
    ],
)
def test_rates_are_those_of_the_yaml(built, code, kinds, rate):
    last = [built.last(s.source_id) for s in all_sources() if s.role == "subscriber" and s.kind_name in kinds]
    records = sum(built.manifest(folder)["control"]["records"] for folder in last)
    expected = records * rate(load_rates())
    assert rows_of(built, code, kinds) == pytest.approx(expected, abs=4 * expected**0.5 + 3)


def key_numbers(built) -> dict[str, list[tuple[int, str]]]:
    """Account number and entity of every record, by system, in the order of the numbers."""
    numbers = defaultdict(list)
    for row in built.table("records"):
        if row["part"] == 1:
            numbers[row["source_id"]].append((int(row["raw_key"].split("/")[0]), row["entity_id"]))
    return {source_id: sorted(rows) for source_id, rows in numbers.items()}


def neighbours(entities: list[str]) -> int:
    return sum(a == b for a, b in itertools.pairwise(entities))


def expected_neighbours(entities: list[str]) -> float:
    """How many neighbours of a random order are one customer's."""
    counts = np.array(list(Counter(entities).values()))
    return float((counts * (counts - 1)).sum() / len(entities))


def test_neighbouring_account_numbers_betray_nobody(built):
    found = expected = 0.0
    for rows in key_numbers(built).values():
        entities = [entity for _, entity in rows]
        found, expected = found + neighbours(entities), expected + expected_neighbours(entities)
    assert found <= expected + 4 * (expected + 1) ** 0.5


def test_neighbouring_rows_betray_nobody(built, unload_records):
    found = expected = 0.0
    truth = {(row["source_id"], row["raw_key"]): row["entity_id"] for row in built.table("records") if row["part"] == 1}
    for source in all_sources():
        if source.kind_name != "a3":
            continue
        rows = unload_records((built.last(source.source_id) / "klient.unl").read_bytes())
        keys = [f"{fields[0]}/{fields[18]}" for _, _, fields in rows if len(fields) == 21]
        entities = [truth[source.source_id, key] for key in keys if (source.source_id, key) in truth]
        found, expected = found + neighbours(entities), expected + expected_neighbours(entities)
    assert found <= expected + 4 * (expected + 1) ** 0.5


def test_equal_numbers_or_dates_in_keys_betray_nobody(built):
    """Pairs of one number or opened on one day are one customer's no more often than by chance."""
    rows = [row for row in built.table("records") if row["part"] == 1]
    for part in (0, 1):
        groups = defaultdict(list)
        for row in rows:
            pieces = row["raw_key"].split("/", 1)
            if len(pieces) > part and not pieces[part].endswith(("1900", "2099", "00000000", "20991231", "19000101")):
                groups[row["source_id"] if part else "", pieces[part]].append(row["entity_id"])
        pairs = sum(len(g) * (len(g) - 1) // 2 for g in groups.values())
        same = sum(a == b for g in groups.values() for at, a in enumerate(g) for b in g[at + 1 :])
        assert same <= 4 + 0.02 * pairs


def test_entity_ids_do_not_follow_the_file_or_the_family(built):
    numbers = {row["entity_id"]: int(row["entity_id"][1:]) for row in built.table("records")}
    homes = [row for row in built.table("relations") if row["kind"] == "household"]
    distances = [abs(numbers[row["entity_id_1"]] - numbers[row["entity_id_2"]]) for row in homes]
    # Two random numbers of n are n/3 apart on average.
    assert np.mean(distances) == pytest.approx(max(numbers.values()) / 3, rel=0.15)
