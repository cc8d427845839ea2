"""How clerks write texts: slips of the finger, capitals, no Polish letters, short forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from estate.draw import Draw, Flags, Ints, Texts, texts

_ASCII = str.maketrans("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "acelnoszzACELNOSZZ")
_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_ALPHABET = "abcdefghijklmnoprstuwyz"
_SOUNDS = (
    ("ó", "u"),
    ("u", "ó"),
    ("rz", "ż"),
    ("ż", "rz"),
    ("ch", "h"),
    ("h", "ch"),
    ("ą", "on"),
    ("ę", "en"),
    ("sz", "s"),
)
_STREETS = {
    "3 Maja": ("3 Maja", "3-go Maja", "Trzeciego Maja"),
    "1 Maja": ("1 Maja", "1-go Maja"),
    "11 Listopada": ("11 Listopada", "11-go Listopada"),
    "Tysiąclecia": ("Tysiąclecia", "1000-lecia"),
    "Konstytucji 3 Maja": ("Konstytucji 3 Maja", "Konst. 3 Maja"),
    "Wojska Polskiego": ("Wojska Polskiego", "W. Polskiego"),
    "Powstańców Wielkopolskich": ("Powstańców Wielkopolskich", "Powst. Wlkp.", "Powstańców Wlkp."),
    "Armii Krajowej": ("Armii Krajowej", "A. Krajowej", "AK"),
}
_NEVER_SHORT = frozenset({"II", "Jana", "Wielkiego", "Jadwigi", "Plater", "Kingi", "Wojciecha", "Skargi"})
_PREFIXES = {
    "ul.": ("", "", "", "ul. ", "ul. ", "ul.", "ulica "),
    "al.": ("al. ", "al. ", "Aleja ", "Al. "),
    "pl.": ("pl. ", "Plac ", "pl. "),
    "os.": ("os. ", "os. ", "Osiedle ", "Os. "),
}


def ascii_letters(text: str) -> str:
    """Without Polish letters."""
    return text.translate(_ASCII)


def has_polish(text: str) -> bool:
    """Whether a letter outside ASCII stands there."""
    return not _POLISH.isdisjoint(text)


def change(values: Texts, where: Flags, how: Callable[[str, int], str], draw: Draw) -> None:
    """Rewrite the chosen texts in place; ``how`` gets a text and a random number."""
    chosen = np.flatnonzero(where)
    luck = draw.integers(0, 1 << 30, len(chosen)).tolist()
    for position, number in zip(chosen.tolist(), luck, strict=True):
        if values[position]:
            values[position] = how(values[position], number)


def slip(text: str, luck: int) -> str:
    """One slip: a letter wrong, lost, doubled or exchanged with its neighbour, or a sound spelt otherwise."""
    if len(text) < 3:
        return text
    kind, luck = luck % 6, luck // 6
    if kind == 5:
        known = [(old, new) for old, new in _SOUNDS if old in text]
        if known:
            return text.replace(*known[luck % len(known)], 1)
    place = 1 + luck % (len(text) - 1)
    letter = _ALPHABET[luck // 31 % len(_ALPHABET)]
    if kind == 1:
        return text[:place] + text[place + 1 :]
    if kind == 2:
        return text[:place] + text[place - 1] + text[place:]
    if kind == 3 and place + 1 < len(text):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + letter + text[place + 1 :]


def digit_slip(text: str, luck: int) -> str:
    """One digit wrong, or two neighbours exchanged; what is no digit stays."""
    places = [place for place, letter in enumerate(text) if letter.isdigit()]
    kind, luck = luck % 3, luck // 3
    place = places[luck % len(places)]
    following = place + 1
    if kind == 0 and following < len(text) and text[following].isdigit() and text[following] != text[place]:
        return text[:place] + text[following] + text[place] + text[following + 1 :]
    return text[:place] + str((int(text[place]) + 1 + luck // 97 % 9) % 10) + text[following:]


def dressed(values: Texts, *, upper: Flags, folded: Flags) -> Texts:
    """Texts in capitals or without Polish letters, as their record is."""
    result = []
    for text, is_upper, is_folded in zip(values.tolist(), upper.tolist(), folded.tolist(), strict=True):
        if text is not None:
            text = text.translate(_ASCII) if is_folded else text
            text = text.upper() if is_upper else text
        result.append(text)
    return texts(result)


def street_text(first: str, main: str, *, prefix: str, is_short: bool, luck: int) -> str:
    """A street as a clerk types it."""
    if main in _STREETS:
        forms = _STREETS[main]
        name = main if luck % 4 else forms[luck // 4 % len(forms)]
    elif not first or (is_short and main not in _NEVER_SHORT):
        name = main
    elif main in _NEVER_SHORT:
        name = f"{first} {main}"
    else:
        given = first.split()[-1]
        name = (f"{first} {main}", f"{first} {main}", f"{given[0]}. {main}", f"{main} {first}")[luck % 4]
    choices = _PREFIXES[prefix]
    return choices[luck // 64 % len(choices)] + name


def house_flat_text(house: str, flat: str | None, luck: int) -> str:
    """House and flat in one field."""
    if not flat:
        return house
    forms = ("{}/{}", "{}/{}", "{}/{}", "{} m. {}", "{} m {}", "{}/{}", "{}m{}", "{} lok. {}")
    return forms[luck % len(forms)].format(house, flat)


def phone_text(number: str, luck: int, *, width: int, is_local: bool) -> str:
    """A telephone number in one of the layouts clerks use; the plain one where the field is too short for it."""
    area, local = number[:2], number[2:]
    if number[0] in "56" and number[1] in "0169" and number[:2] in ("50", "60", "66", "69"):
        text = (number, number, "0" + number, f"{number[:3]}-{number[3:6]}-{number[6:]}", f"+48{number}")[luck % 5]
        return text if len(text) <= width else number
    dashed = f"{local[:3]}-{local[3:5]}-{local[5:]}"
    if is_local:
        text = (local, local, dashed, f"{local[:3]} {local[3:5]} {local[5:]}", f"{dashed} wew. {luck % 89 + 10}")[
            luck % 5
        ]
        return text if len(text) <= width else local
    forms = (
        f"{area}{local}",
        f"0{area}{local}",
        f"{area} {local}",
        f"0-{area} {dashed}",
        f"(0{area}){local}",
        f"0{area}/{local}",
        f"+48 {area} {local}",
        f"0048{area}{local}",
    )
    text = forms[luck % len(forms)]
    return text if len(text) <= width else f"{area}{local}"


def luck_of(draw: Draw, count: int) -> list[int]:
    """A random number for each of ``count`` texts."""
    numbers: Ints = draw.integers(0, 1 << 30, count)
    return [int(number) for number in numbers.tolist()]
