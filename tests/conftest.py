"""What holds for every test: whose systems they know, and that neither time nor chance decides."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

_TESTS = Path(__file__).parent
_LONGEST = "integration"

# A busy machine is no failure; and what lands must not depend on which examples were drawn.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    # Before any module of the product is imported: some tests ask for the registry while they are collected. Tests know
    # the systems that come with the product, never those somebody registered on this machine.
    os.environ["BLEKIT_SOURCES"] = str(Path(tempfile.gettempdir()) / "blekit-no-sources-of-anybody")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of one folder share one, and with it what the folder's fixtures made.

    The longest folder begins first, so that no process is left alone with it at the end.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_folder(item)))
    items.sort(key=lambda item: _folder(item) != _LONGEST)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(_TESTS).parts[0]
