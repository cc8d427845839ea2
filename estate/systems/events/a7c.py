"""Complaints (A7c): a Delphi program with a database in Windows 1250. Codes differ from point to point."""

from __future__ import annotations

import numpy as np

from estate.draw import Ints
from estate.life.clock import DAY, absolute_minutes, wall_day
from estate.life.complaints import ADVISOR, Complaints
from estate.life.events import Events
from estate.people import NONE
from estate.services.tables import Table
from estate.systems.events.model import EventWriter, ServedEvents, Telling, WrittenEvents
from estate.systems.events.states import (
    Column,
    Kept,
    States,
    came_in,
    case_numbers,
    chosen,
    days,
    family,
    named,
    notes,
    stamps,
    states_of,
)
from estate.systems.lines import amount

FILE = "reklamacje.unl"
TABLE = Table(
    "reklamacje",
    (
        *(("nr", "varchar(20)"), ("nr_poprz", "varchar(20)"), ("nr_pisma", "varchar(20)")),
        *(("nr_klienta", "varchar(30)"), ("punkt", "varchar(4)"), ("telefon", "varchar(20)")),
        *(("przyjeto", "timestamp(0)"), ("droga", "varchar(12)"), ("kategoria", "varchar(30)")),
        *(("opis", "varchar(200)"), ("stan", "varchar(12)"), ("kwota_sporna", "numeric(12,2)")),
        *(("kwota_uznana", "numeric(12,2)"), ("termin", "date"), ("rozpatrzono", "date")),
        *(("rozpatrzyl", "varchar(12)"), ("operator", "varchar(10)"), ("wersja", "integer")),
        ("zmieniono", "timestamp(0)"),
    ),
    ("nr", "wersja"),
)
CLOCK_DAYS = 30
"""Days the company has for an answer."""

# One table of codes for each family of desks; the last is the centre's.
STATES = (
    ("U", "C", "N", "O"),
    ("20", "25", "30", "10"),
    ("uznana", "uzn. częśc.", "odmowa", "w toku"),
    ("UZNANA", "CZESCIOWO", "ODRZUCONA", "PRZYJETA"),
)
"""In the order of :data:`estate.life.complaints.DECISIONS`."""
DECIDERS = (("S", "Z"), ("1", "2"), ("stanowisko", "zaplecze"), ("DORADCA", "ZAPLECZE"))
CHANNELS = (
    ("B", "T", "T", "W", "E", "L"),
    ("1", "2", "2", "5", "4", "3"),
    ("osobiście", "telefon", "telefon", "internet", "e-mail", "list"),
    ("BOK", "INFOLINIA", "9393", "PORTAL", "MAIL", "LIST"),
)
"""In the order of :data:`estate.life.orders.CHANNELS`."""
CATEGORIES = (
    ("FAKT", "POL", "INT", "USZ", "OPOZ", "WPL", "INNE"),
    ("101", "102", "103", "104", "105", "106", "199"),
    (),
    ("RACHUNEK", "POLACZENIA", "INTERNET", "USTERKA", "OPOZNIENIE", "PLATNOSC", "INNA"),
)
WORDS = (
    ("zawyżony rachunek", "za wysoki rach.", "ZAWYŻONY RACHUNEK", "rachunek"),
    ("połączenia niewykonane", "nie dzwonił", "obce rozmowy"),
    ("opłata za internet", "internet", "modem - naliczenia"),
    ("nieusunięta usterka", "usterka nie usunięta", "głuchy telefon"),
    ("opóźnienie przyłączenia", "brak telefonu w terminie"),
    ("wpłata nie zaksięgowana", "nie zaksięg. wpłata", "wpłata"),
    ("inne", "różne", "INNE"),
)
"""What clerks of the third family type: there the category is free text."""
NOTES = (
    "Klient twierdzi, że nie dzwonił pod wskazane numery",
    "Prosi o odpowiedź na piśmie\nponownie dzwonił w piątek",
    "Zażądano wykazu połączeń | wysłano",
    "Interwencja rzecznika konsumentów",
    "",
    "wg biling. OK",
)


def keep(telling: Telling) -> Kept:
    """The states of complaints a desk tells of, in the columns of its table."""
    told = telling.rows["complaints"]
    life = telling.life.complaints
    states = states_of(telling, life, told, ended=ended(life)[told])
    keys = case_numbers("R", telling.source.point_code, states.number)
    barcodes = np.where(life.letter == NONE, 0, telling.life.letters.barcode[np.maximum(life.letter, 0)])
    who = named(telling, life, states, barcodes[states.row])
    dates, undated = came_in(telling, life, states)
    written, spoilt = notes(telling, states, NOTES)
    granted = np.where(states.is_ended, life.granted_grosze[states.row], 0)
    columns = (
        *(keys.tolist(), earlier_numbers(telling, "R", life, life.reopened_from[states.row]), who.letters),
        *(who.accounts, who.points, who.phones, dates),
        [CHANNELS[family(telling)][at] for at in life.channel[states.row].tolist()],
        *(_categories(telling, life, states), written, _states(telling, life, states)),
        [amount(grosze, comma=".") for grosze in life.amount_grosze[states.row].tolist()],
        chosen([amount(grosze, comma=".") for grosze in granted.tolist()], where=states.is_ended),
        days(wall_day(life.minute[states.row]) + CLOCK_DAYS, where=states.row >= 0),
        days(life.decided_day[states.row], where=states.is_ended),
        _deciders(telling, life, states),
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
        control={"granted_grosze": int(granted.sum()), "claimed_grosze": int(life.amount_grosze[states.row].sum())},
    )


def ended(events: Events) -> Ints:
    """Absolute minute of each decision: an advisor's while the customer was there, the office's during its hours."""
    assert isinstance(events, Complaints)
    office = events.decided_day * DAY + 8 * 60 + events.number * 37 % 480
    at_office = absolute_minutes(office, second_time=np.zeros(len(events), dtype=bool))
    at = np.where(events.decided_by == ADVISOR, events.minute, at_office)
    return np.where(events.decided_day == NONE, NONE, at)


def earlier_numbers(telling: Telling, letter: str, events: Events, earlier: Ints) -> Column:
    """Number of the case each one repeats, at whichever desk that was."""
    from config.sources import all_sources

    known = all_sources()
    safe = np.maximum(earlier, 0)
    numbers = [
        f"{letter}{known[source].point_code[2:]}/{number:07d}"
        for source, number in zip(events.source[safe].tolist(), events.number[safe].tolist(), strict=True)
    ]
    return chosen(numbers, where=earlier != NONE)


def _states(telling: Telling, life: Complaints, states: States) -> Column:
    words = STATES[family(telling)]
    return [
        words[decision] if is_ended else words[-1]
        for decision, is_ended in zip(life.decision[states.row].tolist(), states.is_ended.tolist(), strict=True)
    ]


def _deciders(telling: Telling, life: Complaints, states: States) -> Column:
    words = DECIDERS[family(telling)]
    return chosen([words[at] for at in life.decided_by[states.row].tolist()], where=states.is_ended)


def _categories(telling: Telling, life: Complaints, states: States) -> Column:
    category, words = life.category[states.row].tolist(), CATEGORIES[family(telling)]
    if words:
        return [words[at] for at in category]
    luck = states.pick(9, 60)
    return [WORDS[at][number % len(WORDS[at])] for at, number in zip(category, luck, strict=True)]


def write(telling: Telling) -> WrittenEvents:
    """As a file."""
    return keep(telling).written(FILE)


def serve(telling: Telling) -> ServedEvents:
    """As the table of a database."""
    return keep(telling).served()


WRITER = EventWriter("a7c", ("complaints",), write, changes={"complaints": ended}, serve=serve)
