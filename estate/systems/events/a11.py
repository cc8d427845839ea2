"""Sheets of customer offices (A11): Excel 97, one sheet per office, a row per visit, sums after every month.

In some points the clerk merges the cells of a day; waits are whole minutes; a hidden column has what became of the
PESEL when somebody saved the list as text and opened it again (``8.9E+10``, of which nothing can be read). Some points
have a Macintosh, whose days count from 1904.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from estate.draw import Flags, Ints, chance, texts
from estate.life.clock import DAY, month_of, wall_minutes
from estate.life.events import ACCOUNT, NEW_ACCOUNT, PHONE
from estate.life.offices import Visits
from estate.people import NONE
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts, old_accounts, phones, points_of_old
from estate.systems.events.phone_cells import phone_cells
from estate.systems.events.workbooks import PLAIN, Cells, new_book, row_places, saved, style

FILE = "BOK.XLS"
HEADINGS = (
    *("Nr", "Data", "Godz.", "Nr klienta", "Punkt", "Telefon", "Sprawa", "Oczekiwanie (min)", "Obsługa (min)"),
    *("Dojazd (km)", "Załatwiono", "PESEL"),
)
_NR, _DAY, _CLOCK = range(3)
_WAIT, _SERVED, _KM = 7, 8, 9
_PESEL = 11
_FORMS = {_DAY: "YYYY-MM-DD", _CLOCK: "HH:MM", _PESEL: "0.0E+00"}
FIRST_ROW = 3
"""Below a title, a blank row and the headings."""
TOTAL = "RAZEM"
_TOPICS = (
    *("rachunek", "płatność", "oferta", "awaria", "reklamacja", "zamówienie", "internet", "zmiana umowy"),
    *("rezygnacja", "inne"),
)
_LIMIT = 60_000
"""Visits on a sheet: Excel has 65 536 rows, and the sums need some."""
_DAY_NOUGHT = {False: -25_569, True: -24_107}
"""Of the calendar of 1900 and of 1904, in days since 1970."""
_MERGING, _OF = 3, 5
"""Of five points three merge the cells of a day."""
Value = str | float | None


@dataclass(frozen=True)
class _Visits:
    """Visits in the order of the sheets."""

    row: Ints
    """In the life."""
    office: Ints
    month: Ints
    is_new_day: Flags
    """First of its day on its sheet."""
    columns: tuple[list[Value], ...]
    """Cells by heading."""
    sums: dict[int, Ints]
    """Columns that are added up, as numbers."""


def write(telling: Telling) -> WrittenEvents:
    """The book of a point: who came to which of its offices."""
    is_1904 = bool(telling.draw.random() < telling.rates.offices.since_1904)
    is_merging = int(telling.source.point_code[2:]) % _OF < _MERGING
    visits, defects = _visits(telling, day_nought=_DAY_NOUGHT[is_1904])
    book = new_book(is_1904=is_1904)
    styles = {column: style(form) for column, form in _FORMS.items()}
    cells = Cells(book)
    order: list[int] = []
    for name, title, first, last in _sheets(telling, visits.office):
        sheet = book.add_sheet(name)
        _head(sheet, title)
        order += _fill(sheet, visits, range(first, last), cells=cells, styles=styles, is_merging=is_merging)
    content = saved(book)
    offset, length = row_places(content, first_row=FIRST_ROW)
    visit = np.array(order, dtype=np.int64)
    place = np.flatnonzero(visit != NONE)
    numbers = visits.columns[_NR]
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts([TOTAL if at == NONE else str(numbers[at]) for at in order]),
        table=np.zeros(len(visit), dtype=np.int64),
        row=np.array([NONE if at == NONE else visits.row[at] for at in order], dtype=np.int64),
        offset=offset,
        length=length,
        defects=tuple((code, place[at]) for code, at in defects),
    )


def _visits(telling: Telling, *, day_nought: int) -> tuple[_Visits, tuple[tuple[str, Ints], ...]]:
    draw, rates, table = telling.draw, telling.rates.offices, telling.life.visits
    rows = telling.rows["visits"]
    rows = rows[np.lexsort((table.number[rows], table.minute[rows], table.office[rows]))]
    size, office = len(rows), table.office[rows]
    wall = wall_minutes(table.minute[rows])
    no_date, is_text = chance(draw, size, rates.no_date), chance(draw, size, rates.typed_km)
    serial = np.where(no_date, 0, wall // DAY - day_nought)
    wait, served = (np.round(seconds[rows] / 60).astype(np.int64) for seconds in (table.queue_s, table.served_s))
    km = table.travel_km[rows]
    pesel = np.where(chance(draw, size, rates.with_pesel), draw.integers(20, 90, size), 0)
    named, odd = _named(telling, table, rows)
    columns: tuple[list[Value], ...] = (
        *(table.number[rows].tolist(), serial.tolist(), ((wall % DAY) / DAY).tolist(), *named),
        *(texts(_TOPICS)[table.topic[rows]].tolist(), wait.tolist(), served.tolist()),
        [f"{n},0" if typed else n for n, typed in zip(km.tolist(), is_text.tolist(), strict=True)],
        np.where(table.is_solved[rows], "TAK", "NIE").tolist(),
        [year * 10.0**9 if year else None for year in pesel.tolist()],
    )
    is_new_day = np.ones(size, dtype=bool)
    is_new_day[1:] = (serial[1:] != serial[:-1]) | (office[1:] != office[:-1])
    sums = {_WAIT: wait, _SERVED: served, _KM: km}
    visits = _Visits(rows, office, month_of(wall // DAY), is_new_day, columns, sums)
    return visits, (("F05", np.flatnonzero(no_date)), ("F17", np.flatnonzero(is_text)), ("F18", odd))


def _named(telling: Telling, table: Visits, rows: Ints) -> tuple[tuple[list[Value], ...], Ints]:
    """Account, point and telephone, and which telephones are in an odd layout."""
    book, party, way = telling.life.book, table.party[rows], table.named_by[rows]
    by_old, by_new, by_phone = (np.where(way == each, party, NONE) for each in (ACCOUNT, NEW_ACCOUNT, PHONE))
    phone, odd = phone_cells(telling, phones(book, by_phone), local=telling.rates.offices.local_phone)
    old = [_number(account) for account in old_accounts(book, by_old).tolist()]
    # A new number may begin with a nought, which a number cell would lose.
    new = new_accounts(book, by_new).tolist()
    account: list[Value] = [one if one is not None else other for one, other in zip(old, new, strict=True)]
    point: list[Value] = [*points_of_old(telling, by_old)]
    return (account, point, [_number(cell) for cell in phone]), odd


def _number(text: str | None) -> Value:
    """What Excel makes of digits: a number, where they do not begin with a nought."""
    return float(text) if text is not None and text.isdigit() and text[0] != "0" else text


def _sheets(telling: Telling, office: Ints) -> Iterator[tuple[str, str, int, int]]:
    """Name, title, first visit and one past the last of each sheet; one for an office where nobody came."""
    town = telling.source.point.name
    if not len(office):
        yield "BOK 1", f"BOK nr 1, {town}", 0, 0
    for number in np.unique(office).tolist():
        first, last = np.searchsorted(office, [number, number + 1]).tolist()
        for part, start in enumerate(range(first, last, _LIMIT), start=1):
            name = f"BOK {number}" if part == 1 else f"BOK {number} ({part})"
            yield name, f"BOK nr {number}, {town}", start, min(last, start + _LIMIT)


def _head(sheet: Any, title: str) -> None:
    sheet.write_merge(0, 0, 0, len(HEADINGS) - 1, title)
    for column, heading in enumerate(HEADINGS):
        sheet.write(FIRST_ROW - 1, column, heading)
    sheet.col(_PESEL).hidden = True


def _fill(
    sheet: Any, visits: _Visits, chosen: range, *, cells: Cells, styles: dict[int, Any], is_merging: bool
) -> list[int]:
    """Rows of one sheet, and sums below each month; the visit of each row, NONE for sums."""
    written: list[int] = []
    month, is_new_day = visits.month.tolist(), visits.is_new_day.tolist()
    day_row = month_start = 0
    for visit in chosen:
        at = FIRST_ROW + len(written)
        is_new_month = visit == chosen.start or month[visit] != month[visit - 1]
        if is_new_month and visit > chosen.start:
            written.append(_sum_up(sheet.row(at), visits, month_start, visit))
            at += 1
        if is_new_month:
            month_start = visit
        is_first = is_new_month or is_new_day[visit] or not is_merging
        if is_first:
            day_row = at
        told = [
            (column, value, styles.get(column, PLAIN))
            for column, values in enumerate(visits.columns)
            if (value := values[visit]) is not None and (is_first or column != _DAY)
        ]
        cells.fill(sheet.row(at), told)
        is_last = visit + 1 == chosen.stop or is_new_day[visit + 1] or month[visit + 1] != month[visit]
        if is_last and at > day_row:
            sheet.merged_ranges.append((day_row, at, _DAY, _DAY))
        written.append(visit)
    if len(chosen):
        written.append(_sum_up(sheet.row(FIRST_ROW + len(written)), visits, month_start, chosen.stop))
    return written


def _sum_up(row: Any, visits: _Visits, first: int, last: int) -> int:
    row.set_cell_text(_NR, TOTAL)
    for column, numbers in visits.sums.items():
        row.set_cell_number(column, int(numbers[first:last].sum()))
    return NONE


WRITER = EventWriter("a11", ("visits",), write)
