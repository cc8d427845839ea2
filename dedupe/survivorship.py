"""Survivorship: one golden value per customer and attribute, with the record it came from and the rule that chose it.

Rules are asked in their order; each keeps the values it likes best, and the one that leaves a single value is named. An
address is one group of five columns from one record: a street from here and a house number from there would be nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.schemas import ADDRESS_COLUMNS, GOLDEN_ATTRIBUTES
from dedupe.features import MISSING

Longs = NDArray[np.int64]
ONLY_VALUE, TIE = "only_value", "anchor_order"


@dataclass(frozen=True)
class Chosen:
    """Per customer the row whose value survived, -1 where no record has one, and the rule that chose it."""

    row: Longs
    rule: NDArray[np.object_]


@dataclass(frozen=True)
class Attribute:
    """The candidates of one attribute: every record that has a value."""

    rows: Longs
    customer: Longs
    value: Longs
    completeness: Longs


def choose(
    records: pa.Table, customer: Longs, *, customers: int, anchor_rank: Longs, rules: Mapping[str, Any]
) -> dict[str, Chosen]:
    """The surviving row of every attribute.

    Args:
        records: party records.
        customer: number of each record's customer, 0 … customers − 1.
        customers: how many there are.
        anchor_rank: rank of each record in anchor order; the last tie-break.
        rules: ``attributes`` (name to rule names) and ``trust`` (source_id to rank, 0 best).
    """
    scores = _record_scores(records, rules["trust"])
    chosen = {}
    for name in GOLDEN_ATTRIBUTES:
        attribute = _candidates(records, name, customer)
        chosen[name] = _survivors(attribute, rules["attributes"][name], scores, anchor_rank, customers=customers)
    return chosen


def _candidates(records: pa.Table, name: str, customer: Longs) -> Attribute:
    codes, completeness = _address_codes(records) if name == "address" else _value_codes(records, name)
    rows = np.flatnonzero(codes != MISSING).astype(np.int64)
    return Attribute(rows, customer[rows], codes[rows], completeness[rows])


def _value_codes(records: pa.Table, name: str) -> tuple[Longs, Longs]:
    texts = records[name].combine_chunks().cast(pa.string())
    lengths = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    return _codes(texts), lengths


def _codes(texts: Any) -> Longs:
    encoded = texts.dictionary_encode()
    encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
    codes = pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False)
    order = np.argsort(np.array(encoded.dictionary.to_pylist(), dtype=object), kind="stable")
    rank = np.append(np.argsort(order, kind="stable"), MISSING)  # codes in the order of the texts, whatever came first
    return np.asarray(rank[codes], dtype=np.int64)


def _address_codes(records: pa.Table) -> tuple[Longs, Longs]:
    parts = [records[name].combine_chunks().cast(pa.string()) for name in ADDRESS_COLUMNS]
    present = np.stack([pc.is_valid(part).to_numpy(zero_copy_only=False) for part in parts])
    joined = pc.binary_join_element_wise(*[pc.fill_null(part, "") for part in parts], "\n")
    has_place = present[ADDRESS_COLUMNS.index("city")] | present[ADDRESS_COLUMNS.index("postal_code")]
    return np.where(has_place, _codes(joined), MISSING), present.sum(axis=0).astype(np.int64)


def _record_scores(records: pa.Table, trust: Mapping[str, int]) -> dict[str, Longs]:
    """Per rule a score of each record, higher is better."""
    worst = max(trust.values(), default=0) + 1
    source_rank = np.array([trust.get(source, worst) for source in records["source_id"].to_pylist()], dtype=np.int64)
    verified = pc.equal(records["pesel_status"], "valid")
    return {
        "source_trust": -source_rank,
        "most_recent": _days(records["business_date"]),
        "latest_opened": _days(records["opened_on"]),
        "verified": pc.fill_null(verified, False).to_numpy(zero_copy_only=False).astype(np.int64),
    }


def _days(dates: Any) -> Longs:
    days = pc.fill_null(dates.combine_chunks().cast(pa.int32()), np.iinfo(np.int32).min)
    return np.asarray(days.to_numpy(zero_copy_only=False), dtype=np.int64)


def _survivors(
    attribute: Attribute, names: Sequence[str], scores: Mapping[str, Longs], anchor_rank: Longs, *, customers: int
) -> Chosen:
    left = np.arange(len(attribute.rows))
    rule = np.full(customers, None, dtype=object)
    _mark(rule, attribute, left, ONLY_VALUE)
    for name in names:
        left = _best(attribute, left, _score(name, attribute, left, scores))
        _mark(rule, attribute, left, name)
    left = _best(attribute, left, -anchor_rank[attribute.rows[left]])
    _mark(rule, attribute, left, TIE)
    row = np.full(customers, MISSING, dtype=np.int64)
    row[attribute.customer[left]] = attribute.rows[left]
    return Chosen(row, rule)


def _score(name: str, attribute: Attribute, left: Longs, scores: Mapping[str, Longs]) -> Longs:
    if name == "most_frequent":
        return _frequency(attribute)[left]
    if name == "most_complete":
        return attribute.completeness[left]
    return scores[name][attribute.rows[left]]


def _frequency(attribute: Attribute) -> Longs:
    """How many records of the customer have the value."""
    width = np.int64(attribute.value.max(initial=0) + 1)
    _, inverse, counts = np.unique(
        attribute.customer * width + attribute.value, return_inverse=True, return_counts=True
    )
    return np.asarray(counts[inverse], dtype=np.int64)


def _best(attribute: Attribute, left: Longs, score: Longs) -> Longs:
    """Of each customer's candidates those of the highest score."""
    if not len(left):
        return left
    customer = attribute.customer[left]
    best = np.full(int(customer.max()) + 1, np.iinfo(np.int64).min, dtype=np.int64)
    np.maximum.at(best, customer, score)
    return np.asarray(left[score == best[customer]], dtype=np.int64)


def _mark(rule: NDArray[np.object_], attribute: Attribute, left: Longs, name: str) -> None:
    """Name the rule for customers whose candidates now agree on one value and that no rule settled before."""
    if not len(left):
        return
    customer, value = attribute.customer[left], attribute.value[left]
    low = np.full(len(rule), np.iinfo(np.int64).max)
    high = np.full(len(rule), np.iinfo(np.int64).min)
    np.minimum.at(low, customer, value)
    np.maximum.at(high, customer, value)
    fresh = np.unique(customer[(low == high)[customer]])
    fresh = fresh[np.array([rule[one] is None for one in fresh], dtype=np.bool_)]
    rule[fresh] = name
