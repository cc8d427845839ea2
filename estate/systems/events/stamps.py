"""What clocks on the wall showed, as texts."""

from __future__ import annotations

import numpy as np

from estate.draw import Flags, Ints
from estate.life.clock import DAY, wall_minutes

_OF_DAY = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(DAY)]


def wall_texts(minute: Ints, second: Ints, *, date: str, between: str) -> list[str]:
    """Date and time of absolute minutes; ``date`` is a layout of ``strftime``."""
    return clock_texts(wall_minutes(minute), second, date=date, between=between)


def clock_texts(clock: Ints, second: Ints, *, date: str, between: str) -> list[str]:
    """The same of minutes since 1970 of the clock itself."""
    days, place = np.unique(clock // DAY, return_inverse=True)
    dates = [day.strftime(date) + between for day in days.astype("datetime64[D]").tolist()]
    rows = zip(place.tolist(), (clock % DAY).tolist(), second.tolist(), strict=True)
    return [f"{dates[day]}{_OF_DAY[at]}:{sec:02d}" for day, at, sec in rows]


def is_second_time(minute: Ints) -> Flags:
    """Which minutes show a time the clock has shown an hour before, in a night of October."""
    return np.asarray(wall_minutes(minute) == wall_minutes(minute - 60))


def seconds_of(numbers: Ints) -> Ints:
    """The second of its minute at which an event happened, where the life tells minutes only."""
    return numbers * 37 % 60
