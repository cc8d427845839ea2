"""Releases that start from the one before them hold what they would hold if everything were resolved again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dedupe
from config.schemas import schema_named
from pipeline import cutover, previous
from pipeline.preparing import Plan, draft_release
from warehouse.content_hash import content_hash, table_hash

WANDA = ("zt97-abonent:900/01/02/1995", "zt51-abonent:901/01/02/1995")


class Counted:
    """How often each way was taken."""

    def __init__(self) -> None:
        self.full = self.incremental = 0


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    """Even the smallest nation starts from its parent, and says so."""
    counted, full, changes = Counted(), dedupe.resolve, dedupe.resolve_changes

    def resolve(*args: Any, **options: Any) -> Any:
        counted.full += 1
        return full(*args, **options)

    def resolve_changes(*args: Any, **options: Any) -> Any:
        counted.incremental += 1
        return changes(*args, **options)

    monkeypatch.setattr(dedupe, "resolve", resolve)
    monkeypatch.setattr(dedupe, "resolve_changes", resolve_changes)
    monkeypatch.setattr(previous, "MIN_RECORDS", 0)
    return counted


def hashes(bench: Any) -> tuple[str, str]:
    """The content hash of the current release, and that of its inputs resolved as a whole."""
    with bench.open() as warehouse:
        release = warehouse.current()
        tables = draft_release(bench.installation, warehouse, Plan(release.inputs, release.parent)).content.tables
        assert warehouse.verify(release.release_no).equal
        return release.content_hash, content_hash(
            {name: table_hash(table, schema_named(name)) for name, table in tables.items()}
        )


def test_a_history_of_increments_is_the_nation_resolved_as_a_whole(bench: Any, taken: Counted) -> None:
    found = {}
    for unit in ("pilot", "poznan", "olsztyn"):
        bench.take_live(unit)
        found[unit] = hashes(bench)
    with bench.open() as warehouse:
        warehouse.append_decision("different", *WANDA, actor="steward")
    cutover.apply_decisions(bench.installation, "engineer")
    found["decision"] = hashes(bench)
    cutover.rollback(bench.installation, "poznan", "engineer", "a test")
    found["rollback"] = hashes(bench)
    bench.take_live("poznan")
    found["return"] = hashes(bench)
    assert {name for name, (reached, whole) in found.items() if reached != whole} == set()
    assert found["return"] == found["decision"] != found["olsztyn"]
    # The first release has no parent; each other one but the rehearsals and the controls here started from one.
    assert taken.incremental == 5
    assert len(set(bench.customers_of(*WANDA))) == 2


def test_another_model_or_other_rules_resolve_everything(three_live: Any, taken: Counted, monkeypatch: Any) -> None:
    with three_live.open() as warehouse:
        release = warehouse.current()
        batches = draft_release(three_live.installation, warehouse, Plan(release.inputs, release.parent)).batches
        same = previous.previous_of(warehouse, release.inputs, parent=release.release_no, batches=batches)
        assert same is not None
        for changed in ({"model_version": "another"}, {"rules_version": "others"}):
            inputs = type(release.inputs)(**{**vars(release.inputs), **changed})
            assert previous.previous_of(warehouse, inputs, parent=release.release_no, batches=batches) is None
        assert previous.previous_of(warehouse, release.inputs, parent=None, batches=batches) is None
        monkeypatch.setattr(previous, "MIN_RECORDS", same.records.num_rows + 1)
        assert previous.previous_of(warehouse, release.inputs, parent=release.release_no, batches=batches) is None
