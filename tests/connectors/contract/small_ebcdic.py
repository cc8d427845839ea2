"""Small files of COBOL records: with length words, header, trailer, REDEFINES and a table; and of one length."""

from __future__ import annotations

import itertools
import random
import struct
from dataclasses import replace
from pathlib import Path

from connectors.ebcdic.copybook import parse_copybook, record_named
from connectors.ebcdic.form import EbcdicFormat, Segments
from connectors.ebcdic.hierarchy import Hierarchy
from connectors.ebcdic.reader import read_records
from tests.connectors.contract.case import Files, ReaderCase, plain
from tests.connectors.contract.mutations import Token, split_fixed, structured
from tests.connectors.contract.small_kinds import small_kind
from tests.connectors.writers import ebcdic_text, framed, packed

COPYBOOK = Path(__file__).with_name("small.cpy")
RECORDS = parse_copybook(COPYBOOK.read_text(encoding="ascii"))
RDW_COLUMNS = (
    *("REC-TYPE", "NR", "RODZAJ", "NAZWISKO", "LATA", "NAZWA-FIRMY", "SALDO", "LICZNIK", "ILE"),
    *("OPLATA(1)", "OPLATA(2)", "OPLATA(3)"),
)
FIXED_COLUMNS = (
    *("NAZWA", "KWOTA", "SZTUK", "DUZO", "STREFA", "EDYTOWANE", "ZMIENNA", "PODWOJNA"),
    *("KOD(1,1)", "KOD(1,2)", "KOD(2,1)", "KOD(2,2)"),
)
FIXED_WIDTHS = (8, 4, 2, 13, 4, 7, 4, 8, 2, 2, 2, 2)


def _rdw_form(page: str) -> EbcdicFormat:
    return EbcdicFormat(
        record=record_named(RECORDS, "ABONENT-REC"),
        record_format="rdw",
        pages=(page, "cp037") if page == "cp870" else (page,),
        segments=Segments(
            field="REC-TYPE",
            header="H",
            detail="D",
            trailer="T",
            header_record=record_named(RECORDS, "NAGLOWEK-REC"),
            trailer_record=record_named(RECORDS, "STOPKA-REC"),
            trailer_count="LICZBA-REK",
            trailer_sum="SUMA-SALD",
            trailer_sum_of="SALDO",
        ),
        redefines_field="RODZAJ",
        redefines={"O": "DANE-OSOBY", "F": "DANE-FIRMY"},
    )


def _detail(number: int, sort: str, who: bytes, *, balance: int, fees: tuple[int, ...]) -> list[bytes]:
    text = ebcdic_text
    return [
        text("D", 1), text(f"{number:04d}", 4), text(sort, 1), who, packed(balance, 5),
        (number * 1000).to_bytes(4, "big"),
        text(str(len(fees)), 1), *(packed(fee, 3) for fee in fees),
    ]  # fmt: skip


DETAILS = (
    _detail(1, "O", ebcdic_text("Świątek", 9) + b"\xf4\xd1", balance=-1250, fees=(100, -250)),
    _detail(2, "F", ebcdic_text("Łódź S.A.", 11), balance=300, fees=()),
    _detail(3, "O", ebcdic_text("Nowak", 9) + b"\xf0\xc7", balance=5, fees=(1, 2, 3)),
)
HEADER = [ebcdic_text("H", 1), ebcdic_text("20030922", 8)]
TRAILER = [ebcdic_text("T", 1), ebcdic_text("0003", 4), packed(-945, 9)]
PARTS = (HEADER, *DETAILS, TRAILER)


def _rdw_files() -> Files:
    return {"main": b"".join(framed(b"".join(parts)) for parts in PARTS)}


def _split_rdw(content: bytes) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for number, parts in enumerate(PARTS):
        for piece in (bytes(4), *parts):
            is_end = number in (0, len(PARTS) - 1)
            tokens.append(
                Token(content[position : position + len(piece)], 1 if is_end else 20, is_sized=len(piece) == 4)
            )
            position += len(piece)
    return tokens


def _join_rdw(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Records with their length words put right, most of the time."""
    is_repaired = chance.random() < 0.7
    joined, at = b"", 0
    for parts in PARTS:
        record = b"".join(pieces[at + 1 : at + 1 + len(parts)])
        joined += framed(record) if is_repaired else pieces[at] + record
        at += 1 + len(parts)
    return joined


def _fixed_form(page: str) -> EbcdicFormat:
    return EbcdicFormat(record=record_named(RECORDS, "LICZBY-REC"), record_format="fixed", pages=(page,))


def _fixed_files() -> Files:
    def record(name: str, number: int) -> bytes:
        return b"".join(
            [
                ebcdic_text(name, 8), packed(number * 111, 7), (number % 999).to_bytes(2, "big", signed=True),
                packed(10**24 + number, 25, sign=0xF),
                ebcdic_text(f"{'-' if number < 0 else '+'}{abs(number) % 999:03d}", 4),
                ebcdic_text(f"{abs(number) % 999:3d}.50{'-' if number < 0 else ''}", 7),
                b"\x42\x64\0\0", struct.pack(">d", 2.0), ebcdic_text("01020304", 8),
            ]
        )  # fmt: skip

    return {"main": record("Świątek", 7) + record("Nowak", -12) + record("Żółć", 500)}


def _variable_form(page: str) -> EbcdicFormat:
    return EbcdicFormat(
        record=record_named(RECORDS, "ABONENT-REC"),
        record_format="variable",
        pages=(page,),
        redefines_field="RODZAJ",
        redefines={"O": "DANE-OSOBY", "F": "DANE-FIRMY"},
    )


def _split_variable(content: bytes) -> list[Token]:
    pieces = [piece for parts in DETAILS for piece in parts]
    ends = list(itertools.accumulate(len(piece) for piece in pieces))
    starts = [0, *ends[:-1]]
    return [Token(content[a:b], is_sized=b - a == 1) for a, b in zip(starts, ends, strict=True)]


def _segments_form(page: str) -> EbcdicFormat:
    return EbcdicFormat(
        record=record_named(RECORDS, "SEGMENT-REC"),
        record_format="vb",
        pages=(page,),
        redefines_field="SEGMENT",
        redefines={"F": "FIRMA", "K": "KONTAKT", "U": "UWAGI"},
    )


SEGMENTS = (
    (
        [ebcdic_text("F", 1), ebcdic_text("0001", 4), ebcdic_text("Łódź S.A.", 9)],
        [ebcdic_text("K", 1), ebcdic_text("0001", 4), ebcdic_text("Nowak", 8), packed(338123456, 9, sign=0xF)],
        [ebcdic_text("U", 1), ebcdic_text("0001", 4), ebcdic_text("2", 1), ebcdic_text("aaa", 3), ebcdic_text("b", 3)],
    ),
    ([ebcdic_text("F", 1), ebcdic_text("0002", 4), ebcdic_text("Żubr", 9)],),
)
"""Records of three lengths in two blocks."""


def _segments_files() -> Files:
    return {"main": b"".join(framed(b"".join(framed(b"".join(parts)) for parts in block)) for block in SEGMENTS)}


def _split_segments(content: bytes) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for block in SEGMENTS:
        for weight, piece in [(2, bytes(4)), *((10, piece) for parts in block for piece in (bytes(4), *parts))]:
            piece = content[position : position + len(piece)]
            tokens.append(Token(piece, weight, is_sized=len(piece) == 4))
            position += len(piece)
    return tokens


def _join_segments(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Blocks and records with their lengths put right, most of the time."""
    is_repaired = chance.random() < 0.7
    joined, at = b"", 0
    for block in SEGMENTS:
        content, head, at = b"", pieces[at], at + 1
        for parts in block:
            record = b"".join(pieces[at + 1 : at + 1 + len(parts)])
            content += framed(record) if is_repaired else pieces[at] + record
            at += 1 + len(parts)
        joined += framed(content) if is_repaired else head + content
    return joined


def _hierarchy_form(page: str) -> EbcdicFormat:
    parents, keys = {"KONTAKT": "FIRMA", "UWAGI": "KONTAKT"}, {"FIRMA": "NAZWA", "KONTAKT": "OSOBA"}
    return replace(_segments_form(page), hierarchy=Hierarchy(parents, keys))


def _spanned_form(page: str) -> EbcdicFormat:
    return replace(_segments_form(page), record_format="vbs")


SPANNED = (
    ((0, 0, 0, 14), (1, 1, 0, 7)),
    ((3, 1, 7, 11),),
    ((2, 1, 11, 18), (0, 2, 0, 12), (1, 3, 0, 9)),
    ((2, 3, 9, 14),),
)
"""Blocks of parts: what each is, of which record, from which byte to which."""


def _spanned_records() -> list[bytes]:
    return [b"".join(parts) for block in SEGMENTS for parts in block]


def _part(kind: int, content: bytes) -> bytes:
    return struct.pack(">HBB", len(content) + 4, kind, 0) + content


def _spanned_files() -> Files:
    records = _spanned_records()
    blocks = (b"".join(_part(kind, records[at][a:b]) for kind, at, a, b in block) for block in SPANNED)
    return {"main": b"".join(framed(block) for block in blocks)}


def _split_spanned(content: bytes) -> list[Token]:
    tokens: list[Token] = []
    position = 0
    for block in SPANNED:
        widths = [4, *(width for _, _, a, b in block for width in (4, b - a))]
        for number, width in enumerate(widths):
            weight = 2 if number == 0 else 10
            tokens.append(Token(content[position : position + width], weight, is_sized=width == 4))
            position += width
    return tokens


def _join_spanned(chance: random.Random, pieces: list[bytes]) -> bytes:
    """Blocks and parts with their lengths put right, most of the time; what a part is stays as it was spoilt."""
    is_repaired = chance.random() < 0.7
    joined, at = b"", 0
    for block in SPANNED:
        content, head, at = b"", pieces[at], at + 1
        for _ in block:
            sort, part = pieces[at][2:3] or b"\0", pieces[at + 1]
            content += _part(sort[0], part) if is_repaired else pieces[at] + part
            at += 2
        joined += framed(content) if is_repaired else head + content
    return joined


def _line_form(page: str) -> EbcdicFormat:
    return EbcdicFormat(record=record_named(RECORDS, "LINIA-REC"), record_format="lines", pages=(page,))


def _split_lines(content: bytes) -> list[Token]:
    tokens: list[Token] = []
    for line in content.splitlines(keepends=True):
        tokens += [Token(line[:9], is_sized=True), Token(line[9:13], is_sized=True), Token(line[13:18], is_sized=True)]
        tokens.append(Token(line[18:], 3))
    return tokens


LINES = "Świątek  00010012}\nNowak    00020300A\r\nŻółć     000300005\n"

_KIND_OPTIONS = {
    "copybook": str(COPYBOOK),
    "record_format": "rdw",
    "segment_field": "REC-TYPE",
    "header_segment": "H",
    "header_record": "NAGLOWEK-REC",
    "detail_segment": "D",
    "detail_record": "ABONENT-REC",
    "trailer_segment": "T",
    "trailer_record": "STOPKA-REC",
    "redefines_field": "RODZAJ",
    "redefines_O": "DANE-OSOBY",
    "redefines_F": "DANE-FIRMY",
}

SEGMENTED = ReaderCase(
    name="ebcdic_vb",
    files=_segments_files,
    read=plain(read_records, _segments_form),
    columns=("SEGMENT", "NR", "NAZWA", "OSOBA", "TELEFON", "ILE", "UWAGA(1)", "UWAGA(2)", "UWAGA(3)"),
    records=4,
    mutate=structured(_split_segments, join=_join_segments),
    page="cp870",
    wrong_page="cp500",
    takes_empty=True,
)

EBCDIC_CASES = (
    ReaderCase(
        name="ebcdic_rdw",
        files=_rdw_files,
        read=plain(read_records, _rdw_form),
        columns=RDW_COLUMNS,
        records=3,
        mutate=structured(_split_rdw, join=_join_rdw),
        page="cp870",
        wrong_page="cp500",
        kind=small_kind("ebcdic", columns=RDW_COLUMNS, page="cp870", options=_KIND_OPTIONS),
    ),
    ReaderCase(
        name="ebcdic_fixed",
        files=_fixed_files,
        read=plain(read_records, _fixed_form),
        columns=FIXED_COLUMNS,
        records=3,
        mutate=structured(split_fixed(FIXED_WIDTHS)),
        page="cp870",
        wrong_page="cp500",
        takes_empty=True,
        kind=small_kind(
            "ebcdic",
            columns=FIXED_COLUMNS,
            page="cp870",
            options={"copybook": str(COPYBOOK), "record_format": "fixed", "detail_record": "LICZBY-REC"},
        ),
    ),
    ReaderCase(
        name="ebcdic_variable",
        files=lambda: {"main": b"".join(b"".join(parts) for parts in DETAILS)},
        read=plain(read_records, _variable_form),
        columns=RDW_COLUMNS,
        records=3,
        mutate=structured(_split_variable),
        page="cp870",
        wrong_page="cp500",
        takes_empty=True,
    ),
    SEGMENTED,
    replace(SEGMENTED, name="ebcdic_hierarchy", read=plain(read_records, _hierarchy_form)),
    replace(
        SEGMENTED,
        name="ebcdic_vbs",
        files=_spanned_files,
        read=plain(read_records, _spanned_form),
        mutate=structured(_split_spanned, join=_join_spanned),
    ),
    ReaderCase(
        name="ebcdic_lines",
        files=lambda: {"main": LINES.encode("iso8859_2")},
        read=plain(read_records, _line_form),
        columns=("NAZWA", "NR", "SALDO"),
        records=3,
        mutate=structured(_split_lines),
        page="iso8859_2",
        wrong_page="ascii",
        takes_empty=True,
        kind=small_kind(
            "ebcdic",
            columns=("NAZWA", "NR", "SALDO"),
            page="iso8859_2",
            options={"copybook": str(COPYBOOK), "record_format": "lines", "detail_record": "LINIA-REC"},
        ),
    ),
)
