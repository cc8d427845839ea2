"""Small DBF tables, without memo and with each kind of memo file."""

from __future__ import annotations

import itertools
import random
import struct
from collections.abc import Iterator, Mapping

from connectors.dbf.reader import DbfFormat, read_table
from connectors.model import RawChunk
from tests.connectors.contract.case import Files, Opening, ReaderCase
from tests.connectors.contract.mutations import Mutator, Token, one_of, split_fixed, structured
from tests.connectors.contract.small_kinds import small_kind
from tests.connectors.writers import dbf_header, dbf_row, dbt3, fpt

FIELDS = (("NR", "N", 6), ("NAZWA", "C", 10), ("DATA", "D", 8), ("CZYN", "L", 1))
ROWS: tuple[Mapping[str, bytes], ...] = (
    {"NR": b"1", "NAZWA": "Świątek".encode("cp852"), "DATA": b"20030922", "CZYN": b"T"},
    {"NR": b"-2.50", "NAZWA": b"Nowak"},
    {"NR": b"3", "NAZWA": "Żółć".encode("cp852"), "CZYN": b"?"},
)
MEMO_FIELDS = (("NR", "N", 6), ("NAZWA", "C", 10), ("OPIS", "M", 10))
TEXTS = ("zaległości".encode("cp852"), b"umowa zerwana", b"x" * 100)


def read(opened: Opening) -> Iterator[RawChunk]:
    """Tables with or without their memo."""
    return read_table(
        opened.paths["main"],
        form=DbfFormat(pages=(opened.page, "mazovia") if opened.page == "cp852" else (opened.page,)),
        ledger=opened.ledgers["main"],
        memo_path=opened.paths.get("memo"),
        memo_ledger=opened.ledgers.get("memo"),
        chunk_records=opened.chunk_records,
    )


def _table(fields: tuple[tuple[str, str, int], ...], rows: tuple[Mapping[str, bytes], ...], version: int) -> bytes:
    content = dbf_header(fields, version=version, records=len(rows), language=0x64)
    return content + b"".join(dbf_row(fields, row) for row in rows) + b"\x1a"


def split(content: bytes) -> list[Token]:
    """Header by its parts, then fields of records."""
    size, width = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    end = content.index(b"\r", 32)
    cuts = [0, 1, 4, 8, 10, 12, 29, 30]
    for at in range(32, end, 32):
        cuts += [at, at + 11, at + 12, at + 18]
    cuts += [end, size]
    header = [Token(content[a:b], 1, is_sized=True) for a, b in itertools.pairwise(cuts)]
    widths = [1, *(content[at + 16] for at in range(32, end, 32))]
    return header + split_fixed(widths, trailer=(len(content) - size) % width)(content[size:])


def _split_memo(content: bytes) -> list[Token]:
    pieces = [content[:4], content[4:8], content[8:24], content[24:512]]
    tokens = [Token(piece, weight, is_sized=True) for piece, weight in zip(pieces, (1, 3, 3, 1), strict=True)]
    for at in range(512, len(content), 64):
        tokens += [Token(content[at : at + 4], is_sized=True), Token(content[at + 4 : at + 8], is_sized=True)]
        tokens.append(Token(content[at + 8 : at + 64], 10, is_sized=True))
    return tokens


def _points_elsewhere(chance: random.Random, files: Files) -> Files:
    """A memo pointer that leads somewhere else: behind the end, into the header, into another text."""
    content = bytearray(files["main"])
    size, width = int.from_bytes(content[8:10], "little"), int.from_bytes(content[10:12], "little")
    at = size + width * chance.randrange(len(TEXTS)) + width - 10
    target = chance.choice((0, 1, 7, 8, 9, 20, 21, 2**31, 10**10 - 1, -1, chance.randrange(40)))
    content[at : at + 10] = str(target).rjust(10)[:10].encode()
    return {**files, "main": bytes(content)}


_MEMO_DAMAGE: Mutator = one_of(structured(split), structured(_split_memo, part="memo"), _points_elsewhere)


def _plain() -> Files:
    return {"main": _table(FIELDS, ROWS, 0x03)}


def _drifted() -> Files:
    return {"main": _plain()["main"].replace(b"DATA\0", b"DZIEN")}


def _with_memo(version: int, memo: bytes, pointers: tuple[int, ...]) -> Files:
    names = [row["NAZWA"] for row in ROWS]
    rows = tuple(
        {"NR": str(number).encode(), "NAZWA": names[number % 3], "OPIS": str(pointer).encode()}
        for number, pointer in enumerate(pointers)
    )
    return {"main": _table(MEMO_FIELDS, rows, version), "memo": memo}


def dbt4(*texts: bytes) -> bytes:
    """A memo file of dBase IV, blocks of 512 bytes."""
    head = bytearray(512)
    head[20:22] = (512).to_bytes(2, "little")
    blocks = [(b"\xff\xff\x08\0" + (len(text) + 8).to_bytes(4, "little") + text) for text in texts]
    return bytes(head) + b"".join(block.ljust(-(-len(block) // 512) * 512, b"\0") for block in blocks)


VISUAL = (("NR", "I", 4, 0), ("KWOTA", "Y", 8, 0), ("CHWILA", "T", 8, 2), ("MIARA", "B", 8, 0), ("NAZWA", "V", 12, 2))


def _visual() -> Files:
    """Visual FoxPro: binary types, a varchar, and the bits that say what is null or not filled."""
    fields = [*VISUAL, ("_NullFlags", "0", 1, 5)]
    head = bytearray(32)
    head[0], head[29] = 0x30, 0xC8
    head[4:8] = (3).to_bytes(4, "little")
    head[8:10] = (33 + 32 * len(fields) + 263).to_bytes(2, "little")
    head[10:12] = (1 + sum(width for _, _, width, _ in fields)).to_bytes(2, "little")
    for name, sort, width, flags in fields:
        head += name.encode().ljust(11, b"\0") + sort.encode() + bytes(4) + bytes([width, 0, flags]) + bytes(13)
    rows = b""
    for number, name in enumerate(("Świątek", "Nowak Jan__", "x")):
        text = name.encode("cp1250").ljust(11, b"\0") + bytes([len(name)])
        rows += b" " + struct.pack("<iqiid", number - 1, -125000 * number, 2452905, 29_109_000, number / 10)
        rows += text + bytes([(0b010, 0b010, 0b011)[number]])
    return {"main": bytes(head) + b"\r" + bytes(263) + rows + b"\x1a"}


_COLUMNS = tuple(name for name, *_ in FIELDS)
_MEMO_COLUMNS = tuple(name for name, *_ in MEMO_FIELDS)

DBF_CASES = (
    ReaderCase(
        name="dbf",
        files=_plain,
        read=read,
        columns=_COLUMNS,
        records=3,
        mutate=structured(split),
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("dbf", columns=_COLUMNS, page="cp852", files={"main": "MALY.DBF"}),
        drifted=_drifted,
    ),
    ReaderCase(
        name="dbf_dbt3",
        files=lambda: _with_memo(0x83, dbt3(*TEXTS[:2]), (1, 0, 2)),
        read=read,
        columns=_MEMO_COLUMNS,
        records=3,
        mutate=_MEMO_DAMAGE,
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("dbf", columns=_MEMO_COLUMNS, page="cp852", files={"main": "MALY.DBF", "memo": "MALY.DBT"}),
        huge=lambda: _with_memo(0x83, dbt3(b"x" * 70_000), (0, 1)),
    ),
    ReaderCase(
        name="dbf_dbt4",
        files=lambda: _with_memo(0x8B, dbt4(*TEXTS), (1, 2, 3)),
        read=read,
        columns=_MEMO_COLUMNS,
        records=3,
        mutate=_MEMO_DAMAGE,
        page="cp852",
        wrong_page="ascii",
        huge=lambda: _with_memo(0x8B, dbt4(b"x" * 70_000), (0, 1)),
    ),
    ReaderCase(
        name="dbf_fpt",
        files=lambda: _with_memo(0xF5, fpt(*TEXTS), (8, 9, 10)),
        read=read,
        columns=_MEMO_COLUMNS,
        records=3,
        mutate=_MEMO_DAMAGE,
        page="cp852",
        wrong_page="ascii",
        kind=small_kind("dbf", columns=_MEMO_COLUMNS, page="cp852", files={"main": "MALY.DBF", "memo": "MALY.FPT"}),
        huge=lambda: _with_memo(0xF5, fpt(b"x" * 70_000), (0, 8)),
    ),
    ReaderCase(
        name="dbf_visual",
        files=_visual,
        read=read,
        columns=tuple(name for name, *_ in VISUAL),
        records=3,
        mutate=structured(split),
        page="cp1250",
        wrong_page="ascii",
    ),
)
