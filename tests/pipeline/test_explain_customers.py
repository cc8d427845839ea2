"""Why the records of a customer hang together, and why two customers are not one, told from the live warehouse."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.errors import GateFailed, UsageError
from pipeline import cutover, explain, explain_customers, models, preparing, review

ONE, OTHER = "zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995"


def test_a_customer_is_told_by_references(nation: Any) -> None:
    customer = nation.customers_of(ONE)[0]
    told = explain_customers.explain_customer(nation.installation, customer)
    known = explain.customer(nation.installation, customer)
    assert told["is_reproduced"]
    assert set(told["record_refs"]) == {row["record_ref"] for row in known["records"]}
    (join,) = told["joins"]
    assert {join["record_ref_1"], join["record_ref_2"]} == set(told["record_refs"])
    pair = explain.explain(nation.installation, ONE, OTHER)
    assert join["micro_bits"] == pair["match_weight"]
    assert join["summed_micro_bits"] == min(pair["match_weight"], told["limits"]["clip"])
    assert told["weakest_bridge"]["leaving"] == [told["record_refs"][1]]
    assert [row["name"] for row in told["records"]] == ["Wanda Zielińska"] * 2
    assert not any(record_id in str(told) for record_id in (ONE, OTHER))


def test_two_strangers_were_never_compared(nation: Any) -> None:
    wanda, stranger = nation.customers_of(ONE, _stranger(nation))
    told = explain_customers.explain_customers(nation.installation, wanda, stranger)
    assert told["apart"]["reason"] == "never_compared"
    assert told["apart"]["best_pair"]["decision"] == "non_link"
    assert told["case"] is None
    assert [customer["resolved_to"] for customer in told["customers"]] == [wanda, stranger]


def _stranger(bench: Any) -> str:
    return f"zt51-abonent:{bench.estate.told['olsztyn'][0].key}"


@pytest.mark.parametrize("ids", [("nobody",), ("nobody", "nobody")], ids=["one", "two"])
def test_an_id_nobody_had_is_refused(nation: Any, ids: tuple[str, ...]) -> None:
    ask = explain_customers.explain_customer if len(ids) == 1 else explain_customers.explain_customers
    with pytest.raises(UsageError):
        ask(nation.installation, *ids)


def test_one_customer_twice_is_no_pair(nation: Any) -> None:
    wanda = nation.customers_of(ONE)[0]
    with pytest.raises(UsageError, match="one customer"):
        explain_customers.explain_customers(nation.installation, wanda, wanda)


def test_before_the_first_release_there_is_nothing_to_explain(bench: Any) -> None:
    with pytest.raises(GateFailed, match="no release"):
        explain_customers.explain_customer(bench.installation, "AAAAAAAAAAAAAAAA")


def test_queue_explanation_and_customers_give_one_reason(three_live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.shipped_model()
    costs = model.matching.costs.model_copy(update={"false_link": 10**12, "review": 1})
    careful = replace(model, matching=model.matching.model_copy(update={"costs": costs}))
    with three_live.open() as warehouse:
        version, _ = warehouse.register_model(careful.canonical, actor="engineer")
    monkeypatch.setattr(preparing, "active_version", lambda _: version)
    cutover.rollback(three_live.installation, "olsztyn", "engineer", "another model")
    three_live.take_live("olsztyn")
    case = next(
        row for row in three_live.rows("queue_case") if {row["record_id_1"], row["record_id_2"]} == {ONE, OTHER}
    )
    customers = explain_customers.explain_case(three_live.installation, case["case_ref"])
    pair = explain.explain(three_live.installation, ONE, OTHER)
    assert customers["pair"] == [pair["record_ref_1"], pair["record_ref_2"]]
    assert customers["case"] == {"case_ref": case["case_ref"], "reason": "possible_link"}
    assert (pair["case_ref"], pair["reason"]) == (case["case_ref"], "possible_link")
    assert (customers["apart"]["reason"], customers["apart"]["best_pair"]["decision"]) == ("possible_link",) * 2
    assert review.case(three_live.installation, case["case_ref"])["explanation"]["reason"] == "possible_link"
    review.decide(three_live.installation, case["case_ref"], "different", "steward", "")
    cutover.apply_decisions(three_live.installation, "engineer")
    after = explain_customers.explain_customers(three_live.installation, *three_live.customers_of(ONE, OTHER))
    assert after["apart"]["reason"] == "clerk"
    assert [decision["kind"] for decision in after["apart"]["decisions"]] == ["different"]
