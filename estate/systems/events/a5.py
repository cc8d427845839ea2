"""Hotlines and call-centre platforms (A5): call detail of 122 characters a line, CP852, for DOS.

    102203 1412 000212  0618525252      9393                    …
    0           12      18              34                      58 account  73 call   93 wait, outcome, topic, agent …

The first 93 places are the call detail of a switch as it is published: when, seconds, caller, number dialled, account
code, number of the call. Behind them stands what the queue adds; that part is invented. The clock shows minutes of the
wall, and on a night in October the same ones twice. A caller is there as the site shows him (:mod:`calling`), and the
account where the advisor keyed it in: the old one on a hotline, with its point where that is another one's, the new one
on a platform. What a call was about an advisor notes, or the machine that handed it over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from config.units import collection_points
from estate.digits import Bytes, digits, texts_of
from estate.draw import Flags, Ints, chance
from estate.life.access import new_account_digits
from estate.life.book import point_position
from estate.life.contacts import ANSWERED, Contacts
from estate.life.events import ACCOUNT, NEW_ACCOUNT, take
from estate.systems.events.blocks import column, left, padded, plain, where, word_column
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

FILE = "ROZMOWY.CDR"
LENGTH = 122
_OUTCOMES = ("AGENT", "HANG", "PHANTOM")
"""In the order of the life's."""
_TOPICS = ("RACH", "WPŁ", "OFERTA", "AWARIA", "REKL", "ZLEC", "INTERN", "ZMIANA", "REZYGN", "INNE")
"""In the order of the life's."""
_TEST = "TEST"
_BAD_STAMPS = ("000000 0000", "999999 9999", "023003 0915")
_END = b"\r\n"
_ACCOUNT_WIDTH = 15


@dataclass(frozen=True)
class _Defects:
    """What is wrong with which lines; a line has no more than one of them, beside a mistyped account."""

    is_test: Flags
    lost: Flags
    undated: Flags
    negative: Flags
    mistyped: Flags


def write(telling: Telling) -> WrittenEvents:
    """Legs of calls, one line each, and calls of the technicians who tried the lines."""
    row, is_test = with_tests(telling.draw, telling.rows["contacts"], share=telling.rates.calls.f22)
    contacts: Contacts = take(telling.life.contacts, row)
    site = site_of(telling.source, skewed=telling.rates.calls.skewed_sites)
    defects = _defects(telling, contacts, is_test)
    keys = call_numbers(telling.source, contacts.number, tests=is_test)
    lines = _lines(contacts, keys, is_test=is_test)
    _write_habits(lines, telling, contacts, site=site, defects=defects)
    _write_accounts(lines, telling, contacts, defects=defects)
    places = telling.draw.integers(0, LENGTH, len(row))
    content, offset, length = _without_lost_bytes(lines, defects.lost, places)
    twice = is_second_time(contacts.minute + site.skew)
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts_of(keys),
        table=np.zeros(len(row), dtype=np.int64),
        row=np.where(is_test, -1, row),
        offset=offset,
        length=length,
        defects=(
            ("F05", np.flatnonzero(defects.undated)),
            ("F15", np.flatnonzero(defects.lost)),
            ("F22", np.flatnonzero(is_test)),
            ("F23", np.flatnonzero(defects.negative | twice)),
            ("F24", np.flatnonzero(defects.mistyped)),
        ),
        file_defects=(("F23", 0, len(content)),) if site.skew else (),
    )


def _defects(telling: Telling, contacts: Contacts, is_test: Flags) -> _Defects:
    rates, luck = telling.rates.calls, telling.draw.random(len(contacts))
    edges = np.cumsum([rates.f15, rates.f05, rates.f23_wait])
    what = np.where(is_test, len(edges), np.searchsorted(edges, luck, side="right"))
    mistyped = (contacts.named_by >= ACCOUNT) & ~is_test & chance(telling.draw, len(contacts), rates.f24_account)
    return _Defects(is_test, what == 0, what == 1, what == 2, mistyped)


# -- what stands in a line ----------------------------------------------------------------------------------------


def _write_habits(lines: Bytes, telling: Telling, contacts: Contacts, *, site: Site, defects: _Defects) -> None:
    """What its clocks and its exchange make of a call."""
    draw = telling.draw
    when = stamps(clock_minutes(site, contacts.minute), date="%m%d%y ", time="{:02d}{:02d}")
    for at in np.flatnonzero(defects.undated).tolist():
        write_stamp(when, at, _BAD_STAMPS[int(draw.integers(len(_BAD_STAMPS)))])
    callers = np.where(defects.is_test, site.workshop, contacts.ani)
    lines[:, 0:11] = when
    lines[:, 18:34] = left(shown_numbers(draw, site, callers, contacts.minute), 16)
    lines[:, 93:98] = digits(np.where(defects.negative, 1 + contacts.second % 9, contacts.wait_s), 5)
    lines[defects.negative, 93] = ord("-")


def _write_accounts(lines: Bytes, telling: Telling, contacts: Contacts, *, defects: _Defects) -> None:
    """Account of each call where somebody keyed it in, and the point an old one belongs to if not the hotline's."""
    draw, book, size = telling.draw, telling.life.book, len(contacts)
    party = np.maximum(contacts.party, 0)
    old, new = ((contacts.named_by == named) & ~defects.is_test for named in (ACCOUNT, NEW_ACCOUNT))
    written = (where(old, plain(book.account_number[party], 9)), where(new, new_account_digits(book, party)))
    accounts = left(np.hstack(written), _ACCOUNT_WIDTH)
    elsewhere = old & (book.point[party] != point_position(telling.source.point_code))
    is_told = elsewhere & ~chance(draw, size, telling.rates.calls.point_left_out)
    for at in np.flatnonzero(defects.mistyped).tolist():
        account = accounts[at].tobytes().decode("ascii").rstrip()
        wrong = _mistyped(account, place=int(draw.integers(len(account))))
        write_stamp(accounts, at, wrong.ljust(_ACCOUNT_WIDTH))
    lines[:, 58:73] = accounts
    codes = word_column([point.code for point in collection_points()], book.point[party], page="ascii")
    lines[is_told, 116:120] = codes[is_told]


def _mistyped(account: str, *, place: int) -> str:
    other = str((int(account[place]) + 1) % 10) if account[place].isdecimal() else "0"
    return account[:place] + other + account[place + 1 :]


def _lines(contacts: Contacts, keys: Bytes, *, is_test: Flags) -> Bytes:
    """Lines with everything that needs no habit of the site."""
    lines = np.full((len(keys), LENGTH), 0x20, dtype=np.uint8)
    is_answered = contacts.outcome == ANSWERED
    # Who gave up told nobody why he called, unless he told the machine.
    is_told = is_answered | contacts.from_ivr
    topic = np.where(is_test, len(_TOPICS), np.where(is_told, contacts.topic, len(_TOPICS) + 1))
    each, place = np.unique(contacts.line, return_inverse=True)
    numbers = column([str(line) if line < 10_000 else f"0{line}" for line in each.tolist()])
    lines[:, 12:18] = digits(contacts.talk_s, 6)
    lines[:, 34:58] = padded(numbers, 24)[place]
    lines[:, 73:93] = keys
    lines[:, 98:105] = padded(word_column(_OUTCOMES, contacts.outcome, page="ascii"), 7)
    lines[:, 105:111] = padded(word_column((*_TOPICS, _TEST, ""), topic, page="cp852"), 6)
    lines[:, 111:116] = digits(contacts.agent, 5)
    lines[~is_answered, 111:116] = 0x20
    lines[:, 120] = np.where(is_answered, np.where(contacts.is_noted, ord("T"), ord("N")), 0x20)
    way = np.where(contacts.is_rerouted, ord("P"), np.where(contacts.from_ivr, ord("I"), 0x20))
    lines[:, 121] = way
    return lines


# -- bytes --------------------------------------------------------------------------------------------------------


def _without_lost_bytes(lines: Bytes, lost: Flags, places: Ints) -> tuple[bytes, Ints, Ints]:
    """The file, offset and length of each line; where a byte was lost on the wire, the line is one shorter."""
    ends = np.broadcast_to(np.frombuffer(_END, dtype=np.uint8), (len(lines), len(_END)))
    whole = np.concatenate([lines, ends], axis=1)
    kept = np.ones(whole.shape, dtype=bool)
    kept[lost, places[lost]] = False
    length = np.asarray(kept.sum(axis=1), dtype=np.int64)
    return whole[kept].tobytes(), np.cumsum(length) - length, length


WRITER = EventWriter("a5", ("contacts",), write)
