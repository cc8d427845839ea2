"""Addresses.

``ul. Mickiewicza 12 m. 5``, ``MICKIEWICZA ADAMA 12/5``, ``os. Piastowskie 14/22``, ``3-go Maja 5``, ``Jana Pawła
II/2``, ``Zalesie 14`` (a village has no streets), house and flat in columns of their own or in one. The house is the
last number, unless a flat follows it; a slash means house/flat except after a Roman number, and ``18/20 m. 5`` is a
double lot. The street loses its prefix and is spelled one way (:mod:`transforms.streets`), because half of the systems
have no room for it.
"""

from __future__ import annotations

import re

import pandas as pd

from config.lookups import Lookups, fold
from transforms.distinct import as_text, on_distinct, on_distinct_rows
from transforms.draft import Context, Draft, flag
from transforms.places import clean_city, clean_postal_code
from transforms.streets import clean_street
from transforms.text import squeeze

# A letter belongs to the house unless it begins the mark of a flat: 9Bm5 is house 9B, flat 5.
_MARK = r"(?:\s*(?:mieszk(?:anie)?|m|lok(?:al)?|nr lok)\.?\s*(?=[A-Za-z]{0,2}\s?\d))"
_NUMBER = rf"\d{{1,4}}(?:\s?(?!{_MARK})[A-Za-z](?={_MARK}|[^A-Za-z]|$))?"
_FLAT = r"[A-Za-z]{0,2}\s?\d{1,4}(?:\s?[A-Za-z])?"
_HOUSE_AND_FLAT = re.compile(
    rf"(?:nr\.?\s*|dom\s+)?(?P<house>{_NUMBER}(?:\s*[/-]\s*{_NUMBER})?)\s*,?(?:{_MARK}(?P<marked>{_FLAT}))?(?:\s*/\s*(?P<third>{_FLAT}))?",
    re.IGNORECASE,
)
_LINE = re.compile(rf"(?P<street>.*?[^\W\d_].*?)(?:\s*,)?\s+(?P<numbers>{_HOUSE_AND_FLAT.pattern})", re.IGNORECASE)
_AFTER_ROMAN = re.compile(r"(?P<street>.*\b[IVX]+)\s*/\s*(?P<numbers>\d.*)")
_NO_BLANK = re.compile(r"(?<=[^\W\d_][^\W\d_]{2})\.?(?=\d+(?:[/ ].*)?$)")
_POST_BOX = re.compile(r"skr(?:ytka|\.)?\s*(?:poczt(?:owa|\.)?)?\s*(?:nr)?\s*\d+|poste restante", re.IGNORECASE)
# A field that ended in the middle: the flat is lost, its mark is left.
_DANGLING = re.compile(r"(?<=[\dA-Za-z])\s+(?:m|lok|mieszk)\.?$", re.IGNORECASE)
_CITY_TAIL = re.compile(r"[,;]\s*\d{2}[- ]?\d{3}\b.*$")


def split_numbers(text: str) -> tuple[str, str | None] | None:
    """House and flat of ``12A m. 5``, ``12/5``, ``18/20/5``; nothing where the text is no such numbers."""
    match = _HOUSE_AND_FLAT.fullmatch(_DANGLING.sub("", squeeze(text)))
    if match is None:
        return None
    house = re.sub(r"\s", "", match["house"]).upper()
    flat = match["marked"] or match["third"]
    if flat is None and "/" in house:
        house, flat = house.split("/")
    return house, re.sub(r"\s", "", flat).upper() if flat else None


def parse_street_line(line: str) -> tuple[str | None, str | None, str | None]:
    """Street as typed, house and flat of one line; a line without numbers is all street, a post box nothing."""
    text = _DANGLING.sub("", squeeze(_POST_BOX.sub(" ", _CITY_TAIL.sub("", line))).strip(" ,;"))
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
    """Street as typed, house and flat of a street (or whole line) and number columns, and what is wrong with them.

    ``address_unparsed``: the house column holds no house number. ``house_missing``: there is a street and no number.
    """
    told = [None if text is None or lookups.is_sentinel("address", text) else text for text in (line, house, flat)]
    street, house_number, flat_number = _of_line(told[0]) if told[1] is None else (told[0], None, None)
    if told[1] is not None:
        numbers = split_numbers(told[1])
        if numbers is None:
            return street, None, _flat(told[2]), "address_unparsed"
        house_number, flat_number = numbers
    flat_number = _flat(told[2]) or flat_number
    has_number = house_number is not None or told[0] is None
    return street, house_number, flat_number, None if has_number else "house_missing"


def _of_line(line: str | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if line is None else parse_street_line(line)


def _flat(text: str | None) -> str | None:
    if text is None:
        return None
    flat = re.sub(r"^(?:mieszk|m|lok|nr|/)\b\.?\s*|\s", "", text, flags=re.IGNORECASE)
    return flat.upper() or None


def split_addresses(draft: Draft, context: Context) -> Draft:
    """Street, house, flat, postal code and place of each row."""
    street = _street_columns(draft, context)
    place = _place_columns(draft, context)
    spelled = on_distinct(
        street["street"], lambda name: (clean_street(name, lookups=context.lookups),), names=("street",)
    )
    known = on_distinct_rows(
        pd.DataFrame({"street": spelled["street"], "city": place["city"]}),
        lambda name, city: (_street_in(city, name, lookups=context.lookups),),
        names=("street",),
    )
    issues = [flag(street["wrong"].eq(code), code) for code in ("address_unparsed", "house_missing")]
    issues += [flag(place["wrong"].eq(code), code) for code in ("postal_code_invalid", "postal_code_sentinel")]
    values = {
        "street": known["street"],
        "house": street["house"],
        "flat": street["flat"],
        "postal_code": place["postal_code"],
        "city": place["city"],
    }
    return draft.with_values({name: as_text(column) for name, column in values.items()}, issues=issues)


def _street_columns(draft: Draft, context: Context) -> pd.DataFrame:
    kind = context.kind
    typed = pd.DataFrame(
        {
            "line": draft.first_text([*kind.columns_with("street"), *kind.columns_with("street_line")]),
            "house": draft.first_text([*kind.columns_with("house"), *kind.columns_with("house_flat")]),
            "flat": draft.first_text(kind.columns_with("flat")),
        }
    )
    return on_distinct_rows(
        typed,
        lambda line, house, flat: parse_address(line, house, flat, lookups=context.lookups),
        names=("street", "house", "flat", "wrong"),
    )


def _place_columns(draft: Draft, context: Context) -> pd.DataFrame:
    def parse(postal: str | None, city: str | None) -> tuple[str | None, str | None, str | None]:
        place, postal_in_city = clean_city(city, lookups=context.lookups)
        return place, *clean_postal_code(postal or postal_in_city, lookups=context.lookups)

    kind = context.kind
    typed = pd.DataFrame({role: draft.first_text(kind.columns_with(role)) for role in ("postal_code", "city")})
    return on_distinct_rows(typed, parse, names=("city", "postal_code", "wrong"))


def _street_in(city: str | None, street: str | None, *, lookups: Lookups) -> str | None:
    """The street of a place: none in a village that repeats its own name there, its new name where it was renamed."""
    if city is None or street is None:
        return street
    return None if fold(street) == fold(city) else lookups.renamed_streets.get((fold(city), fold(street)), street)
