"""What was recognised of a letter: what people write, with letters and digits taken for others."""

from __future__ import annotations

import numpy as np

from estate.draw import Draw, Flags, Ints, chance
from estate.life.events import ACCOUNT, PHONE
from estate.life.letters import Letters
from estate.people import NONE
from estate.systems.events.model import Telling
from estate.systems.events.naming import old_accounts, phones
from estate.writing import has_polish, phone_text

PAGE, _OTHER = "cp1250", "iso8859_2"
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


def recognised(telling: Telling, letters: Letters, rows: Ints, *, strays: Flags) -> tuple[list[bytes], Flags]:
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
        mixed[at] = bool(stray) and stray != whole.encode(PAGE)
        plain.append(stray or whole.encode(PAGE))
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
