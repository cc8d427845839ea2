"""Scanned correspondence (A9): an index, and for each letter its pages (TIFF G4) and what was recognised of them.

A letter sent with the slip of an invoice has the customer's new number as a bar code, and that is all the station
looks for; of the others it keeps the recognised text, in which a telephone or an old number may stand, with l for 1 and
O for 0. Pages are tiny and a few dozen different ones in all: nobody reads them, they are counted. Invented: the
columns, and what people write.
"""

from __future__ import annotations

import io
from functools import cache

import numpy as np
from PIL import Image

from estate.draw import Draw, Flags, Ints, chance, texts
from estate.life.clock import wall_minutes
from estate.life.events import ACCOUNT, NEW_ACCOUNT, PHONE, TOPICS, Events
from estate.life.letters import Letters
from estate.people import NONE
from estate.systems.events.model import EventWriter, Telling, WrittenEvents
from estate.systems.events.naming import new_accounts, old_accounts, phones
from estate.systems.lines import spans
from estate.writing import has_polish, phone_text

FILE = "INDEKS.CSV"
_HEADING = "PACZKA;NR;STRON;KOD;KLIENT;DATA;TYP;PODPISANO;PRZEKAZANO;DORADCA;TIFF;TEKST\r\n"
_PAGE, _OTHER = "cp1250", "iso8859_2"
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
_MATTERS = (
    "Na fakturze naliczono rozmowy, których nie prowadziłem.",
    "Wpłata została dokonana w terminie, a otrzymałem wezwanie do zapłaty.",
    "Proszę o przesłanie aktualnego cennika usług.",
    "Od tygodnia w słuchawce słychać trzaski i brak sygnału.",
    "Składam reklamację. Nikt nie odpowiedział na moje poprzednie pismo.",
    "Zamawiam założenie gniazdka w drugim pokoju.",
    "Proszę o informację, czy pod moim adresem dostępna jest neostrada.",
    "Zmienił się adres do korespondencji, proszę o poprawienie.",
    "Wypowiadam umowę z zachowaniem okresu wypowiedzenia.",
    "Załączam dokumenty.",
)
_ACCOUNTS = ("Numer klienta {}.", "nr abonenta: {}", "Konto abonenckie {}")
_PHONES = ("Telefon {}.", "dotyczy telefonu {}", "Proszę dzwonić pod {}")
_MISREAD = (b"l1IO0Oo5SB8\xb3\xbf\xb9\xea\xf3", b"1llO00OS58B\x74\x7a\x61\x65\x6f")
_VARIANTS = 4
_SIZE = (200, 280)


def write(telling: Telling) -> WrittenEvents:
    """Letters in the order they were scanned."""
    letters, rates, draw = telling.life.letters, telling.rates.letters, telling.draw
    rows = telling.rows["letters"]
    count = len(rows)
    fault = _faults(draw, count, rates.faults())
    has_text = (letters.named_by[rows] != NEW_ACCOUNT) | (letters.barcode[rows] == 0)
    lost_text = has_text & chance(draw, count, rates.lost_text) & (fault == "")
    strays = has_text & ~lost_text & chance(draw, count, rates.f03)
    bodies, mixed = _texts(telling, letters, rows, strays=strays)
    names = [f"{batch:06d}{place:03d}" for batch, place in _pairs(letters, rows)]
    lines = _lines(telling, letters, rows, names=names, fault=fault, has_text=has_text)
    files: list[tuple[str, bytes]] = []
    for at, name in enumerate(names):
        if fault[at] not in ("missing", "shared"):
            pages = _tiff(int(letters.pages[rows[at]]), int(letters.number[rows[at]]) % _VARIANTS)
            files.append((f"{name}.TIF", pages[: len(pages) // 2] if fault[at] == "cut" else pages))
        if has_text[at] and not lost_text[at]:
            files.append((f"{name}.TXT", bodies[at]))
    encoded = [line.encode(_PAGE) for line in lines]
    offset, length = spans(encoded, start=len(_HEADING))
    shared = np.flatnonzero(fault == "shared")
    cut = np.flatnonzero((fault == "missing") | (fault == "cut") | lost_text)
    return WrittenEvents(
        files=((FILE, _HEADING.encode(_PAGE) + b"".join(encoded)), *files),
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


# -- what was recognised ----------------------------------------------------------------------------------------------


def _texts(telling: Telling, letters: Letters, rows: Ints, *, strays: Flags) -> tuple[list[bytes], Flags]:
    """Text of each letter as recognised, and which of them are in the other code page."""
    draw, book = telling.draw, telling.life.book
    party, named, topic = letters.party[rows], letters.named_by[rows], letters.topic[rows]
    luck = draw.integers(0, 1 << 30, len(rows))
    accounts, numbers = old_accounts(book, party), phones(book, party)
    plain, mixed = [], np.zeros(len(rows), dtype=bool)
    for at, number in enumerate(luck.tolist()):
        told = _MATTERS[topic[at]]
        if named[at] == ACCOUNT:
            told += "\r\n" + _ACCOUNTS[number % len(_ACCOUNTS)].format(accounts[at])
        elif named[at] == PHONE:
            phone = phone_text(f"{numbers[at]:09d}", number // 8, width=20, is_local=False)
            told += "\r\n" + _PHONES[number % len(_PHONES)].format(phone)
        name = book.name[party[at]] if party[at] != NONE else "czytelny podpis"
        whole = f"Szanowni Państwo,\r\n{told}\r\nZ poważaniem\r\n{name or ''}\r\n"
        stray = whole.encode(_OTHER) if strays[at] and has_polish(whole) else b""
        mixed[at] = bool(stray) and stray != whole.encode(_PAGE)
        plain.append(stray or whole.encode(_PAGE))
    return _misread(draw, plain, share=telling.rates.letters.misread, spared=mixed), mixed


def _misread(draw: Draw, plain: list[bytes], *, share: float, spared: Flags) -> list[bytes]:
    """Letters and digits taken for others that look like them; bytes of the other code page are left alone."""
    whole = np.frombuffer(b"".join(plain), dtype=np.uint8).copy()
    sizes = np.array([len(text) for text in plain], dtype=np.int64)
    table = np.frombuffer(bytes.maketrans(*_MISREAD), dtype=np.uint8)
    wrong = chance(draw, len(whole), share)
    wrong &= ~np.repeat(spared, sizes)
    whole[wrong] = table[whole[wrong]]
    noisy = whole.tobytes()
    return [noisy[end - len(text) : end] for text, end in zip(plain, np.cumsum(sizes).tolist(), strict=True)]


# -- pages ------------------------------------------------------------------------------------------------------------


@cache
def _tiff(pages: int, variant: int) -> bytes:
    """A TIFF of so many pages in group 4 code: a bar code on the first, lines of writing on all."""
    width, height = _SIZE
    sheets = []
    for page in range(pages):
        ink = np.ones((height, width), dtype=bool)
        ink[60 + variant : 250 : 12, 20 : 180 - 7 * variant - 3 * page] = False
        if page == 0:
            bars = (np.arange(width) * (variant + 3) // 2) % 7 < 3
            ink[12:36] &= ~bars
        sheets.append(Image.fromarray(ink))
    file = io.BytesIO()
    sheets[0].save(file, "TIFF", compression="group4", save_all=True, append_images=sheets[1:], dpi=(200, 200))
    return file.getvalue()


def _routed(letters: Events) -> Ints:
    assert isinstance(letters, Letters)  # the table of that name
    return letters.routed_minute


WRITER = EventWriter("a9", ("letters",), write, changes={"letters": _routed})
