"""What holds for every test: whose systems they know, and that neither time nor chance decides."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure; and what lands must not depend on which examples were drawn.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_configure() -> None:
    # Before any module of the product is imported: some tests ask for the registry while they are collected. Tests know
    # the systems that come with the product, never those somebody registered on this machine.
    os.environ["BLEKIT_SOURCES"] = str(Path(tempfile.gettempdir()) / "blekit-no-sources-of-anybody")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest folder begins first: where there are several processes, none is left alone with it at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith("tests/integration/"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Tests of one folder share a process, and with it what the folder's fixtures made."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFolder(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid.split("/")[1]

    return ByFolder(config, log)
