"""How each kind of system of events writes what it knows."""

from __future__ import annotations

from estate.systems.events import a3b, a6e, a6m, a6p, a9
from estate.systems.events.model import EventWriter, Period, Telling, WrittenEvents

WRITERS: tuple[EventWriter, ...] = (a3b.WRITER, a6e.WRITER, a6m.WRITER, a6p.WRITER, a9.WRITER)
"""One per kind; a kind without a writer delivers nothing."""

__all__ = ["WRITERS", "EventWriter", "Period", "Telling", "WrittenEvents"]
