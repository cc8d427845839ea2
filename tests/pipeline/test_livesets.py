"""Which version of a record counts."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.schemas import PARTY_RECORD, QUARANTINED_SPAN
from pipeline.landing import Landed
from pipeline.livesets import CATEGORIES, check_conservation, live_set
from pipeline.standardising import FATES, StandardBatch

UNITS = ("pilot", "poznan")


def record(record_id: str, *, batch: Landed, sequence: int, unit: str = "poznan", part: int = 1) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(PARTY_RECORD.names)
    return row | {
        "record_id": record_id + ("#2" if part == 2 else ""),
        "source_id": batch.source_id,
        "point_code": "ZT97",
        "unit": unit,
        "raw_key": record_id.partition(":")[2],
        "part": part,
        "batch_id": batch.batch_id,
        "business_date": batch.business_date,
        "sequence": sequence,
        "party_kind": "person",
        "raw": "{}",
    }


class Maker:
    """Standard batches out of lists of ``(key, fate)``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0

    def __call__(
        self, rows: list[tuple[str, str]], *, day: int = 1, sequence: int = 1, spans: int = 0, couples: bool = False
    ) -> StandardBatch:
        self.number += 1
        folder = self.folder / str(self.number)
        folder.mkdir(parents=True)
        landed = Landed(
            batch_id=f"zt97-abonent:{self.number}",
            source_id="zt97-abonent",
            business_date=dt.date(2003, 9, day),
            sequence=sequence,
            files=("klient.unl",),
            size=0,
            delivered=len(rows) + spans,
            quarantined=spans,
            control={},
            warnings=(),
            folder=folder,
        )
        records, fates = [], []
        for number, (key, fate) in enumerate(rows):
            unit = "pilot" if key.startswith("p") else "poznan"
            if fate == "standard":
                for part in (1, 2) if couples else (1,):
                    records.append(record(f"zt97-abonent:{key}", batch=landed, sequence=number, unit=unit, part=part))
            fates.append(
                {
                    "record_no": number,
                    "raw_key": key,
                    "unit": unit,
                    "fate": fate,
                    "reason": None if fate == "standard" else fate,
                    "detail": None,
                    "offset": number * 10,
                    "length": 10,
                }
            )
        lost = [
            {"file": "klient.unl", "offset": 1000 + at, "length": 5, "reason": "field_count", "detail": None}
            for at in range(spans)
        ]
        pq.write_table(pa.Table.from_pylist(records, schema=PARTY_RECORD.arrow), folder / "records.parquet")
        pq.write_table(pa.Table.from_pylist(fates, schema=FATES), folder / "fates.parquet")
        pq.write_table(pa.Table.from_pylist(lost, schema=QUARANTINED_SPAN.arrow), folder / "quarantine.parquet")
        return StandardBatch(landed, folder)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def versions(live: Any) -> dict[str, str]:
    return dict(zip(live.records["record_id"].to_pylist(), live.records["batch_id"].to_pylist(), strict=True))


CASES = [
    pytest.param([(1, 1), (2, 1)], 1, id="later business date"),
    pytest.param([(2, 1), (1, 2)], 0, id="not later in its sequence"),
    pytest.param([(1, 1), (1, 2)], 1, id="later sequence of the same day"),
]


@pytest.mark.parametrize(("deliveries", "winner"), CASES)
def test_the_latest_version_counts_whatever_the_order_of_arrival(
    make: Maker, deliveries: list[tuple[int, int]], winner: int
) -> None:
    batches = [make([("a", "standard")], day=day, sequence=sequence) for day, sequence in deliveries]
    expected = {"zt97-abonent:a": batches[winner].batch_id}
    assert versions(live_set(batches, units=UNITS)) == expected
    assert versions(live_set(batches[::-1], units=UNITS)) == expected


def test_the_later_row_of_one_delivery_counts(make: Maker) -> None:
    live = live_set([make([("a", "standard"), ("a", "standard")])], units=UNITS)
    assert live.records["sequence"].to_pylist() == [1]


@pytest.mark.parametrize("fate", ["excluded", "rejected"])
def test_a_record_whose_latest_version_fell_out_does_not_come_back(make: Maker, fate: str) -> None:
    live = live_set([make([("a", "standard")], day=1), make([("a", fate)], day=2)], units=UNITS)
    assert live.records.num_rows == 0
    assert live.of_unit("poznan")["superseded"] == 1


def test_a_second_party_lives_and_dies_with_its_row(make: Maker) -> None:
    live = live_set([make([("a", "standard")], day=1, couples=True), make([("a", "standard")], day=2)], units=UNITS)
    assert live.records["record_id"].to_pylist() == ["zt97-abonent:a"]


def test_other_units_are_left_out(make: Maker) -> None:
    live = live_set([make([("a", "standard"), ("p1", "standard")])], units=["pilot"])
    assert live.records["record_id"].to_pylist() == ["zt97-abonent:p1"]


def test_first_seen_is_the_first_delivery_not_the_latest(make: Maker) -> None:
    live = live_set([make([("a", "standard")], day=2), make([("a", "standard")], day=1)], units=UNITS)
    assert live.first_seen == {"zt97-abonent:a": dt.date(2003, 9, 1)}


def test_spans_and_rejects_are_quarantined_with_their_place(make: Maker) -> None:
    live = live_set([make([("a", "rejected"), ("b", "standard")], spans=2)], units=UNITS)
    assert live.quarantine["offset"].to_pylist() == [0, 1000, 1001]


def test_no_batches_no_records() -> None:
    live = live_set([], units=UNITS)
    assert (live.records.num_rows, live.quarantine.num_rows, dict(live.counts)) == (0, 0, {})


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "p1", "p2"]), st.sampled_from(["standard", "rejected", "excluded"])),
    min_size=1,
    max_size=8,
)
DELIVERIES = st.lists(
    st.tuples(ROWS, st.integers(1, 3), st.integers(1, 2), st.integers(0, 2), st.booleans()), min_size=1, max_size=4
)


@settings(max_examples=30, deadline=None)
@given(deliveries=DELIVERIES)
def test_every_delivered_record_ends_in_exactly_one_place(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[Any]
) -> None:
    make = Maker(tmp_path_factory.mktemp("live"))
    batches = [
        make(rows, day=day, sequence=sequence, spans=spans, couples=couples)
        for rows, day, sequence, spans, couples in deliveries
    ]
    live = live_set(batches, units=UNITS)
    check_conservation(live, batches, units=UNITS)
    delivered = sum(len(rows) + spans for rows, _, _, spans, _ in deliveries)
    assert sum(counts[name] for counts in live.counts.values() for name in CATEGORIES) == delivered
    assert live_set(batches[::-1], units=UNITS).records.equals(live.records)
