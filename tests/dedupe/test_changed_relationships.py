"""Edges after a change where the customers at their ends did not change: somebody else did."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from config.survivorship import load_survivorship
from dedupe import Previous, resolve, resolve_changes

KEY = b"k" * 32
HOUSE = {"city": "Konin", "street": "Polna", "house": "7", "postal_code": "62-500", "family_name": "Brzęczek"}
GIVEN = ("Jan", "Ewa", "Piotr", "Zofia", "Adam", "Maria", "Tomasz", "Halina", "Marek")


@pytest.fixture
def village(record, table):
    """Nine people of one name in one house, which is one too many for a household."""
    return table(
        *(
            record(f"zt63-abonent:{number}", given_name=given, pesel=f"5{number}640712345", **HOUSE)
            for number, given in enumerate(GIVEN)
        )
    )


@pytest.fixture
def bank(record, table):
    """The head office of a REGON, which comes and goes; two branches; and a bank that shares their NIP alone."""
    regon, nip = "123456785", {"nip": "5260250995"}
    return table(
        record("zt63-abonent:head", org_name="BANK ROLNY", regon=regon, city="Konin", house="1"),
        record("zt63-abonent:hel", org_name="KASA HEL", regon=f"{regon}12347", city="Hel", house="2", **nip),
        record("zt63-abonent:pila", org_name="FILIA PILSKA", regon=f"{regon}12354", city="Piła", house="3", **nip),
        record("zt63-abonent:aaa", org_name="ZRZESZENIE", regon="610188201", city="Łódź", house="4", **nip),
    )


@pytest.fixture
def after_change(model):
    """The edges after a change, made both ways and found equal."""
    options = {"model": model, "survivorship": load_survivorship(), "id_key": KEY, "ref_key": KEY}

    def run(before: pa.Table, after: pa.Table) -> int:
        old = resolve(before, first_seen={}, clerk=(), **options)
        tables = (old.crosswalk, old.golden_customers, old.relationships, old.queue_cases)
        previous = Previous(before, {}, (), *tables)
        changed = resolve_changes(after, previous=previous, first_seen={}, clerk=(), **options)
        full = resolve(after, first_seen={}, clerk=(), **options)
        assert changed.relationships.to_pylist() == full.relationships.to_pylist()
        return full.relationships.num_rows

    return run


def without(records: pa.Table, record_id: str) -> pa.Table:
    return records.filter(pc.not_equal(records["record_id"], record_id))


def test_a_house_that_gets_too_full_is_no_household_any_more(village, after_change):
    eight = without(village, "zt63-abonent:4")
    assert after_change(eight, village) == 0
    assert after_change(village, eight) == 8 * 7 // 2


def test_branches_get_another_head_office_when_theirs_goes(bank, after_change):
    # Both branches hang on the head office by REGON and on the one with the nine-digit number by NIP.
    assert after_change(without(bank, "zt63-abonent:head"), bank) == 4
    # Without it one of them stands for it.
    assert after_change(bank, without(bank, "zt63-abonent:head")) == 3
