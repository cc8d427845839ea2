"""Surveys of satisfaction (A12): XML in UTF-8, an answer to the question after a call.

An answer names the call it is about by the twenty digits the platform gave it, and the customer by the number of the
account, the telephone that was called back, or the address the question was mailed to.
"""

from __future__ import annotations

import numpy as np

from config.sources import all_sources
from estate.draw import Flags, Ints, texts
from estate.life.contacts import Contacts
from estate.life.events import EMAIL, NEW_ACCOUNT, PHONE
from estate.life.surveys import Surveys
from estate.people import NONE
from estate.systems.events.luck import chosen, luck
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts
from estate.systems.events.stamps import is_second_time, seconds_of, wall_texts
from estate.systems.events.wording import wording
from estate.systems.events.xml import elements, escaped, framed, records
from estate.writing import phone_text

FILE = "ankiety.xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<ankiety badanie="zadowolenie">\n'
_TOPICS = ("FAK", "PLA", "OFE", "AWA", "REK", "ZAM", "INT", "ZMI", "REZ", "INN")
_BAD_STAMPS = ("0000-00-00 00:00:00", "1900-01-01 00:00:00")
_STAMPS = {"date": "%Y-%m-%d", "between": " "}
_PLATFORM = 90
"""Number of a platform among the systems of its point, in the numbers of its calls."""


def write(telling: Telling) -> WrittenEvents:
    """Answers by time, an element each."""
    surveys, rates = telling.life.surveys, telling.rates.web
    rows = telling.rows["surveys"]
    numbers = surveys.number[rows]
    keys = texts([f"A{number:08d}" for number in numbers.tolist()])
    undated = luck(numbers, "survey", "stamp") < rates.bad_stamp
    comments, is_twice = _comments(numbers, telling)
    phones = _phones(telling, surveys, rows)
    parts = _parts(telling, surveys, rows, comments=comments, phones=phones, undated=undated)
    stored = [record.encode("utf-8") for record in records("ankieta", keys.tolist(), *parts)]
    content, start = framed(_HEAD, stored, "</ankiety>\n")
    lengths = np.array([len(each) for each in stored], dtype=np.int64)
    odd = np.array([phone is not None and not (phone.isdecimal() and len(phone) == 9) for phone in phones], dtype=bool)
    return WrittenEvents(
        files=((FILE, content),),
        keys=keys,
        table=np.zeros(len(rows), dtype=np.int64),
        row=rows,
        offset=start + np.cumsum(lengths + 1) - lengths - 1,
        length=lengths,
        defects=(
            ("F05", np.flatnonzero(undated)),
            ("F14", np.flatnonzero(is_twice)),
            ("F18", np.flatnonzero(odd)),
            ("F23", np.flatnonzero(is_second_time(surveys.minute[rows]))),
        ),
    )


def call_numbers(contacts: Contacts, rows: Ints) -> list[str]:
    """Twenty digits of calls to the platforms: point, system, a serial number."""
    points = {at: int(source.point_code[2:]) for at, source in enumerate(all_sources())}
    pairs = zip(contacts.source[rows].tolist(), contacts.number[rows].tolist(), strict=True)
    return [f"{points[source]:03d}{_PLATFORM:02d}{number:015d}" for source, number in pairs]


def _parts(
    telling: Telling,
    surveys: Surveys,
    rows: Ints,
    *,
    comments: list[str | None],
    phones: list[str | None],
    undated: Flags,
) -> tuple[list[str], ...]:
    life, second = telling.life, seconds_of(surveys.number[rows])
    answered = wall_texts(surveys.minute[rows], second, **_STAMPS)
    for at in np.flatnonzero(undated).tolist():
        answered[at] = _BAD_STAMPS[at % len(_BAD_STAMPS)]
    party, named = surveys.party[rows], surveys.named_by[rows]
    accounts = new_accounts(life.book, np.where(named == NEW_ACCOUNT, party, NONE)).tolist()
    mails = [life.book.email[at] if by == EMAIL else None for at, by in zip(party.tolist(), named, strict=True)]
    return (
        elements("pytano", wall_texts(surveys.asked_minute[rows], second, **_STAMPS)),
        elements("odpowiedz", answered),
        elements("sposob", ["MAIL" if mode else "TEL" for mode in surveys.mode[rows].tolist()]),
        elements("rozmowa", call_numbers(life.contacts, surveys.contact[rows])),
        elements("temat", [_TOPICS[topic] for topic in life.contacts.topic[surveys.contact[rows]].tolist()]),
        elements("konto", accounts),
        elements("telefon", phones),
        elements("email", mails),
        elements("ocena", [str(score) for score in surveys.score[rows].tolist()]),
        elements("uwagi", comments),
    )


def _phones(telling: Telling, surveys: Surveys, rows: Ints) -> list[str | None]:
    book, party, named = telling.life.book, surveys.party[rows], surveys.named_by[rows]
    layouts = chosen(surveys.number[rows], 1 << 20, "survey", "layout").tolist()
    triples = zip(book.phone[party].tolist(), layouts, (named == PHONE).tolist(), strict=True)
    return [phone_text(str(phone), k, width=20, is_local=False) if is_named else None for phone, k, is_named in triples]


def _comments(numbers: Ints, telling: Telling) -> tuple[list[str | None], Flags]:
    """What some added in their own words, and which of it was encoded twice."""
    rates, words = telling.rates.web, wording().comments
    has = (luck(numbers, "survey", "comment") < rates.comment).tolist()
    which = chosen(numbers, len(words), "survey", "words").tolist()
    is_unlucky = (luck(numbers, "survey", "twice") < rates.double_encoded).tolist()
    comments = [words[at] if is_there else None for at, is_there in zip(which, has, strict=True)]
    spoilt = [
        _encoded_twice(comment) if comment and unlucky else None
        for comment, unlucky in zip(comments, is_unlucky, strict=True)
    ]
    together = [twice or once for once, twice in zip(comments, spoilt, strict=True)]
    return escaped(together), np.array([twice is not None for twice in spoilt], dtype=bool)


def _encoded_twice(text: str) -> str | None:
    try:
        twice = text.encode("utf-8").decode("cp1250")
    except UnicodeDecodeError:
        return None
    return twice if twice != text else None


WRITER = EventWriter("a12s", ("surveys",), write)
