"""From columns to coded fields, by role.

The fields carry the names the engine's own comparisons read (``given``, ``last``, ``birth``, ``phone``, ``city`` …), so
that whatever holds for any person is compared by the same code. A field nobody gave a column for is not there, except
where such a comparison must find it missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from config.link_models import LinkModel
from dedupe.anytable.values import (
    PARTICLES,
    consonants,
    fold_date,
    fold_email,
    fold_name,
    fold_number,
    fold_phone,
    fold_words,
    fold_year,
    split_address,
    split_full_name,
)
from dedupe.coding import MISSING, Coded, code_columns, together

Fold = Callable[[str], str | None]
MAX_ID_SLOTS = 4


@dataclass(frozen=True)
class Reader:
    """Columns of one table as coded fields."""

    table: pa.Table
    model: LinkModel

    def columns(self, role: str) -> tuple[str, ...]:
        """The columns of a role."""
        found: tuple[str, ...] = getattr(self.model.columns, role)
        return found

    def coded(self, role: str, fold: Fold) -> tuple[Coded, ...]:
        """The columns of a role as fields over one vocabulary."""
        names = self.columns(role)
        nulls = frozenset(self.model.reading.nulls)
        if not names:
            return ()
        return code_columns([self.table[name] for name in names], lambda text: _fold(text, fold, nulls))

    def each(self, role: str, fold: Fold) -> tuple[Coded, ...]:
        """The columns of a role as fields, each over a vocabulary of its own."""
        nulls = frozenset(self.model.reading.nulls)
        return tuple(
            code_columns([self.table[name]], lambda text: _fold(text, fold, nulls))[0] for name in self.columns(role)
        )

    def absent(self) -> Coded:
        """A field without a value."""
        return Coded(np.full(self.table.num_rows, MISSING, dtype=np.int32), ())


def _fold(text: str, fold: Fold, nulls: frozenset[str]) -> str | None:
    return None if text.strip() in nulls else fold(text)


def fields_of(table: pa.Table, *, model: LinkModel, is_person: bool, is_given_first: bool) -> dict[str, Coded]:
    """All fields the roles of a model give, of the rows of one party kind; a column without a value gives one, too.

    So the roles alone decide what is compared, and a frozen model fits every table that has its columns.
    """
    reader = Reader(table, model)
    fields = {
        **_source(reader),
        **_numbers(reader),
        **_contacts(reader),
        **_births(reader),
        **_address(reader),
        **_organisation(reader),
        **_texts(reader),
    }
    if is_person:
        fields |= _names(reader, is_given_first=is_given_first)
    return fields


def _first(length: int) -> Fold:
    return lambda text: text[:length] or None


def _source(reader: Reader) -> dict[str, Coded]:
    found = reader.coded("source_system", fold_words)
    return {"source": found[0]} if found else {}


def _numbers(reader: Reader) -> dict[str, Coded]:
    fields = {}
    for place, field in enumerate(reader.each("national_id", fold_number), start=1):
        fields[numbered("id", place)] = field
        if place == 1:
            fields["id_head"] = field.derived(lambda text: text[: len(text) // 2] if len(text) > 4 else None)
            fields["id_tail"] = field.derived(lambda text: text[len(text) // 2 :] if len(text) > 4 else None)
    return fields


def numbered(name: str, place: int) -> str:
    """The name of the first, second … field of several: ``id``, ``id_2`` …"""
    return name if place == 1 else f"{name}_{place}"


def _slots(reader: Reader, role: str, name: str, fold: Fold) -> dict[str, Coded]:
    """One or two fields over one vocabulary; the second is missing everywhere when there is one column only."""
    found = reader.coded(role, fold)
    if not found:
        return {}
    second = found[1] if len(found) > 1 else Coded(np.full_like(found[0].codes, MISSING), found[0].values)
    return {name: found[0], f"{name}_2": second}


def _contacts(reader: Reader) -> dict[str, Coded]:
    fields = {**_slots(reader, "phone", "phone", fold_phone), **_slots(reader, "email", "email", fold_email)}
    if "email" in fields:
        fields["email_name"] = fields["email"].derived(lambda text: text.partition("@")[0])
    return fields


def _births(reader: Reader) -> dict[str, Coded]:
    order = reader.model.date_order
    fields: dict[str, Coded] = {}
    for birth in reader.coded("birth_date", lambda text: fold_date(text, order=order)):
        fields |= {"birth": birth, "birth_ym": birth.derived(_first(6)), "birth_md": birth.derived(lambda day: day[4:])}
    for year in reader.coded("birth_date", lambda text: fold_year(text, order=order)):
        fields["birth_y"] = year
    for year in reader.coded("birth_year", lambda text: fold_year(text, order=order)):
        fields["birth_y"] = year
    if "birth_y" in fields:
        fields["decade"] = fields["birth_y"].derived(_first(3))
    return fields


def _address(reader: Reader) -> dict[str, Coded]:
    roles = ("address", "street", "house", "flat", "postal_code", "place", "region")
    if not any(reader.columns(role) for role in roles):
        return {}
    fields = {name: reader.absent() for name in ("street", "street_2", "house", "flat", "postal", "city", "region")}
    fields |= _lines(reader)
    for role, name, fold in (
        ("house", "house", fold_number),
        ("flat", "flat", fold_number),
        ("postal_code", "postal", fold_number),
        ("place", "city", fold_words),
        ("region", "region", fold_words),
    ):
        if found := reader.coded(role, fold):
            fields[name] = found[0]
    fields["s3"] = fields["street"].derived(_first(3))
    fields["p3"] = fields["postal"].derived(_first(3))
    return fields


def _lines(reader: Reader) -> dict[str, Coded]:
    """The street; where no column holds the house number, the street's line does."""
    role = "address" if reader.columns("address") else "street"
    if reader.columns("house"):
        return _slots(reader, role, "street", fold_words)
    lines = reader.coded(role, lambda text: text)
    if not lines:
        return {}
    fields = {
        "street": lines[0].derived(lambda text: split_address(text).street),
        "house": lines[0].derived(lambda text: split_address(text).house),
    }
    if not reader.columns("flat"):
        fields["flat"] = lines[0].derived(lambda text: split_address(text).flat)
    second = lines[1].derived(lambda text: split_address(text).street) if len(lines) > 1 else reader.absent()
    fields["street"], fields["street_2"] = together(fields["street"], second)
    return fields


def _organisation(reader: Reader) -> dict[str, Coded]:
    fields: dict[str, Coded] = {}
    for name in reader.coded("organisation_name", fold_words):
        fields |= {
            "org": name,
            "org_words": name.derived(lambda text: " ".join(sorted(set(text.split())))),
            "org1": name.derived(lambda text: text.split()[0]),
            "org_long": name.derived(lambda text: max(sorted(text.split()), key=len)),
            "org8": name.derived(lambda text: text.replace(" ", "")[:8]),
            "org_sk": name.derived(lambda text: consonants(text, length=8)),
            "org_sk4": name.derived(lambda text: consonants(text, length=4)),
        }
        words = [name.derived(_skeleton_of_word(place)) for place in range(3)]
        fields["org_sk1"], fields["org_sk2"], fields["org_sk3"] = together(*words)
    return fields


def _skeleton_of_word(place: int) -> Fold:
    """The consonants of the first, second or third word of a name."""

    def skeleton(name: str) -> str | None:
        words = name.split()
        return consonants(words[place], length=5) if place < len(words) else None

    return skeleton


def _texts(reader: Reader) -> dict[str, Coded]:
    found = reader.each("free_text", fold_words)
    return {numbered("text", place): field for place, field in enumerate(found, start=1)}


def _names(reader: Reader, *, is_given_first: bool) -> dict[str, Coded]:
    if not any(reader.columns(role) for role in ("full_name", "given_name", "family_name")):
        return {}
    given, second, last, former = _name_parts(reader, is_given_first=is_given_first)
    given, second = together(given, second)
    last, former, head, tail = together(last, former, last.derived(_head), last.derived(_tail))
    return {
        "given": given,
        "second": second,
        "first": given,
        "f1": given.derived(_first(1)),
        "f3": given.derived(_first(3)),
        "fsk": given.derived(lambda name: consonants(name, length=4)),
        "last": last,
        "former": former,
        "last_head": head,
        "last_tail": tail,
        "l1": last.derived(lambda name: name.split("-")[0]),
        "l3": last.derived(_first(3)),
        "l4": last.derived(_first(4)),
        "sk": last.derived(lambda name: consonants(name, length=5)),
    }


def _name_parts(reader: Reader, *, is_given_first: bool) -> tuple[Coded, Coded, Coded, Coded]:
    names = reader.coded("full_name", lambda text: text)
    if names:
        parts = {text: split_full_name(text, is_given_first=is_given_first) for text in names[0].values}
        given, second, last, former = (
            names[0].derived(of_part)
            for of_part in (
                lambda text: parts[text].given,
                lambda text: parts[text].second,
                lambda text: parts[text].family,
                lambda text: parts[text].other_family,
            )
        )
        return given, second, last, former
    given_names, family_names = reader.coded("given_name", fold_name), reader.coded("family_name", fold_name)
    return (*_pair(given_names, reader), *_pair(family_names, reader))


def _pair(found: Sequence[Coded], reader: Reader) -> tuple[Coded, Coded]:
    first = found[0] if found else reader.absent()
    return first, found[1] if len(found) > 1 else reader.absent()


def _head(name: str) -> str | None:
    """The first part of a name of several, particles left out: ``van-der-berg`` shares no part with ``van-dijk``."""
    parts = [part for part in name.split("-") if part not in PARTICLES]
    return parts[0] if parts and parts[0] != name else None


def _tail(name: str) -> str | None:
    parts = [part for part in name.split("-") if part not in PARTICLES]
    return parts[-1] if len(parts) > 1 else None


def given_names_first(texts: Sequence[str | None]) -> bool:
    """Whether full names start with the given name: given names repeat, so their place has fewer different words."""
    pairs = [words for text in texts if text and "," not in text and len(words := (fold_words(text) or "").split()) > 1]
    return len({words[0] for words in pairs}) <= len({words[-1] for words in pairs})


def shared_fields(fields: Mapping[str, Coded]) -> dict[str, tuple[str, ...]]:
    """Fields whose sharers count, with their slots."""
    groups: dict[str, tuple[str, ...]] = {"phone": ("phone", "phone_2"), "email": ("email", "email_2")}
    groups |= {numbered("id", place): (numbered("id", place),) for place in range(1, MAX_ID_SLOTS + 1)}
    return {name: slots for name, slots in groups.items() if slots[0] in fields}
