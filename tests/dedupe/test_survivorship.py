"""Which value survives, from which record, by which rule: a table of small customers."""

import datetime as dt

import numpy as np
import pytest

from dedupe.survivorship import choose

TRUST = {"zt99-abonent": 0, "zt63-abonent": 1, "zt25-abonent": 2}
OLD, NEW = dt.date(1990, 1, 1), dt.date(2001, 1, 1)


def day(number):
    return dt.date(2003, 9, number)


CASES = [
    pytest.param("given_name", ["most_frequent"], [{"given_name": "Jan"}], 0, "only_value", id="one record"),
    pytest.param("given_name", ["most_frequent"], [{}, {"given_name": "Jan"}], 1, "only_value", id="missing loses"),
    pytest.param("given_name", ["most_frequent"], [{}, {}], None, None, id="nobody knows"),
    pytest.param(
        "given_name",
        ["most_frequent", "source_trust"],
        [{"given_name": "Janek"}, {"given_name": "Jan"}, {"given_name": "Jan"}],
        1,
        "most_frequent",
        id="most frequent",
    ),
    pytest.param(
        "given_name",
        ["most_frequent", "most_complete"],
        [{"given_name": "J"}, {"given_name": "Jan"}],
        1,
        "most_complete",
        id="a tie goes on to the next rule",
    ),
    pytest.param(
        "birth_date",
        ["most_frequent", "source_trust"],
        [
            {"source_id": "zt25-abonent", "birth_date": day(1)},
            {"source_id": "zt99-abonent", "birth_date": day(2)},
            {"source_id": "unknown", "birth_date": day(3)},
        ],
        1,
        "source_trust",
        id="most trusted source",
    ),
    pytest.param(
        "phone",
        ["most_recent"],
        [{"phone": "611111111", "business_date": day(3)}, {"phone": "612222222", "business_date": day(20)}],
        1,
        "most_recent",
        id="latest delivery",
    ),
    pytest.param(
        "family_name",
        ["latest_opened"],
        [{"family_name": "Lis"}, {"family_name": "Nowak", "opened_on": NEW}, {"family_name": "Lis", "opened_on": OLD}],
        1,
        "latest_opened",
        id="youngest account",
    ),
    pytest.param(
        "pesel",
        ["verified", "most_frequent"],
        [
            {"pesel": "50640712345", "pesel_status": "repaired"},
            {"pesel": "50640712345", "pesel_status": "repaired"},
            {"pesel": "61721188888", "pesel_status": "valid"},
        ],
        2,
        "verified",
        id="read as it stood before repaired",
    ),
    pytest.param(
        "email",
        ["most_frequent"],
        [{"email": "b@wp.pl"}, {"email": "a@wp.pl"}],
        0,
        "anchor_order",
        id="what is tied goes to the anchor",
    ),
    pytest.param(
        "address",
        ["most_complete"],
        [
            {"city": "Konin", "street": "Polna"},
            {"city": "Konin", "street": "Polna", "house": "7", "postal_code": "62-500"},
            {"street": "Polna", "house": "7", "flat": "2"},
        ],
        1,
        "most_complete",
        id="an address is one group and needs a place",
    ),
]


@pytest.mark.parametrize(("attribute", "names", "records", "row", "rule"), CASES)
def test_survivor(attribute, names, records, row, rule, record, table):
    rows = table(*(record(f"zt63-abonent:{i}", **one) for i, one in enumerate(records)))
    from config.schemas import GOLDEN_ATTRIBUTES

    rules = {"attributes": dict.fromkeys(GOLDEN_ATTRIBUTES, names), "trust": TRUST}
    found = choose(
        rows,
        np.zeros(len(records), dtype=np.int64),
        customers=1,
        anchor_rank=np.arange(len(records)),
        rules=rules,
    )[attribute]
    assert (found.row[0] if found.row[0] >= 0 else None, found.rule[0]) == (row, rule)


def test_customers_do_not_mix(record, table):
    from config.schemas import GOLDEN_ATTRIBUTES

    rows = table(
        record("s:1", phone="611111111"),
        record("s:2", phone="612222222"),
        record("s:3"),
        record("s:4", phone="613333333"),
    )
    rules = {"attributes": {key: ["most_frequent"] for key in GOLDEN_ATTRIBUTES}, "trust": TRUST}
    found = choose(rows, np.array([0, 1, 0, 1]), customers=2, anchor_rank=np.array([0, 2, 3, 1]), rules=rules)["phone"]
    assert found.row.tolist() == [0, 3]
    assert found.rule.tolist() == ["only_value", "anchor_order"]
