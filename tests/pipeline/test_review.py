"""The queue: a pair the model will not decide alone, a decision, the release that honours it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.errors import PermissionDenied, UsageError
from pipeline import activating, cutover, models, review

ONE, OTHER = "zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995"


@pytest.fixture
def doubtful(three_live: Any, tmp_path: Path) -> Any:
    """A release by a model to which a false link costs so much that it asks about every pair."""
    model = models.shipped_model()
    costs = model.matching.costs.model_copy(update={"false_link": 10**12, "review": 1})
    careful = replace(model, matching=model.matching.model_copy(update={"costs": costs}))
    path = tmp_path / "careful.yml"
    path.write_text(json.dumps(careful.to_dict()))  # JSON is YAML
    rehearsal = activating.rehearse_model(three_live.installation, str(path), "engineer")
    activating.approve_model(three_live.installation, rehearsal["rehearsal_id"], "go", "approver", "")
    activating.activate_model(three_live.installation, str(path), "engineer")
    return three_live


def case_of_wanda(bench: Any) -> dict[str, Any]:
    refs = {
        row["case_ref"] for row in bench.rows("queue_case") if {row["record_id_1"], row["record_id_2"]} == {ONE, OTHER}
    }
    (found,) = (row for row in review.queue(bench.installation) if row["case_ref"] in refs)
    return dict(found)


def test_a_doubtful_pair_waits_in_the_queue_without_personal_data(doubtful: Any) -> None:
    case = case_of_wanda(doubtful)
    assert (sorted(case["units"]), case["decision"]) == (["olsztyn", "poznan"], None)
    assert "Wanda" not in str(case)
    assert "900/" not in str(case)


def test_the_case_shows_both_records_and_why(doubtful: Any) -> None:
    case = review.case(doubtful.installation, case_of_wanda(doubtful)["case_ref"])
    assert [record["given_name"] for record in case["records"]] == ["Wanda", "Wanda"]
    steps = case["explanation"]["waterfall"]
    assert sum(step["micro_bits"] for step in steps) == case["match_weight"]


def test_a_decision_is_honoured_by_the_next_release_and_closes_the_case(doubtful: Any) -> None:
    case_ref = case_of_wanda(doubtful)["case_ref"]
    one, other = doubtful.customers_of(ONE, OTHER)
    assert one != other
    review.decide(doubtful.installation, case_ref, "same", "steward", "one woman")
    assert case_of_wanda(doubtful)["decision"] == "same"
    cutover.apply_decisions(doubtful.installation, "engineer")
    one, other = doubtful.customers_of(ONE, OTHER)
    assert one == other
    with pytest.raises(UsageError):
        review.decide(doubtful.installation, case_ref, "different", "steward", "")


def test_deciding_twice_writes_once(doubtful: Any) -> None:
    case_ref = case_of_wanda(doubtful)["case_ref"]
    first = review.decide(doubtful.installation, case_ref, "different", "steward", "")
    again = review.decide(doubtful.installation, case_ref, "different", "steward", "")
    assert (first["changed"], again["changed"], first["decision_no"]) == (True, False, again["decision_no"])


def test_a_decision_needs_a_name_and_a_verdict(doubtful: Any) -> None:
    case_ref = case_of_wanda(doubtful)["case_ref"]
    with pytest.raises(PermissionDenied):
        review.decide(doubtful.installation, case_ref, "same", " ", "")
    with pytest.raises(UsageError, match="no decision"):
        review.decide(doubtful.installation, case_ref, "perhaps", "steward", "")
