"""Relationships: edges between customers who are not one customer.

A household, an owner and his firm, a firm and its branch share almost everything a matcher looks at. They are kept
apart and joined by an edge that names its evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from config.schemas import RELATIONSHIP
from dedupe.folding import fold, fold_name, fold_number, stem

HOUSEHOLD_LIMIT = 8
"""More customers of one family name in one house without flat numbers are a village, not a household."""
BRANCH_LIMIT = 400

_EDGES = ("customer_id_1", "customer_id_2", "kind", "evidence")


def relationships(records: pa.Table, customer_of: pa.ChunkedArray, golden: pa.Table) -> pa.Table:
    """All edges between customers.

    Args:
        records: party records.
        customer_of: customer_id by row of the records.
        golden: golden customers.
    """
    people = _golden_keys(golden)
    parties = _record_keys(records, customer_of)
    edges = pd.concat(
        [
            _households(people),
            _owners(people, parties),
            _branches(people, parties),
        ],
        ignore_index=True,
    )
    edges = edges.sort_values(list(_EDGES), kind="stable").drop_duplicates(list(_EDGES[:3]), ignore_index=True)
    table = pa.Table.from_pandas(edges[list(_EDGES)], schema=RELATIONSHIP.arrow, preserve_index=False)
    return RELATIONSHIP.check(table)


def _golden_keys(golden: pa.Table) -> pd.DataFrame:
    names = ["customer_id", "unit", "party_kind", "given_name", "family_name", "org_name", "phone", "nip", "regon"]
    frame: pd.DataFrame = golden.select([*names, "street", "house", "flat", "city", "records"]).to_pandas()
    for column, folded in (("street", fold), ("city", fold), ("house", fold_number), ("flat", fold_number)):
        frame[column] = _folded(frame[column], folded)
    frame["family"] = _folded(_folded(frame["family_name"], fold_name), stem)
    frame["given"] = _folded(frame["given_name"], fold_name)
    frame["org"] = _folded(frame["org_name"], fold)
    has_house = frame["city"].notna() & frame["house"].notna()
    parts = [frame[column].fillna("") for column in ("city", "street", "house", "flat")]
    frame["home"] = (parts[0] + "|" + parts[1] + "|" + parts[2] + "|" + parts[3]).where(has_house)
    return frame


def _record_keys(records: pa.Table, customer_of: pa.ChunkedArray) -> pd.DataFrame:
    frame: pd.DataFrame = records.select(["source_id", "raw_key", "party_kind", "pesel", "nip", "regon"]).to_pandas()
    frame["customer_id"] = customer_of.to_pandas()
    frame["row"] = frame["source_id"] + "\n" + frame["raw_key"]
    return frame


def _folded(column: pd.Series, function: Callable[[str], str | None]) -> pd.Series:
    """A function of the distinct values of a column; missing stays missing."""
    return column.map({value: function(value) for value in column.dropna().unique()}).astype("object")


def _households(golden: pd.DataFrame) -> pd.DataFrame:
    people = golden[(golden["party_kind"] == "person") & golden["home"].notna() & golden["family"].notna()]
    return _edges_within(people, ["home", "family"], limit=HOUSEHOLD_LIMIT, evidence="same_address_and_family_name")


def _edges_within(customers: pd.DataFrame, keys: list[str], *, limit: int, evidence: str) -> pd.DataFrame:
    sizes = customers.groupby(keys)["customer_id"].transform("size")
    grouped = customers[(sizes > 1) & (sizes <= limit)].groupby(keys, sort=True)["customer_id"]
    rows = [(one, other, "household", evidence) for one, other in _pairs(grouped)]
    return pd.DataFrame(rows, columns=list(_EDGES), dtype="object")


def _pairs(grouped: Iterable[tuple[object, pd.Series]]) -> Iterator[tuple[str, str]]:
    for _, members in grouped:
        yield from combinations(sorted(members), 2)


def _owners(golden: pd.DataFrame, parties: pd.DataFrame) -> pd.DataFrame:
    """Firms of sole traders and the people who own them, by what the two records share."""
    person, firm = (parties[parties["party_kind"] == kind] for kind in ("person", "firm"))
    found = [
        _shared(person, firm, "row", evidence="one_row"),
        _shared(person, firm, "pesel", evidence="pesel_of_owner"),
        _shared(person, firm, "nip", evidence="nip_of_owner"),
        _named_owners(golden),
    ]
    edges = pd.concat(found, ignore_index=True)
    return edges.assign(kind="owner_of_firm")


def _shared(person: pd.DataFrame, firm: pd.DataFrame, key: str, *, evidence: str) -> pd.DataFrame:
    people = person.loc[person[key].notna(), [key, "customer_id"]].drop_duplicates()
    firms = firm.loc[firm[key].notna(), [key, "customer_id"]].drop_duplicates()
    few = people.groupby(key)["customer_id"].transform("size") <= HOUSEHOLD_LIMIT
    edges = people[few].merge(firms, on=key, suffixes=("_1", "_2"))
    return edges[["customer_id_1", "customer_id_2"]].drop_duplicates().assign(evidence=evidence)


def _named_owners(golden: pd.DataFrame) -> pd.DataFrame:
    """Firms that carry their owner's full name and live at his address or answer his telephone."""
    people = golden[(golden["party_kind"] == "person") & golden["given"].notna() & golden["family_name"].notna()]
    firms = golden[golden["party_kind"] == "firm"]
    found = []
    for key, evidence in (("home", "owner_name_and_address"), ("phone", "owner_name_and_phone")):
        near = people[people[key].notna()].merge(firms[firms[key].notna()], on=key, suffixes=("_1", "_2"))
        named = near[_carries_name(near)]
        found.append(named[["customer_id_1", "customer_id_2"]].assign(evidence=evidence))
    return pd.concat(found, ignore_index=True)


def _carries_name(near: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a firm's record has the person's name, the given one at least as an initial, beside or in its own."""
    columns = (near[name] for name in ("given_1", "family_1", "given_2", "family_2", "org_2"))
    return np.array(
        [
            _is_owner_named(given, family, {*_words(org), *_words(owner_given)}, {*_words(org, stem), owner_family})
            for given, family, owner_given, owner_family, org in zip(*columns, strict=True)
        ],
        dtype=np.bool_,
    )


def _is_owner_named(given: str, family: str, given_words: set[str], family_words: set[str | None]) -> bool:
    return family in family_words and (given in given_words or given[0] in given_words)


def _words(text: object, make: Callable[[str], str] = str) -> list[str]:
    return [make(word) for word in text.split()] if isinstance(text, str) else []


def _branches(golden: pd.DataFrame, parties: pd.DataFrame) -> pd.DataFrame:
    """Firms of one NIP or one nine-digit REGON: the head office first, its branches after."""
    firms = parties[parties["party_kind"] == "firm"].assign(regon9=lambda frame: frame["regon"].str[:9])
    order = _head_order(golden, firms)
    found = []
    for key, evidence in (("regon9", "same_regon"), ("nip", "same_nip")):
        members = firms.loc[firms[key].notna(), [key, "customer_id"]].drop_duplicates()
        sizes = members.groupby(key)["customer_id"].transform("size")
        members = members[(sizes > 1) & (sizes <= BRANCH_LIMIT)].assign(
            order=lambda frame: frame["customer_id"].map(order)
        )
        heads = members.sort_values([key, "order"], kind="stable").drop_duplicates(key)
        edges = members.merge(heads[[key, "customer_id"]], on=key, suffixes=("_2", "_1"), validate="m:1")
        edges = edges[edges["customer_id_1"] != edges["customer_id_2"]]
        found.append(edges[["customer_id_1", "customer_id_2"]].assign(kind="branch_of_firm", evidence=evidence))
    return pd.concat(found, ignore_index=True)


def _head_order(golden: pd.DataFrame, firms: pd.DataFrame) -> pd.Series:
    """The head office is known by a nine-digit REGON, else has the most records, else the least id."""
    has_nine = firms[firms["regon"].str.len() == 9]["customer_id"].unique()
    frame = golden.loc[golden["party_kind"] == "firm", ["customer_id", "records"]].copy()
    frame["has_nine"] = frame["customer_id"].isin(has_nine)
    frame = frame.sort_values(["has_nine", "records", "customer_id"], ascending=[False, False, True], kind="stable")
    return pd.Series(np.arange(len(frame)), index=frame["customer_id"].to_numpy())
