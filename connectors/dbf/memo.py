"""Memo files: texts of any length, apart from the table that points to them by block number.

dbt3    blocks of 512 bytes, a text ends at 0x1A
dbt4    a block begins with FF FF 08 00 and the length of the text, these eight bytes included
fpt     a block begins with its type (1 is text) and the length of the text, both big-endian
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow.compute as pc

from config.errors import BadData, BudgetExceeded
from connectors.dbf.places import PlacedBytes
from connectors.model import Bytes, Ledger, Longs, reason_number
from connectors.text import stored_array, stored_bytes

MemoFormat = Literal["dbt3", "dbt4", "fpt"]
HEADER_BYTES = 512
_END = 0x1A
_SCAN_BYTES = 16 * 2**20
_MOST_BYTES = 512 * 2**20
"""Texts of one chunk; Arrow cannot place more than 2 GiB."""
_PAST_EOF = reason_number("memo_pointer_past_eof")
_UNTERMINATED = reason_number("memo_unterminated")
_BAD_BLOCK = reason_number("memo_bad_block")
_MISSING = reason_number("memo_missing")


def memo_format(version: int) -> MemoFormat:
    """Which memo files a version of DBF has."""
    if version in (0x8B, 0x8E, 0xCB, 0x43, 0x63):
        return "dbt4"
    return "fpt" if version in (0x30, 0x31, 0x32, 0xF5, 0xFB) else "dbt3"


@dataclass(frozen=True)
class MemoTexts:
    """The texts some pointers lead to."""

    data: Bytes
    """One after another, without the padding behind them."""
    offsets: Longs
    """Where each begins, one more than pointers; a text of no bytes is none."""
    reasons: Bytes


class MemoFile:
    """One memo file; remembers which bytes were pointed to, for its account."""

    def __init__(self, path: Path, *, form: MemoFormat, ledger: Ledger) -> None:
        self._ledger = ledger
        self._form = form
        self._extents: list[Longs] = []
        if 0 < ledger.size < HEADER_BYTES:
            raise BadData(
                f"{ledger.file}: byte {ledger.size}: the header is cut, {HEADER_BYTES} bytes expected",
                hint="Ask for it again",
            )
        self._file = PlacedBytes(path, ledger=ledger)
        self.block_bytes = self._block_bytes()
        self._ends: Longs | None = None

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _block_bytes(self) -> int:
        head = self._file.piece(0, min(HEADER_BYTES, self._ledger.size)).tobytes()
        size = 512
        if self._form == "fpt":
            size = int.from_bytes(head[6:8], "big")
        elif self._form == "dbt4":
            size = int.from_bytes(head[20:22], "little") or 512
        # FoxPro's SET BLOCKSIZE TO 0 means blocks of one byte.
        return size or 1

    def texts(self, pointers: Longs) -> MemoTexts:
        """Where the texts of block numbers lie; 0 points to nothing."""
        starts = pointers * self.block_bytes
        reasons = np.zeros(len(pointers), dtype=np.uint8)
        has_memo = pointers != 0
        head = 0 if self._form == "dbt3" else 8
        is_inside = (starts >= 0) & (starts + head < self._ledger.size) & (starts >= HEADER_BYTES)
        reasons[has_memo & ~is_inside] = _PAST_EOF
        rows = np.flatnonzero(has_memo & is_inside)
        lengths = np.zeros(len(pointers), dtype=np.int64)
        if self._form == "dbt3":
            lengths[rows] = self._terminated(starts[rows])
        else:
            lengths[rows] = self._counted(starts[rows])
        starts = starts + head
        is_bad = np.zeros(len(pointers), dtype=np.bool_)
        is_bad[rows] = lengths[rows] < 0
        reasons[is_bad] = _UNTERMINATED if self._form == "dbt3" else _BAD_BLOCK
        is_long = np.zeros(len(pointers), dtype=np.bool_)
        is_long[rows] = starts[rows] + lengths[rows] > self._ledger.size
        reasons[is_long] = _PAST_EOF
        lengths[is_bad | is_long] = 0
        self._remember(starts, lengths, rows=rows, head=head)
        self._check_budgets(starts, lengths)
        data, offsets = self._file.gather(np.where(lengths > 0, starts, 0), lengths)
        return MemoTexts(*_without_padding(data, offsets), reasons)

    def _check_budgets(self, starts: Longs, lengths: Longs) -> None:
        """Many pointers may lead to one long text: what they add up to is known before a byte of it is read."""
        most = self._ledger.budgets.max_field_chars
        longest = int(lengths.argmax()) if len(lengths) else 0
        if len(lengths) and lengths[longest] > most:
            raise BudgetExceeded(
                f"{self._ledger.file}: byte {starts[longest]}: a memo of {lengths[longest]} characters, at most {most} "
                "are allowed",
                hint="The file is damaged, or raise budgets.max_field_chars in the kind's YAML",
            )
        if lengths.sum() > _MOST_BYTES:
            raise BudgetExceeded(
                f"{self._ledger.file}: memos of {lengths.sum()} bytes in {len(lengths)} records, at most {_MOST_BYTES}",
                hint="The file is damaged, or read fewer records at once",
            )

    def _terminated(self, starts: Longs) -> Longs:
        ends = self._all_ends()
        at = np.searchsorted(ends, starts)
        found = at < len(ends)
        lengths = np.full(len(starts), -1, dtype=np.int64)
        lengths[found] = ends[at[found]] - starts[found]
        return lengths

    def _all_ends(self) -> Longs:
        if self._ends is None:
            size = self._ledger.size
            pieces = ((first, min(_SCAN_BYTES, size - first)) for first in range(0, size, _SCAN_BYTES))
            parts = [np.flatnonzero(self._file.piece(first, length) == _END) + first for first, length in pieces]
            self._ends = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return self._ends

    def _counted(self, starts: Longs) -> Longs:
        """Lengths that block headers tell; -1 for a block that is no text."""
        heads = self._file.gather(starts, np.full(len(starts), 8, dtype=np.int64))[0].reshape(-1, 8)
        kinds = np.ascontiguousarray(heads[:, :4]).view(">u4").reshape(-1)
        order = ">u4" if self._form == "fpt" else "<u4"
        lengths = np.ascontiguousarray(heads[:, 4:]).view(order).reshape(-1).astype(np.int64)
        if self._form == "fpt":
            return np.where(kinds == 1, lengths, -1)
        return np.where((kinds == 0xFFFF0800) & (lengths >= 8), lengths - 8, -1)

    def _remember(self, starts: Longs, lengths: Longs, *, rows: Longs, head: int) -> None:
        begin = starts[rows] - head
        # Two end marks close a text of dBase III, one closes one of Clipper; the first is the text's, the rest filler.
        end = np.minimum(starts[rows] + lengths[rows] + (1 if self._form == "dbt3" else 0), self._ledger.size)
        self._extents.append(np.stack([begin, end], axis=1))

    def book(self) -> None:
        """Books every byte: header, texts something pointed to, and filler nothing points to."""
        header = min(HEADER_BYTES, self._ledger.size)
        used = _union(np.concatenate(self._extents)) if self._extents else 0
        self._ledger.book("header", header)
        self._ledger.book("records", used)
        self._ledger.book("filler", self._ledger.size - header - used)


def _without_padding(data: Bytes, offsets: Longs) -> tuple[Bytes, Longs]:
    """Texts without the NULs and end marks behind them."""
    return stored_bytes(pc.ascii_rtrim(stored_array(data, offsets=offsets), characters="\0\x1a"))


def missing_texts(pointers: Longs) -> MemoTexts:
    """What pointers lead to when there is no memo file."""
    reasons = np.where(pointers != 0, _MISSING, 0).astype(np.uint8)
    return MemoTexts(np.zeros(0, dtype=np.uint8), np.zeros(len(pointers) + 1, dtype=np.int64), reasons)


def _union(extents: Longs) -> int:
    """Bytes that at least one extent covers."""
    if not len(extents):
        return 0
    extents = extents[np.argsort(extents[:, 0], kind="stable")]
    reached = np.maximum.accumulate(extents[:, 1])
    begins = np.maximum(extents[1:, 0], reached[:-1])
    return int(extents[0, 1] - extents[0, 0] + np.maximum(reached[1:] - begins, 0).sum())
