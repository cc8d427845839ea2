"""Everything odd about a delivery in one list, from its files and from an installation alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.sources import source_with_id
from pipeline import seen_together
from pipeline.findings import FINDINGS, _of_orphans, delivered_accounts, findings_of, installed_findings
from pipeline.landing import Landed, land
from pipeline.offline import delivered_findings, delivered_live_set
from pipeline.seen_together import Seen, _fills_its_field, clocks_that_are_off, installed_live_set
from pipeline.standardising import StandardBatch, standardise_batch
from transforms.events import clocks


def told(findings: pa.Table, source_id: str) -> set[tuple[str, str, str]]:
    return {
        (row["delivery"], row["noticed_as"], row["code"])
        for row in findings.to_pylist()
        if row["source_id"] == source_id
    }


ODD: tuple[dict[str, Any], ...] = (
    {"number": 701, "phone": "320-15-15"},
    {"number": 702, "birth": "30/02/1950"},
    {"number": 703, "family": "TEST", "given": "TEST"},
    {"number": 704},
    {"number": 704},
    {"number": 705, "flag": "X"},
    {"number": 706, "opened": "01/02/1995"},
    {"number": 706, "opened": "01/02/1999"},
)
EXPECTED = {
    ("2003-11-03-2", "note", "phone_layout"),
    ("2003-11-03-2", "issue", "birth_date_invalid"),
    ("2003-11-03-2", "excluded", "test_row"),
    ("2003-11-03-2", "rows", "key_repeated"),
    ("2003-11-03-2", "rows", "number_of_two_accounts"),
    ("2003-11-03-2", "reject", "unknown_category"),
    ("2003-11-03-2", "span", "field_count"),
    ("2003-11-03-3", "delivery", "TransferTruncated"),
    ("2003-11-03-4", "delivery", "ControlTotalsDiffer"),
}


@pytest.fixture
def odd(bench: Any, new_people: Callable[..., list[Any]]) -> Any:
    """An installation with odd deliveries of Kraków: rows, then a file cut on its way, then a wrong total."""
    (someone,) = new_people(600, 1)
    rows = [replace(someone, **row) for row in ODD]
    day = "2003-11-03"
    bench.estate.deliver("zt69-abonent", rows, date=day, sequence=2, extra=b"999|F|Brak|\n")
    bench.estate.deliver("zt69-abonent", rows[:2], date=day, sequence=3, cut=9)
    bench.estate.deliver("zt69-abonent", rows[:1], date=day, sequence=4, records=5)
    return bench


def test_findings_of_deliveries(odd: Any) -> None:
    findings, deliveries = delivered_findings(odd.estate.folder)
    assert told(findings, "zt69-abonent") == EXPECTED
    assert {name for source, name in deliveries if source == "zt69-abonent"} == {f"2003-11-03-{n}" for n in range(1, 5)}
    assert findings.schema == FINDINGS


def test_findings_stand_where_their_record_does(odd: Any) -> None:
    content = (odd.estate.folder / "zt69-abonent" / "2003-11-03-2" / "klient.unl").read_bytes()
    findings = delivered_findings(odd.estate.folder)[0].to_pylist()
    rows = [row for row in findings if row["code"] == "number_of_two_accounts"]
    assert [content[row["offset"] :][: row["length"]][:4] for row in rows] == [b"706|", b"706|"]


def test_findings_of_an_installation(odd: Any) -> None:
    odd.extract("krakow")
    with odd.open() as warehouse:
        findings, deliveries = installed_findings(odd.installation, warehouse)
    assert told(findings, "zt69-abonent") == EXPECTED
    assert {name for source, name in deliveries if source == "zt69-abonent"} == {f"2003-11-03-{n}" for n in range(1, 5)}


def test_an_event_of_an_account_nobody_delivered_is_an_orphan(tmp_path: Path) -> None:
    landed = Landed(
        batch_id="zt97-billing:1",
        source_id="zt97-billing",
        business_date=dt.date(2003, 9, 22),
        sequence=1,
        files=("faktury.unl",),
        size=0,
        delivered=4,
        quarantined=0,
        control={},
        warnings=(),
        folder=tmp_path,
    )
    events = {
        "sequence": pa.array([0, 1, 2, 3, 4], pa.int64()),
        "party_account": ["12", "99", None, "12", "99"],
        "party_point": ["ZT97", None, None, "ZT51", "ZT00"],
    }
    pq.write_table(pa.table(events), tmp_path / "records.parquet")
    accounts = {"": frozenset({"12", "34"}), "ZT97": frozenset({"12"}), "ZT51": frozenset({"34"})}
    found = _of_orphans(StandardBatch(landed, tmp_path), accounts=accounts)
    # The point ZT00 delivered nothing: nobody can say whether the account exists there.
    assert found["record_no"].tolist() == [1, 3]


def test_who_stands_in_quarantine_is_not_unknown(odd: Any) -> None:
    source = source_with_id("zt69-abonent")
    landed = land(odd.installation.landing_dir, odd.estate.folder / "zt69-abonent" / "2003-11-03-2", source=source)
    assert isinstance(landed, Landed) and landed.quarantined == 1
    accounts = delivered_accounts([standardise_batch(landed, source=source, pilot_keys=frozenset())])
    assert {"701", "705", "999"} <= accounts[source.point_code] and accounts[source.point_code] == accounts[""]


def test_what_is_true_from_some_record_on_is_a_finding_to_the_end_of_the_file(odd: Any) -> None:
    source, folder = source_with_id("zt69-abonent"), odd.estate.folder / "zt69-abonent" / "2003-11-03-2"
    landed = land(odd.installation.landing_dir, folder, source=source)
    assert isinstance(landed, Landed)
    batch = standardise_batch(landed, source=source, pilot_keys=frozenset())
    content = (folder / "klient.unl").read_bytes()
    odd_ones = pd.DataFrame({"record_no": pd.array([None, 1], dtype="Int64"), "code": ["clock_skew", "unit_changed"]})
    found = findings_of(batch, seen=Seen(files={batch.batch_id: odd_ones})).to_pylist()
    places = {row["code"]: (row["offset"], row["length"]) for row in found if row["noticed_as"] == "file"}
    second = content.index(b"\n702|") + 1
    assert places == {"clock_skew": (0, len(content)), "unit_changed": (second, len(content) - second)}


def test_a_name_as_long_as_its_field_may_go_on_elsewhere() -> None:
    events = {
        "source_id": ["zt99-orders", "zt99-orders", "zt99-orders", "zt63-cti"],
        "party_name": ["x" * 30, "x" * 29, None, "x" * 30],
    }
    assert _fills_its_field(pa.table(events)).to_pylist() == [True, False, False, False]


def test_a_live_set_is_of_what_was_delivered_or_installed(odd: Any) -> None:
    live, deliveries = delivered_live_set(odd.estate.folder)
    assert ("zt69-abonent", "2003-11-03-2") in deliveries and ("zt69-abonent", "2003-11-03-3") not in deliveries
    odd.extract("krakow")
    with odd.open() as warehouse:
        installed, taken = installed_live_set(odd.installation, warehouse)
        assert clocks_that_are_off(odd.installation, warehouse) == []
    assert set(taken) <= set(deliveries)
    assert set(installed.records["record_id"].to_pylist()) <= set(live.records["record_id"].to_pylist())


def test_clocks_that_are_off_are_told_with_site_period_and_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    off = pd.DataFrame(
        {
            "source_id": ["zt63-cti"],
            "batch_id": ["zt63-cti:1"],
            "first_on": [dt.date(2003, 9, 22)],
            "last_on": [dt.date(2003, 12, 31)],
            "offset_s": [480.4],
            "low_s": [472.9],
            "high_s": [487.0],
            "pairs": [58],
        }
    )
    monkeypatch.setattr(seen_together, "installed_live_set", lambda *_: (SimpleNamespace(events=None), []))
    monkeypatch.setattr(clocks, "skewed_clocks", lambda _: off)
    assert clocks_that_are_off(None, None) == [  # type: ignore[arg-type]
        {
            "source_id": "zt63-cti",
            "batch_id": "zt63-cti:1",
            "first_on": "2003-09-22",
            "last_on": "2003-12-31",
            "offset_s": 480,
            "low_s": 473,
            "high_s": 487,
            "pairs": 58,
        }
    ]
