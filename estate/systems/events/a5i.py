"""Talking machines of the platforms (A5i): a log of pipe-separated fields, CP852.

    00000012|2003-10-22 14:11:05|017|0618525252|9393|WPŁATA|60|DORADCA|T|631191524817|06390000000000000815|

A line is what the machine told in one call: when, on which port, who rang which number, what about, for how many
seconds, and whether its answer was enough or an advisor took over; then the number of that advisor's call is there
(:mod:`a5`), so that one call is not counted twice. Who keyed in a PIN is named by his account. The log is written in
order; its clock shows seconds of the wall and is not set by the same hand as the one of the queue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.digits import Bytes, at_least, digits, texts_of
from estate.draw import Flags, Ints
from estate.life.access import new_account_digits
from estate.life.contacts import FOR_FIRMS, FOR_PERSONS
from estate.life.events import NEW_ACCOUNT, take
from estate.life.ivr import IvrEvents
from estate.people import NONE
from estate.systems.events.blocks import constant, joined, plain, where, word_column
from estate.systems.events.calling import (
    Site,
    call_numbers,
    clock_minutes,
    is_second_time,
    shown_numbers,
    site_of,
    stamps,
    with_tests,
    write_stamp,
)
from estate.systems.events.model import EventWriter, Telling, WrittenEvents

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
    keys = np.hstack([where(is_test, constant("T", len(told))), at_least(told.number, 8)])
    bar = constant("|", len(told))
    fields = (keys, *_columns(telling, told, site=site, defects=defects))
    blocks = [block for field in fields for block in (field, bar)]
    content, length = joined([*blocks, constant("\n", len(told))], len(told))
    twice = is_second_time(told.minute + site.skew)
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts_of(keys),
        table=np.zeros(len(row), dtype=np.int64),
        row=np.where(is_test, -1, row),
        offset=np.cumsum(length) - length,
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


def _columns(telling: Telling, told: IvrEvents, *, site: Site, defects: _Defects) -> tuple[Bytes, ...]:
    """The fields behind the number, in the order of the log."""
    draw, size, book = telling.draw, len(told), telling.life.book
    minutes = stamps(clock_minutes(site, told.minute), date="%Y-%m-%d ", time="{:02d}:{:02d}")
    when = np.hstack([minutes, constant(":", size), digits(told.second, 2)])
    for at in np.flatnonzero(defects.undated).tolist():
        write_stamp(when, at, _BAD_STAMPS[int(draw.integers(len(_BAD_STAMPS)))])
    named = (told.named_by == NEW_ACCOUNT) & ~defects.is_test
    ends = np.where(defects.is_test, 2, told.contact != NONE)
    return (
        when,
        digits(draw.integers(1, _PORTS + 1, size), 3),
        shown_numbers(draw, site, np.where(defects.is_test, site.workshop, told.ani), told.minute),
        _number(_lines(telling, told), defects.shifted),
        word_column(_TOPICS, told.topic, page="cp852"),
        _number(told.duration_s, defects.shifted),
        word_column(("KONIEC", "DORADCA", "TEST"), ends, page="ascii"),
        word_column(("N", "T"), told.with_pin.astype(np.int64), page="ascii"),
        where(named, new_account_digits(book, np.maximum(told.party, 0))),
        _calls(telling, told),
    )


def _number(numbers: Ints, is_shifted: Flags) -> Bytes:
    """A number, and the key of whoever pressed one the menu did not know where it looks like the number dialled."""
    is_line = (numbers == FOR_PERSONS) | (numbers == FOR_FIRMS)
    return np.hstack([plain(numbers, 10), where(is_shifted & is_line, constant("|#", len(numbers)))])


def _lines(telling: Telling, told: IvrEvents) -> Ints:
    """What was dialled: what the call says that it handed over, else the number for the customer's kind."""
    contacts, book = telling.life.contacts, telling.life.book
    is_firm = (told.party != NONE) & book.is_firm[np.maximum(told.party, 0)]
    own = np.where(is_firm, FOR_FIRMS, FOR_PERSONS)
    handed = told.contact != NONE
    own[handed] = contacts.line[told.contact[handed]]
    return own


def _calls(telling: Telling, told: IvrEvents) -> Bytes:
    """Number of the advisor's call in the log of the platform, nothing where there is none."""
    handed = told.contact != NONE
    contacts = telling.life.contacts
    if not len(contacts):
        return np.zeros((len(told), 0), dtype=np.uint8)
    numbers = contacts.number[np.maximum(told.contact, 0)]
    return where(handed, call_numbers(telling.source, numbers, role="cti"))


WRITER = EventWriter("a5i", ("ivr",), write)
