"""Card file of a small point: dBase III+ (Clipper) with memos, Mazovia.

One field for the whole name ("Nowak Jan i Maria"), one for street, house and flat. The language byte says Mazovia or
nothing.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from estate.draw import Draw, Texts, chance
from estate.rates import DefectRates
from estate.sightings import Sightings, Written
from estate.systems import dbf
from estate.systems.dbf import Field, Layout
from estate.systems.lines import amount, date_texts, odd_phones, raw_keys
from estate.systems.records import field, mixed_field, too_long
from estate.writing import has_polish, house_flat_text, luck_of, phone_text

FILE, MEMO = "ABONENT.DBF", "ABONENT.DBT"
_FIELDS = (
    Field("NR_ABON", "N", 8),
    Field("NAZW_IM", "C", 40),
    Field("PESEL", "C", 11),
    Field("DATA_UR", "D", 8),
    Field("DOWOD", "C", 9),
    Field("NIP", "C", 13),
    Field("ULICA", "C", 30),
    Field("KOD", "C", 6),
    Field("MIASTO", "C", 20),
    Field("TEL", "C", 12),
    Field("TEL_KOM", "C", 12),
    Field("DATA_INST", "D", 8),
    Field("SALDO", "N", 10, 2),
    Field("UWAGI", "M", 10),
)
_REMARKS = ("zaległości", "linia wspólna z sąsiadem", "przeniesiony z innej centrali", "prosi o rachunek szczegółowy")


def keys(seen: Sightings) -> Texts:
    """Raw keys: subscriber number and date of installation."""
    return raw_keys(seen.account, _opened(seen))


def _opened(seen: Sightings) -> Texts:
    return date_texts(seen.opened, "{y:04d}{m:02d}{d:02d}", bad=("00000000", "19000101"), accounts=seen.account)


def _names(seen: Sightings, luck: list[int]) -> list[str | None]:
    names: list[str | None] = []
    rows = zip(seen.org, seen.family, seen.given, seen.co_holder, seen.upper, luck, strict=True)
    for org, family, given, co_holder, is_upper, number in rows:
        if family is None:
            # Lines of the exchange itself: the field must not be empty, so the clerk typed dashes.
            names.append(org or "---")
        elif co_holder:
            between = (" i ", " i ", ", ", " I ")[number % 4]
            names.append(f"{family} {given}{between.upper() if is_upper else between}{co_holder}")
        else:
            names.append(f"{family} {given}")
    return names


def _streets(seen: Sightings, luck: list[int]) -> list[str | None]:
    lines: list[str | None] = []
    for street, house, flat, city, number in zip(seen.street, seen.house, seen.flat, seen.city, luck, strict=True):
        house_flat = house_flat_text(house, flat, number)
        name = street if street is not None else (city if number // 9 % 5 < 3 else None)
        lines.append(f"{name} {house_flat}" if name else house_flat)
    return lines


def _nips(seen: Sightings, luck: list[int]) -> list[str | None]:
    return [
        f"{nip[:3]}-{nip[3:6]}-{nip[6:8]}-{nip[8:]}" if nip and len(nip) == 10 and number % 2 else nip
        for nip, number in zip(seen.nip.tolist(), luck, strict=True)
    ]


def write(seen: Sightings, *, draw: Draw, rates: DefectRates, date: dt.date) -> Written:
    """The table of these records in a random order, with its memo file."""
    order = draw.permutation(len(seen))
    rows = seen.take(order)
    count = len(rows)
    luck = luck_of(draw, count)
    local = chance(draw, count, 0.75).tolist()
    phones = [
        n and phone_text(n, k, width=12, is_local=here) for n, k, here in zip(rows.phone, luck, local, strict=True)
    ]
    others = [n and phone_text(n, k // 7, width=12, is_local=False) for n, k in zip(rows.phone_2, luck, strict=True)]
    names, streets = _names(rows, luck), _streets(rows, luck)
    remarks = [_REMARKS[k // 11 % len(_REMARKS)] if k % 13 == 0 else None for k in luck]
    strays = chance(draw, count, rates.f03)
    strays &= np.fromiter(
        (any(t and has_polish(t) for t in row) for row in zip(names, streets, rows.city, strict=True)),
        dtype=bool,
        count=count,
    )
    layout = Layout(0x83, 0x69 if draw.random() < 0.6 else 0x00, _FIELDS)
    numbers, memo = dbf.dbase_memos(remarks, dbf.mazovia)

    def text(values: list[str | None], width: int) -> np.typing.NDArray[np.uint8]:
        return mixed_field(values, width, dbf.mazovia, other=dbf.latin2_dos, strays=strays)

    columns = [
        dbf.flags(is_deleted=rows.is_deleted, has_no_flag=rows.has_no_flag),
        field(rows.account.tolist(), 8, dbf.mazovia, is_right=True),
        text(names, 40),
        field(rows.pesel.tolist(), 11, dbf.mazovia),
        field(
            date_texts(
                rows.birth, "{y:04d}{m:02d}{d:02d}", bad=("00000000", "19000101"), accounts=rows.account
            ).tolist(),
            8,
            dbf.mazovia,
        ),
        field(rows.document.tolist(), 9, dbf.mazovia),
        field(_nips(rows, luck), 13, dbf.mazovia),
        text(streets, 30),
        field(rows.postal.tolist(), 6, dbf.mazovia),
        text(rows.city.tolist(), 20),
        field(phones, 12, dbf.mazovia),
        field(others, 12, dbf.mazovia),
        field(_opened(rows).tolist(), 8, dbf.mazovia),
        field([amount(money, comma=".") for money in rows.balance.tolist()], 10, dbf.mazovia, is_right=True),
        field(numbers, 10, dbf.mazovia, is_right=True),
    ]
    tail, is_odd = dbf.ending(draw, rates.f01)
    body = dbf.header(layout, date=date, rows=count) + np.concatenate(columns, axis=1).tobytes()
    offset, length = dbf.positions(layout, count)
    return Written(
        name=FILE,
        content=body + tail,
        rows=order,
        offset=offset,
        length=length,
        defects=(
            ("F03", np.flatnonzero(strays)),
            ("F16", too_long([(names, 40), (streets, 30), (rows.city.tolist(), 20)])),
            ("F18", odd_phones(phones, others)),
        ),
        balance=int(rows.balance.sum()),
        extra=((MEMO, memo),),
        file_defects=(("F01", len(body), len(tail)),) if is_odd else (),
    )
