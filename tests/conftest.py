"""Tests know the systems that come with the product, never those somebody registered on this machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def pytest_configure() -> None:
    # Before any module of the product is imported: some tests ask for the registry while they are collected.
    os.environ["BLEKIT_SOURCES"] = str(Path(tempfile.gettempdir()) / "blekit-no-sources-of-anybody")
