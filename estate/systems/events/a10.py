"""Call records of exchanges (A10): BER in blocks of 2048 octets filled up with FF.

    A0 2E  80 01 0C  81 01 0C  82 01 00  83 05 16 58 52 52 F2  84 …      one record
    number, place in the file, part, who rang (TBCD), whom, when (BCD, two digits of the year), seconds, units, exchange

A record never runs over the end of a block. A call that lasts past midnight is two records of one number, parts 1 and
2. The units counted are impulses of three minutes until the tariff by the second came in March 2003, and seconds from
then on; nothing in the record says so. After trouble the exchange writes a stretch of records once more, and sometimes
the last record of a file is cut off. Tags are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from config.units import collection_points
from estate.draw import Flags, Ints, chance, texts
from estate.life.clock import DAY, wall_minutes
from estate.life.events import take
from estate.life.usage import SECONDS, Usage
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import phones

FILE = "CDR.BER"
BLOCK = 2048
_DAY_S = DAY * 60
_NO_DATE = bytes(6)
_RECORD = 0xA0


@dataclass(frozen=True)
class _Parts:
    """Records to write: calls, or the halves of those that last past midnight."""

    usage: Usage
    row: Ints
    part: Ints
    """0 for a whole call."""
    clock: Ints
    """Seconds since 1970 of the clock on the wall."""
    seconds: Ints
    units: Ints

    def __len__(self) -> int:
        return len(self.row)

    def at(self, places: Ints) -> _Parts:
        """Those at the places."""
        return _Parts(take(self.usage, places), *(c[places] for c in self._columns))

    @property
    def _columns(self) -> tuple[Ints, ...]:
        return (self.row, self.part, self.clock, self.seconds, self.units)


def write(telling: Telling) -> WrittenEvents:
    """The calls of some days, in blocks; without calls a block of filler."""
    draw, rates = telling.draw, telling.rates.calls
    parts = _parts(telling.life.usage, telling.rows["usage"])
    order, is_again = _with_rerun(draw.random(), len(parts), share=rates.cdr_rerun)
    sequence = 1 + order
    parts = parts.at(order)
    undated = ~is_again & chance(draw, len(parts), rates.f05)
    records = list(_records(telling, parts, sequence=sequence, undated=undated))
    is_cut = bool(records) and draw.random() < rates.cdr_truncated
    content, offset = _blocks(records)
    length = np.array([len(record) for record in records], dtype=np.int64)
    if is_cut:
        length[-1] -= 1 + int(draw.integers(length[-1] - 2))
        content = content[: offset[-1] + length[-1]]
    numbers = zip(parts.usage.number.tolist(), parts.part.tolist(), strict=True)
    by_second = np.flatnonzero(parts.usage.unit == SECONDS)
    return WrittenEvents(
        files=((FILE, content),),
        keys=texts([f"{number}/{part}" for number, part in numbers]),
        table=np.zeros(len(parts), dtype=np.int64),
        row=parts.row,
        offset=offset,
        length=length,
        defects=(
            ("F05", np.flatnonzero(undated)),
            ("F11", np.array([len(parts) - 1] if is_cut else [], dtype=np.int64)),
            ("F12", np.flatnonzero(is_again)),
        ),
        file_defects=tuple(("F25", int(offset[at]), len(content) - int(offset[at])) for at in by_second[:1].tolist()),
    )


# -- calls to records ---------------------------------------------------------------------------------------------


def _parts(usage: Usage, rows: Ints) -> _Parts:
    """A record for each call, two where midnight lies in it."""
    calls: Usage = take(usage, rows)
    clock = wall_minutes(calls.minute) * 60 + calls.second
    rest = clock // _DAY_S * _DAY_S + _DAY_S - clock
    is_split = calls.duration_s > rest
    place = np.repeat(np.arange(len(rows)), 1 + is_split)
    is_second = np.r_[False, place[1:] == place[:-1]] if len(place) else np.zeros(0, dtype=bool)
    split, rest, whole = is_split[place], rest[place], calls.duration_s[place]
    seconds = np.where(split, np.where(is_second, whole - rest, rest), whole)
    units = calls.units[place]
    of_first = -(-rest * units // np.maximum(whole, 1))
    return _Parts(
        usage=take(calls, place),
        row=rows[place],
        part=np.where(split, 1 + is_second, 0),
        clock=clock[place] + np.where(is_second, rest, 0),
        seconds=seconds,
        units=np.where(split, np.where(is_second, units - of_first, of_first), units),
    )


def _with_rerun(luck: float, size: int, *, share: float) -> tuple[Ints, Flags]:
    """The order in which records are written, a stretch of them twice, and which are there again."""
    again = round(size * share)
    first = int(luck * (size - again))
    order = np.concatenate([np.arange(first + again), np.arange(first, size)])
    is_again = np.zeros(len(order), dtype=bool)
    is_again[first + again : first + 2 * again] = True
    return order, is_again


# -- records to bytes ---------------------------------------------------------------------------------------------


def _records(telling: Telling, parts: _Parts, *, sequence: Ints, undated: Flags) -> Iterator[bytes]:
    codes = [point.code.encode() for point in collection_points()]
    stamps = _stamps(parts.clock)
    columns = (
        parts.usage.number,
        sequence,
        parts.part,
        phones(telling.life.book, parts.usage.party),
        parts.usage.called,
        parts.seconds,
        parts.units,
        parts.usage.exchange,
        undated,
    )
    rows = zip(*(column.tolist() for column in columns), stamps, strict=True)
    for number, place, part, caller, called, seconds, units, exchange, is_undated, stamp in rows:
        contents = (
            *(integer(number), integer(place), integer(part), tbcd(str(caller)), tbcd(str(called))),
            *(_NO_DATE if is_undated else stamp, integer(seconds), integer(units), codes[exchange]),
        )
        body = b"".join(bytes((0x80 + tag, len(each))) + each for tag, each in enumerate(contents))
        yield bytes((_RECORD, len(body))) + body


def integer(number: int) -> bytes:
    """Two's complement in as few octets as it takes."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)


def tbcd(digits: str) -> bytes:
    """Telephone digits, the first one in the low half of its octet, filled up with F."""
    even = digits + "f" * (len(digits) % 2)
    return bytes.fromhex("".join(even[at + 1] + even[at] for at in range(0, len(even), 2)))


def _stamps(clock: Ints) -> list[bytes]:
    """YYMMDDhhmmss in BCD."""
    moments = clock.astype("datetime64[s]").tolist()
    return [bytes.fromhex(moment.strftime("%y%m%d%H%M%S")) for moment in moments]


def _blocks(records: Sequence[bytes]) -> tuple[bytes, Ints]:
    """Records in blocks, and where each begins; at least one block."""
    pieces: list[bytes] = []
    offsets: list[int] = []
    at = 0
    for record in records:
        room = BLOCK - at % BLOCK
        if len(record) > room:
            pieces.append(b"\xff" * room)
            at += room
        offsets.append(at)
        pieces.append(record)
        at += len(record)
    pieces.append(b"\xff" * (-at % BLOCK if at else BLOCK))
    return b"".join(pieces), np.array(offsets, dtype=np.int64)


WRITER = EventWriter("a10", ("usage",), write)
