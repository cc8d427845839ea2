"""Subscriber master of a metropolis: COBOL records on tape, EBCDIC CP870, each behind a record descriptor word.

The table of fields is copied by hand from the programmers' listing. Persons and firms share bytes (REDEFINES), services
follow as often as their counter says, money is packed with signs C, D or F, dates have two-digit years.
"""

from __future__ import annotations

import datetime as dt

import ebcdic
import numpy as np

from estate.digits import Bytes
from estate.draw import Draw, Flags, Ints, Texts, chance, either, is_known, texts
from estate.rates import DefectRates
from estate.sightings import BAD_DATE, NO_DATE, Sightings, Written
from estate.systems.lines import date_texts, odd_phones
from estate.systems.records import field, mixed_field, packed, too_long, zoned
from estate.writing import ascii_letters, luck_of, phone_text

FILE = "ABONENT.DAT"
_BLANK, _LOW = 0x40, 0x00
_DAYS_1950 = -7305
_CODES = ("TEL0", "ISDN", "POCZ", "IDEN", "BLOK", "SDI1", "NEO5", "BUDZ", "KONF", "BILL", "TARY", "PRZE")
_FEES = (3500, 5200, 500, 600, 300, 12900, 14900, 200, 400, 100, 1250, 350)
_OFFSET_OPENED, _OFFSET_BALANCE, _OFFSET_COUNT, _FIXED = 191, 197, 202, 204

ebcdic.ignored_codec_names()  # importing the package registers cp870


def keys(seen: Sightings) -> Texts:
    """Raw keys: nine digits."""
    return seen.account


def _latin(text: str) -> bytes:
    return text.encode("cp870")


def _american(text: str) -> bytes:
    return ascii_letters(text).encode("cp037")


def write(
    seen: Sightings, *, draw: Draw, rates: DefectRates, date: dt.date, point_code: str, wrong_count: int = 0
) -> Written:
    """The tape of these records in a random order."""
    order = draw.permutation(len(seen))
    rows = seen.take(order)
    count = len(rows)
    firm = rows.is_firm & (~is_known(rows.family))
    bracket = chance(draw, count, rates.f03 / 3) & (is_known(rows.street))
    # A record from a terminal with the American page: its brackets are Polish letters in CP870.
    street = [
        f"{text} [OF]"[-30:] if odd else text for text, odd in zip(rows.street.tolist(), bracket.tolist(), strict=True)
    ]
    luck = luck_of(draw, count)
    phones = _phones(rows, luck, draw)
    parts = _parts(rows, firm, street, phones, strays=bracket, draw=draw)
    fixed = np.concatenate(parts, axis=1)
    assert fixed.shape[1] == _FIXED
    services = _services(draw, rows)
    defects = _spoil(draw, fixed, services, rates)
    records = _with_descriptors(fixed, services, rows.services)
    total = int(rows.balance.sum())
    header = _descriptor(_header(point_code, date))
    trailer = _descriptor(_trailer(count + wrong_count, total))
    length = np.array([len(record) for record in records], dtype=np.int64)
    offset = len(header) + np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(length)])[:count]
    pivot = np.flatnonzero(~firm & (rows.birth < _DAYS_1950) & (rows.birth != NO_DATE) & (rows.birth != BAD_DATE))
    cut = too_long(_named_texts(rows, firm, street))
    unusual = odd_phones([pair[0] for pair in phones], [pair[1] for pair in phones])
    return Written(
        name=FILE,
        content=b"".join([header, *records, trailer]),
        rows=order,
        offset=offset,
        length=length,
        defects=(
            ("F03", np.flatnonzero(bracket)),
            ("F04", pivot),
            ("F16", cut),
            ("F18", unusual),
            *defects,
        ),
        balance=total,
    )


def _phones(rows: Sightings, luck: list[int], draw: Draw) -> list[tuple[str | None, str | None]]:
    local = chance(draw, len(rows), 0.5).tolist()
    return [
        (
            first and phone_text(first, number, width=12, is_local=here),
            second and phone_text(second, number // 7, width=12, is_local=False),
        )
        for first, second, number, here in zip(rows.phone, rows.phone_2, luck, local, strict=True)
    ]


def _named_texts(rows: Sightings, firm: Flags, street: list[str | None]) -> list[tuple[list[str | None], int]]:
    return [
        (rows.family.tolist(), 25),
        (rows.given.tolist(), 15),
        (either(firm, rows.org, None).tolist(), 57),
        (street, 30),
        (rows.city.tolist(), 25),
    ]


def _parts(
    rows: Sightings,
    firm: Flags,
    street: list[str | None],
    phones: list[tuple[str | None, str | None]],
    *,
    strays: Flags,
    draw: Draw,
) -> list[Bytes]:
    count = len(rows)

    def text(values: list[str | None], width: int) -> Bytes:
        return mixed_field(values, width, _latin, other=_american, strays=strays)

    flag = np.where(firm, "F", "O")
    person = np.concatenate(
        [
            text(rows.family.tolist(), 25),
            text(rows.given.tolist(), 15),
            text(rows.second_given.tolist(), 15),
            field(rows.pesel.tolist(), 11, _latin),
            _date(rows.birth, accounts=rows.account, draw=draw),
            field(rows.document.tolist(), 9, _latin),
        ],
        axis=1,
    )
    company = np.concatenate(
        [text(rows.org.tolist(), 57), field(rows.nip.tolist(), 10, _latin), field(rows.regon.tolist(), 14, _latin)],
        axis=1,
    )
    sign = np.where(rows.balance < 0, 0xD, np.where(chance(draw, count, 0.3), 0xF, 0xC))
    return [
        field(["D"] * count, 1, _latin),
        field(rows.account.tolist(), 9, _latin),
        field(flag.tolist(), 1, _latin),
        np.where(firm[:, None], company, person),
        text(street, 30),
        field(rows.house.tolist(), 8, _latin),
        field(rows.flat.tolist(), 6, _latin),
        field(rows.postal.tolist(), 6, _latin),
        text(rows.city.tolist(), 25),
        field([pair[0] for pair in phones], 12, _latin),
        field([pair[1] for pair in phones], 12, _latin),
        _date(rows.opened, accounts=rows.account, draw=draw),
        packed(rows.balance, 9, sign),
        field([f"{number:02d}" for number in rows.services.tolist()], 2, _latin),
    ]


def _date(days: Ints, *, accounts: Texts, draw: Draw) -> Bytes:
    block = zoned(date_texts(days, "{r:02d}{m:02d}{d:02d}", bad=("999999", "000000"), accounts=accounts), 6)
    # An empty date is blanks or low-values, as the program that wrote it liked.
    block[(days == NO_DATE) & chance(draw, len(days), 0.4)] = _LOW
    return block


def _services(draw: Draw, rows: Sightings) -> Bytes:
    """Twelve services for each record, of which only the first few are written."""
    count = len(rows)
    which = np.argsort(draw.random((count, 12)), axis=1)
    which[:, 0] = 0
    since = draw.integers(3000, 12_000, (count, 12))
    fee = np.asarray(_FEES, dtype=np.int64)[which]
    codes = field(texts(_CODES).tolist(), 4, _latin)[which]
    dates = _date(since.ravel(), accounts=np.repeat(rows.account, 12), draw=draw).reshape(count, 12, 6)
    money = packed(fee.ravel(), 7, np.full(count * 12, 0xC)).reshape(count, 12, 4)
    return np.concatenate([codes, dates, money], axis=2)


def _spoil(draw: Draw, fixed: Bytes, services: Bytes, rates: DefectRates) -> list[tuple[str, Ints]]:
    """Break a few records in place; which ones, by code."""
    count = len(fixed)
    luck = draw.permutation(count)
    ends = np.cumsum([round(count * share) for share in (rates.f06, rates.f07, rates.f08, rates.f09)]).tolist()
    f06, f07, f08, f09 = (np.sort(part) for part in np.split(luck, ends)[:4])
    for at in f06.tolist():
        if at % 2:
            fixed[at, _OFFSET_BALANCE + 2] = 0xFB | (fixed[at, _OFFSET_BALANCE + 2] & 0x0F)
        else:
            fixed[at, _OFFSET_BALANCE : _OFFSET_BALANCE + 5] = _BLANK
    last = _OFFSET_OPENED + 5
    # A positive sign in the zone of the last digit: C1 is 'A', though the program meant 1.
    fixed[f07, last] = np.where(fixed[f07, last] >= 0xF0, 0xC0 | (fixed[f07, last] & 0x0F), fixed[f07, last])
    fixed[f08, 10] = _BLANK
    fixed[f09, _OFFSET_COUNT : _OFFSET_COUNT + 2] = np.frombuffer("47".encode("cp500"), dtype=np.uint8)
    return [("F06", f06), ("F07", f07), ("F08", f08), ("F09", f09)]


def _with_descriptors(fixed: Bytes, services: Bytes, counts: Ints) -> list[bytes]:
    records = []
    for row, tail, number in zip(fixed, services, counts.tolist(), strict=True):
        records.append(_descriptor(row.tobytes() + tail[:number].tobytes()))
    return records


def _descriptor(record: bytes) -> bytes:
    return (len(record) + 4).to_bytes(2, "big") + b"\x00\x00" + record


def _header(point_code: str, date: dt.date) -> bytes:
    return _latin(f"H{point_code:<4}{date:%Y%m%d}{'ABONENT':<20}{'':7}")


def _trailer(count: int, total: int) -> bytes:
    sign = np.array([0xD if total < 0 else 0xC])
    return _latin(f"T{count:09d}") + packed(np.array([total]), 13, sign).tobytes() + _latin(" " * 13)
