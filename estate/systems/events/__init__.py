"""How each kind of system of events writes what it knows."""

from __future__ import annotations

from estate.systems.events import a3b, a4o, a5, a5i, a6e, a6m, a6p, a7c, a7f, a8, a8f, a9, a10, a11, a12l, a12p, a12s
from estate.systems.events.model import AnsweredEvents, EventWriter, Period, ServedEvents, Telling, WrittenEvents

WRITERS: tuple[EventWriter, ...] = (
    a3b.WRITER,
    a4o.WRITER,
    a5.WRITER,
    a5i.WRITER,
    a6e.WRITER,
    a6m.WRITER,
    a6p.WRITER,
    a7c.WRITER,
    a7f.WRITER,
    a8.WRITER,
    a8f.WRITER,
    a9.WRITER,
    a10.WRITER,
    a11.WRITER,
    a12l.WRITER,
    a12p.WRITER,
    a12s.WRITER,
)
"""One per kind; a kind without a writer delivers nothing."""

__all__ = ["WRITERS", "AnsweredEvents", "EventWriter", "Period", "ServedEvents", "Telling", "WrittenEvents"]
