"""The physical lines of a view: line feeds part them, a carriage return before one belongs to the line end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from connectors.model import Flags, Longs
from connectors.window import View

LINE_FEED, CARRIAGE_RETURN, END_OF_FILE = 0x0A, 0x0D, 0x1A


@dataclass(frozen=True)
class PhysicalLines:
    """Complete lines of a view; what stands behind the last line feed is one only where the file ends."""

    starts: Longs
    content_ends: Longs
    ends: Longs
    """One past the line feed."""
    is_cut: bool
    """Whether the last line has no line feed behind it."""

    @staticmethod
    def of(view: View) -> PhysicalLines:
        """The lines of a view."""
        data = view.data
        ends = np.flatnonzero(data == LINE_FEED) + 1
        is_cut = bool(view.is_last and len(data) and data[-1] != LINE_FEED)
        if is_cut:
            ends = np.append(ends, len(data))
        if not len(ends):
            return PhysicalLines(ends, ends, ends, is_cut)
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1]])
        content_ends = ends - (data[ends - 1] == LINE_FEED)
        content_ends -= (content_ends > starts) & (data[np.maximum(content_ends - 1, 0)] == CARRIAGE_RETURN)
        return PhysicalLines(starts, content_ends, ends, is_cut)

    @property
    def consumed(self) -> int:
        """Bytes of the view that are lines."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @property
    def lengths(self) -> Longs:
        """Bytes of each line without its line end."""
        return self.content_ends - self.starts

    def begin_with(self, prefix: bytes, *, view: View) -> Flags:
        """The lines that begin with these bytes; no line does where there are none to begin with."""
        begins: Flags = self.lengths >= max(1, len(prefix)) if prefix else np.zeros(len(self.ends), dtype=np.bool_)
        for at, byte in enumerate(prefix):
            begins[begins] = view.data[self.starts[begins] + at] == byte
        return begins

    def end_mark(self, view: View) -> Flags:
        """The last line of the file where it holds nothing but the 0x1A that DOS tools leave there."""
        is_mark = np.zeros(len(self.ends), dtype=np.bool_)
        if view.is_last and len(self.ends):
            content = view.data[self.starts[-1] : self.content_ends[-1]]
            is_mark[-1] = len(content) > 0 and bool((content == END_OF_FILE).all())
        return is_mark
