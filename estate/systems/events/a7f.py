"""Faults (A7f): the repair desk, biuro napraw; the same Delphi program as for complaints, with another table."""

from __future__ import annotations

import numpy as np

from estate.draw import Ints
from estate.life.events import Events
from estate.life.faults import Faults
from estate.people import NONE
from estate.services.tables import Table
from estate.systems.events.a7c import earlier_numbers
from estate.systems.events.model import EventWriter, ServedEvents, Telling, WrittenEvents
from estate.systems.events.states import (
    Column,
    Kept,
    States,
    came_in,
    case_numbers,
    chosen,
    family,
    named,
    notes,
    stamps,
    states_of,
)

FILE = "usterki.unl"
TABLE = Table(
    "usterki",
    (
        *(("nr", "varchar(20)"), ("nr_poprz", "varchar(20)"), ("nr_klienta", "varchar(30)"), ("punkt", "varchar(4)")),
        *(("telefon", "varchar(20)"), ("zgloszono", "timestamp(0)"), ("objaw", "varchar(200)")),
        *(("przyczyna", "varchar(30)"), ("stan", "varchar(12)"), ("naprawiono", "timestamp(0)")),
        *(("monter", "varchar(10)"), ("operator", "varchar(10)"), ("wersja", "integer"), ("zmieniono", "timestamp(0)")),
    ),
    ("nr", "wersja"),
)
STATES = (("P", "Z"), ("1", "9"), ("w naprawie", "naprawiona"), ("OTWARTA", "USUNIETA"))
CAUSES = (
    ("KAB", "CEN", "GNZ", "MOD", "BUR", "KRA", "BRK"),
    ("11", "12", "13", "14", "15", "16", "19"),
    (),
    ("KABEL", "CENTRALA", "GNIAZDO", "MODEM", "BURZA", "KRADZIEZ", "NIE STWIERDZONO"),
)
"""In the order of :data:`estate.life.faults.CAUSES`."""
WORDS = (
    ("uszkodzony kabel", "kabel", "przerwa na kablu"),
    ("awaria centrali", "centrala"),
    ("gniazdko", "gniazdo abonenckie"),
    ("modem klienta", "modem"),
    ("burza", "wyładowanie atmosferyczne"),
    ("kradzież kabla", "KRADZIEŻ"),
    ("nie stwierdzono", "b.z.", "bez uszkodzeń"),
)
NOTES = (
    "Głucha linia",
    "Trzaski w słuchawce",
    "Brak sygnału od wczoraj\nprosi o pilną naprawę",
    "Nie działa neostrada | dioda mruga",
    "Słaba słyszalność, przerywa",
    "",
)


def keep(telling: Telling) -> Kept:
    """The states of faults a desk tells of, in the columns of its table."""
    told = telling.rows["faults"]
    life = telling.life.faults
    states = states_of(telling, life, told, ended=ended(life)[told])
    keys = case_numbers("U", telling.source.point_code, states.number)
    who = named(telling, life, states, np.zeros(len(states), dtype=np.int64))
    dates, undated = came_in(telling, life, states)
    written, spoilt = notes(telling, states, NOTES)
    done = np.where(states.is_ended, life.repaired_minute[states.row], 0)
    words = STATES[family(telling)]
    columns = (
        *(keys.tolist(), earlier_numbers(telling, "U", life, life.reopened_from[states.row])),
        *(who.accounts, who.points, who.phones, dates, written),
        chosen(_causes(telling, life, states), where=states.is_ended),
        [words[1] if is_ended else words[0] for is_ended in states.is_ended.tolist()],
        chosen(stamps(done), where=states.is_ended),
        chosen([f"M{at:03d}" for at in states.pick(10, 300)], where=states.is_ended),
        ["TEST" if is_test else f"OP{at:02d}" for at, is_test in zip(states.pick(8, 40), states.is_test, strict=True)],
        *([str(version) for version in states.version.tolist()], stamps(states.changed)),
    )
    return Kept(
        table=TABLE,
        columns=columns,
        keys=keys,
        states=states,
        defects=(
            *(("F05", undated), ("F14", spoilt), ("F18", who.odd_phones)),
            *(("F22", np.flatnonzero(states.is_test)), ("F24", np.flatnonzero(who.is_orphan))),
        ),
        control={},
    )


def ended(events: Events) -> Ints:
    """Absolute minute of each repair; NONE while open."""
    assert isinstance(events, Faults)
    return np.where(events.repaired_minute == NONE, NONE, events.repaired_minute)


def _causes(telling: Telling, life: Faults, states: States) -> Column:
    cause, words = life.cause[states.row].tolist(), CAUSES[family(telling)]
    if words:
        return [words[at] for at in cause]
    luck = states.pick(9, 60)
    return [WORDS[at][number % len(WORDS[at])] for at, number in zip(cause, luck, strict=True)]


def write(telling: Telling) -> WrittenEvents:
    """As a file."""
    return keep(telling).written(FILE)


def serve(telling: Telling) -> ServedEvents:
    """As the table of a database."""
    return keep(telling).served()


WRITER = EventWriter("a7f", ("faults",), write, changes={"faults": ended}, serve=serve)
