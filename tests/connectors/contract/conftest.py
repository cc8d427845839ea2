"""Cases as deliveries with a manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.conftest import Result, Sample, read_sample
from tests.connectors.contract.case import ReaderCase, file_name


@pytest.fixture
def deliver(tmp_path: Path) -> Callable[..., Result]:
    """Writes a case as a delivery of its kind and reads it through the registry of readers."""

    def run(case: ReaderCase, *, records: int | None = None, **changes: Any) -> Result:
        assert case.kind is not None
        files = {
            # One of many files has the name the others know it by.
            case.kind.files.get(part, file_name(case, part)): content
            for part, content in case.files().items()
        }
        count = case.records if records is None else records
        sample = Sample(case.kind.model_copy(update=changes), files, {"records": count})
        return read_sample(tmp_path / "delivery", sample)

    return run
