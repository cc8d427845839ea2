"""How each kind of system of events writes what it knows."""

from __future__ import annotations

from estate.systems.events import a3b, a4o, a5, a5i, a8, a8f, a10, a11, a12l, a12p, a12s
from estate.systems.events.model import EventWriter, Period, Telling, WrittenEvents

WRITERS: tuple[EventWriter, ...] = (
    a3b.WRITER,
    a4o.WRITER,
    a5.WRITER,
    a5i.WRITER,
    a8.WRITER,
    a8f.WRITER,
    a10.WRITER,
    a11.WRITER,
    a12l.WRITER,
    a12p.WRITER,
    a12s.WRITER,
)
"""One per kind; a kind without a writer delivers nothing."""

__all__ = ["WRITERS", "EventWriter", "Period", "Telling", "WrittenEvents"]
