"""Orders (A4o): one spool of five kinds of records from Oracle 8, CP1250, dates RR/MM/DD.

Orders, the work they make, resignations, registered needs and enquiries stand in one report, told apart by a column:
:mod:`estate.systems.events.order_records`. A work order gets its customer from its order through an outer join, so
where the order is lost nobody is named (F24). A record nobody closed may be closed in the year 9999, of which two
digits are left (F05).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, either, texts
from estate.identifiers import civil
from estate.life import Life
from estate.life.access import login_texts
from estate.life.clock import wall_day
from estate.life.events import ACCOUNT, LOGIN, NEW_ACCOUNT, PHONE
from estate.people import NONE
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts, old_accounts, phones, points_of_old
from estate.systems.events.order_records import CHANGES, OPEN, TABLES, WORKS, OrderRecords, order_records
from estate.systems.events.phone_cells import phone_cells
from estate.systems.events.spool import spooled
from estate.systems.lines import encode
from estate.systems.records import is_cut

FILE = "ZLECENIA.LST"
LINESIZE = 100
_HEADINGS = (
    *("TYP", "NR", "NR_NADRZ", "NR_KLIENTA", "PUNKT", "TELEFON", "LOGIN", "KLIENT", "PRODUKT", "KANAL", "POWOD"),
    *("STATUS", "DATA_PRZYJ", "DATA_OBIEC", "DATA_ZAMK", "ZADANIE", "UWAGI", "OPER"),
)
_NAME_WIDTH = 30
_TYPES = ("ZAM", "ROB", "REZ", "POT", "ZAP")
_PRODUCTS = ("LIN", "ISDN", "SDI", "NEO", "TAR", "PRZ", "POC", "CLIP")
_CHANNELS = ("BOK", "INF", "BL", "WWW", "EML", "LST")
_REASONS = ("PRZEP", "CENA", "KONK", "KOM", "ZGON", "", "OFERTA")
_TASKS = ("PRZEL", "WIZYTA", "MODEM", "EWID")
_STATUSES = ("R", "Z", "A")
_REMARKS = ("", "", "", "", "", "pilne", "po 16", "oddzwonić", "prosi o wcześniejszy termin", "wpłata w kasie")
_SHIFTING = "pilne; po 16"
_NEVER = "99/12/31"
_LOST_ORDERS, _TEST_NUMBERS, _UNUSED = 19_000_000, 99_000_000, 10**6
_YEAR_2000 = 10_957
"""In days since 1970. What is older has two digits that read as this century (F04)."""


@dataclass(frozen=True)
class _Names:
    """How each record names its customer."""

    columns: tuple[list[str | None], ...]
    """NR_KLIENTA, PUNKT, TELEFON, LOGIN, KLIENT."""
    odd_phones: Ints
    too_long: Ints


def write(telling: Telling) -> WrittenEvents:
    """Everything the delivery tells of, by day of receipt, and some rows typed to train clerks."""
    draw, rates = telling.draw, telling.rates
    book, is_test = _with_tests(draw, order_records(telling), rates.orders.test_rows)
    size = len(book)
    is_lost = (book.table == WORKS) & ~is_test & chance(draw, size, rates.orders.orphan)
    is_never = (book.status == OPEN) & ~is_test & chance(draw, size, rates.orders.never_closed)
    related = np.where(is_lost, _LOST_ORDERS + draw.integers(0, _UNUSED, size), book.related)
    keys = _numbers(np.where(is_test, _TEST_NUMBERS + draw.integers(0, _UNUSED, size), book.number))
    names = _names(telling, book, is_test=is_test, is_lost=is_lost)
    day = wall_day(book.minute)
    columns = (
        *(_words(_TYPES, book.table), keys, _numbers(related), *names.columns, _words(_PRODUCTS, book.product)),
        *(_words(_CHANNELS, book.channel), _words(_REASONS, book.reason), _words(_STATUSES, book.status)),
        *(_dates(day), _dates(book.promised), either(is_never, _NEVER, texts(_dates(book.closed))).tolist()),
        *(_words(_TASKS, book.task), _words(_REMARKS, draw.integers(0, len(_REMARKS), size))),
        [f"K{clerk:03d}" for clerk in draw.integers(1, 200, size).tolist()],
    )
    lines = [";".join([cell or "" for cell in row]) for row in zip(*columns, strict=True)]
    shifted = _shift(draw, lines, rates.defects.f15)
    strays = chance(draw, size, rates.defects.f03)
    encoded, mixed = encode(lines, page="cp1250", other="iso8859_2", strays=strays)
    content, offset, length = spooled(encoded, heading=";".join(_HEADINGS), linesize=LINESIZE, draw=draw)
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts(keys),
        table=book.table,
        row=np.where(is_test, NONE, book.row),
        offset=offset,
        length=length,
        defects=(
            *(("F03", mixed), ("F04", np.flatnonzero(day < _YEAR_2000)), ("F05", np.flatnonzero(is_never))),
            *(("F15", shifted), ("F16", names.too_long), ("F18", names.odd_phones)),
            *(("F22", np.flatnonzero(is_test)), ("F24", np.flatnonzero(is_lost))),
        ),
    )


def _with_tests(draw: Draw, book: OrderRecords, share: float) -> tuple[OrderRecords, Flags]:
    """Copies of some records behind them, to be overwritten by training rows; and which those are."""
    copied = np.flatnonzero(chance(draw, len(book), share))
    places = np.sort(np.concatenate([2 * np.arange(len(book)), 2 * copied + 1]))
    return book.take(places // 2), places % 2 == 1


def _names(telling: Telling, book: OrderRecords, *, is_test: Flags, is_lost: Flags) -> _Names:
    life: Life = telling.life
    party = np.where(is_test | is_lost, NONE, book.party)
    by_old, by_new = (np.where(book.named_by == way, party, NONE) for way in (ACCOUNT, NEW_ACCOUNT))
    by_phone = np.where(book.named_by == PHONE, party, NONE)
    by_login = np.where(book.named_by == LOGIN, party, NONE)
    old = old_accounts(life.book, by_old)
    account = either(by_new != NONE, new_accounts(life.book, by_new), old)
    number = np.where(is_test | is_lost, 0, np.maximum(phones(life.book, by_phone), book.shown))
    local = 0.0 if telling.is_central else telling.rates.orders.local_phone
    phone, odd = phone_cells(telling, number, local=local)
    known = np.maximum(party, 0)
    full = either(party != NONE, life.book.name[known], None)
    full = either(is_test, texts([("TEST TEST", "AAAA BBBB")[at % 2] for at in range(len(book))]), full)
    full_names = [name or "" for name in full.tolist()]
    too_long = np.flatnonzero(np.array([is_cut(name, _NAME_WIDTH) for name in full_names], dtype=bool))
    points = points_of_old(telling, by_old)
    logins = _logins(life, by_login)
    cut = [name[:_NAME_WIDTH] for name in full_names]
    return _Names((account.tolist(), points, phone, logins, cut), odd, too_long)


def _logins(life: Life, by_login: Ints) -> list[str | None]:
    found = np.full(len(by_login), None, dtype=object)
    rows = np.flatnonzero(by_login != NONE)
    found[rows] = login_texts(life.access, life.book, life.access.login[by_login[rows]])
    logins: list[str | None] = found.tolist()
    return logins


def _words(words: tuple[str, ...], codes: Ints) -> list[str]:
    """The word of each code; nothing for NONE, which is -1 and so the last."""
    chosen: list[str] = np.array([*words, ""], dtype=object)[codes].tolist()
    return chosen


def _numbers(numbers: Ints) -> list[str | None]:
    return [str(number) if number else None for number in numbers.tolist()]


def _dates(days: Ints) -> list[str | None]:
    """RR/MM/DD of each day; nothing for NONE."""
    each, place = np.unique(days, return_inverse=True)
    rows = zip(each.tolist(), *(part.tolist() for part in civil(each)), strict=True)
    written = [None if day == NONE else f"{year % 100:02d}/{month:02d}/{date:02d}" for day, year, month, date in rows]
    dates: list[str | None] = texts(written)[place].tolist()
    return dates


def _shift(draw: Draw, lines: list[str], share: float) -> Ints:
    """Write a delimiter into some remarks; of a row that is cut nobody could tell where it ends then."""
    short = np.array([len(line) < LINESIZE - len(_SHIFTING) for line in lines], dtype=bool)
    shifted = np.flatnonzero(short & chance(draw, len(lines), share))
    for at in shifted.tolist():
        *front, _, clerk = lines[at].split(";")
        lines[at] = ";".join([*front, _SHIFTING, clerk])
    return shifted


WRITER = EventWriter("a4o", TABLES, write, CHANGES)
