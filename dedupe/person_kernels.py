"""The comparisons of persons for millions of coded pairs: what is derived once per distinct name, and the loops."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dedupe import comparisons
from dedupe.coding import Codes, together
from dedupe.kernels import Kernel, Levels, Side, address, email, number, pesel, phone
from dedupe.person_loops import (
    Given,
    Home,
    Names,
    Rivals,
    birth_date_levels,
    born_levels,
    family_name_levels,
    given_name_levels,
    namesakes_levels,
    neighbours_levels,
    rivals_levels,
    second_given_name_levels,
    source_levels,
)


def given_name(side: Side) -> Levels:
    """Levels of the given name."""
    return given_name_levels(side.left, side.right, side.once("names", _names))


def family_name(side: Side) -> Levels:
    """Levels of the family name."""
    return family_name_levels(side.left, side.right, side.once("names", _names))


def _names(side: Side) -> Names:
    fields, given = side.features.fields, side.values("given")
    is_sex = {sex: np.array([*(value == sex for value in side.values("name_sex")), False]) for sex in "FM"}
    given_as_name, last_as_name = together(fields["given"], fields["last"])
    full_names, full_ends = _full_names(side)
    return Names(
        given=side.text("given"),
        second=fields["second"].codes,
        last=side.text("last"),
        last_head=fields["last_head"].codes,
        last_tail=fields["last_tail"].codes,
        former=fields["former"].codes,
        stem=fields["stem"].codes,
        given_as_name=given_as_name.codes,
        last_as_name=last_as_name.codes,
        is_woman=is_sex["F"][fields["name_sex"].codes],
        is_man=is_sex["M"][fields["name_sex"].codes],
        initials=np.array([ord(name[0]) * comparisons.is_initial(name) for name in given], dtype=np.int32),
        first_letters=np.array([ord(name[0]) for name in given], dtype=np.int32),
        full_names=full_names,
        full_ends=full_ends,
        given_rarity=np.array([side.known.given_rarity(name) for name in given], dtype=np.int64),
        family_rarity=np.array([side.known.family_rarity(name) for name in side.values("last")], dtype=np.int64),
    )


def _full_names(side: Side) -> tuple[Codes, NDArray[np.int64]]:
    """The full names each given name may stand for, by number, and where those of each name end."""
    meant = [sorted(side.known.full_names.get(name, (name,))) for name in side.values("given")]
    number_of = {name: number for number, name in enumerate(sorted({name for names in meant for name in names}))}
    numbers = np.array([number_of[name] for names in meant for name in names], dtype=np.int32)
    return numbers, np.cumsum([0, *map(len, meant)]).astype(np.int64)


def birth_date(side: Side) -> Levels:
    """Levels of the date of birth."""
    return birth_date_levels(side.left, side.right, side.once("birth", _dates), side.features.fields["pesel"].codes)


def _dates(side: Side) -> Codes:
    """Year, month and day of each record in one number; 0 where missing."""
    dates = np.array([*map(int, side.values("birth")), 0], dtype=np.int32)
    return dates[side.features.fields["birth"].codes]


def rivals(side: Side) -> Levels:
    """Levels of who else the records may be."""
    return rivals_levels(side.left, side.right, side.once("rivals", _rivals))


def _rivals(side: Side) -> Rivals:
    fields = side.features.fields
    codes = (fields[name].codes for name in ("stem", "birth", "pesel", "rivals"))
    return Rivals(_given(side, "first"), *codes)


def neighbours(side: Side) -> Levels:
    """Levels of how many families the house has."""
    return neighbours_levels(side.left, side.right, _home(side), side.features.fields["crowd"].codes)


def namesakes(side: Side) -> Levels:
    """Levels of how many of the name to expect in the town."""
    houses = side.features.fields["houses"].codes
    return namesakes_levels(side.left, side.right, side.once("names", _names), _home(side), houses)


def born(side: Side) -> Levels:
    """Levels of how many family names the people of one given name born that day have."""
    fields = side.features.fields
    return born_levels(side.left, side.right, *(fields[name].codes for name in ("birth", "first", "stem", "born")))


def _home(side: Side) -> Home:
    return Home(*(side.features.fields[name].codes for name in ("city", "street", "house", "flat")))


def second_given_name(side: Side) -> Levels:
    """Levels of the second given name."""
    return second_given_name_levels(side.left, side.right, side.once("second", lambda it: _given(it, "second")))


def _given(side: Side, name: str) -> Given:
    letters = np.array([ord(value[0]) for value in side.values(name)], dtype=np.int32)
    is_initial = np.array([comparisons.is_initial(value) for value in side.values(name)], dtype=np.bool_)
    return Given(side.features.fields[name].codes, letters * is_initial, letters)


def source(side: Side) -> Levels:
    """Levels of the source system."""
    return source_levels(side.left, side.right, side.features.fields["source"].codes)


PERSON_KERNELS: Mapping[str, Kernel] = {
    "given_name": given_name,
    "family_name": family_name,
    "birth_date": birth_date,
    "pesel": pesel,
    "id_document": number("id_document"),
    "phone": phone,
    "email": email,
    "address": address,
    "rivals": rivals,
    "neighbours": neighbours,
    "namesakes": namesakes,
    "born": born,
    "second_given_name": second_given_name,
    "source": source,
}
