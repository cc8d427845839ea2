"""The ideas of the matching recipe and of its Polish pack, each as a way to take it out again.

Nothing in the product has a switch for them: an idea is undone by changing the rules people state, the fields of the
records, the matrix of levels, or the kind of party. A level an idea would not know becomes the level such a pair would
have had; where that cannot be said exactly, the docstring says what stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from config.matching import Caps, Matching
from dedupe.blocking import Pairs
from dedupe.blocking_rules import BlockingRule
from dedupe.coding import MISSING, Coded, PartyFeatures
from dedupe.comparisons import (
    ADDRESS_FIELDS,
    ADDRESS_LEVELS,
    NUMBER_LEVELS,
    Comparison,
    Known,
    Party,
    address,
    id_document,
    is_street_like,
)
from dedupe.em import Floats
from dedupe.engine import compare_pairs
from dedupe.kernels import Levels
from dedupe.party_kinds import PARTY_KINDS, LevelMatrix, PartyKind
from dedupe.similarity import edits, edits_of, likeness

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Compared:
    """Records, their candidate pairs and levels, before an idea is taken out."""

    features: PartyFeatures
    pairs: Pairs
    levels: Levels
    known: Known


def as_they_are(levels: Compared) -> Levels:
    """The levels unchanged."""
    return levels.levels


@dataclass(frozen=True)
class Idea:
    """One idea and how it is undone; what is not given stays as it is."""

    name: str
    party_kind: str
    matching: Callable[[Matching], Matching] | None = None
    features: Callable[[PartyFeatures], PartyFeatures] | None = None
    """Other fields or blocking rules: candidate pairs and levels are made again."""
    kind: Callable[[PartyKind], PartyKind] | None = None
    """Other classes, start or rules over the same levels."""
    levels: Callable[[Compared], Levels] = as_they_are
    more: tuple[Comparison, ...] = ()
    """Comparisons whose levels :attr:`levels` appends as columns."""
    hidden: tuple[str, ...] = ()
    """Comparisons the model does not see; start and hard rules still do."""
    is_retrained: bool = True
    is_agglomerated: bool = True

    @property
    def is_rebuilt(self) -> bool:
        """Whether candidate pairs and levels must be made again."""
        return self.matching is not None or self.features is not None


def number_of(comparison: Comparison, level: str) -> int:
    """The number of a level; an idea that names a level which is no more must not pass for tried."""
    if level not in comparison.levels:
        raise KeyError(f"comparison {comparison.name} has no level {level}")
    return comparison.levels.index(level)


def column_of(features: PartyFeatures, name: str) -> tuple[int, Comparison]:
    """The column of a comparison."""
    names = [comparison.name for comparison in features.kind.comparisons]
    return names.index(name), features.kind.comparisons[names.index(name)]


def merged(comparison_name: str, steps_of: str) -> Callable[[Compared], Levels]:
    """Levels ``exact_1``, ``exact_2`` … of a comparison as one."""

    def levels(compared: Compared) -> Levels:
        column, comparison = column_of(compared.features, comparison_name)
        first = number_of(comparison, f"{steps_of}_1")
        found = compared.levels.copy()
        found[np.isin(found[:, column], _numbers(comparison, f"{steps_of}_")), column] = first
        return found

    return levels


def _numbers(comparison: Comparison, prefix: str) -> list[int]:
    numbers = [number for number, level in enumerate(comparison.levels) if level.startswith(prefix)]
    if not numbers:
        raise KeyError(f"comparison {comparison.name} has no levels {prefix}…")
    return numbers


def plain_names(compared: Compared) -> Levels:
    """Given and family name each exact or not, however rare, and never counted together."""
    given, given_name = column_of(compared.features, "given_name")
    family, family_name = column_of(compared.features, "family_name")
    found = compared.levels.copy()
    is_full = np.isin(found[:, given], _numbers(given_name, "full_name_"))
    found[is_full | np.isin(found[:, given], _numbers(given_name, "exact_")), given] = number_of(given_name, "exact_1")
    exact = is_full | np.isin(found[:, family], _numbers(family_name, "exact_"))
    found[exact, family] = number_of(family_name, "exact_1")
    return found


def birth_beside_pesel(compared: Compared) -> Levels:
    """The date of birth counted also where both PESELs, which contain it, are known."""
    fields = compared.features.fields
    nobody = Coded(np.full(len(compared.features), MISSING, dtype=np.int32), fields["pesel"].values)
    blind = replace(compared.features, fields={**fields, "pesel": nobody})
    column, _ = column_of(compared.features, "birth_date")
    found = compared.levels.copy()
    found[:, column] = compare_pairs(blind, compared.pairs.left, compared.pairs.right, known=compared.known)[:, column]
    return found


def without_birth_of_pesel(features: PartyFeatures) -> PartyFeatures:
    """No date of birth where the PESEL says the same: what was filled from it goes, and what merely agreed with it."""
    births, pesels = features.fields["birth"].texts(), features.fields["pesel"].texts()
    is_told = np.array([birth is not None and birth == birth_of_pesel(pesel) for birth, pesel in _both(births, pesels)])
    hidden = {
        name: Coded(
            np.where(is_told, MISSING, features.fields[name].codes).astype(np.int32), features.fields[name].values
        )
        for name in ("birth", "birth_y", "birth_ym", "birth_md")
    }
    return replace(features, fields={**features.fields, **hidden})


def _both(one: list[str | None], other: list[str | None]) -> list[tuple[str | None, str | None]]:
    return list(zip(one, other, strict=True))


def birth_of_pesel(pesel: str | None) -> str | None:
    """The date in a PESEL, eight digits; the month carries the century.

    Source: https://www.gov.pl/web/gov/czym-jest-numer-pesel
    """
    if pesel is None:
        return None
    century, month = divmod(int(pesel[2:4]), 20)
    return f"{(19, 20, 21, 22, 18)[century]}{pesel[:2]}{month:02d}{pesel[4:6]}"


def without_village_by_post(compared: Compared) -> Levels:
    """A village written as the street of its post town is another street."""

    def is_it(city: str | None, street: str | None, street_2: str | None) -> bool:
        return street is None and city is not None and city == street_2

    return _with_other_addresses(
        compared,
        lambda one, other: (
            is_it(one["city"], one["street"], other["street"]) or is_it(other["city"], other["street"], one["street"])
        ),
        # The street that is a village becomes one that is none; where one side has no street nothing else reads it.
        lambda one, other: (
            {**one, "street": one["street"] and "x"},
            {**other, "street": other["street"] and "x"},
        ),
    )


def with_exact_streets(compared: Compared) -> Levels:
    """A street cut off, or with a given name shortened or left out, is another street; a typo still is none."""

    def is_shortened(one: Party, other: Party) -> bool:
        street, street_2 = one["street"], other["street"]
        if street is None or street_2 is None or street == street_2 or not is_street_like(street, street_2):
            return False
        return edits(street, street_2) > 1 and likeness(street, street_2) <= 0.9

    return _with_other_addresses(
        compared, is_shortened, lambda one, other: ({**one, "street": "qqqqqqqq"}, {**other, "street": "zzzzzzzz"})
    )


def _with_other_addresses(
    compared: Compared,
    applies: Callable[[Party, Party], bool],
    changed: Callable[[Party, Party], tuple[Party, Party]],
) -> Levels:
    """The plain definition asked again for the pairs an idea concerns, with their addresses as they would be."""
    column, _ = column_of(compared.features, "address")
    fields = {name: compared.features.fields[name].texts() for name in ADDRESS_FIELDS}
    found = compared.levels.copy()
    for place in np.flatnonzero(_has_unequal_streets(compared)):
        one, other = (
            {name: texts[int(side[place])] for name, texts in fields.items()}
            for side in (compared.pairs.left, compared.pairs.right)
        )
        if applies(one, other):
            level = address(*changed(one, other), compared.known)
            found[place, column] = ADDRESS_LEVELS.index(level)
    return found


def _has_unequal_streets(compared: Compared) -> Mask:
    streets = compared.features.fields["street"].codes
    return np.asarray(streets[compared.pairs.left] != streets[compared.pairs.right], dtype=np.bool_)


def field_comparison(name: str) -> Comparison:
    """A field of the address by itself: exact, one edit, other."""

    def level_of(left: Party, right: Party, known: Known) -> str:
        """One field of the address."""
        return id_document({"id_document": left[name]}, {"id_document": right[name]}, known)

    return Comparison(f"address_{name}", NUMBER_LEVELS, level_of, (name,))


def with_field_columns(compared: Compared) -> Levels:
    """The levels with one more column per field of the address."""
    columns = [_field_levels(compared, name) for name in ADDRESS_FIELDS]
    return np.concatenate([compared.levels, np.stack(columns, axis=1)], axis=1)


def _field_levels(compared: Compared, name: str) -> Levels:
    field = compared.features.fields[name]
    one, other = field.codes[compared.pairs.left], field.codes[compared.pairs.right]
    both, exact = (one != MISSING) & (other != MISSING), one == other
    found = np.where(both, NUMBER_LEVELS.index("other"), 0)
    unlike = np.flatnonzero(both & ~exact)
    is_near = edits_of(field.values, one[unlike], other[unlike]) <= 1
    found[unlike[is_near]] = NUMBER_LEVELS.index("near")
    found[both & exact] = NUMBER_LEVELS.index("exact")
    return found.astype(np.int8)


def without_stem(features: PartyFeatures) -> PartyFeatures:
    """Kowalski and Kowalska are as like as their letters."""
    last = features.fields["last"]
    return replace(features, fields={**features.fields, "stem": last})


def without_sex(features: PartyFeatures) -> PartyFeatures:
    """Nobody's given name tells the sex."""
    sex = features.fields["name_sex"]
    unknown = Coded(np.full(len(features), MISSING, dtype=np.int32), sex.values)
    return replace(features, fields={**features.fields, "name_sex": unknown})


BROAD_KEYS = (
    "pesel | any_phone | birth last | birth first | last street house | first street house | first last city"
    " | first last postal | first last birth_y | birth city | f3 l3 postal | f3 l4 birth_ym | first l3 city house"
    " | birth l3 | city street house flat | f3 city street"
)
"""The sixteen of the prototype this recipe comes from; there with a cap of 300, here with the highest allowed."""


def with_broad_keys(features: PartyFeatures) -> PartyFeatures:
    """Few broad keys in place of many precise ones."""
    rules = tuple(BlockingRule(tuple(key.split()), "wide") for key in BROAD_KEYS.split("|"))
    return replace(features, kind=replace(features.kind, blocking_rules=rules))


def with_high_caps(matching: Matching) -> Matching:
    """Blocks of up to two hundred records."""
    return matching.model_copy(update={"caps": Caps(wide=200, narrow=200)})


def fewer_classes(groups: Mapping[str, str]) -> Callable[[PartyKind], PartyKind]:
    """Classes merged: name of the old to name of the new class, in the order of the kind."""

    def kind(full: PartyKind) -> PartyKind:
        names = tuple(dict.fromkeys(groups[name] for name in full.classes))

        def start(levels: LevelMatrix) -> Floats:
            shares = full.start(levels)
            columns = [[groups[old] == name for old in full.classes] for name in names]
            return np.stack([shares[:, np.array(of_class)].sum(axis=1) for of_class in columns], axis=1)

        return replace(full, classes=names, start=start, narrow_classes={})

    return kind


def same_or(other: str, party_kind: str) -> dict[str, str]:
    """Every class of one customer as one, and every other class as one."""
    return {name: "same_one" if name.startswith("same_") else other for name in PARTY_KINDS[party_kind].classes}


def three_classes(party_kind: str) -> dict[str, str]:
    """One customer, related in some way, unrelated."""
    return same_or("related", party_kind) | {"unrelated": "unrelated"}


def nobody_known(full: PartyKind) -> PartyKind:
    """No pair is beyond doubt."""
    return replace(full, known=lambda levels: np.zeros(len(levels), dtype=np.bool_))


def classes_by_name(full: PartyKind) -> PartyKind:
    """A class means one customer because it is called so, whatever the identifiers in it say."""
    return replace(full, identifier=None)


def without_rule(name: str) -> Callable[[PartyKind], PartyKind]:
    """One hard rule fewer."""
    return lambda full: replace(full, hard_rules={rule: of for rule, of in full.hard_rules.items() if rule != name})


def _common(party_kind: str) -> tuple[Idea, ...]:
    """Ideas both kinds share, and the hard rules of this one."""
    kind = PARTY_KINDS[party_kind]
    rules = tuple(
        Idea(f"hard rule {name}", party_kind, kind=without_rule(name), is_retrained=False) for name in kind.hard_rules
    )
    return (
        Idea(
            "address as one variable, not five fields",
            party_kind,
            levels=with_field_columns,
            more=tuple(map(field_comparison, ADDRESS_FIELDS)),
            hidden=("address",),
        ),
        Idea(f"{len(kind.classes)} classes, not three", party_kind, kind=fewer_classes(three_classes(party_kind))),
        Idea(f"{len(kind.classes)} classes, not two", party_kind, kind=fewer_classes(same_or("other", party_kind))),
        Idea("agglomeration, not connected components", party_kind, is_agglomerated=False, is_retrained=False),
        Idea("telephone by number of sharers", party_kind, levels=merged("phone", "exact")),
        Idea("village written as a street", party_kind, levels=without_village_by_post),
        Idea("streets cut off or shortened", party_kind, levels=with_exact_streets),
        Idea("pairs nobody doubts", party_kind, kind=nobody_known),
        Idea("identity rule", party_kind, kind=classes_by_name),
        *rules,
    )


IDEAS: tuple[Idea, ...] = (
    *_common("person"),
    Idea("joint rarity of the full name", "person", levels=plain_names),
    Idea("diminutives", "person", matching=lambda matching: matching.model_copy(update={"diminutives": {}})),
    Idea("-ski and -ska are one name", "person", features=without_stem),
    Idea("sex of the given name", "person", features=without_sex),
    Idea("a PESEL contains the date of birth: counted once", "person", levels=birth_beside_pesel),
    Idea("date of birth from the PESEL", "person", features=without_birth_of_pesel),
    Idea("many precise keys, not sixteen broad ones", "person", matching=with_high_caps, features=with_broad_keys),
    *_common("firm"),
    Idea("rarity of the firm's words", "firm", levels=merged("org_name", "exact")),
    Idea(
        "words of the trade count little",
        "firm",
        matching=lambda matching: matching.model_copy(update={"generic_words": ()}),
    ),
)
