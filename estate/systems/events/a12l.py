"""The access log of the portal "Konto w TP" (A12): Apache's combined format, in the order of requests.

A login is a POST that is sent on (302) or refused (401); beside it stand pages looked at afterwards, machines that try
names, clients that repeat themselves every second for want of an answer. The user is a login, whatever its owner's
shift key did. Each spring the zone of the machine stays at winter time for some days while its clock was set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Ints, Texts, chance, texts
from estate.life.access import login_texts
from estate.life.clock import day_number, wall_day, wall_minutes
from estate.life.portal import Logins
from estate.people import NONE
from estate.rates import WebRates
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.stamps import clock_texts
from estate.systems.lines import spans

FILE = "access_log"
_LOGIN = "POST /konto/login HTTP/1."
_PAGES = ("/konto/faktury", "/konto/dane", "/konto/uslugi", "/konto/", "/konto/wyloguj")
_MACHINES = ("libwww-perl/5.65", "Wget/1.8.2", "Python-urllib/1.15")
_BROWSERS = (
    *("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1)", "Mozilla/4.0 (compatible; MSIE 5.5; Windows 98)"),
    *("Opera/7.54 (Windows NT 5.1; U) [pl]", "Mozilla/5.0 (Windows; U; Windows NT 5.1; pl-PL; rv:1.7.12)"),
)
_DAMAGED_BROWSER = 'Mozilla/4.0 (compatible; MSIE 6.0; "neostrada tp" 6.1)'
"""A setup program that put quotes into the name of the browser; this server does not escape them."""
_GUESSES = ("admin", "root", "test", "oracle", "webmaster", "guest", "kowalski", "nowak")
_PORTAL = "http://www.tp.pl/konto/"
_CAPITALS = 0.08


@dataclass(frozen=True)
class _Requests:
    """Requests in columns, in any order."""

    row: Ints
    """Row of the login they belong to."""
    instant: Ints
    """Absolute second."""
    page: Ints
    """Which of the pages, NONE for a login."""
    is_event: Flags


def write(telling: Telling) -> WrittenEvents:
    """Everything that was asked of the portal, by the second."""
    logins, draw, rates = telling.life.logins, telling.draw, telling.rates.web
    rows = telling.rows["logins"]
    asked = _in_order(_events(logins, rows), _repeats(draw, logins, rows, rates), _views(draw, logins, rows, rates))
    is_damaged = chance(draw, len(asked.row), rates.line_damaged) & asked.is_event
    minute = asked.instant // 60
    is_forgotten = _zone_forgotten(minute, rates)
    stored = [line.encode("ascii") for line in _lines(telling, logins, asked, is_damaged, is_forgotten)]
    offset, length = spans(stored)
    row = np.where(asked.is_event, asked.row, NONE)
    return WrittenEvents(
        files=((FILE, b"".join(stored)),),
        keys=_keys(telling, is_damaged),
        table=np.zeros(len(row), dtype=np.int64),
        row=row,
        offset=offset,
        length=length,
        defects=(("F15", np.flatnonzero(is_damaged)), ("F23", np.flatnonzero(is_forgotten))),
    )


def _keys(telling: Telling, is_damaged: Flags) -> Texts:
    """Day of the delivery and position among the lines that can be read; the others have no key."""
    date, place = telling.period.date.isoformat(), np.cumsum(~is_damaged) - 1
    pairs = zip(place.tolist(), is_damaged.tolist(), strict=True)
    return texts([f"{date}/damaged after {at}" if damaged else f"{date}/{at}" for at, damaged in pairs])


# -- requests -----------------------------------------------------------------------------------------------------


def _events(logins: Logins, rows: Ints) -> _Requests:
    instant = logins.minute[rows] * 60 + logins.second[rows]
    return _Requests(rows, instant, np.full(len(rows), NONE), np.ones(len(rows), dtype=bool))


def _repeats(draw: Draw, logins: Logins, rows: Ints, rates: WebRates) -> _Requests:
    """What a client that gets no answer sends: the same, a second later, and again."""
    stormy = rows[chance(draw, len(rows), rates.storms) & ~logins.is_bot[rows]]
    times = 5 + draw.poisson(rates.storm_lines - 5, len(stormy))
    row = np.repeat(stormy, times)
    later = 1 + np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    instant = logins.minute[row] * 60 + logins.second[row] + later
    return _Requests(row, instant, np.full(len(row), NONE), np.zeros(len(row), dtype=bool))


def _views(draw: Draw, logins: Logins, rows: Ints, rates: WebRates) -> _Requests:
    viewed = rows[logins.is_ok[rows] & ~logins.is_retry[rows] & chance(draw, len(rows), rates.page_views)]
    instant = logins.minute[viewed] * 60 + logins.second[viewed] + draw.integers(3, 60, len(viewed))
    return _Requests(viewed, instant, draw.integers(0, len(_PAGES), len(viewed)), np.zeros(len(viewed), dtype=bool))


def _in_order(*parts: _Requests) -> _Requests:
    """By the second; of one second the event stands first, then what repeats it."""
    row, instant, page, is_event = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("row", "instant", "page", "is_event")
    )
    order = np.argsort(instant, kind="stable")
    return _Requests(row[order], instant[order], page[order], is_event[order])


def _zone_forgotten(minute: Ints, rates: WebRates) -> Flags:
    """The first days after the change of the clocks in March, but for the Sunday itself."""
    day = wall_day(minute)
    found = np.zeros(len(minute), dtype=bool)
    for year in np.unique(day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)).tolist():
        last = day_number((np.datetime64(f"{1970 + year}-04-01") - 1).astype(object))
        sunday = last - (last + 4) % 7
        found |= (day > sunday) & (day <= sunday + rates.wrong_offset_days)
    return found


# -- lines --------------------------------------------------------------------------------------------------------


def _lines(telling: Telling, logins: Logins, asked: _Requests, is_damaged: Flags, is_forgotten: Flags) -> list[str]:
    row, wall = asked.row, wall_minutes(asked.instant // 60)
    offsets = np.where(is_forgotten, 60, wall - asked.instant // 60)
    clock = clock_texts(wall, asked.instant % 60, date="%d/%b/%Y", between=":")
    stamps = [f"[{text} +0{minutes // 60}00]" for text, minutes in zip(clock, offsets.tolist(), strict=True)]
    status = np.where(logins.is_ok[row] | (asked.page != NONE), 302, 401)
    status = np.where(asked.page != NONE, 200, status).tolist()
    agents = texts([*_BROWSERS, *_MACHINES])
    agent = np.where(logins.is_bot[row], len(_BROWSERS) + logins.address[row] % len(_MACHINES), logins.agent[row] - 1)
    browsers = np.where(is_damaged, _DAMAGED_BROWSER, agents[agent]).tolist()
    return [
        f'{host} - {user} {stamp} "{request}" {code} {size} "{referer}" "{browser}"\n'
        for host, user, stamp, request, code, size, referer, browser in zip(
            _hosts(logins.address[row]).tolist(),
            _users(telling, logins, row).tolist(),
            stamps,
            _requests(asked.page, logins.agent[row]),
            status,
            (300 + asked.instant % 9000).tolist(),
            np.where(logins.is_bot[row], "-", _PORTAL).tolist(),
            browsers,
            strict=True,
        )
    ]


def _requests(page: Ints, agent: Ints) -> list[str]:
    versions = [_LOGIN + ("0" if each == 0 else "1") for each in range(5)]
    pages = [f"GET {path} HTTP/1.1" for path in _PAGES]
    return [versions[how] if at == NONE else pages[at] for at, how in zip(page.tolist(), agent.tolist(), strict=True)]


def _hosts(address: Ints) -> Texts:
    known, place = np.unique(address, return_inverse=True)
    written = [".".join(str(each >> shift & 255) for shift in (24, 16, 8, 0)) for each in known.tolist()]
    return np.asarray(texts(written)[place])


def _users(telling: Telling, logins: Logins, row: Ints) -> Texts:
    """Logins as typed; machines guess."""
    known, place = np.unique(logins.login[row], return_inverse=True)
    is_login = known != NONE
    written = np.full(len(known), None, dtype=object)
    written[is_login] = login_texts(telling.life.access, telling.life.book, known[is_login])
    users = written[place]
    guesses = texts(_GUESSES)[logins.number[row] % len(_GUESSES)]
    is_known = logins.login[row] != NONE
    is_capital = logins.number[row] % 1000 < _CAPITALS * 1000
    return texts(
        [
            guess if not own else user.capitalize() if capital else user
            for user, guess, own, capital in zip(
                users.tolist(), guesses.tolist(), is_known.tolist(), is_capital.tolist(), strict=True
            )
        ]
    )


WRITER = EventWriter("a12l", ("logins",), write)
