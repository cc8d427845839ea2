"""Many systems that delivered nothing: an error people can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import GateFailed
from config.sources import all_sources
from config.units import UNITS
from pipeline import batches


def test_ten_are_named_and_the_others_counted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(batches, "all_sources", all_sources)
    warszawa = next(unit for unit in UNITS if unit.name == "warszawa")
    with pytest.raises(GateFailed) as refused:
        batches.require_deliveries(warszawa, [], deliveries_dir=tmp_path)
    count = sum(source.unit == "warszawa" for source in batches.served_sources())
    assert refused.value.message.startswith(f"warszawa: {count} systems without an accepted delivery: ")
    assert refused.value.message.count("(nothing delivered)") == 10
    assert refused.value.message.endswith(f"; and {count - 10} others")
