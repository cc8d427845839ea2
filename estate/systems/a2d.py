"""Card file of a small point: FoxPro 2 with memos, CP852.

PESEL is a number and loses its leading zeros; house and flat share a field; packing the table was forgotten, so rows
come twice, and numbers of closed accounts were given to new customers.
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from estate.draw import Draw, Ints, Texts, chance, either, is_known
from estate.rates import DefectRates
from estate.sightings import Sightings, Written
from estate.systems import dbf
from estate.systems.dbf import Field, Layout
from estate.systems.lines import amount, date_texts, odd_phones, raw_keys
from estate.systems.records import field, mixed_field, too_long
from estate.writing import has_polish, house_flat_text, luck_of, phone_text

FILE, MEMO = "ABON.DBF", "ABON.FPT"
_FIELDS = (
    Field("ABON_ID", "N", 8),
    Field("NAZWISKO", "C", 20),
    Field("IMIE", "C", 12),
    Field("FIRMA", "C", 40),
    Field("PESEL", "N", 11),
    Field("UR", "C", 10),
    Field("NIP", "C", 13),
    Field("REGON", "C", 14),
    Field("ULICA", "C", 25),
    Field("NR", "C", 8),
    Field("KOD", "C", 6),
    Field("MIEJSC", "C", 25),
    Field("TELEFON", "C", 15),
    Field("ODDATY", "D", 8),
    Field("SALDO", "N", 10, 2),
    Field("OPIS", "M", 10),
)
_REMARKS = ("Zgłaszał awarię.", "Umowa przepisana po śmierci męża.", "Adres do korespondencji inny.", "Abonent zalega.")


def keys(seen: Sightings) -> Texts:
    """Raw keys: number and date since when."""
    return raw_keys(seen.account, _opened(seen))


def _opened(seen: Sightings) -> Texts:
    return date_texts(seen.opened, "{y:04d}{m:02d}{d:02d}", bad=("00000000", "20991231"), accounts=seen.account)


def reuse_numbers(seen: Sightings, *, draw: Draw, rates: DefectRates) -> None:
    """Give some accounts the number another account of another date had (F13)."""
    count = len(seen)
    reused = np.flatnonzero(chance(draw, count, rates.f13_reused))
    former = draw.permutation(count)[: len(reused)]
    differs = (seen.opened[reused] != seen.opened[former]) & ~np.isin(former, reused)
    reused, former = reused[differs], former[differs]
    seen.account[reused] = seen.account[former]


def _of_two_accounts(rows: Sightings) -> Ints:
    """Rows whose number another account in the file has too; which of the two had it first, the file does not say."""
    by_number: dict[str, set[str | None]] = {}
    opened = _opened(rows).tolist()
    for number, date in zip(rows.account.tolist(), opened, strict=True):
        by_number.setdefault(number, set()).add(date)
    return np.array(
        [at for at, number in enumerate(rows.account.tolist()) if len(by_number[number]) > 1], dtype=np.int64
    )


def _order(draw: Draw, count: int, rates: DefectRates) -> tuple[Ints, Ints]:
    """Order of rows, some of them twice, and the positions of the second copies."""
    again = np.flatnonzero(chance(draw, count, rates.f13_same_row))
    both = np.concatenate([np.arange(count), again])
    shuffle = draw.permutation(len(both))
    order = both[shuffle]
    _, first = np.unique(order, return_index=True)
    is_copy = np.ones(len(order), dtype=bool)
    is_copy[first] = False
    return order, np.flatnonzero(is_copy)


def _pesel_numbers(rows: Sightings) -> list[str | None]:
    return [str(int(pesel)) if pesel else None for pesel in rows.pesel.tolist()]


def write(seen: Sightings, *, draw: Draw, rates: DefectRates, date: dt.date) -> Written:
    """The table of these records in a random order, with its memo file."""
    order, copies = _order(draw, len(seen), rates)
    rows = seen.take(order)
    count = len(rows)
    # Copies must be alike, so luck belongs to the sighting, not to the row.
    luck = np.array(luck_of(draw, len(seen)), dtype=np.int64)[order].tolist()
    local = chance(draw, len(seen), 0.7)[order].tolist()
    phones = [
        n and phone_text(n, k, width=15, is_local=here) for n, k, here in zip(rows.phone, luck, local, strict=True)
    ]
    houses: list[str | None] = [house_flat_text(h, f, k) for h, f, k in zip(rows.house, rows.flat, luck, strict=True)]
    houses = [
        text if text is None or len(text) <= 8 else text.replace(" lok. ", "/").replace(" m. ", "/") for text in houses
    ]
    remarks = [_REMARKS[k // 11 % len(_REMARKS)] if k % 13 == 0 else None for k in luck]
    orgs = either(~is_known(rows.family), rows.org, None).tolist()
    texts = zip(rows.family, rows.given, orgs, rows.street, rows.city, strict=True)
    strays = chance(draw, len(seen), rates.f03)[order]
    strays &= np.fromiter((any(text and has_polish(text) for text in row) for row in texts), dtype=bool, count=count)
    layout = Layout(0xF5, 0x64 if draw.random() < 0.6 else 0x00, _FIELDS)
    numbers, memo = dbf.foxpro_memos(remarks, dbf.latin2_dos)

    def text(values: list[str | None], width: int) -> np.typing.NDArray[np.uint8]:
        return mixed_field(values, width, dbf.latin2_dos, other=dbf.mazovia, strays=strays)

    columns = [
        dbf.flags(is_deleted=rows.is_deleted, has_no_flag=rows.has_no_flag),
        field(rows.account.tolist(), 8, dbf.latin2_dos, is_right=True),
        text(rows.family.tolist(), 20),
        text(rows.given.tolist(), 12),
        text(orgs, 40),
        field(_pesel_numbers(rows), 11, dbf.latin2_dos, is_right=True),
        field(
            date_texts(
                rows.birth, "{d:02d}.{m:02d}.{y:04d}", bad=("00.00.0000", "01.01.1900"), accounts=rows.account
            ).tolist(),
            10,
            dbf.latin2_dos,
        ),
        field(rows.nip.tolist(), 13, dbf.latin2_dos),
        field(rows.regon.tolist(), 14, dbf.latin2_dos),
        text(rows.street.tolist(), 25),
        field(houses, 8, dbf.latin2_dos),
        field(rows.postal.tolist(), 6, dbf.latin2_dos),
        text(rows.city.tolist(), 25),
        field(phones, 15, dbf.latin2_dos),
        field(_opened(rows).tolist(), 8, dbf.latin2_dos),
        field([amount(money, comma=".") for money in rows.balance.tolist()], 10, dbf.latin2_dos, is_right=True),
        field(numbers, 10, dbf.latin2_dos, is_right=True),
    ]
    tail, is_odd = dbf.ending(draw, rates.f01)
    body = dbf.header(layout, date=date, rows=count) + np.concatenate(columns, axis=1).tobytes()
    offset, length = dbf.positions(layout, count)
    fits = [
        (rows.family.tolist(), 20),
        (rows.given.tolist(), 12),
        (orgs, 40),
        (rows.street.tolist(), 25),
        (rows.city.tolist(), 25),
    ]
    return Written(
        name=FILE,
        content=body + tail,
        rows=order,
        offset=offset,
        length=length,
        defects=(
            ("F03", np.flatnonzero(strays)),
            ("F13", np.union1d(copies, _of_two_accounts(rows))),
            ("F16", too_long(fits)),
            ("F18", odd_phones(phones)),
        ),
        balance=int(rows.balance.sum()),
        extra=((MEMO, memo),),
        file_defects=(("F01", len(body), len(tail)),) if is_odd else (),
    )
