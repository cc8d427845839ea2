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

from config.errors import BadData, StorageFailed
from connectors.model import Bytes, Ledger, Longs, reason_number

MemoFormat = Literal["dbt3", "dbt4", "fpt"]
HEADER_BYTES = 512
_END = 0x1A
_SCAN_BYTES = 16 * 2**20
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
    """Where the texts of some pointers lie in the memo file."""

    starts: Longs
    lengths: Longs
    """0 where there is none."""
    reasons: Bytes


class MemoFile:
    """One memo file; remembers which bytes were pointed to, for its account."""

    def __init__(self, path: Path, *, form: MemoFormat, ledger: Ledger) -> None:
        self._ledger = ledger
        self._form = form
        self._extents: list[Longs] = []
        try:
            self.data: Bytes = (
                np.memmap(path, dtype=np.uint8, mode="r", shape=(ledger.size,)) if ledger.size else _empty()
            )
        except OSError as exc:
            raise StorageFailed(f"{path.name}: {exc.strerror}") from exc
        if 0 < ledger.size < HEADER_BYTES:
            raise BadData(
                f"{ledger.file}: byte {ledger.size}: the header is cut, {HEADER_BYTES} bytes expected",
                hint="Ask for it again",
            )
        self.block_bytes = self._block_bytes()
        self._ends: Longs | None = None

    def _block_bytes(self) -> int:
        head = self.data[:HEADER_BYTES].tobytes()
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
        is_inside = (starts >= 0) & (starts + head < len(self.data)) & (starts >= HEADER_BYTES)
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
        is_long[rows] = starts[rows] + lengths[rows] > len(self.data)
        reasons[is_long] = _PAST_EOF
        lengths[is_bad | is_long] = 0
        self._remember(starts, lengths, rows=rows, head=head)
        return MemoTexts(np.where(lengths > 0, starts, 0), self._without_padding(starts, lengths), reasons)

    def _terminated(self, starts: Longs) -> Longs:
        ends = self._all_ends()
        at = np.searchsorted(ends, starts)
        found = at < len(ends)
        lengths = np.full(len(starts), -1, dtype=np.int64)
        lengths[found] = ends[at[found]] - starts[found]
        return lengths

    def _all_ends(self) -> Longs:
        if self._ends is None:
            parts = [
                np.flatnonzero(self.data[first : first + _SCAN_BYTES] == _END) + first
                for first in range(0, len(self.data), _SCAN_BYTES)
            ]
            self._ends = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return self._ends

    def _counted(self, starts: Longs) -> Longs:
        """Lengths that block headers tell; -1 for a block that is no text."""
        heads = np.asarray(self.data[starts[:, None] + np.arange(8)])
        kinds = np.ascontiguousarray(heads[:, :4]).view(">u4").reshape(-1)
        order = ">u4" if self._form == "fpt" else "<u4"
        lengths = np.ascontiguousarray(heads[:, 4:]).view(order).reshape(-1).astype(np.int64)
        if self._form == "fpt":
            return np.where(kinds == 1, lengths, -1)
        return np.where((kinds == 0xFFFF0800) & (lengths >= 8), lengths - 8, -1)

    def _remember(self, starts: Longs, lengths: Longs, *, rows: Longs, head: int) -> None:
        begin = starts[rows] - head
        # Two end marks close a text of dBase III, one closes one of Clipper; the first is the text's, the rest filler.
        end = np.minimum(starts[rows] + lengths[rows] + (1 if self._form == "dbt3" else 0), len(self.data))
        self._extents.append(np.stack([begin, end], axis=1))

    def _without_padding(self, starts: Longs, lengths: Longs) -> Longs:
        lengths = lengths.copy()
        at = np.flatnonzero(lengths)
        while at.size:
            last = self.data[starts[at] + lengths[at] - 1]
            at = at[(last == 0) | (last == _END)]
            lengths[at] -= 1
            at = at[lengths[at] > 0]
        return lengths

    def book(self) -> None:
        """Books every byte: header, texts something pointed to, and filler nothing points to."""
        header = min(HEADER_BYTES, self._ledger.size)
        used = _union(np.concatenate(self._extents)) if self._extents else 0
        self._ledger.book("header", header)
        self._ledger.book("records", used)
        self._ledger.book("filler", self._ledger.size - header - used)


def _empty() -> Bytes:
    return np.zeros(0, dtype=np.uint8)


def missing_texts(pointers: Longs) -> MemoTexts:
    """What pointers lead to when there is no memo file."""
    none = np.zeros(len(pointers), dtype=np.int64)
    return MemoTexts(none, none, np.where(pointers != 0, _MISSING, 0).astype(np.uint8))


def _union(extents: Longs) -> int:
    """Bytes that at least one extent covers."""
    if not len(extents):
        return 0
    extents = extents[np.argsort(extents[:, 0], kind="stable")]
    reached = np.maximum.accumulate(extents[:, 1])
    begins = np.maximum(extents[1:, 0], reached[:-1])
    return int(extents[0, 1] - extents[0, 0] + np.maximum(reached[1:] - begins, 0).sum())
