"""Reconciliation of events: what the landing says against the fact tables."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from config.events import EVENT_RECORD, EVENT_TYPES
from pipeline.event_checks import event_differences
from pipeline.live_events import PLACED, facts_of

SCHEMA = pa.schema([*EVENT_RECORD.arrow, *(pa.field(name, pa.string()) for name in PLACED)])


def invoice(number: int, *, unit: str = "poznan", record_id: str | None = "zt63-abonent:1") -> dict[str, Any]:
    return dict.fromkeys(SCHEMA.names) | {
        "event_id": f"zt63-billing:{number}",
        "event_type": "invoice",
        "source_id": "zt63-billing",
        "point_code": "ZT63",
        "raw_key": str(number),
        "batch_id": "b",
        "business_date": dt.date(2003, 9, 22),
        "sequence": number,
        "occurred_on": dt.date(2003, 8, 1),
        "amount_grosze": 100 * number,
        "unit": unit,
        "record_id": record_id,
        "resolved_by": "account" if record_id else "unresolved",
    }


ROWS = [invoice(1), invoice(2, record_id=None), invoice(3), invoice(4, unit="krakow")]


def differences(central: list[dict[str, Any]]) -> dict[str, int]:
    """What differs in Poznań between ``ROWS`` and fact tables made of these rows."""
    facts = facts_of(pa.Table.from_pylist(central, schema=SCHEMA))
    found = event_differences(pa.Table.from_pylist(ROWS, schema=SCHEMA), facts, unit="poznan")
    return {each.name: each.central - each.legacy for each in found if each.central != each.legacy}


def test_what_was_loaded_as_it_came_reconciles():
    assert len(facts_of(SCHEMA.empty_table())) == len(EVENT_TYPES)
    assert differences(ROWS) == {}


@pytest.mark.parametrize(
    ("central", "expected"),
    [
        pytest.param(
            ROWS[1:],
            {"loaded_invoice_events": -1, "loaded_invoice_resolved": -1, "loaded_invoice_amount_grosze": -100},
            id="a lost event",
        ),
        pytest.param(
            [*ROWS[:2], ROWS[2] | {"amount_grosze": 301}, ROWS[3]], {"loaded_invoice_amount_grosze": 1}, id="a grosz"
        ),
        pytest.param(
            [ROWS[0] | {"record_id": None}, *ROWS[1:]], {"loaded_invoice_resolved": -1}, id="a party forgotten"
        ),
        pytest.param(ROWS[:3], {}, id="another unit's business"),
    ],
)
def test_a_difference_is_named(central, expected):
    assert differences(central) == expected
