"""Files for ``blekit bench connectors``: the same invented people in each format, and what truly stands in them.

The truth is a hash per row of its values, so that every engine can be held to it and none can read wrongly unnoticed.
All people are invented; their PESEL numbers belong to the 2200s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path

import ebcdic as _ebcdic_codecs
import numpy as np
import numpy.typing as npt

assert _ebcdic_codecs  # importing it registers cp870

Row = tuple[str, ...]
"""Values as text: numbers without padding or zeros that say nothing, days as ``YYYYMMDD``, nothing as an empty text."""

FAMILY = ("Nowak", "Kowalski", "Wiśniewska", "Święcicka", "Żak", "Wójcik", "Kamińska", "Lewandowski", "Zieliński")
GIVEN = ("Jan", "Łucja", "Grażyna", "Piotr", "Anna", "Małgorzata", "Józef")
STREETS = ("Długa", "Piotra Skargi", "11 Listopada", "Źródlana", "Mickiewicza", "Kościelna", "Osiedle Śródmieście")
TOWNS = ("Bielsko-Biała", "Kraków", "Żywiec", "Cieszyn", "Łódź", "Poznań", "Katowice")
DBF_FIELDS = (
    *(("ABON_ID", "N", 8), ("NAZWISKO", "C", 20), ("IMIE", "C", 15), ("FIRMA", "C", 40), ("PESEL", "C", 11)),
    *(("UR", "D", 8), ("NIP", "C", 13), ("REGON", "C", 14), ("ULICA", "C", 30), ("NR", "C", 10), ("KOD", "C", 6)),
    *(("MIEJSC", "C", 25), ("TELEFON", "C", 15), ("ODDATY", "D", 8), ("SALDO", "N", 10)),
)
COLUMNS = tuple(name for name, _, _ in DBF_FIELDS)
NUMBERS = frozenset(name for name, kind, _ in DBF_FIELDS if kind == "N")
COPYBOOK = """
       01  ABONENT-REC.
           05  ABON-ID                 PIC 9(08).
           05  NAZWISKO                PIC X(20).
           05  IMIE                    PIC X(15).
           05  FIRMA                   PIC X(40).
           05  PESEL                   PIC X(11).
           05  UR                      PIC X(08).
           05  NIP                     PIC X(13).
           05  REGON                   PIC X(14).
           05  ULICA                   PIC X(30).
           05  NR                      PIC X(10).
           05  KOD                     PIC X(06).
           05  MIEJSC                  PIC X(25).
           05  TELEFON                 PIC X(15).
           05  ODDATY                  PIC X(08).
           05  SALDO                   PIC S9(7)V99 COMP-3.
"""
EBCDIC_WIDTHS = (8, 20, 15, 40, 11, 8, 13, 14, 30, 10, 6, 25, 15, 8, 5)
_MEMO_BLOCK = 64
_ENTRIES = 40
"""Entries of a statement."""


@dataclass(frozen=True)
class BenchFile:
    """A format, and how its file is written."""

    name: str
    suffix: str
    write: Callable[[Path, int, int], Iterator[Row]]
    """Writes so many rows from a seed; yields what truly stands in them."""


def number_text(number: str | Decimal | float) -> str:
    """A number without zeros that say nothing: the same for everyone who reads it rightly."""
    return format(Decimal(str(number)).normalize(), "f") if str(number).strip() else ""


def hashes_of(rows: Iterable[Sequence[str]]) -> npt.NDArray[np.uint64]:
    """A hash per row."""
    return np.array(
        [int.from_bytes(blake2b("\x1f".join(row).encode(), digest_size=8).digest(), "big") for row in rows],
        dtype=np.uint64,
    )


def people(records: int, seed: int) -> Iterator[Row]:
    """Invented customers, one firm in ten."""
    chance = np.random.default_rng(seed)
    for first in range(0, records, 10_000):
        picks = chance.integers(0, 2**31, (min(10_000, records - first), 8)).tolist()
        for number, (family, given, street, town, house, balance, day, phone) in enumerate(picks, start=first + 1):
            is_firm = number % 10 == 0
            pesel = f"{day % 100:02d}{61 + day % 12:02d}{1 + day % 28:02d}{phone % 100_000:05d}"
            yield (
                str(number),
                "" if is_firm else FAMILY[family % len(FAMILY)],
                "" if is_firm else GIVEN[given % len(GIVEN)],
                f"Zakład Usługowy nr {number}" if is_firm else "",
                "" if is_firm else pesel,
                "" if is_firm or day % 3 == 0 else f"{1920 + day % 65}{1 + day % 12:02d}{1 + day % 28:02d}",
                f"{5260000000 + number}" if is_firm else "",
                "",
                STREETS[street % len(STREETS)],
                f"{1 + house % 120}/{house % 30}",
                f"{house % 100:02d}-{house % 1000:03d}",
                TOWNS[town % len(TOWNS)],
                f"033/{phone % 10**7:07d}" if phone % 4 else "",
                f"{1990 + day % 14}{1 + day % 12:02d}{1 + day % 28:02d}",
                number_text(Decimal(balance % 2_000_000 - 500_000) / 100),
            )


# -- writers ---


def write_dbf(path: Path, records: int, seed: int) -> Iterator[Row]:
    """dBase III in CP852."""
    return _write_dbf(path, records, seed, with_memo=False)


def write_dbf_memo(path: Path, records: int, seed: int) -> Iterator[Row]:
    """FoxPro 2 in CP852, a remark for one record in three in its memo file."""
    return _write_dbf(path, records, seed, with_memo=True)


def _write_dbf(path: Path, records: int, seed: int, *, with_memo: bool) -> Iterator[Row]:
    fields = (*DBF_FIELDS, ("UWAGI", "M", 10)) if with_memo else DBF_FIELDS
    memo = bytearray(512)
    memo[6:8] = _MEMO_BLOCK.to_bytes(2, "big")
    with path.open("wb") as file:
        file.write(_dbf_header(fields, version=0xF5 if with_memo else 0x03, records=records))
        for row in people(records, seed):
            remark = f"rozmowa z {row[1]} {row[0]}, prośba o fakturę" if with_memo and int(row[0]) % 3 == 0 else ""
            pointer = ""
            if remark:
                pointer = str(len(memo) // _MEMO_BLOCK)
                memo += _memo_block(remark.encode("cp852"))
            stored = (*row, pointer) if with_memo else row
            cells = (
                value.encode("cp852").rjust(width) if kind in "NM" else value.encode("cp852").ljust(width)
                for value, (_, kind, width) in zip(stored, fields, strict=True)
            )
            file.write(b" " + b"".join(cells))
            yield (*row, remark) if with_memo else row
        file.write(b"\x1a")
    if with_memo:
        memo[:4] = (len(memo) // _MEMO_BLOCK).to_bytes(4, "big")
        path.with_suffix(".fpt").write_bytes(memo)


def _memo_block(text: bytes) -> bytes:
    block = (1).to_bytes(4, "big") + len(text).to_bytes(4, "big") + text
    return block.ljust(-(-len(block) // _MEMO_BLOCK) * _MEMO_BLOCK, b"\0")


def _dbf_header(fields: Sequence[tuple[str, str, int]], *, version: int, records: int) -> bytes:
    head = bytearray(32)
    head[0:4], head[29] = bytes([version, 103, 9, 22]), 0x64
    head[4:8] = records.to_bytes(4, "little")
    head[8:10] = (33 + 32 * len(fields)).to_bytes(2, "little")
    head[10:12] = (1 + sum(width for _, _, width in fields)).to_bytes(2, "little")
    for name, kind, width in fields:
        decimals = 2 if name == "SALDO" else 0
        head += name.encode().ljust(11, b"\0") + kind.encode() + bytes(4) + bytes([width, decimals]) + bytes(14)
    return bytes(head) + b"\r"


def write_unload(path: Path, records: int, seed: int) -> Iterator[Row]:
    """Informix in ISO-8859-2, no value of which needs an escape."""
    return _write_unload(path, people(records, seed))


def write_unload_escapes(path: Path, records: int, seed: int) -> Iterator[Row]:
    """The same where one street in twenty holds a delimiter, a backslash or a line feed."""
    odd = ("|", "\\", "\n", " \\| ")

    def rows() -> Iterator[Row]:
        for row in people(records, seed):
            number = int(row[0])
            yield (*row[:8], row[8] + odd[number // 20 % 4] + "x", *row[9:]) if number % 20 == 0 else row

    return _write_unload(path, rows())


def _write_unload(path: Path, rows: Iterable[Row]) -> Iterator[Row]:
    escapes = str.maketrans({"|": "\\|", "\\": "\\\\", "\n": "\\\n"})
    with path.open("w", encoding="iso8859_2", newline="") as file:
        for row in rows:
            file.write("|".join(value.translate(escapes) for value in row) + "|\n")
            yield row


def write_ebcdic(path: Path, records: int, seed: int) -> Iterator[Row]:
    """COBOL records of one length in CP870: zoned digits, texts, packed decimals."""
    with path.open("wb") as file:
        for row in people(records, seed):
            grosze = int(Decimal(row[-1] or "0") * 100)
            packed = bytes.fromhex(f"{abs(grosze):09d}{'D' if grosze < 0 else 'C'}")
            texts = zip((row[0].zfill(8), *row[1:-1]), EBCDIC_WIDTHS[:-1], strict=True)
            file.write(b"".join(text.encode("cp870").ljust(width, b"\x40") for text, width in texts) + packed)
            yield row


def write_mt940(path: Path, records: int, seed: int) -> Iterator[Row]:
    """MT940 statements in CP852 that add up, one a day: day, amount and text of each entry."""
    balance = Decimal(1000)
    with path.open("wb") as file:
        for number, row in enumerate(people(records, seed)):
            day = f"{1990 + number // _ENTRIES // 336 % 14}{1 + number // _ENTRIES // 28 % 12:02d}"
            day += f"{1 + number // _ENTRIES % 28:02d}"
            if number % _ENTRIES == 0:
                file.write(_mt940_head(number // _ENTRIES, balance=balance, day=day))
            amount = Decimal(row[-1]) or Decimal(1)
            balance += amount
            texts = (f"WPŁATA {row[1]} {row[2]}{row[3]}"[:65], f"{row[8]} {row[9]}, {row[11]}"[:65])
            entry = (
                f":61:{day[2:]}{day[4:]}{'D' if amount < 0 else 'C'}{_comma(abs(amount))}NTRF{row[0]}//B{row[0]}\r\n"
            )
            file.write(f"{entry}:86:{texts[0]}\r\n{texts[1]}\r\n".encode("cp852"))
            if number % _ENTRIES == _ENTRIES - 1 or number == records - 1:
                file.write(f":62F:{_mt940_balance(balance, day=day)}-\r\n".encode("cp852"))
            yield day, number_text(amount), "".join(texts)


def _mt940_head(number: int, *, balance: Decimal, day: str) -> bytes:
    head = f":20:MT940\r\n:25:PL61109010140000071219812874\r\n:28C:{number % 99999 + 1}/1\r\n"
    return f"{head}:60F:{_mt940_balance(balance, day=day)}".encode("cp852")


def _mt940_balance(balance: Decimal, *, day: str) -> str:
    return f"{'D' if balance < 0 else 'C'}{day[2:]}PLN{_comma(abs(balance))}\r\n"


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


FILES = (
    BenchFile("dbf", ".dbf", write_dbf),
    BenchFile("dbf_memo", ".dbf", write_dbf_memo),
    BenchFile("unload", ".unl", write_unload),
    BenchFile("unload_escapes", ".unl", write_unload_escapes),
    BenchFile("ebcdic", ".dat", write_ebcdic),
    BenchFile("mt940", ".sta", write_mt940),
)
"""Formats that are measured."""


def make_file(bench_file: BenchFile, folder: Path, *, records: int, seed: int) -> tuple[Path, Path]:
    """The file and its truth; made once per size and seed.

    Returns:
        Path of the file and of its row hashes (``.npy``).
    """
    path = folder / f"{bench_file.name}-{records}-{seed}{bench_file.suffix}"
    truth = path.with_suffix(".npy")
    if not truth.exists():
        np.save(truth, hashes_of(bench_file.write(path, records, seed)))
    return path, truth
