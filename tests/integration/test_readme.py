"""Every command the README shows is run: `make` ones by the CI script, `blekit` ones here, on six live units."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


# It registers a system, which stays in the releases for good: tests/pipeline/test_own_systems.py runs it elsewhere.
ELSEWHERE = "bring-your-own-system.md"


def commands(*, program: str) -> list[str]:
    """Commands of that program in the console blocks of README and how-tos."""
    how_tos = [page for page in sorted((ROOT / "docs" / "how-to").glob("*.md")) if page.name != ELSEWHERE]
    pages = [ROOT / "README.md", *how_tos]
    blocks = [block for page in pages for block in re.findall(r"```console\n(.*?)```", page.read_text(), re.S)]
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    return [line for line in lines if line.split()[0] == program]


def test_ci_runs_what_a_stranger_types() -> None:
    script = (ROOT / ".ci" / "run").read_text().splitlines()
    assert commands(program="make") == ["make demo", "make test"]
    assert {"make demo", "make test", "make check", "make stop"} <= {line.split(" #")[0].strip() for line in script}


@pytest.fixture(scope="module")
def _truth_is_back(line: Any) -> Iterator[None]:
    shutil.copytree(line.truth, line.home / "truth")
    yield
    shutil.rmtree(line.home / "truth")


@pytest.fixture(scope="module")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the files the how-tos work on; what a command writes, the next one finds."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "docs" / "how-to" / "files", desk, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(desk)
        yield desk


@pytest.mark.usefixtures("_truth_is_back", "_desk")
@pytest.mark.parametrize("command", commands(program="blekit"))
def test_the_command_does_what_the_readme_says(line: Any, command: str) -> None:
    arguments = shlex.split(command)[1:]
    answer = line.run(*arguments)
    assert answer.code == 0, answer.err
    assert answer.out.strip()


def test_links_in_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text())
    local = [target for target in targets if "://" not in target]
    assert local
    assert [target for target in local if not (ROOT / target).exists()] == []
