"""Reconciliation of live units, and what spoils it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from config.errors import GateFailed
from config.sources import source_with_id
from pipeline.landing import Landed, land
from pipeline.reconciliation import _control_of, in_zloty, reconcile_unit
from pipeline.standardising import StandardBatch, standardise_batch


@pytest.mark.parametrize("unit", ["pilot", "poznan", "olsztyn"])
def test_a_live_unit_reconciles(nation: Any, unit: str) -> None:
    assert reconcile_unit(nation.installation, unit)["clean"]


def test_money_of_the_senders_is_what_stands_central(nation: Any) -> None:
    checks = {
        check["name"]: check
        for check in reconcile_unit(nation.installation, "olsztyn")["checks"]
        if check["source_id"] == "zt51-abonent"
    }
    told = sum(row.grosze for row in nation.estate.told["olsztyn"])
    assert (checks["control_balance_grosze"]["legacy"], checks["loaded_balance_grosze"]["central"]) == (told, told)


def test_a_grosz_too_many_is_named(three_live: Any) -> None:
    with psycopg.connect(three_live.admin_url.rsplit("/", 1)[0] + f"/{three_live.name}") as connection:
        connection.execute(
            "UPDATE dw.fact_account SET balance_grosze = balance_grosze + 1 WHERE record_id LIKE 'zt51-abonent:901%'"
        )
    report = reconcile_unit(three_live.installation, "olsztyn")
    wrong = [(check["name"], check["difference"]) for check in report["checks"] if check["difference"]]
    assert (report["clean"], wrong) == (False, [("loaded_balance_grosze", 1), ("customers_balance_grosze", -1)])


def test_a_unit_that_is_not_live_has_nothing_to_reconcile(nation: Any) -> None:
    with pytest.raises(GateFailed):
        reconcile_unit(nation.installation, "krakow")


# -- money that is not loaded ---

HELD = "1 records rejected or excluded hold 10,10 zł"
UNKNOWN = "1 records quarantined or unreadable, their amounts are not known; difference -12,34 zł"
CUT = b"999|F|Brak|\n"
TEST: dict[str, Any] = {"family": "TEST", "given": "TEST", "balance": "10,10"}
ODD_FLAG: dict[str, Any] = {"flag": "X", "balance": "10,10"}
MONEY = {
    "all is loaded": ({}, b"", 0, ("equal", None)),
    "a test row holds the difference": (TEST, b"", 0, ("explained", HELD)),
    "so does a rejected one": (ODD_FLAG, b"", 0, ("explained", HELD)),
    "it holds a grosz less": (TEST, b"", 1, ("different", None)),
    "nothing was left out": ({}, b"", 1, ("different", None)),
    "what stands in quarantine is not known": ({}, CUT, 1234, ("unproven", UNKNOWN)),
    "a quarantined record is no licence for what is known": (TEST, CUT, 1234, ("unproven", f"{HELD}; {UNKNOWN}")),
    "nothing is missing beside a quarantined record": ({}, CUT, 0, ("equal", None)),
}


@pytest.mark.parametrize(("odd", "extra", "more", "expected"), MONEY.values(), ids=list(MONEY))
def test_a_difference_of_money_is_explained_by_money_only(
    bench: Any,
    new_people: Callable[..., list[Any]],
    odd: dict[str, Any],
    extra: bytes,
    more: int,
    expected: tuple[str, str | None],
) -> None:
    first, second = new_people(600, 2)
    source = source_with_id("zt69-abonent")
    folder = bench.estate.deliver(
        source.source_id, [first, replace(second, **odd)], date="2003-11-03", sequence=2, extra=extra
    )
    landed = land(bench.installation.landing_dir, folder, source=source)
    assert isinstance(landed, Landed)
    batch = standardise_batch(landed, source=source, pilot_keys=frozenset())
    stated = {**landed.control, "balance_grosze": landed.control["balance_grosze"] + more}
    told = StandardBatch(replace(landed, control=stated), batch.folder)
    (money,) = (each for each in _control_of(source.source_id, [told]) if each["name"] == "control_balance_grosze")
    assert (money["status"], money["explained_by"]) == expected


@pytest.mark.parametrize(
    ("grosze", "expected"),
    [
        pytest.param(0, "0,00 zł", id="nothing"),
        pytest.param(-5, "-0,05 zł", id="less than a zloty"),
        pytest.param(123456789, "1 234 567,89 zł", id="millions"),
    ],
)
def test_amounts_are_written_to_be_read(grosze: int, expected: str) -> None:
    assert in_zloty(grosze) == expected
