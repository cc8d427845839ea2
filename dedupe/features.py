"""Match keys of persons and firms: the fields a record has, how each is folded or derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.matching import Matching
from dedupe.coding import (
    ALTERNATIVES,
    MISSING,
    Coded,
    Codes,
    PartyFeatures,
    Texts,
    code_columns,
    count_sharers,
    pack,
    together,
)
from dedupe.folding import consonants, fold, fold_name, fold_number, initials_of, sex_of_name, stem
from dedupe.neighbours import born_of, crowd_of, houses_of
from dedupe.party_kinds import PARTY_KINDS
from dedupe.pattern_loops import number_texts
from dedupe.rivals import rivals_of

__all__ = [
    "ALTERNATIVES",
    "COUNTED",
    "LINKED_COLUMNS",
    "MISSING",
    "SHARED_COLUMNS",
    "Coded",
    "Codes",
    "PartyFeatures",
    "coded_features",
    "party_features",
    "without_hubs",
]


def party_features(records: pa.Table, *, party_kind: str, matching: Matching) -> PartyFeatures:
    """The match keys of the records of one party kind."""
    return without_hubs(coded_features(records, party_kind=party_kind, matching=matching), matching=matching)


def coded_features(records: pa.Table, *, party_kind: str, matching: Matching) -> PartyFeatures:
    """The match keys before anybody counted who shares them: no value is too common yet."""
    pa.default_memory_pool().release_unused()
    positions = np.flatnonzero(pc.equal(records["party_kind"], party_kind).to_numpy())
    ids = records["record_id"].take(pa.array(positions)).combine_chunks()
    order = pc.sort_indices(ids).to_numpy().astype(np.int64)
    table = _Columns(records, positions)
    fields = _PARTIES[party_kind](table, matching)
    # Coded in the order they came in, and the codes sorted: integers move faster than texts.
    for name in fields:  # one by one: two sets of them would be most of the memory of a linkage
        fields[name] = Coded(fields[name].codes[order], fields[name].values)
    ids = ids.take(pa.array(order))
    fields["row"] = _rows(table, ids, order)
    pa.default_memory_pool().release_unused()  # what coding took is more than all later stages need
    return PartyFeatures(
        kind=PARTY_KINDS[party_kind],
        record_ids=Texts(ids),
        positions=positions[order],
        fields=fields,
        sharers={},
    )


@dataclass(frozen=True)
class _Columns:
    """Columns of the records of one kind."""

    records: pa.Table
    positions: NDArray[np.int64]

    def __getitem__(self, name: str) -> pa.Array:
        column = self.records[name].take(pa.array(self.positions))
        return column.combine_chunks()


def without_hubs(
    features: PartyFeatures, *, matching: Matching, among: NDArray[np.bool_] | None = None
) -> PartyFeatures:
    """The same features with sharers and rivals counted; what too many share is missing, neither key nor evidence.

    Args:
        features: as coded.
        matching: has the limits.
        among: records whose values are counted; all if not given.
    """
    fields, sharers = dict(features.fields), {}
    for name, slots in SHARED_COLUMNS.items():
        if slots[0] in fields:
            sharers[name] = count_sharers(*(_of_some(fields[slot], among) for slot in slots))
            is_hub = sharers[name] > getattr(matching.sharer_limits, name)
            fields.update({slot: fields[slot].without(is_hub) for slot in slots})
    if "stem" in fields:
        # Of the fields as coded: what is counted here must not depend on what is a hub.
        fields.update({name: count(features.fields, among=among) for name, count in COUNTED.items()})
    return replace(features, fields=fields, sharers=sharers)


def _of_some(field: Coded, among: NDArray[np.bool_] | None) -> Coded:
    return field if among is None else Coded(np.where(among, field.codes, MISSING).astype(np.int32), field.values)


LINKED_COLUMNS = (
    *("record_id", "source_id", "raw_key", "party_kind", "given_name", "second_given_name", "family_name"),
    *("former_family_name", "birth_date", "pesel", "id_document", "nip", "regon", "org_name", "legal_form"),
    *("phone", "phone_2", "email", "city", "street", "house", "flat", "postal_code"),
)
"""Columns of a party record the match keys are made of."""
COUNTED: Mapping[str, Callable[..., Coded]] = {
    "rivals": rivals_of,
    "crowd": crowd_of,
    "houses": houses_of,
    "born": born_of,
}
"""Fields of persons that no record has by itself: what the live records around it say, in steps."""
SHARED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "phone": ("phone", "phone_2"),
    "pesel": ("pesel",),
    "id_document": ("id_document",),
    "email": ("email",),
    "nip": ("nip",),
    "regon": ("regon",),
}
"""Values whose sharers are counted; each is a column of the records and a field here."""


def _common_fields(table: _Columns) -> dict[str, Coded]:
    phone, phone_2 = code_columns([table["phone"], table["phone_2"]])
    (street,) = code_columns([table["street"]], fold)
    (postal,) = code_columns([table["postal_code"]], fold_number)
    return {
        "phone": phone,
        "phone_2": phone_2,
        "email": code_columns([table["email"]])[0],
        "pesel": code_columns([table["pesel"]])[0],
        **_birth_fields(table),
        "city": code_columns([table["city"]], fold)[0],
        "street": street,
        "s3": street.start(3),
        "house": code_columns([table["house"]], fold_number)[0],
        "flat": code_columns([table["flat"]], fold_number)[0],
        "postal": postal,
        "source": code_columns([table["source_id"]])[0],
    }


def _rows(table: _Columns, ids: pa.Array, order: NDArray[np.int64]) -> Coded:
    """The raw row of a record, named by its first one: two parties of one row are never one customer.

    Hardly two records share a row. Whatever sorts or copies their texts costs more than all other columns together.
    """
    (source,) = code_columns([table["source_id"]])
    codes, first = number_texts(*pack(Texts(table["raw_key"])), source.codes, order)
    return Coded(codes, Texts(ids.take(pa.array(first))))


def _birth_fields(table: _Columns) -> dict[str, Coded]:
    dates = table["birth_date"].dictionary_encode()
    days = pc.strftime(dates.dictionary, format="%Y%m%d")
    (birth,) = code_columns([pa.DictionaryArray.from_arrays(dates.indices, days)])
    return {
        "birth": birth,
        "birth_y": birth.start(4),
        "birth_ym": birth.start(6),
        "birth_md": birth.derived(lambda text: text[4:]),
    }


def canonical_names(matching: Matching) -> dict[str, str]:
    """Diminutive to the one name keys use for it: the first of those it may stand for."""
    return {short: min(names) for short, names in matching.diminutives.items()}


def _person_fields(table: _Columns, matching: Matching) -> dict[str, Coded]:
    canonical = canonical_names(matching)
    given, second = code_columns([table["given_name"], table["second_given_name"]], fold_name)
    last, former = code_columns([table["family_name"], table["former_family_name"]], fold_name)
    first = given.derived(lambda name: canonical.get(name, name))
    last, former, head, tail = together(last, former, last.derived(_head), last.derived(_tail))
    return {
        **_common_fields(table),
        "given": given,
        "second": second,
        "name_sex": given.derived(sex_of_name),
        "first": first,
        "f1": first.start(1),
        "f3": first.start(3),
        "fsk": first.derived(lambda name: consonants(name, length=4)),
        "last": last,
        "former": former,
        "last_head": head,
        "last_tail": tail,
        "l1": last.derived(lambda name: name.split("-")[0]),
        "l3": last.start(3),
        "l4": last.start(4),
        "stem": last.derived(stem),
        "sk": last.derived(lambda name: consonants(name, length=5)),
        "id_document": code_columns([table["id_document"]])[0],
    }


def _head(name: str) -> str | None:
    return name.split("-")[0] if "-" in name else None


def _tail(name: str) -> str | None:
    return name.split("-", 1)[1] if "-" in name else None


def _firm_fields(table: _Columns, matching: Matching) -> dict[str, Coded]:
    (org,) = code_columns([table["org_name"]], fold)
    (regon,) = code_columns([table["regon"]])
    return {
        **_common_fields(table),
        "org": org,
        "org_words": org.derived(lambda name: " ".join(sorted(set(name.split())))),
        "org1": org.derived(lambda name: name.split()[0]),
        "org_long": org.derived(lambda name: max(sorted(name.split()), key=len)),
        "org_initials": org.derived(initials_of),
        "org8": org.derived(lambda name: name.replace(" ", "")[:8]),
        "org_sk": org.derived(lambda name: consonants(name, length=8)),
        "legal_form": code_columns([table["legal_form"]])[0],
        "nip": code_columns([table["nip"]])[0],
        "regon": regon,
        "regon9": regon.start(9),
    }


_PARTIES: Mapping[str, Callable[[pa.Table, Matching], dict[str, Coded]]] = {
    "person": _person_fields,
    "firm": _firm_fields,
}
