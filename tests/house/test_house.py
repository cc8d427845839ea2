"""The house itself: whose import names these are, what knows of demo and truth, what is documented."""

from __future__ import annotations

import ast
import importlib.metadata
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "blekit",
    "config",
    "connectors",
    "dags",
    "dedupe",
    "estate",
    "pipeline",
    "stewardship",
    "transforms",
    "warehouse",
)
PRODUCT = tuple(name for name in PACKAGES if name != "estate")


def modules(*packages: str) -> list[Path]:
    return sorted(path for name in packages for path in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("name", PACKAGES)
def test_the_import_names_are_ours(name: str) -> None:
    # PyPI has a `dedupe` and a `config`: a stray install must not shadow our rooms.
    assert set(importlib.metadata.packages_distributions().get(name, ())) == {"blekit"}


def test_product_code_knows_no_demo() -> None:
    # A branch for the demo would make the demo prove nothing. The scale of an estate is called demo: that one word is
    # the estate's, and only the command that builds an estate may pass it on.
    branches = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in modules(*PRODUCT)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"\bis_demo\b|\bdemo_mode\b|\bif .*\bdemo\b|BLEKIT_DEMO|import demo|from demo", line)
    ]
    assert branches == []


def test_only_score_opens_the_truth() -> None:
    openers = [
        str(path.relative_to(ROOT))
        for path in modules(*PRODUCT)
        if re.search(r"truth[\"'] */|/ *[\"']truth[\"']|entity_id", path.read_text(encoding="utf-8"))
    ]
    measuring = ("blekit/scoring/", "blekit/bench/")
    allowed = {"blekit/score.py", "blekit/commands/score.py", "blekit/commands/estate.py", "blekit/commands/bench.py"}
    assert {path for path in openers if not path.startswith(measuring)} <= allowed


def undocumented(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [] if ast.get_docstring(tree) else [f"{path.relative_to(ROOT)}: module"]
    for node in tree.body:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and not ast.get_docstring(node):
            found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    return found


def test_whatever_is_public_is_documented() -> None:
    exempt = ROOT / "warehouse" / "migrations"
    missing = [row for path in modules(*PACKAGES) if exempt not in path.parents for row in undocumented(path)]
    assert missing == []


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_room_is_too_big(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
