"""How each kind of system of events writes what it knows."""

from __future__ import annotations

from estate.systems.events import a3b, a4o, a5, a5i, a10, a11
from estate.systems.events.model import EventWriter, Period, Telling, WrittenEvents

WRITERS: tuple[EventWriter, ...] = (a3b.WRITER, a4o.WRITER, a5.WRITER, a5i.WRITER, a10.WRITER, a11.WRITER)
"""One per kind; a kind without a writer delivers nothing."""

__all__ = ["WRITERS", "EventWriter", "Period", "Telling", "WrittenEvents"]
