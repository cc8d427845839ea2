"""What another model would change: two states of the nation, side by side.

Customers are compared by the records they hold, not by their ids: an id follows its anchor record, so a customer may
keep its id and gain a record, or lose its id to an older one it was merged with. What comes back is counts, and a few
examples named by customer ids and record references; no personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from config.schemas import ADDRESS_COLUMNS, GOLDEN_ATTRIBUTES
from config.units import UNIT_NAMES

COMPARED = ("crosswalk", "golden_customer", "relationship", "queue_case")
"""Content tables an impact is about; the other ones do not depend on the model."""

_CHANGES = ("unchanged", "merged", "split", "regrouped")
_CASE = ("record_id_1", "record_id_2")
_RELATIONSHIP = ("customer_id_1", "customer_id_2", "kind")
_EXAMPLES = 5
_REFS = 8

Row = dict[str, Any]
Tables = Mapping[str, pa.Table]


def impact(before: Tables, after: Tables, *, ref: Callable[[str], str]) -> Row:
    """How the customers of ``after`` differ from those of ``before``.

    Args:
        before: the tables of :data:`COMPARED` as they are.
        after: the same as they would be.
        ref: record_id to the reference that may be shown of it.

    Returns:
        ``customers`` (before, after, unchanged; from how many into how many others were merged, split or both);
        ``ids`` (kept with the same records, changed, new, retired); ``links``, counted in pairs of records of one
        customer; ``queue`` and ``relationships``; ``golden_values`` per attribute, of ids that stay; ``by_unit``;
        ``examples``, those that touch most records first.
    """
    records = _records(before["crosswalk"], after["crosswalk"])
    groups = _groups(records)
    return {
        "records": len(records),
        "customers": _customers(before, after, groups),
        "ids": _ids(records),
        "links": _links(records),
        "queue": _queue(before["queue_case"], after["queue_case"]),
        "relationships": _relationships(before["relationship"], after["relationship"]),
        "golden_values": _golden_values(before["golden_customer"], after["golden_customer"]),
        "by_unit": _by_unit(before, after, records),
        "examples": _examples(records, groups, ref=ref),
    }


def _records(before: pa.Table, after: pa.Table) -> pd.DataFrame:
    """Records live in both states with their customers, and the group of customers they are tied to."""
    columns = ["record_id", "customer_id"]
    old, new = before.select([*columns, "unit"]).to_pandas(), after.select(columns).to_pandas()
    both: pd.DataFrame = old.merge(new, on="record_id", validate="1:1", suffixes=("_before", "_after")).sort_values(
        "record_id"
    )
    left, lefts = pd.factorize(both["customer_id_before"])
    right, rights = pd.factorize(both["customer_id_after"])
    size = len(lefts) + len(rights)
    edges = coo_matrix((np.ones(len(both), dtype=np.int8), (left, right + len(lefts))), shape=(size, size))
    _, component = connected_components(edges, directed=False)
    both["group"] = component[left]
    counts = both.groupby("group").agg(before=("customer_id_before", "nunique"), after=("customer_id_after", "nunique"))
    both["change"] = _change(counts).reindex(both["group"]).to_numpy()
    numbered: pd.DataFrame = both.reset_index(drop=True)
    return numbered


def _change(counts: pd.DataFrame) -> pd.Series:
    """What happened to each group: one customer before and one after is the same one."""
    one_before, one_after = counts["before"] == 1, counts["after"] == 1
    names = np.select([one_before & one_after, one_after, one_before], list(_CHANGES[:3]), _CHANGES[3])
    return pd.Series(names, index=counts.index)


def _groups(records: pd.DataFrame) -> pd.DataFrame:
    """One row per group that is not as it was, the largest first."""
    groups = records.groupby("group").agg(
        change=("change", "first"),
        records=("record_id", "size"),
        before=("customer_id_before", "nunique"),
        after=("customer_id_after", "nunique"),
        # Records are sorted: their first is their least. (min() of texts takes twenty times as long.)
        first=("record_id", "first"),
    )
    ordered: pd.DataFrame = groups.sort_values(["records", "first"], ascending=[False, True])
    return ordered


def _customers(before: Tables, after: Tables, groups: pd.DataFrame) -> Row:
    told: Row = {
        "before": before["golden_customer"].num_rows,
        "after": after["golden_customer"].num_rows,
        "unchanged": int((groups["change"] == "unchanged").sum()),
    }
    for change in _CHANGES[1:]:
        of_change = groups[groups["change"] == change]
        told[change] = {"from": int(of_change["before"].sum()), "into": int(of_change["after"].sum())}
    return told


def _ids(records: pd.DataFrame) -> Row:
    old, new = set(records["customer_id_before"]), set(records["customer_id_after"])
    same = records[records["change"] == "unchanged"]
    kept = set(same.loc[same["customer_id_before"] == same["customer_id_after"], "customer_id_before"])
    both = old & new
    return {"kept": len(kept), "changed": len(both - kept), "new": len(new - old), "retired": len(old - new)}


def _links(records: pd.DataFrame) -> Row:
    old = _pairs(records, ["customer_id_before"])
    new = _pairs(records, ["customer_id_after"])
    kept = _pairs(records, ["customer_id_before", "customer_id_after"])
    return {"before": old, "after": new, "kept": kept, "gained": new - kept, "lost": old - kept}


def _pairs(records: pd.DataFrame, together: Sequence[str]) -> int:
    sizes = records.groupby(list(together)).size().to_numpy(dtype=np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _queue(before: pa.Table, after: pa.Table) -> Row:
    old, new = _keys(before, _CASE), _keys(after, _CASE)
    reopened = after.filter(pc.equal(after["reason"], "reopened")).num_rows
    return {"opened": len(new - old), "closed": len(old - new), "kept": len(old & new), "reopened": reopened}


def _relationships(before: pa.Table, after: pa.Table) -> Row:
    old, new = _keys(before, _RELATIONSHIP), _keys(after, _RELATIONSHIP)
    return {"gained": len(new - old), "lost": len(old - new), "kept": len(old & new)}


def _keys(table: pa.Table, key: Sequence[str]) -> set[tuple[str, ...]]:
    return set(zip(*(table[name].to_pylist() for name in key), strict=True))


def _golden_values(before: pa.Table, after: pa.Table) -> Row:
    old, new = (table.to_pandas(date_as_object=True).set_index("customer_id") for table in (before, after))
    ids = old.index.intersection(new.index)
    old, new = old.loc[ids], new.loc[ids]
    return {
        attribute: int(_differs(old, new, ADDRESS_COLUMNS if attribute == "address" else (attribute,)).sum())
        for attribute in GOLDEN_ATTRIBUTES
    }


def _differs(old: pd.DataFrame, new: pd.DataFrame, columns: Collection[str]) -> pd.Series:
    differs = pd.Series(False, index=old.index)
    for column in columns:
        differs |= (old[column] != new[column]) & ~(old[column].isna() & new[column].isna())
    return differs


def _by_unit(before: Tables, after: Tables, records: pd.DataFrame) -> list[Row]:
    """Counts per unit: a customer counts for the unit of its anchor, a case for the unit of its first record."""
    unit_of = dict(zip(records["record_id"], records["unit"], strict=True))
    cases = [_keys(tables["queue_case"], _CASE) for tables in (before, after)]
    opened, closed = ([unit_of.get(pair[0]) for pair in some] for some in (cases[1] - cases[0], cases[0] - cases[1]))
    old, new = (tables["golden_customer"]["unit"].to_pylist() for tables in (before, after))
    moved = records.loc[records["change"] != "unchanged", "unit"].tolist()
    counted = {
        "customers_before": old,
        "customers_after": new,
        "records": records["unit"].tolist(),
        "records_regrouped": moved,
        "cases_opened": opened,
        "cases_closed": closed,
    }
    rows = [{"unit": unit, **{name: units.count(unit) for name, units in counted.items()}} for unit in UNIT_NAMES]
    return [row for row in rows if row["records"]]


def _examples(records: pd.DataFrame, groups: pd.DataFrame, *, ref: Callable[[str], str]) -> list[Row]:
    chosen = [groups[groups["change"] == change].head(_EXAMPLES) for change in _CHANGES[1:]]
    return [
        _example(str(group["change"]), records[records["group"] == number], ref=ref)
        for some in chosen
        for number, group in some.iterrows()
    ]


def _example(change: str, members: pd.DataFrame, *, ref: Callable[[str], str]) -> Row:
    return {
        "change": change,
        "records": len(members),
        "customer_ids_before": sorted(members["customer_id_before"].unique()),
        "customer_ids_after": sorted(members["customer_id_after"].unique()),
        "record_refs": [ref(record_id) for record_id in members["record_id"].head(_REFS)],
    }
