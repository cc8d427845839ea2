"""Workbooks of customer offices, read with xlrd and compared with the life."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import xlrd

from estate.draw import stream
from estate.life.clock import wall_minutes
from estate.life.events import ACCOUNT, PHONE
from estate.people import NONE
from estate.rates import load_rates
from estate.systems.events import a11

POINT = "zt01-bok"


def opened(content: bytes) -> Any:
    return xlrd.open_workbook(file_contents=content, formatting_info=True)


def rows_of(content: bytes) -> list[tuple[Any, int, dict[str, Any]]]:
    """Sheet, number of the row from 0 and its cells by heading, sums too."""
    found = []
    for sheet in opened(content).sheets():
        headings = sheet.row_values(a11.FIRST_ROW - 1)
        for at in range(a11.FIRST_ROW, sheet.nrows):
            found.append((sheet, at, dict(zip(headings, sheet.row_values(at), strict=True))))
    return found


def with_rates(**shares: float) -> Any:
    usual = load_rates()
    return usual.model_copy(update={"offices": usual.offices.model_copy(update=shares)})


@pytest.fixture(params=[0.0, 1.0], ids=["1900", "1904"])
def told(request, tell):
    return tell(POINT, rates=with_rates(since_1904=request.param, no_date=0.05))


def test_every_visit_stands_once_as_it_was(told):
    telling, written = told
    visits, rows = telling.life.visits, rows_of(written.files[0][1])
    assert Counter(written.row[written.row != NONE].tolist()) == Counter(telling.rows["visits"].tolist())
    no_date = set(dict(written.defects)["F05"].tolist())
    mode = rows[0][0].book.datemode
    assert no_date and len(rows) == len(written.row)
    for at, ((_, _, row), own) in enumerate(zip(rows, written.row.tolist(), strict=True)):
        if own == NONE:
            assert row["Nr"] == "RAZEM"
            continue
        wall = int(wall_minutes(visits.minute[own : own + 1])[0])
        assert (row["Nr"], row["Oczekiwanie (min)"]) == (visits.number[own], round(visits.queue_s[own] / 60))
        assert float(str(row["Dojazd (km)"]).replace(",", ".")) == visits.travel_km[own]
        assert row["Godz."] == pytest.approx(wall % 1440 / 1440)
        if at not in no_date and row["Data"] != "":
            day = xlrd.xldate_as_datetime(row["Data"], mode)
            assert np.datetime64(day, "D").astype(int) == wall // 1440


def test_offices_are_sheets_and_customers_are_named_as_the_life_says(told):
    telling, written = told
    visits, book = telling.life.visits, telling.life.book
    for (sheet, _, row), own in zip(rows_of(written.files[0][1]), written.row.tolist(), strict=True):
        if own == NONE:
            continue
        party, way = int(visits.party[own]), int(visits.named_by[own])
        assert sheet.name == f"BOK {visits.office[own]}"
        account = row["Nr klienta"]
        assert (account == float(book.account[party])) if way == ACCOUNT else account == ""
        phone = row["Telefon"]
        typed = str(int(phone)) if isinstance(phone, float) else phone.partition("wew")[0]
        digits = "".join(c for c in typed if c.isdigit())
        assert digits.endswith(str(book.phone[party])[2:]) if way == PHONE else digits == ""


def test_offsets_are_where_the_cells_are(told):
    _, written = told
    content = written.files[0][1]
    for offset, length in zip(written.offset.tolist(), written.length.tolist(), strict=True):
        kind = int.from_bytes(content[offset : offset + 2], "little")
        assert kind in (0x0203, 0x027E, 0x00BD, 0x00FD) and length > 20
    ends = written.offset + written.length
    assert (written.offset[1:] >= ends[:-1]).all()


def test_sums_stand_below_each_month(told):
    _, written = told
    wait = 0
    for _, _, row in rows_of(written.files[0][1]):
        if row["Nr"] == "RAZEM":
            assert row["Oczekiwanie (min)"] == wait
            wait = 0
        else:
            wait += row["Oczekiwanie (min)"]
    assert (written.keys == "RAZEM").sum() > 20


@pytest.mark.parametrize(("source_id", "is_merging"), [("zt01-bok", True), ("zt03-bok", False)])
def test_clerks_of_some_points_merge_the_cells_of_a_day(tell, source_id, is_merging):
    telling, _ = tell(source_id)
    busy = replace(telling, rows={"visits": np.arange(len(telling.life.visits))}, draw=stream(1, "t"))
    found = 0
    for sheet in opened(a11.write(busy).files[0][1]).sheets():
        areas = [(first, last) for first, last, *_ in sheet.merged_cells if first >= a11.FIRST_ROW]
        filled = {at for at in range(a11.FIRST_ROW, sheet.nrows) if sheet.cell_value(at, 1) != ""}
        below = {row for first, last in areas for row in range(first + 1, last)}
        sums = {at for at in range(a11.FIRST_ROW, sheet.nrows) if sheet.cell_value(at, 0) == "RAZEM"}
        assert filled | below | sums == set(range(a11.FIRST_ROW, sheet.nrows)) and not filled & below
        found += len(areas)
    assert (found > 20) == is_merging


def test_a_pesel_is_hidden_and_has_lost_its_digits(told):
    _, written = told
    book = opened(written.files[0][1])
    values = [row["PESEL"] for _, _, row in rows_of(written.files[0][1]) if row["PESEL"] != ""]
    assert values and all(value % 10**9 == 0 and 2e10 <= value < 9e10 for value in values)
    assert all(sheet.colinfo_map[a11.HEADINGS.index("PESEL")].hidden for sheet in book.sheets())


def test_kilometres_as_text_are_where_the_truth_says(told):
    _, written = told
    typed = [at for at, (_, _, row) in enumerate(rows_of(written.files[0][1])) if str(row["Dojazd (km)"])[-2:] == ",0"]
    assert dict(written.defects)["F17"].tolist() == typed


def test_an_office_longer_than_a_sheet_goes_on_in_another(tell, monkeypatch):
    monkeypatch.setattr(a11, "_LIMIT", 40)
    telling, written = tell(POINT)
    names = [sheet.name for sheet in opened(written.files[0][1]).sheets()]
    assert names[:2] == ["BOK 1", "BOK 1 (2)"]
    assert (written.row != NONE).sum() == len(telling.rows["visits"])


def test_the_centre_gives_the_point_beside_an_old_number(tell):
    telling, _ = tell("zt99-bok")
    life = telling.life
    later = np.flatnonzero(life.visits.source == life.visits.source.max())[:300]
    _, written = (telling, a11.write(replace(telling, rows={"visits": later}, draw=stream(1, "t"))))
    rows = [row for _, _, row in rows_of(written.files[0][1]) if row["Nr"] != "RAZEM"]
    old = [row for row in rows if isinstance(row["Nr klienta"], float)]
    new = [row for row in rows if isinstance(row["Nr klienta"], str) and row["Nr klienta"]]
    assert old and all(row["Punkt"].startswith("ZT") for row in old)
    assert new and all(len(row["Nr klienta"]) == 12 and row["Punkt"] == "" for row in new)


def test_an_empty_period_is_a_sheet_of_headings(tell):
    _, written = tell(POINT, empty=True)
    (sheet,) = opened(written.files[0][1]).sheets()
    assert sheet.row_values(a11.FIRST_ROW - 1) == list(a11.HEADINGS)
    assert (sheet.nrows, len(written.keys)) == (a11.FIRST_ROW, 0)


def test_the_same_seed_gives_the_same_bytes(tell):
    assert tell(POINT)[1].files == tell(POINT)[1].files
