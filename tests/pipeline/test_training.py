"""Training on what an installation accepted: what it takes, and what it refuses. A model: tests/integration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.errors import FatalError, GateFailed, StorageFailed, UsageError
from dedupe import ModelRefused
from pipeline import models, training


def test_where_nothing_was_accepted_there_is_nothing_to_train_on(bench: Any, tmp_path: Path) -> None:
    with pytest.raises(GateFailed, match="no delivery"):
        training.train_on_batches(bench.installation, out=tmp_path / "model.yml", seed=1)


@pytest.mark.parametrize(
    "choice",
    [pytest.param({"batch_ids": ["zt97-abonent:none"]}, id="batch"), pytest.param({"units": ["gdansk"]}, id="unit")],
)
def test_an_unknown_choice_is_refused(nation: Any, tmp_path: Path, choice: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        training.train_on_batches(nation.installation, out=tmp_path / "model.yml", seed=1, **choice)


def test_too_few_pairs_to_learn_from_leave_no_file(nation: Any, tmp_path: Path) -> None:
    out, told = tmp_path / "model.yml", []
    with pytest.raises(ModelRefused):
        training.train_on_batches(nation.installation, out=out, seed=1, progress=told.append)
    assert not out.exists()
    # 46 people of Poznań and the pilot, Wanda there and in Olsztyn, 8 people of Olsztyn; the older file is superseded.
    assert told[0] == "3 deliveries, 56 live records"


def test_a_batch_chosen_is_the_only_one_read(nation: Any, tmp_path: Path) -> None:
    with nation.open() as warehouse:
        (olsztyn,) = warehouse.batches(source_ids=["zt51-abonent"], states=["accepted"])
    told: list[str] = []
    with pytest.raises(FatalError):
        training.train_on_batches(
            nation.installation, out=tmp_path / "m.yml", seed=1, batch_ids=[olsztyn.batch_id], progress=told.append
        )
    assert told[0] == "1 deliveries, 9 live records"


def test_a_folder_and_the_ledger_that_accepted_it_give_the_same_model(
    three_live: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def train(records: Any, **_: Any) -> Any:
        seen.append(records)
        return models.shipped_model()

    monkeypatch.setattr("dedupe.train", train)
    for unit in ("warszawa", "katowice", "krakow"):
        three_live.extract(unit)
    ours = training.train_on_batches(three_live.installation, out=tmp_path / "ours.yml", seed=1)
    folder = three_live.installation.deliveries_dir
    theirs = training.train_on_deliveries(folder, out=tmp_path / "theirs.yml", seed=1)
    assert ours["version"] == theirs["version"]
    assert seen[0].equals(seen[1])
    some = training.train_on_batches(three_live.installation, out=tmp_path / "some.yml", seed=1, units=["krakow"])
    assert some["version"] != ours["version"]
    assert set(seen[2]["unit"].to_pylist()) == {"krakow"}


def test_a_model_is_written_and_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "model.yml"
    training.write_model(models.shipped_model(), out=path)
    assert models.find_model(None, str(path)) == (models.shipped_model().version, models.shipped_model())


def test_a_file_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StorageFailed):
        training.write_model(models.shipped_model(), out=tmp_path / "nowhere" / "model.yml")


@pytest.mark.parametrize("name", ["default", "8"])
def test_names_of_the_shipped_model(name: str) -> None:
    short = models.shipped_model().version[: int(name)] if name.isdigit() else name
    assert models.find_model(None, short)[0] == models.shipped_model().version


def test_too_short_a_version_names_nothing() -> None:
    with pytest.raises(UsageError):
        models.find_model(None, models.shipped_model().version[:7])
