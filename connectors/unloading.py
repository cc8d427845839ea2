"""Writing an Informix unload: the shape in which rows of a database are landed.

It is the one text format of ours that keeps apart what a database keeps apart: nothing between delimiters is NULL,
backslash and blank is an empty text. Cells are bytes as the database stores them; nothing is decoded here, so a byte
without a character reaches the reader, which reports it.
"""

from __future__ import annotations

from collections.abc import Sequence

_EMPTY_TEXT = b"\\ "


def unload_line(cells: Sequence[bytes | None], *, delimiter: bytes) -> bytes:
    """One record; missing cells are NULL."""
    # Most records need no escape: joining and counting is cheaper than looking into every cell.
    line = delimiter.join([cell or b"" for cell in cells])
    is_plain = line.count(delimiter) == len(cells) - 1 and b"\\" not in line and b"\n" not in line
    if not is_plain or b"" in cells:
        line = delimiter.join([b"" if cell is None else _escaped(cell, delimiter) for cell in cells])
    return line + delimiter + b"\n"


def _escaped(cell: bytes, delimiter: bytes) -> bytes:
    if not cell:
        return _EMPTY_TEXT
    return cell.replace(b"\\", b"\\\\").replace(delimiter, b"\\" + delimiter).replace(b"\n", b"\\\n")
