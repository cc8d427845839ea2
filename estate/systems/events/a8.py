"""E-mail (A8): the mbox of the company's one address, what customers wrote and what advisors answered, as it arrived.

A thread is exported whole: with a second message the first one comes again, and its answer. Now and then a relay
delivers a message twice, a machine without battery writes from 1980, a gateway encodes a second time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from estate.draw import Ints, texts
from estate.life.events import Events
from estate.life.messages import Messages
from estate.people import NONE
from estate.systems.events.mail import POLAND, Mail, mbox_entry, moment
from estate.systems.events.mailing import (
    Luck,
    accounts_written,
    answer,
    encoded_twice,
    is_mislabelled,
    lucks,
    question,
)
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.lines import spans

FILE = "bok.mbox"
_DEFECTS = ("F03", "F05", "F13", "F14")
_RELAYS = ("mx2.tpnet.pl", "mx1.tpnet.pl")
_RELAY_MINUTES = 9


@dataclass(frozen=True)
class _Entry:
    """One message of the file."""

    minute: int
    mail: Mail
    row: int
    """Row of the life, NONE for an answer of ours."""
    defects: tuple[str, ...] = ()


def write(telling: Telling) -> WrittenEvents:
    """Threads that are new or were answered, with the answers given by then."""
    messages = telling.life.messages
    entries = [
        entry
        for entry in _entries(telling, messages, _whole_threads(messages, telling.rows["messages"]))
        if entry.minute < telling.period.until
    ]
    entries.sort(key=lambda entry: entry.minute)
    stored = [mbox_entry(entry.mail, arrived=moment(entry.minute, 0)) for entry in entries]
    offset, length = spans(stored)
    return WrittenEvents(
        files=((FILE, b"".join(stored)),),
        keys=texts([entry.mail.number for entry in entries]),
        table=np.zeros(len(entries), dtype=np.int64),
        row=np.array([entry.row for entry in entries], dtype=np.int64),
        offset=offset,
        length=length,
        defects=tuple((code, _with(entries, code)) for code in _DEFECTS),
    )


def answered_minute(events: Events) -> Ints:
    """Minute at which each message was answered; its own where nobody answers."""
    assert isinstance(events, Messages), "the table of messages"
    return events.minute + np.maximum(events.reply_minutes, 0)


def _with(entries: list[_Entry], code: str) -> Ints:
    return np.array([at for at, entry in enumerate(entries) if code in entry.defects], dtype=np.int64)


def _whole_threads(messages: Messages, rows: Ints) -> Ints:
    first = messages.thread[rows]
    return np.union1d(rows, first[first != NONE]).astype(np.int64)


def _entries(telling: Telling, messages: Messages, rows: Ints) -> Iterator[_Entry]:
    """Per row the message, once more where a relay sent it twice, and the answer to it."""
    book, rates = telling.life.book, telling.rates.web
    accounts = accounts_written(book, messages.party[rows], messages.named_by[rows])
    by_row = dict(zip(rows.tolist(), lucks(messages, rows), strict=True))
    replied = answered_minute(messages)
    for row, account in zip(rows.tolist(), accounts.tolist(), strict=True):
        thread, mine = int(messages.thread[row]), by_row[row]
        opening = mine if thread == NONE else by_row[thread]
        written = question(messages, row, book=book, account=account, mine=mine, opening=opening, rates=rates)
        minute = int(messages.minute[row])
        sent, defects = _spoilt(telling, written, mine, is_spam=bool(messages.is_spam[row]))
        yield _Entry(minute, sent, row, defects)
        if by_row[row]["relay"] < rates.relayed_twice and not messages.is_spam[row]:
            yield _Entry(minute + _RELAY_MINUTES, replace(sent, relays=_RELAYS), row, (*defects, "F13"))
        if messages.reply_minutes[row] != NONE:
            yield _Entry(int(replied[row]), answer(messages, row, written), NONE)


def _spoilt(telling: Telling, mail: Mail, mine: Luck, *, is_spam: bool) -> tuple[Mail, tuple[str, ...]]:
    """The message as it arrives, and what is wrong with it."""
    rates, defects = telling.rates.web, []
    if is_spam:
        return mail, ("F03",) if is_mislabelled(mail) else ()
    twice = encoded_twice(mail) if mine["twice"] < rates.double_encoded else None
    if twice:
        mail = twice
        defects.append("F14")
    elif is_mislabelled(mail):
        defects.append("F03")
    if mine["clock"] < rates.dead_clock:
        mail = replace(mail, stamp=dt.datetime(1980, 1, 1, 0, mail.stamp.minute, tzinfo=POLAND))
        defects.append("F05")
    return mail, tuple(defects)


WRITER = EventWriter("a8", ("messages",), write, changes={"messages": answered_minute})
