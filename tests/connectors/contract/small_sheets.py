"""A small workbook of Excel 97, written by hand: what spreadsheets and libraries add would be most of its bytes."""

from __future__ import annotations

import struct

from connectors.spreadsheet import DATEMODE, SheetFormat, read_spreadsheet
from tests.connectors.contract.case import Files, ReaderCase, plain
from tests.connectors.contract.mutations import Token, structured
from tests.connectors.contract.small_kinds import small_kind

HEADINGS = ("NR", "NAZWISKO", "DATA", "CZYN")
COLUMNS = (*HEADINGS, DATEMODE)
NAMES = ("Świątek", "Nowak", "Żółć")
SECTOR = 512
_BOOK, _SHEET = 0x0005, 0x0010
_BOF, _EOF, _BOUNDSHEET, _XF, _TEXTS, _SHEET_SIZE, _HEADING = 0x809, 0x0A, 0x85, 0xE0, 0xFC, 0x200, 0x208
_CELLS = _TEXT, _NUMBER, _INTEGERS, _TRUTH, _FORMULA = 0xFD, 0x203, 0xBD, 0x205, 0x06


def record(kind: int, content: bytes = b"") -> bytes:
    """A BIFF record."""
    return struct.pack("<HH", kind, len(content)) + content


def _bof(sort: int) -> bytes:
    return record(_BOF, struct.pack("<HHHHII", 0x0600, sort, 0x0DBB, 1996, 0, 6))


def _text(text: str) -> bytes:
    """A shared text: bytes of Latin-1 where those suffice, as Excel does."""
    is_narrow = text.isascii()
    return struct.pack("<HB", len(text), not is_narrow) + text.encode("latin-1" if is_narrow else "utf-16-le")


def _cells() -> bytes:
    out = b"".join(record(_TEXT, struct.pack("<HHHI", 0, at, 0, at)) for at in range(len(HEADINGS)))
    for row in range(1, len(NAMES) + 1):
        if row == 2:  # a formula in place of a number, and integers side by side
            formula = struct.pack("<HHHdHIH", row, 0, 0, 44651401352.0, 0, 0, 3) + b"\x1e\x07\x00"
            out += record(_FORMULA, formula)
        else:
            out += record(_NUMBER, struct.pack("<HHHd", row, 0, 0, 44651401350.0 + row))
        out += record(_TEXT, struct.pack("<HHHI", row, 1, 0, len(HEADINGS) + row - 1))
        if row == 3:
            out += record(_INTEGERS, struct.pack("<HHHIHIH", row, 2, 1, 37886 << 2 | 2, 0, 7 << 2 | 2, 3))
        else:
            out += record(_NUMBER, struct.pack("<HHHd", row, 2, 1, 37886.5))
            out += record(_TRUTH, struct.pack("<HHHBB", row, 3, 0, 1, 0))
    return out


def stream(headings: tuple[str, ...] = HEADINGS) -> bytes:
    """The workbook: its head with formats and texts, and one sheet."""
    texts = (*headings, *NAMES)
    formats = b"".join(record(_XF, struct.pack("<HH", 0, number) + bytes(16)) for number in (0, 14))
    shared = record(_TEXTS, struct.pack("<II", len(texts), len(texts)) + b"".join(map(_text, texts)))
    name = struct.pack("<BB", 4, 0) + b"Lato"
    sheet_at = len(_bof(_BOOK) + formats + shared + record(_EOF)) + 4 + 6 + len(name)
    head = _bof(_BOOK) + formats + record(_BOUNDSHEET, struct.pack("<IBB", sheet_at, 0, 0) + name) + shared
    size = record(_SHEET_SIZE, struct.pack("<IIHHH", 0, 4, 0, 4, 0))
    return head + record(_EOF) + _bof(_SHEET) + size + _cells() + record(_EOF)


def _entry(name: str, sort: int, *, first: int, size: int, child: int = -1) -> bytes:
    title = (name + "\0").encode("utf-16-le")
    links = struct.pack("<BBiii", sort, 1, -1, -1, child)
    return (
        title.ljust(64, b"\0") + struct.pack("<H", len(title)) + links + bytes(36) + struct.pack("<iII", first, size, 0)
    )


def compound(book: bytes) -> bytes:
    """A compound file: header, table of sectors, directory, workbook; filled up to what is no small stream."""
    book = book.ljust(8 * SECTOR, b"\0")
    header = bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16)
    header += struct.pack("<HHHHHHI", 0x3E, 3, 0xFFFE, 9, 6, 0, 0) + bytes(4)
    header += struct.pack("<IIIIiIiI", 1, 1, 0, 4096, -2, 0, -2, 0)
    header += struct.pack("<i", 0) + b"\xff" * (4 * 108)
    table = struct.pack("<10i", -3, -2, *range(3, 10), -2).ljust(SECTOR, b"\xff")
    directory = _entry("Root Entry", 5, first=-2, size=0, child=1) + _entry("Workbook", 2, first=2, size=len(book))
    return header + table + directory.ljust(SECTOR, b"\0") + book


def _files(headings: tuple[str, ...] = HEADINGS) -> Files:
    return {"main": compound(stream(headings))}


def split(content: bytes) -> list[Token]:
    """Records of the workbook in place; a column or a text that is not there costs the book, so they are rare.

    The container is spoilt by the contract suite, byte by byte.
    """
    at, end = 3 * SECTOR, 3 * SECTOR + len(stream())
    tokens = [Token(content[:at], 0)]
    while at < end:
        kind, length = struct.unpack_from("<HH", content, at)
        body = content[at + 4 : at + 4 + length]
        tokens.append(Token(content[at : at + 4], 1, is_sized=True))
        if kind == _TEXTS:
            # Letters, seldom the length in front of them: a length that is wrong takes all texts behind it along.
            tokens += [Token(body[:11], 1, is_sized=True), Token(body[11:13], 5, is_sized=True)]
            tokens.append(Token(body[13:], 2, is_sized=True))
        elif kind in _CELLS:
            is_value = kind not in (_TEXT, _INTEGERS)
            weights = (1 if body[:2] == b"\0\0" else 10, 1, 1, 30 if is_value else 2)
            pieces = (body[:2], body[2:4], body[4:6], body[6:])
            tokens += [Token(piece, weight, is_sized=True) for piece, weight in zip(pieces, weights, strict=True)]
        elif length:
            tokens.append(Token(body, 1, is_sized=True))
        at += 4 + length
    return [*tokens, Token(content[end:], 0)]


SHEET_CASES = (
    ReaderCase(
        name="xls",
        files=_files,
        read=plain(read_spreadsheet, lambda page: SheetFormat()),
        columns=COLUMNS,
        records=3,
        mutate=structured(split),
        kind=small_kind("xls", columns=COLUMNS, page="cp1250", files={"main": "LISTA.XLS"}),
        drifted=lambda: _files(("NR", "NAZWISKO", "DZIEN", "CZYN")),
    ),
)
