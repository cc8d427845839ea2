"""Addresses.

``ul. Mickiewicza 12 m. 5``, ``MICKIEWICZA ADAMA 12/5``, ``os. Piastowskie 14/22``, ``3-go Maja 5``, ``Jana Pawła II/2``,
``Zalesie 14`` (a village has no streets), house and flat in columns of their own or in one. The house is the last number,
unless a flat follows it; a slash means house/flat except after a Roman number, and ``18/20 m. 5`` is a double lot. The
street loses its prefix and is spelled one way (:mod:`transforms.streets`), because half of the systems have no room for it.
"""

from __future__ import annotations

import re

import pandas as pd

from config.lookups import Lookups, fold
from transforms.distinct import as_text, on_distinct_rows
from transforms.draft import Context, Draft, flag
from transforms.places import clean_city, clean_postal_code
from transforms.streets import clean_street
from transforms.text import squeeze

_NUMBER = r"\d{1,4}\s?[A-Za-z]?(?![A-Za-z])"
_MARK = r"(?:\s*(?:\bmieszk(?:anie)?|\bm|\blok(?:al)?|\bnr lok)\b\.?\s*|\s*m\.\s*)"
_FLAT = r"[A-Za-z]{0,2}\s?\d{1,4}\s?[A-Za-z]?"
_HOUSE_AND_FLAT = re.compile(
    rf"(?:nr\.?\s*|dom\s+)?(?P<house>{_NUMBER}(?:\s*[/-]\s*{_NUMBER})?)\s*,?(?:{_MARK}(?P<marked>{_FLAT}))?(?:\s*/\s*(?P<third>{_FLAT}))?",
    re.IGNORECASE,
)
_LINE = re.compile(rf"(?P<street>.*?[^\W\d_].*?)(?:\s*,)?\s+(?P<numbers>{_HOUSE_AND_FLAT.pattern})", re.IGNORECASE)
_AFTER_ROMAN = re.compile(r"(?P<street>.*\b[IVX]+)\s*/\s*(?P<numbers>\d.*)")
_NO_BLANK = re.compile(r"(?<=[^\W\d_][^\W\d_]{2})\.?(?=\d+(?:[/ ].*)?$)")
_POST_BOX = re.compile(r"skr(?:ytka|\.)?\s*(?:poczt(?:owa|\.)?)?\s*(?:nr)?\s*\d+|poste restante", re.IGNORECASE)
_CITY_TAIL = re.compile(r"[,;]\s*\d{2}[- ]?\d{3}\b.*$")


def split_numbers(text: str) -> tuple[str, str | None] | None:
    """House and flat of ``12A m. 5``, ``12/5``, ``18/20/5``; nothing where the text is no such numbers."""
    match = _HOUSE_AND_FLAT.fullmatch(squeeze(text))
    if match is None:
        return None
    house = re.sub(r"\s", "", match["house"]).upper()
    flat = match["marked"] or match["third"]
    if flat is None and "/" in house:
        house, flat = house.split("/")
    return house, re.sub(r"\s", "", flat).upper() if flat else None


def parse_street_line(line: str) -> tuple[str | None, str | None, str | None]:
    """Street as typed, house and flat of one line; a line without numbers is all street, a post box nothing."""
    text = squeeze(_POST_BOX.sub(" ", _CITY_TAIL.sub("", line))).strip(" ,;")
    only_numbers = split_numbers(text)
    if only_numbers:
        return None, *only_numbers
    match = _AFTER_ROMAN.fullmatch(text) or _LINE.fullmatch(_NO_BLANK.sub(" ", text))
    numbers = split_numbers(match["numbers"]) if match else None
    if match is None or numbers is None:
        return text or None, None, None
    return match["street"].strip(" ,;"), *numbers


def parse_address(
    line: str | None, house: str | None, flat: str | None, *, lookups: Lookups
) -> tuple[str | None, str | None, str | None, str | None]:
    """Street, house, flat of a street (or whole line) and number columns, and ``address_unparsed`` where that fails."""
    told = [None if text is None or lookups.is_sentinel("address", text) else text for text in (line, house, flat)]
    street, house_number, flat_number = _of_line(told[0]) if told[1] is None else (told[0], None, None)
    if told[1] is not None:
        numbers = split_numbers(told[1])
        if numbers is None:
            return clean_street(street, lookups=lookups), None, _flat(told[2]), "address_unparsed"
        house_number, flat_number = numbers
    flat_number = _flat(told[2]) or flat_number
    has_number = house_number is not None or told[0] is None
    return clean_street(street, lookups=lookups), house_number, flat_number, None if has_number else "house_missing"


def _of_line(line: str | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if line is None else parse_street_line(line)


def _flat(text: str | None) -> str | None:
    if text is None:
        return None
    flat = re.sub(r"^(?:mieszk|m|lok|nr|/)\b\.?\s*|\s", "", text, flags=re.IGNORECASE)
    return flat.upper() or None


def split_addresses(draft: Draft, context: Context) -> Draft:
    """Street, house, flat, postal code and place of each row."""
    kind, lookups = context.kind, context.lookups
    typed = pd.DataFrame(
        {
            "line": draft.first_text([*kind.columns_with("street"), *kind.columns_with("street_line")]),
            "house": draft.first_text([*kind.columns_with("house"), *kind.columns_with("house_flat")]),
            "flat": draft.first_text(kind.columns_with("flat")),
            "postal": draft.first_text(kind.columns_with("postal_code")),
            "city": draft.first_text(kind.columns_with("city")),
        }
    )

    def parse(
        line: str | None, house: str | None, flat: str | None, postal: str | None, city: str | None
    ) -> tuple[str | None, ...]:
        street, house_number, flat_number, wrong = parse_address(line, house, flat, lookups=lookups)
        place, postal_in_city = clean_city(city, lookups=lookups)
        code, wrong_code = clean_postal_code(postal or postal_in_city, lookups=lookups)
        if street and place and fold(street) == fold(place):
            street = None
        if street and place:
            street = lookups.renamed_streets.get((fold(place), fold(street)), street)
        return street, house_number, flat_number, code, place, wrong, wrong_code

    names = ("street", "house", "flat", "postal_code", "city", "wrong", "wrong_code")
    parsed = on_distinct_rows(typed, parse, names=names)
    issues = [flag(parsed["wrong"].eq(code), code) for code in ("address_unparsed", "house_missing")]
    issues += [flag(parsed["wrong_code"].eq(code), code) for code in ("postal_code_invalid", "postal_code_sentinel")]
    return draft.with_values({name: as_text(parsed[name]) for name in names[:5]}, issues=issues)
