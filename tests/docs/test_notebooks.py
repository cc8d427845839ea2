"""Notebooks print what they say they print."""

from __future__ import annotations

import copy
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("notebook_runner", FOLDER / "notebook.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


runner = _runner()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_a_notebook_prints_what_it_says(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    said = [runner.stored(cell) for cell in runner.code_cells(notebook)]
    refresh = f"`python docs/notebooks/notebook.py docs/notebooks/{path.name} --write` stores what it prints now"
    assert runner.run(copy.deepcopy(notebook)) == said, refresh


def test_there_is_one() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["recordlinkage"]


def test_a_cell_that_lies_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "source": ["print(6 * 7)"], "outputs": []}
    path = tmp_path / "small.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["# text"]}, cell]}))
    assert runner.main([str(path)]) == 1
    assert "42" in capsys.readouterr().out
    assert runner.main([str(path), "--write"]) == 0
    assert json.loads(path.read_text())["cells"][1]["outputs"][0]["text"] == ["42\n"]
    assert runner.main([str(path)]) == 0
