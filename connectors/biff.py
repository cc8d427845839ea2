"""Where the cells of a sheet lie in the workbook stream (BIFF5 and BIFF8).

``xlrd`` reads what the cells say; it does not tell where they are, believes the sizes it is told and breaks in many
ways on damaged books. So the records are walked here first, which is cheap: two words each.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from config.errors import BadData

MAX_COLUMNS = 256
"""Excel 97's own limit. The file format could name 65 536, and a reader that believed it would fill the memory."""
_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _CONTINUE = 0x0809, 0x000A, 0x002F, 0x0085, 0x003C
_COLINFO, _MERGED, _STRING, _SHARED, _ARRAY = 0x007D, 0x00E5, 0x0207, 0x04BC, 0x0221
_BLANK, _MULTIPLE_BLANK, _MULTIPLE_RK = 0x0201, 0x00BE, 0x00BD
_ONE_CELL = frozenset((0x0203, 0x0204, 0x0205, 0x0006, 0x0206, 0x0406, 0x027E, 0x00FD, 0x00D6, _BLANK))
_MANY_CELLS = frozenset((_MULTIPLE_BLANK, _MULTIPLE_RK))
_BEHIND_A_CELL = frozenset((_STRING, _SHARED, _ARRAY, _CONTINUE))
_VERSIONS = {0x0500: 5, 0x0600: 8}
_WORKSHEET = 0


@dataclass(frozen=True)
class SheetPlace:
    """A sheet as the book's head announces it."""

    offset: int
    is_hidden: bool


@dataclass
class SheetMap:
    """What of a sheet lies where, in the stream."""

    pieces: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Row (from 0) to stretches of its cell records: first byte and one past the last."""
    filled: set[int] = field(default_factory=set)
    """Rows with a cell that is more than a format."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First and last row, first and last column, from 0, last included."""
    hidden_columns: set[int] = field(default_factory=set)


def book_sheets(stream: bytes, *, file: str) -> list[SheetPlace]:
    """The worksheets of a book in order.

    Raises:
        BadData: the book is encrypted, of another version, or damaged.
    """
    sheets: list[SheetPlace] = []
    for kind, start, end in _records(stream, at=0, file=file, what="the book's head"):
        if kind == _FILEPASS:
            raise BadData(
                f"{file}: workbook byte {start}: the book is protected by a password",
                hint="Ask for a book without password",
            )
        if kind == _BOUNDSHEET and end - start >= 6:
            offset, visibility, sort = struct.unpack_from("<IBB", stream, start)
            if sort == _WORKSHEET:
                sheets.append(SheetPlace(offset, visibility != 0))
    return sheets


def map_sheet(stream: bytes, *, at: int, file: str) -> SheetMap:
    """Where the cells of the sheet that begins at a byte lie.

    Raises:
        BadData: a record leaves the stream, or a cell lies outside a sheet of Excel 97.
    """
    found = SheetMap()
    row = -1
    for kind, start, end in _records(stream, at=at, file=file, what="a sheet"):
        if kind in _ONE_CELL or kind in _MANY_CELLS:
            row = _cell_row(stream, kind, start=start, end=end, file=file)
            if kind not in (_BLANK, _MULTIPLE_BLANK):
                found.filled.add(row)
            _add_piece(found, row, start=start - 4, end=end)
        elif kind in _BEHIND_A_CELL and row >= 0:
            _add_piece(found, row, start=start - 4, end=end)
        else:
            row = -1
            if kind == _MERGED:
                found.merged += _merged(stream, start=start, end=end)
            elif kind == _COLINFO and end - start >= 10:
                first, last, _, _, flags = struct.unpack_from("<HHHHH", stream, start)
                if flags & 1:
                    found.hidden_columns.update(range(first, min(last, MAX_COLUMNS - 1) + 1))
    return found


def _records(stream: bytes, *, at: int, file: str, what: str) -> Iterator[tuple[int, int, int]]:
    """Kind, first byte and one past the last of the records' contents; those of charts inside are left out."""
    depth = 0
    while True:
        if at + 4 > len(stream):
            raise BadData(f"{file}: workbook byte {at}: the end of {what} was expected", hint=_AGAIN)
        kind, length = struct.unpack_from("<HH", stream, at)
        start, end = at + 4, at + 4 + length
        if end > len(stream):
            raise BadData(f"{file}: workbook byte {at}: a record of {length} bytes leaves the workbook", hint=_AGAIN)
        if depth == 0 and (kind != _BOF or length < 4 or struct.unpack_from("<H", stream, start)[0] not in _VERSIONS):
            raise BadData(f"{file}: workbook byte {at}: {what} of Excel 5 to 2003 was expected", hint=_AGAIN)
        depth += (kind == _BOF) - (kind == _EOF)
        if depth == 0:
            return
        if depth == 1:
            yield kind, start, end
        at = end


def _cell_row(stream: bytes, kind: int, *, start: int, end: int, file: str) -> int:
    if end - start < 6:
        raise BadData(f"{file}: workbook byte {start}: a cell of {end - start} bytes", hint=_AGAIN)
    row, column = struct.unpack_from("<HH", stream, start)
    last = struct.unpack_from("<H", stream, end - 2)[0] if kind in _MANY_CELLS else column
    if not column <= last < MAX_COLUMNS:
        raise BadData(
            f"{file}: workbook byte {start}: columns {column} to {last}, at most {MAX_COLUMNS} were expected",
            hint=_AGAIN,
        )
    return int(row)


def _add_piece(found: SheetMap, row: int, *, start: int, end: int) -> None:
    pieces = found.pieces.setdefault(row, [])
    if pieces and pieces[-1][1] == start:
        pieces[-1] = (pieces[-1][0], end)
    else:
        pieces.append((start, end))


def _merged(stream: bytes, *, start: int, end: int) -> list[tuple[int, int, int, int]]:
    count = struct.unpack_from("<H", stream, start)[0] if end - start >= 2 else 0
    count = min(count, (end - start - 2) // 8)
    return [struct.unpack_from("<HHHH", stream, start + 2 + 8 * number) for number in range(count)]


_AGAIN = "The workbook is damaged or too old: ask for it again, saved as 'Microsoft Excel 97–2003'"
