"""Complaints from real databases in Windows 1250 to fact tables: asked at each cutover up to its day, then by feeds.

The desk of Zielona Góra is switched off at its cutover; from then on the centre's is master. Rows are written by hand.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.parquet as pq
import pytest

from blekit import cli
from config import sources
from config.errors import SourceUnavailable
from config.kinds import all_kinds
from estate.services.serving import serving
from estate.services.tables import Table, write_table
from pipeline import batches, cutover

DESK, CENTRE = "zt97-complaints", "zt99-complaints"
COLUMNS = tuple(str(all_kinds()["a7c"].options["columns"]).split())
TYPES = {
    "przyjeto": "timestamp(0)",
    "zmieniono": "timestamp(0)",
    "termin": "date",
    "rozpatrzono": "date",
    "wersja": "integer",
    "kwota_sporna": "numeric(12,2)",
    "kwota_uznana": "numeric(12,2)",
}
TABLE = Table("reklamacje", tuple((name, TYPES.get(name, "varchar(200)")) for name in COLUMNS), ("nr", "wersja"))
NOTE = "Zażółć gęślą jaźń | „wg rozmowy”\nŁódź"
UNTIL = dt.date(2006, 12, 31)


def case(number: str, day: str, *, changed: str = "", state: str = "w toku", **columns: str) -> tuple[str | None, ...]:
    """A state of a complaint."""
    known = {
        "nr": number,
        "nr_klienta": "200",
        "przyjeto": f"{day} 10:00:00",
        "kategoria": "zawyżony rachunek",
        "opis": NOTE,
        "stan": state,
        "kwota_sporna": "100.10",
        "termin": day,
        "operator": "OP01",
        "wersja": "2" if changed else "1",
        "zmieniono": f"{changed or day} 10:00:00",
        **columns,
    }
    return tuple(known.get(name) for name in COLUMNS)


def decided(number: str, day: str, on: str, **columns: str) -> tuple[str | None, ...]:
    """The state a complaint ended in."""
    ended = {"rozpatrzono": on, "kwota_uznana": "60.05", "rozpatrzyl": "zaplecze", **columns}
    return case(number, day, changed=on, state="uznana", **ended)


ROWS = {
    DESK: [
        case("R97/1", "2003-05-05"),
        decided("R97/1", "2003-05-05", "2003-05-20"),
        case("R97/2", "2003-09-15"),
        decided("R97/2", "2003-09-15", "2003-10-30"),  # after the last day of this desk
        case("R97/3", "2003-06-01", operator="TEST"),
    ],
    CENTRE: [
        case("R99/1", "2003-09-22", state="PRZYJETA"),
        decided("R99/1", "2003-09-22", "2003-10-05", rozpatrzyl="DORADCA"),
        case("R99/2", "2005-01-07", nr_poprz="R99/1", state="PRZYJETA"),
    ],
}


@pytest.fixture
def _with_desks(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = batches.all_sources

    def more() -> tuple[sources.SourceSystem, ...]:
        return (*chosen(), *(sources.source_with_id(name) for name in ROWS))

    monkeypatch.setattr(batches, "all_sources", more)


@pytest.fixture
def line(bench: Any, tmp_path: Path, _with_desks: None) -> Any:
    """An installation that knows where both desks answer; nothing is live."""
    folder = tmp_path / "served"
    for name, rows in ROWS.items():
        write_table(folder / "postgres" / name, TABLE, rows)
    (folder / "postgres" / f"{DESK}.json").write_text('{"last_day": "2003-09-22"}')
    with serving(folder, keys=bench.installation.keys_dir, admin_url=bench.admin_url) as locations:
        bench.installation.settings.locations_file.write_text(json.dumps(locations))
    return bench


def told(line: Any) -> dict[str, tuple[Any, ...]]:
    """What the fact table says of each complaint."""
    names = ("outcome", "topic", "decided_by", "amount_grosze", "closed_on", "unit")
    rows = line.rows("fact_complaint")
    return {row["number"]: tuple(row[name] for name in names) for row in rows}


ACCEPTED = ("accepted", "invoice", "back_office", 6005, dt.date(2003, 5, 20), "poznan")
OPEN = ("open", "invoice", None, None, None, "poznan")


def test_the_pilot_asks_the_centre_only(line: Any) -> None:
    line.take_live("pilot")
    assert [path.name for path in sorted(line.installation.deliveries_dir.glob("*-complaints/*"))] == ["2002-10-28-1"]
    assert told(line) == {}


def test_a_cutover_takes_what_the_desk_knew_on_its_day(line: Any) -> None:
    line.take_live("pilot", "poznan")
    assert told(line) == {"R97/1": ACCEPTED, "R97/2": OPEN, "R99/1": OPEN}


def test_a_decision_told_later_supersedes_the_open_case(line: Any) -> None:
    line.take_live("pilot", "poznan")
    cutover.extract_feed(line.installation, "ZT99", UNTIL)
    cutover.publish_feed(line.installation, UNTIL, "engineer")
    late = ("accepted", "invoice", "advisor", 6005, dt.date(2003, 10, 5), "poznan")
    assert told(line) == {"R97/1": ACCEPTED, "R97/2": OPEN, "R99/1": late, "R99/2": OPEN}


def test_a_feed_does_not_ask_what_is_switched_off(line: Any) -> None:
    line.take_live("pilot", "poznan")
    assert cutover.feed_points(line.installation, UNTIL) == ["ZT99"]


def test_the_numbers_of_a_delivery_add_up(line: Any) -> None:
    line.take_live("pilot")
    reports = {report["point"]: report for report in line.extract("poznan")}
    desk = [batch for batch in _batches(line) if batch.source_id == DESK]
    assert [(b.delivered, b.standardised, b.quarantined, b.excluded) for b in desk] == [(4, 3, 0, 1)]
    assert desk[0].control == {"records": 4, "granted_grosze": 6005, "claimed_grosze": 40040}
    assert reports["ZT97"]["rejected"] == []


def _batches(line: Any) -> list[Any]:
    with line.open() as warehouse:
        return list(warehouse.batches())


def test_letters_of_windows_1250_arrive(line: Any) -> None:
    line.take_live("pilot")
    line.extract("poznan")
    (raw,) = line.installation.landing_dir.glob(f"{DESK}/*/read-*/raw.parquet")
    assert set(pq.read_table(raw)["opis"].to_pylist()) == {NOTE}


def test_a_database_that_is_down_holds_a_cutover_up_until_it_is_back(line: Any, monkeypatch: Any) -> None:
    line.take_live("pilot")
    before = line.current_hash()
    with psycopg.connect(line.admin_url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE legacy ALLOW_CONNECTIONS false")
        with pytest.raises(SourceUnavailable) as caught:
            line.extract("poznan")
        assert (caught.value.exit_code, caught.value.hint[:8]) == (69, "Start it")
        assert line.current_hash() == before
        assert not list(line.installation.deliveries_dir.glob(f"{DESK}/*"))
        connection.execute("ALTER DATABASE legacy ALLOW_CONNECTIONS true")
    line.take_live("poznan")
    assert told(line)["R97/1"] == ACCEPTED


def test_asking_again_changes_nothing(line: Any, capsys: Any, monkeypatch: Any) -> None:
    line.take_live("pilot", "poznan")
    settings = line.installation.settings
    for name in ("home", "deliveries", "database_url"):
        monkeypatch.setenv(f"BLEKIT_{name.upper()}", str(getattr(settings, name)))
    assert cli.run(["sources", "fetch", DESK, CENTRE, "--until", "2003-09-22", "--json"]) == 0
    fetched = json.loads(capsys.readouterr().out)
    assert [(row["deliveries"], row["unchanged"]) for row in fetched] == [([], 1), ([], 1)]
