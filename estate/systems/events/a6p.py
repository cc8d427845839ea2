"""Payments (A6p): postal orders of the post's computing centre, CP852, fixed width, a heading and a trailer.

``W`` is money paid in, ``Z`` an order given back, with the number of the first at the end of the line. The account an
order goes to is the company's: whose it is stands in the title or nowhere. The trailer has the count of the lines and
the sum of their amounts in grosze. The layout is invented.
"""

from __future__ import annotations

import numpy as np

from estate.digits import Bytes, digits, texts_of
from estate.draw import Flags, chance
from estate.life.events import NOTHING
from estate.life.payments import BY_INVOICE
from estate.systems.events.blocks import constant, joined, mixed_column, padded
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.paying import Paid, amounts, dates, paid, payers, reversed_references, taken_back, titles

FILE = "PRZEKAZY.TXT"
_PAGE, _OTHER = "cp852", "cp1250"
_NAME, _TITLE = 30, 40
_NAME_AT = 39
"""Where the name begins."""
_NO_DAY = (0, 230)


def write(telling: Telling) -> WrittenEvents:
    """Orders in the order of time, a line each."""
    rates = telling.rates.payments
    file = paid(telling, twice=rates.f13, tests=rates.f22)
    count = len(file)
    is_shifted = chance(telling.draw, count, rates.f15) & ~file.is_test & ~file.again
    is_bad_day = chance(telling.draw, count, rates.f05) & ~file.is_test & ~is_shifted & ~file.again
    strays = chance(telling.draw, count, rates.f03)
    title, odd_phone = titles(telling, file)
    titles_block, mixed_title = mixed_column(title.tolist(), _PAGE, other=_OTHER, strays=strays)
    names_block, mixed_name = mixed_column(payers(telling, file).tolist(), _PAGE, other=_OTHER, strays=strays)
    lines = np.hstack(_line(telling, file, is_bad_day=is_bad_day, names=names_block, titles=titles_block))
    # A byte fell out of the name on the way: everything behind it has moved.
    lines[is_shifted, _NAME_AT] = 0
    content, length = joined([lines], count)
    money = int(amounts(telling, file).sum())
    heading = f"NAGLOWEK PRZEKAZY {telling.source.point_code} {telling.period.date:%Y%m%d}\r\n".encode("ascii")
    trailer = f"STOP{count:08d}{money:015d}\r\n".encode("ascii")
    payments = telling.life.payments
    is_orphan = (payments.named_by[file.at] == NOTHING) & (payments.title[file.at] != BY_INVOICE) & ~file.is_test
    found = (
        *(("F03", mixed_title | mixed_name), ("F05", is_bad_day), ("F13", file.again), ("F15", is_shifted)),
        *(("F18", odd_phone), ("F22", file.is_test), ("F24", is_orphan)),
    )
    return WrittenEvents(
        files=((FILE, heading + content + trailer),),
        keys=texts_of(digits(file.reference, 16)),
        table=np.zeros(count, dtype=np.int64),
        row=file.row,
        offset=len(heading) + np.cumsum(length) - length,
        length=length,
        defects=tuple((code, np.flatnonzero(where)) for code, where in found),
    )


def _line(telling: Telling, file: Paid, *, is_bad_day: Flags, names: Bytes, titles: Bytes) -> list[Bytes]:
    payments, count = telling.life.payments, len(file)
    back = taken_back(telling, file)
    day = dates(file.day)
    bad = np.array(_NO_DAY)[file.reference % len(_NO_DAY)]
    day = np.where(is_bad_day, np.where(bad > 0, day // 10_000 * 10_000 + bad, 0), day) % 10**6
    related = digits(reversed_references(telling, file), 16)
    related[~back] = ord(" ")
    return [
        *(np.where(back[:, None], constant("Z", count), constant("W", count)), digits(file.reference, 16)),
        *(digits(day, 6), digits(payments.branch[file.at], 5), digits(amounts(telling, file), 11)),
        *(padded(names, _NAME), padded(titles, _TITLE), related, constant("\r\n", count)),
    ]


WRITER = EventWriter("a6p", ("payments",), write)
