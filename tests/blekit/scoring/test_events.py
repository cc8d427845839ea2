"""Scores of events that can be counted by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from blekit.scoring.events import TYPES, read_events, score_events
from blekit.scoring.rendering import render_events
from config.errors import UsageError
from config.events import EVENT_TYPES

SOURCE, DELIVERY = "zt63-cti", "2003-09-22-1"


def test_right_wrong_lost_and_invented_events_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    records = pa.table(
        {
            "record_id": ["a:1", "a:2"],
            "source_id": ["a", "a"],
            "raw_key": ["1", "2"],
            "part": pa.array([1, 1], pa.int64()),
        }
    )
    record_truth = pd.DataFrame(
        {"source_id": ["a", "a"], "raw_key": ["1", "2"], "part": [1, 1], "entity_id": ["e1", "e2"]}
    )
    truth = pd.DataFrame(
        [
            ("right", "contacts", "e1"),
            ("right", "contacts", "e1"),
            ("wrong", "contacts", "e1"),
            ("a stranger", "contacts", None),
            ("nobody's", "surveys", "e2"),
            ("lost", "surveys", "e2"),
        ],
        columns=["raw_key", "kind", "entity_id"],
    ).assign(source_id=SOURCE, delivery=DELIVERY)
    not_taken = truth[:1].assign(raw_key="not taken", delivery="2006-12-31-2")
    live = [
        ("right", "contact", "a:1", "phone"),
        ("wrong", "contact", "a:2", "phone_shared"),
        ("a stranger", "contact", "a:2", "phone"),
        ("nobody's", "survey", None, "anonymous"),
        ("invented", "survey", "a:2", "account"),
    ]
    events = pa.Table.from_pylist(
        [
            dict(zip(("raw_key", "event_type", "record_id", "resolved_by"), row, strict=True)) | {"source_id": SOURCE}
            for row in live
        ]
    )
    found = score_events(
        events,
        records,
        truth=pd.concat([truth, not_taken]),
        record_truth=record_truth,
        deliveries=[(SOURCE, DELIVERY)],
    )
    assert found["by_type"]["contact"] == {
        "events": 3,
        "with_party": 3,
        "known": 2,
        "right": 1,
        "lost": 0,
        "invented": 0,
        "share_right": 0.333333,
        "share_found": 0.5,
    }
    assert {name: found["by_type"]["survey"][name] for name in ("events", "known", "right", "lost", "invented")} == {
        "events": 2,
        "known": 1,
        "right": 0,
        "lost": 1,
        "invented": 1,
    }
    assert found["overall"]["events"] == 5

    assert found["by_reference"]["phone"]["share_right"] == 0.5
    render_events(found)
    assert "phone_shared" in capsys.readouterr().out


def test_what_a_service_held_is_asked_for_once_something_of_it_was_taken() -> None:
    # Events of desks that are asked for their rows stand in the truth without a delivery; once they all were invented.
    served = pd.DataFrame({"raw_key": ["told", "kept back"], "kind": "faults", "entity_id": "e1"}).assign(delivery=None)
    truth = pd.concat([served.assign(source_id="zt63-faults"), served.assign(source_id="zt97-faults")])
    records = pa.table({"record_id": ["a:1"], "source_id": ["a"], "raw_key": ["1"], "part": pa.array([1], pa.int64())})
    event = {"source_id": "zt63-faults", "raw_key": "told", "event_type": "fault"}
    found = score_events(
        pa.Table.from_pylist([event | {"record_id": "a:1", "resolved_by": "account"}]),
        records,
        truth=truth,
        record_truth=pd.DataFrame({"source_id": ["a"], "raw_key": ["1"], "part": [1], "entity_id": ["e1"]}),
        deliveries=[("zt63-faults", "2003-09-22-1")],
    )
    counts = {name: found["overall"][name] for name in ("events", "known", "right", "lost", "invented")}
    assert counts == {"events": 1, "known": 1, "right": 1, "lost": 1, "invented": 0}


def test_every_type_of_events_has_its_table_of_the_estate() -> None:
    assert sorted(TYPES.values()) == sorted(each.name for each in EVENT_TYPES)


def test_without_truth_nothing_is_scored(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        read_events(tmp_path)
