"""Configuration is frozen and strict: what is misspelt fails at start, with file and key."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from config import errors
from config.errors import BugError, ConfigurationError, UsageError
from config.kinds import FOLDER, all_kinds, load_kind
from config.schemas import CONTENT_TABLES, CROSSWALK, GOLDEN_CUSTOMER
from config.settings import load_settings
from config.sources import all_sources, source_with_id
from config.units import UNITS, collection_points, elder_siblings, predecessors, unit_named


def test_the_rollout_is_the_storys() -> None:
    # Source: the story, "Harmonogram wdrożenia".
    assert [(unit.name, unit.cutover_date) for unit in UNITS] == [
        ("pilot", dt.date(2002, 10, 28)),
        ("poznan", dt.date(2003, 9, 22)),
        ("olsztyn", dt.date(2003, 10, 13)),
        ("warszawa", dt.date(2003, 10, 13)),
        ("katowice", dt.date(2003, 11, 3)),
        ("krakow", dt.date(2003, 11, 3)),
    ]


@pytest.mark.parametrize(
    ("unit", "before", "elder"),
    [
        pytest.param("pilot", [], [], id="the pilot waits for nobody"),
        pytest.param("poznan", ["pilot"], [], id="poznan waits for the pilot"),
        pytest.param("olsztyn", ["poznan"], [], id="first of its wave"),
        pytest.param("warszawa", ["poznan"], ["olsztyn"], id="second of its wave"),
        pytest.param("krakow", ["olsztyn", "warszawa"], ["katowice"], id="waits for the whole wave before"),
    ],
)
def test_order_of_units(unit: str, before: list[str], elder: list[str]) -> None:
    named = unit_named(unit)
    assert [other.name for other in predecessors(named)] == before
    assert [other.name for other in elder_siblings(named)] == elder


def test_fifty_points_with_their_own_area_codes() -> None:
    points = collection_points()
    assert len(points) == 50
    assert len({point.code for point in points}) == 50
    regional = [point.area_code for point in points if point.code != "ZT99"]
    assert len(set(regional)) == 49  # 49 numbering zones (DOMAIN 0.1)


def test_the_registry_counts_the_storys_systems() -> None:
    roles = Counter(source.role for source in all_sources())
    assert roles["hotline"] == 140  # the story: "140 infolinii"
    assert roles["subscriber"] == 50  # "niemal 50 regionalnych punktów" and the central one
    assert sum(roles.values()) - roles["roster"] == 507


def test_a_source_nothing_reads_yet_says_so() -> None:
    # Every registered kind is read by now; the next one will stand in planned.yml first.
    planned = replace(source_with_id("zt63-faults"), kind_name="a13", is_served=False)
    with pytest.raises(ConfigurationError, match="no kind 'a13' is served"):
        _ = planned.kind


def test_every_kind_loads_under_its_own_name() -> None:
    assert {name: kind.kind for name, kind in all_kinds().items()} == {name: name for name in all_kinds()}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("format: dbf", "fromat: dbf", "fromat|format", id="misspelt key"),
        pytest.param("PESEL: pesel", "PESEL: psel", "columns.PESEL", id="unknown role"),
        pytest.param("kind: a2m", "kind: [", "not YAML", id="broken YAML"),
    ],
)
def test_a_misspelt_kind_fails_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "a2m.yml"
    path.write_text((FOLDER / "a2m.yml").read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_kind(path)
    assert "a2m.yml" in str(caught.value)


def test_a_misspelt_setting_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLEKIT_HOEM", "/tmp/x")
    with pytest.raises(ConfigurationError, match="BLEKIT_HOEM"):
        load_settings()


def test_a_setting_of_the_wrong_type_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLEKIT_AIRFLOW_PORT", "many")
    with pytest.raises(ConfigurationError, match="BLEKIT_AIRFLOW_PORT"):
        load_settings()


@pytest.mark.parametrize(
    "ask", [lambda: unit_named("gdansk"), lambda: source_with_id("zt63-abonnent")], ids=["unit", "source"]
)
def test_unknown_names_are_usage_errors(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError):
        ask()


def test_content_tables_hold_no_floats() -> None:
    floats = [(t.name, c.name) for t in CONTENT_TABLES for c in t.columns if pa.types.is_floating(c.type)]
    assert floats == []


def test_every_golden_value_has_its_origin() -> None:
    names = GOLDEN_CUSTOMER.names
    for value in ("family_name", "pesel", "address"):
        assert f"{value}_record_id" in names
        assert f"{value}_rule" in names


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        pytest.param(lambda t: t.drop_columns(["unit"]), "columns", id="a column is gone"),
        pytest.param(lambda t: t.set_column(2, "unit", pa.array([1])), "unit is int64", id="a type differs"),
        pytest.param(
            lambda t: t.set_column(2, "unit", pa.array([None], pa.string())), "1 nulls", id="a null where none may be"
        ),
    ],
)
def test_a_broken_promise_is_our_bug(broken, message: str) -> None:  # type: ignore[no-untyped-def]
    table = pa.table(
        {
            "record_id": ["s:1"],
            "customer_id": ["c"],
            "unit": ["pilot"],
            "decided_by": ["single"],
            "match_probability": pa.array([None], pa.int64()),
        }
    )
    assert CROSSWALK.check(table) is table
    with pytest.raises(BugError, match=message):
        CROSSWALK.check(broken(table))


def test_exit_codes_are_the_designs() -> None:
    # Source: DESIGN §3, "Exit codes".
    codes = {
        name: error.exit_code
        for name, error in vars(errors).items()
        if isinstance(error, type) and issubclass(error, errors.BlekitError)
    }
    assert codes["GateFailed"] == 1
    assert codes["UsageError"] == 2
    assert codes["BadData"] == codes["SourceContractBroken"] == 65
    assert codes["SourceUnavailable"] == codes["DatabaseUnavailable"] == 69
    assert codes["BugError"] == 70
    assert codes["StorageFailed"] == 74
    assert codes["LockBusy"] == codes["ParentMoved"] == 75
    assert codes["PermissionDenied"] == 77
    assert codes["ConfigurationError"] == 78
