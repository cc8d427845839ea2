"""The PIN register (A12): what its SOAP service answers to "all events of the period", in UTF-8.

Who is not asked page by page over the line gets a file of the one envelope that holds all of them.

A register of numbers that holds none: where the PIN would stand there are four asterisks. It has the new number of the
account and, for whoever wants to use the portal, the login that was given with the PIN; nothing else in the estate has
both. Events carry two clocks, that of the clerk's machine and that of the register.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Flags, Ints, Texts, chance, texts
from estate.life.access import login_texts
from estate.life.clock import wall_day, wall_minutes
from estate.life.orders import AT_BOK
from estate.life.pins import PinEvents
from estate.people import NONE
from estate.services.soap import Dialect
from estate.systems.events.luck import chosen, luck
from estate.systems.events.model import AnsweredEvents, EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts
from estate.systems.events.stamps import clock_texts, is_second_time, seconds_of, wall_texts
from estate.systems.events.xml import elements, framed, records

FILE = "rejestr_pin.xml"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><pin:zdarzenia xmlns:pin="http://www.tp.pl/rejestr-pin">\n'
)
_FOOT = "</pin:zdarzenia></soap:Body></soap:Envelope>\n"
DIALECT = Dialect(
    operation="PobierzZdarzenia",
    namespace="http://www.tp.pl/rejestr-pin",
    encoding="UTF-8",
    response="zdarzenia",
    prefix="pin",
)
_ACTIONS = ("WYDANIE", "BLAD", "BLOKADA", "ODBLOKOWANIE")
_TEST = "TEST"
_TEST_ACCOUNT = "990000000000"
_BAD_STAMPS = ("0000-00-00T00:00:00", "9999-12-31T23:59:59", "2004-02-30T12:00:00")
_STAMPS = {"date": "%Y-%m-%d", "between": "T"}


@dataclass(frozen=True)
class _Register:
    """Events of a period by time; trials of those who look after the register among them."""

    records: list[str]
    keys: Texts
    row: Ints
    minute: Ints
    defects: tuple[tuple[str, Ints], ...]


def write(telling: Telling) -> WrittenEvents:
    """As a file."""
    register = _register(telling)
    stored = [record.encode("utf-8") for record in register.records]
    content, start = framed(_HEAD, stored, _FOOT)
    lengths = np.array([len(each) for each in stored], dtype=np.int64)
    return WrittenEvents(
        files=((FILE, content),),
        keys=register.keys,
        table=np.zeros(len(stored), dtype=np.int64),
        row=register.row,
        offset=start + np.cumsum(lengths + 1) - lengths - 1,
        length=lengths,
        defects=register.defects,
    )


def serve(telling: Telling) -> AnsweredEvents:
    """As the service itself."""
    register = _register(telling)
    return AnsweredEvents(
        dialect=DIALECT,
        records=register.records,
        days=wall_day(register.minute).astype("datetime64[D]").astype(str).tolist(),
        keys=register.keys,
        of_table=np.zeros(len(register.records), dtype=np.int64),
        row=register.row,
        version=np.ones(len(register.records), dtype=np.int64),
        defects=register.defects,
    )


def _register(telling: Telling) -> _Register:
    pins, rates = telling.life.pins, telling.rates.web
    rows = telling.rows["pins"]
    tested = np.flatnonzero(chance(telling.draw, len(rows), rates.pin_test))
    row, alike = np.insert(rows, tested, NONE), np.insert(rows, tested, rows[tested])
    is_test, numbers = row == NONE, pins.number[alike]
    keys = texts(
        [f"{'T' if test else 'Z'}{n:010d}" for n, test in zip(numbers.tolist(), is_test.tolist(), strict=True)]
    )
    skewed, mistyped, undated = (
        (luck(numbers, "pin", scope) < share) & ~is_test
        for scope, share in (
            ("station", rates.skewed_station),
            ("account", rates.mistyped_account),
            ("stamp", rates.bad_stamp),
        )
    )
    parts = _parts(telling, pins, alike, is_test=is_test, skewed=skewed, mistyped=mistyped, undated=undated)
    return _Register(
        records=records("pin:zdarzenie", keys.tolist(), *parts),
        keys=keys,
        row=row,
        minute=pins.minute[alike],
        defects=(
            ("F05", np.flatnonzero(undated)),
            ("F22", np.flatnonzero(is_test)),
            ("F23", np.flatnonzero((skewed & ~undated) | (is_second_time(pins.minute[alike]) & ~is_test))),
            ("F24", np.flatnonzero(mistyped)),
        ),
    )


def _parts(
    telling: Telling, pins: PinEvents, rows: Ints, *, is_test: Flags, skewed: Flags, mistyped: Flags, undated: Flags
) -> tuple[list[str], ...]:
    numbers, minute = pins.number[rows], pins.minute[rows]
    second = seconds_of(numbers)
    off = np.where(skewed, 3 + chosen(numbers, 9, "pin", "off"), 0) * np.where(numbers % 2, 1, -1)
    accepted = wall_texts(minute, second, **_STAMPS)
    for at in np.flatnonzero(undated).tolist():
        accepted[at] = _BAD_STAMPS[int(numbers[at]) % len(_BAD_STAMPS)]
    actions = [
        _TEST if test else _ACTIONS[code] for code, test in zip(pins.action[rows].tolist(), is_test, strict=True)
    ]
    at_office = (pins.channel[rows] == AT_BOK).tolist()
    return (
        elements("pin:czas", clock_texts(wall_minutes(minute) + off, second, **_STAMPS)),
        elements("pin:przyjeto", accepted),
        elements("pin:rodzaj", actions),
        elements("pin:kanal", ["BOK" if office else "9393" for office in at_office]),
        elements("pin:konto", _accounts(telling, pins, rows, is_test=is_test, mistyped=mistyped)),
        elements("pin:login", _logins(telling, pins.party[rows], is_test=is_test).tolist()),
        elements("pin:pin", ["****"] * len(rows)),
        elements("pin:stanowisko", [f"st{number % 40:02d}" for number in numbers.tolist()]),
    )


def _accounts(telling: Telling, pins: PinEvents, rows: Ints, *, is_test: Flags, mistyped: Flags) -> list[str]:
    written: list[str] = new_accounts(telling.life.book, pins.party[rows]).tolist()
    for at in np.flatnonzero(mistyped).tolist():
        written[at] = written[at][:-1] + str((int(written[at][-1]) + 1) % 10)
    return [_TEST_ACCOUNT if test else account for account, test in zip(written, is_test.tolist(), strict=True)]


def _logins(telling: Telling, party: Ints, *, is_test: Flags) -> Texts:
    """The login of the account it was opened for; other accounts of the customer were joined with it in the portal."""
    access = telling.life.access
    login = access.login[party]
    is_own = (login != NONE) & ~is_test
    is_own[is_own] = access.login_row[login[is_own]] == party[is_own]
    written = np.full(len(party), None, dtype=object)
    written[is_own] = login_texts(access, telling.life.book, login[is_own])
    return texts(written.tolist())


WRITER = EventWriter("a12p", ("pins",), write, serve=serve)
