"""Another model goes live like a unit does: looked at, approved by another account, published, taken back exactly."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.errors import ConfigurationError, GateFailed, PermissionDenied, UsageError
from pipeline import activating, cutover, models, preparing, review

ONE, OTHER = "zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995"


WANDA = {ONE, OTHER}


def careful() -> Any:
    """A model to which a false link costs so much that it asks about every pair."""
    model = models.shipped_model()
    costs = model.matching.costs.model_copy(update={"false_link": 10**12, "review": 1})
    return replace(model, matching=model.matching.model_copy(update={"costs": costs}))


@pytest.fixture(scope="session")
def careful_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("models") / "careful.yml"
    path.write_text(json.dumps(careful().to_dict()))  # JSON is YAML
    return str(path)


def cases_of_wanda(bench: Any) -> list[dict[str, Any]]:
    refs = {row["case_ref"] for row in bench.rows("queue_case") if {row["record_id_1"], row["record_id_2"]} == WANDA}
    return [row for row in review.queue(bench.installation) if row["case_ref"] in refs]


def activate(bench: Any, name: str) -> dict[str, Any]:
    rehearsal = activating.rehearse_model(bench.installation, name, "engineer")
    activating.approve_model(bench.installation, rehearsal["rehearsal_id"], "go", "approver", "seen")
    return activating.activate_model(bench.installation, name, "engineer")


@pytest.fixture(scope="session")
def _asking(nation: Any, careful_file: str, five_systems: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = nation.copy(tmp_path_factory.mktemp("asking") / "home")
    with five_systems():
        made.rehearsed = activate(made, careful_file)
    return made


@pytest.fixture
def asking(_asking: Any, tmp_path: Path) -> Any:
    """Three units are live under the careful model."""
    return _asking.copy(tmp_path / "asking")


def test_a_rehearsal_shows_the_impact_and_publishes_nothing(three_live: Any, careful_file: str) -> None:
    before = three_live.current_hash()
    found = activating.rehearse_model(three_live.installation, careful_file, "engineer")
    # 6 of the pilot, 40 and 8 of the regions, and Wanda of both: the only customer of two records becomes two.
    assert found["impact"]["customers"] == {
        "before": 55,
        "after": 56,
        "unchanged": 54,
        "merged": {"from": 0, "into": 0},
        "split": {"from": 1, "into": 2},
        "regrouped": {"from": 0, "into": 0},
    }
    assert (found["impact"]["links"]["lost"], found["impact"]["links"]["gained"]) == (1, 0)
    assert three_live.current_hash() == before


def test_the_impact_holds_nothing_personal(three_live: Any, careful_file: str) -> None:
    found = activating.rehearse_model(three_live.installation, careful_file, "engineer")
    assert found["impact"]["examples"]
    assert not [word for word in ("Wanda", "Zieli", "900/", "abonent") if word in str(found["impact"])]


def test_an_activation_is_a_release_of_its_own(asking: Any) -> None:
    with asking.open() as warehouse:
        current = warehouse.current()
        assert (current.kind, current.unit, current.inputs.model_version) == ("model", None, careful().version)
        assert current.content_hash == asking.rehearsed["content_hash"]
        assert warehouse.verify(current.release_no).equal
        assert warehouse.verify_audit().is_intact
    one, other = asking.customers_of(ONE, OTHER)
    assert one != other


def test_the_content_is_that_of_a_nation_built_with_the_model_from_the_start(
    asking: Any, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = asking.empty_copy(bench)
    with bench.open() as warehouse:
        version, _ = warehouse.register_model(careful().canonical, actor="engineer")
    monkeypatch.setattr(preparing, "active_version", lambda _: version)
    assert bench.take_live("pilot", "poznan", "olsztyn") == asking.current_hash()


def test_back_to_the_former_model_the_former_hash_returns(asking: Any, nation: Any) -> None:
    former = models.shipped_model().version
    assert activate(asking, former[:12])["content_hash"] == nation.current_hash()


def test_ids_come_back_with_the_model(asking: Any, nation: Any) -> None:
    activate(asking, "default")
    assert asking.customers_of(ONE, OTHER) == nation.customers_of(ONE, OTHER)


def test_cutovers_after_an_activation_use_the_new_model(asking: Any) -> None:
    asking.take_live("warszawa")
    with asking.open() as warehouse:
        current = warehouse.current()
    assert (current.kind, current.inputs.model_version) == ("cutover", careful().version)
    assert cases_of_wanda(asking)


def test_a_rollback_keeps_the_model_and_equals_a_nation_built_so(asking: Any) -> None:
    taken = cutover.rollback(asking.installation, "olsztyn", "engineer", "test", verify=True)
    with asking.open() as warehouse:
        assert warehouse.current().inputs.model_version == careful().version
    assert taken["equal"]


def test_the_waterfall_of_a_case_is_that_of_the_active_model(asking: Any) -> None:
    (row,) = cases_of_wanda(asking)
    told = review.case(asking.installation, row["case_ref"])["explanation"]
    assert (told["decision"], told["match_weight"]) == ("possible_link", row["match_weight"])


def test_without_an_approval_nothing_is_activated(three_live: Any, careful_file: str) -> None:
    activating.rehearse_model(three_live.installation, careful_file, "engineer")
    before = three_live.current_hash()
    with pytest.raises(GateFailed, match="no approval"):
        activating.activate_model(three_live.installation, careful_file, "engineer")
    assert three_live.current_hash() == before


def test_nobody_approves_the_model_he_asked_for(three_live: Any, careful_file: str) -> None:
    rehearsal = activating.rehearse_model(three_live.installation, careful_file, "engineer")
    with pytest.raises(PermissionDenied):
        activating.approve_model(three_live.installation, rehearsal["rehearsal_id"], "go", "Engineer", "")


def test_a_no_go_is_the_last_word(three_live: Any, careful_file: str) -> None:
    rehearsal = activating.rehearse_model(three_live.installation, careful_file, "engineer")
    activating.approve_model(three_live.installation, rehearsal["rehearsal_id"], "no_go", "approver", "too many cases")
    with pytest.raises(GateFailed, match="too many cases"):
        activating.activate_model(three_live.installation, careful_file, "engineer")


def _another_unit(bench: Any) -> None:
    cutover.rollback(bench.installation, "olsztyn", "engineer", "test")


def _another_decision(bench: Any) -> None:
    with bench.open() as warehouse:
        warehouse.append_decision("different", ONE, OTHER, actor="steward")


@pytest.mark.parametrize("change", [_another_unit, _another_decision], ids=lambda each: each.__name__)
def test_an_approval_of_a_model_is_void_when_the_nation_changes(
    three_live: Any, careful_file: str, change: Any
) -> None:
    rehearsal = activating.rehearse_model(three_live.installation, careful_file, "engineer")
    activating.approve_model(three_live.installation, rehearsal["rehearsal_id"], "go", "approver", "")
    change(three_live)
    assert not activating.may_activate(three_live.installation, careful_file)
    with pytest.raises(GateFailed, match="no approval"):
        activating.activate_model(three_live.installation, careful_file, "engineer")


def test_an_approval_of_a_unit_is_void_after_an_activation(approved: Any, careful_file: str) -> None:
    assert cutover.is_approved(approved.installation, "warszawa")
    activate(approved, careful_file)
    assert not cutover.is_approved(approved.installation, "warszawa")
    with pytest.raises(GateFailed, match="no approval covers"):
        cutover.publish(approved.installation, "warszawa", "engineer")


def test_activating_the_model_in_use_changes_nothing(asking: Any, careful_file: str) -> None:
    before = asking.current_hash()
    assert activating.activate_model(asking.installation, careful_file, "engineer")["changed"] is False
    assert asking.current_hash() == before


def test_a_decision_holds_across_the_change_and_is_asked_again(asking: Any) -> None:
    (case,) = cases_of_wanda(asking)
    # A steward who saw next to nothing in common parted them; the evidence is better now, and so is the model.
    with asking.open() as warehouse:
        warehouse.append_decision("different", ONE, OTHER, actor="steward", match_weight=1_000_000)
    activate(asking, "default")
    one, other = asking.customers_of(ONE, OTHER)
    assert one != other
    (again,) = cases_of_wanda(asking)
    told = (again["case_ref"], again["reason"], again["decision"], again["earlier_decision"])
    assert told == (case["case_ref"], "reopened", None, "different")
    review.decide(asking.installation, again["case_ref"], "different", "steward", "mother and daughter")
    cutover.apply_decisions(asking.installation, "engineer")
    assert cases_of_wanda(asking) == []


def test_before_the_first_release_there_is_nothing_to_change(bench: Any, careful_file: str) -> None:
    with pytest.raises(GateFailed, match="no release yet"):
        activating.rehearse_model(bench.installation, careful_file, "engineer")


@pytest.mark.parametrize("name", ["/nowhere/model.yml", "0123456789ab", "nonsense"])
def test_a_model_nobody_has_is_refused(nation: Any, name: str) -> None:
    with pytest.raises(UsageError, match="no "):
        activating.rehearse_model(nation.installation, name, "engineer")


def _another_comparison(plain: dict[str, Any]) -> None:
    plain["person"]["weights"]["shoe_size"] = plain["person"]["weights"].pop("pesel")


def _another_level(plain: dict[str, Any]) -> None:
    plain["firm"]["weights"]["nip"]["nearly"] = plain["firm"]["weights"]["nip"].pop("near")


def _half_a_class(plain: dict[str, Any]) -> None:
    plain["person"]["prior"].pop()


def _no_number(plain: dict[str, Any]) -> None:
    plain["person"]["prior"][0] = "many"


@pytest.mark.parametrize(
    "spoil", [_another_comparison, _another_level, _half_a_class, _no_number], ids=lambda each: each.__name__
)
def test_a_model_this_code_cannot_use_is_refused_and_not_kept(nation: Any, tmp_path: Path, spoil: Any) -> None:
    plain = json.loads(careful().canonical)
    spoil(plain)
    path = tmp_path / "model.yml"
    path.write_text(json.dumps(plain))
    with nation.open() as warehouse:
        kept = warehouse.models()
        with pytest.raises(ConfigurationError, match="matching model"):
            activating.rehearse_model(nation.installation, str(path), "engineer")
        assert warehouse.models() == kept


def test_a_release_whose_model_is_lost_says_so(nation: Any) -> None:
    with nation.open() as warehouse, pytest.raises(ConfigurationError, match="not kept"):
        models.model_of(warehouse, "f" * 64)


def test_where_the_code_outgrew_the_model_in_use_another_one_is_activated(three_live: Any) -> None:
    plain = json.loads(careful().canonical)
    _another_comparison(plain)
    with three_live.open() as warehouse:
        version, _ = warehouse.register_model(json.dumps(plain), actor="engineer")
        current = warehouse.current()
    with psycopg.connect(f"{three_live.admin_url.rpartition('/')[0]}/{three_live.name}") as connection:
        connection.execute("UPDATE meta.release SET model_version = %s", (version,))
    with pytest.raises(ConfigurationError, match="this version compares"):
        three_live.rehearse("warszawa")
    assert activate(three_live, "default")["content_hash"] == current.content_hash
    assert three_live.rehearse("warszawa")["customers"] == 8
