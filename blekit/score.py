"""How right the linkage was, against the truth of a simulated estate.

Only here, in the benchmarks and in tests is that truth opened; the product never sees it. A record is named by its raw
key, as the estate knows it, and entities by the estate's own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from config.errors import UsageError

KEY = ["source_id", "raw_key", "part"]
Longs = NDArray[np.int64]


def read_truth(folder: Path) -> pd.DataFrame:
    """The truth about records: ``source_id, raw_key, part, entity_id, entity_kind, traps``; one row each.

    Raises:
        UsageError: the folder holds no truth.
    """
    path = folder / "records.parquet"
    if not path.is_file():
        raise UsageError(f"no truth in {folder}", hint="`blekit estate build` writes it beside the deliveries")
    truth: pd.DataFrame = pq.read_table(path).to_pandas()
    return truth.drop_duplicates(KEY, ignore_index=True)


def score(
    *,
    records: pa.Table,
    truth: pd.DataFrame,
    crosswalk: pa.Table,
    decisions: pa.Table,
    queue_cases: pa.Table,
    with_baselines: bool = False,
) -> dict[str, Any]:
    """Everything ``blekit score`` says, ready for JSON.

    Args:
        records: live party records.
        truth: as :func:`read_truth` gives it; records it does not know are left out of every number but the queue's.
        crosswalk: record_id to customer_id.
        decisions: decided pairs.
        queue_cases: open cases.
        with_baselines: also score exact comparison and recordlinkage's two-class ECM on the same records.
    """
    known = known_records(records, truth)
    entity = _codes(known["entity_id"])
    customers = crosswalk.select(["record_id", "customer_id"]).to_pandas()
    customer = _codes(known.merge(customers, on="record_id", how="left", validate="1:1")["customer_id"])
    left, right = link_positions(decisions, known["record_id"])
    is_right = entity[left] == entity[right]
    result: dict[str, Any] = {
        "records": len(known),
        "entities": int(entity.max(initial=-1) + 1),
        "pairwise": rates(right=int(is_right.sum()), found=len(left), true=pairs_inside(entity)),
        "cluster": cluster_rates(customer, entity),
        "bcubed": bcubed_rates(customer, entity),
        "links": {"count": len(left), "precision": _ratio(int(is_right.sum()), len(left))},
        "queue": _queue(queue_cases, known["record_id"], entity, records=records.num_rows),
        "by_trap": by_trap(known["traps"], customer, entity),
        "by_unit": by_unit(known["unit"], customer, entity, links=(left, right)),
    }
    if with_baselines:
        result["baselines"] = baselines(records, known["record_id"], entity)
    return result


def known_records(records: pa.Table, truth: pd.DataFrame) -> pd.DataFrame:
    """Live records the truth knows an entity for, in the order of their ids, with unit, entity and traps."""
    live: pd.DataFrame = records.select(["record_id", "unit", *KEY]).to_pandas()
    known = live.merge(truth, on=KEY, how="inner", validate="1:1")
    known = known[known["entity_id"].notna()]
    return known.sort_values("record_id", ignore_index=True)


def _codes(values: pd.Series) -> Longs:
    """A number per distinct value; a missing one is alone."""
    codes, distinct = pd.factorize(values, sort=True)
    alone = len(distinct) + np.arange(len(codes))
    return np.where(codes < 0, alone, codes).astype(np.int64)


def link_positions(decisions: pa.Table, record_ids: pd.Series) -> tuple[Longs, Longs]:
    """The decided links among known records, as positions."""
    is_link = decisions["decision"].to_numpy(zero_copy_only=False) == "link"
    index = pd.Index(record_ids)
    left, right = (
        index.get_indexer(decisions[name].to_pandas()[is_link]).astype(np.int64)
        for name in ("record_id_1", "record_id_2")
    )
    known = (left >= 0) & (right >= 0)
    return left[known], right[known]


def pairs_inside(labels: Longs) -> int:
    """How many pairs have the same label."""
    sizes = np.bincount(labels).astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def rates(*, right: int, found: int, true: int) -> dict[str, float]:
    """Precision, recall and F1 from counts."""
    precision, recall = _ratio(right, found), _ratio(right, true)
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": round(2 * precision * recall / total, 6) if total else 0.0}


def _ratio(part: int, whole: int) -> float:
    """A share; of nothing, all is right."""
    return round(part / whole, 6) if whole else 1.0


def _together(one: Longs, other: Longs) -> Longs:
    """The number of each combination of two labels."""
    _, combined = np.unique(one * np.int64(other.max(initial=0) + 1) + other, return_inverse=True)
    return np.asarray(combined, dtype=np.int64)


def cluster_rates(customer: Longs, entity: Longs) -> dict[str, float]:
    """Pairs of records of one customer against pairs of one entity: the closure of all links."""
    return rates(
        right=pairs_inside(_together(customer, entity)), found=pairs_inside(customer), true=pairs_inside(entity)
    )


def bcubed_rates(customer: Longs, entity: Longs) -> dict[str, float]:
    """Per record, how pure and how complete its customer is; averaged. Large customers do not dominate."""
    if not len(customer):
        return rates(right=0, found=0, true=0)
    both = _together(customer, entity)
    common = np.bincount(both)[both]
    precision = float((common / np.bincount(customer)[customer]).mean())
    recall = float((common / np.bincount(entity)[entity]).mean())
    f1 = 2 * precision * recall / (precision + recall)
    return {"precision": round(precision, 6), "recall": round(recall, 6), "f1": round(f1, 6)}


def by_trap(traps: pd.Series, customer: Longs, entity: Longs) -> dict[str, dict[str, Any]]:
    """For records of each trap: pairs they take part in that were found and missed, and wrong ones."""
    names = traps.fillna("").str.split(",")
    found: dict[str, dict[str, Any]] = {}
    for trap in sorted({name for of_record in names for name in of_record if name}):
        inside = names.map(lambda of_record, wanted=trap: wanted in of_record).to_numpy(dtype=bool)
        found[trap] = {"records": int(inside.sum()), **_rates_of(inside, customer, entity)}
    return found


def by_unit(
    units: pd.Series, customer: Longs, entity: Longs, *, links: tuple[Longs, Longs]
) -> dict[str, dict[str, Any]]:
    """For records of each unit: decided links and rates of the pairs they take part in."""
    found: dict[str, dict[str, Any]] = {}
    for unit in sorted(units.unique()):
        inside = (units == unit).to_numpy(dtype=bool)
        count = int((inside[links[0]] | inside[links[1]]).sum())
        found[unit] = {"records": int(inside.sum()), "links": count, **_rates_of(inside, customer, entity)}
    return found


def _rates_of(inside: NDArray[np.bool_], customer: Longs, entity: Longs) -> dict[str, float]:
    """Rates over the pairs with at least one record inside."""

    def touching(labels: Longs) -> int:
        return pairs_inside(labels) - pairs_inside(labels[~inside])

    return rates(right=touching(_together(customer, entity)), found=touching(customer), true=touching(entity))


def _queue(cases: pa.Table, record_ids: pd.Series, entity: Longs, *, records: int) -> dict[str, Any]:
    index = pd.Index(record_ids)
    left, right = (index.get_indexer(cases[name].to_pandas()) for name in ("record_id_1", "record_id_2"))
    known = (left >= 0) & (right >= 0)
    same = int((entity[left[known]] == entity[right[known]]).sum())
    return {
        "size": cases.num_rows,
        "share": round(cases.num_rows / records, 6) if records else 0.0,
        "share_same": _ratio(same, int(known.sum())),
    }


def baselines(records: pa.Table, record_ids: pd.Series, entity: Longs) -> dict[str, Any]:
    """What simple methods reach on the same records, clusters by connected components."""
    live: pd.DataFrame = records.drop_columns(["raw"]).to_pandas()
    live = live.set_index("record_id").loc[record_ids]
    groups: Mapping[str, Longs] = {"exact": exact_groups(live), "ecm": ecm_groups(records, record_ids)}
    return {
        name: {"cluster": cluster_rates(group, entity), "bcubed": bcubed_rates(group, entity)}
        for name, group in groups.items()
    }


def exact_groups(live: pd.DataFrame) -> Longs:
    """Equal PESEL, or equal name and birth date; firms: equal REGON, or equal name and place.

    Not the NIP: branches share the one of their firm, and a baseline that merges them would be a straw man.
    """
    keys = (["pesel"], ["given_name", "family_name", "birth_date"], ["regon"], ["org_name", "city"])
    lower = live.assign(
        **{name: live[name].str.lower() for name in ("given_name", "family_name", "org_name", "city")},
        kind=live["party_kind"],
    )
    edges = [_equal_neighbours(lower, [*key, "kind"]) for key in keys]
    return components(len(live), np.concatenate([a for a, _ in edges]), np.concatenate([b for _, b in edges]))


def _equal_neighbours(frame: pd.DataFrame, key: list[str]) -> tuple[Longs, Longs]:
    """Edges that join all rows equal in the key; rows with a missing part take no part."""
    rows = np.flatnonzero(frame[key].notna().all(axis=1).to_numpy())
    group = frame.iloc[rows].groupby(key, sort=False).ngroup().to_numpy()
    order = np.argsort(group, kind="stable")
    same = group[order][1:] == group[order][:-1]
    return rows[order][:-1][same].astype(np.int64), rows[order][1:][same].astype(np.int64)


def components(records: int, left: Longs, right: Longs) -> Longs:
    """Connected components."""
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(records, records))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def ecm_groups(records: pa.Table, record_ids: pd.Series) -> Longs:
    """recordlinkage's two-class ECM over the same candidate pairs, exact agreement per field."""
    from config.models import load_model_dict
    from dedupe import Model, two_class_links

    links = two_class_links(records, model=Model.from_dict(load_model_dict()))
    index = pd.Index(record_ids)
    left, right = (index.get_indexer(links[name].to_pandas()) for name in ("record_id_1", "record_id_2"))
    known = (left >= 0) & (right >= 0)
    return components(len(record_ids), left[known].astype(np.int64), right[known].astype(np.int64))
