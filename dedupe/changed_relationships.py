"""Edges between customers after a change, made from those before it.

An edge comes of a key that its two customers share (a home and a family name, a PESEL, a NIP …), of how many others
share it (too many, and there is no edge), and of which of them is the head office. So it can differ from before only
if a customer who changed has, or had, a key that both its ends have: both then share a key with him. Edges between such
customers are made again, out of everybody who shares a key with one of them; all others stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from config.schemas import RELATIONSHIP
from dedupe.coding import MISSING, Codes
from dedupe.folding import fold, fold_name, fold_number, stem
from dedupe.relationships import relationships

Longs = NDArray[np.int64]
Mask = NDArray[np.bool_]
_ENDS = ("customer_id_1", "customer_id_2")
_ODD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Parties:
    """Customers with their records."""

    records: pa.Table
    customer_of: pa.ChunkedArray
    """customer_id by row of the records."""
    golden: pa.Table


def changed_relationships(before: pa.Table, *, after: Parties, gone: Parties, fresh: pa.ChunkedArray) -> pa.Table:
    """All edges between customers.

    Args:
        before: the edges before.
        after: all customers there are.
        gone: customers that are no more, or no more like that.
        fresh: ids of customers that are new, or no more like that.
    """
    count, ids = after.golden.num_rows, after.golden["customer_id"]
    shared = _Shared(after, gone)
    is_fresh = pc.is_in(ids, _one_array(fresh)).to_numpy(zero_copy_only=False)
    is_near = shared.neighbours(np.append(is_fresh, np.ones(gone.golden.num_rows, dtype=np.bool_)))
    is_near[count:] = False
    is_around = shared.neighbours(is_near)
    near, around = (_one_array(ids.filter(pa.array(mask[:count]))) for mask in (is_near, is_around))
    is_of_around = pc.is_in(after.customer_of, around)
    made = relationships(
        after.records.filter(is_of_around),
        after.customer_of.filter(is_of_around),
        after.golden.filter(pa.array(is_around[:count])),
    )
    is_lost = pc.or_(*(pc.is_in(before[end], _one_array(gone.golden["customer_id"])) for end in _ENDS))
    stays = pc.invert(pc.or_(is_lost, _is_between(before, near)))
    together = pa.concat_tables([before.filter(stays), made.filter(_is_between(made, near))])
    return RELATIONSHIP.check(together.sort_by([(name, "ascending") for name in RELATIONSHIP.key]).combine_chunks())


def _is_between(edges: pa.Table, customers: pa.Array) -> pa.ChunkedArray:
    return pc.and_(*(pc.is_in(edges[end], customers) for end in _ENDS))


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], type=column.type)


class _Shared:
    """Who shares a key with whom: present customers first, then those that are gone.

    Keys are mixed into one number. Two that meet in one only make some more customers be looked at.
    """

    def __init__(self, after: Parties, gone: Parties) -> None:
        both = (after, gone)
        golden = pa.concat_tables([each.golden for each in both])
        records = pa.concat_tables([each.records.select(_COLUMNS) for each in both])
        offset = after.golden.num_rows
        owner = np.concatenate(
            [
                pc.index_in(each.customer_of, _one_array(each.golden["customer_id"])).to_numpy() + start
                for each, start in zip(both, (0, offset), strict=True)
            ]
        ).astype(np.int64)
        entries = [*_golden_entries(golden), *((rows, keys) for rows, keys in _record_entries(records, owner))]
        self._customers = np.concatenate([customers for customers, _ in entries])
        self._keys = np.concatenate([keys for _, keys in entries])
        self._count = golden.num_rows

    def neighbours(self, asked: Mask) -> Mask:
        """These customers, and all who share a key with one of them."""
        keys = np.unique(self._keys[asked[self._customers]])
        found = asked.copy()
        found[self._customers[np.isin(self._keys, keys)]] = True
        return found


_COLUMNS = ("source_id", "raw_key", "party_kind", "pesel", "nip", "regon")
Entries = tuple[Longs, NDArray[np.uint64]]


def _golden_entries(golden: pa.Table) -> Iterator[Entries]:
    """Keys of golden rows: households, and what an owner shares with his firm."""
    codes = {name: _coded(golden[name], function) for name, function in _GOLDEN.items()}
    is_firm = pc.equal(golden["party_kind"], "firm").to_numpy()
    home = [codes[name] for name in ("city", "street", "house", "flat")]
    has_home = (codes["city"] != MISSING) & (codes["house"] != MISSING)
    yield _keyed("household", [*home, codes["family_name"]], has_home & ~is_firm & (codes["family_name"] != MISSING))
    yield _of_firms(_keyed("home", home, has_home), is_firm)
    yield _of_firms(_keyed("phone", [codes["phone"]], codes["phone"] != MISSING), is_firm)


def _family(name: str) -> str | None:
    folded = fold_name(name)
    return None if folded is None else stem(folded)


_GOLDEN: dict[str, Callable[[str], str | None] | None] = {
    "city": fold,
    "street": fold,
    "house": fold_number,
    "flat": fold_number,
    "family_name": _family,
    "phone": None,
}


def _record_entries(records: pa.Table, owner: Longs) -> Iterator[Entries]:
    """Keys of records: numbers and rows that an owner shares with his firm, and a firm with its branches."""
    is_firm = pc.equal(records["party_kind"], "firm").to_numpy()
    row, row_2 = _coded(records["source_id"]), _coded(records["raw_key"])
    pesel, nip, regon = (_coded(records[name]) for name in ("pesel", "nip", "regon"))
    regon_9 = _coded(records["regon"], lambda number: number[:9])
    for name, codes, mask in (
        ("row", [row, row_2], np.ones(len(row), dtype=np.bool_)),
        ("pesel", [pesel], pesel != MISSING),
        ("nip", [nip], nip != MISSING),
        ("regon", [regon_9], (regon != MISSING) & is_firm),
    ):
        rows, keys = _of_firms(_keyed(name, codes, mask), is_firm)
        yield owner[rows], keys


def _coded(column: pa.ChunkedArray, function: Callable[[str], str | None] | None = None) -> Codes:
    """A number per row, equal exactly where a function of the values is; -1 where that is missing."""
    encoded = _one_array(column).dictionary_encode()
    codes: Codes = pc.fill_null(encoded.indices, MISSING).to_numpy(zero_copy_only=False)
    if function is None:
        return codes
    numbers: dict[str | None, int] = {None: MISSING}
    found = [numbers.setdefault(function(text), len(numbers)) for text in encoded.dictionary.to_pylist()]
    mapped: Codes = np.array([*found, MISSING], dtype=np.int32)[codes]
    return mapped


def _keyed(name: str, codes: Sequence[Codes], mask: Mask) -> Entries:
    """The rows of a mask with a number for the values they have there; equal values give equal numbers."""
    rows = np.flatnonzero(mask).astype(np.int64)
    mixed = np.full(len(rows), int.from_bytes(name.encode()[:8], "big"), dtype=np.uint64)
    for column in codes:
        mixed = (mixed ^ (column[rows] + 1).astype(np.uint64)) * _ODD
        mixed ^= mixed >> np.uint64(32)
    return rows, mixed


def _of_firms(entries: Entries, is_firm: Mask) -> Entries:
    """Only keys some firm has: what people share among themselves makes no owner."""
    rows, keys = entries
    kept = np.isin(keys, np.unique(keys[is_firm[rows]]))
    return rows[kept], keys[kept]
