"""Why linked, and where every golden value came from."""

from __future__ import annotations

from typing import Any

import pytest

from config.errors import GateFailed, UsageError
from pipeline import cutover, explain, offline, status

ONE, OTHER = "zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995"


@pytest.fixture
def wanda(nation: Any) -> dict[str, Any]:
    return explain.customer(nation.installation, nation.customers_of(ONE)[0])


def test_the_waterfall_sums_to_the_weight(nation: Any) -> None:
    told = explain.explain(nation.installation, OTHER, ONE)
    assert sum(step["micro_bits"] for step in told["waterfall"]) == told["match_weight"]
    assert told["is_one_customer"]


def test_a_pair_may_be_named_by_references(nation: Any, wanda: dict[str, Any]) -> None:
    first, second = (row["record_ref"] for row in wanda["records"])
    by_reference = explain.explain(nation.installation, first, second)
    assert by_reference == explain.explain(nation.installation, ONE, OTHER)


def test_every_value_came_from_one_of_the_records(wanda: dict[str, Any]) -> None:
    own = {row["record_ref"] for row in wanda["records"]}
    assert {value["record_ref"] for value in wanda["values"]} <= own
    assert all(value["rule"] for value in wanda["values"])


def test_money_of_all_records_is_the_customers(wanda: dict[str, Any]) -> None:
    assert wanda["balance_grosze"] == 2000


def test_missing_values_are_left_out(wanda: dict[str, Any]) -> None:
    assert {value["attribute"] for value in wanda["values"]} >= {"given_name", "family_name", "birth_date", "address"}
    assert "pesel" not in {value["attribute"] for value in wanda["values"]}


@pytest.mark.parametrize("name", ["zt97-abonent:12345/none", "aaaaaaaaaaaa"], ids=["record_id", "reference"])
def test_a_name_nobody_has_is_refused_and_not_repeated(nation: Any, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        explain.explain(nation.installation, name, ONE)
    assert name not in str(refused.value)


def test_before_the_first_release_there_is_nobody(bench: Any) -> None:
    with pytest.raises(GateFailed, match="no release"):
        explain.customer(bench.installation, "AAAAAAAAAAAAAAAA")


def test_an_id_outlives_its_unit(three_live: Any) -> None:
    # Anchored in Olsztyn, because nobody else knows him.
    lone = three_live.customers_of(f"zt51-abonent:{three_live.estate.told['olsztyn'][0].key}")[0]
    cutover.rollback(three_live.installation, "olsztyn", "engineer", "test")
    gone = explain.customer(three_live.installation, lone)
    assert (gone["resolved_to"], gone["reason"]) == (None, "retired")
    three_live.take_live("olsztyn")
    assert explain.customer(three_live.installation, lone)["resolved_to"] == lone


def test_without_a_database_the_partition_is_the_same(nation: Any, dates: Any) -> None:
    def partition(rows: list[dict[str, Any]]) -> set[frozenset[str]]:
        members: dict[str, set[str]] = {}
        for row in rows:
            members.setdefault(row["customer_id"], set()).add(row["record_id"])
        return {frozenset(group) for group in members.values()}

    _, resolution = offline.resolve_deliveries(nation.estate.folder, up_to=dates["poznan"])
    with nation.open() as warehouse:
        first = next(r for r in warehouse.releases() if r.state == "published" and r.unit == "poznan")
        central = warehouse.read("crosswalk", release_no=first.release_no).to_pylist()
    assert partition(resolution.crosswalk.to_pylist()) == partition(central)


def test_systems_and_units_tell_the_same_counts(nation: Any) -> None:
    systems = status.sources_status(nation.installation)
    units = status.unit_status(nation.installation)
    for name in ("delivered", "loaded", "quarantined", "excluded", "superseded"):
        assert sum(row[name] for row in systems) == sum(row[name] for row in units if row["state"] == "live")


def test_systems_say_how_far_they_are(nation: Any) -> None:
    states = {row["source_id"]: row["state"] for row in status.sources_status(nation.installation)}
    assert (states["zt97-abonent"], states["zt69-abonent"], states["zt63-billing"]) == (
        "live",
        "waiting",
        "waiting",
    )


def test_quarantine_names_file_place_and_reason(nation: Any) -> None:
    (row,) = status.quarantine_rows(nation.installation, unit="poznan")
    (span,) = status.quarantine_spans(nation.installation, row["batch_id"])
    broken = (nation.estate.folder / "zt97-abonent" / "2003-09-22-2" / "klient.unl").read_bytes().index(b"999|F|Brak")
    assert (row["source_id"], row["spans"], span["file"], span["offset"]) == ("zt97-abonent", 1, "klient.unl", broken)


def test_a_release_is_verified_from_its_rows(nation: Any) -> None:
    verified = status.verify_release(nation.installation)
    assert (verified["equal"], verified["units"]) == (True, ["pilot", "poznan", "olsztyn"])
