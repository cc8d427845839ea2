"""Scores of defects on a handful of places that can be counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blekit.scoring.defects import CODES, _overlaps, score_defects
from blekit.scoring.rendering import bar, render_defects
from pipeline.findings import FINDINGS

PLACE = {"source_id": "zt97-abonent", "delivery": "2003-09-22-1", "file": "klient.unl"}
NOWHERE = Path("nowhere")
DELIVERIES = [("zt97-abonent", "2003-09-22-1")]


def truth(*rows: tuple[str, int, int], key: str | None = "1", **place: str) -> pd.DataFrame:
    """Code, offset and length of defects of one file."""
    columns = ["code", "offset", "length"]
    return pd.DataFrame(rows, columns=columns).assign(**(PLACE | place), record_key=key, version=pd.NA, known_on=None)


def findings(*rows: tuple[str, int, int, str]) -> pa.Table:
    """Code, offset, length and where it was noticed."""
    told = [PLACE | {"code": code, "offset": at, "length": size, "noticed_as": where} for code, at, size, where in rows]
    return pa.Table.from_pylist(told, schema=FINDINGS)


def test_found_missed_and_alarms_are_counted() -> None:
    injected = truth(("F18", 0, 10), ("F18", 10, 10), ("F18", 20, 10), ("F15", 40, 9))
    told = findings(
        ("phone_layout", 0, 10, "note"),
        ("phone_layout", 30, 10, "note"),
        ("deleted", 10, 10, "excluded"),
        ("field_count", 40, 5, "span"),
    )
    found = score_defects(told, injected, deliveries=DELIVERIES, folder=NOWHERE)
    assert found["by_code"]["F18"] == {
        "injected": 3,
        "detected": 1,
        "recall": 0.333333,
        "findings": 2,
        "false_alarms": 1,
        "precision": 0.5,
        "withheld": 1,
    }
    assert found["overall"] == {
        "injected": 4,
        "detected": 2,
        "recall": 0.5,
        "findings": 3,
        "false_alarms": 1,
        "precision": 0.666667,
        "withheld": 1,
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(("phone_layout", 0, 10, "note"), 0, id="nobody puts that defect into this kind"),
        pytest.param(("postal_code_unknown", 0, 10, "issue"), 0, id="a finding that is no defect of the estate"),
        pytest.param(("field_count", 90, 5, "span"), 1, id="a defect, elsewhere"),
    ],
)
def test_only_what_the_estate_does_can_be_a_false_alarm(told: tuple[str, int, int, str], expected: int) -> None:
    found = score_defects(findings(told), truth(("F15", 40, 9)), deliveries=DELIVERIES, folder=NOWHERE)
    assert found["overall"]["false_alarms"] == expected


def test_two_findings_about_one_place_are_one() -> None:
    told = findings(("birth_date_sentinel", 0, 10, "issue"), ("opened_on_sentinel", 0, 10, "issue"))
    found = score_defects(told, truth(("F05", 0, 10)), deliveries=DELIVERIES, folder=NOWHERE)
    assert found["overall"]["findings"] == 1


def test_a_defect_of_nothing_is_found_where_the_end_is_missing() -> None:
    found = score_defects(
        findings(("end_mark_missing", 500, 0, "file")),
        truth(("F01", 500, 0), key=None),
        deliveries=DELIVERIES,
        folder=NOWHERE,
    )
    assert found["by_code"]["F01"]["detected"] == 1


@pytest.mark.parametrize(
    ("code", "noticed_as", "expected"),
    [
        pytest.param("clock_set_back", "note", (0, 1), id="a record is not the file"),
        pytest.param("clock_set_back", "file", (1, 0), id="the file is"),
        pytest.param("data_after_end", "span", (1, 0), id="a span may stand behind the records"),
    ],
)
def test_a_defect_of_a_file_is_found_by_what_is_said_of_the_file(
    code: str, noticed_as: str, expected: tuple[int, int]
) -> None:
    injected = truth(("F23", 0, 900), ("F01", 0, 900), key=None)
    found = score_defects(findings((code, 40, 9, noticed_as)), injected, deliveries=DELIVERIES, folder=NOWHERE)[
        "overall"
    ]
    assert (found["detected"], found["false_alarms"]) == expected


def test_deliveries_nobody_took_are_not_asked_for() -> None:
    injected = truth(("F15", 40, 9), delivery="2004-01-01-2")
    assert score_defects(findings(), injected, deliveries=DELIVERIES, folder=NOWHERE)["overall"]["injected"] == 0


def test_a_code_of_findings_means_the_same_everywhere() -> None:
    # A length may be wrong by a counter (F09) or a lost byte (F15), a key come again in a card file (F13) or in a rerun
    # (F12): the kind of system tells which.
    twice = {"record_length", "key_repeated"}
    words = [word for its_words in CODES.values() for word in its_words if word not in twice]
    assert len(words) == len(set(words))


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), min_size=1, max_size=12)


@given(spans, spans)
def test_overlaps_are_those_of_every_pair(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    def ends(places: list[tuple[int, int]]) -> tuple[Any, Any]:
        array = np.array(places, dtype=np.int64)
        return array[:, 0], array[:, 0] + array[:, 1]

    expected = [any(a < c + d and c < a + b for c, d in right) for a, b in left]
    assert _overlaps(*ends(left), *ends(right)).tolist() == expected


@pytest.mark.parametrize(
    ("share", "full"),
    [pytest.param(1.0, 20, id="all"), pytest.param(0.999, 19, id="nearly"), pytest.param(0.0, 0, id="none")],
)
def test_only_the_whole_fills_a_bar(share: float, full: int) -> None:
    assert (bar(share).count("█"), len(bar(share))) == (full, 20)


def test_the_table_has_a_row_and_a_bar_per_code(capsys: pytest.CaptureFixture[str]) -> None:
    told, injected = findings(("field_count", 40, 5, "span")), truth(("F15", 40, 9), ("F18", 0, 9))
    render_defects(score_defects(told, injected, deliveries=DELIVERIES, folder=NOWHERE))
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["all", "F15", "F18"] and "█" * 20 in out
