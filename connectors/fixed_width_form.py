"""How a file of fixed-width lines is described: places of fields, heading and trailer.

fields: DATA:0-11 CZAS:12-17 A:18-33        first and last byte, counted from 0, as layouts are published
fields: NR:8 KWOTA:12 -:3 TYTUL:40          or widths, each field behind the one before; - is padding
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import ConfigurationError
from connectors.text import code_points

FIXED_WIDTH_OPTIONS = (
    "fields",
    "record_length",
    "header_prefix",
    "trailer_prefix",
    "trailer_count",
    "trailer_sum",
    "trailer_sum_of",
)
_FIELD = re.compile(r"([^:\s]+):(?:(\d{1,6})-(\d{1,6})|(\d{1,6}))")
_PLACE = re.compile(r"(\d{1,6})-(\d{1,6})")
_PADDING = "-"
_LONGEST = 65_536


@dataclass(frozen=True)
class Place:
    """Where a value stands in its line, counted in bytes from 0."""

    start: int
    end: int
    """One past the last byte."""


@dataclass(frozen=True)
class Trailer:
    """A last line with control totals."""

    prefix: bytes
    count: Place | None = None
    sum: Place | None = None
    sum_of: str = ""
    """The field the sum is of."""


@dataclass(frozen=True)
class FixedWidthFormat:
    """How such a file is written."""

    fields: Mapping[str, Place]
    record_length: int
    """Bytes of a line without its line end."""
    pages: tuple[str, ...]
    """Declared code page, then the others that occur."""
    header: bytes = b""
    """What the first line begins with; empty when there is no heading."""
    trailer: Trailer | None = None
    required: tuple[str, ...] = ()


def fixed_width_format(
    options: Mapping[str, object], *, kind: str, pages: tuple[str, ...], required: tuple[str, ...]
) -> FixedWidthFormat:
    """The format the options of a kind describe.

    Raises:
        ConfigurationError: they describe none; the message names the option.
    """
    option = {name: str(value) for name, value in options.items()}
    fields = _fields(option.get("fields", ""), kind=kind)
    furthest = max(place.end for place in fields.values())
    length = option.get("record_length", str(furthest))
    if not length.isdecimal() or not furthest <= int(length) <= _LONGEST:
        raise _wrong(kind, "record_length", f"{length!r} is no number from {furthest} to {_LONGEST}")
    return FixedWidthFormat(
        fields={name: place for name, place in fields.items() if not name.startswith(_PADDING)},
        record_length=int(length),
        pages=pages,
        header=_prefix(option, "header_prefix", kind=kind, page=pages[0]),
        trailer=_trailer(option, kind=kind, page=pages[0], fields=fields),
        required=required,
    )


def _wrong(kind: str, option: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"kind {kind}: options.{option}: {what}", hint="Places are FIRST-LAST counted from 0, or a width: NR:8 A:8-19"
    )


def _prefix(option: Mapping[str, str], name: str, *, kind: str, page: str) -> bytes:
    code_points(page)  # says so where there is no such page
    try:
        return option.get(name, "").encode(page)
    except UnicodeEncodeError as exc:
        raise _wrong(kind, name, f"code page {page} has no such character") from exc


def _fields(text: str, *, kind: str) -> dict[str, Place]:
    fields: dict[str, Place] = {}
    end = 0
    for word in text.split():
        match = _FIELD.fullmatch(word)
        if match is None:
            raise _wrong(kind, "fields", f"{word!r} is no field")
        name, first, last, width = match.groups()
        place = Place(int(first), int(last) + 1) if width is None else Place(end, end + int(width))
        if place.end <= place.start:
            raise _wrong(kind, "fields", f"{word!r} has no bytes")
        name = f"{_PADDING}{len(fields)}" if name == _PADDING else name
        if name in fields:
            raise _wrong(kind, "fields", f"{name} comes twice")
        fields[name], end = place, place.end
    if all(name.startswith(_PADDING) for name in fields):
        raise _wrong(kind, "fields", "missing")
    return fields


def _trailer(option: Mapping[str, str], *, kind: str, page: str, fields: Mapping[str, Place]) -> Trailer | None:
    if not option.get("trailer_prefix"):
        given = sorted(name for name in option if name.startswith("trailer_"))
        if given:
            raise _wrong(kind, given[0], "nothing without a trailer_prefix")
        return None
    sum_of = option.get("trailer_sum_of", "")
    if ("trailer_sum" in option) != bool(sum_of) or (sum_of and (sum_of not in fields or sum_of[0] == _PADDING)):
        raise _wrong(kind, "trailer_sum_of", "names a field, and goes with trailer_sum")
    return Trailer(
        prefix=_prefix(option, "trailer_prefix", kind=kind, page=page),
        count=_place(option, "trailer_count", kind=kind),
        sum=_place(option, "trailer_sum", kind=kind),
        sum_of=sum_of,
    )


def _place(option: Mapping[str, str], name: str, *, kind: str) -> Place | None:
    if name not in option:
        return None
    match = _PLACE.fullmatch(option[name])
    if match is None or int(match[2]) < int(match[1]):
        raise _wrong(kind, name, f"{option[name]!r} is no place")
    return Place(int(match[1]), int(match[2]) + 1)
