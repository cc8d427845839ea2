"""Talking machines of the platforms (A5i): a log of pipe-separated fields, CP852.

    00000012|2003-10-22 14:11:05|017|0618525252|9393|WPŁATA|60|DORADCA|T|631191524817|06390000000000000815|

A line is what the machine told in one call: when, on which port, who rang which number, what about, for how many
seconds, and whether its answer was enough or an advisor took over; then the number of that advisor's call is there
(:mod:`a5`), so that one call is not counted twice. Who keyed in a PIN is named by his account. The log is written in
order; its clock shows seconds of the wall and is not set by the same hand as the one of the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estate.draw import Flags, Ints, Texts, texts
from estate.life.contacts import FOR_FIRMS, FOR_PERSONS
from estate.life.events import NEW_ACCOUNT, take
from estate.life.ivr import IvrEvents
from estate.people import NONE
from estate.systems.events.calling import (
    Site,
    call_numbers,
    clock_minutes,
    is_second_time,
    shown_numbers,
    site_of,
    stamps,
    with_tests,
)
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts
from estate.systems.lines import spans

FILE = "IVR.LOG"
_TOPICS = (
    "FAKTURA",
    "WPŁATA",
    "OFERTA",
    "AWARIA",
    "REKLAMACJA",
    "ZLECENIE",
    "INTERNET",
    "ZMIANA",
    "REZYGNACJA",
    "INNE",
)
"""In the order of the life's."""
_BAD_STAMPS = ("0000-00-00 00:00:00", "9999-99-99 99:99:99", "2003-02-30 00:00:00")
_PORTS = 240


@dataclass(frozen=True)
class _Defects:
    is_test: Flags
    shifted: Flags
    undated: Flags


def write(telling: Telling) -> WrittenEvents:
    """What the machine told, one line each, in the order of its clock."""
    ivr, draw = telling.life.ivr, telling.draw
    rows = telling.rows["ivr"]
    rows = rows[np.argsort(ivr.minute[rows] * 60 + ivr.second[rows], kind="stable")]
    row, is_test = with_tests(draw, rows, share=telling.rates.calls.f22)
    told: IvrEvents = take(ivr, row)
    site = site_of(telling.source, skewed=telling.rates.calls.skewed_sites)
    defects = _defects(telling, is_test)
    keys = texts([f"{'T' if test else ''}{n:08d}" for n, test in zip(told.number.tolist(), is_test, strict=True)])
    columns = (keys, *_columns(telling, told, site=site, defects=defects))
    lines = ["|".join([value or "" for value in fields]) + "|\n" for fields in zip(*columns, strict=True)]
    for at in np.flatnonzero(defects.shifted).tolist():
        # Whoever called pressed a key the menu did not know, and the log has it as it came.
        lines[at] = lines[at].replace("|9393|", "|9393|#|").replace("|9330|", "|9330|#|")
    encoded = [line.encode("cp852") for line in lines]
    offset, length = spans(encoded)
    twice = is_second_time(told.minute + site.skew)
    return WrittenEvents(
        files=((FILE, b"".join(encoded)),),
        keys=keys,
        table=np.zeros(len(row), dtype=np.int64),
        row=np.where(is_test, -1, row),
        offset=offset,
        length=length,
        defects=(
            ("F05", np.flatnonzero(defects.undated)),
            ("F15", np.flatnonzero(defects.shifted)),
            ("F22", np.flatnonzero(is_test)),
            ("F23", np.flatnonzero(twice)),
        ),
        file_defects=(("F23", 0, int(length.sum())),) if site.skew else (),
    )


def _defects(telling: Telling, is_test: Flags) -> _Defects:
    rates, luck = telling.rates.calls, telling.draw.random(len(is_test))
    edges = np.cumsum([rates.f15, rates.f05])
    what = np.where(is_test, len(edges), np.searchsorted(edges, luck, side="right"))
    return _Defects(is_test, what == 0, what == 1)


def _columns(telling: Telling, told: IvrEvents, *, site: Site, defects: _Defects) -> tuple[Sequence[str | None], ...]:
    """The fields behind the number, in the order of the log."""
    draw, size = telling.draw, len(told)
    minutes = stamps(clock_minutes(site, told.minute), date="%Y-%m-%d ", time="{:02d}:{:02d}")
    when = [f"{minute}:{second:02d}" for minute, second in zip(minutes, told.second.tolist(), strict=True)]
    for at in np.flatnonzero(defects.undated).tolist():
        when[at] = _BAD_STAMPS[int(draw.integers(len(_BAD_STAMPS)))]
    accounts = np.full(size, None, dtype=object)
    named = (told.named_by == NEW_ACCOUNT) & ~defects.is_test
    accounts[named] = new_accounts(telling.life.book, told.party[named])
    ends = np.where(defects.is_test, 2, told.contact != NONE)
    return (
        when,
        [f"{port:03d}" for port in draw.integers(1, _PORTS + 1, size).tolist()],
        shown_numbers(draw, site, np.where(defects.is_test, site.workshop, told.ani), told.minute).tolist(),
        [str(line) for line in _lines(telling, told).tolist()],
        texts(_TOPICS)[told.topic].tolist(),
        [str(seconds) for seconds in told.duration_s.tolist()],
        texts(("KONIEC", "DORADCA", "TEST"))[ends].tolist(),
        texts(("N", "T"))[told.with_pin.astype(np.int64)].tolist(),
        accounts.tolist(),
        _calls(telling, told).tolist(),
    )


def _lines(telling: Telling, told: IvrEvents) -> Ints:
    """What was dialled: what the call says that it handed over, else the number for the customer's kind."""
    contacts, book = telling.life.contacts, telling.life.book
    is_firm = (told.party != NONE) & book.is_firm[np.maximum(told.party, 0)]
    own = np.where(is_firm, FOR_FIRMS, FOR_PERSONS)
    handed = told.contact != NONE
    own[handed] = contacts.line[told.contact[handed]]
    return own


def _calls(telling: Telling, told: IvrEvents) -> Texts:
    """Number of the advisor's call in the log of the platform."""
    numbers = np.full(len(told), None, dtype=object)
    handed = np.flatnonzero(told.contact != NONE)
    numbers[handed] = call_numbers(telling.source, telling.life.contacts.number[told.contact[handed]], role="cti")
    return numbers


WRITER = EventWriter("a5i", ("ivr",), write)
