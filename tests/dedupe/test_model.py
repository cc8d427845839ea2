import copy

import pytest

from config.errors import ConfigurationError, UsageError
from config.matching import load_matching, read_matching
from config.models import load_model_dict
from config.survivorship import load_survivorship, read_survivorship
from dedupe import Model


def test_round_trip_keeps_the_version(model):
    assert Model.from_dict(model.to_dict()).version == model.version


def test_a_cost_is_part_of_the_version(model):
    plain = copy.deepcopy(model.to_dict())
    plain["matching"]["costs"]["review"] += 1
    assert Model.from_dict(plain).version != model.version


def test_the_shipped_model_was_not_trained_on_the_demo(model):
    assert model.trained_on["seed"] != 7


def _without_comparison(plain):
    del plain["person"]["weights"]["phone"]


def _with_other_level(plain):
    plain["person"]["weights"]["phone"]["exact_99"] = plain["person"]["weights"]["phone"].pop("exact_1")


def _with_other_classes(plain):
    plain["firm"]["weights"]["nip"]["exact"].pop()


def _misspelt(plain):
    plain["matching"]["cost"] = plain["matching"].pop("costs")


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        pytest.param(_without_comparison, "this version compares", id="other comparisons"),
        pytest.param(_with_other_level, "other levels: exact_1, exact_99", id="other levels"),
        pytest.param(_with_other_classes, "not one weight per class", id="other classes"),
        pytest.param(_misspelt, "matching.cost", id="misspelt key"),
        pytest.param(lambda plain: plain.pop("rarities"), "rarities", id="incomplete"),
    ],
)
def test_a_model_of_another_making_is_refused(damage, complaint):
    plain = load_model_dict()
    damage(plain)
    with pytest.raises(ConfigurationError, match=complaint):
        Model.from_dict(plain)


def test_an_unknown_model_is_a_usage_error():
    with pytest.raises(UsageError, match="default"):
        load_model_dict("nobody")


@pytest.mark.parametrize("read", [read_matching, read_survivorship])
def test_a_misspelt_key_names_file_and_key(read, tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text("trust: []\nattributes: {}\ncots: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"rules\.yml: "):
        read(path)


def test_shipped_rules_load():
    assert load_matching().diminutives
    assert load_survivorship()["trust"]["zt99-abonent"] == 0
