"""Workbooks of Excel 97, and where their rows lie.

``xlwt`` writes no date and no name of its own into a book, so the same cells give the same bytes. It puts the workbook
stream right behind the 512 bytes of the container's head, in one piece.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import xlwt
from xlwt.Cell import NumberCell, StrCell

from estate.draw import Ints

_HEAD = 512
_BOF, _SHEET = 0x0809, 0x0010
_CELLS = frozenset((0x0203, 0x00FD, 0x027E, 0x00BD, 0x0201, 0x00BE, 0x0205))
"""Numbers and their short forms, shared texts, blanks, truth values."""


PLAIN: Any = xlwt.Style.default_style


def style(number_format: str) -> Any:
    """How numbers of that format look."""
    return xlwt.easyxf(num_format_str=number_format)


def new_book(*, is_1904: bool) -> Any:
    """An empty book; ``is_1904`` is the calendar of a Macintosh."""
    book = xlwt.Workbook(encoding="cp1250")
    book.dates_1904 = is_1904
    book.country_code = 48
    book.owner = "BOK"
    return book


class Cells:
    """Puts cells into rows as ``Row.set_cell_text`` and ``set_cell_number`` do.

    Those find out with every cell how high its font is, which takes longer than everything else; all of ours have the
    same. Only the first and the last cell of a row go through them, for they tell the row how wide it is.
    """

    def __init__(self, book: Any) -> None:
        self._book = book
        self._styles: dict[int, int] = {}

    def fill(self, row: Any, cells: Sequence[tuple[int, str | float, Any]]) -> None:
        """Put cells into an empty row: column, value and style, from left to right."""
        last = len(cells) - 1
        for place, (column, value, look) in enumerate(cells):
            if isinstance(value, str):
                if 0 < place < last:
                    cell = StrCell(row.get_index(), column, self._number_of(PLAIN), self._book.add_str(value))
                    row.insert_cell(column, cell)
                else:
                    row.set_cell_text(column, value)
            elif 0 < place < last:
                row.insert_cell(column, NumberCell(row.get_index(), column, self._number_of(look), value))
            else:
                row.set_cell_number(column, value, look)

    def _number_of(self, look: Any) -> int:
        if id(look) not in self._styles:
            self._styles[id(look)] = self._book.add_style(look)
        return self._styles[id(look)]


def saved(book: Any) -> bytes:
    """The file."""
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def row_places(content: bytes, *, first_row: int) -> tuple[Ints, Ints]:
    """Offset and length in the file of each row's cells, sheet by sheet, from ``first_row`` (from 0) on."""
    offsets: list[int] = []
    ends: list[int] = []
    at, sheet, last = _HEAD, -1, (-1, -1)
    while at + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, at)
        if kind == 0 and length == 0:
            break
        if kind == _BOF and struct.unpack_from("<H", content, at + 6)[0] == _SHEET:
            sheet += 1
        elif kind in _CELLS and (row := struct.unpack_from("<H", content, at + 4)[0]) >= first_row:
            if (sheet, row) != last:
                offsets.append(at)
                ends.append(at)
                last = (sheet, row)
            ends[-1] = at + 4 + length
        at += 4 + length
    found = np.array(offsets, dtype=np.int64)
    return found, np.array(ends, dtype=np.int64) - found
