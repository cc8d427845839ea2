"""Web forms of www.tp.pl (A8): XML that says ISO-8859-2 and is written by a server on Windows in CP1250.

A form asks for the number of the customer and takes what it gets; with the old number it asks for the branch too, and
it has a field for the telephone and one for the e-mail address. An advisor answers on the telephone or by mail; that he
did stands in the form.
"""

from __future__ import annotations

import numpy as np

from config.units import collection_points
from estate.draw import Flags, Ints, Texts, chance, texts
from estate.life.events import ACCOUNT, NEW_ACCOUNT
from estate.life.messages import Messages
from estate.people import NONE
from estate.systems.events.a8 import answered_minute
from estate.systems.events.luck import chosen, luck
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts, old_accounts
from estate.systems.events.stamps import is_second_time, seconds_of, wall_texts
from estate.systems.events.wording import sentence, wording
from estate.systems.events.xml import elements, escaped, framed, records
from estate.writing import phone_text

FILE = "formularze.xml"
_HEAD = '<?xml version="1.0" encoding="ISO-8859-2"?>\n<formularze serwis="www.tp.pl">\n'
_TOPICS = ("FAK", "PLA", "OFE", "AWA", "REK", "ZAM", "INT", "ZMI", "REZ", "INN")
_OPEN, _ANSWERED, _TEST = "N", "O", "T"
_PLAIN_WIDTH = 20
_DAMAGE = "B&O <sp. z o.o.>"
"""A firm whose name nobody escaped."""


def write(telling: Telling) -> WrittenEvents:
    """New forms and those that were answered, by time; forms of the webmaster among them."""
    messages, rates = telling.life.messages, telling.rates.web
    rows = np.sort(telling.rows["messages"])
    tested = np.flatnonzero(chance(telling.draw, len(rows), rates.form_test))
    row = np.insert(rows, tested, NONE)
    alike = np.insert(rows, tested, rows[tested])
    is_test = row == NONE
    numbers = messages.number[alike]
    keys = texts([f"{'T' if test else 'F'}{n:08d}" for n, test in zip(numbers.tolist(), is_test.tolist(), strict=True)])
    is_damaged = (luck(numbers, "form", "damage") < rates.form_damaged) & ~is_test
    parts = _parts(telling, messages, alike, is_test=is_test, is_damaged=is_damaged)
    stored = [record.encode("cp1250") for record in records("formularz", keys.tolist(), *parts)]
    content, start = framed(_HEAD, stored, "</formularze>\n")
    lengths = np.array([len(each) for each in stored], dtype=np.int64)
    mislabelled = [at for at, each in enumerate(stored) if _reads_otherwise(each)]
    odd = np.array(["<telefon>" in part and not _is_plain(part) for part in parts[2]], dtype=bool)
    return WrittenEvents(
        files=((FILE, content),),
        keys=keys,
        table=np.zeros(len(row), dtype=np.int64),
        row=row,
        offset=start + np.cumsum(lengths + 1) - lengths - 1,
        length=lengths,
        defects=(
            ("F03", np.array(mislabelled, dtype=np.int64)),
            ("F15", np.flatnonzero(is_damaged)),
            ("F18", np.flatnonzero(odd)),
            ("F22", np.flatnonzero(is_test)),
            ("F23", np.flatnonzero(is_second_time(messages.minute[alike]) & ~is_test)),
        ),
    )


def _reads_otherwise(stored: bytes) -> bool:
    return stored.decode("cp1250") != stored.decode("iso8859_2")


def _is_plain(part: str) -> bool:
    phone = part.partition("<telefon>")[2].partition("</telefon>")[0]
    return phone.isdecimal() and len(phone) == 9


def _parts(
    telling: Telling, messages: Messages, rows: Ints, *, is_test: Flags, is_damaged: Flags
) -> tuple[list[str], ...]:
    """What stands in each form, from its first element to its last."""
    numbers, thread = messages.number[rows], messages.thread[rows]
    replied = answered_minute(messages)[rows]
    is_answered = telling.period.knows(replied) & ~is_test
    stamps = {"date": "%Y-%m-%d", "between": " "}
    codes = np.where(is_test, _TEST, np.where(is_answered, _ANSWERED, _OPEN)).tolist()
    answered = wall_texts(replied, messages.advisor[rows] % 60, **stamps)
    follows = [f"F{messages.number[at]:08d}" if at != NONE else None for at in thread.tolist()]
    return (
        elements("przyjeto", wall_texts(messages.minute[rows], seconds_of(numbers), **stamps)),
        elements("temat", [_TOPICS[topic] for topic in messages.topic[rows].tolist()]),
        _customer(telling, messages, rows, is_test=is_test),
        elements("tresc", _words(messages, rows, is_test=is_test, is_damaged=is_damaged)),
        elements("dotyczy", follows),
        elements("stan", codes),
        elements("odpowiedziano", [at if known else None for at, known in zip(answered, is_answered, strict=True)]),
    )


def _customer(telling: Telling, messages: Messages, rows: Ints, *, is_test: Flags) -> list[str]:
    """Number, branch, telephone and address, as far as they were filled in."""
    book, numbers = telling.life.book, messages.number[rows]
    party, named = messages.party[rows], np.where(is_test, NONE, messages.named_by[rows])
    account, branch = (np.full(len(rows), None, dtype=object) for _ in range(2))
    old, new = named == ACCOUNT, named == NEW_ACCOUNT
    account[old], account[new] = old_accounts(book, party[old]), new_accounts(book, party[new])
    branch[old] = texts([point.code for point in collection_points()])[book.point[party[old]]]
    has_phone = (old | new) & (luck(numbers, "form", "phone") < telling.rates.web.form_phone)
    has_email = (old | new) & (luck(numbers, "form", "email") < 0.5)
    fields = (
        elements("numer", account.tolist()),
        elements("oddzial", branch.tolist()),
        elements("telefon", _phones(book.phone[np.maximum(party, 0)], numbers, has_phone).tolist()),
        elements("email", [book.email[at] if has else None for at, has in zip(party, has_email, strict=True)]),
    )
    return [f"<klient>{''.join(inside)}</klient>" for inside in zip(*fields, strict=True)]


def _phones(phone: Ints, numbers: Ints, where: Flags) -> Texts:
    """Telephones in the layouts people use, always with the area code: the form has an example beside the field."""
    layouts = chosen(numbers, 1 << 20, "form", "layout").tolist()
    rows = zip(phone.tolist(), layouts, where.tolist(), strict=True)
    return texts([phone_text(str(n), k, width=_PLAIN_WIDTH, is_local=False) if has else None for n, k, has in rows])


def _words(messages: Messages, rows: Ints, *, is_test: Flags, is_damaged: Flags) -> list[str | None]:
    tests = wording().tests
    written = [
        tests[int(number) % len(tests)] if test else sentence(topic)
        for topic, number, test in zip(messages.topic[rows].tolist(), messages.number[rows], is_test, strict=True)
    ]
    pairs = zip(escaped(written), is_damaged.tolist(), strict=True)
    return [f"{text} {_DAMAGE}" if damaged else text for text, damaged in pairs]


WRITER = EventWriter("a8f", ("messages",), write, changes={"messages": answered_minute})
