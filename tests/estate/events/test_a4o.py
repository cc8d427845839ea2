"""Spools of the order systems, read line by line and compared with the life."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from estate.life.access import login_texts, new_accounts
from estate.life.clock import wall_day
from estate.life.events import ACCOUNT, LOGIN, NEW_ACCOUNT, NOTHING, PHONE
from estate.people import NONE
from estate.rates import load_rates
from estate.systems.events.a4o import LINESIZE

DELIMITERS = 17
POINT, CENTRAL = "zt01-orders", "zt99-orders"
TYPES = {"ZAM": "orders", "ROB": "work_orders", "REZ": "resignations", "POT": "needs", "ZAP": "enquiries"}


@dataclass(frozen=True)
class Read:
    """A spool as a person with scissors and glue reads it."""

    names: list[str]
    rows: list[dict[str, str]]
    announced: int


def glued(content: bytes) -> Read:
    lines = content.decode("cp1250", "replace").replace("\r\n", "\n").split("\n")
    whole, pending = [], ""
    for line, following in pairwise([*lines, ""]):
        pending += line
        # A full line goes on unless it ends just there: the next one is a row of its own then.
        if len(line) < LINESIZE or (pending.count(";") == DELIMITERS and (";" in following or not following)):
            whole.append(pending)
            pending = ""
    names = next(line for line in whole if line).split(";")
    body = [line for line in whole if line and set(line) != {"-"} and line != ";".join(names)]
    announced = int(next(word for word in body.pop().split() if word.isdigit()))
    rows = [line.split(";") for line in body]
    rows = [row if len(row) == len(names) else [*row[:-3], ";".join(row[-3:-1]), row[-1]] for row in rows]
    return Read(names, [dict(zip(names, row, strict=True)) for row in rows], announced)


def rr(day: int) -> str:
    return np.datetime64(day, "D").astype(str)[2:].replace("-", "/")


@pytest.fixture(params=[(POINT, 0), (CENTRAL, 3), (CENTRAL, 9)], ids=lambda each: f"{each[0]} {each[1]}")
def told(request, tell):
    telling, written = tell(*request.param)
    return telling, written, glued(written.files[0][1])


def test_every_row_stands_once_with_its_numbers(told):
    telling, written, read = told
    tables = telling.life.tables()
    expected = Counter(
        (kind, str(number))
        for kind, name in TYPES.items()
        for number in tables[name].number[telling.rows[name]].tolist()
    )
    is_event = written.row != NONE
    found = Counter((row["TYP"], row["NR"]) for row, real in zip(read.rows, is_event.tolist(), strict=True) if real)
    assert found == expected
    assert [row["NR"] for row in read.rows] == written.keys.tolist()
    assert read.announced == len(written.keys)


def test_offsets_are_where_the_rows_are(told):
    _, written, _ = told
    content = written.files[0][1]
    for at in range(0, len(written.keys), 7):
        row = content[written.offset[at] : written.offset[at] + written.length[at]]
        assert row.endswith(b"\n") and f";{written.keys[at]};".encode() in row[:30]


def test_days_and_status_are_what_the_system_knew(told):
    telling, written, read = told
    defects = dict(written.defects)
    closing = {"orders": "closed_minute", "work_orders": "done_minute", "enquiries": "answered_minute"}
    tables = telling.life.tables()
    for at, row in enumerate(read.rows):
        if written.row[at] == NONE or at in defects["F05"]:
            continue
        name = TYPES[row["TYP"]]
        events, own = tables[name], written.row[at]
        assert row["DATA_PRZYJ"] == rr(int(wall_day(events.minute[own : own + 1])[0]))
        if name in closing:
            minute = int(getattr(events, closing[name])[own])
            is_closed = minute != NONE and minute < telling.period.until
            assert row["DATA_ZAMK"] == (rr(int(wall_day(np.array([minute]))[0])) if is_closed else "")
            assert (row["STATUS"] == "R") != is_closed


def test_customers_are_named_as_the_life_says(told):
    telling, written, read = told
    life, tables = telling.life, telling.life.tables()
    lost = set(dict(written.defects)["F24"].tolist())
    for at, row in enumerate(read.rows):
        if written.row[at] == NONE:
            continue
        events, own = tables[TYPES[row["TYP"]]], written.row[at]
        party, way = int(events.party[own]), NOTHING if at in lost else int(events.named_by[own])
        one = np.array([party])
        assert row["NR_KLIENTA"] == {
            ACCOUNT: str(life.book.account[party]),
            NEW_ACCOUNT: new_accounts(life.book, one)[0] if way == NEW_ACCOUNT else "",
        }.get(way, "")
        assert bool(row["PUNKT"]) == (way == ACCOUNT and telling.is_central)
        assert row["LOGIN"] == (login_texts(life.access, life.book, life.access.login[one])[0] if way == LOGIN else "")
        if way == PHONE:
            local = str(life.book.phone[party])[2:]
            typed = "".join(c for c in row["TELEFON"].partition("wew")[0] if c.isdigit())
            assert typed.endswith(local)
            assert not telling.is_central or len(typed) > 7


def test_work_orders_name_their_order_unless_it_is_lost(told):
    telling, written, read = told
    life = telling.life
    lost = set(dict(written.defects)["F24"].tolist())
    for at, row in enumerate(read.rows):
        if row["TYP"] == "ROB" and written.row[at] != NONE:
            number = str(life.orders.number[life.work_orders.order[written.row[at]]])
            assert (row["NR_NADRZ"] == number) == (at not in lost)


def test_defects_are_where_the_truth_says(tell):
    usual = load_rates()
    many = usual.model_copy(
        update={
            "defects": usual.defects.model_copy(update={"f15": 0.1}),
            "orders": usual.orders.model_copy(update={"test_rows": 0.05, "orphan": 0.05}),
        }
    )
    _, written = tell(CENTRAL, 9, rates=many)
    read = glued(written.files[0][1])
    defects = {code: set(at.tolist()) for code, at in written.defects}
    positions = {
        "F05": lambda row: row["DATA_ZAMK"] == "99/12/31",
        "F15": lambda row: ";" in row["UWAGI"],
        "F22": lambda row: row["KLIENT"] in ("TEST TEST", "AAAA BBBB"),
        "F24": lambda row: row["NR_NADRZ"].startswith("19") and len(row["NR_NADRZ"]) == 8,
    }
    for code, shows in positions.items():
        assert {at for at, row in enumerate(read.rows) if shows(row)} == defects[code], code
        assert defects[code], code


def test_years_before_2000_are_told_in_two_digits(tell):
    _, written = tell(POINT)
    read = glued(written.files[0][1])
    old = {at for at, row in enumerate(read.rows) if row["DATA_PRZYJ"] > "50"}
    assert set(dict(written.defects)["F04"].tolist()) == old and old


def test_long_rows_go_on_in_the_next_line_as_the_heading_does(tell):
    content = tell(POINT)[1].files[0][1]
    lines = content.replace(b"\r\n", b"\n").split(b"\n")
    assert max(len(line) for line in lines) == LINESIZE
    assert lines[1].startswith(b"TYP;NR;") and len(lines[1]) == LINESIZE and lines[2].endswith(b";UWAGI;OPER")


def test_an_empty_period_is_a_heading_and_no_rows(tell):
    _, written = tell(POINT, empty=True)
    read = glued(written.files[0][1])
    assert (read.rows, read.announced, len(written.keys)) == ([], 0, 0)


def test_the_same_seed_gives_the_same_bytes(tell):
    assert tell(POINT)[1].files == tell(POINT)[1].files
