"""``blekit model`` where no database answers: showing a model and its picture, misuse."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from config.models import load_model_dict

BIT = 1_000_000


def test_the_model_that_ships_is_shown_without_a_database(blekit: Any) -> None:
    told = blekit("model", "show", "default", "--json").json
    assert told.keys() == {"version", "trained_on", "costs", "thresholds", "classes", "weights", "model"}
    assert told["trained_on"] == load_model_dict()["trained_on"]
    assert [one["is_same"] for one in told["classes"]["firm"]] == load_model_dict()["firm"]["is_same"]


def test_a_weight_of_the_shipped_model_is_that_of_its_file(blekit: Any) -> None:
    person = load_model_dict()["person"]
    of_level = person["weights"]["pesel"]["exact"]
    shares = [2 ** (bits / BIT) for bits in person["prior"]]
    m, u = (
        sum(
            s * 2 ** (bits / BIT)
            for s, bits, same in zip(shares, of_level, person["is_same"], strict=True)
            if same is want
        )
        / sum(s for s, same in zip(shares, person["is_same"], strict=True) if same is want)
        for want in (True, False)
    )
    weights = blekit("model", "show", "default", "--json").json["weights"]["person"]
    (found,) = (one for one in weights if (one["comparison"], one["level"]) == ("pesel", "exact"))
    assert found["match_weight"] == pytest.approx(math.log2(m / u) * BIT, abs=2)


def test_people_see_classes_weights_and_thresholds(blekit: Any) -> None:
    said = blekit("model", "show", "default").out
    assert "link from 99.00 % (+6.63 bits), non-link up to 80.00 % (+2.00 bits)" in said
    assert re.search(r"^pesel +exact +\+\d", said, re.M)
    assert re.search(r"^same_person +\d+\.\d\d % +yes", said, re.M)


def test_the_page_needs_nothing_else(blekit: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.html"
    weights = blekit("model", "show", "default", "--html", str(path), "--json").json["weights"]
    page = path.read_text(encoding="utf-8")
    assert not re.findall(r"<script|<link|@import|src=|https?://(?!www\.w3\.org)", page)
    assert page.count("<rect") == len(weights["person"]) + len(weights["firm"])
    assert page.count("<svg") == page.count('role="img"') == 2


def test_a_bar_points_to_the_side_its_level_speaks_for(blekit: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.html"
    blekit("model", "show", "default", "--html", str(path))
    person = path.read_text(encoding="utf-8").split("<svg")[1]
    zero = float(re.search(r'<line class="axis" x1="([\d.]+)"', person).group(1))
    bars = re.findall(r'<rect class="(for|against)" x="([\d.]+)" [^>]*width="([\d.]+)"', person)
    assert len(bars) > 50
    for speaks, x, width in bars:
        start, end = float(x), float(x) + float(width)
        assert (start == pytest.approx(zero)) if speaks == "for" else (start <= zero and end <= zero + 0.6)


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        pytest.param(["show", "nowhere.yml"], "UsageError", 2, id="no such file"),
        pytest.param(["show", "0123456789ab"], "DatabaseUnavailable", 69, id="a version, and no database"),
        pytest.param(["show"], "DatabaseUnavailable", 69, id="the one in use, and no database"),
        pytest.param(["list"], "DatabaseUnavailable", 69, id="list without a database"),
        pytest.param(["activate"], "UsageError", 2, id="which model?"),
        pytest.param(["activate", "default", "--as", "nobody"], "PermissionDenied", 77, id="no such account"),
        pytest.param(["activate", "default", "--as", "viewer"], "PermissionDenied", 77, id="account may only look"),
        pytest.param(["train", "--deliveries", "x", "--units", "pilot"], "UsageError", 2, id="units of a folder"),
        pytest.param(["train", "--units", "gdansk"], "UsageError", 2, id="no such unit"),
        pytest.param(["show", "default", "--html", "/nowhere/model.html"], "StorageFailed", 74, id="no such folder"),
    ],
)
def test_misuse_is_a_coded_error(blekit: Any, installed: Any, arguments: list[str], code: str, exit_code: int) -> None:
    answer = blekit("model", *arguments)
    assert (answer.code, answer.out) == (exit_code, "")
    assert answer.err.splitlines()[0].startswith(f"error {code}: ")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda model: model["person"]["weights"].pop("phone"), "this version compares", id="comparison"),
        pytest.param(lambda model: model["firm"]["weights"]["nip"].pop("exact"), "other levels: exact", id="level"),
        pytest.param(lambda model: model.pop("rarities"), "rarities", id="incomplete"),
    ],
)
def test_a_model_of_another_making_is_refused(blekit: Any, tmp_path: Path, spoil: Any, told: str) -> None:
    model = load_model_dict()
    spoil(model)
    path = tmp_path / "model.yml"
    path.write_text(json.dumps(model))
    answer = blekit("model", "show", str(path), "--json")
    assert (answer.code, answer.error["error"]) == (78, "ConfigurationError")
    assert told in answer.error["message"]
