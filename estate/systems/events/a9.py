"""Scanned correspondence (A9): an index, and for each letter its pages (TIFF G4) and what was recognised of them.

A letter sent with the slip of an invoice has the customer's new number as a bar code, and that is all the station
looks for; of the others it keeps the recognised text, in which a telephone or an old number may stand, with l for 1 and
O for 0. Pages are tiny and a few dozen different ones in all: nobody reads them, they are counted. Invented: the
columns, and what people write.
"""

from __future__ import annotations

import numpy as np

from estate.draw import Draw, Flags, Ints, chance, texts
from estate.life.clock import wall_minutes
from estate.life.events import NEW_ACCOUNT, TOPICS, Events
from estate.life.letters import Letters
from estate.people import NONE
from estate.systems.events.a9_pages import VARIANTS, tiff
from estate.systems.events.a9_texts import PAGE, recognised
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts
from estate.systems.lines import spans

FILE = "INDEKS.CSV"
_HEADING = "PACZKA;NR;STRON;KOD;KLIENT;DATA;TYP;PODPISANO;PRZEKAZANO;DORADCA;TIFF;TEKST\r\n"
_TYPES = dict(
    zip(
        TOPICS,
        (
            *("FAKTURA", "PŁATNOŚĆ", "OFERTA", "USTERKA", "REKLAMACJA"),
            *("ZAMÓWIENIE", "INTERNET", "ZMIANA", "REZYGNACJA", "INNE"),
        ),
        strict=True,
    )
)


def write(telling: Telling) -> WrittenEvents:
    """Letters in the order they were scanned."""
    letters, rates, draw = telling.life.letters, telling.rates.letters, telling.draw
    rows = telling.rows["letters"]
    count = len(rows)
    fault = _faults(draw, count, rates.faults())
    has_text = (letters.named_by[rows] != NEW_ACCOUNT) | (letters.barcode[rows] == 0)
    lost_text = has_text & chance(draw, count, rates.lost_text) & (fault == "")
    strays = has_text & ~lost_text & chance(draw, count, rates.f03)
    bodies, mixed = recognised(telling, letters, rows, strays=strays)
    names = [f"{batch:06d}{place:03d}" for batch, place in _pairs(letters, rows)]
    lines = _lines(telling, letters, rows, names=names, fault=fault, has_text=has_text)
    files: list[tuple[str, bytes]] = []
    for at, name in enumerate(names):
        if fault[at] not in ("missing", "shared"):
            pages = tiff(int(letters.pages[rows[at]]), int(letters.number[rows[at]]) % VARIANTS)
            files.append((f"{name}.TIF", pages[: len(pages) // 2] if fault[at] == "cut" else pages))
        if has_text[at] and not lost_text[at]:
            files.append((f"{name}.TXT", bodies[at]))
    encoded = [line.encode(PAGE) for line in lines]
    offset, length = spans(encoded, start=len(_HEADING))
    shared = np.flatnonzero(fault == "shared")
    cut = np.flatnonzero((fault == "missing") | (fault == "cut") | lost_text)
    return WrittenEvents(
        files=((FILE, _HEADING.encode(PAGE) + b"".join(encoded)), *files),
        keys=texts([f"{batch:06d}/{place}" for batch, place in _pairs(letters, rows)]),
        table=np.zeros(count, dtype=np.int64),
        row=rows,
        offset=offset,
        length=length,
        defects=(
            ("F03", np.flatnonzero(mixed)),
            ("F10", np.flatnonzero(fault == "pages")),
            ("F11", cut),
            ("F13", np.unique(np.concatenate([shared, shared - 1]))),
            ("F15", np.flatnonzero(fault == "shifted")),
        ),
    )


def _pairs(letters: Letters, rows: Ints) -> list[tuple[int, int]]:
    return list(zip(letters.batch[rows].tolist(), letters.position[rows].tolist(), strict=True))


def _faults(draw: Draw, count: int, shares: dict[str, float]) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    """What is wrong with each letter, at most one thing; a letter that shares its pages follows a good one."""
    edges = np.cumsum(list(shares.values()))
    names = np.array([*shares, ""])
    fault = names[np.searchsorted(edges, draw.random(count), side="right")]
    before = np.concatenate([["none"], fault[:-1]])[:count]
    fault[(fault == "shared") & (before != "")] = ""
    return fault


def _lines(
    telling: Telling, letters: Letters, rows: Ints, *, names: list[str], fault: np.ndarray, has_text: Flags
) -> list[str]:
    """The line of each letter in the index."""
    party, named = letters.party[rows], letters.named_by[rows]
    is_slip = (named == NEW_ACCOUNT) & (letters.barcode[rows] > 0)
    clients = new_accounts(telling.life.book, np.where(is_slip, party, NONE)).tolist()
    is_routed = telling.period.knows(letters.routed_minute[rows])
    columns = zip(
        *(letters.batch[rows].tolist(), letters.position[rows].tolist()),
        *((letters.pages[rows] + (fault == "pages")).tolist(), letters.barcode[rows].tolist(), clients),
        *(_stamps(letters.minute[rows]), letters.topic[rows].tolist(), _days(letters.signed_day[rows])),
        *(_stamps(letters.routed_minute[rows]), is_routed.tolist(), letters.advisor[rows].tolist()),
        *(names, has_text.tolist(), fault.tolist()),
        strict=True,
    )
    lines: list[str] = []
    for batch, place, pages, code, client, scanned, topic, signed, routed, known, advisor, name, text, wrong in columns:
        tiff = lines[-1].split(";")[-2] if wrong == "shared" else f"{name}.TIF"
        who = f"D{advisor:03d}" + ("; zast." if wrong == "shifted" else "") if known else ""
        if wrong == "shifted" and not known:
            who = ";"
        lines.append(
            f"{batch:06d};{place};{pages};{code or ''};{client or ''};{scanned};{_TYPES[TOPICS[topic]]};{signed};"
            f"{routed if known else ''};{who};{tiff};{f'{name}.TXT' if text else ''}\r\n"
        )
    return lines


def _stamps(minutes: Ints) -> list[str]:
    wall = wall_minutes(minutes).astype("datetime64[m]")
    return [text.replace("T", " ") for text in np.datetime_as_string(wall, unit="m").tolist()]


def _days(days: Ints) -> list[str]:
    return [
        f"{text[8:]}.{text[5:7]}.{text[:4]}" for text in np.datetime_as_string(days.astype("datetime64[D]")).tolist()
    ]


def _routed(letters: Events) -> Ints:
    assert isinstance(letters, Letters)  # the table of that name
    return letters.routed_minute


WRITER = EventWriter("a9", ("letters",), write, changes={"letters": _routed})
