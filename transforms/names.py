"""Names of persons: which columns hold what, and how many people a row names.

A kind has a family and a given column, or one column for both, or a column that holds the family name of a person and
the full name of a firm. The columns are read together, because clerks swap them, type both names into one, or type a
couple. A row that names two people becomes two rows here, parts 1 and 2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from config.lookups import Lookups
from transforms.couples import parse_couple, parse_couple_given
from transforms.distinct import as_text, on_distinct_rows
from transforms.draft import Context, Draft, flag
from transforms.people import Person, are_swapped, is_given, parse_full_name, person_of, without_former_name, words

_PARTS = ("given", "second", "family", "former")
_NAMES = (*(f"{part}_{number}" for number in (1, 2) for part in _PARTS), "issue")


def parse_names(
    family: str | None, given: str | None, second: str | None, *, is_family_first: bool, lookups: Lookups
) -> tuple[Person, Person | None, str | None]:
    """The one or two people of a row, and whether anything was moved: ``name_swapped``, ``two_parties``.

    Args:
        family: family name, or the full name where the other two are missing.
        given: given name, possibly of two people.
        second: second given name.
        is_family_first: habit of the source in a full name.
        lookups: for given and family names.
    """
    if not (family and given):
        return _of_full_name(
            family or given or "", second, is_family_first=is_family_first and bool(family), lookups=lookups
        )
    text, former = without_former_name(family)
    family_words, given_words = words(text, lookups=lookups), words(given, lookups=lookups)
    if len(family_words) > 1 and given_words and is_given(family_words[-1], lookups=lookups):
        # NOWAK JAN beside JAN.
        family_words = family_words[: -1 if family_words[-1].lower() == given_words[0].lower() else None]
    of_two = parse_couple_given(person_of(family_words, []), given, lookups=lookups) or parse_couple(
        f"{family} {given}", is_family_first=True, lookups=lookups
    )
    if of_two:
        return of_two[0], of_two[1], "two_parties"
    is_swapped = _are_columns_swapped(family_words, given_words, lookups=lookups)
    if is_swapped:
        family_words, given_words = given_words, family_words
    if second:
        given_words = [*given_words[:1], *words(second, lookups=lookups)]
    return person_of(family_words, given_words, former=former), None, "name_swapped" if is_swapped else None


def _of_full_name(
    text: str, second: str | None, *, is_family_first: bool, lookups: Lookups
) -> tuple[Person, Person | None, str | None]:
    of_two = parse_couple(text, is_family_first=is_family_first, lookups=lookups)
    if of_two:
        return of_two[0], of_two[1], "two_parties"
    person, is_other_order = parse_full_name(text.replace(",", " "), is_family_first=is_family_first, lookups=lookups)
    if second and not person.second:
        person = replace(person, second=person_of([], words(second, lookups=lookups)).given)
    return person, None, "name_swapped" if is_other_order else None


def _are_columns_swapped(family_words: list[str], given_words: list[str], *, lookups: Lookups) -> bool:
    if not family_words or not given_words:
        return False
    return are_swapped(family_words[0], given_words[0], lookups=lookups) and (
        len(family_words) == 1 or are_swapped(family_words[1], given_words[0], lookups=lookups)
    )


def split_names(draft: Draft, context: Context) -> Draft:
    """Names of the one or two people of each row; a second one gets a row of its own."""
    typed = pd.DataFrame({name: draft.value(name) for name in ("family_text", "given_text", "second_text")})
    is_family_first = context.kind.name_order == "family_first"

    def parse(family: str | None, given: str | None, second: str | None) -> tuple[str | None, ...]:
        if not (family or given):
            return (None,) * len(_NAMES)
        first, other, issue = parse_names(
            family, given, second, is_family_first=is_family_first, lookups=context.lookups
        )
        people = (first, other or Person())
        return (*(getattr(person, part) for person in people for part in _PARTS), issue)

    parsed = on_distinct_rows(typed, parse, names=_NAMES).astype("string")
    is_person = draft.value("party_kind").eq("person").fillna(False).astype(bool)
    is_couple = is_person & parsed["issue"].eq("two_parties").fillna(False)
    draft = draft.with_values(
        {f"_{name}": parsed[name] for name in _NAMES} | {"is_couple": is_couple},
        issues=[flag(is_person & parsed["issue"].eq(code), code) for code in ("name_swapped", "two_parties")],
    )
    return _two_rows_for_two(draft)


def _two_rows_for_two(draft: Draft) -> Draft:
    """Couples twice, everybody else once; each row with the name of its part."""
    count = len(draft.index)
    second = np.flatnonzero(draft.value("is_couple").to_numpy(dtype=bool))
    both = draft.rows([*range(count), *second.tolist()])
    is_second = pd.Series(both.index >= count, index=both.index)
    names = {
        column: both.value(f"_{part}_1").mask(is_second, both.value(f"_{part}_2"))
        for column, part in (
            ("given_name", "given"),
            ("second_given_name", "second"),
            ("family_name", "family"),
            ("name_former", "former"),
        )
    }
    former = as_text(names.pop("name_former")).fillna(both.value("remark_former_name"))
    part_number = pd.Series(1, index=both.index, dtype="Int64").mask(is_second, 2)
    return both.with_values({**names, "former_family_name": former, "part": part_number})
