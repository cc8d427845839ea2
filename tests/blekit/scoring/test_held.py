"""Places of what services held: rows written by hand, as an unload or a service's answer has them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from blekit.scoring.defects import read_defects, score_defects
from blekit.scoring.held import LOOKED_FOR, place_held
from config.services import PageService, TableService
from config.sources import source_with_id
from estate.systems.events import WRITERS
from estate.truth import DEFECTS
from pipeline.findings import FINDINGS

DESK, REGISTER, DROP = "zt97-faults", "zt99-pin", "zt41-payments"
# The second row names the first one's case, and its note has a line break and a stroke; the third is its next state.
ROWS = (
    b"U97/0000001||200|||2003-05-05 10:00:00|szum|||||OP01|1|2003-05-05 10:00:00|\n",
    b"U97/0000002|U97/0000001|201|||2003-05-06 10:00:00|raz\\\nU97/0000001\\|x|||||OP01|1|2003-05-06 10:00:00|\n",
    b"U97/0000002|U97/0000001|201|||2003-05-06 10:00:00|raz\\\ndwa|||||OP01|2|2003-05-06 12:00:00|\n",
)
EVENTS = (
    b'<pin:zdarzenie nr="Z0000000001"><pin:czas>2003-09-23T08:00:00</pin:czas></pin:zdarzenie>',
    b'<pin:zdarzenie nr="Z0000000002"><pin:czas>2003-09-24T08:00:00</pin:czas></pin:zdarzenie>',
)
FIRST, SECOND = "2003-09-22-1", "2003-12-31-2"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The desk told the last row twice, the register its events apart."""
    files = {
        (DESK, FIRST): b"".join(ROWS),
        (DESK, SECOND): ROWS[2],
        (REGISTER, SECOND): b"<pages>\n" + b"\n".join(EVENTS) + b"\n</pages>\n",
    }
    for (source_id, delivery), content in files.items():
        path = tmp_path / source_id / delivery / source_with_id(source_id).kind.files["main"]
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    return tmp_path


def held(
    source_id: str, key: str | None, version: int | None = 1, *, on: str = "2003-05-06", **row: str
) -> pd.DataFrame:
    """One defect of a service, as the estate tells it."""
    known = {"delivery": "", "file": "usterki.copy", "code": "F18", "offset": 0, "length": 0, **row}
    told = {"source_id": source_id, "record_key": key, "version": version, "known_on": on, **known}
    return pa.Table.from_pylist([told], schema=DEFECTS).to_pandas()


def places(truth: pd.DataFrame, folder: Path, *deliveries: tuple[str, str]) -> list[tuple[str, bytes]]:
    """Delivery and bytes of each place."""
    found = place_held(truth, deliveries=deliveries, folder=folder)
    return [
        (row.delivery, (folder / row.source_id / row.delivery / row.file).read_bytes()[row.offset :][: row.length])
        for row in found.itertuples()
        if row.delivery
    ]


CASES = {
    "a row": (DESK, "U97/0000001", 1, [(FIRST, ROWS[0])]),
    "a row with a line break": (DESK, "U97/0000002", 1, [(FIRST, ROWS[1])]),
    "a state that was fetched twice": (DESK, "U97/0000002", 2, [(FIRST, ROWS[2]), (SECOND, ROWS[2])]),
    "a case nobody fetched": (DESK, "U97/0000003", 1, []),
    "an event": (REGISTER, "Z0000000002", 1, [(SECOND, EVENTS[1])]),
}


@pytest.mark.parametrize(("source_id", "key", "version", "expected"), CASES.values(), ids=list(CASES))
def test_records_are_found_where_they_came_to_stand(
    folder: Path, source_id: str, key: str, version: int, expected: list[tuple[str, bytes]]
) -> None:
    truth, taken = held(source_id, key, version), [(DESK, FIRST), (DESK, SECOND), (REGISTER, SECOND)]
    assert places(truth, folder, *taken) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param("2003-09-22", 1, id="known on the day of the delivery"),
        pytest.param("2003-09-23", 0, id="known the day after"),
    ],
)
def test_only_what_was_known_when_it_was_asked_is_due(folder: Path, on: str, expected: int) -> None:
    truth = held(DESK, "U97/0000001", on=on)
    assert len(place_held(truth, deliveries=[(DESK, FIRST)], folder=folder)) == expected


def score(folder: Path, truth: pd.DataFrame, *places: tuple[str, str, str, int, str]) -> list[int]:
    """Injected, detected, false alarms."""
    file = source_with_id(DESK).kind.files["main"]
    rows = [
        {"source_id": source, "delivery": delivery, "file": file if source == DESK else "PRZEKAZY.TXT", "offset": at}
        | {"length": 5, "code": code, "noticed_as": how}
        for source, delivery, code, at, how in places
    ]
    found = pa.Table.from_pylist(rows, schema=FINDINGS)
    taken = [(DESK, FIRST), (DESK, SECOND), (DROP, FIRST)]
    overall = score_defects(found, truth, deliveries=taken, folder=folder)["overall"]
    return [overall[name] for name in ("injected", "detected", "false_alarms")]


NOTICED = {
    "nowhere": ([], [2, 0, 0]),
    "in one of two places": ([(DESK, SECOND, "phone_layout", 0, "note")], [2, 1, 0]),
    "in both, which are one": (
        [(DESK, FIRST, "phone_layout", len(ROWS[0] + ROWS[1]), "note"), (DESK, SECOND, "phone_layout", 0, "note")],
        [2, 1, 0],
    ),
    "in the other state": ([(DESK, FIRST, "phone_layout", len(ROWS[0]), "note")], [2, 0, 1]),
}


@pytest.mark.parametrize(("noticed", "expected"), NOTICED.values(), ids=list(NOTICED))
def test_one_that_was_lost_on_the_way_is_missed(
    folder: Path, noticed: list[tuple[str, str, str, int, str]], expected: list[int]
) -> None:
    truth = pd.concat([held(DESK, "U97/0000002", 2), held(DESK, "U97/0000009")], ignore_index=True)
    assert score(folder, truth, *noticed) == expected


def test_what_is_odd_in_a_drop_is_asked_for_by_its_name_there(folder: Path) -> None:
    again, half = f"{FIRST}-ponownie", f"{FIRST}-nowa"
    at = {"file": "PRZEKAZY.TXT", "on": "2003-09-22"}
    truth = pd.concat(
        [
            held(DROP, None, None, delivery=again, code="F12", **at),
            held(DROP, None, None, delivery=half, code="F11", **at),
        ],
        ignore_index=True,
    )
    told = (DROP, again, "sent_again", 0, "delivery")
    assert score(folder, truth, told) == [2, 1, 0]
    assert score(folder, truth, told, (DROP, half, "still_arriving", 0, "delivery")) == [2, 2, 0]
    assert score(folder, truth, (DROP, "another", "sent_again", 0, "delivery")) == [2, 0, 1]


def test_a_finding_that_is_true_in_one_meaning_is_no_alarm_in_the_other(folder: Path) -> None:
    # Drops are sent again (F12), and in their files a key comes again (F13): one word for both.
    again = held(DROP, None, None, delivery=f"{FIRST}-ponownie", code="F12", file="PRZEKAZY.TXT")
    twice = held(DROP, "17", None, delivery=FIRST, code="F13", file="PRZEKAZY.TXT").assign(known_on=None, length=5)
    truth = pd.concat([again, twice], ignore_index=True)
    assert score(folder, truth, (DROP, FIRST, "key_repeated", 0, "rows")) == [2, 1, 0]
    assert score(folder, truth, (DROP, FIRST, "key_repeated", 99, "rows")) == [2, 0, 2]


def test_an_estate_of_earlier_has_nothing_of_services_to_ask_for(tmp_path: Path) -> None:
    old = held(DESK, "U97/0000001").drop(columns=["version", "known_on"])
    old.to_parquet(tmp_path / "defects.parquet")
    found = score_defects(FINDINGS.empty_table(), read_defects(tmp_path), deliveries=[(DESK, FIRST)], folder=tmp_path)
    assert found["overall"]["injected"] == 0


def test_every_kind_that_is_asked_for_records_is_looked_at() -> None:
    asked = {writer.kind for writer in WRITERS if writer.serve}
    kinds = [source_with_id(name).kind for name in (DESK, REGISTER, "zt97-complaints")]
    assert all(isinstance(kind.service, TableService | PageService) for kind in kinds)
    assert asked == set(LOOKED_FOR) == {kind.kind for kind in kinds}
