"""What became of people and firms that are easily taken for one another.

That the records of twins link well says little: most of their pairs are a twin with himself. Asked here is, for every
two related entities of which both have live records, whether they were merged, stand in the queue, or are apart.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from blekit.scoring.merges import has_several
from blekit.scoring.rates import Longs, components

BETWEEN = ("father_and_son", "twins")
"""Traps of a household: both people carry the label."""
SIDES = ["entity_id_1", "entity_id_2"]


def by_relation(
    relations: pd.DataFrame, known: pd.DataFrame, customer: Longs, *, cases: tuple[Longs, Longs]
) -> dict[str, dict[str, float]]:
    """For each relation the pairs of related entities: how many, and which share is merged, queued and apart.

    Args:
        relations: as :func:`blekit.scoring.truth.read_relations` gives them.
        known: as :func:`blekit.scoring.truth.known_records` gives them.
        customer: of each known record.
        cases: both known records of each open case, as positions.
    """
    numbers, ids = pd.factorize(known["entity_id"], sort=True)
    entity = numbers.astype(np.int64)
    merged, queued = _meeting_pairs(customer, entity), _pair_keys(entity[cases[0]], entity[cases[1]], len(ids))
    related = related_entities(relations, known)
    one, other = (pd.Index(ids).get_indexer(related[side]).astype(np.int64) for side in SIDES)
    keys = pd.Series(_pair_keys(one, other, len(ids)), index=related["kind"])
    return {str(kind): _fates(of_kind.to_numpy(), merged, queued) for kind, of_kind in keys.groupby(level=0, sort=True)}


def _fates(keys: Longs, merged: Longs, queued: Longs) -> dict[str, float]:
    keys = np.unique(keys)
    is_merged = np.isin(keys, merged)
    is_queued = ~is_merged & np.isin(keys, queued)
    return {
        "pairs": len(keys),
        "merged": int(is_merged.sum()),
        "queued": int(is_queued.sum()),
        "apart": int((~is_merged & ~is_queued).sum()),
        "share_merged": round(float(is_merged.mean()), 6),
    }


def _pair_keys(one: Longs, other: Longs, entities: int) -> Longs:
    return np.minimum(one, other) * np.int64(entities) + np.maximum(one, other)


def _meeting_pairs(customer: Longs, entity: Longs) -> Longs:
    """The pairs of entities that share a customer."""
    frame = pd.DataFrame({"customer": customer, "entity": entity})
    frame = frame[has_several(customer, entity)[customer]].drop_duplicates()
    both = frame.merge(frame, on="customer", suffixes=("_1", "_2"))
    keys = _pair_keys(both["entity_1"].to_numpy(), both["entity_2"].to_numpy(), int(entity.max(initial=-1)) + 1)
    return np.unique(keys[(both["entity_1"] != both["entity_2"]).to_numpy()])


def related_entities(relations: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """``entity_id_1, entity_id_2, kind`` of related entities with live records.

    Beside the relations of the estate: the branches of one firm; of a household, the two people of a trap, and those
    of whom two records have the same given and family name.
    """
    live = _of_live(relations, known)
    home = live[live["kind"] == "household"]
    traps = [home[_both_have(home, known, trap)].assign(kind=trap) for trap in BETWEEN]
    namesakes = _namesakes(home, known).assign(kind="same_name_at_home")
    return pd.concat([live, *traps, namesakes, _of_live(_siblings(relations), known)], ignore_index=True)


def _of_live(relations: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    return relations[
        relations["entity_id_1"].isin(known["entity_id"]) & relations["entity_id_2"].isin(known["entity_id"])
    ]


def has_trap(traps: pd.Series, trap: str) -> NDArray[np.bool_]:
    """Whether each record carries a trap's label."""
    listed = "," + traps.fillna("").astype(str) + ","
    return np.asarray(listed.str.contains(f",{trap},", regex=False), dtype=np.bool_)


def _both_have(pairs: pd.DataFrame, known: pd.DataFrame, trap: str) -> NDArray[np.bool_]:
    labelled = known.loc[has_trap(known["traps"], trap), "entity_id"]
    return np.asarray(pairs["entity_id_1"].isin(labelled) & pairs["entity_id_2"].isin(labelled), dtype=np.bool_)


def _namesakes(pairs: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    names = known[["entity_id", "given_name", "family_name"]].dropna().astype(str)
    names = names.assign(name=(names["given_name"] + " " + names["family_name"]).str.casefold())
    names = names[["entity_id", "name"]].drop_duplicates()
    one = pairs.merge(names, left_on="entity_id_1", right_on="entity_id").drop(columns="entity_id")
    both = one.merge(names, left_on=["entity_id_2", "name"], right_on=["entity_id", "name"])
    return both[[*SIDES, "kind"]].drop_duplicates()


def _siblings(relations: pd.DataFrame) -> pd.DataFrame:
    """Pairs of branches of one firm."""
    branches = relations[relations["kind"] == "branch_of_firm"]
    numbers, ids = pd.factorize(pd.concat([branches[side] for side in SIDES]))
    firm = components(len(ids), *np.split(numbers.astype(np.int64), 2)) if len(ids) else numbers
    frame = pd.DataFrame({"firm": firm, "entity_id": ids})
    both = frame.merge(frame, on="firm", suffixes=("_1", "_2"))
    both = both[both["entity_id_1"] < both["entity_id_2"]]
    own = branches[SIDES].apply(sorted, axis=1, result_type="expand") if len(branches) else branches[SIDES]
    listed = set(map(tuple, own.to_numpy().tolist()))
    is_new = [pair not in listed for pair in zip(both["entity_id_1"], both["entity_id_2"], strict=True)]
    return both.loc[is_new, SIDES].assign(kind="branches_of_one_firm")
