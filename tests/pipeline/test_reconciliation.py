"""Reconciliation of live units, and what spoils it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from config.errors import GateFailed
from pipeline.reconciliation import reconcile_unit


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
