"""What simple methods reach on the same records: exact comparison, and recordlinkage's two-class ECM."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from blekit.scoring.rates import Longs, bcubed_rates, cluster_rates, components


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


def ecm_groups(records: pa.Table, record_ids: pd.Series) -> Longs:
    """recordlinkage's two-class ECM over the same candidate pairs, exact agreement per field."""
    from config.models import load_model_dict
    from dedupe import Model, two_class_links

    links = two_class_links(records, model=Model.from_dict(load_model_dict()))
    index = pd.Index(record_ids)
    left, right = (index.get_indexer(links[name].to_pandas()) for name in ("record_id_1", "record_id_2"))
    known = (left >= 0) & (right >= 0)
    return components(len(record_ids), left[known].astype(np.int64), right[known].astype(np.int64))
